//! Workloads, their versions and their pods as the page shows them. [`all`] is the entry.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::unverified::Unverified;
use super::super::workload_name;
use super::view::Count;
use crate::core::level::Level;
use crate::core::report::{PodReport, Report, VersionReport, WorkloadReport};

#[derive(Serialize)]
pub(super) struct NotVerified {
    place: String,
    message: String,
    hint: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Workload {
    name: String,
    verdict: &'static str,
    module: String,
    findings: Vec<Count>,
    pods: usize,
    services: usize,
    versions: Vec<Version>,
}

#[derive(Serialize)]
pub(super) struct Version {
    verdict: &'static str,
    images: Vec<String>,
    digests: Vec<String>,
    template: String,
    pods: Vec<Pod>,
    common: Vec<String>,
    live_only: Vec<String>,
    truth_only: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Pod {
    name: String,
    verdict: &'static str,
    port: Option<u16>,
    why: String,
    reasons: Vec<String>,
    notes: Vec<String>,
}

/// Why one could not be verified.
pub(super) fn not_verified(one: &Unverified) -> NotVerified {
    NotVerified {
        place: one.place(),
        message: one.reason.message.clone(),
        hint: one.reason.hint.lines().map(str::to_owned).collect(),
    }
}

/// The workloads, in the order of the report.
pub(super) fn all(report: &Report) -> Vec<Workload> {
    let mut by_name: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for found in &report.findings {
        for name in &found.workloads {
            by_name.entry(name).or_default()[found.finding.level as usize] += 1;
        }
    }
    report
        .workloads
        .iter()
        .map(|one| workload(one, &by_name))
        .collect()
}

fn workload(workload: &WorkloadReport, findings: &BTreeMap<&str, [usize; 3]>) -> Workload {
    let name = workload_name(workload);
    let count = findings.get(name.as_str()).copied().unwrap_or_default();
    let services: BTreeSet<&String> = workload.versions.iter().flat_map(|v| &v.common).collect();
    Workload {
        verdict: workload.verdict.as_str(),
        module: workload.module.clone(),
        findings: Level::ALL
            .into_iter()
            .map(|level| Count {
                number: count[level as usize],
                name: level.as_str(),
                class: level.as_str(),
            })
            .filter(|count| count.number > 0)
            .collect(),
        pods: workload.versions.iter().map(|v| v.pods.len()).sum(),
        services: services.len(),
        versions: workload.versions.iter().map(version).collect(),
        name,
    }
}

fn version(version: &VersionReport) -> Version {
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect();
    Version {
        verdict: version.verdict.as_str(),
        images: version.images.clone(),
        digests: version.digests.clone(),
        template: version.template.clone(),
        pods: version.pods.iter().map(pod).collect(),
        common: list(&version.common),
        live_only: list(&version.live_only),
        truth_only: list(&version.truth_only),
    }
}

fn pod(pod: &PodReport) -> Pod {
    let (port, why) = pod.port.clone().unzip();
    Pod {
        port: port.filter(|port| !pod.name.ends_with(&format!(":{port}"))),
        name: pod.name.clone(),
        verdict: pod.verdict.as_str(),
        why: why.unwrap_or_default(),
        reasons: pod.reasons.iter().map(|r| r.message.clone()).collect(),
        notes: pod.notes.clone(),
    }
}
