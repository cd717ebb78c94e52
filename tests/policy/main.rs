//! What a team decides about findings: the `policy` section, as a user of the binary sees it; the
//! `breaking` section of `buf.yaml`; and every example of `docs/policy.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod buf_yaml;
mod categories;
mod documents;
mod ignores;
mod levels;
mod module;
#[allow(dead_code, reason = "other targets use the rest")]
#[path = "../support/scan.rs"]
mod scan;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A folder to run in, with the fixtures below `modules`.
pub(crate) struct Place(tempfile::TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// With this `.protodiff.yaml`.
    pub(crate) fn with(config: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.0.path().join(".protodiff.yaml"), config).unwrap();
        place
    }

    /// The drifted shop held against the shop.
    pub(crate) fn diff(&self, more: &[&str]) -> Outcome {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/modules");
        let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .env_clear()
            .current_dir(self.0.path())
            .args(["diff", "--live"])
            .arg(modules.join("shop-drifted"))
            .arg("--truth")
            .arg(modules.join("shop"))
            .args(more)
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same as JSON, which must end with this code.
    #[track_caller]
    pub(crate) fn report(&self, code: i32) -> Value {
        let outcome = self.diff(&["--format", "json"]);
        assert_eq!(outcome.code, code, "{outcome:#?}");
        serde_json::from_str(&outcome.out).unwrap()
    }
}

/// Rule and subject of each entry of a list.
pub(crate) fn named(list: &Value) -> Vec<(&str, &str)> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["rule"].as_str().unwrap(),
                one["subject"].as_str().unwrap(),
            )
        })
        .collect()
}

/// What the drifted shop lacks or has otherwise.
pub(crate) const NOTE: (&str, &str) = ("field-missing", "shop.orders.v1.CreateRequest.note");
pub(crate) const WATCH: (&str, &str) = ("method-missing", "shop.orders.v1.OrderService/Watch");
pub(crate) const REVISION: (&str, &str) =
    ("field-type-changed", "shop.orders.v1.GetResponse.revision");
pub(crate) const REFUNDED: (&str, &str) = (
    "enum-value-missing",
    "shop.orders.v1.OrderStatus.ORDER_STATUS_REFUNDED",
);
