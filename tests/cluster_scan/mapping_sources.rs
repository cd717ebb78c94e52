//! Services mapped to modules: by a file, by a ConfigMap in the cluster, and by a template.

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

use crate::bed::TestBed;
use crate::bed::access::Scope;
use crate::place::{Place, registry};
use crate::registry::Registry;
use crate::rights::{documented, for_mapping};
use crate::scan::SHOP;
use crate::truths::serve;
use crate::{PORT, Scanned, pod, tonic_server};

const OTHER: &str = "tests/fixtures/modules/other";

/// A pod with the label by which services without an entry are found.
async fn unmapped(ns: &str, name: &str, served: &str) {
    let plan = pod(ns, name).label("grpc-service", "true");
    let started = TestBed::start().start_pod(&plan).await;
    tonic_server::serve(served, started.address(PORT)).await;
}

/// Makes a ConfigMap, and gives what `--mapping` calls it.
async fn config_map(ns: &str, name: &str, data: Value) -> String {
    let map = json!({"metadata": {"name": name, "namespace": ns}, "data": data});
    TestBed::start().create::<ConfigMap>(Some(ns), map).await;
    format!("configmap/{ns}/{name}")
}

/// The verdicts of these workloads, in this order.
fn verdicts<const N: usize>(scanned: &Scanned, names: [&str; N]) -> [Value; N] {
    names.map(|name| scanned.workload(name)["verdict"].clone())
}

