//! The report: one value that every output format is a rendering of.
//!
//! `core::assemble` makes it, `render` writes it. Its public JSON form is a separate, frozen type in
//! `render::json`.

use std::collections::BTreeSet;

use crate::core::judge::Finding;
use crate::core::level::{FailOn, OnUnknown, Verdict};
use crate::core::observation::Reason;
use crate::core::perspective::Perspective;
use crate::core::policy::{Ignored, StaleIgnore};

/// The outcome of a scan or a diff.
#[derive(Debug, Clone)]
pub struct Report {
    /// The worst of the workloads' verdicts; `UNKNOWN` if there are none.
    pub verdict: Verdict,
    /// The threshold that the verdicts were given under.
    pub fail_on: FailOn,
    /// Which side was taken as the server.
    pub perspective: Perspective,
    /// What was scanned, and what could not be.
    pub workloads: Vec<WorkloadReport>,
    /// What differs, worst first.
    pub findings: Vec<ReportedFinding>,
    /// What differs and is ignored, worst first.
    pub ignored: Vec<IgnoredFinding>,
    /// What the findings were held against, if a baseline was given.
    pub baseline: Option<Baseline>,
    /// Ignores that have become idle.
    pub stale_ignores: Vec<StaleIgnore>,
    /// The truths, in order of first use.
    pub truths: Vec<TruthUsed>,
    /// What a reader should know about the scan as a whole.
    pub notes: Vec<String>,
    /// How long the stages took.
    pub timing: Timing,
}

/// A truth that was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthUsed {
    /// The SOURCE as written.
    pub source: String,
    /// What it resolved to.
    pub resolved: String,
}

impl TruthUsed {
    /// As a report shows it to people: with the commit, where it has one.
    pub fn shown(&self) -> String {
        if self.source == self.resolved {
            return self.source.clone();
        }
        // As much of a commit as tells it apart.
        let is_commit =
            self.resolved.len() >= 32 && self.resolved.chars().all(|c| c.is_ascii_hexdigit());
        let end = if is_commit { 12 } else { self.resolved.len() };
        format!("{} ({})", self.source, &self.resolved[..end])
    }
}

/// Durations in milliseconds. Stages overlap, so they don't add up to the total.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timing {
    /// Finding the pods, waiting for rollouts included.
    pub discover_ms: u64,
    /// Reading schemas from pods.
    pub reflect_ms: u64,
    /// Loading the truths.
    pub truth_ms: u64,
    /// Comparing and judging.
    pub compare_ms: u64,
    /// Everything.
    pub total_ms: u64,
}

/// One workload, or one selection that gave none.
#[derive(Debug, Clone)]
pub struct WorkloadReport {
    /// Kubernetes namespace; empty for an endpoint.
    pub namespace: String,
    /// Kubernetes kind, `Endpoint`, or `Selection` for a question that no pod answered.
    pub kind: String,
    /// Name, `HOST:PORT`, or the question.
    pub name: String,
    /// The truth that it was compared with, as written.
    pub module: String,
    /// The worst of its versions' verdicts.
    pub verdict: Verdict,
    /// Why the workload as a whole could not be verified: no pod runs, its rollout did not finish.
    /// What concerns single pods is with them.
    pub reasons: Vec<Reason>,
    /// Its versions; several while a rollout is under way.
    pub versions: Vec<VersionReport>,
}

/// The pods of one workload with the same images and pod template.
#[derive(Debug, Clone)]
pub struct VersionReport {
    /// Image references.
    pub images: Vec<String>,
    /// Image digests, where the kubelet has reported them.
    pub digests: Vec<String>,
    /// The hash that its controller gave to the pod template.
    pub template: String,
    /// Its pods.
    pub pods: Vec<PodReport>,
    /// The worst of its pods' verdicts.
    pub verdict: Verdict,
    /// Services that were compared.
    pub common: BTreeSet<String>,
    /// Services that only live has.
    pub live_only: BTreeSet<String>,
    /// Services that only truth has.
    pub truth_only: BTreeSet<String>,
}

/// One pod or endpoint.
#[derive(Debug, Clone)]
pub struct PodReport {
    /// Pod name, or `HOST:PORT`.
    pub name: String,
    /// The port that was used, and why that one.
    pub port: Option<(u16, String)>,
    /// Its verdict.
    pub verdict: Verdict,
    /// Why it could not be verified, if it could not.
    pub reasons: Vec<Reason>,
    /// What had to be tolerated.
    pub notes: Vec<String>,
}

