//! SARIF: valid by its schema, shown by GitHub, and true to the report.

use protodiff::core::format::Format;
use protodiff::core::level::Verdict;
use protodiff::core::report::Report;
use serde_json::Value;

use crate::judges::{judge, rendered};
use crate::reports::{everything, in_sync, many, nothing};

fn run(report: &Report) -> Value {
    let text = rendered(report, Format::Sarif);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    log["runs"][0].clone()
}

fn results(report: &Report) -> Vec<Value> {
    run(report)["results"].as_array().unwrap().clone()
}

/// The one result about a subject.
#[track_caller]
fn about<'a>(results: &'a [Value], subject: &str) -> &'a Value {
    let mut found = results
        .iter()
        .filter(|one| one["properties"]["subject"] == subject);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("{subject} is not in {results:#?}"));
    assert!(found.next().is_none(), "{subject} is there twice");
    one
}

#[test]
fn it_is_valid_by_the_schema_of_sarif() {
    for report in [
        everything(false),
        everything(true),
        in_sync(),
        nothing(),
        many(2_000, 70_000),
    ] {
        judge(
            "sarif.mjs",
            "report.sarif",
            &rendered(&report, Format::Sarif),
        );
    }
}

#[test]
fn a_finding_has_its_level_place_rule_and_fingerprint() {
    let report = everything(false);
    let results = results(&report);
    let result = about(&results, "acme.payment.v1.Money.units");
    assert_eq!(result["level"], "error");
    assert_eq!(result["ruleId"], "field-type-changed");
    let place = &result["locations"][0];
    assert_eq!(
        place["physicalLocation"]["artifactLocation"]["uri"],
        "proto/acme/payment/v1/payment.proto"
    );
    assert_eq!(place["physicalLocation"]["region"]["startLine"], 48);
    assert!(place["message"].is_null());
    let text = result["message"]["text"].as_str().unwrap();
    for part in [
        "acme.payment.v1.Money.units: field is `string units = 2` on the server",
        "Affects acme.payment.v1.PaymentService/Authorize (request and response)",
        "Found in shop/Deployment/payment, shop/Deployment/payment-canary (2 pods)",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let fingerprint = &report
        .findings
        .iter()
        .find(|one| one.finding.rule == "field-type-changed")
        .unwrap()
        .finding
        .fingerprint;
    assert_eq!(
        result["partialFingerprints"]["protodiff/v1"],
        fingerprint.as_str()
    );
    assert_eq!(result["properties"]["methods"][2]["direction"], "response");
    assert!(result["baselineState"].is_null() && result["suppressions"].is_null());
    assert_eq!(
        about(&results, "acme.payment.v1.CaptureRequest.note")["level"],
        "warning"
    );
    assert_eq!(about(&results, "acme.payment.v1.Card.cvv")["level"], "note");
}

#[test]
fn rules_say_what_they_mean_and_what_to_do() {
    let run = run(&everything(false));
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    let rules = driver["rules"].as_array().unwrap();
    let rule = rules
        .iter()
        .find(|rule| rule["id"] == "method-missing")
        .unwrap();
    assert_eq!(rule["defaultConfiguration"]["level"], "error");
    assert_eq!(
        rule["shortDescription"]["text"],
        "A method that clients know is not served."
    );
    assert!(
        rule["help"]["text"]
            .as_str()
            .unwrap()
            .contains("After a rollout: Roll out")
    );
    assert!(
        rule["help"]["markdown"]
            .as_str()
            .unwrap()
            .starts_with("### `method-missing`")
    );
    assert!(rules.iter().any(|rule| rule["id"] == "unverified"));
}

#[test]
fn what_no_file_declares_stands_somewhere_and_says_so() {
    let results = results(&everything(false));
    let place = &about(&results, "acme.payment.v1.PaymentService/DebugDump")["locations"][0];
    assert_eq!(
        place["physicalLocation"]["artifactLocation"]["uri"],
        "proto"
    );
    assert!(
        place["message"]["text"]
            .as_str()
            .unwrap()
            .contains("no line of the truth")
    );
    let unverified: Vec<&Value> = results
        .iter()
        .filter(|one| one["ruleId"] == "unverified")
        .collect();
    let uri = |one: &Value| {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let of_registry = unverified
        .iter()
        .find(|one| one["properties"]["reason"] == "no-pods")
        .unwrap();
    assert_eq!(uri(of_registry), ".protodiff.yaml");
}

#[test]
fn what_could_not_be_verified_is_a_result_and_a_notification() {
    let run = run(&everything(false));
    let unverified: Vec<&Value> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["ruleId"] == "unverified")
        .collect();
    assert_eq!(unverified.len(), 3, "{unverified:#?}");
    assert!(unverified.iter().all(|one| one["level"] == "error"));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let kinds: Vec<&Value> = notifications
        .iter()
        .map(|one| &one["descriptor"]["id"])
        .collect();
    for kind in ["no-reflection", "forbidden", "no-pods"] {
        assert!(
            kinds.iter().any(|one| *one == kind),
            "{kind} is not in {kinds:?}"
        );
    }
    assert!(notifications.iter().any(|one| {
        one["level"] == "note"
            && one["message"]["text"]
                .as_str()
                .unwrap()
                .contains("finished jobs")
    }));
    assert_eq!(run["properties"]["verdict"], "MISMATCH");
}

#[test]
fn a_scan_that_went_well_says_so() {
    let run = run(&in_sync());
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["results"], serde_json::json!([]));
}

#[test]
fn what_is_ignored_is_suppressed_with_its_reason() {
    let results = results(&everything(false));
    let suppressed: Vec<&Value> = results
        .iter()
        .filter(|one| !one["suppressions"].is_null())
        .collect();
    assert_eq!(suppressed.len(), 1);
    let suppression = &suppressed[0]["suppressions"][0];
    assert_eq!(
        suppressed[0]["properties"]["subject"],
        "acme.payment.v1.CaptureRequest.legacy_id"
    );
    assert_eq!(suppression["kind"], "external");
    assert_eq!(
        suppression["justification"],
        "taken out on purpose, see `PAY-1423` (until 2030-01-31)"
    );
    let place = &suppression["location"]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], ".protodiff.yaml");
    assert_eq!(place["region"]["startLine"], 12);
}

#[test]
fn a_baseline_gives_every_result_a_state() {
    let results = results(&everything(true));
    let state = |subject: &str| about(&results, subject)["baselineState"].clone();
    assert_eq!(state("acme.payment.v1.Money.units"), "new");
    assert_eq!(state("acme.payment.v1.CaptureRequest.note"), "unchanged");
    assert_eq!(
        state("acme.payment.v1.CaptureRequest.amount_cents"),
        "absent"
    );
    assert!(results.iter().all(|one| one["baselineState"].is_string()));
}

#[test]
fn there_are_no_more_results_than_github_takes() {
    let mut report = many(1, 3);
    assert_eq!(report.verdict, Verdict::Mismatch);
    report.findings = vec![report.findings[0].clone(); 25_010];
    let run = run(&report);
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert!(
        notes[0]["message"]["text"]
            .as_str()
            .unwrap()
            .starts_with("10 more results are left out"),
        "{notes}"
    );
}
