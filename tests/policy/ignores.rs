//! `policy.ignore`: what it matches, what it does to the verdict, and how the report speaks of it.

use serde_json::Value;

use crate::{NOTE, Place, REFUNDED, REVISION, WATCH, named};

fn ignore(entries: &str) -> Place {
    Place::with(&format!("version: 1\npolicy:\n  ignore:\n{entries}"))
}

#[test]
fn without_a_policy_everything_counts() {
    let report = Place::with("version: 1\n").report(1);
    assert_eq!(
        named(&report["findings"]),
        [REVISION, WATCH, NOTE, REFUNDED]
    );
    assert_eq!(report["ignored"], Value::Array(Vec::new()));
    assert_eq!(report["stale_ignores"], Value::Array(Vec::new()));
}

#[test]
fn an_ignored_finding_moves_to_ignored_with_its_reason() {
    let place = ignore(
        "    - rule: field-missing\n      subject: shop.orders.v1.CreateRequest.note\n      reason: PAY-1423\n      until: 2999-01-31\n",
    );
    let report = place.report(1);
    assert_eq!(named(&report["findings"]), [REVISION, WATCH, REFUNDED]);
    assert_eq!(named(&report["ignored"]), [NOTE]);
    let ignored = &report["ignored"][0];
    for (key, value) in [
        ("level", "drift"),
        ("reason", "PAY-1423"),
        ("until", "2999-01-31"),
        ("by", "policy"),
        ("origin", ".protodiff.yaml:4"),
    ] {
        assert_eq!(ignored[key], value, "{ignored:#}");
    }
    assert_eq!(ignored["fingerprint"].as_str().unwrap().len(), 16);
    assert_eq!(report["summary"]["ignored"], 1);
    assert_eq!(report["summary"]["drift"], 1);
    let text = place.diff(&[]).out;
    assert!(
        text.lines().next().unwrap().ends_with(", 1 ignored"),
        "{text}"
    );
    assert!(
        text.contains("[field-missing]  PAY-1423 (until 2999-01-31, .protodiff.yaml:4)"),
        "{text}"
    );
    let markdown = place.diff(&["--format", "markdown"]).out;
    assert!(
        markdown.contains("<details><summary>1 ignored</summary>")
            && markdown.contains("(field-missing): PAY-1423, until 2999-01-31"),
        "{markdown}"
    );
}

#[test]
fn with_everything_ignored_the_verdict_is_sync() {
    let report = ignore("    - {subject: 'shop.*', reason: frozen}\n").report(0);
    assert_eq!(report["verdict"], "SYNC");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!(report["ignored"].as_array().unwrap().len(), 4);
    // The same, by rules; one rule less and it is no longer.
    ignore("    - {rule: '{field,method,enum}-*', reason: frozen}\n").report(0);
    let report = ignore("    - {rule: '{field,method}-*', reason: frozen}\n").report(1);
    assert_eq!(named(&report["findings"]), [REFUNDED]);
}

#[test]
fn an_ignore_does_not_make_an_unknown_green() {
    let place = ignore("    - {subject: '*', reason: all}\n");
    let modules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/modules");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .env_clear()
        .current_dir(place.0.path())
        .args(["diff", "--format", "json", "--live"])
        .arg(modules.join("other"))
        .arg("--truth")
        .arg(modules.join("shop"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn an_expired_ignore_no_longer_works_and_is_said() {
    let place = ignore("    - {rule: field-missing, reason: PAY-1423, until: 2020-01-31}\n");
    let report = place.report(1);
    assert_eq!(
        named(&report["findings"]),
        [REVISION, WATCH, NOTE, REFUNDED]
    );
    let stale = &report["stale_ignores"][0];
    assert_eq!(
        (&stale["why"], &stale["matching"], &stale["until"]),
        (&"expired".into(), &1.into(), &"2020-01-31".into())
    );
    let text = place.diff(&[]).out;
    assert!(
        text.contains("ignore expired on 2020-01-31: rule `field-missing` (.protodiff.yaml:4)"),
        "{text}"
    );
}

#[test]
fn an_ignore_that_matches_nothing_is_named() {
    let place = ignore(
        "    - {rule: 'field-*', subject: 'shop.payments.*', reason: a}\n    - subject: shop.orders.v1.CreateRequest.notes\n      reason: b\n",
    );
    let report = place.report(1);
    assert_eq!(report["findings"].as_array().unwrap().len(), 4);
    let stale = &report["stale_ignores"];
    assert_eq!(stale[0]["why"], "unused");
    assert_eq!(stale[0]["nearest_subject"], Value::Null);
    assert_eq!(stale[1]["origin"], ".protodiff.yaml:5");
    assert_eq!(stale[1]["nearest_subject"], NOTE.1);
    let notes = report["notes"].as_array().unwrap();
    assert!(
        notes[0]
            .as_str()
            .unwrap()
            .contains("rule `field-*`, subject `shop.payments.*` (.protodiff.yaml:4)"),
        "{notes:#?}"
    );
    assert!(
        notes[1]
            .as_str()
            .unwrap()
            .contains("did you mean `shop.orders.v1.CreateRequest.note`?"),
        "{notes:#?}"
    );
}

#[test]
fn mistakes_end_with_line_column_and_help() {
    for (entry, place, words, help) in [
        (
            "- {rule: field-mising, reason: x}",
            "4:14",
            "no rule `field-mising`",
            "`field-missing`",
        ),
        ("- rule: field-missing", "4:7", "no `reason`", "Say why"),
        (
            "- {rule: field-missing, reason: ''}",
            "4:37",
            "`reason` is empty",
            "Say why",
        ),
        (
            "- {rule: field-missing, reason: x, until: 2027-13-01}",
            "4:47",
            "`2027-13-01` is no date",
            "YYYY-MM-DD",
        ),
        (
            "- {reason: x}",
            "4:7",
            "neither `rule` nor `subject`",
            "Name a rule",
        ),
        ("- {subjekt: x, reason: x}", "4:8", "subjekt", "`subject`"),
    ] {
        let outcome = ignore(&format!("    {entry}\n")).diff(&[]);
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (2, ""),
            "{outcome:#?}"
        );
        for part in [&format!(".protodiff.yaml:{place}: "), words, help] {
            assert!(outcome.err.contains(part), "{part} is not in {outcome:#?}");
        }
    }
}
