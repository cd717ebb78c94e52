//! A container that is to the docker engine what a node of a kind cluster is: kind's name, labels
//! and network, `/etc/kubernetes/admin.conf`, and a real API server on port 6443, whose certificate
//! covers the container's name. [`Node::start`] is the entry.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use k8s_openapi::ByteString;
use serde_json::json;

use crate::bed::plane::Site;
use crate::bed::pods::{ContainerPlan, PodPlan, StartedPod};
use crate::bed::{TestBed, processes};
use crate::engine::Engine;
use crate::{PORT, executable, servers};

/// The network that kind makes.
pub const NETWORK: &str = "kind";

/// A running node.
pub struct Node<'a> {
    engine: &'a Engine,
    /// Name of the container.
    pub name: String,
    /// The cluster in it.
    pub bed: TestBed,
}

impl<'a> Node<'a> {
    /// Starts the one control plane of a cluster.
    pub fn start(engine: &'a Engine, cluster: &str) -> Self {
        let name = format!("{cluster}-control-plane");
        engine.works(&["network", "create", NETWORK]);
        let (binaries, state) = (processes::binaries(), TestBed::new_folder());
        Self::container(
            engine,
            cluster,
            &name,
            &[&binaries, servers::folder(), &state],
        );
        let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let host: Ipv4Addr = engine
            .works(&["inspect", "-f", address, &name])
            .parse()
            .unwrap();
        let site = Site {
            host,
            names: vec![name.clone(), "127.0.0.1".to_owned()],
            ports: [2379, 2380, 6443, 10250],
        };
        let starters = starters(engine, &name, &binaries, &state);
        let bed = TestBed::start_on(&site, starters, state);
        let node = Self { engine, name, bed };
        node.write_admin();
        node
    }

    /// Programs of this machine, seen read-only, make up for an operating system in it.
    fn container(engine: &Engine, cluster: &str, name: &str, folders: &[&Path]) {
        let tree = tempfile::tempdir().unwrap();
        for (link, target) in [
            ("bin", "usr/bin"),
            ("lib", "usr/lib"),
            ("lib64", "usr/lib64"),
        ] {
            std::os::unix::fs::symlink(target, tree.path().join(link)).unwrap();
        }
        fs::create_dir_all(tree.path().join("etc/kubernetes")).unwrap();
        fs::create_dir_all(tree.path().join("tmp")).unwrap();
        fs::create_dir_all(tree.path().join("usr")).unwrap();
        let dockerfile = tree.path().join("Dockerfile");
        fs::write(&dockerfile, "FROM scratch\nCOPY . /\n").unwrap();
        engine.works(&[
            "build",
            "-q",
            "-t",
            "node:test",
            tree.path().to_str().unwrap(),
        ]);
        let labels = [("cluster", cluster), ("role", "control-plane")];
        let labels = labels.map(|(key, value)| format!("--label=io.x-k8s.kind.{key}={value}"));
        let volumes = folders
            .iter()
            .map(|path| format!("--volume={0}:{0}", path.display()));
        let options = [
            format!("--name={name}"),
            format!("--hostname={name}"),
            format!("--network={NETWORK}"),
            "--publish=127.0.0.1:0:6443".to_owned(),
            "--volume=/usr:/usr:ro".to_owned(),
        ];
        let ran = engine
            .command()
            .args(["run", "--detach"])
            .args(labels.into_iter().chain(volumes).chain(options))
            .args(["node:test", "/usr/bin/sleep", "infinity"])
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }

    /// As kubeadm writes it: nothing outside of the file, the cluster by the node's name.
    fn write_admin(&self) {
        let text = inline_kubeconfig(&self.bed, &format!("https://{}:6443", self.name));
        let file = self.bed.folder().join("admin.conf");
        fs::write(&file, text).unwrap();
        let into = format!("{}:/etc/kubernetes/admin.conf", self.name);
        self.engine.works(&["cp", file.to_str().unwrap(), &into]);
    }

    /// A pod with a server in the node. `arguments` are the server's.
    pub async fn serve(&self, namespace: &str, name: &str, arguments: &[&str]) {
        let plan = PodPlan::new(namespace, name)
            .label("app", name)
            .container(ContainerPlan::new("app", "registry.test/app:1").port("grpc", PORT));
        let pod = self.bed.start_pod(&plan).await;
        self.start_server(&pod, arguments);
    }

    /// A server in the node at the address of a pod.
    pub fn start_server(&self, pod: &StartedPod, arguments: &[&str]) {
        let (server, listen) = (servers::folder().join("run"), pod.address(PORT).to_string());
        let server = server.to_str().unwrap();
        let start = [
            "exec", "--detach", &self.name, server, "go", "--listen", &listen,
        ];
        self.engine.works(&[&start[..], arguments].concat());
    }
}

/// The administrator's kubeconfig of a bed, with nothing outside of it.
pub fn inline_kubeconfig(bed: &TestBed, server: &str) -> String {
    let data = |file: &str| ByteString(fs::read(bed.folder().join(file)).unwrap());
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "admin@kind",
        "clusters": [{"name": "kind", "cluster": {
            "server": server, "certificate-authority-data": data("ca.pem"),
        }}],
        "users": [{"name": "admin", "user": {
            "client-certificate-data": data("admin.pem"), "client-key-data": data("admin.key"),
        }}],
        "contexts": [{"name": "admin@kind", "context": {"cluster": "kind", "user": "admin"}}],
    });
    text.to_string()
}

/// A folder of scripts that start the real programs inside the container.
fn starters(engine: &Engine, container: &str, binaries: &Path, state: &Path) -> PathBuf {
    let folder = state.join("bin");
    fs::create_dir(&folder).unwrap();
    for program in ["etcd", "kube-apiserver", "kwok"] {
        let script = folder.join(program);
        let (docker, binaries) = (engine.docker.display(), binaries.display());
        let text =
            format!("#!/bin/sh\nexec {docker} exec {container} {binaries}/{program} \"$@\"\n");
        executable::write(&script, text.as_bytes());
    }
    folder
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        let _ = self.engine.docker(&["rm", "--force", &self.name]);
    }
}
