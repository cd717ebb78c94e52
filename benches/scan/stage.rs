//! What is measured and what it is measured on: a real API server, pods that one gRPC server
//! answers for, and the commands. [`Stage`] is the entry; it ends with this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bed::TestBed;
use crate::bed::pods::{ContainerPlan, PodPlan};
use crate::bed::processes::Process;
use crate::bed::workloads::WorkloadPlan;

/// The port of the pods.
const PORT: u16 = 50051;

/// The selector of all pods of the measurement.
pub const ALL: &str = "app=bench";

/// The selector of one more pod, which is used before it.
pub const ONE: &str = "app=control";

/// The road that protodiff takes.
#[derive(Clone, Copy)]
pub enum Road {
    Direct,
    PortForward,
}

/// Everything that has been set up.
pub struct Stage {
    pub bed: &'static TestBed,
    pub pods: u16,
    pub tools: PathBuf,
    pub floor: PathBuf,
    namespace: String,
    addresses: Vec<SocketAddr>,
    _server: Process,
}

impl Stage {
    /// Builds what is missing, starts the API server, the gRPC server and the pods.
    pub fn set_up(pods: u16) -> Result<Self, String> {
        let tools = built("tests/tools/build.sh")?;
        let servers = built("tests/fixtures/servers/build.sh")?;
        let floor = built("benches/scan/floor/build.sh")?;
        let bed = TestBed::start();
        let runtime = tokio::runtime::Runtime::new().map_err(|e| format!("tokio: {e}"))?;
        let (namespace, ips) = runtime.block_on(start_pods(bed, pods));
        let server = serve(&servers, bed.folder(), ips[0], pods)?;
        Ok(Self {
            bed,
            pods,
            tools,
            floor: floor.join("floor"),
            namespace,
            addresses: ips.into_iter().map(|ip| (ip, PORT).into()).collect(),
            _server: server,
        })
    }

    /// `protodiff scan` with a module of the fixtures as the truth.
    pub fn protodiff(&self, module: &str, selector: &str, road: Road) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_protodiff"));
        command.arg("scan").arg(module_path(module));
        command.args(["-n", &self.namespace, "-l", selector, "--format", "json"]);
        command.args([
            "--connect",
            match road {
                Road::Direct => "direct",
                Road::PortForward => "port-forward",
            },
        ]);
        command.arg("--kubeconfig").arg(self.bed.kubeconfig());
        command
    }

    /// The script that is used without protodiff; it leaves what the pods serve in `folder`.
    pub fn pipeline(&self, module: &str, selector: &str, folder: &Path) -> Command {
        let script = in_repository("benches/scan/pipeline.sh");
        let mut command = self.command(script);
        command
            .args([&self.namespace, selector])
            .arg(module_path(module))
            .arg(folder);
        command
    }

    /// The client that only reads, after `kubectl get pods`.
    pub fn floor(&self) -> Command {
        let mut command = self.command(in_repository("benches/scan/floor/floor.sh"));
        command.args([&self.namespace, ALL]);
        command
    }

    /// The client that only reads, with the addresses given.
    pub fn exchanges(&self) -> Command {
        let mut command = self.command(&self.floor);
        command.args(self.addresses.iter().map(ToString::to_string));
        command
    }

    /// Any program, with nothing of the user's own settings.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let settings = std::env::vars_os()
            .map(|(key, _)| key)
            .filter(|key| key.to_string_lossy().starts_with("PROTODIFF_"));
        for key in settings {
            command.env_remove(key);
        }
        command
            .env("KUBECONFIG", self.bed.kubeconfig())
            .env("KUBECTL", self.bed.kubectl())
            .env("GRPCURL", self.tools.join("grpcurl"))
            .env("BUF", self.tools.join("buf"))
            .env("FLOOR", &self.floor)
            .current_dir(self.bed.folder());
        command
    }
}

/// A Deployment with its pods, and the pod for the control, which shares the first one's address.
async fn start_pods(bed: &TestBed, pods: u16) -> (String, Vec<Ipv4Addr>) {
    let namespace = bed.namespace("bench").await;
    let container = || ContainerPlan::new("app", "registry.test/shop:1").port("grpc", PORT);
    let plan = WorkloadPlan::new(&namespace, "bench", container()).replicas(pods);
    let (_, generation) = bed.settled_deployment(&plan).await;
    let mut ips: Vec<_> = generation.pods.iter().map(|pod| pod.ip).collect();
    ips.sort();
    let follow = ips
        .windows(2)
        .all(|pair| u32::from(pair[0]) + 1 == u32::from(pair[1]));
    assert!(
        follow,
        "one server listens on addresses that follow one another: {ips:?}"
    );
    let control = PodPlan::new(&namespace, "control").label("app", "control");
    bed.start_pod(&control.container(container()).ip(ips[0]))
        .await;
    (namespace, ips)
}

/// One grpc-go server on the addresses of all pods, which follow one another.
fn serve(servers: &Path, folder: &Path, first: Ipv4Addr, pods: u16) -> Result<Process, String> {
    let listen = SocketAddr::from((first, PORT)).to_string();
    let count = pods.to_string();
    let arguments = ["go", "--listen", &listen, "--address-count", &count];
    let arguments = arguments.map(str::to_owned);
    let mut server = Process::start(&servers.join("run"), &arguments, folder, None);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !server.last_words().contains("listening on") {
        server.assert_alive();
        if Instant::now() > deadline {
            return Err(format!(
                "the gRPC server does not start: {}",
                server.last_words()
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(server)
}

/// The folder that a build script of the tests prints.
fn built(script: &str) -> Result<PathBuf, String> {
    let output = Command::new(in_repository(script))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{script}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{script} failed ({})", output.status));
    }
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

fn module_path(module: &str) -> PathBuf {
    in_repository("tests/fixtures/modules").join(module)
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
