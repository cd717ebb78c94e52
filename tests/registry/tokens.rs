//! Who may read what.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::registry::{BufHome, Registry, fixtures};
use crate::{buf, buf_with};

fn hashed(token: &str) -> String {
    let hash = Sha256::digest(format!("Bearer {token}"));
    hash.iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn only_a_right_token_opens_the_registry() {
    let registry = Registry::with_tokens(&["right"]);
    let home = BufHome::new();
    let host = registry.host();
    let module = registry.module("acme/shop");
    let build = ["build", module.as_str(), "-o", "-"];
    assert_eq!(
        buf(&home, None, &build).failure(),
        format!(
            "Failure: you are not authenticated for {host}. Set the BUF_TOKEN environment \
             variable or run \"buf registry login {host}\", using a Buf API token as the \
             password. For details, visit https://buf.build/docs/bsr/authentication"
        )
    );
    assert_eq!(
        buf(&home, Some("wrong"), &build).failure(),
        format!(
            "Failure: the BUF_TOKEN environment variable is not valid for {host}. Set BUF_TOKEN to \
             a valid Buf API token, or unset it. For details, visit \
             https://buf.build/docs/bsr/authentication"
        )
    );
    assert_eq!(registry.counts().refused, 2);
    assert!(registry.counts().downloads.is_empty());
    buf(&home, Some("right"), &build).ok();
    let seen = &registry.counts().authorizations[&host];
    assert_eq!(seen, &[String::new(), hashed("wrong"), hashed("right")]);
}

#[test]
fn a_token_goes_to_its_host_only() {
    let registry = Registry::with_tokens(&["right"]);
    let home = BufHome::new();
    let host = registry.host();
    let module = registry.module("acme/ledger");
    let build = ["build", module.as_str(), "-o", "-"];
    buf(&home, Some("right@registry.test"), &build).failure();
    assert_eq!(registry.counts().authorizations[&host], [""]);
    let several = format!("other@registry.test,right@{host}");
    buf(&home, Some(&several), &build).ok();
}

#[test]
fn a_private_module_is_for_its_readers() {
    let mut spec = fixtures();
    spec["tokens"] = json!(["reader", "guest"]);
    spec["anonymous"] = json!(true);
    for (module, denied) in [(1, "permission_denied"), (2, "not_found")] {
        spec["modules"][module]["private"] = json!(true);
        spec["modules"][module]["readers"] = json!(["reader"]);
        spec["modules"][module]["denied"] = json!(denied);
    }
    let registry = Registry::start(&spec);
    let home = BufHome::new();
    let build = |name: &str, token| {
        let module = registry.module(name);
        buf(&home, token, &["build", &module, "-o", "-"])
    };
    build("acme/common", None).ok();
    for token in [None, Some("guest")] {
        assert_eq!(
            build("acme/shop", token).failure(),
            "Failure: permission_denied: no permission to read resource with name \"acme/shop\""
        );
        assert_eq!(
            build("acme/ledger", token).failure(),
            "Failure: resource with name \"acme/ledger\" was not found"
        );
    }
    build("acme/shop", Some("reader")).ok();
    build("acme/ledger", Some("reader")).ok();
}

/// A proxy gives the registry any name, so that tests need no name service.
#[test]
fn the_registry_answers_to_any_name_as_a_proxy() {
    let registry = Registry::with_tokens(&["right"]);
    let home = BufHome::new();
    let proxy = format!("http://{}", registry.address);
    buf_with(
        &home,
        Some("right@registry.test"),
        &[("HTTP_PROXY", &proxy)],
        &["build", "registry.test/acme/shop:v1", "-o", "-"],
    )
    .ok();
    let counts = registry.counts();
    assert_eq!(counts.authorizations["registry.test"], [hashed("right")]);
}
