//! Pods against modules of a Buf registry, through the real `buf`.

use crate::bed::TestBed;
use crate::place::{Place, registry};
use crate::scan::SHOP;
use crate::{PORT, pod, tonic_server};

/// A namespace with the pods of these names, each serving a folder's module.
pub async fn serve(prefix: &str, pods: &[(&str, &str)]) -> String {
    let bed = TestBed::start();
    let ns = bed.namespace(prefix).await;
    for (name, served) in pods {
        let started = bed.start_pod(&pod(&ns, name)).await;
        tonic_server::serve(served, started.address(PORT)).await;
    }
    ns
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_held_against_a_module_of_a_registry_by_both_roads() {
    let ns = serve(
        "truths",
        &[
            ("current", SHOP),
            ("stale", "tests/fixtures/modules/shop-drifted"),
        ],
    )
    .await;
    let registry = registry();
    let truth = registry.module("acme/shop");
    let commit = registry.commit("acme/shop", "main");
    let place = Place::new();
    let mut reports = Vec::new();
    for road in ["direct", "port-forward"] {
        let scanned = place.scan(&[&truth, "-n", &ns, "--connect", road]);
        assert_eq!(scanned.code, 1, "{}{}", scanned.stdout, scanned.stderr);
        assert_eq!(scanned.workload("current")["verdict"], "SYNC");
        assert_eq!(scanned.workload("stale")["verdict"], "MISMATCH");
        let report = scanned.timeless();
        assert_eq!(report["truth"]["source"], truth.as_str());
        assert_eq!(report["truth"]["resolved"], commit.as_str());
        let rules: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect();
        let expected = [
            "field-type-changed",
            "method-missing",
            "field-missing",
            "enum-value-missing",
        ];
        assert_eq!(rules, expected, "{report:#}");
        reports.push(report);
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!(
        registry.counts().downloads["acme/shop"],
        1,
        "both roads need one download"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_and_its_commit_are_the_truth_of_their_own_workloads() {
    let ns = serve(
        "labels",
        &[
            ("current", SHOP),
            ("stale", "tests/fixtures/modules/shop-drifted"),
        ],
    )
    .await;
    let registry = registry();
    let old = registry.commit("acme/shop", "old");
    let place = Place::new();
    place.write(
        ".protodiff.yaml",
        &format!(
            "version: 1
module: {}
workloads:
  - {{name: current, namespace: {ns}}}
  - {{name: stale, namespace: {ns}, module: '{}'}}
",
            registry.module("acme/shop"),
            registry.module("acme/shop:old"),
        ),
    );
    let scanned = place.scan(&[]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    let report = scanned.report();
    assert_eq!(report["truths"][1]["resolved"], old.as_str(), "{report:#}");
    assert_eq!(
        scanned.workload("stale")["module"],
        registry.module("acme/shop:old").as_str()
    );
    // A label that moves is followed by the next scan, and only the commit is fetched that is new.
    registry.move_label("acme/shop", "old", "main");
    registry.reset_counts();
    let moved = place.scan(&[]);
    assert_eq!(moved.code, 1, "{}{}", moved.stdout, moved.stderr);
    assert_eq!(moved.workload("stale")["verdict"], "MISMATCH");
    assert!(registry.counts().downloads.is_empty());
}
