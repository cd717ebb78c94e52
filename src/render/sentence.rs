//! A finding or a reason as running text, for the forms that have a single text for each entry.

use super::unverified::Unverified;
use super::{clipped, counted, printable, way};
use crate::core::change::MethodReach;
use crate::core::report::ReportedFinding;
use crate::core::sentence::sentence;

/// Characters of one name or message; the rest is counted.
const MAX_PART: usize = 1_500;

/// Names per list; the rest is counted.
const MAX_NAMES: usize = 5;

/// What differs and what it does, what it affects, where, and what to do.
pub(super) fn of_finding(found: &ReportedFinding) -> String {
    let finding = &found.finding;
    let mut text = format!("{}.", fact(found));
    if !only(&finding.subject, &finding.methods) {
        let methods = methods(&finding.methods, &finding.subject);
        text.push_str(&format!(" Affects {methods}."));
    }
    let workloads = names(found.workloads.iter().map(|name| short(name)));
    let pods = counted(found.pods, "pod");
    text.push_str(&format!(" Found in {workloads} ({pods}). {}", finding.hint));
    text
}

/// Whether the methods say no more than the subject.
fn only(subject: &str, methods: &[MethodReach]) -> bool {
    methods.iter().all(|method| method.name == subject)
}

/// The subject and what is the matter with it, without a full stop.
pub(super) fn fact(found: &ReportedFinding) -> String {
    let finding = &found.finding;
    format!("{}: {}", short(&finding.subject), short(&finding.message))
}

/// Who could not be verified, why, and what to do. Further lines of the advice begin with `lines`;
/// without that there is one line, and the advice ends with its first.
pub(super) fn of_reason(unverified: &Unverified, lines: Option<&str>) -> String {
    let mut text = sentence(&reason_fact(unverified));
    let hint = &unverified.reason.hint;
    for (index, line) in hint.lines().enumerate() {
        let line = short(line);
        match lines {
            Some(mark) => text.push_str(&format!("\n{mark}{line}")),
            None if index == 0 => {
                let first = line.strip_suffix(':').unwrap_or(&line);
                text.push_str(&format!(" {}", sentence(first)));
            }
            None => break,
        }
    }
    text
}

/// Who could not be verified, and why.
pub(super) fn reason_fact(unverified: &Unverified) -> String {
    let message = short(&unverified.reason.message);
    format!("{}: not verified: {message}", unverified.place())
}

/// The methods that a finding touches, with the way that the change travels.
pub(super) fn methods(methods: &[MethodReach], subject: &str) -> String {
    names(
        methods
            .iter()
            .map(|method| format!("{} ({})", short(&method.name), way(method, subject))),
    )
}

/// Names in a row.
fn names(all: impl ExactSizeIterator<Item = String>) -> String {
    let count = all.len();
    let mut named: Vec<String> = all.take(MAX_NAMES).collect();
    if count > MAX_NAMES {
        named.push(format!("{} more", count - MAX_NAMES));
    }
    named.join(", ")
}

/// One part, printable and of bearable length.
pub(super) fn short(text: &str) -> String {
    printable(&clipped(text, MAX_PART))
}
