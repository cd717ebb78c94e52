//! `policy.levels`: another level for a rule, in every direction.

use crate::{Place, WATCH, named};

fn levels(text: &str) -> Place {
    Place::with(&format!("version: 1\npolicy:\n  levels: {text}\n"))
}

#[test]
fn a_level_moves_the_verdict_and_the_usual_one_is_kept() {
    let place = levels(
        "{method-missing: info, field-missing: info, field-type-changed: info, enum-value-missing: info}",
    );
    let report = place.report(0);
    assert_eq!(report["summary"]["info"], 4);
    let watch = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["subject"] == WATCH.1)
        .unwrap();
    assert_eq!(
        (&watch["level"], &watch["default_level"]),
        (&"info".into(), &"breaking".into())
    );
    assert!(
        place
            .diff(&[])
            .out
            .contains("[method-missing, by default breaking]")
    );
    assert!(
        place
            .diff(&["--format", "markdown"])
            .out
            .contains("4 of level info")
    );
}

#[test]
fn a_level_that_is_the_rules_own_changes_nothing() {
    let report = levels("{method-missing: breaking}").report(1);
    assert_eq!(named(&report["findings"])[1], WATCH);
    assert!(report["findings"][1].get("default_level").is_none());
}

#[test]
fn a_higher_level_counts_at_its_threshold() {
    let levels = "{field-type-changed: info, method-missing: info, enum-value-missing: info";
    let fails = |more: &str| {
        let place = Place::with(&format!(
            "version: 1\npolicy:\n  fail-on: breaking\n  levels: {levels}{more}}}\n"
        ));
        place.diff(&[]).code
    };
    assert_eq!(fails(""), 0);
    assert_eq!(fails(", field-missing: breaking"), 1);
}

#[test]
fn mistakes_end_with_line_column_and_help() {
    for (text, place, words, help) in [
        (
            "{method-mising: info}",
            "3:12",
            "no rule `method-mising`",
            "`method-missing`",
        ),
        (
            "{method-missing: off}",
            "3:28",
            "`off` is no level",
            "`ignore`",
        ),
        ("{'method-*': info}", "3:12", "no rule `method-*`", ""),
        ("[method-missing]", "3:11", "", ""),
        (
            "{method-missing: info, method-missing: drift}",
            "3:",
            "method-missing",
            "",
        ),
    ] {
        let outcome = levels(text).diff(&[]);
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (2, ""),
            "{outcome:#?}"
        );
        for part in [&format!(".protodiff.yaml:{place}"), words, help] {
            assert!(outcome.err.contains(part), "{part} is not in {outcome:#?}");
        }
    }
}
