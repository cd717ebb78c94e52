//! A module on disk whose `buf.yaml` depends on modules of a registry.

use std::process::Command;

use serde_json::json;

use crate::registry::{Registry, module_folder};
use crate::{Place, tools};

const SERVICE: &str = r#"syntax = "proto3";
package acme.cart.v1;
import "acme/common/v1/money.proto";
service Cart { rpc Total(TotalRequest) returns (TotalResponse); }
message TotalRequest {}
message TotalResponse { acme.common.v1.Money total = 1; }
"#;

/// A module that depends on `acme/common`, locked if `lock`.
fn module(place: &Place, registry: &Registry, token: Option<&str>, lock: bool) {
    let dep = registry.module("acme/common");
    place.write("cart/buf.yaml", &format!("version: v2\ndeps:\n  - {dep}\n"));
    place.write("cart/acme/cart/v1/cart.proto", SERVICE);
    if lock {
        let status = Command::new(tools::buf())
            .args(["dep", "update"])
            .current_dir(place.path("cart"))
            .envs(place.home.env(token))
            .status()
            .unwrap();
        assert!(status.success());
        std::fs::remove_dir_all(place.home.cache_dir()).unwrap();
    }
}

const DIFF: [&str; 7] = [
    "diff", "--live", "cart", "--truth", "cart", "--format", "json",
];

#[test]
fn dependencies_come_from_the_registry() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    module(&place, &registry, None, true);
    registry.reset_counts();
    let report = place.run(None, &DIFF).report(0);
    assert_eq!(
        report["workloads"][0]["versions"][0]["common"],
        json!(["acme.cart.v1.Cart"])
    );
    assert!(registry.counts().downloads.contains_key("acme/common"));
    // With positions, and with the dependency's types.
    place.write("other/buf.yaml", "version: v2\n");
    place.write(
        "other/acme/cart/v1/cart.proto",
        &SERVICE.replace("= 1", "= 2"),
    );
    let common =
        std::fs::read_to_string(module_folder("common").join("acme/common/v1/money.proto"))
            .unwrap();
    place.write("other/acme/common/v1/money.proto", &common);
    let run = place.run(
        None,
        &[
            "diff", "--live", "other", "--truth", "cart", "--format", "json",
        ],
    );
    let report = run.report(1);
    assert_eq!(
        report["findings"][0]["rule"], "field-number-changed",
        "{report:#}"
    );
    assert_eq!(
        report["findings"][0]["location"],
        json!({"file": "cart/acme/cart/v1/cart.proto", "line": 6})
    );
}

#[test]
fn without_buf_the_import_its_module_and_the_remedy_are_named() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    module(&place, &registry, None, true);
    let run = place.run_with(
        None,
        &[("PROTODIFF_BUF", ""), ("PATH", "/nonexistent")],
        &DIFF,
    );
    run.fails(
        4,
        &[
            "cart/acme/cart/v1/cart.proto:3:",
            "`acme/common/v1/money.proto`",
            &registry.module("acme/common"),
            "install it",
        ],
    );
}

#[test]
fn what_the_registry_says_names_the_file_and_the_remedy() {
    let registry = Registry::with_tokens(&["a-good-token"]);
    let place = Place::new();
    module(&place, &registry, Some("a-good-token"), true);
    place.run(None, &DIFF).fails(
        4,
        &[
            "cart/acme/cart/v1/cart.proto:3:",
            "not authenticated",
            "BUF_TOKEN",
        ],
    );
    place
        .run(Some("a-bad-token"), &DIFF)
        .fails(4, &["cart.proto:3:", "is not valid"]);
    place.run(Some("a-good-token"), &DIFF).report(0);
}

#[test]
fn a_module_that_was_never_locked_says_so() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    module(&place, &registry, None, false);
    place.run(None, &DIFF).fails(
        4,
        &[
            "cart/acme/cart/v1/cart.proto:3",
            "`acme/common/v1/money.proto`",
            "buf dep update",
        ],
    );
}
