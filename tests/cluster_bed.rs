//! The test bed itself: a real API server whose pods can be reached both ways. What the other
//! cluster tests take for granted is proved here.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout
)]

#[path = "cluster/bed/mod.rs"]
mod bed;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bed::TestBed;
use bed::access::{self, Scope, rule};
use bed::pods::{ContainerPlan, PodPlan, StartedPod, digest};
use bed::workloads::WorkloadPlan;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PORT: u16 = 50051;

fn app() -> ContainerPlan {
    ContainerPlan::new("app", "registry.test/app:1").port("grpc", PORT)
}

/// Serves what it hears back, after the pod's own name, until the test ends.
async fn serve(pod: &StartedPod) {
    let listener = TcpListener::bind(pod.address(PORT)).await.unwrap();
    let name = pod.name.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 4];
            stream.read_exact(&mut heard).await.unwrap();
            stream
                .write_all(format!("{name} heard ").as_bytes())
                .await
                .unwrap();
            stream.write_all(&heard).await.unwrap();
        }
    });
}

async fn talk(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin)) -> String {
    let mut answer = Vec::new();
    stream.write_all(b"ping").await.unwrap();
    // Up to the echo and not to the end: a port-forward does not tell that the server has closed.
    while !answer.ends_with(b"ping") {
        let byte = tokio::time::timeout(Duration::from_secs(10), stream.read_u8()).await;
        answer.push(byte.expect("an answer in time").unwrap());
    }
    String::from_utf8(answer).unwrap()
}

async fn pods(namespace: &str) -> Api<Pod> {
    Api::namespaced(TestBed::start().client().await, namespace)
}

