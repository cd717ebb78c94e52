//! Selection, ports and the configuration's mapping.

use std::fs;

use crate::bed::TestBed;
use crate::bed::pods::{ContainerPlan, PodPlan};
use crate::scan::SHOP;
use crate::{PORT, pod, scan, tonic_server};

#[tokio::test(flavor = "multi_thread")]
async fn what_matches_nothing_is_unknown_and_says_what_was_asked() {
    let bed = TestBed::start();
    let ns = bed.namespace("nothing").await;
    let scanned = scan(&[SHOP, "-n", &ns, "-l", "app=payment"]);
    assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
    assert!(
        scanned.stdout.contains("app=payment") && scanned.stdout.contains(&ns),
        "{}",
        scanned.stdout
    );
    let ignored = scan(&[
        SHOP,
        "-n",
        &ns,
        "-l",
        "app=payment",
        "--on-unknown",
        "ignore",
    ]);
    assert_eq!(
        (ignored.code, &ignored.report()["verdict"]),
        (0, &"UNKNOWN".into())
    );

    let pending = pod(&ns, "pending").phase("Pending");
    bed.start_pod(&pending).await;
    let scanned = scan(&[SHOP, "-n", &ns, "-l", "app=pending"]);
    assert_eq!(scanned.code, 3);
    assert!(scanned.stdout.contains("1 Pending"), "{}", scanned.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_found_out_and_the_choice_is_told() {
    let bed = TestBed::start();
    let ns = bed.namespace("ports").await;
    let container = || ContainerPlan::new("app", "registry.test/app:1");
    let plans = [
        (
            "annotated",
            PodPlan::new(&ns, "annotated")
                .annotation("protodiff.dev/port", "6001")
                .container(container().port("grpc", 7001))
                .undeclared_port(6001),
            6001,
            "annotation",
        ),
        (
            "named",
            PodPlan::new(&ns, "named")
                .container(container().port("http", 8080).port("grpc-api", 6002)),
            6002,
            "grpc-api",
        ),
        (
            "searched",
            PodPlan::new(&ns, "searched")
                .container(container().port("metrics", 8081).port("main", 6003)),
            6003,
            "container port",
        ),
        (
            "default",
            PodPlan::new(&ns, "default")
                .container(container())
                .undeclared_port(9090),
            9090,
            "default",
        ),
    ];
    for (_, plan, port, _) in &plans {
        let started = bed.start_pod(plan).await;
        tonic_server::serve(SHOP, started.address(*port)).await;
    }
    for road in ["direct", "port-forward"] {
        let scanned = scan(&[SHOP, "-n", &ns, "--connect", road]);
        assert_eq!(scanned.code, 0, "{}", scanned.stdout);
        for (name, _, port, why) in &plans {
            let endpoint = &scanned.workload(name)["versions"][0]["endpoints"][0];
            assert_eq!(endpoint["port"], *port, "{endpoint:#}");
            assert!(
                endpoint["port_from"].as_str().unwrap().contains(why),
                "{endpoint:#}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workloads_of_the_configuration_have_their_own_truth() {
    let bed = TestBed::start();
    let ns = bed.namespace("mapping").await;
    for (name, module) in [
        ("orders", SHOP),
        ("billing", "tests/fixtures/modules/other"),
        ("legacy", "tests/fixtures/modules/shop-drifted"),
    ] {
        let started = bed.start_pod(&pod(&ns, name)).await;
        tonic_server::serve(module, started.address(PORT)).await;
    }
    let root = env!("CARGO_MANIFEST_DIR");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("gate.yaml");
    let text = format!(
        "version: 1
module: {root}/{SHOP}
workloads:
  - name: orders
    namespace: {ns}
    expect: [shop.orders.v1.OrderService]
  - name: billing
    namespace: {ns}
    module: {root}/tests/fixtures/modules/other
  - name: old orders
    selector: app=legacy
    namespace: {ns}
    services: ['shop.payments.*']
"
    );
    fs::write(&config, &text).unwrap();
    let scanned = scan(&["--config", config.to_str().unwrap()]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.report()["truths"].as_array().unwrap().len(), 2);
    let legacy = &scanned.workload("legacy")["versions"][0]["common"];
    assert_eq!(
        legacy,
        &serde_json::json!(["shop.payments.v1.PaymentService"])
    );

    fs::write(
        &config,
        text.replace(
            "expect: [shop.orders.v1.OrderService]",
            "expect: [shop.refunds.v1.RefundService]",
        ),
    )
    .unwrap();
    let expected = scan(&["--config", config.to_str().unwrap()]);
    assert_eq!(expected.code, 1, "{}", expected.stdout);
    assert!(
        expected.stdout.contains("shop.refunds.v1.RefundService"),
        "{}",
        expected.stdout
    );

    // A truth that does not load is one workload's matter.
    fs::write(&config, text.replace("modules/other", "modules/absent")).unwrap();
    let broken = scan(&["--config", config.to_str().unwrap()]);
    assert_eq!(broken.code, 3, "{}{}", broken.stdout, broken.stderr);
    assert_eq!(broken.workload("billing")["reason"]["kind"], "truth");
    assert_eq!(broken.workload("orders")["verdict"], "SYNC");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_is_a_source_by_its_name() {
    let bed = TestBed::start();
    let ns = bed.namespace("source").await;
    let started = bed.start_pod(&pod(&ns, "shop-0")).await;
    tonic_server::serve(SHOP, started.address(PORT)).await;
    let kubeconfig = bed.kubeconfig();
    let kubeconfig = kubeconfig.to_str().unwrap();
    let live = format!("k8s://{ns}/shop-0");
    let (same, _) = crate::scan::run(&[
        "diff",
        "--live",
        &live,
        "--truth",
        SHOP,
        "--kubeconfig",
        kubeconfig,
    ]);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    let absent = format!("k8s://{ns}/absent");
    let (absent, _) = crate::scan::run(&[
        "diff",
        "--live",
        &absent,
        "--truth",
        SHOP,
        "--kubeconfig",
        kubeconfig,
    ]);
    assert_eq!(absent.status.code(), Some(4), "{absent:?}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.binpb");
    let (fetched, _) = crate::scan::run(&[
        "fetch",
        &live,
        "-o",
        file.to_str().unwrap(),
        "--kubeconfig",
        kubeconfig,
    ]);
    assert_eq!(fetched.status.code(), Some(0), "{fetched:?}");
    let (same, _) = crate::scan::run(&["diff", "--live", file.to_str().unwrap(), "--truth", SHOP]);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
}
