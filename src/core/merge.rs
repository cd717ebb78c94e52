//! Findings of many pods, merged: one root cause stays one finding.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::change::MethodReach;
use crate::core::judge::Finding;
use crate::core::report::{ReportedFinding, Status};

/// Where a finding was seen.
pub(super) struct Place {
    /// `namespace/Kind/name`.
    pub(super) workload: String,
    /// The workload and the pod's name.
    pub(super) pod: String,
}

/// Findings merged by fingerprint.
#[derive(Default)]
pub(super) struct Findings(BTreeMap<String, Merged>);

struct Merged {
    finding: Finding,
    status: Option<Status>,
    workloads: BTreeSet<String>,
    pods: BTreeSet<String>,
}

impl Findings {
    /// Adds what one pod has. What the change introduced in one pod, it introduced.
    pub(super) fn add(&mut self, finding: Finding, status: Option<Status>, place: &Place) {
        let entry = self
            .0
            .entry(finding.fingerprint.clone())
            .or_insert_with(|| Merged {
                finding: finding.clone(),
                status,
                workloads: BTreeSet::new(),
                pods: BTreeSet::new(),
            });
        entry.status = entry.status.max(status);
        let kept = &mut entry.finding;
        if kept.methods != finding.methods {
            kept.methods =
                MethodReach::union(std::mem::take(&mut kept.methods), finding.methods.clone());
        }
        kept.default_level = kept.default_level.max(finding.default_level);
        if finding.level > kept.level {
            *kept = Finding {
                methods: std::mem::take(&mut kept.methods),
                default_level: kept.default_level,
                ..finding
            };
        }
        entry.workloads.insert(place.workload.clone());
        entry.pods.insert(place.pod.clone());
    }

    /// Whether a finding is among them.
    pub(super) fn contains(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    /// Leaves out what is not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|fingerprint, _| keep(fingerprint));
    }

    /// Worst first, then by subject.
    pub(super) fn sorted(self) -> Vec<ReportedFinding> {
        let mut all: Vec<ReportedFinding> = self
            .0
            .into_values()
            .map(|merged| ReportedFinding {
                finding: merged.finding,
                workloads: merged.workloads.into_iter().collect(),
                pods: merged.pods.len(),
                status: merged.status,
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
