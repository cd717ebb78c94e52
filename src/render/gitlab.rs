//! A Code Quality report for GitLab: a list of issues, in the form that GitLab documents.
//!
//! GitLab compares the reports of two branches by fingerprint, so what is fixed need not be said.
//! What is ignored has no place in this form, and is left out.

use serde::Serialize;

use super::place::{Place, Places};
use super::unverified::{self, Unverified};
use super::{clipped, printable, sentence};
use crate::core::level::Level;
use crate::core::report::{Report, ReportedFinding, Status};

/// Characters of a description; the rest is counted.
const MAX_DESCRIPTION: usize = 4_000;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// The report as GitLab's Code Quality form, with a final line break.
///
/// # Errors
/// A defect of the form: it holds strings and numbers only.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let places = Places::new(report);
    let unverified = unverified::all(report);
    let issues: Vec<Issue> = unverified
        .iter()
        .map(of_reason)
        .chain(report.findings.iter().map(|found| issue(found, &places)))
        .collect();
    let mut text = serde_json::to_string_pretty(&issues)?;
    text.push('\n');
    Ok(text)
}

fn issue<'a>(found: &'a ReportedFinding, places: &Places) -> Issue<'a> {
    let existing = found.status == Some(Status::Existing);
    let before = if existing {
        "There before the change: "
    } else {
        ""
    };
    let text = format!("{before}{}", sentence::of_finding(found));
    let severity = match found.finding.level {
        _ if existing => "info",
        Level::Breaking => "critical",
        Level::Drift => "major",
        Level::Info => "info",
    };
    Issue {
        description: clipped(&text, MAX_DESCRIPTION).into_owned(),
        check_name: found.finding.rule,
        fingerprint: &found.finding.fingerprint,
        severity,
        location: location(places.of(found)),
    }
}

fn of_reason<'a>(unverified: &'a Unverified) -> Issue<'a> {
    Issue {
        description: clipped(&sentence::of_reason(unverified, None), MAX_DESCRIPTION).into_owned(),
        check_name: unverified::RULE,
        fingerprint: &unverified.fingerprint,
        severity: "major",
        location: location(Places::of_module(unverified.module)),
    }
}

fn location(place: Place) -> Location {
    Location {
        path: printable(&place.path),
        lines: Lines { begin: place.line },
    }
}
