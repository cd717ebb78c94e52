//! Names that an enemy chooses: a server names its services, whoever may label a pod its workload.
//! No format lets them out of their place, and none is stopped by them.

use std::time::{Duration, Instant};

use protodiff::core::assemble::assemble;
use protodiff::core::change::{Change, ChangeKind, Direction, MethodReach};
use protodiff::core::compare::Comparison;
use protodiff::core::format::Format;
use protodiff::core::inputs::Inputs;
use protodiff::core::observation::{Reason, ReasonKind};
use protodiff::core::report::{Report, TruthUsed};
use protodiff::core::schema::Location;

use crate::judges::{judge, rendered};
use crate::reports::{compared, many, pod};

const NAMES: [&str; 10] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]>",
    "<!-- ' \" & --> </style></title>",
    "line\n::error::injected",
    "::error file=a::injected",
    "\u{202e}gnp.exe\u{2066}",
    "nul\0bell\u{7}esc\u{1b}[31mdel\u{7f}\u{85}",
    "\u{ffff}\u{fffe}\u{2028}\u{2029}\u{feff}",
    "[click](https://evil.example) {{ 7 * 7 }} {% raw %} ${x} {0} `tick",
];

/// A report in which every text from outside is one of these names.
fn report(name: &str) -> Report {
    let change = |kind, location| Change {
        kind,
        subject: format!("{name}.f"),
        server: Some(name.into()),
        client: Some(name.into()),
        location,
        methods: vec![MethodReach {
            name: format!("{name}/Call"),
            direction: Direction::Both,
        }],
    };
    let at = Location {
        file: name.into(),
        line: 0,
    };
    let comparison = Comparison {
        common: vec![name.into()],
        server_only: vec![name.into()],
        client_only: vec![name.into()],
        changes: vec![
            change(ChangeKind::FieldTypeChanged, Some(at)),
            change(ChangeKind::MethodMissing, None),
        ],
        ..Comparison::default()
    };
    let mut good = compared(comparison);
    good.notes = vec![name.into()];
    let reason = Reason::new(ReasonKind::Other, name).with_hint(format!("{name}\n{name}"));
    let mut pods = vec![
        pod(name, name, name, Ok(good)),
        pod(name, name, name, Err(reason)),
    ];
    for pod in &mut pods {
        pod.module = name.into();
        pod.target.version.template = name.into();
        pod.port = Some((1, name.into()));
    }
    let truth = TruthUsed {
        source: name.into(),
        resolved: name.into(),
    };
    assemble(Inputs {
        pods,
        truths: vec![truth.clone()],
        baseline: Some(truth),
        notes: vec![name.into()],
        ..Inputs::default()
    })
}

const FORMATS: [Format; 4] = [Format::Sarif, Format::Junit, Format::Gitlab, Format::Html];

/// What the browser sees of all names on one page.
fn all() -> Report {
    report(&NAMES.concat())
}

#[test]
fn no_name_leaves_its_place() {
    for name in NAMES.iter().copied().chain([NAMES.concat().as_str()]) {
        let report = report(name);
        for format in FORMATS {
            let text = rendered(&report, format);
            for line in text.lines() {
                assert!(
                    !line.trim_start().starts_with("::"),
                    "{format}: a command of CI: {line}"
                );
            }
            for c in text.chars() {
                let hidden = c.is_control() && c != '\n'
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
                assert!(!hidden, "{format}: {c:?} of {name:?}");
            }
            if matches!(format, Format::Junit | Format::Html) {
                for part in ["<script", "<img", "]]>", "<!-- '"] {
                    assert!(!text.contains(part), "{format}: {part} of {name:?}");
                }
            }
        }
    }
}

#[test]
fn their_judges_are_content_with_all_of_them() {
    let report = all();
    judge(
        "sarif.mjs",
        "report.sarif",
        &rendered(&report, Format::Sarif),
    );
    judge("junit.mjs", "report.xml", &rendered(&report, Format::Junit));
    judge("page.mjs", "report.html", &rendered(&report, Format::Html));
    let issues: serde_json::Value =
        serde_json::from_str(&rendered(&report, Format::Gitlab)).unwrap();
    assert!(issues.as_array().unwrap().len() > 2);
}

#[test]
fn a_name_makes_no_link_and_a_path_is_a_uri() {
    let name = "a b%[x](https://evil.example)?#é:";
    let log: serde_json::Value =
        serde_json::from_str(&rendered(&report(name), Format::Sarif)).unwrap();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.contains("\\[x\\](https"), "{text}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = uri.as_str().unwrap();
        assert!(
            uri.chars()
                .all(|c| c.is_ascii_alphanumeric() || "%/-._~".contains(c)),
            "{uri}"
        );
    }
}

#[test]
fn no_size_stops_a_format() {
    for report in [
        many(2_000, 70_000),
        many(1, 5_000_000),
        report(&"x".repeat(70_000)),
    ] {
        for format in Format::ALL {
            let start = Instant::now();
            assert!(!rendered(&report, format).is_empty());
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{format} takes too long"
            );
        }
    }
}