/// A finding, and where it was found.
#[derive(Debug, Clone)]
pub struct ReportedFinding {
    /// The finding.
    pub finding: Finding,
    /// The workloads that have it, as `namespace/Kind/name`, sorted.
    pub workloads: Vec<String>,
    /// How many pods have it.
    pub pods: usize,
    /// Whether the change brought it, if a baseline was given.
    pub status: Option<Status>,
}

/// A finding that counts for nothing.
#[derive(Debug, Clone)]
pub struct IgnoredFinding {
    /// The finding, and where it was found.
    pub found: ReportedFinding,
    /// Why it is ignored.
    pub why: Ignored,
}

/// What a baseline says about a finding.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The live schema has it against the baseline too, and there it is as bad.
    Existing,
    /// It is new, or worse than before.
    Introduced,
}

/// The state before the change.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The SOURCE, and what it resolved to.
    pub truth: TruthUsed,
    /// What differs from the baseline and no longer from the truth, worst first.
    pub fixed: Vec<ReportedFinding>,
}

/// Counts for the head of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Workloads and selections.
    pub workloads: usize,
    /// Pods and endpoints that were asked.
    pub pods: usize,
    /// Distinct services that were compared.
    pub services_compared: usize,
    /// Findings of level `breaking`.
    pub breaking: usize,
    /// Findings of level `drift`.
    pub drift: usize,
    /// Findings of level `info`.
    pub info: usize,
    /// Pods that could not be verified, and workloads and selections that could not as a whole.
    pub unknown: usize,
    /// Findings that are ignored; the other counts leave them out.
    pub ignored: usize,
    /// With a baseline: findings that the change introduced.
    pub introduced: usize,
    /// With a baseline: findings that were there before.
    pub existing: usize,
    /// With a baseline: findings that the change fixed.
    pub fixed: usize,
}

impl WorkloadReport {
    /// The first reason why it could not be verified, its own before its pods'.
    pub fn reason(&self) -> Option<&Reason> {
        let of_pods = || {
            self.versions
                .iter()
                .flat_map(|version| &version.pods)
                .flat_map(|pod| &pod.reasons)
        };
        self.reasons.first().or_else(|| of_pods().next())
    }
}

impl Report {
    /// Whether a finding makes the verdict `MISMATCH`: it counts, reaches the threshold, and was
    /// not there before the change.
    pub fn fails(&self, found: &ReportedFinding) -> bool {
        found.finding.counts
            && self.fail_on.reached_by(found.finding.level)
            && found.status != Some(Status::Existing)
    }

    /// The findings of one status.
    pub fn with_status(&self, status: Status) -> impl Iterator<Item = &ReportedFinding> {
        self.findings
            .iter()
            .filter(move |found| found.status == Some(status))
    }

    /// Counts.
    pub fn summary(&self) -> Summary {
        use crate::core::level::Level;
        let count = |level| {
            self.findings
                .iter()
                .filter(|found| found.finding.level == level)
                .count()
        };
        let versions = || {
            self.workloads
                .iter()
                .flat_map(|workload| &workload.versions)
        };
        let pods = || versions().flat_map(|version| &version.pods);
        let services: BTreeSet<&String> = versions().flat_map(|version| &version.common).collect();
        let wholes = self
            .workloads
            .iter()
            .filter(|w| !w.reasons.is_empty())
            .count();
        Summary {
            workloads: self.workloads.len(),
            pods: pods().count(),
            services_compared: services.len(),
            breaking: count(Level::Breaking),
            drift: count(Level::Drift),
            info: count(Level::Info),
            unknown: pods().filter(|pod| !pod.reasons.is_empty()).count() + wholes,
            ignored: self.ignored.len(),
            introduced: self.with_status(Status::Introduced).count(),
            existing: self.with_status(Status::Existing).count(),
            fixed: self.baseline.as_ref().map_or(0, |b| b.fixed.len()),
        }
    }

    /// The exit code that the verdict stands for.
    pub fn exit_code(&self, on_unknown: OnUnknown) -> u8 {
        match self.verdict {
            Verdict::Sync => 0,
            Verdict::Mismatch => 1,
            Verdict::Unknown if on_unknown == OnUnknown::Fail => 3,
            Verdict::Unknown => 0,
        }
    }
}
