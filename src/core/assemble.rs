//! Pods' outcomes → [`Report`]: verdicts from the pod up to the whole, findings merged by root cause.
//!
//! [`assemble`] is the entry. One pod's failure never hides another pod's result: each pod has a
//! verdict of its own, and the worst one counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::core::change::ChangeKind;
use crate::core::compare::{Comparison, Side};
use crate::core::judge::{self, Finding};
use crate::core::level::{FailOn, Verdict};
use crate::core::merge::{Findings, Place};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::report::{PodReport, Report, Timing, TruthUsed, VersionReport, WorkloadReport};
use crate::core::target::{Target, VersionKey, WorkloadRef};

/// What came of one pod or endpoint.
#[derive(Debug)]
pub struct PodResult {
    /// What was asked.
    pub target: Target,
    /// The truth it is held against, as written.
    pub module: String,
    /// The port that answered, and why it was chosen.
    pub port: Option<(u16, String)>,
    /// The comparison, or why there is none.
    pub outcome: Result<Compared, Reason>,
}

/// A pod whose schema was read and compared.
#[derive(Debug)]
pub struct Compared {
    /// Shared by all pods with the same schema, truth and filters.
    pub comparison: Arc<Comparison>,
    /// Listed services that did not resolve, with the server's words.
    pub unresolved: Vec<(String, String)>,
    /// Services that the configuration expects.
    pub expect: Vec<String>,
    /// What had to be tolerated.
    pub notes: Vec<String>,
}

/// A selection that gave no pod, or none that runs.
#[derive(Debug)]
pub struct Gap {
    /// The workload, or `Selection` and the question.
    pub workload: WorkloadRef,
    /// The truth it would have been held against.
    pub module: String,
    /// Why there is nothing.
    pub reason: Reason,
}

/// Everything that a report is made of.
#[derive(Debug, Default)]
pub struct Inputs {
    /// One per target.
    pub pods: Vec<PodResult>,
    /// What could not be asked.
    pub gaps: Vec<Gap>,
    /// The truths, in order of first use.
    pub truths: Vec<TruthUsed>,
    /// Notes on the scan as a whole.
    pub notes: Vec<String>,
    /// The threshold.
    pub fail_on: FailOn,
}

/// Services that servers carry for their own operation; that a truth lacks them says nothing.
const INFRASTRUCTURE: [&str; 3] = ["grpc.health.", "grpc.channelz.", "grpc.reflection."];

/// Services that do not resolve, named one by one; the rest is counted.
const MAX_UNRESOLVED: usize = 10;

/// Puts a report together. Timing is filled in by the caller.
pub fn assemble(inputs: Inputs) -> Report {
    let mut found = Findings::default();
    let mut workloads: BTreeMap<(WorkloadRef, String), WorkloadReport> = BTreeMap::new();
    let mut versions: BTreeMap<(WorkloadRef, String), BTreeMap<VersionKey, VersionReport>> =
        BTreeMap::new();
    let served = served_services(&inputs.pods);
    for pod in inputs.pods {
        let key = (pod.target.workload.clone(), pod.module.clone());
        workloads
            .entry(key.clone())
            .or_insert_with(|| workload(&key.0, &key.1));
        let version = versions
            .entry(key)
            .or_default()
            .entry(pod.target.version.clone())
            .or_insert_with(|| version(&pod.target.version));
        add_pod(version, pod, inputs.fail_on, &served, &mut found);
    }
    for (key, versions) in versions {
        if let Some(workload) = workloads.get_mut(&key) {
            workload.versions = versions.into_values().collect();
            conclude(workload);
        }
    }
    for gap in inputs.gaps {
        let report = workloads
            .entry((gap.workload.clone(), gap.module.clone()))
            .or_insert_with(|| workload(&gap.workload, &gap.module));
        report.verdict = report.verdict.max(Verdict::Unknown);
        report.reasons.push(gap.reason);
    }
    let workloads: Vec<WorkloadReport> = workloads.into_values().collect();
    Report {
        verdict: workloads
            .iter()
            .map(|w| w.verdict)
            .max()
            .unwrap_or(Verdict::Unknown),
        fail_on: inputs.fail_on,
        workloads,
        findings: found.sorted(),
        truths: inputs.truths,
        notes: inputs.notes,
        timing: Timing::default(),
    }
}

