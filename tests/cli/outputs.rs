//! What goes to standard output, to standard error and to files.

use serde_json::Value;

use crate::Place;
use crate::servers::{Refused, Serving};

const DRIFTED: &str = "diff --live modules/shop-drifted --truth modules/shop";
const ESCAPE: char = '\u{1b}';

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let place = Place::new();
    for words in [
        DRIFTED,
        "diff --live modules/shop --truth gone",
        "scan --help",
        "frob",
    ] {
        let outcome = place.run(words);
        assert!(
            !outcome.out.contains(ESCAPE) && !outcome.err.contains(ESCAPE),
            "{outcome:#?}"
        );
    }
    let forced = Place::new().with("CLICOLOR_FORCE", "1");
    assert!(forced.run(DRIFTED).out.contains(ESCAPE));
    // A file never has them, and neither has a report for programs.
    let outcome = forced.run(&format!("{DRIFTED} --format json --report text=r.txt"));
    assert!(!outcome.out.contains(ESCAPE) && !forced.read("r.txt").contains(ESCAPE));
    let refused = Place::new()
        .with("CLICOLOR_FORCE", "1")
        .with("NO_COLOR", "1");
    assert!(!refused.run(DRIFTED).out.contains(ESCAPE));
}

#[test]
fn reports_are_written_whole_next_to_what_is_printed() {
    let place = Place::new();
    place.write("a.json", "before");
    let printed = place.run(&format!(
        "{DRIFTED} --report json=a.json,markdown=b.md --report text=c.txt"
    ));
    printed.reports(1);
    assert_eq!(place.read("c.txt"), printed.out);
    let json: Value = serde_json::from_str(&place.read("a.json")).unwrap();
    assert_eq!(json["verdict"], "MISMATCH");
    assert!(
        place
            .read("b.md")
            .contains("shop.orders.v1.OrderService/Watch")
    );
    assert_eq!(left_behind(&place), 0);
}

/// Temporary files that were not cleared away.
fn left_behind(place: &Place) -> usize {
    std::fs::read_dir(place.path("."))
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains(".protodiff-")
        })
        .count()
}

#[test]
fn a_report_that_cannot_be_written_costs_nothing_else() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    let outcome = place.run(&format!(
        "{DRIFTED} --report json=gone/a.json --report json=folder --report markdown=b.md"
    ));
    assert_eq!(outcome.code, Some(4), "{outcome:#?}");
    outcome.says("MISMATCH").says("method-missing");
    for part in [
        "gone/a.json: the report cannot be written",
        "folder: the report cannot",
    ] {
        assert!(outcome.err.contains(part), "{outcome:#?}");
    }
    outcome.helps("folder that exists");
    assert!(place.read("b.md").contains("MISMATCH"));
    assert!(!place.path("gone").exists() && left_behind(&place) == 0);
    assert!(!outcome.err.contains(".protodiff-"), "{outcome:#?}");
}

#[test]
fn progress_is_on_standard_error_only_and_none_when_quiet() {
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop"));
    let scan = format!("scan modules/shop --target {} --format json", server.url());
    let loud = place.run(&scan);
    loud.reports(0);
    assert!(
        loud.err.contains("protodiff: asking 1 pod or endpoint\n"),
        "{loud:#?}"
    );
    loud.json();
    for quiet in [format!("{scan} --quiet"), format!("-q {scan}")] {
        let outcome = place.run(&quiet);
        outcome.reports(0).json();
        assert_eq!(outcome.err, "");
    }
}

/// The documented form: a key, its type, and for lists and objects what is inside.
enum Form {
    Text,
    Number,
    MaybeText,
    List(&'static [(&'static str, Form)]),
    Texts,
    Object(&'static [(&'static str, Form)]),
    MaybeObject(&'static [(&'static str, Form)]),
}
use Form::{List, MaybeObject, MaybeText, Number, Object, Text, Texts};

const REASON: &[(&str, Form)] = &[("kind", Text), ("message", Text), ("hint", Text)];
const TRUTH: &[(&str, Form)] = &[("source", Text), ("resolved", Text)];

