//! The control plane of a bed: etcd, kube-apiserver and kwok, which stands in for the kubelet of
//! one node. [`Plane::start`] returns when all three answer and the node is there.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::access;
use super::pki::Pki;
use super::processes::Process;

/// The one node that every pod of a bed runs on.
pub const NODE: &str = "node-1";

/// Only a guard against waiting for ever: a start takes some seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// The running processes and how to reach them.
pub struct Plane {
    /// Where kube-apiserver listens, as a URL.
    pub url: String,
    /// The authority of its certificate.
    pub ca: PathBuf,
    /// A kubeconfig of a member of `system:masters`.
    pub kubeconfig: PathBuf,
    /// The binaries that run, kubectl among them.
    pub binaries: PathBuf,
    /// kept: dropping a process closes the pipe that keeps it alive
    pub processes: Vec<Process>,
}

/// Where a plane listens.
pub struct Site {
    /// The address of all its processes.
    pub host: Ipv4Addr,
    /// More names and addresses of the API server.
    pub names: Vec<String>,
    /// Ports of etcd, of its peers, of the API server and of the kubelet.
    pub ports: [u16; 4],
}

impl Site {
    /// On an address of this machine, on ports that are free.
    pub fn on(host: Ipv4Addr) -> Self {
        Self {
            host,
            names: Vec::new(),
            ports: free_ports(host),
        }
    }
}

impl Plane {
    /// Starts the `binaries` on a site, with their state in `folder`.
    pub async fn start(binaries: PathBuf, folder: &Path, site: &Site) -> Self {
        let pki = Pki::write(folder, site.host, &site.names);
        let [etcd, peers, api, kubelet] = site.ports.map(|port| SocketAddrV4::new(site.host, port));
        let url = format!("https://{api}");
        let kubeconfig = access::write_kubeconfig(
            &folder.join("admin.kubeconfig"),
            &url,
            &pki.ca,
            "default",
            &json!({"client-certificate": pki.admin.cert, "client-key": pki.admin.key}),
        );
        let run = |name: &str, args: &[String], owns| {
            Process::start(&binaries.join(name), args, folder, owns)
        };
        let mut processes = vec![
            run("etcd", &etcd_flags(folder, etcd, peers), Some(folder)),
            run("kube-apiserver", &api_server_flags(&pki, etcd, api), None),
        ];
        let client = access::client(&kubeconfig).await;
        wait_until_ready(&client, &mut processes).await;
        tokio::join!(define_port_forwards(&client), create_node(&client, kubelet));
        let stages = folder.join("stages.json");
        std::fs::write(&stages, POD_DELETE_STAGE).unwrap();
        processes.push(run(
            "kwok",
            &kwok_flags(&pki, &kubeconfig, &stages, kubelet),
            None,
        ));
        wait_until_listening(kubelet, &mut processes).await;
        Self {
            url,
            ca: pki.ca,
            kubeconfig,
            binaries,
            processes,
        }
    }
}

// Nothing else takes ports of this address: the bed has a loopback network of its own.
fn free_ports<const N: usize>(host: Ipv4Addr) -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind((host, 0)).unwrap());
    held.each_ref().map(|l| l.local_addr().unwrap().port())
}

fn flags<const N: usize>(pairs: [(&str, String); N]) -> Vec<String> {
    pairs
        .into_iter()
        .map(|(name, value)| format!("--{name}={value}"))
        .collect()
}

fn etcd_flags(folder: &Path, clients: SocketAddrV4, peers: SocketAddrV4) -> Vec<String> {
    flags([
        ("data-dir", folder.join("etcd").display().to_string()),
        ("listen-client-urls", format!("http://{clients}")),
        ("advertise-client-urls", format!("http://{clients}")),
        ("listen-peer-urls", format!("http://{peers}")),
        ("unsafe-no-fsync", "true".into()),
    ])
}

