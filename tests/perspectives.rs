//! After a rollout and before one, and how much is compared.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used
)]

#[path = "support/scan.rs"]
mod scan;

use scan::{SHOP, run};
use serde_json::Value;

const DRIFTED: &str = "tests/fixtures/modules/shop-drifted";

/// Exit code and report of `diff`.
fn diff(live: &str, truth: &str, more: &[&str]) -> (i32, Value) {
    let mut args = vec!["diff", "--live", live, "--truth", truth, "--format", "json"];
    args.extend(more);
    let (output, _) = run(&args);
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code().unwrap(), report)
}

/// Rule, level and subject of each finding.
fn findings(report: &Value) -> Vec<(&str, &str, &str)> {
    let text =
        |finding: &'_ Value, key: &str| -> String { finding[key].as_str().unwrap().to_owned() };
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            let _ = text(finding, "message");
            ["rule", "level", "subject"].map(|key| finding[key].as_str().unwrap())
        })
        .map(|[rule, level, subject]| (rule, level, subject))
        .collect()
}

#[test]
fn before_a_rollout_the_truth_is_the_server_and_callers_are_built_from_what_runs() {
    // The newer module runs; the older one is about to be rolled out.
    let (code, report) = diff(SHOP, DRIFTED, &["--before-rollout"]);
    assert_eq!(code, 1);
    let service = "shop.orders.v1.OrderService/Watch";
    let found = findings(&report);
    assert_eq!(
        found,
        [
            (
                "field-type-changed",
                "breaking",
                "shop.orders.v1.GetResponse.revision"
            ),
            ("method-missing", "breaking", service),
            (
                "field-missing",
                "drift",
                "shop.orders.v1.CreateRequest.note"
            ),
            (
                "enum-value-missing",
                "drift",
                "shop.orders.v1.OrderStatus.ORDER_STATUS_REFUNDED"
            ),
        ]
    );
    let method = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["subject"] == service)
        .unwrap();
    // Live has it, and the truth does not; the place is the truth's.
    assert!(
        method["live"].as_str().unwrap().starts_with("rpc Watch("),
        "{method:#}"
    );
    assert_eq!(method["truth"], Value::Null);
    let place = method["location"]["file"].as_str().unwrap();
    assert!(place.starts_with(DRIFTED), "{place}");
    assert!(
        method["hint"]
            .as_str()
            .unwrap()
            .contains("no caller is left"),
        "{method:#}"
    );
}

#[test]
fn before_a_rollout_additions_break_nobody() {
    let (code, report) = diff(
        DRIFTED,
        SHOP,
        &["--before-rollout", "--fail-on", "breaking"],
    );
    // One field changed its type: that breaks either way. All else is new.
    assert_eq!(code, 1);
    let worse: Vec<_> = findings(&report)
        .into_iter()
        .filter(|(_, level, _)| *level == "breaking")
        .collect();
    assert_eq!(
        worse,
        [(
            "field-type-changed",
            "breaking",
            "shop.orders.v1.GetResponse.revision"
        )]
    );
}

#[test]
fn what_no_call_reaches_is_compared_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, alone: &str| {
        let root = folder.path().join(name);
        std::fs::create_dir(&root).unwrap();
        let text = format!(
            "syntax = \"proto3\"; package a.v1; message M {{}} service S {{ rpc Call(M) returns (M); }} {alone}"
        );
        std::fs::write(root.join("a.proto"), text).unwrap();
        root.to_str().unwrap().to_owned()
    };
    let live = write("live", "message Alone { string kept = 1; }");
    let truth = write(
        "truth",
        "message Alone { string kept = 1; string gone = 2; } enum Lost { LOST_UNSPECIFIED = 0; }",
    );
    let (code, report) = diff(&live, &truth, &[]);
    assert_eq!((code, findings(&report)), (0, Vec::new()));
    let (code, report) = diff(&live, &truth, &["--scope", "all"]);
    assert_eq!(code, 1);
    assert_eq!(
        findings(&report),
        [
            ("field-missing", "drift", "a.v1.Alone.gone"),
            ("enum-missing", "info", "a.v1.Lost")
        ]
    );
}
