//! A real API server for the tests, see `tests/cluster/README.md`. [`TestBed::start`] returns the
//! one bed of the test process: etcd, kube-apiserver, and kwok as the kubelet. `pods.rs` makes
//! pods, `workloads.rs` their owners, `access.rs` service accounts with chosen rights.
//!
//! Included by a test as `#[path = "cluster/bed/mod.rs"] mod bed;`. A failure here panics with its
//! cause: there is no test without its bed.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]
// The kinds of Kubernetes are written as Kubernetes writes them.
#![allow(clippy::doc_markdown)]

pub mod access;
mod pki;
pub mod plane;
pub mod pods;
pub mod processes;
pub mod workloads;

use std::fmt::Debug;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::PostParams;
use kube::{Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use plane::{Plane, Site};

/// The port that is held, as long as a bed lives, on the first address of its network.
const LEASE_PORT: u16 = 17999;

/// The bed of this test process.
pub struct TestBed {
    plane: Plane,
    folder: PathBuf,
    network: Network,
    namespaces: AtomicU32,
    witnesses: AtomicU16,
    started_in: Duration,
}

impl TestBed {
    /// The bed, started by the first caller; it ends with the process.
    pub fn start() -> &'static Self {
        static BED: OnceLock<TestBed> = OnceLock::new();
        BED.get_or_init(|| {
            // Callers are inside runtimes of their own, which end with their tests.
            std::thread::spawn(Self::boot)
                .join()
                .unwrap_or_else(|cause| {
                    std::panic::resume_unwind(cause);
                })
        })
    }

    fn boot() -> Self {
        let network = Network::lease();
        let site = Site::on(network.host());
        Self::start_at(&site, network, processes::binaries(), Self::new_folder())
    }

    /// A bed elsewhere, such as in a container, which ends when it is dropped. `binaries` are what
    /// runs its processes there, with their state in `folder`.
    pub fn start_on(site: &Site, binaries: PathBuf, folder: PathBuf) -> Self {
        Self::start_at(site, Network::lease(), binaries, folder)
    }

    /// A folder for the state of a bed.
    pub fn new_folder() -> PathBuf {
        // Removed by the supervisor of its last writer, also when this process is killed.
        let folder = tempfile::Builder::new().prefix("protodiff-bed-").tempdir();
        folder.unwrap().keep()
    }

    fn start_at(site: &Site, network: Network, binaries: PathBuf, folder: PathBuf) -> Self {
        let begin = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let plane = runtime.block_on(Plane::start(binaries, &folder, site));
        let (namespaces, witnesses) = (AtomicU32::new(0), AtomicU16::new(0));
        let started_in = begin.elapsed();
        Self {
            plane,
            folder,
            network,
            namespaces,
            witnesses,
            started_in,
        }
    }

    /// How long the start took.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// The kubeconfig of the administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.plane.kubeconfig
    }

    /// The API server's URL.
    pub fn url(&self) -> &str {
        &self.plane.url
    }

    /// The certificate of the authority that the API server's certificate comes from.
    pub fn ca(&self) -> &Path {
        &self.plane.ca
    }

    /// Where the bed keeps its state; gone when the process ends.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The real kubectl.
    pub fn kubectl(&self) -> PathBuf {
        self.plane.binaries.join("kubectl")
    }

    /// The supervisors of the bed's processes.
    pub fn supervisors(&self) -> Vec<u32> {
        self.plane
            .processes
            .iter()
            .map(processes::Process::id)
            .collect()
    }

    /// A new client of the administrator, for the runtime of the caller.
    pub async fn client(&self) -> Client {
        access::client(self.kubeconfig()).await
    }

    /// Makes a namespace that starts with `prefix` and is the caller's alone.
    pub async fn namespace(&self, prefix: &str) -> String {
        let name = format!(
            "{prefix}-{}",
            self.namespaces.fetch_add(1, Ordering::Relaxed)
        );
        self.named_namespace(&name, &[]).await;
        name
    }

    /// Makes a namespace of exactly this name, with labels.
    pub async fn named_namespace(&self, name: &str, labels: &[(&str, &str)]) {
        let labels: std::collections::BTreeMap<_, _> = labels.iter().copied().collect();
        let namespace = json!({"metadata": {"name": name, "labels": labels}});
        self.create::<Namespace>(None, namespace).await;
    }

    /// Makes an object of any kind, in a namespace or in none.
    pub async fn create<K>(&self, namespace: Option<&str>, object: Value) -> K
    where
        K: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned,
    {
        let client = self.client().await;
        let kind = K::kind(&());
        let url = K::url_path(&(), namespace);
        let object: K = serde_json::from_value(object).unwrap_or_else(|e| panic!("{kind}: {e}"));
        let body = serde_json::to_vec(&object).unwrap();
        let request = kube::core::Request::new(url)
            .create(&PostParams::default(), body)
            .unwrap();
        client
            .request(request)
            .await
            .unwrap_or_else(|e| panic!("{kind} in {namespace:?}: {e}"))
    }

    /// An IP for a pod, given once. The tests may listen on any port of it.
    pub fn pod_ip(&self) -> Ipv4Addr {
        self.network.next()
    }

    /// So many of them in a row, for a server that listens on consecutive addresses.
    pub fn pod_ips(&self, count: u16) -> Vec<Ipv4Addr> {
        self.network.next_in_a_row(count)
    }

    // See `pods::wait_for_forward`.
    fn witness_port(&self, taken: &[u16]) -> u16 {
        let mut ports = std::iter::repeat_with(|| {
            60_000 + self.witnesses.fetch_add(1, Ordering::Relaxed) % 5_000
        });
        ports.find(|port| !taken.contains(port)).unwrap()
    }
}

/// A loopback /16 that no other bed on this machine uses.
struct Network {
    second: u8,
    given: AtomicU16,
    _lease: TcpListener,
}

impl Network {
    fn lease() -> Self {
        let first = std::process::id() % 190;
        for offset in 0..190 {
            let second = u8::try_from(64 + (first + offset) % 190).unwrap();
            if let Ok(lease) = TcpListener::bind((Ipv4Addr::new(127, second, 0, 1), LEASE_PORT)) {
                return Self {
                    second,
                    given: AtomicU16::new(0),
                    _lease: lease,
                };
            }
        }
        panic!(
            "port {LEASE_PORT} is taken on every network 127.64.0.0 to 127.253.0.0: end the \
             process that listens on it (`ss -ltnp sport = :{LEASE_PORT}`)"
        )
    }

    fn host(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.second, 0, 1)
    }

    fn next(&self) -> Ipv4Addr {
        self.next_in_a_row(1)[0]
    }

    fn next_in_a_row(&self, count: u16) -> Vec<Ipv4Addr> {
        let first = 256 + self.given.fetch_add(count, Ordering::Relaxed);
        let address = |number: u16| {
            let [high, low] = number.to_be_bytes();
            Ipv4Addr::new(127, self.second, high, low)
        };
        (first..first + count).map(address).collect()
    }
}