#[tokio::test]
async fn each_pod_is_reached_directly_and_by_port_forward() {
    let bed = TestBed::start();
    let ns = bed.namespace("roads").await;
    for name in ["one", "two"] {
        let pod = bed
            .start_pod(&PodPlan::new(&ns, name).container(app()))
            .await;
        serve(&pod).await;
        let mut direct = TcpStream::connect(pod.address(PORT)).await.unwrap();
        assert_eq!(talk(&mut direct).await, format!("{name} heard ping"));
        let mut forward = pods(&ns).await.portforward(name, &[PORT]).await.unwrap();
        let mut stream = forward.take_stream(PORT).unwrap();
        assert_eq!(talk(&mut stream).await, format!("{name} heard ping"));
    }
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_refuses_both_ways() {
    let bed = TestBed::start();
    let ns = bed.namespace("refused").await;
    let pod = bed
        .start_pod(&PodPlan::new(&ns, "silent").container(app()))
        .await;
    let direct = TcpStream::connect(pod.address(PORT)).await.unwrap_err();
    assert_eq!(direct.kind(), std::io::ErrorKind::ConnectionRefused);

    let mut forward = pods(&ns)
        .await
        .portforward("silent", &[PORT])
        .await
        .unwrap();
    let error = forward.take_error(PORT).unwrap();
    let told = error.await.expect("the error channel says why");
    assert!(told.contains("connect: connection refused"), "{told}");
    assert!(told.contains(&pod.address(PORT).to_string()), "{told}");
}

#[tokio::test]
async fn a_port_that_the_pod_does_not_declare_is_not_forwarded() {
    let bed = TestBed::start();
    let ns = bed.namespace("undeclared").await;
    let plan = PodPlan::new(&ns, "pod")
        .container(app())
        .undeclared_port(9000);
    bed.start_pod(&plan).await;
    for (port, reason) in [
        (9000, "connection refused"),
        (9001, "forward not found for port 9001"),
    ] {
        let mut forward = pods(&ns).await.portforward("pod", &[port]).await.unwrap();
        let told = forward
            .take_error(port)
            .unwrap()
            .await
            .expect("the error channel says why");
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn a_pod_has_the_status_that_its_plan_says() {
    let bed = TestBed::start();
    let ns = bed.namespace("status").await;
    let image_id = format!("registry.test/app@{}", digest("build 7"));
    let running = PodPlan::new(&ns, "running").container(app().image_id(&image_id));
    bed.start_pod(&running).await;
    bed.start_pod(
        &PodPlan::new(&ns, "pending")
            .container(app())
            .phase("Pending"),
    )
    .await;
    bed.start_pod(&PodPlan::new(&ns, "unready").container(app()).not_ready())
        .await;

    let pods = pods(&ns).await;
    let status = pods.get("running").await.unwrap().status.unwrap();
    assert_eq!(status.phase.as_deref(), Some("Running"));
    assert_eq!(status.container_statuses.unwrap()[0].image_id, image_id);
    let pending = pods.get("pending").await.unwrap().status.unwrap();
    assert_eq!(
        (pending.phase.as_deref(), pending.pod_ip),
        (Some("Pending"), None)
    );
    let unready = pods.get("unready").await.unwrap().status.unwrap();
    let ready = unready
        .conditions
        .unwrap()
        .into_iter()
        .find(|c| c.type_ == "Ready")
        .unwrap();
    assert_eq!(ready.status, "False");

    bed.delete_pod(&ns, "running").await;
    assert!(pods.get_opt("running").await.unwrap().is_none());
    assert!(pods.portforward("running", &[PORT]).await.is_err());
    // The same name again, as a StatefulSet does it, with a new IP.
    let again = bed.start_pod(&running).await;
    serve(&again).await;
    let mut forward = pods.portforward("running", &[PORT]).await.unwrap();
    assert_eq!(
        talk(&mut forward.take_stream(PORT).unwrap()).await,
        "running heard ping"
    );
}

#[tokio::test]
async fn fifty_pods_start_together() {
    let bed = TestBed::start();
    let ns = bed.namespace("fifty").await;
    let plans: Vec<_> = (0..50)
        .map(|i| PodPlan::new(&ns, &format!("pod-{i}")).container(app()))
        .collect();
    let begin = Instant::now();
    let started = bed.start_pods(&plans).await;
    let took = begin.elapsed();
    assert!(
        took < Duration::from_secs(15),
        "{took:?}, the bed in {:?}",
        bed.started_in()
    );
    let ips: std::collections::BTreeSet<_> = started.iter().map(|pod| pod.ip).collect();
    assert_eq!(ips.len(), 50);
    let listed = pods(&ns)
        .await
        .list(&ListParams::default())
        .await
        .unwrap()
        .items;
    assert!(
        listed
            .iter()
            .all(|pod| pod.status.as_ref().unwrap().pod_ip.is_some())
    );
    assert_eq!(listed.len(), 50);
}

#[tokio::test]
async fn a_service_account_may_do_what_its_rules_say_and_no_more() {
    let bed = TestBed::start();
    let ns = bed.namespace("rights").await;
    let pod = bed
        .start_pod(&PodPlan::new(&ns, "pod").container(app()))
        .await;
    serve(&pod).await;
    let list = rule("", &["pods"], &["get", "list"]);
    let forward = |verbs: &[&str]| rule("", &["pods/portforward"], verbs);
    let no_get = r#"cannot get resource "pods/portforward""#;
    let accounts = [
        ("reader", vec![list.clone()], Some(no_get)),
        // When `create` is missing, the message ends where the cause should be.
        (
            "gets",
            vec![list.clone(), forward(&["get"])],
            Some(r#"pods "pod" is forbidden: "#),
        ),
        (
            "creates",
            vec![list.clone(), forward(&["create"])],
            Some(no_get),
        ),
        ("forwarder", vec![list, forward(&["get", "create"])], None),
    ];
    for (name, rules, refusal) in accounts {
        let kubeconfig = bed
            .service_account(&ns, name, Scope::Namespace, &rules)
            .await;
        let client = access::client(&kubeconfig).await;
        let mine: Api<Pod> = Api::namespaced(client.clone(), &ns);
        assert_eq!(
            mine.list(&ListParams::default()).await.unwrap().items.len(),
            1
        );
        let elsewhere = Api::<Pod>::namespaced(client, "default");
        assert!(
            elsewhere.list(&ListParams::default()).await.is_err(),
            "{name} sees too much"
        );
        match (mine.portforward("pod", &[PORT]).await, refusal) {
            (Ok(mut forward), None) => {
                let mut stream = forward.take_stream(PORT).unwrap();
                assert_eq!(talk(&mut stream).await, "pod heard ping");
            }
            (Err(kube::Error::Api(status)), Some(refusal)) => {
                assert_eq!((status.code, status.reason.as_str()), (403, "Forbidden"));
                assert!(
                    status.message.contains(refusal),
                    "{name}: {}",
                    status.message
                );
            }
            (result, _) => panic!("{name}: {:?}", result.err()),
        }
    }
    let none = bed
        .service_account(&ns, "nobody", Scope::Cluster, &[])
        .await;
    let nobody: Api<Pod> = Api::namespaced(access::client(&none).await, &ns);
    let error = nobody.list(&ListParams::default()).await.unwrap_err();
    assert!(error.to_string().contains("is forbidden"), "{error}");
    let all = [rule("", &["pods"], &["list"])];
    let reader = bed.service_account(&ns, "all", Scope::Cluster, &all).await;
    let everywhere: Api<Pod> = Api::all(access::client(&reader).await);
    assert!(everywhere.list(&ListParams::default()).await.is_ok());
}

#[tokio::test]
async fn workloads_own_their_pods() {
    let bed = TestBed::start();
    let ns = bed.namespace("owners").await;
    let old = WorkloadPlan::new(&ns, "shop", app()).replicas(2);
    let (deployment, first) = bed.settled_deployment(&old).await;
    let newer = ContainerPlan::new("app", "registry.test/app:2").port("grpc", PORT);
    let new = WorkloadPlan::new(&ns, "shop", newer);
    let second = bed.generation(&deployment, &new, "7c6d5e4f3a", 2).await;
    bed.deployment_progress(&deployment, 1, 3).await;
    assert_eq!((first.pods.len(), second.pods.len()), (2, 1));

    bed.stateful_set(&WorkloadPlan::new(&ns, "store", app()))
        .await;
    bed.daemon_set(&WorkloadPlan::new(&ns, "agent", app()))
        .await;
    let list = pods(&ns).await.list(&ListParams::default()).await.unwrap();
    let owners: Vec<_> = list
        .iter()
        .map(|pod| {
            let owner = &pod.metadata.owner_references.as_ref().unwrap()[0];
            format!(
                "{} < {} {}",
                pod.metadata.name.as_ref().unwrap(),
                owner.kind,
                owner.name
            )
        })
        .collect();
    assert_eq!(
        owners,
        [
            "agent-00000 < DaemonSet agent",
            "shop-5d4f8c7b9d-00000 < ReplicaSet shop-5d4f8c7b9d",
            "shop-5d4f8c7b9d-00001 < ReplicaSet shop-5d4f8c7b9d",
            "shop-7c6d5e4f3a-00000 < ReplicaSet shop-7c6d5e4f3a",
            "store-0 < StatefulSet store",
        ]
    );
    let rollout = Command::new(bed.kubectl())
        .arg("--kubeconfig")
        .arg(bed.kubeconfig())
        .args([
            "-n",
            &ns,
            "rollout",
            "status",
            "deployment/shop",
            "--watch=false",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&rollout.stdout);
    assert!(
        text.contains("1 out of 2 new replicas have been updated"),
        "{text} {rollout:?}"
    );
}

/// Runs itself in a second process, which starts a bed of its own and is killed.
#[test]
fn nothing_is_left_of_a_bed_whose_test_process_is_killed() {
    const VICTIM: &str = "PROTODIFF_TEST_BED_VICTIM";
    const NAME: &str = "nothing_is_left_of_a_bed_whose_test_process_is_killed";
    if std::env::var_os(VICTIM).is_some() {
        let bed = TestBed::start();
        let ids: Vec<_> = bed.supervisors().iter().map(ToString::to_string).collect();
        println!("victim {} {}", bed.folder().display(), ids.join(" "));
        loop {
            std::thread::park();
        }
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let words = loop {
        let line = lines.next().expect("the victim's bed starts").unwrap();
        if let Some((_, words)) = line.split_once("victim ") {
            break words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        }
    };
    let (folder, supervisors) = words.split_first().unwrap();
    let left = || {
        let running = |id: &String| Path::new("/proc").join(id).join("exe").exists();
        Path::new(folder).exists() || supervisors.iter().any(running) || mentioned(folder)
    };
    assert_eq!(supervisors.len(), 3);
    assert!(left() && mentioned(folder));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while left() {
        assert!(Instant::now() < deadline, "something is left of {words:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether any process has the folder in its command line.
fn mentioned(folder: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(folder))
}
