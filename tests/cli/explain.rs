//! `explain`: the list, a page, JSON, and a name that is no rule.

use insta::assert_snapshot;

use crate::Place;

#[test]
fn all_rules_have_a_line_each() {
    let outcome = Place::new().run("explain");
    outcome.reports(0);
    assert_eq!(outcome.err, "");
    assert!(!outcome.out.contains('\u{1b}'), "{outcome:#?}");
    for rule in protodiff::core::rules::all() {
        let line = outcome
            .out
            .lines()
            .find(|line| line.split(' ').next() == Some(rule.id))
            .unwrap_or_else(|| panic!("{} is not in {outcome:#?}", rule.id));
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[1], rule.request.level.as_str(), "{line}");
        assert_eq!(words[2], rule.response.level.as_str(), "{line}");
        assert!(line.ends_with(rule.summary), "{line}");
    }
}

#[test]
fn a_page_says_why_and_what_to_do() {
    let place = Place::new();
    let outcome = place.run("explain field-missing");
    outcome.reports(0);
    assert_snapshot!("explain_field_missing", outcome.out);
    // One line where both directions are judged alike.
    place
        .run("explain method-missing")
        .says("any call  breaking");
}

#[test]
fn every_page_is_complete() {
    let place = Place::new();
    for rule in protodiff::core::rules::all() {
        let outcome = place.run(&format!("explain {}", rule.id));
        outcome.reports(0);
        for part in [
            rule.summary,
            rule.request.why,
            rule.response.why,
            rule.fix,
            rule.fix_before,
        ]
        .into_iter()
        .chain(rule.buf.iter().copied())
        {
            outcome.says(part);
        }
    }
}

#[test]
fn json_has_every_fact() {
    let place = Place::new();
    let whole = place.run("explain --format json").json();
    let rules = whole["rules"].as_array().unwrap();
    assert_eq!(rules.len(), protodiff::core::rules::all().count());
    let one = place.run("explain method-missing --format json").json();
    assert_eq!(one["rules"].as_array().unwrap().len(), 1);
    let rule = &one["rules"][0];
    assert!(rules.contains(rule));
    assert_eq!(rule["id"], "method-missing");
    assert_eq!(rule["levels"]["request"], "breaking");
    assert_eq!(rule["levels"]["response"], "breaking");
    assert_eq!(rule["why"]["request"], "calls fail with UNIMPLEMENTED");
    assert_eq!(rule["buf"][0], "RPC_NO_DELETE");
    for key in ["summary", "fix", "fix_before"] {
        assert!(!rule[key].as_str().unwrap().is_empty(), "{rule}");
    }
    let client = rule["example"]["client"].as_str().unwrap();
    assert!(client.contains("\n  rpc Gone(Example)"), "{rule}");
    assert!(!rule["example"]["server"].as_str().unwrap().contains("Gone"));
}

#[test]
fn markdown_is_the_document() {
    let place = Place::new();
    let document = place.run("explain --format markdown").out;
    let all: Vec<_> = protodiff::core::rules::all().collect();
    assert_eq!(document, protodiff::render::rules::document(&all));
    let section = place.run("explain field-missing --format markdown").out;
    assert!(section.starts_with("### `field-missing`\n"), "{section}");
    assert!(document.contains(&section));
}

#[test]
fn a_name_that_is_no_rule_is_answered_with_the_nearest() {
    let place = Place::new();
    for (written, nearest) in [
        ("field-mising", "field-missing"),
        ("method-gone", "method-missing"),
        ("FIELD-MISSING", "field-missing"),
    ] {
        let outcome = place.run(&format!("explain {written}"));
        outcome.fails(2, &[written, &format!("did you mean `{nearest}`?")]);
    }
}
