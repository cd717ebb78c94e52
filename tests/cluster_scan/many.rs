//! Many pods of many modules: each module is fetched once, and a kept one is not fetched at all.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::bed::TestBed;
use crate::bed::pods::PodPlan;
use crate::place::{Place, module};
use crate::registry::{Counts, Registry};
use crate::servers::{self, Server};
use crate::{PORT, Scanned, pod};

/// `acme/shop-00` and so on: the shop's module, and in each of them one message that no other has.
fn numbered_modules(folder: &Path, count: usize) -> Value {
    let modules: Vec<Value> = (0..count)
        .map(|number| {
            let dir = folder.join(format!("shop-{number:02}"));
            for file in [
                "shop/common/v1/common.proto",
                "shop/orders/v1/orders.proto",
                "shop/payments/v1/payments.proto",
            ] {
                let path = dir.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let mut text = fs::read_to_string(module("shop").join(file)).unwrap();
                if file.contains("orders") {
                    // Clients of the last one know a field that no server has.
                    if number + 1 == count {
                        let known = "string note = 5;";
                        assert!(text.contains(known));
                        text = text.replace(known, "string note = 5; string last = 77;");
                    }
                    writeln!(text, "message Only{number:02} {{}}").unwrap();
                }
                fs::write(path, text).unwrap();
            }
            json!({"name": format!("acme/shop-{number:02}"),
                "commits": [{"dir": dir, "labels": ["main"]}]})
        })
        .collect();
    json!({ "modules": modules })
}

/// So many pods that one Go server serves, dealt out to the workloads `shop-00` and so on.
async fn pods(
    prefix: &str,
    count: u16,
    workloads: usize,
    dress: impl Fn(PodPlan, usize) -> PodPlan,
) -> (String, Server) {
    let bed = TestBed::start();
    let ns = bed.namespace(prefix).await;
    let ips = bed.pod_ips(count);
    let first = format!("{}:{PORT}", ips[0]);
    let server = tokio::task::spawn_blocking(move || {
        servers::start_many(&first, usize::from(count), &["--variant", "shop"])
    })
    .await
    .unwrap();
    let plans: Vec<PodPlan> = ips
        .iter()
        .enumerate()
        .map(|(index, ip)| {
            let number = index % workloads;
            let plan = pod(&ns, &format!("pod-{index:03}"))
                .label("app", &format!("shop-{number:02}"))
                .ip(*ip);
            dress(plan, number)
        })
        .collect();
    bed.start_pods(&plans).await;
    (ns, server)
}

/// All pods are in sync but those of the last module.
#[track_caller]
fn assert_each_has_its_own_truth(scanned: &Scanned, pods: usize, modules: usize) {
    assert_eq!(scanned.code, 1, "{}{}", scanned.stdout, scanned.stderr);
    let report = scanned.report();
    assert_eq!(report["summary"]["pods"], pods);
    assert_eq!(report["summary"]["unknown"], 0);
    assert_eq!(report["truths"].as_array().unwrap().len(), modules);
    let last = format!("shop-{:02}", modules - 1);
    for workload in report["workloads"].as_array().unwrap() {
        let module = workload["module"].as_str().unwrap();
        let expected = if module.ends_with(&last) {
            "MISMATCH"
        } else {
            "SYNC"
        };
        assert_eq!(workload["verdict"], expected, "{module}");
    }
}

/// A download for each module and no more.
#[track_caller]
fn assert_cold(counts: &Counts, modules: usize) {
    assert_eq!(counts.downloads.len(), modules, "{counts:#?}");
    assert!(
        counts.downloads.values().all(|times| *times == 1),
        "{counts:#?}"
    );
}

/// A look-up of each label, and nothing else.
#[track_caller]
fn assert_warm(counts: &Counts, modules: usize) {
    assert!(counts.downloads.is_empty(), "{counts:#?}");
    assert_eq!(counts.rpcs.len(), 1, "{counts:#?}");
    assert_eq!(
        counts.rpcs["CommitService/GetCommits"] as usize, modules,
        "{counts:#?}"
    );
    assert_eq!(counts.modules.len(), modules, "{counts:#?}");
}

/// Scans with nothing kept and with everything kept, and holds both to what they may ask for.
fn cold_and_warm(
    place: &Place,
    registry: &Registry,
    args: &[&str],
    (pods, modules): (usize, usize),
) {
    for cache in ["cold", "warm"] {
        registry.reset_counts();
        let begun = Instant::now();
        let scanned = place.scan(args);
        let took = begun.elapsed();
        assert_each_has_its_own_truth(&scanned, pods, modules);
        let counts = registry.counts();
        if cache == "cold" {
            assert_cold(&counts, modules);
        } else {
            assert_warm(&counts, modules);
        }
        println!(
            "{args:?}: {pods} pods, {modules} modules, {cache} cache: {took:.2?}, asked {:?}, {}",
            counts.rpcs,
            scanned.report()["timing"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_pods_of_twenty_workloads_take_twenty_downloads() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(&numbered_modules(folder.path(), 20));
    let (ns, _server) = pods("many", 200, 20, |plan, _| plan).await;
    let mut text = "version: 1\nworkloads:\n".to_owned();
    for number in 0..20 {
        let module = registry.module(&format!("acme/shop-{number:02}"));
        writeln!(
            text,
            "  - {{name: shop-{number:02}, namespace: {ns}, module: '{module}'}}"
        )
        .unwrap();
    }
    for road in ["direct", "port-forward"] {
        let place = Place::new();
        place.write(".protodiff.yaml", &text);
        cold_and_warm(&place, &registry, &["--connect", road], (200, 20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_annotations_name_is_fetched_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(&numbered_modules(folder.path(), 5));
    let (ns, _server) = pods("many-annotated", 40, 5, |plan, number| {
        let module = registry.module(&format!("acme/shop-{number:02}"));
        plan.annotation("protodiff.dev/module", &module)
    })
    .await;
    cold_and_warm(&Place::new(), &registry, &["-n", &ns], (40, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_config_map_names_is_fetched_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(&numbered_modules(folder.path(), 5));
    let (ns, _server) = pods("many-mapped", 40, 5, |plan, _| plan).await;
    let data: Value = (0..5)
        .map(|number| {
            let name = format!("shop-{number:02}");
            let module = registry.module(&format!("acme/{name}"));
            (name, Value::from(module))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let map = json!({"metadata": {"name": "mapping", "namespace": ns}, "data": data});
    TestBed::start()
        .create::<k8s_openapi::api::core::v1::ConfigMap>(Some(&ns), map)
        .await;
    let mapping = format!("configmap/{ns}/mapping");
    let args = ["-n", &ns, "--mapping", &mapping];
    cold_and_warm(&Place::new(), &registry, &args, (40, 5));
}