/// JSON, version 1, as product documentation gives it.
const DOCUMENT: &[(&str, Form)] = &[
    ("schema_version", Number),
    ("verdict", Text),
    (
        "summary",
        Object(&[
            ("workloads", Number),
            ("pods", Number),
            ("services_compared", Number),
            ("breaking", Number),
            ("drift", Number),
            ("info", Number),
            ("unknown", Number),
        ]),
    ),
    (
        "workloads",
        List(&[
            ("namespace", Text),
            ("kind", Text),
            ("name", Text),
            ("module", Text),
            ("verdict", Text),
            ("reason", MaybeObject(REASON)),
            (
                "versions",
                List(&[
                    ("images", Texts),
                    ("pods", Texts),
                    ("verdict", Text),
                    ("common", Texts),
                    ("live_only", Texts),
                    ("truth_only", Texts),
                ]),
            ),
        ]),
    ),
    (
        "findings",
        List(&[
            ("rule", Text),
            ("level", Text),
            ("subject", Text),
            ("message", Text),
            ("hint", Text),
            ("methods", List(&[("name", Text), ("direction", Text)])),
            ("live", MaybeText),
            ("truth", MaybeText),
            ("location", MaybeObject(&[("file", Text), ("line", Number)])),
            ("workloads", Texts),
            ("pods", Number),
            ("fingerprint", Text),
        ]),
    ),
    ("ignored", List(&[])),
    ("truth", MaybeObject(TRUTH)),
    ("truths", List(TRUTH)),
    ("notes", Texts),
    (
        "timing",
        Object(&[
            ("discover_ms", Number),
            ("reflect_ms", Number),
            ("truth_ms", Number),
            ("compare_ms", Number),
            ("total_ms", Number),
        ]),
    ),
];

#[track_caller]
fn check(value: &Value, keys: &[(&str, Form)], at: &str) {
    for (key, form) in keys {
        let at = format!("{at}.{key}");
        let found = &value[*key];
        let fits = match form {
            Text => found.is_string(),
            Number => found.is_u64(),
            MaybeText => found.is_string() || found.is_null(),
            Texts => found
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_string)),
            Object(inner) => {
                check(found, inner, &at);
                found.is_object()
            }
            MaybeObject(inner) => {
                if found.is_object() {
                    check(found, inner, &at);
                }
                found.is_object() || found.is_null()
            }
            List(inner) => {
                for (index, item) in found.as_array().into_iter().flatten().enumerate() {
                    check(item, inner, &format!("{at}[{index}]"));
                }
                found.is_array()
            }
        };
        assert!(fits, "{at} is {found}");
    }
}

#[test]
fn json_has_every_documented_key() {
    let place = Place::new();
    let drifted = Serving::module(&place.path("modules/shop-drifted"));
    let refused = Refused::new();
    let outcome = place.run(&format!(
        "scan modules/shop --target {},{refused} --format json",
        drifted.url()
    ));
    outcome.reports(1);
    let report = outcome.json();
    check(&report, DOCUMENT, "");
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["workloads"].as_array().unwrap().len(), 2);
    assert!(report["findings"].as_array().unwrap().len() > 2);
    let finding = &report["findings"][0];
    assert!(
        finding["location"]["line"].as_u64().unwrap() > 1,
        "{finding}"
    );
    assert!(
        ["request", "response", "both"]
            .contains(&finding["methods"][0]["direction"].as_str().unwrap())
    );
    assert!(
        report["workloads"]
            .as_array()
            .unwrap()
            .iter()
            .any(|w| w["reason"].is_object())
    );
}

#[test]
fn fingerprints_do_not_depend_on_where_files_lie() {
    let place = Place::new();
    let fingerprints = |outcome: &crate::Outcome| -> Vec<String> {
        let report = outcome.json();
        let findings = report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|f| f["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = place.run(&format!("{DRIFTED} --format json"));
    std::fs::rename(place.path("modules"), place.path("moved")).unwrap();
    let moved = place.run("diff --live moved/shop-drifted --truth moved/shop --format json");
    assert!(!fingerprints(&first).is_empty());
    assert_eq!(fingerprints(&first), fingerprints(&moved));
}
