//! Ignores that have become idle: nothing matches them, or their last day is over.

use jiff::civil::Date;

use super::{Ignore, Policy};
use crate::core::judge::Finding;

/// How alike two subjects must be for one to be taken as meant by the other (Jaro–Winkler).
const LIKENESS: f64 = 0.92;

/// Why an ignore is idle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// No finding matches it; perhaps this subject was meant.
    Unused(Option<String>),
    /// Its last day is over; so many findings, which it would match, count again.
    Expired(Date, usize),
}

/// An idle ignore.
#[derive(Debug, Clone)]
pub struct StaleIgnore {
    /// The ignore.
    pub ignore: Ignore,
    /// Why.
    pub why: Stale,
}

/// The policy's idle ignores, given all findings, the ignored ones among them.
pub fn stale(policy: &Policy, findings: &[&Finding]) -> Vec<StaleIgnore> {
    let mut idle = Vec::new();
    for ignore in &policy.ignores {
        let matching = findings.iter().filter(|f| ignore.matches(f)).count();
        let why = match ignore.until {
            Some(until) if ignore.expired(policy.today) => Stale::Expired(until, matching),
            _ if matching == 0 => Stale::Unused(nearest(ignore, findings)),
            _ => continue,
        };
        idle.push(StaleIgnore {
            ignore: ignore.clone(),
            why,
        });
    }
    idle
}

/// The subject that a plain one was perhaps meant to be.
fn nearest(ignore: &Ignore, findings: &[&Finding]) -> Option<String> {
    let wanted = ignore
        .subject()
        .filter(|text| !text.contains(['*', '?', '[', '{']))?;
    findings
        .iter()
        .filter(|finding| ignore.matches_rule(finding.rule))
        .map(|finding| (strsim::jaro_winkler(wanted, &finding.subject), finding))
        .filter(|(likeness, _)| *likeness > LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, finding)| finding.subject.clone())
}

impl StaleIgnore {
    /// As a note of a report.
    pub fn note(&self) -> String {
        let what = match (self.ignore.rule(), self.ignore.subject()) {
            (Some(rule), Some(subject)) => format!("rule `{rule}`, subject `{subject}`"),
            (Some(rule), None) => format!("rule `{rule}`"),
            (None, Some(subject)) => format!("subject `{subject}`"),
            (None, None) => "anything".to_owned(),
        };
        let what = format!("{what} ({})", self.ignore.origin);
        match &self.why {
            Stale::Unused(None) => {
                format!("ignore matches nothing that was compared: {what}")
            }
            Stale::Unused(Some(subject)) => format!(
                "ignore matches nothing that was compared: {what}; did you mean `{subject}`?"
            ),
            Stale::Expired(day, 0) => {
                format!("ignore expired on {day}: {what}; it would match nothing, take it out")
            }
            Stale::Expired(day, 1) => {
                format!("ignore expired on {day}: {what}; the finding counts again")
            }
            Stale::Expired(day, count) => {
                format!("ignore expired on {day}: {what}; {count} findings count again")
            }
        }
    }
}
