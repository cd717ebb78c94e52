//! Both judges' words side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use protodiff::core::rules::{self, Rule};

use crate::documents::{self, DELIBERATE};
use crate::judges::{Pair, Seen};

/// A kind of finding that `buf` makes and the comparison does not.
pub(crate) struct Gap {
    count: usize,
    mutations: BTreeSet<String>,
    example: String,
}

/// What came of all pairs.
#[derive(Default)]
pub(crate) struct Summary {
    pairs: usize,
    kinds: BTreeMap<String, usize>,
    /// Per `buf` id: findings, and how many of them have a change here.
    findings: BTreeMap<String, (usize, usize)>,
    /// Rules that claim a `buf` id which was never found beside them.
    unproven: Vec<(&'static str, &'static str)>,
    /// Kinds of mutations about which neither says a word.
    silent: BTreeSet<String>,
    pub(crate) gaps: BTreeMap<String, Gap>,
    pub(crate) failures: Vec<String>,
    pub(crate) false_alarms: Vec<String>,
    pub(crate) unseen: Vec<String>,
    pub(crate) idle: Vec<&'static str>,
}

impl Summary {
    pub(crate) fn of(pairs: &[Pair], seen: &[Seen]) -> Self {
        let mut summary = Self {
            pairs: pairs.len(),
            ..Self::default()
        };
        let mut beside: BTreeSet<(&'static str, String)> = BTreeSet::new();
        let mut shown = BTreeSet::new();
        for (pair, seen) in pairs.iter().zip(seen) {
            *summary.kinds.entry(pair.kind.clone()).or_default() += 1;
            let place = format!("{}: {} at {}", pair.base, pair.kind, pair.place);
            match &seen.buf {
                Err(error) => summary.failures.push(format!("{place}: {error}")),
                Ok(found) => {
                    if pair.neutral {
                        summary.neutral(&place, found, seen);
                    } else if found.is_empty() && seen.own.is_empty() {
                        summary.silent.insert(pair.kind.clone());
                    }
                    summary.judge(pair, &place, found, seen, &mut shown);
                    for change in &seen.own {
                        let rule = Rule::of(change.kind).id;
                        beside.extend(found.iter().map(|(id, _)| (rule, id.clone())));
                    }
                }
            }
        }
        let answered: Vec<String> = documents::buf_rules().into_iter().map(|r| r.id).collect();
        for rule in rules::all() {
            for id in rule
                .buf
                .iter()
                .filter(|id| answered.iter().any(|known| known == *id))
            {
                if !beside.contains(&(rule.id, (*id).to_owned())) {
                    summary.unproven.push((rule.id, id));
                }
            }
        }
        summary.unseen = documents::buf_rules()
            .into_iter()
            .map(|rule| rule.id)
            .filter(|id| !summary.findings.contains_key(id))
            .collect();
        summary.idle = DELIBERATE
            .iter()
            .filter(|entry| !shown.contains(entry.reason))
            .map(|entry| entry.reason)
            .collect();
        summary
    }

    fn neutral(&mut self, place: &str, found: &[(String, String)], seen: &Seen) {
        if !found.is_empty() {
            self.failures.push(format!(
                "{place}: buf finds {found:?} where nothing has changed"
            ));
        }
        if !seen.own.is_empty() {
            self.false_alarms.push(format!("{place}: {:?}", seen.own));
        }
    }

    fn judge(
        &mut self,
        pair: &Pair,
        place: &str,
        found: &[(String, String)],
        seen: &Seen,
        shown: &mut BTreeSet<&'static str>,
    ) {
        for (id, message) in found {
            let counts = self.findings.entry(id.clone()).or_default();
            counts.0 += 1;
            let covered = seen
                .own
                .iter()
                .any(|change| Rule::of(change.kind).buf.contains(&id.as_str()));
            if covered {
                counts.1 += 1;
                continue;
            }
            if let Some(entry) = documents::deliberate(id, message, &pair.kind) {
                shown.insert(entry.reason);
                continue;
            }
            let gap = self.gaps.entry(id.clone()).or_insert_with(|| {
                let own: Vec<String> = seen
                    .own
                    .iter()
                    .map(|change| format!("{} {}", Rule::of(change.kind).id, change.subject))
                    .collect();
                Gap {
                    count: 0,
                    mutations: BTreeSet::new(),
                    example: format!("{place}: {message} Found here: {own:?}"),
                }
            });
            gap.count += 1;
            gap.mutations.insert(pair.kind.clone());
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} pairs, mutations by kind:", self.pairs)?;
        let kinds: Vec<String> = self
            .kinds
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        writeln!(f, "  {}", kinds.join(", "))?;
        writeln!(f, "findings of buf by id, and how many have a change here:")?;
        for (id, (all, covered)) in &self.findings {
            let mark = if all == covered { ' ' } else { '!' };
            writeln!(f, "{mark} {id:46} {all:5} {covered:5}")?;
        }
        writeln!(
            f,
            "mutations about which neither says a word: {:?}",
            self.silent
        )?;
        writeln!(
            f,
            "buf ids of rules that buf never gave beside them: {:?}",
            self.unproven
        )?;
        writeln!(f, "gaps: {}", self.gaps.len())?;
        for (id, gap) in &self.gaps {
            writeln!(f, "- {id}, {} times, by {:?}", gap.count, gap.mutations)?;
            writeln!(f, "  {}", gap.example)?;
        }
        Ok(())
    }
}
