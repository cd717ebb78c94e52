//! What stands beside the findings, a line each: those that were there before the change, those
//! that it fixed, and those that are ignored.

use std::fmt::Write as _;

use super::{BOLD, DIM, level_style, rule, styled};
use crate::core::policy::Ignored;
use crate::core::report::{Report, ReportedFinding, Status};
use crate::render::printable;

/// Lines per list; the rest is counted.
const MAX_LINES: usize = 12;

/// Writes the lists that are not empty.
pub(super) fn render(out: &mut String, report: &Report) {
    let existing: Vec<String> = report
        .with_status(Status::Existing)
        .map(|found| line(found, &printable(&found.finding.message)))
        .collect();
    list(out, "there before the change, not counted:", &existing);
    let fixed: Vec<String> = report
        .baseline
        .iter()
        .flat_map(|baseline| &baseline.fixed)
        .map(|found| line(found, &printable(&found.finding.message)))
        .collect();
    list(out, "fixed by the change:", &fixed);
    let ignored: Vec<String> = report
        .ignored
        .iter()
        .map(|ignored| line(&ignored.found, &why(&ignored.why)))
        .collect();
    list(out, "ignored:", &ignored);
}

fn list(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", styled(BOLD, title));
    for line in lines.iter().take(MAX_LINES) {
        let _ = writeln!(out, "  {line}");
    }
    if lines.len() > MAX_LINES {
        let _ = writeln!(
            out,
            "  … and {} more (--format json has them all)",
            lines.len() - MAX_LINES
        );
    }
}

fn line(found: &ReportedFinding, words: &str) -> String {
    let finding = &found.finding;
    let level = format!("{:<8}", finding.level.as_str());
    format!(
        "{}  {}  {}  {words}",
        styled(level_style(finding.level), &level),
        printable(&finding.subject),
        rule(finding)
    )
}

fn why(why: &Ignored) -> String {
    let until = why
        .until
        .map_or(String::new(), |day| format!("until {day}, "));
    format!(
        "{} {}",
        printable(&why.reason),
        styled(DIM, &format!("({until}{})", printable(&why.origin)))
    )
}
