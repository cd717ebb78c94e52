//! Findings sorted by what they count for: found, ignored, and fixed since the baseline.
//!
//! [`Sieve`] is the entry: `core::assemble` puts each compared pod through it. The policy gives
//! levels and ignores, the baseline tells what a change introduced from what was there before.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::inputs::Compared;
use crate::core::judge::Finding;
use crate::core::level::{FailOn, Level};
use crate::core::merge::{Findings, Place};
use crate::core::outcome::findings_of;
use crate::core::perspective::Perspective;
use crate::core::policy::{By, Ignored, Policy, StaleIgnore, stale};
use crate::core::report::{IgnoredFinding, ReportedFinding, Status};
use crate::core::truth::BufBreaking;

/// What is the same for every pod of a report.
pub(super) struct Judging {
    pub(super) fail_on: FailOn,
    pub(super) perspective: Perspective,
    pub(super) policy: Policy,
    pub(super) has_baseline: bool,
    /// Per truth, the services that at least one pod serves.
    pub(super) served: BTreeMap<String, BTreeSet<String>>,
    /// The same for the baseline.
    pub(super) served_of_baseline: BTreeSet<String>,
}

/// The findings of all pods.
#[derive(Default)]
pub(super) struct Sieve {
    found: Findings,
    ignored: Findings,
    /// Fingerprint → who ignores it.
    ignored_by: BTreeMap<String, Ignored>,
    fixed: Findings,
    /// Sections of `buf.yaml` that were honoured.
    buf_yaml: BTreeSet<String>,
}

/// The findings of all pods, sorted.
pub(super) struct Sifted {
    pub(super) found: Vec<ReportedFinding>,
    pub(super) ignored: Vec<IgnoredFinding>,
    pub(super) fixed: Vec<ReportedFinding>,
    pub(super) stale: Vec<StaleIgnore>,
    pub(super) notes: Vec<String>,
}

impl Judging {
    /// The findings of a comparison, at the levels of the policy.
    fn leveled(
        &self,
        compared: &Compared,
        comparison: &crate::core::compare::Comparison,
        served: &BTreeSet<String>,
    ) -> Vec<Finding> {
        let mut findings = findings_of(compared, comparison, served, self.perspective);
        for finding in &mut findings {
            self.policy.relevel(finding);
        }
        findings
    }

    /// The same pod's findings against the baseline.
    fn at_baseline(&self, compared: &Compared) -> Vec<Finding> {
        compared.baseline.as_ref().map_or_else(Vec::new, |base| {
            self.leveled(compared, &base.comparison, &self.served_of_baseline)
        })
    }

    /// What the baseline says about a finding: it was there, unless it has become worse. What the
    /// configuration expects to be served is no matter of truths, so no baseline excuses it.
    fn status(&self, finding: &Finding, before: &BTreeMap<&str, Level>) -> Option<Status> {
        let existing = !finding.expected
            && before
                .get(finding.fingerprint.as_str())
                .is_some_and(|level| *level >= finding.level);
        self.has_baseline.then_some(if existing {
            Status::Existing
        } else {
            Status::Introduced
        })
    }
}

impl Sieve {
    /// Adds what one pod has, and says whether any of it makes the pod a mismatch.
    pub(super) fn add(
        &mut self,
        compared: &Compared,
        module: &str,
        judging: &Judging,
        place: &Place,
    ) -> bool {
        let none = BTreeSet::new();
        let served = judging.served.get(module).unwrap_or(&none);
        let findings = judging.leveled(compared, &compared.comparison, served);
        let baseline = judging.at_baseline(compared);
        self.add_fixed(compared, &findings, &baseline, judging, place);
        let before: BTreeMap<&str, Level> = baseline
            .iter()
            .map(|finding| (finding.fingerprint.as_str(), finding.level))
            .collect();
        let breaking = compared.breaking.as_deref();
        if let Some(section) = breaking.filter(|section| section.lets_pass_by_name()) {
            self.buf_yaml.insert(section.origin.clone());
        }
        let mut mismatch = false;
        for finding in findings {
            if let Some(why) = judging.policy.ignored(&finding, breaking) {
                self.ignored_by
                    .entry(finding.fingerprint.clone())
                    .or_insert(why);
                self.ignored.add(finding, None, place);
                continue;
            }
            let status = judging.status(&finding, &before);
            mismatch |= finding.counts
                && judging.fail_on.reached_by(finding.level)
                && status != Some(Status::Existing);
            self.found.add(finding, status, place);
        }
        mismatch
    }

    /// Adds what differs from the baseline only. A comparison that is not whole fixes nothing.
    fn add_fixed(
        &mut self,
        compared: &Compared,
        findings: &[Finding],
        baseline: &[Finding],
        judging: &Judging,
        place: &Place,
    ) {
        let now = &compared.comparison;
        if now.omitted > 0 || !now.unverified.is_empty() {
            return;
        }
        let still: BTreeSet<&str> = findings.iter().map(|f| f.fingerprint.as_str()).collect();
        let breaking = compared
            .baseline
            .as_ref()
            .and_then(|base| base.breaking.as_deref());
        for finding in baseline {
            if !still.contains(finding.fingerprint.as_str())
                && judging.policy.ignored(finding, breaking).is_none()
            {
                self.fixed.add(finding.clone(), None, place);
            }
        }
    }

    /// Everything, sorted, with what is to be said about the policy.
    pub(super) fn finish(mut self, policy: &Policy, compared_any: bool) -> Sifted {
        let (found, ignored) = (&self.found, &self.ignored);
        // What another pod still has is not fixed.
        self.fixed
            .retain(|fingerprint| !found.contains(fingerprint) && !ignored.contains(fingerprint));
        let found = self.found.sorted();
        let ignored: Vec<IgnoredFinding> = self
            .ignored
            .sorted()
            .into_iter()
            .filter_map(|found| {
                let why = self.ignored_by.get(&found.finding.fingerprint)?.clone();
                Some(IgnoredFinding { found, why })
            })
            .collect();
        // Where nothing could be compared, nothing can match.
        let stale = if compared_any {
            let all: Vec<&Finding> = found
                .iter()
                .chain(ignored.iter().map(|ignored| &ignored.found))
                .map(|found| &found.finding)
                .collect();
            stale(policy, &all)
        } else {
            Vec::new()
        };
        let by_buf: Vec<&IgnoredFinding> = ignored
            .iter()
            .filter(|ignored| ignored.why.by == By::BufYaml)
            .collect();
        self.buf_yaml
            .extend(by_buf.iter().map(|ignored| ignored.why.origin.clone()));
        let mut notes: Vec<String> = self
            .buf_yaml
            .iter()
            .map(|origin| {
                let count = by_buf.iter().filter(|i| i.why.origin == *origin).count();
                let what = match count {
                    0 => "nothing that was found".to_owned(),
                    1 => "1 finding".to_owned(),
                    count => format!("{count} findings"),
                };
                format!(
                    "the `breaking` section of buf.yaml was honoured ({origin}): it ignores {what}"
                )
            })
            .collect();
        notes.extend(stale.iter().map(StaleIgnore::note));
        Sifted {
            found,
            ignored,
            fixed: self.fixed.sorted(),
            stale,
            notes,
        }
    }
}

impl BufBreaking {
    /// Whether it lets rules or files pass by name, beyond a choice of category.
    fn lets_pass_by_name(&self) -> bool {
        !(self.except.is_empty() && self.ignore.is_empty() && self.ignore_only.is_empty())
    }
}
