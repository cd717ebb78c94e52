//! Pods of all seven kinds of server, and of every way to fail, by both roads.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bed::TestBed;
use crate::scan::SHOP;
use crate::servers::Server;
use crate::{PORT, pod, scan, servers, tonic_server};

/// Starts a pod whose port is served by a fixture.
async fn served(namespace: &str, name: &str, stack: &str, args: &[&str]) -> Server {
    let started = TestBed::start().start_pod(&pod(namespace, name)).await;
    let listen = started.address(PORT).to_string();
    let (stack, args) = (
        stack.to_owned(),
        args.iter().map(ToString::to_string).collect::<Vec<_>>(),
    );
    tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        servers::start_at(&stack, &listen, &args)
    })
    .await
    .unwrap()
}

fn reason_kinds(workload: &Value) -> Vec<String> {
    let endpoint = &workload["versions"][0]["endpoints"][0];
    let reasons = endpoint["reasons"].as_array().unwrap();
    reasons
        .iter()
        .map(|reason| reason["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_roads_give_the_same_report() {
    let bed = TestBed::start();
    let ns = bed.namespace("roads").await;
    let mut running = Vec::new();
    for stack in ["go", "connect", "python", "node", "java", "cpp"] {
        for (name, variant) in [("sync", "shop"), ("drift", "shop-drifted")] {
            running.push(
                served(
                    &ns,
                    &format!("{stack}-{name}"),
                    stack,
                    &["--variant", variant],
                )
                .await,
            );
        }
    }
    running.push(
        served(
            &ns,
            "go-v1-sync",
            "go",
            &["--variant", "shop", "--reflection", "v1"],
        )
        .await,
    );
    for (name, module) in [
        ("tonic-sync", SHOP),
        ("tonic-drift", "tests/fixtures/modules/shop-drifted"),
    ] {
        let started = bed.start_pod(&pod(&ns, name)).await;
        tonic_server::serve(module, started.address(PORT)).await;
    }
    running.push(served(&ns, "without-reflection", "go", &["--variant", "none"]).await);
    running.push(served(&ns, "nothing-in-common", "go", &["--variant", "other"]).await);
    running.push(served(&ns, "silent-tcp", "go", &["--misbehave", "tcp"]).await);
    running.push(
        served(
            &ns,
            "silent-reflection",
            "go",
            &["--misbehave", "reflection"],
        )
        .await,
    );
    running.push(served(&ns, "http1", "go", &["--misbehave", "http1"]).await);
    bed.start_pod(&pod(&ns, "refused")).await;

    let [direct, forwarded] = ["direct", "port-forward"]
        .map(|road| scan(&[SHOP, "-n", &ns, "--connect", road, "--pod-timeout", "5s"]));
    assert_eq!(direct.code, 1);
    assert_eq!(forwarded.code, 1);
    let (a, b) = (direct.timeless(), forwarded.timeless());
    assert_eq!(a, b, "direct: {a:#}\nport-forward: {b:#}");

    let expected: BTreeMap<&str, &str> = [
        ("without-reflection", "no-reflection"),
        ("nothing-in-common", "nothing-in-common"),
        ("silent-tcp", "silent-tcp"),
        ("silent-reflection", "silent-reflection"),
        ("http1", "not-grpc"),
        ("refused", "refused"),
    ]
    .into();
    let workloads = a["workloads"].as_array().unwrap();
    assert_eq!(workloads.len(), 15 + expected.len());
    for workload in workloads {
        let name = workload["name"].as_str().unwrap();
        let verdict = workload["verdict"].as_str().unwrap();
        if let Some(kind) = expected.get(name) {
            assert_eq!(
                (verdict, reason_kinds(workload)),
                ("UNKNOWN", vec![(*kind).to_owned()]),
                "{name}"
            );
        } else if name.ends_with("-sync") {
            assert_eq!(verdict, "SYNC", "{name}: {workload:#}");
        } else {
            assert_eq!(verdict, "MISMATCH", "{name}: {workload:#}");
        }
    }
    // One root cause is one finding, whatever stack reports it.
    let findings = a["findings"].as_array().unwrap();
    let drifted = findings.iter().filter(|finding| finding["level"] != "info");
    let rules: Vec<(&str, u64)> = drifted
        .map(|finding| {
            (
                finding["rule"].as_str().unwrap(),
                finding["pods"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rules,
        [
            ("field-type-changed", 7),
            ("method-missing", 7),
            ("field-missing", 7),
            ("enum-value-missing", 7)
        ]
    );
}
