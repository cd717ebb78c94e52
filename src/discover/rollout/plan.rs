//! What to look at in each round.

use std::collections::BTreeSet;

use kube::core::Selector;

use super::fetch::Kind;
use crate::core::observation::{Reason, ReasonKind};
use crate::core::selection::PodQuery;
use crate::discover::scope::Scope;
use crate::discover::survey::in_words;
use crate::discover::{DiscoverError, Gap, selector};
use crate::kubernetes::ClusterError;

/// The workloads of one query.
pub(super) struct Wanted {
    pub(super) entry: Option<usize>,
    pub(super) query: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) what: What,
}

/// By name, or by the labels of the pod template.
pub(super) enum What {
    Named { kind: Kind, name: String },
    Matching(Selector),
}

/// All queries, and what was learnt on the way.
pub(super) struct Plan {
    pub(super) wanted: Vec<Wanted>,
    pub(super) gaps: Vec<Gap>,
    pub(super) notes: BTreeSet<String>,
    /// What may not be looked at, and need not be tried again.
    forbidden: BTreeSet<(Scope, Kind)>,
}

impl Plan {
    pub(super) fn new(
        default_namespace: &str,
        queries: &[PodQuery],
    ) -> Result<Self, DiscoverError> {
        let mut plan = Self {
            wanted: Vec::new(),
            gaps: Vec::new(),
            notes: BTreeSet::new(),
            forbidden: BTreeSet::new(),
        };
        for query in queries {
            let selector = selector::parse(query.labels.as_deref().unwrap_or_default())?;
            let wanted = |what: What| Wanted {
                entry: query.entry,
                query: in_words(query, default_namespace),
                scopes: Scope::of(query, default_namespace),
                what,
            };
            if query.workloads.is_empty() {
                plan.wanted.push(wanted(What::Matching(selector)));
                continue;
            }
            for workload in &query.workloads {
                match Kind::of(&workload.kind) {
                    Some(kind) => plan.wanted.push(wanted(What::Named {
                        kind,
                        name: workload.name.clone(),
                    })),
                    None => {
                        plan.notes.insert(format!(
                            "{workload}: its rollout was not waited for: --wait knows Deployments, StatefulSets and DaemonSets"
                        ));
                    }
                }
            }
        }
        Ok(plan)
    }

    pub(super) fn is_forbidden(&self, scope: &Scope, kind: Kind) -> bool {
        self.forbidden.contains(&(scope.clone(), kind))
    }

    /// Remembers a refusal, as a gap of the query that met it.
    pub(super) fn refuse(&mut self, index: usize, scope: &Scope, kind: Kind, error: &ClusterError) {
        self.forbidden.insert((scope.clone(), kind));
        let reason = Reason::new(ReasonKind::Forbidden, format!("forbidden: {}", error.cause))
            .with_hint(format!("--wait needs it; {}", error.help));
        self.gap(index, reason);
    }

    /// Remembers that a named workload does not exist.
    pub(super) fn missing(&mut self, index: usize, kind: Kind, name: &str) {
        let places: Vec<&str> = self.wanted[index]
            .scopes
            .iter()
            .filter_map(Scope::namespace)
            .collect();
        let place = match places.as_slice() {
            [] => "any namespace".to_owned(),
            names => format!("namespace {}", names.join(", ")),
        };
        let reason = Reason::new(
            ReasonKind::Rollout,
            format!("{}/{name} does not exist in {place}", kind.as_str()),
        )
        .with_hint("Check the name and the namespace (-n).");
        self.gap(index, reason);
    }

    fn gap(&mut self, index: usize, reason: Reason) {
        let wanted = &self.wanted[index];
        let gap = Gap {
            entry: wanted.entry,
            workload: None,
            query: wanted.query.clone(),
            reason,
        };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }
}
