//! What could not be verified, one entry per workload and reason. [`all`] is the entry; for the
//! forms that list it apart from what was compared.

use std::collections::BTreeMap;

use super::{printable, workload_name};
use crate::core::judge::fingerprint_of;
use crate::core::observation::{Reason, ReasonKind};
use crate::core::report::Report;

/// The id under which forms made of rules list it.
pub(super) const RULE: &str = "unverified";

/// One line on that rule.
pub(super) const SUMMARY: &str = "the schema could not be verified";

/// Pods named per reason; the rest is counted.
const MAX_PODS: usize = 3;

/// Why a workload, or some of its pods, could not be verified.
pub(super) struct Unverified<'a> {
    /// The workload, as `namespace/Kind/name`.
    pub(super) workload: String,
    /// The truth it was to be compared with.
    pub(super) module: &'a str,
    /// The pods with this reason; none if it is the workload's own.
    pub(super) pods: Vec<&'a str>,
    /// Why.
    pub(super) reason: &'a Reason,
    /// The same across runs: no pod's name is part of it.
    pub(super) fingerprint: String,
}

/// Everything that could not be verified, in the order of the workloads.
pub(super) fn all(report: &Report) -> Vec<Unverified<'_>> {
    let mut all = Vec::new();
    for workload in &report.workloads {
        let name = workload_name(workload);
        let own = workload.reasons.iter().map(|reason| (reason, Vec::new()));
        let mut by_pods: BTreeMap<&Reason, Vec<&str>> = BTreeMap::new();
        for pod in workload.versions.iter().flat_map(|version| &version.pods) {
            for reason in &pod.reasons {
                by_pods.entry(reason).or_default().push(&pod.name);
            }
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (reason, pods) in own.chain(by_pods) {
            let kind = kind(reason.kind);
            let nth = seen.entry(kind.clone()).or_default();
            *nth += 1;
            let fingerprint =
                fingerprint_of(&[RULE, &name, &workload.module, &kind, &nth.to_string()]);
            all.push(Unverified {
                workload: name.clone(),
                module: &workload.module,
                pods,
                reason,
                fingerprint,
            });
        }
    }
    all
}

impl Unverified<'_> {
    /// The workload and its pods: `shop/Deployment/cart (cart-0, cart-1 and 3 more)`.
    pub(super) fn place(&self) -> String {
        let workload = printable(&self.workload);
        match self.pods.len() {
            0 => workload,
            1 if self.workload.ends_with(self.pods[0]) => workload,
            count => {
                let mut named: Vec<String> = self
                    .pods
                    .iter()
                    .take(MAX_PODS)
                    .map(|pod| printable(pod))
                    .collect();
                if count > MAX_PODS {
                    named.push(format!("{} more", count - MAX_PODS));
                }
                format!("{workload} ({})", named.join(", "))
            }
        }
    }
}

/// The kebab-case name of a reason's class.
pub(super) fn kind(kind: ReasonKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "other".to_owned(),
    }
}