/// Per truth, the services that at least one pod serves.
fn served_services(pods: &[PodResult]) -> BTreeSet<(String, String)> {
    let mut served = BTreeSet::new();
    for pod in pods {
        if let Ok(compared) = &pod.outcome {
            served.extend(
                compared
                    .comparison
                    .common
                    .iter()
                    .map(|name| (pod.module.clone(), name.clone())),
            );
        }
    }
    served
}

fn workload(of: &WorkloadRef, module: &str) -> WorkloadReport {
    WorkloadReport {
        namespace: of.namespace.clone(),
        kind: of.kind.clone(),
        name: of.name.clone(),
        module: module.to_owned(),
        verdict: Verdict::Sync,
        reasons: Vec::new(),
        versions: Vec::new(),
    }
}

fn version(key: &VersionKey) -> VersionReport {
    VersionReport {
        images: key.images.clone(),
        digests: key.digests.clone(),
        template: key.template.clone(),
        pods: Vec::new(),
        verdict: Verdict::Sync,
        common: BTreeSet::new(),
        live_only: BTreeSet::new(),
        truth_only: BTreeSet::new(),
    }
}

fn conclude(workload: &mut WorkloadReport) {
    workload.verdict = workload
        .versions
        .iter()
        .map(|v| v.verdict)
        .max()
        .unwrap_or(Verdict::Unknown);
}

fn add_pod(
    version: &mut VersionReport,
    pod: PodResult,
    fail_on: FailOn,
    served: &BTreeSet<(String, String)>,
    found: &mut Findings,
) {
    let mut report = PodReport {
        name: pod.target.name.clone(),
        port: pod.port,
        verdict: Verdict::Sync,
        reasons: Vec::new(),
        notes: Vec::new(),
    };
    match pod.outcome {
        Err(reason) => report.reasons.push(reason),
        Ok(compared) => {
            let place = Place {
                workload: pod.target.workload.to_string(),
                pod: format!("{}/{}", pod.target.workload, pod.target.name),
            };
            let findings = findings_of(&compared, &pod.module, served);
            let mismatch = findings
                .iter()
                .any(|f| f.counts && fail_on.reached_by(f.level));
            for finding in findings {
                found.add(finding, &place);
            }
            report.reasons = unverified(&compared);
            report.notes = compared.notes;
            let comparison = &compared.comparison;
            version.common.extend(comparison.common.iter().cloned());
            version
                .live_only
                .extend(comparison.live_only.iter().cloned());
            version.truth_only.extend(
                comparison
                    .truth_only
                    .iter()
                    .filter(|name| compared.unresolved.iter().all(|(lost, _)| lost != *name))
                    .cloned(),
            );
            if mismatch {
                report.verdict = Verdict::Mismatch;
            }
        }
    }
    if !report.reasons.is_empty() {
        report.verdict = report.verdict.max(Verdict::Unknown);
    }
    version.verdict = version.verdict.max(report.verdict);
    version.pods.push(report);
}

