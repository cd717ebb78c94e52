//! `--kind` against a node as kind makes them, from every place where a scan may run.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::engine::{self, Engine, Said};
use crate::namespace::inside;
use crate::node::{NETWORK, Node, inline_kubeconfig};
use crate::{root, runner, workflow};

const CLUSTER: &str = "demo";
const NODE: &str = "demo-control-plane";
const SOCKET: &str = "--volume=/var/run/docker.sock:/var/run/docker.sock";

/// A scan of the pods of a namespace of the cluster.
const SCAN: [&str; 5] = ["scan", "/modules/shop", "--kind", CLUSTER, "--namespace"];

fn modules() -> String {
    format!(
        "--volume={}:/modules:ro",
        root().join("tests/fixtures/modules").display()
    )
}

/// A container that outlives the scans in it, so that what they leave attached can be seen.
struct Job<'a>(&'a Engine, &'a str);

impl<'a> Job<'a> {
    fn start(engine: &'a Engine, name: &'a str, network: &str) -> Self {
        let (modules, network) = (modules(), format!("--network={network}"));
        let binary = format!("--volume={}:/protodiff:ro", engine::binary().display());
        engine.works(&[
            "run",
            "--detach",
            "--name",
            name,
            &network,
            SOCKET,
            &modules,
            &binary,
            "--volume=/usr:/usr:ro",
            "node:test",
            "/usr/bin/sleep",
            "infinity",
        ]);
        Self(engine, name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.0.command();
        command
            .args(["exec", self.1, "/usr/bin/sh", "-c"])
            .args(["echo $$ >/tmp/id; exec /protodiff --quiet \"$@\"", "sh"])
            .args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Said {
        Said::of(&self.command(args).output().unwrap())
    }

    fn is_attached(&self) -> bool {
        self.0.attached(NETWORK).iter().any(|name| name == self.1)
    }
}

/// Waits for something that happens soon.
fn wait(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !happened() {
        assert!(Instant::now() < deadline, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_kind_cluster_is_reached_and_left() {
    // Before the network is gone.
    runner::act();
    inside("kind::a_kind_cluster_is_reached_and_left", |engine| {
        let node = Node::start(engine, CLUSTER);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let [sync, drift, silent] = runtime.block_on(async {
            let names = ["sync", "drift", "silent"];
            let spaces = [
                node.bed.namespace("sync").await,
                node.bed.namespace("drift").await,
                node.bed.namespace("silent").await,
            ];
            let arguments = [
                ["--variant", "shop"],
                ["--variant", "shop-drifted"],
                ["--misbehave", "tcp"],
            ];
            for ((space, name), arguments) in spaces.iter().zip(names).zip(arguments) {
                node.serve(space, name, &arguments).await;
            }
            spaces
        });
        from_a_container_action(engine, &sync, &drift);
        from_a_job(engine, &sync, &drift);
        by_a_signal(engine, &silent);
        without_a_network_of_its_own(engine, &node, &sync);
        loopback(engine, &node, &sync);
        what_is_in_the_way(engine, &node, &sync);
    });
}

fn from_a_container_action(engine: &Engine, sync: &str, drift: &str) {
    let modules = modules();
    // As the runner starts it: root, the default network, the socket.
    let options = [SOCKET, &modules, "--env=HOME=/github/home"];
    let scan = |space| engine.run(&options, &[&SCAN[..], &[space]].concat());
    let _ = scan(sync).ends(0).says(&["SYNC", "1 pod"]);
    let _ = scan(drift).ends(1).says(&["MISMATCH", "method-missing"]);
    let inputs = [("kind", CLUSTER), ("namespace", sync)];
    let _ = workflow::run(engine, "", &inputs, 0).says(&["SYNC"]);
    assert_eq!(engine.attached(NETWORK), [NODE]);
}

fn from_a_job(engine: &Engine, sync: &str, drift: &str) {
    let job = Job::start(engine, "job", "bridge");
    let scan = |space| job.run(&[&SCAN[..], &[space]].concat());
    for (space, code) in [(sync, 0), (drift, 1), ("nowhere", 3)] {
        let _ = scan(space).ends(code);
        assert!(!job.is_attached(), "after exit code {code}");
    }
    let _ = job
        .run(&[
            "fetch",
            &format!("k8s://{sync}/sync"),
            "--kind",
            CLUSTER,
            "--output",
            "/tmp/x.binpb",
        ])
        .ends(0);
    assert!(!job.is_attached());
    // A truth that does not load is found out while the cluster is in use.
    let _ = job
        .run(&[
            "scan",
            "/modules/gone",
            "--kind",
            CLUSTER,
            "--namespace",
            sync,
        ])
        .ends(4);
    assert!(!job.is_attached());
    // Whoever was there before stays.
    let resident = Job::start(engine, "resident", NETWORK);
    let _ = resident.run(&[&SCAN[..], &[sync]].concat()).ends(0);
    assert!(resident.is_attached());
    engine.works(&["rm", "--force", "resident", "job"]);
}

fn by_a_signal(engine: &Engine, silent: &str) {
    let patient = [&SCAN[..], &[silent, "--pod-timeout=60s"]].concat();
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let job = Job::start(engine, "job", "bridge");
        let child = job
            .command(&patient)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        wait("the attachment", || job.is_attached());
        let kill = format!("kill -{signal} $(cat /tmp/id)");
        engine.works(&["exec", "job", "/usr/bin/sh", "-c", &kill]);
        let begun = Instant::now();
        let _ = Said::of(&child.wait_with_output().unwrap())
            .ends(code)
            .says(&["stopped by SIG"]);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{signal}: {:?}",
            begun.elapsed()
        );
        assert!(!job.is_attached(), "after {signal}");
        engine.works(&["rm", "--force", "job"]);
    }
    // The first process of a container is only stopped by what it listens to.
    let modules = modules();
    let start = [
        "run",
        "--detach",
        "--name",
        "first",
        SOCKET,
        &modules,
        engine::IMAGE,
    ];
    engine.works(&[&start[..], &patient].concat());
    wait("the attachment", || engine.attached(NETWORK).len() == 2);
    let begun = Instant::now();
    engine.works(&["stop", "--time=30", "first"]);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(
        engine.works(&["inspect", "-f", "{{.State.ExitCode}}", "first"]),
        "143"
    );
    let networks = engine.works(&[
        "inspect",
        "-f",
        "{{json .NetworkSettings.Networks}}",
        "first",
    ]);
    assert!(!networks.contains("\"kind\""), "{networks}");
    engine.works(&["rm", "first"]);
}

fn without_a_network_of_its_own(engine: &Engine, node: &Node<'_>, sync: &str) {
    let scan = [&SCAN[..], &[sync]].concat();
    let modules = modules();
    let _ = engine
        .run(&["--network=host", SOCKET, &modules], &scan)
        .ends(0)
        .says(&["SYNC"]);
    // The variant on the host: no container at all.
    let module = root().join("tests/fixtures/modules/shop");
    let on_host = Command::new(engine::binary())
        .args([
            "scan",
            module.to_str().unwrap(),
            "--kind",
            CLUSTER,
            "--namespace",
            sync,
        ])
        .output()
        .unwrap();
    let _ = Said::of(&on_host).ends(0).says(&["SYNC"]);
    assert_eq!(engine.attached(NETWORK), [node.name.as_str()]);
}

fn loopback(engine: &Engine, node: &Node<'_>, sync: &str) {
    // What kind itself writes into ~/.kube/config.
    let published = engine.works(&["port", NODE, "6443/tcp"]);
    let server = format!("https://{}", published.lines().next().unwrap());
    let kubeconfig = inline_kubeconfig(&node.bed, &server);
    let file = node.bed.folder().join("loopback.kubeconfig");
    std::fs::write(&file, kubeconfig).unwrap();
    let (modules, mount) = (
        modules(),
        format!("--volume={}:/kubeconfig:ro", file.display()),
    );
    let scan = [
        "scan",
        "/modules/shop",
        "--kubeconfig",
        "/kubeconfig",
        "--namespace",
        sync,
    ];
    let begun = Instant::now();
    let _ = engine.run(&[&modules, &mount], &scan).ends(2).says(&[
        "kubeconfig /kubeconfig",
        &server,
        "container",
        "kind: NAME",
        "`host`",
        "--network host",
    ]);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    // On the machine's network loopback works, and nobody says otherwise.
    let _ = engine
        .run(&["--network=host", &modules, &mount], &scan)
        .ends(0)
        .says(&["SYNC"]);
}

fn what_is_in_the_way(engine: &Engine, node: &Node<'_>, sync: &str) {
    let modules = modules();
    let scan = [&SCAN[..], &[sync]].concat();
    let run = |options: &[&str], args: &[&str]| engine.run(&[options, &[&modules]].concat(), args);
    let _ = run(&[], &scan).ends(4).says(&[
        "/var/run/docker.sock",
        "it is not there",
        "container action",
    ]);
    let _ = run(&[SOCKET, "--user=65532"], &scan)
        .ends(4)
        .says(&["permission denied", "group"]);
    let other = ["scan", "/modules/shop", "--kind", "other"];
    let _ = run(&[SOCKET], &other)
        .ends(2)
        .says(&["kind cluster `other`", "kind clusters: demo"]);
    let elsewhere = [SOCKET, "--env=DOCKER_HOST=tcp://engine:2376"];
    let _ = run(&elsewhere, &scan)
        .ends(2)
        .says(&["DOCKER_HOST tcp://engine:2376", "unix:///PATH"]);
    let twice = [&scan[..], &["--kubeconfig", "/kubeconfig"]].concat();
    let _ = run(&[SOCKET], &twice)
        .ends(2)
        .says(&["--kind", "--kubeconfig"]);
    let private = [SOCKET, "--network=none"];
    let _ = run(&private, &scan)
        .ends(4)
        .says(&["docker network kind", "cannot be attached"]);

    engine.works(&["exec", NODE, "/usr/bin/rm", "/etc/kubernetes/admin.conf"]);
    let _ =
        run(&[SOCKET], &scan)
            .ends(4)
            .says(&[NODE, "no /etc/kubernetes/admin.conf yet", "--wait"]);
    engine.works(&["stop", "--time=1", NODE]);
    let _ = run(&[SOCKET], &scan)
        .ends(4)
        .says(&[NODE, "`exited`", "docker start"]);
    engine.works(&["rm", NODE]);
    let _ = run(&[SOCKET], &scan)
        .ends(2)
        .says(&["no kind cluster at all"]);
    assert!(engine.attached(NETWORK).is_empty(), "{}", node.name);
    assert!(Path::new("/var/run/docker.sock").exists());
}
