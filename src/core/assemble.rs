//! Pods' outcomes → [`Report`]: verdicts from the pod up to the whole, findings merged by root cause.
//!
//! [`assemble`] is the entry. One pod's failure never hides another pod's result: each pod has a
//! verdict of its own, and the worst one counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::inputs::{Inputs, PodResult};
use crate::core::level::Verdict;
use crate::core::merge::Place;
use crate::core::outcome::unverified;
use crate::core::report::{Baseline, PodReport, Report, Timing, VersionReport, WorkloadReport};
use crate::core::sift::{Judging, Sieve};
use crate::core::target::{VersionKey, WorkloadRef};

/// Puts a report together. Timing is filled in by the caller.
pub fn assemble(inputs: Inputs) -> Report {
    let mut sieve = Sieve::default();
    let compared_any = inputs.pods.iter().any(|pod| pod.outcome.is_ok());
    let mut workloads: BTreeMap<(WorkloadRef, String), WorkloadReport> = BTreeMap::new();
    let mut versions: BTreeMap<(WorkloadRef, String), BTreeMap<VersionKey, VersionReport>> =
        BTreeMap::new();
    let judging = Judging {
        fail_on: inputs.fail_on,
        perspective: inputs.perspective,
        policy: inputs.policy,
        has_baseline: inputs.baseline.is_some(),
        served: served_services(&inputs.pods),
        served_of_baseline: served_of_baseline(&inputs.pods),
    };
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
        add_pod(version, pod, &judging, &mut sieve);
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
    let sifted = sieve.finish(&judging.policy, compared_any);
    Report {
        verdict: workloads
            .iter()
            .map(|w| w.verdict)
            .max()
            .unwrap_or(Verdict::Unknown),
        fail_on: inputs.fail_on,
        perspective: inputs.perspective,
        workloads,
        findings: sifted.found,
        ignored: sifted.ignored,
        baseline: inputs.baseline.map(|truth| Baseline {
            truth,
            fixed: sifted.fixed,
        }),
        stale_ignores: sifted.stale,
        truths: inputs.truths,
        notes: inputs.notes.into_iter().chain(sifted.notes).collect(),
        timing: Timing::default(),
    }
}

/// Per truth, the services that at least one pod serves.
fn served_services(pods: &[PodResult]) -> BTreeMap<String, BTreeSet<String>> {
    let mut served: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for pod in pods {
        if let Ok(compared) = &pod.outcome {
            served
                .entry(pod.module.clone())
                .or_default()
                .extend(compared.comparison.common.iter().cloned());
        }
    }
    served
}

/// The baseline's services that at least one pod serves.
fn served_of_baseline(pods: &[PodResult]) -> BTreeSet<String> {
    pods.iter()
        .filter_map(|pod| pod.outcome.as_ref().ok()?.baseline.as_ref())
        .flat_map(|base| base.comparison.common.iter().cloned())
        .collect()
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

fn add_pod(version: &mut VersionReport, pod: PodResult, judging: &Judging, sieve: &mut Sieve) {
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
            let perspective = judging.perspective;
            let mismatch = sieve.add(&compared, &pod.module, judging, &place);
            report.reasons = unverified(&compared, perspective);
            report.notes = compared.notes;
            let comparison = &compared.comparison;
            version.common.extend(comparison.common.iter().cloned());
            let (live_only, truth_only) =
                perspective.swap(&comparison.server_only, &comparison.client_only);
            version.live_only.extend(live_only.iter().cloned());
            version.truth_only.extend(
                truth_only
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