/// Everything that one pod's comparison gives, judged.
fn findings_of(
    compared: &Compared,
    module: &str,
    served: &BTreeSet<(String, String)>,
) -> Vec<Finding> {
    let comparison = &compared.comparison;
    let mut findings: Vec<Finding> = comparison.changes.iter().map(judge::judge).collect();
    // A service that is listed and does not resolve is served; what it looks like is unknown.
    let unresolved = |name: &String| compared.unresolved.iter().any(|(listed, _)| listed == name);
    let expected: Vec<&String> = compared
        .expect
        .iter()
        .filter(|name| !comparison.common.contains(name) && !comparison.live_only.contains(name))
        .filter(|name| !unresolved(name))
        .collect();
    findings.extend(
        expected
            .iter()
            .map(|name| judge::judge_expected(name, comparison.location_of(name))),
    );
    if !verifies_something(comparison) {
        return findings;
    }
    let elsewhere = |name: &String| served.contains(&(module.to_owned(), name.clone()));
    for name in comparison
        .truth_only
        .iter()
        .filter(|name| !elsewhere(name) && !expected.contains(name) && !unresolved(name))
    {
        findings.push(judge::judge(&judge::whole_service(
            ChangeKind::ServiceMissing,
            name,
            comparison.location_of(name),
        )));
    }
    for name in &comparison.live_only {
        if !INFRASTRUCTURE.iter().any(|prefix| name.starts_with(prefix)) {
            findings.push(judge::judge(&judge::whole_service(
                ChangeKind::ServiceUndocumented,
                name,
                None,
            )));
        }
    }
    findings
}

/// Whether a service was compared that says something: that both sides carry the same health check
/// does not, where the truth has services of its own.
fn verifies_something(comparison: &Comparison) -> bool {
    let infrastructure =
        |name: &String| INFRASTRUCTURE.iter().any(|prefix| name.starts_with(prefix));
    comparison.common.iter().any(|name| !infrastructure(name))
        || (!comparison.common.is_empty() && comparison.truth_only.iter().all(infrastructure))
}

/// Why a pod that answered is nevertheless not verified as a whole.
fn unverified(compared: &Compared) -> Vec<Reason> {
    let comparison = &compared.comparison;
    let mut reasons = Vec::new();
    for (service, words) in compared.unresolved.iter().take(MAX_UNRESOLVED) {
        reasons.push(
            Reason::new(ReasonKind::Unresolved, format!("service `{service}` is listed and does not resolve: {words}"))
                .with_hint("The server registered the service without its descriptors; register reflection with the same registry that holds the generated code."),
        );
    }
    let more = compared.unresolved.len().saturating_sub(MAX_UNRESOLVED);
    if more > 0 {
        reasons.push(Reason::new(
            ReasonKind::Unresolved,
            format!("{more} more listed services do not resolve"),
        ));
    }
    if !verifies_something(comparison) && compared.unresolved.is_empty() {
        reasons.push(nothing_in_common(comparison));
    }
    if comparison.omitted > 0 {
        reasons.push(
            Reason::new(
                ReasonKind::TooLarge,
                format!("{} more differences were not judged", comparison.omitted),
            )
            .with_hint("The two schemas are hardly versions of each other: check which module is compared with which workload."),
        );
    }
    for side in [Side::Live, Side::Truth] {
        let names: Vec<String> = comparison
            .unverified
            .iter()
            .filter(|missing| missing.side == side)
            .map(|missing| format!("`{}`", missing.type_name))
            .collect();
        if names.is_empty() {
            continue;
        }
        let (kind, whose, hint) = match side {
            Side::Live => (
                ReasonKind::Unresolved,
                "the server's descriptors",
                "The server could not give the files that declare them; register them with its reflection service.",
            ),
            Side::Truth => (
                ReasonKind::Truth,
                "the truth's descriptors",
                "Make the descriptor set with its imports: `buf build -o FILE`, or `protoc --include_imports`.",
            ),
        };
        let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(3);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        reasons.push(Reason::new(kind, format!("{whose} lack {shown}{more}")).with_hint(hint));
    }
    reasons
}

fn nothing_in_common(comparison: &Comparison) -> Reason {
    let list = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => {
            let more = if names.len() > 3 {
                format!(" and {} more", names.len() - 3)
            } else {
                String::new()
            };
            format!(
                "{}{more}",
                names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            )
        }
    };
    Reason::new(
        ReasonKind::NothingInCommon,
        format!(
            "no service in common: live has {}; truth has {}",
            list(&comparison.live_only),
            list(&comparison.truth_only)
        ),
    )
    .with_hint("Compare it with the module that its services are in (`module` of a workload in .protodiff.yaml), or narrow the selection.")
}
