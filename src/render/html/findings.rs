//! Findings as the page shows them: by the workloads that have them, which keeps one root cause one
//! entry. [`section`] is the entry.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{counted, way};
use crate::core::level::Level;
use crate::core::policy::{Stale, StaleIgnore};
use crate::core::report::{IgnoredFinding, Report, ReportedFinding};
use crate::core::rules::Rule;

/// Findings per section of the page; the rest is counted. A browser bears no more.
const MAX_FINDINGS: usize = 2_000;

/// Methods named per finding; the rest is counted.
const MAX_METHODS: usize = 100;

#[derive(Serialize, Default)]
pub(super) struct Section {
    count: usize,
    left_out: usize,
    groups: Vec<Group>,
}

/// Findings that the same workloads have.
#[derive(Serialize)]
pub(super) struct Group {
    workloads: Vec<String>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
pub(super) struct Finding {
    id: String,
    level: &'static str,
    usual: Option<&'static str>,
    rule: &'static str,
    summary: &'static str,
    subject: String,
    message: String,
    hint: &'static str,
    fails: bool,
    truth: Option<String>,
    live: Option<String>,
    methods: Vec<(String, &'static str)>,
    more_methods: usize,
    place: Option<String>,
    pods: usize,
}

#[derive(Serialize)]
pub(super) struct Ignored {
    finding: Finding,
    reason: String,
    until: Option<String>,
    by: &'static str,
    origin: String,
}

#[derive(Serialize)]
pub(super) struct Idle {
    rule: Option<String>,
    subject: Option<String>,
    why: String,
    reason: String,
    origin: String,
}

/// Findings by the workloads that have them, both in the order of the findings.
pub(super) fn section<'a>(
    report: &Report,
    found: impl Iterator<Item = &'a ReportedFinding>,
) -> Section {
    let mut section = Section::default();
    let mut at: BTreeMap<&[String], usize> = BTreeMap::new();
    for one in found {
        section.count += 1;
        if section.count > MAX_FINDINGS {
            section.left_out += 1;
            continue;
        }
        let index = *at.entry(&one.workloads).or_insert_with(|| {
            section.groups.push(Group {
                workloads: one.workloads.clone(),
                findings: Vec::new(),
            });
            section.groups.len() - 1
        });
        section.groups[index].findings.push(finding(report, one));
    }
    section
}

fn finding(report: &Report, found: &ReportedFinding) -> Finding {
    let finding = &found.finding;
    Finding {
        id: finding.fingerprint.clone(),
        level: finding.level.as_str(),
        usual: finding.default_level.map(Level::as_str),
        rule: finding.rule,
        summary: Rule::named(finding.rule).map_or("", |rule| rule.summary),
        subject: finding.subject.clone(),
        message: finding.message.clone(),
        hint: finding.hint,
        fails: report.fails(found),
        truth: finding.truth.clone(),
        live: finding.live.clone(),
        methods: finding
            .methods
            .iter()
            .take(MAX_METHODS)
            .map(|method| (method.name.clone(), way(method, &finding.subject)))
            .collect(),
        more_methods: finding.methods.len().saturating_sub(MAX_METHODS),
        place: finding.location.as_ref().map(|at| match at.line {
            0 => at.file.to_string(),
            line => format!("{}:{line}", at.file),
        }),
        pods: found.pods,
    }
}

/// What is ignored, with the reasons.
pub(super) fn ignored(report: &Report) -> Vec<Ignored> {
    report
        .ignored
        .iter()
        .take(MAX_FINDINGS)
        .map(|one| of_ignored(report, one))
        .collect()
}

/// Ignores that have become idle.
pub(super) fn stale(report: &Report) -> Vec<Idle> {
    report.stale_ignores.iter().map(of_stale).collect()
}

fn of_ignored(report: &Report, ignored: &IgnoredFinding) -> Ignored {
    Ignored {
        finding: finding(report, &ignored.found),
        reason: ignored.why.reason.clone(),
        until: ignored.why.until.map(|day| day.to_string()),
        by: ignored.why.by.as_str(),
        origin: ignored.why.origin.clone(),
    }
}

fn of_stale(stale: &StaleIgnore) -> Idle {
    let why = match &stale.why {
        Stale::Unused(None) => "matches nothing that was compared".to_owned(),
        Stale::Unused(Some(meant)) => {
            format!("matches nothing that was compared; perhaps `{meant}` is meant")
        }
        Stale::Expired(day, count) => {
            format!(
                "expired on {day}; it would match {}",
                counted(*count, "finding")
            )
        }
    };
    Idle {
        rule: stale.ignore.rule().map(str::to_owned),
        subject: stale.ignore.subject().map(str::to_owned),
        why,
        reason: stale.ignore.reason.clone(),
        origin: stale.ignore.origin.clone(),
    }
}