fn resolved(registry: &Registry, modules: &[&str]) -> Value {
    modules
        .iter()
        .map(|module| {
            json!({"source": registry.module(module), "resolved": registry.commit(module, "main")})
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_says_the_same_from_a_file_and_from_the_cluster() {
    let ns = serve("mapped", &[("orders", SHOP), ("billing", OTHER)]).await;
    unmapped(&ns, "more", SHOP).await;
    // Neither in the mapping nor labelled: none of its business.
    TestBed::start().start_pod(&pod(&ns, "web")).await;
    let registry = registry();
    let data = json!({
        "orders": registry.module("acme/shop"),
        "billing": registry.module("acme/other:main"),
        "DEFAULT_BSR_TEMPLATE": registry.module("acme/{service}"),
    });
    let cluster = config_map(&ns, "protodiff-mapping", data.clone()).await;
    let place = Place::new();
    let whole = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "protodiff-mapping", "labels": {"a": "b"}}, "data": data});
    place.write("whole.yaml", &whole.to_string());
    place.write("data.yaml", &data.to_string());
    let reports = [cluster.as_str(), "whole.yaml", "data.yaml"].map(|mapping| {
        let scanned = place.scan(&["-n", &ns, "--mapping", mapping]);
        assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
        scanned.timeless()
    });
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    assert_eq!(reports[0]["summary"]["pods"], 3, "{:#}", reports[0]);
    let mut truths = resolved(&registry, &["acme/more", "acme/other", "acme/shop"]);
    truths[1]["source"] = registry.module("acme/other:main").into();
    assert_eq!(reports[0]["truths"], truths);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_pods_and_one_without_a_module_are_unknown() {
    let ns = serve("unmapped", &[("orders", SHOP)]).await;
    unmapped(&ns, "nameless", SHOP).await;
    let registry = registry();
    let place = Place::new();
    let shop = registry.module("acme/shop");
    place.write("mapping.yaml", &format!("orders: {shop}\ngone: {shop}\n"));
    let scanned = place.scan(&["-n", &ns, "--mapping", "mapping.yaml"]);
    assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(
        verdicts(&scanned, ["orders", "gone", "nameless"]),
        ["SYNC", "UNKNOWN", "UNKNOWN"]
    );
    let gone = &scanned.workload("gone")["reason"];
    assert_eq!(gone["kind"], "no-pods");
    let message = gone["message"].as_str().unwrap();
    assert!(
        message.contains("app=gone") && message.contains(&ns),
        "{message}"
    );
    let nameless = &scanned.workload("nameless")["reason"];
    assert_eq!(nameless["kind"], "truth");
    let hint = nameless["hint"].as_str().unwrap();
    for part in ["`nameless`", "mapping", "protodiff.dev/module"] {
        assert!(hint.contains(part), "{hint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_is_a_flag_a_key_or_a_variable() {
    let ns = serve("template", &[("shop", SHOP)]).await;
    unmapped(&ns, "other", OTHER).await;
    unmapped(&ns, "nope", SHOP).await;
    let registry = registry();
    let shop = registry.module("acme/shop");
    let template = registry.module("acme/{service}");
    let key = format!("shop: {shop}\nDEFAULT_BSR_TEMPLATE: '{template}'\n");
    let wrong = format!("shop: {shop}\nDEFAULT_BSR_TEMPLATE: 'registry.invalid/a/{{service}}'\n");
    let mapping = ["-n", &ns, "--mapping", "mapping.yaml"];
    let flag = [
        "-n",
        &ns,
        "--mapping",
        "mapping.yaml",
        "--module-template",
        &template,
    ];
    let alone = ["-n", &ns];
    for (file, variable, args) in [
        (key.as_str(), None, &mapping[..]),
        // The key wins over the variable, and the flag over both.
        (&key, Some("registry.invalid/b/{service}"), &mapping),
        (&wrong, Some("registry.invalid/b/{service}"), &flag),
        (&format!("shop: {shop}\n"), Some(&template), &mapping),
        // Without a mapping the template is for every pod.
        ("", Some(&template), &alone),
    ] {
        let mut place = Place::new();
        place.write("mapping.yaml", file);
        if let Some(template) = variable {
            place.set("DEFAULT_BSR_TEMPLATE", template);
        }
        let scanned = place.scan(args);
        assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
        assert_eq!(
            verdicts(&scanned, ["shop", "other", "nope"]),
            ["SYNC", "SYNC", "UNKNOWN"]
        );
        let nope = &scanned.workload("nope");
        let message = nope["reason"]["message"].as_str().unwrap();
        let module = registry.module("acme/nope");
        assert!(message.contains(&module), "{message}");
        assert_eq!(
            scanned.report()["truths"],
            resolved(&registry, &["acme/other", "acme/shop"])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_goes_before_the_mapping_and_selectors_keep_it() {
    let ns = serve("both", &[("orders", SHOP), ("billing", OTHER)]).await;
    let registry = registry();
    let place = Place::new();
    let (shop, other) = (registry.module("acme/shop"), registry.module("acme/other"));
    // On its own the mapping would be wrong about the orders.
    place.write(
        "mapping.yaml",
        &format!("orders: {other}\nbilling: {other}\n"),
    );
    place.write(
        ".protodiff.yaml",
        &format!(
            "version: 1\nworkloads:\n  - {{name: orders, namespace: {ns}, module: '{shop}'}}\n"
        ),
    );
    let scanned = place.scan(&["-n", &ns, "--mapping", "mapping.yaml"]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.report()["summary"]["pods"], 2);
    // What the command line selects is held against the module of its service.
    let billing = place.scan(&["-n", &ns, "--mapping", "mapping.yaml", "-l", "app=billing"]);
    assert_eq!(billing.code, 0, "{}{}", billing.stdout, billing.stderr);
    assert_eq!(billing.report()["summary"]["pods"], 1);
    assert_eq!(billing.workload("billing")["module"], other.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_that_cannot_be_read_ends_the_scan() {
    let bed = TestBed::start();
    let ns = serve("mapping-rights", &[("orders", SHOP)]).await;
    let registry = registry();
    let data = json!({"orders": registry.module("acme/shop")});
    let mapping = config_map(&ns, "protodiff-mapping", data).await;
    let place = Place::new();
    let args = ["-n", &ns, "--mapping", &mapping];

    let without = bed
        .service_account(&ns, "without", Scope::Namespace, &documented())
        .await;
    let refused = place.scan_as(&without, &args);
    assert_eq!(refused.code, 4, "{}{}", refused.stdout, refused.stderr);
    for part in [
        &format!("get configmaps in namespace {ns}"),
        &format!("Role bound to these credentials in namespace {ns}"),
        "resources: [\"configmaps\"]",
        "verbs: [\"get\"]",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }

    // With what the example grants for it, and no more.
    let rules = [documented(), for_mapping()].concat();
    let with = bed
        .service_account(&ns, "with", Scope::Namespace, &rules)
        .await;
    let scanned = place.scan_as(&with, &args);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.workload("orders")["verdict"], "SYNC");
    let another = config_map(&ns, "another", json!({})).await;
    let refused = place.scan_as(&with, &["-n", &ns, "--mapping", &another]);
    assert_eq!(refused.code, 4, "{}{}", refused.stdout, refused.stderr);

    let absent = format!("configmap/{ns}/absent");
    let missing = place.scan(&["-n", &ns, "--mapping", &absent]);
    assert_eq!(missing.code, 4, "{}{}", missing.stdout, missing.stderr);
    for part in [
        &format!("configmap {ns}/absent"),
        "does not exist",
        "kubectl get configmaps",
    ] {
        assert!(missing.stderr.contains(part), "{part}: {}", missing.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_config_map_in_the_cluster_may_not_name() {
    let bed = TestBed::start();
    let ns = bed.namespace("mapping-mistakes").await;
    for (index, module) in [
        "grpc://127.0.0.1:1",
        "k8s://a/b",
        "/etc",
        "../x",
        "localhost:1/a/$(id)",
        "no-module",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("mistake-{index}");
        let mapping = config_map(&ns, &name, json!({"orders": module})).await;
        let scanned = Place::new().scan(&["-n", &ns, "--mapping", &mapping]);
        assert_eq!(scanned.code, 2, "{}{}", scanned.stdout, scanned.stderr);
        for part in [&format!("configmap {ns}/{name}"), "`orders`"] {
            assert!(scanned.stderr.contains(part), "{part}: {}", scanned.stderr);
        }
    }
}
