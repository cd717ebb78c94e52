//! `.protodiff.yaml`: its mistakes, what its entries do, and what wins over it.

use crate::Place;
use crate::api;
use crate::servers::Serving;

#[test]
fn mistakes_have_file_line_key_and_remedy() {
    let place = Place::new();
    for (content, parts, help) in [
        (
            "version: 1\nworkloads:\n  - name: a\n    selektor: app=a\n",
            &[":4:5: ", "`selektor`"][..],
            "Did you mean `selector`?",
        ),
        (
            "version: 1\npolicy:\n  fail_on: drift\n",
            &[":3:3: ", "`fail_on`"],
            "Did you mean `fail-on`?",
        ),
        (
            "version: 1\nxyz: 1\n",
            &[":2:1: ", "`xyz`", "module"],
            "configuration",
        ),
        ("version: 3\n", &["version 3"], "Write `version: 1`."),
        ("version: one\n", &[":1:10: ", "version"], ""),
        ("module: proto\n", &["version"], ""),
        ("version: 1\nworkloads: [\n", &["f.yaml:"], ""),
        (
            "version: 1\npolicy: {fail-on: loud}\n",
            &[":2:", "breaking, drift, info or never"],
            "",
        ),
        (
            "version: 1\npolicy:\n  on-unknown: loud\n",
            &[":3:", "on-unknown", "fail, warn or ignore"],
            "",
        ),
        (
            "version: 1\nworkloads:\n  - name: a\n    expect: {}\n",
            &[":4:", "expect"],
            "",
        ),
    ] {
        place.write("f.yaml", content);
        for command in [
            "scan --target grpc://127.0.0.1:1",
            "diff --live modules/shop --truth modules/shop",
        ] {
            place
                .run(&format!("{command} --config f.yaml"))
                .fails(2, &["f.yaml"])
                .fails(2, parts)
                .helps(help);
        }
        // The default file is held to the same.
        place.write(".protodiff.yaml", content);
        place
            .run("diff --live modules/shop --truth modules/shop")
            .fails(2, &[".protodiff.yaml"]);
    }
    place
        .run("scan modules/shop --config gone.yaml")
        .fails(2, &["gone.yaml"])
        .helps("--config");
}

#[test]
fn entries_are_checked_before_anything_is_asked() {
    let place = Place::new();
    for (entry, parts, help) in [
        (
            "{name: a, deployment: a, selector: app=a}",
            &["workload `a`", "more than one way"][..],
            "Keep one of",
        ),
        (
            "{name: a, port: 0}",
            &["workload `a`", "`0` is not a port"],
            "1 to 65535",
        ),
        (
            "{name: a, services: ['[']}",
            &["workload `a`", "services"],
            "globs",
        ),
        (
            "{name: a, module: 'http://x'}",
            &["unknown scheme"],
            "source",
        ),
        (
            "{name: a, selector: 'app=('}",
            &["selector `app=(`"],
            "kubectl",
        ),
    ] {
        place.write(
            ".protodiff.yaml",
            format!("version: 1\nmodule: modules/shop\nworkloads: [{entry}]\n"),
        );
        place.run("scan").fails(2, parts).helps(help);
    }
    place.write(".protodiff.yaml", "version: 1\nworkloads: [{name: a}]\n");
    place
        .run("scan")
        .fails(2, &["no truth for workload `a`"])
        .helps("module:");
}

#[test]
fn no_truth_at_all_is_a_usage_error() {
    let place = Place::new();
    for words in ["scan", "scan --target grpc://127.0.0.1:1"] {
        place
            .run(words)
            .fails(2, &["no truth"])
            .helps("`protodiff scan proto`");
    }
}

#[test]
fn the_default_module_is_relative_to_its_file_and_a_flag_wins() {
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop"));
    place.write("conf/p.yaml", "version: 1\nmodule: ../modules/shop\n");
    let scan = format!("--target {} --config conf/p.yaml", server.url());
    place
        .run(&format!("scan {scan}"))
        .reports(0)
        .says("conf/../modules/shop");
    place
        .run(&format!("scan modules/shop-drifted {scan} --fail-on never"))
        .reports(0)
        .says("truth: modules/shop-drifted");
    place.write(".protodiff.yaml", "version: 1\nmodule: modules/other\n");
    place
        .run(&format!("scan --target {}", server.url()))
        .reports(3)
        .says("no service in common");
}

