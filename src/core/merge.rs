//! Findings of many pods, merged: one root cause stays one finding.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::change::MethodReach;
use crate::core::judge::Finding;
use crate::core::report::ReportedFinding;

/// Where a finding was seen.
pub(super) struct Place {
    /// `namespace/Kind/name`.
    pub(super) workload: String,
    /// The workload and the pod's name.
    pub(super) pod: String,
}

/// Findings merged by fingerprint.
#[derive(Default)]
pub(super) struct Findings(BTreeMap<String, (Finding, BTreeSet<String>, BTreeSet<String>)>);

impl Findings {
    /// Adds what one pod has.
    pub(super) fn add(&mut self, finding: Finding, place: &Place) {
        let key = finding.fingerprint.clone();
        let entry = self
            .0
            .entry(key)
            .or_insert_with(|| (finding.clone(), BTreeSet::new(), BTreeSet::new()));
        if finding.level > entry.0.level {
            let methods = std::mem::take(&mut entry.0.methods);
            entry.0 = finding;
            entry.0.methods = MethodReach::union(methods, std::mem::take(&mut entry.0.methods));
        } else if entry.0.methods != finding.methods {
            entry.0.methods =
                MethodReach::union(std::mem::take(&mut entry.0.methods), finding.methods);
        }
        entry.1.insert(place.workload.clone());
        entry.2.insert(place.pod.clone());
    }

    /// Worst first, then by subject.
    pub(super) fn sorted(self) -> Vec<ReportedFinding> {
        let mut all: Vec<ReportedFinding> = self
            .0
            .into_values()
            .map(|(finding, workloads, pods)| ReportedFinding {
                finding,
                workloads: workloads.into_iter().collect(),
                pods: pods.len(),
            })
            .collect();
        all.sort_by(|a, b| {
            (
                std::cmp::Reverse(a.finding.level),
                &a.finding.subject,
                a.finding.rule,
                &a.finding.fingerprint,
            )
                .cmp(&(
                    std::cmp::Reverse(b.finding.level),
                    &b.finding.subject,
                    b.finding.rule,
                    &b.finding.fingerprint,
                ))
        });
        all
    }
}
