//! What is not there, and every fault: how `buf` words it, which tests of error texts rest on.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::buf;
use crate::registry::{BufHome, Registry};

const UNAVAILABLE: &str = "Failure: the server hosted at that remote is unavailable.";

#[test]
fn what_is_unknown_is_named() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    for name in [
        "acme/nothing",
        "acme/shop:nothing",
        "nobody/shop",
        "acme/shop:00000000000040008000000000000000",
    ] {
        let module = registry.module(name);
        assert_eq!(
            buf(&home, None, &["build", &module, "-o", "-"]).failure(),
            format!("Failure: resource with name \"{name}\" was not found")
        );
        assert_eq!(
            buf(
                &home,
                None,
                &["registry", "module", "commit", "resolve", &module]
            )
            .failure(),
            format!("Failure: \"{module}\" does not exist")
        );
    }
}

#[test]
fn a_registry_that_is_gone_is_unavailable() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    let module = registry.module("acme/shop");
    drop(registry);
    assert_eq!(
        buf(&home, None, &["build", &module, "-o", "-"]).failure(),
        UNAVAILABLE
    );
}

#[test]
fn a_registry_that_hangs_is_given_up() {
    let registry = Registry::of_fixtures();
    registry.fault(&json!({"kind": "hang"}));
    let home = BufHome::new();
    let module = registry.module("acme/shop");
    let began = Instant::now();
    assert_eq!(
        buf(
            &home,
            None,
            &["build", "--timeout", "1s", &module, "-o", "-"]
        )
        .failure(),
        "Failure: deadline_exceeded: context deadline exceeded"
    );
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        registry.counts().requests,
        ["CommitService/GetCommits acme/shop"]
    );
}

#[test]
fn a_fault_is_for_one_module_and_method_if_so_wished() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    registry.fault(&json!({"kind": "unavailable", "module": "acme/shop", "rpc": "Download"}));
    let build = |name: &str| {
        let module = registry.module(name);
        buf(&home, None, &["build", &module, "-o", "-"])
    };
    build("acme/ledger").ok();
    assert_eq!(build("acme/shop").failure(), UNAVAILABLE);
    registry.clear_faults();
    build("acme/shop").ok();

    registry.fault(&json!({"kind": "unavailable", "times": 1}));
    assert_eq!(build("acme/shop").failure(), UNAVAILABLE);
    build("acme/shop").ok();
}

#[test]
fn a_slow_registry_is_slow() {
    let registry = Registry::of_fixtures();
    registry.fault(&json!({"kind": "slow", "delay_ms": 700, "rpc": "GetCommits"}));
    let home = BufHome::new();
    let module = registry.module("acme/ledger");
    let began = Instant::now();
    buf(&home, None, &["build", &module, "-o", "-"]).ok();
    assert!(began.elapsed() >= Duration::from_millis(700));
}

#[test]
fn each_fault_has_its_words() {
    let registry = Registry::of_fixtures();
    let module = registry.module("acme/ledger");
    let within = format!("Failure: could not get module data for remote module \"{module}\": ");
    for (kind, first, download) in [
        ("unavailable", UNAVAILABLE, None),
        ("bad_gateway", UNAVAILABLE, None),
        (
            "internal",
            "Failure: internal: the registry has lost its database",
            Some("internal: the registry has lost its database"),
        ),
        (
            "exhausted",
            "Failure: resource_exhausted: too many requests",
            Some("resource_exhausted: too many requests"),
        ),
        (
            "truncated",
            "Failure: unknown: read message: unexpected EOF",
            Some("unknown: read message: unexpected EOF"),
        ),
    ] {
        let home = BufHome::new();
        registry.clear_faults();
        registry.fault(&json!({"kind": kind, "rpc": "GetCommits"}));
        let failure = buf(&home, None, &["build", &module, "-o", "-"]).failure();
        assert_eq!(failure, first, "{kind}");

        registry.clear_faults();
        registry.fault(&json!({"kind": kind, "rpc": "Download"}));
        let failure = buf(&home, None, &["build", &module, "-o", "-"]).failure();
        let expected = download.map_or(first.to_owned(), |cause| within.clone() + cause);
        assert_eq!(failure, expected, "{kind} of a download");
    }
}

#[test]
fn a_content_that_its_digest_does_not_cover_is_refused() {
    let registry = Registry::of_fixtures();
    registry.fault(&json!({"kind": "tampered", "module": "acme/shop"}));
    let home = BufHome::new();
    let module = registry.module("acme/shop");
    let commit = registry.commit("acme/shop", "main");
    let failure = buf(&home, None, &["build", &module, "-o", "-"]).failure();
    assert!(
        failure.starts_with(&format!(
            "Failure: could not get module data for remote module \"{module}\": \
             *** Digest verification failed for \"{module}:{commit}\" ***"
        )),
        "{failure}"
    );
}
