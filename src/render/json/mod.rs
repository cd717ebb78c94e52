//! JSON, version 1: a frozen form of its own, so that the report's types can change without it.
//!
//! Within version 1 fields may be added, and none is removed or changes its meaning.

mod read;

use serde::Serialize;

pub use read::{ReadError, read};

use crate::core::change::Direction;
use crate::core::level::{Level, Verdict};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::perspective::Perspective;
use crate::core::policy::{self, Stale};
use crate::core::report::{
    IgnoredFinding, PodReport, Report, ReportedFinding, Status, VersionReport, WorkloadReport,
};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    verdict: Verdict,
    perspective: &'static str,
    fail_on: &'static str,
    summary: Summary,
    workloads: Vec<Workload<'a>>,
    findings: Vec<Finding<'a>>,
    ignored: Vec<Ignored<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<Finding<'a>>>,
    stale_ignores: Vec<StaleIgnore<'a>>,
    truth: Option<Truth<'a>>,
    truths: Vec<Truth<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Truth<'a>>,
    notes: &'a [String],
    timing: Timing,
}

#[derive(Serialize)]
struct Summary {
    workloads: usize,
    pods: usize,
    services_compared: usize,
    breaking: usize,
    drift: usize,
    info: usize,
    unknown: usize,
    ignored: usize,
    #[serde(flatten)]
    since_baseline: Option<SinceBaseline>,
}

#[derive(Serialize)]
struct SinceBaseline {
    introduced: usize,
    existing: usize,
    fixed: usize,
}

#[derive(Serialize)]
struct Workload<'a> {
    namespace: &'a str,
    kind: &'a str,
    name: &'a str,
    module: &'a str,
    verdict: Verdict,
    reason: Option<ReasonForm<'a>>,
    versions: Vec<Version<'a>>,
}

#[derive(Serialize)]
struct Version<'a> {
    images: &'a [String],
    digests: &'a [String],
    template: &'a str,
    pods: Vec<&'a str>,
    verdict: Verdict,
    common: Vec<&'a String>,
    live_only: Vec<&'a String>,
    truth_only: Vec<&'a String>,
    endpoints: Vec<Endpoint<'a>>,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    pod: &'a str,
    port: Option<u16>,
    port_from: Option<&'a str>,
    verdict: Verdict,
    reasons: Vec<ReasonForm<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct ReasonForm<'a> {
    kind: ReasonKind,
    message: &'a str,
    hint: &'a str,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    level: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_level: Option<Level>,
    subject: &'a str,
    message: &'a str,
    hint: &'a str,
    methods: Vec<Method<'a>>,
    live: Option<&'a str>,
    truth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    workloads: &'a [String],
    pods: usize,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Ignored<'a> {
    rule: &'a str,
    level: Level,
    subject: &'a str,
    message: &'a str,
    reason: &'a str,
    until: Option<String>,
    by: &'a str,
    origin: &'a str,
    workloads: &'a [String],
    pods: usize,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct StaleIgnore<'a> {
    why: &'a str,
    rule: Option<&'a str>,
    subject: Option<&'a str>,
    reason: &'a str,
    until: Option<String>,
    origin: &'a str,
    /// Findings that it would match, if it had not expired.
    matching: usize,
    nearest_subject: Option<&'a str>,
}

#[derive(Serialize)]
struct Method<'a> {
    name: &'a str,
    direction: Direction,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Truth<'a> {
    source: &'a str,
    resolved: &'a str,
}

#[derive(Serialize)]
struct Timing {
    discover_ms: u64,
    reflect_ms: u64,
    truth_ms: u64,
    compare_ms: u64,
    total_ms: u64,
}

