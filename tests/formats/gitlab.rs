//! Code Quality: what GitLab's documentation demands of each issue, and what the issues say.

use std::collections::BTreeSet;

use protodiff::core::format::Format;
use protodiff::core::report::Report;
use serde_json::Value;

use crate::judges::rendered;
use crate::reports::{everything, in_sync, many, nothing};

/// The issues, each held to the documented form.
fn issues(report: &Report) -> Vec<Value> {
    let text = rendered(report, Format::Gitlab);
    assert!(
        text.starts_with('['),
        "no byte order mark, and a list: {text}"
    );
    let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut fingerprints = BTreeSet::new();
    for issue in &issues {
        let text = |key: &str| {
            issue[key]
                .as_str()
                .unwrap_or_else(|| panic!("{key}: {issue}"))
        };
        assert!(!text("description").is_empty() && !text("check_name").is_empty());
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&text("severity")));
        assert!(
            fingerprints.insert(text("fingerprint").to_owned()),
            "twice: {issue}"
        );
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(
            !path.is_empty() && !path.starts_with("./") && !path.starts_with('/'),
            "{path}"
        );
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
    issues
}

#[track_caller]
fn about<'a>(issues: &'a [Value], start: &str) -> &'a Value {
    issues
        .iter()
        .find(|one| one["description"].as_str().unwrap().starts_with(start))
        .unwrap_or_else(|| panic!("{start} is not in {issues:#?}"))
}

#[test]
fn each_issue_has_what_gitlab_demands() {
    let report = everything(false);
    let issues = issues(&report);
    assert_eq!(issues.len(), report.findings.len() + 3);
    let breaking = about(
        &issues,
        "acme.payment.v1.PaymentService/CancelOrder: method is not served",
    );
    assert_eq!(breaking["severity"], "critical");
    assert_eq!(breaking["check_name"], "method-missing");
    assert_eq!(
        breaking["location"]["path"],
        "proto/acme/payment/v1/payment.proto"
    );
    assert_eq!(breaking["location"]["lines"]["begin"], 21);
    assert_eq!(
        about(&issues, "acme.payment.v1.CaptureRequest.note")["severity"],
        "major"
    );
    assert_eq!(
        about(&issues, "acme.payment.v1.Card.cvv")["severity"],
        "info"
    );
}

#[test]
fn what_has_no_place_stands_at_the_truth_or_the_configuration() {
    let issues = issues(&everything(false));
    let unverified = about(
        &issues,
        "shop/Deployment/invoice (invoice-1, invoice-2): not verified",
    );
    assert_eq!(unverified["check_name"], "unverified");
    assert_eq!(unverified["severity"], "major");
    assert_eq!(unverified["location"]["path"], "proto");
    let text = unverified["description"].as_str().unwrap();
    assert!(text.ends_with("Enable server reflection."), "{text}");
    let gap = about(
        &issues,
        "shop/Selection/app=fraud: not verified: no pod matches",
    );
    assert_eq!(gap["location"]["path"], ".protodiff.yaml");
}

#[test]
fn what_was_there_before_weighs_nothing_and_what_is_ignored_is_left_out() {
    let issues = issues(&everything(true));
    let before = about(
        &issues,
        "There before the change: acme.payment.v1.CaptureRequest.note",
    );
    assert_eq!(before["severity"], "info");
    let text = serde_json::to_string(&issues).unwrap();
    assert!(!text.contains("legacy_id") && !text.contains("amount_cents"));
}

#[test]
fn there_may_be_no_issue_or_many() {
    assert!(issues(&in_sync()).is_empty());
    assert!(issues(&nothing()).is_empty());
    let many = issues(&many(2_000, 70_000));
    assert_eq!(many.len(), 2_000);
    let longest = many
        .iter()
        .map(|one| one["description"].as_str().unwrap().chars().count());
    assert!(longest.max().unwrap() < 4_100);
}
