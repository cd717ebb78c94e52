//! The annotation `protodiff.dev/module`: when it counts, what it may name, and who gets the token.

use std::os::unix::fs::symlink;

use crate::bed::TestBed;
use crate::place::{Place, module, private_registry, registry};
use crate::scan::SHOP;
use crate::{PORT, Scanned, pod, tonic_server};

const DRIFTED: &str = "tests/fixtures/modules/shop-drifted";

/// A pod that serves a folder's module, and whose annotation names another one.
async fn annotated(ns: &str, name: &str, served: &str, module: &str) {
    let plan = pod(ns, name).annotation("protodiff.dev/module", module);
    let started = TestBed::start().start_pod(&plan).await;
    tonic_server::serve(served, started.address(PORT)).await;
}

fn notes(scanned: &Scanned) -> String {
    scanned.report()["notes"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_where_nothing_else_names_a_truth() {
    let bed = TestBed::start();
    let ns = bed.namespace("annotated").await;
    let registry = registry();
    let shop = registry.module("acme/shop");
    annotated(&ns, "current", SHOP, &shop).await;
    annotated(&ns, "stale", DRIFTED, &format!(" {shop} ")).await;
    annotated(&ns, "old", DRIFTED, &registry.module("acme/shop:old")).await;
    annotated(&ns, "local", SHOP, "proto").await;
    // Nobody serves here: they would be unknown if they were asked.
    for name in ["plain-a", "plain-b"] {
        bed.start_pod(&pod(&ns, name)).await;
    }
    let place = Place::new();
    symlink(module("shop"), place.path("proto")).unwrap();
    for road in ["direct", "port-forward"] {
        let scanned = place.scan(&["-n", &ns, "--connect", road]);
        assert_eq!(scanned.code, 1, "{}{}", scanned.stdout, scanned.stderr);
        for (name, verdict) in [
            ("current", "SYNC"),
            ("stale", "MISMATCH"),
            ("old", "SYNC"),
            ("local", "SYNC"),
        ] {
            assert_eq!(scanned.workload(name)["verdict"], verdict, "{name}");
        }
        assert_eq!(scanned.report()["summary"]["pods"], 4);
        let notes = notes(&scanned);
        assert!(
            notes.contains("2 pods without the annotation protodiff.dev/module were not asked"),
            "{notes}"
        );
    }
    // A selection that has no annotated pod at all.
    for selector in ["app=plain-a", "app in (plain-a, plain-b)"] {
        let none = place.scan(&["-n", &ns, "-l", selector]);
        assert_eq!(none.code, 3, "{}{}", none.stdout, none.stderr);
        let reason = &none.workload("plain-a")["reason"];
        assert_eq!(reason["kind"], "truth", "{reason:#}");
        assert!(reason["hint"].as_str().unwrap().contains("`plain-a`"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_truth_and_annotation_nothing_is_scanned() {
    let bed = TestBed::start();
    let ns = bed.namespace("unannotated").await;
    bed.start_pod(&pod(&ns, "plain")).await;
    let scanned = Place::new().scan(&["-n", &ns]);
    assert_eq!(scanned.code, 2, "{}{}", scanned.stdout, scanned.stderr);
    assert!(scanned.stdout.is_empty());
    for part in ["no truth", "protodiff.dev/module", ".protodiff.yaml"] {
        assert!(scanned.stderr.contains(part), "{}", scanned.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_or_the_configuration_names_goes_first() {
    let bed = TestBed::start();
    let ns = bed.namespace("overruled").await;
    let registry = registry();
    let (shop, old) = (
        registry.module("acme/shop"),
        registry.module("acme/shop:old"),
    );
    // Each of them serves what its own annotation would let pass.
    annotated(&ns, "first", DRIFTED, &old).await;
    annotated(&ns, "second", DRIFTED, "grpc://127.0.0.1:1").await;
    annotated(&ns, "agreed", SHOP, &shop).await;
    let place = Place::new();
    place.write(
        "mapping.yaml",
        &format!("first: {shop}\nsecond: {shop}\nagreed: {shop}\n"),
    );
    place.write(
        "gate.yaml",
        &format!("version: 1\nmodule: {shop}\nworkloads: [{{name: first, namespace: {ns}}}, {{name: second, namespace: {ns}}}, {{name: agreed, namespace: {ns}}}]\n"),
    );
    for args in [
        &[shop.as_str(), "-n", &ns][..],
        &["--config", "gate.yaml"],
        &["-n", &ns, "--mapping", "mapping.yaml"],
        &["-n", &ns, "--mapping", "mapping.yaml", "-l", "app"],
    ] {
        let scanned = place.scan(args);
        assert_eq!(scanned.code, 1, "{}{}", scanned.stdout, scanned.stderr);
        for (name, verdict) in [
            ("first", "MISMATCH"),
            ("second", "MISMATCH"),
            ("agreed", "SYNC"),
        ] {
            assert_eq!(scanned.workload(name)["verdict"], verdict, "{args:?}");
        }
        let notes = notes(&scanned);
        for part in [
            &format!("the annotation protodiff.dev/module of {ns}/Pod/first"),
            "and 1 more was not used",
        ] {
            assert!(notes.contains(part), "{args:?}: {notes}");
        }
    }
    // A template is for those that say nothing themselves.
    let template = registry.module("acme/{service}");
    let scanned = place.scan(&["-n", &ns, "--module-template", &template, "-l", "app=first"]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.workload("first")["module"], old.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_names_modules_and_nothing_else() {
    let bed = TestBed::start();
    let ns = bed.namespace("annotated-badly").await;
    let host = registry().host();
    let outside = module("shop").display().to_string();
    let bad = [
        "grpc://127.0.0.1:1".to_owned(),
        "k8s://kube-system/etcd".to_owned(),
        outside,
        "../x".to_owned(),
        "proto/../../x".to_owned(),
        format!("{host}/acme/shop;touch x"),
        format!("{host}/acme/$(touch x)"),
        format!("{host}/acme/`touch x`"),
        format!("{host}/acme/--output=x"),
        format!("{host}/acme/shop\ntouch x"),
        "-".to_owned(),
        "https://127.0.0.1/x".to_owned(),
        "acme/shop".to_owned(),
    ];
    for (index, module) in bad.iter().enumerate() {
        annotated(&ns, &format!("bad-{index:02}"), SHOP, module).await;
    }
    annotated(&ns, "good", SHOP, "proto").await;
    let mut place = Place::new();
    place.wrap(r#"echo "$@" >> "$RAN"; exec "$BUF" "$@""#);
    symlink(module("shop"), place.path("proto")).unwrap();
    let scanned = place.scan(&["-n", &ns]);
    assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.workload("good")["verdict"], "SYNC");
    for (index, module) in bad.iter().enumerate() {
        let workload = scanned.workload(&format!("bad-{index:02}"));
        assert_eq!(workload["verdict"], "UNKNOWN", "{workload:#}");
        let reason = &workload["reason"];
        assert_eq!(reason["kind"], "truth", "{module}: {reason:#}");
        let message = reason["message"].as_str().unwrap();
        assert!(
            message.starts_with("annotation protodiff.dev/module: ") && !message.contains('\n'),
            "{message:?}"
        );
        // It says which one, without what could not be shown.
        let first = module.split('\n').next().unwrap();
        assert!(message.contains(first), "{module}: {message}");
        assert_eq!(
            workload["versions"][0]["endpoints"][0]["port"],
            serde_json::Value::Null,
            "it was asked: {workload:#}"
        );
    }
    assert!(!place.path("ran").exists(), "buf was run");
    assert!(!place.path("x").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_only_an_annotation_names_does_not_get_the_token() {
    const TOKEN: &str = "a-rather-secret-token";
    let bed = TestBed::start();
    let ns = bed.namespace("annotated-token").await;
    let (private, open) = (private_registry(TOKEN), registry());
    annotated(&ns, "private", SHOP, &private.module("acme/shop")).await;
    annotated(&ns, "open", SHOP, &open.module("acme/more")).await;
    let headers = || {
        let mut seen: Vec<String> = [&private, &open]
            .iter()
            .flat_map(|registry| registry.counts().authorizations.into_values().flatten())
            .collect();
        seen.sort();
        seen.dedup();
        seen
    };
    let place = Place::with_token(TOKEN);
    let scanned = place.scan(&["-n", &ns]);
    assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.workload("open")["verdict"], "SYNC");
    let refused = scanned.workload("private");
    assert_eq!(refused["reason"]["kind"], "truth", "{refused:#}");
    let hint = refused["reason"]["hint"].as_str().unwrap();
    assert!(
        hint.contains(&format!("TOKEN@{} in BUF_TOKEN", private.host())),
        "{hint}"
    );
    assert!(!scanned.stdout.contains(TOKEN) && !scanned.stderr.contains(TOKEN));
    assert_eq!(headers(), [""], "the token was sent");

    // As the remedy says.
    let named = Place::with_token(&format!("{TOKEN}@{}", private.host()));
    let scanned = named.scan(&["-n", &ns]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    assert!(
        open.counts()
            .authorizations
            .values()
            .flatten()
            .all(String::is_empty)
    );
    // A registry that the configuration names, here as a template, gets it without more ado.
    let template = private.module("acme/{service}");
    let trusting = Place::with_token(TOKEN);
    let scanned = trusting.scan(&["-n", &ns, "--module-template", &template]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
}
