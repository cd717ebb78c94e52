//! The report as the page shows it. [`page`] is the entry; the template asks for nothing else.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::counted;
use super::super::unverified;
use super::findings::{self, Idle, Ignored, Section};
use super::workloads::{self, NotVerified, Workload};
use crate::core::level::{FailOn, Verdict};
use crate::core::perspective::Perspective;
use crate::core::policy::StaleIgnore;
use crate::core::report::{Report, Status, Summary, TruthUsed};

#[derive(Serialize)]
pub(super) struct Page {
    verdict: &'static str,
    words: String,
    before: bool,
    threshold: &'static str,
    counts: Vec<Count>,
    unverified: Vec<NotVerified>,
    workloads: Vec<Workload>,
    baseline: Option<Truth>,
    /// Findings, or with a baseline those that the change introduced.
    findings: Section,
    existing: Section,
    fixed: Section,
    ignored: Vec<Ignored>,
    stale: Vec<Idle>,
    truths: Vec<Truth>,
    notes: Vec<String>,
    timing: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
pub(super) struct Count {
    pub(super) number: usize,
    pub(super) name: &'static str,
    pub(super) class: &'static str,
}

#[derive(Serialize)]
struct Truth {
    source: String,
    resolved: String,
}

/// Everything that the page shows.
pub(super) fn page(report: &Report) -> Page {
    let summary = report.summary();
    let main = report
        .findings
        .iter()
        .filter(|found| found.status != Some(Status::Existing));
    let existing = report.with_status(Status::Existing);
    let fixed = report.baseline.iter().flat_map(|b| &b.fixed);
    Page {
        verdict: report.verdict.as_str(),
        words: words(report, &summary),
        before: report.perspective == Perspective::Before,
        threshold: threshold(report.fail_on),
        counts: counts(report, &summary),
        unverified: unverified::all(report)
            .iter()
            .map(workloads::not_verified)
            .collect(),
        workloads: workloads::all(report),
        baseline: report
            .baseline
            .as_ref()
            .map(|baseline| truth(&baseline.truth)),
        findings: findings::section(report, main),
        existing: findings::section(report, existing),
        fixed: findings::section(report, fixed),
        ignored: findings::ignored(report),
        stale: findings::stale(report),
        truths: report.truths.iter().map(truth).collect(),
        notes: notes(report),
        timing: timing(report),
    }
}

fn truth(used: &TruthUsed) -> Truth {
    Truth {
        source: used.source.clone(),
        resolved: used.resolved.clone(),
    }
}

/// The notes, but for those on idle ignores: these have a place of their own.
fn notes(report: &Report) -> Vec<String> {
    let idle: BTreeSet<String> = report.stale_ignores.iter().map(StaleIgnore::note).collect();
    report
        .notes
        .iter()
        .filter(|note| !idle.contains(*note))
        .cloned()
        .collect()
}

/// The verdict in plain words.
fn words(report: &Report, summary: &Summary) -> String {
    let before = report.perspective == Perspective::Before;
    let first = match (report.verdict, before) {
        (Verdict::Sync, false) => "What runs is what clients are built from.",
        (Verdict::Sync, true) => "A rollout of the truth suits clients built from what runs now.",
        (Verdict::Mismatch, false) => "What runs is not what clients are built from.",
        (Verdict::Mismatch, true) => {
            "A rollout of the truth would not suit clients built from what runs now."
        }
        (Verdict::Unknown, _) if summary.services_compared == 0 => "Nothing could be verified.",
        (Verdict::Unknown, _) => "Not everything could be verified; what was compared is in order.",
    };
    let failing = report
        .findings
        .iter()
        .filter(|one| report.fails(one))
        .count();
    if failing == 0 {
        return first.to_owned();
    }
    let reach = if failing == 1 { "reaches" } else { "reach" };
    let since = if report.baseline.is_some() {
        " that the change introduces"
    } else {
        ""
    };
    format!(
        "{first} {}{since} {reach} the threshold.",
        counted(failing, "finding")
    )
}

const fn threshold(fail_on: FailOn) -> &'static str {
    match fail_on {
        FailOn::Breaking => "breaking",
        FailOn::Drift => "drift",
        FailOn::Info => "info",
        FailOn::Never => "never",
    }
}

fn counts(report: &Report, summary: &Summary) -> Vec<Count> {
    let count = |number, name, class| Count {
        number,
        name,
        class,
    };
    let mut counts = vec![
        count(summary.breaking, "breaking", "breaking"),
        count(summary.drift, "drift", "drift"),
        count(summary.info, "info", "info"),
        count(summary.unknown, "not verified", "unknown"),
        count(summary.ignored, "ignored", "plain"),
    ];
    if report.baseline.is_some() {
        counts.push(count(summary.introduced, "introduced", "plain"));
        counts.push(count(summary.existing, "there before", "plain"));
        counts.push(count(summary.fixed, "fixed", "plain"));
    }
    let of = |number, one, many| count(number, if number == 1 { one } else { many }, "plain");
    counts.push(of(summary.workloads, "workload", "workloads"));
    counts.push(of(summary.pods, "pod", "pods"));
    counts.push(of(
        summary.services_compared,
        "service compared",
        "services compared",
    ));
    counts
}

fn timing(report: &Report) -> Vec<(&'static str, String)> {
    let timing = &report.timing;
    [
        ("finding pods", timing.discover_ms),
        ("reading schemas", timing.reflect_ms),
        ("loading the truth", timing.truth_ms),
        ("comparing", timing.compare_ms),
        ("in all", timing.total_ms),
    ]
    .map(|(stage, ms)| (stage, format!("{}.{:03} s", ms / 1000, ms % 1000)))
    .into()
}
