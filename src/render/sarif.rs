//! SARIF 2.1.0, for code scanning. One run; what is ignored is suppressed, what is fixed is absent,
//! what could not be verified is a result of a rule of its own and a notification.
//!
//! Held to what GitHub takes: each result has a location, and there are no more results, and no
//! longer texts, than it reads.

mod rules;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use self::rules::Rules;
use super::place::{Place, Places};
use super::unverified::{self, Unverified};
use super::{clipped, printable, sentence};
use crate::core::level::Level;
use crate::core::report::{IgnoredFinding, Report, ReportedFinding, Status};

/// GitHub rejects a run with more.
const MAX_RESULTS: usize = 25_000;

/// Characters of a message; the rest is counted.
const MAX_MESSAGE: usize = 4_000;

/// Names in a list of properties; the rest is counted.
const MAX_NAMES: usize = 50;

/// What a path's segments may have unescaped in a URI, and `/`.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The base of relative paths.
const ROOT: &str = "%SRCROOT%";

/// The report as SARIF, indented, with a final line break.
///
/// # Errors
/// A defect of the form: it holds strings, numbers and lists only.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut rules = Rules::default();
    let places = Places::new(report);
    let unverified = unverified::all(report);
    let mut results: Vec<Value> = Vec::new();
    for one in unverified.iter().take(MAX_RESULTS) {
        results.push(of_reason(one, report, &mut rules));
    }
    for found in room(&report.findings, &results) {
        results.push(of_finding(found, state(found), &places, &mut rules));
    }
    for ignored in room(&report.ignored, &results) {
        results.push(of_ignored(ignored, report, &places, &mut rules));
    }
    let fixed = report.baseline.as_ref().map_or(&[][..], |b| &b.fixed);
    for found in room(fixed, &results) {
        results.push(of_finding(found, Some("absent"), &places, &mut rules));
    }
    let all = unverified.len() + report.findings.len() + report.ignored.len() + fixed.len();
    let mut driver = json!({
        "name": "protodiff",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.descriptors(),
    });
    if let Some(repository) = rules::repository() {
        driver["informationUri"] = repository.into();
    }
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text":
                "The folder in which protodiff ran: the root of the repository, if it ran there."
            } } },
            "invocations": [invocation(report, &unverified, all)],
            "results": results,
            "properties": of_run(report),
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

/// The items that there is still room for; the worst come first.
fn room<'a, T>(items: &'a [T], taken: &[Value]) -> &'a [T] {
    &items[..items.len().min(MAX_RESULTS - taken.len())]
}

/// How the scan itself went.
fn invocation(report: &Report, unverified: &[Unverified], results: usize) -> Value {
    let mut notifications: Vec<Value> = unverified
        .iter()
        .take(MAX_RESULTS)
        .map(|one| {
            json!({
                "descriptor": { "id": unverified::kind(one.reason.kind) },
                "level": "error",
                "message": message(&sentence::of_reason(one, Some(""))),
            })
        })
        .collect();
    let mut note = |text: &str| {
        notifications.push(json!({ "level": "note", "message": message(&printable(text)) }));
    };
    if results > MAX_RESULTS {
        note(&format!(
            "{} more results are left out, the least severe ones: {MAX_RESULTS} is what GitHub takes (--format json has them all)",
            results - MAX_RESULTS
        ));
    }
    for text in report.notes.iter().take(MAX_RESULTS) {
        note(text);
    }
    let mut invocation = json!({ "executionSuccessful": unverified.is_empty() });
    if !notifications.is_empty() {
        invocation["toolExecutionNotifications"] = notifications.into();
    }
    invocation
}

/// What a baseline says of a finding, in SARIF's words.
fn state(found: &ReportedFinding) -> Option<&'static str> {
    found.status.map(|status| match status {
        Status::Introduced => "new",
        Status::Existing => "unchanged",
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Breaking => "error",
        Level::Drift => "warning",
        Level::Info => "note",
    }
}

fn of_finding(
    found: &ReportedFinding,
    state: Option<&str>,
    places: &Places,
    rules: &mut Rules,
) -> Value {
    let finding = &found.finding;
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": level(finding.level),
        "message": message(&sentence::of_finding(found)),
        "locations": [location(&places.of(found))],
        "partialFingerprints": { "protodiff/v1": finding.fingerprint },
        "properties": properties(found),
    });
    if let Some(state) = state {
        result["baselineState"] = state.into();
    }
    result
}