/// The report as JSON, indented, with a final line break.
///
/// # Errors
/// A defect of the form: it holds strings, numbers and lists only.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let summary = report.summary();
    let truths = || {
        report.truths.iter().map(|truth| Truth {
            source: &truth.source,
            resolved: &truth.resolved,
        })
    };
    let timing = &report.timing;
    let document = Document {
        schema_version: 1,
        verdict: report.verdict,
        perspective: match report.perspective {
            Perspective::After => "after-rollout",
            Perspective::Before => "before-rollout",
        },
        fail_on: report.fail_on.as_str(),
        summary: Summary {
            workloads: summary.workloads,
            pods: summary.pods,
            services_compared: summary.services_compared,
            breaking: summary.breaking,
            drift: summary.drift,
            info: summary.info,
            unknown: summary.unknown,
            ignored: summary.ignored,
            since_baseline: report.baseline.as_ref().map(|_| SinceBaseline {
                introduced: summary.introduced,
                existing: summary.existing,
                fixed: summary.fixed,
            }),
        },
        workloads: report.workloads.iter().map(workload).collect(),
        findings: report.findings.iter().map(finding).collect(),
        ignored: report.ignored.iter().map(ignored).collect(),
        fixed: report
            .baseline
            .as_ref()
            .map(|baseline| baseline.fixed.iter().map(finding).collect()),
        stale_ignores: report.stale_ignores.iter().map(stale).collect(),
        truth: truths().next(),
        truths: truths().collect(),
        baseline: report.baseline.as_ref().map(|baseline| Truth {
            source: &baseline.truth.source,
            resolved: &baseline.truth.resolved,
        }),
        notes: &report.notes,
        timing: Timing {
            discover_ms: timing.discover_ms,
            reflect_ms: timing.reflect_ms,
            truth_ms: timing.truth_ms,
            compare_ms: timing.compare_ms,
            total_ms: timing.total_ms,
        },
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn workload(workload: &WorkloadReport) -> Workload<'_> {
    Workload {
        namespace: &workload.namespace,
        kind: &workload.kind,
        name: &workload.name,
        module: &workload.module,
        verdict: workload.verdict,
        reason: workload.reason().map(reason),
        versions: workload.versions.iter().map(version).collect(),
    }
}

fn version(version: &VersionReport) -> Version<'_> {
    Version {
        images: &version.images,
        digests: &version.digests,
        template: &version.template,
        pods: version.pods.iter().map(|pod| pod.name.as_str()).collect(),
        verdict: version.verdict,
        common: version.common.iter().collect(),
        live_only: version.live_only.iter().collect(),
        truth_only: version.truth_only.iter().collect(),
        endpoints: version.pods.iter().map(endpoint).collect(),
    }
}

fn endpoint(pod: &PodReport) -> Endpoint<'_> {
    Endpoint {
        pod: &pod.name,
        port: pod.port.as_ref().map(|(port, _)| *port),
        port_from: pod.port.as_ref().map(|(_, why)| why.as_str()),
        verdict: pod.verdict,
        reasons: pod.reasons.iter().map(reason).collect(),
        notes: &pod.notes,
    }
}

fn reason(reason: &Reason) -> ReasonForm<'_> {
    ReasonForm {
        kind: reason.kind,
        message: &reason.message,
        hint: &reason.hint,
    }
}

fn finding(found: &ReportedFinding) -> Finding<'_> {
    let finding = &found.finding;
    Finding {
        rule: finding.rule,
        level: finding.level,
        default_level: finding.default_level,
        subject: &finding.subject,
        message: &finding.message,
        hint: finding.hint,
        methods: finding
            .methods
            .iter()
            .map(|method| Method {
                name: &method.name,
                direction: method.direction,
            })
            .collect(),
        live: finding.live.as_deref(),
        truth: finding.truth.as_deref(),
        location: finding.location.as_ref().map(|at| Location {
            file: &at.file,
            line: at.line,
        }),
        workloads: &found.workloads,
        pods: found.pods,
        fingerprint: &finding.fingerprint,
        status: found.status,
    }
}

fn ignored(ignored: &IgnoredFinding) -> Ignored<'_> {
    let finding = &ignored.found.finding;
    Ignored {
        rule: finding.rule,
        level: finding.level,
        subject: &finding.subject,
        message: &finding.message,
        reason: &ignored.why.reason,
        until: ignored.why.until.map(|day| day.to_string()),
        by: ignored.why.by.as_str(),
        origin: &ignored.why.origin,
        workloads: &ignored.found.workloads,
        pods: ignored.found.pods,
        fingerprint: &finding.fingerprint,
    }
}

fn stale(stale: &policy::StaleIgnore) -> StaleIgnore<'_> {
    let (why, matching, nearest) = match &stale.why {
        Stale::Unused(nearest) => ("unused", 0, nearest.as_deref()),
        Stale::Expired(_, matching) => ("expired", *matching, None),
    };
    StaleIgnore {
        why,
        rule: stale.ignore.rule(),
        subject: stale.ignore.subject(),
        reason: &stale.ignore.reason,
        until: stale.ignore.until.map(|day| day.to_string()),
        origin: &stale.ignore.origin,
        matching,
        nearest_subject: nearest,
    }
}