#[test]
fn flag_wins_over_environment_and_environment_over_file() {
    let diff = "diff --live modules/shop-drifted --truth modules/shop";
    let place = Place::new();
    place.write(".protodiff.yaml", "version: 1\npolicy: {fail-on: never}\n");
    place.run(diff).reports(0);
    let place = place.with("PROTODIFF_FAIL_ON", "drift");
    place.run(diff).reports(1);
    place.run(&format!("{diff} --fail-on never")).reports(0);

    let diff = "diff --live modules/other --truth modules/shop";
    let place = Place::new();
    place.write("p.yaml", "version: 1\npolicy: {on-unknown: ignore}\n");
    let place = place.with("PROTODIFF_CONFIG", "p.yaml");
    place.run(diff).reports(0);
    let place = place.with("PROTODIFF_ON_UNKNOWN", "fail");
    place.run(diff).reports(3);
    place.run(&format!("{diff} --on-unknown ignore")).reports(0);
}

#[test]
fn entries_name_modules_services_and_expectations() {
    let place = Place::new();
    let cart = Serving::module(&place.path("modules/shop-drifted"));
    let bill = Serving::module(&place.path("modules/other"));
    place.write(
        "kc.yaml",
        api::kubeconfig(&[("cart", cart.port), ("bill", bill.port)]),
    );
    let scan = "scan --kubeconfig kc.yaml --connect direct --config conf/p.yaml";
    let write = |entries: &str| {
        place.write(
            "conf/p.yaml",
            format!("version: 1\nmodule: ../modules/shop\nworkloads:\n{entries}"),
        );
    };
    // Each entry has its own truth; the drifted one is seen.
    write("- {name: cart}\n- {name: bill, module: ../modules/other}\n");
    let both = place.run(&format!("{scan} --format json"));
    both.reports(1);
    let verdicts: Vec<(String, String)> = both.json()["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| {
            (
                w["module"].as_str().unwrap().to_owned(),
                w["verdict"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert!(
        verdicts.contains(&("conf/../modules/other".to_owned(), "SYNC".to_owned())),
        "{verdicts:?}"
    );
    assert!(
        verdicts.contains(&("conf/../modules/shop".to_owned(), "MISMATCH".to_owned())),
        "{verdicts:?}"
    );
    // Only the payments are compared, and these have not drifted.
    write("- {name: cart, services: ['shop.payments.*']}\n");
    let some = place.run(scan);
    some.reports(0).says("shop.payments.v1.PaymentService");
    assert!(!some.out.contains("OrderService"), "{some:#?}");
    // An expected service that is served changes nothing; one that is not is a mismatch.
    write("- {name: bill, module: ../modules/other, expect: [billing.v1.InvoiceService]}\n");
    place.run(scan).reports(0);
    write("- {name: bill, module: ../modules/other, expect: [billing.v1.GoneService]}\n");
    place
        .run(scan)
        .reports(1)
        .says("billing.v1.GoneService")
        .says("service-missing");
}

#[test]
fn entries_select_pods_only() {
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop"));
    place.write(".protodiff.yaml", "version: 1\nmodule: modules/shop\nworkloads: [{name: a, module: modules/other, expect: [a.B]}]\n");
    // A static endpoint belongs to no entry: it is held against the default module.
    place
        .run(&format!("scan --target {}", server.url()))
        .reports(0);
}

#[test]
fn one_truth_that_does_not_load_leaves_the_others_results() {
    let place = Place::new();
    let cart = Serving::module(&place.path("modules/shop"));
    place.write(
        "kc.yaml",
        api::kubeconfig(&[("cart", cart.port), ("bill", cart.port)]),
    );
    place.write(".protodiff.yaml", "version: 1\nworkloads:\n- {name: cart, module: modules/shop}\n- {name: bill, module: gone}\n");
    place
        .run("scan --kubeconfig kc.yaml --connect direct")
        .reports(3)
        .says("SYNC  ")
        .says("gone: there is no such file or directory");
}