fn api_server_flags(pki: &Pki, etcd: SocketAddrV4, listen: SocketAddrV4) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    flags([
        ("etcd-servers", format!("http://{etcd}")),
        ("bind-address", listen.ip().to_string()),
        ("advertise-address", listen.ip().to_string()),
        ("secure-port", listen.port().to_string()),
        ("tls-cert-file", path(&pki.api_server.cert)),
        ("tls-private-key-file", path(&pki.api_server.key)),
        ("client-ca-file", path(&pki.ca)),
        ("kubelet-client-certificate", path(&pki.kubelet_client.cert)),
        ("kubelet-client-key", path(&pki.kubelet_client.key)),
        ("kubelet-certificate-authority", path(&pki.ca)),
        ("kubelet-preferred-address-types", "InternalIP".into()),
        ("service-account-key-file", path(&pki.service_accounts.cert)),
        (
            "service-account-signing-key-file",
            path(&pki.service_accounts.key),
        ),
        (
            "service-account-issuer",
            "https://kubernetes.default.svc".into(),
        ),
        ("service-cluster-ip-range", "10.0.0.0/24".into()),
        ("authorization-mode", "Node,RBAC".into()),
        // No controller makes the `default` account that this plugin would insist on.
        ("disable-admission-plugins", "ServiceAccount".into()),
    ])
}

fn kwok_flags(pki: &Pki, admin: &Path, stages: &Path, listen: SocketAddrV4) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    flags([
        ("kubeconfig", path(admin)),
        ("config", path(stages)),
        ("manage-single-node", NODE.into()),
        ("node-ip", listen.ip().to_string()),
        ("node-port", listen.port().to_string()),
        ("server-address", listen.to_string()),
        ("tls-cert-file", path(&pki.kwok.cert)),
        ("tls-private-key-file", path(&pki.kwok.key)),
        ("enable-crds", "PortForward".into()),
    ])
}

/// The only thing that kwok does to pods by itself; the tests write every other status.
const POD_DELETE_STAGE: &str = r#"{
  "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": "pod-delete"},
  "spec": {
    "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
    "selector": {"matchExpressions": [
      {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
    ]},
    "next": {"delete": true}
  }
}"#;

async fn wait_until_ready(client: &kube::Client, processes: &mut [Process]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
        match client.request_text(request).await {
            Ok(_) => return,
            Err(error) if Instant::now() > deadline => {
                panic!(
                    "the API server is not ready: {error}\n{}",
                    processes[1].last_words()
                )
            }
            Err(_) => pause(processes).await,
        }
    }
}

async fn wait_until_listening(address: SocketAddrV4, processes: &mut [Process]) {
    let deadline = Instant::now() + PATIENCE;
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(
            Instant::now() < deadline,
            "kwok is not ready:\n{}",
            processes[2].last_words()
        );
        pause(processes).await;
    }
}

async fn pause(processes: &mut [Process]) {
    processes.iter_mut().for_each(Process::assert_alive);
    tokio::time::sleep(Duration::from_millis(50)).await;
}

// kwok's own resource that says where the ports of a pod lead.
async fn define_port_forwards(client: &kube::Client) {
    let definition = serde_json::from_value(json!({
        "metadata": {"name": "portforwards.kwok.x-k8s.io"},
        "spec": {
            "group": "kwok.x-k8s.io",
            "scope": "Namespaced",
            "names": {
                "kind": "PortForward", "listKind": "PortForwardList",
                "plural": "portforwards", "singular": "portforward",
            },
            "versions": [{
                "name": "v1alpha1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                }},
            }],
        },
    }));
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    definitions
        .create(&PostParams::default(), &definition.unwrap())
        .await
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = definitions.get("portforwards.kwok.x-k8s.io").await.unwrap();
        let conditions = now
            .status
            .and_then(|status| status.conditions)
            .unwrap_or_default();
        if conditions
            .iter()
            .any(|c| c.type_ == "Established" && c.status == "True")
        {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "PortForward is not established: {conditions:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn create_node(client: &kube::Client, kubelet: SocketAddrV4) {
    let nodes: Api<Node> = Api::all(client.clone());
    let node = json!({"metadata": {"name": NODE}});
    nodes
        .create(
            &PostParams::default(),
            &serde_json::from_value(node).unwrap(),
        )
        .await
        .unwrap();
    let room: Value = json!({"cpu": "1k", "memory": "1Ti", "pods": "10k"});
    let status = json!({"status": {
        "addresses": [
            {"type": "InternalIP", "address": kubelet.ip()},
            {"type": "Hostname", "address": NODE},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port()}},
        "allocatable": room, "capacity": room,
        "conditions": [{"type": "Ready", "status": "True", "reason": "TestBed"}],
    }});
    nodes
        .patch_status(NODE, &PatchParams::default(), &Patch::Merge(status))
        .await
        .unwrap();
}