/// Where there is a baseline, each result has a state; what is ignored is no news.
fn of_ignored(
    ignored: &IgnoredFinding,
    report: &Report,
    places: &Places,
    rules: &mut Rules,
) -> Value {
    let state = report.baseline.is_some().then_some("unchanged");
    let mut result = of_finding(&ignored.found, state, places, rules);
    let why = &ignored.why;
    let until = why
        .until
        .map_or(String::new(), |day| format!(" (until {day})"));
    let reason = clipped(&why.reason, MAX_MESSAGE);
    let mut suppression = json!({
        "kind": "external",
        "status": "accepted",
        "justification": format!("{}{until}", printable(&reason)),
    });
    if let Some((path, line)) = why.origin.rsplit_once(':')
        && let Ok(line) = line.parse::<u32>()
    {
        let place = Place {
            path: path.to_owned(),
            line: line.max(1),
            stand_in: None,
        };
        suppression["location"] = location(&place);
    }
    result["suppressions"] = json!([suppression]);
    result
}

fn of_reason(one: &Unverified, report: &Report, rules: &mut Rules) -> Value {
    let mut result = json!({
        "ruleId": unverified::RULE,
        "ruleIndex": rules.index(unverified::RULE),
        "level": "error",
        "message": message(&sentence::of_reason(one, Some(""))),
        "locations": [location(&Places::of_module(one.module))],
        "partialFingerprints": { "protodiff/v1": one.fingerprint },
        "properties": {
            "reason": unverified::kind(one.reason.kind),
            "workloads": [printable(&one.workload)],
            "pods": one.pods.len(),
        },
    });
    if report.baseline.is_some() {
        result["baselineState"] = "new".into();
    }
    result
}

/// A plain-text message. SARIF reads `[text](target)` in it as a link; names must not make one.
fn message(text: &str) -> Value {
    let text = clipped(text, MAX_MESSAGE);
    let text = if text.contains("](") {
        text.replace('[', "\\[").replace(']', "\\]")
    } else {
        text.into_owned()
    };
    json!({ "text": text })
}

fn location(place: &Place) -> Value {
    let path = utf8_percent_encode(&place.path, PATH).to_string();
    let artifact = if path.starts_with('/') {
        json!({ "uri": format!("file://{path}") })
    } else {
        json!({ "uri": path, "uriBaseId": ROOT })
    };
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact,
        "region": { "startLine": place.line },
    } });
    if let Some(words) = place.stand_in {
        location["message"] = json!({ "text": words });
    }
    location
}

fn properties(found: &ReportedFinding) -> Value {
    let finding = &found.finding;
    let methods: Vec<Value> = finding
        .methods
        .iter()
        .take(MAX_NAMES)
        .map(|method| json!({ "name": sentence::short(&method.name), "direction": method.direction }))
        .collect();
    let workloads: Vec<String> = found
        .workloads
        .iter()
        .take(MAX_NAMES)
        .map(|name| sentence::short(name))
        .collect();
    let mut bag = json!({
        "subject": sentence::short(&finding.subject),
        "level": finding.level,
        "methods": methods,
        "methodCount": finding.methods.len(),
        "workloads": workloads,
        "workloadCount": found.workloads.len(),
        "pods": found.pods,
    });
    let usual = finding.default_level.map(Level::as_str);
    for (key, value) in [
        ("live", finding.live.as_deref()),
        ("truth", finding.truth.as_deref()),
        ("defaultLevel", usual),
    ] {
        if let Some(value) = value {
            bag[key] = sentence::short(value).into();
        }
    }
    bag
}

fn of_run(report: &Report) -> Value {
    let summary = report.summary();
    let truths: Vec<String> = report
        .truths
        .iter()
        .take(MAX_NAMES)
        .map(|truth| sentence::short(&truth.resolved))
        .collect();
    let mut bag = json!({
        "verdict": report.verdict,
        "truths": truths,
        "workloads": summary.workloads,
        "pods": summary.pods,
        "servicesCompared": summary.services_compared,
    });
    if let Some(baseline) = &report.baseline {
        bag["baseline"] = sentence::short(&baseline.truth.resolved).into();
    }
    bag
}
