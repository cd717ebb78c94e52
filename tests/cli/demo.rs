//! `protodiff demo`: what it shows, and that nothing around it changes it.

use crate::Place;

#[test]
fn the_demo_shows_a_whole_finding_and_ends_with_0() {
    let place = Place::new();
    place
        .run("demo")
        .reports(0)
        .says("shop.orders.v1.OrderService/CancelOrder")
        .says("[method-missing]")
        .says("breaking")
        .says("drift")
        .says("affects: shop.orders.v1.OrderService/CreateOrder (request)")
        .says("shop/orders/v1/orders.proto:9\n")
        .says("exit code 1 (MISMATCH)")
        .says("UNKNOWN")
        .says("SYNC");
}

#[test]
fn the_demos_report_stays_alone_on_standard_output() {
    let place = Place::new();
    let outcome = place.run("demo --format json --report markdown=r.md --report text=r.txt");
    outcome.reports(0);
    let report = outcome.json();
    assert_eq!(report["verdict"], "MISMATCH");
    assert_eq!(report["summary"]["pods"], 3);
    assert!(outcome.err.contains("Try next"), "{outcome:#?}");
    assert!(place.read("r.md").contains("MISMATCH"));
    assert!(place.read("r.txt").starts_with("MISMATCH"));
}

#[test]
fn nothing_around_it_changes_the_demo() {
    let mut place = Place::new();
    for (name, value) in [
        ("TRUTH", "elsewhere"),
        ("NAMESPACE", "x"),
        ("SELECTOR", "(("),
        ("WORKLOAD", "nothing"),
        ("TARGET", "grpc://127.0.0.1:1"),
        ("WAIT", "1m"),
        ("POD_TIMEOUT", "never"),
        ("CONFIG", "gone.yaml"),
        ("FAIL_ON", "never"),
        ("ON_UNKNOWN", "ignore"),
        ("HEADER", "no colon"),
        ("CACERT", "gone.pem"),
        ("KUBECONFIG", "gone.yaml"),
    ] {
        place = place.with(&format!("PROTODIFF_{name}"), value);
    }
    place.write(".protodiff.yaml", "version: 9\n");
    let outcome = place.run("demo --format json");
    outcome.reports(0);
    let report = outcome.json();
    assert_eq!(report["verdict"], "MISMATCH");
    let summary = &report["summary"];
    for (key, count) in [("pods", 3), ("breaking", 1), ("drift", 1), ("unknown", 1)] {
        assert_eq!(summary[key], count, "{summary}");
    }
}
