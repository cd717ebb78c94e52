//! What a query asked for and cannot be verified, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::Gap;
use super::scope::Scope;
use super::survey::Selection;
use super::workload::{self, State};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::selection::WorkloadName;
use crate::core::target::WorkloadRef;
use crate::kubernetes::ClusterError;

/// Names as close as this (Jaro-Winkler, 0 to 1) are suggested.
const CLOSE: f64 = 0.7;

/// The gaps of one query.
pub(super) fn of(selection: &Selection<'_>) -> Vec<Gap> {
    let gap = |workload: Option<WorkloadRef>, reason: Reason| Gap {
        entry: selection.query.entry,
        workload,
        query: selection.words.clone(),
        reason,
    };
    let mut gaps = Vec::new();
    for (scope, error) in &selection.forbidden {
        let reason = Reason::new(ReasonKind::Forbidden, format!("forbidden: {}", error.cause))
            .with_hint(forbidden_help(scope, error));
        gaps.push(gap(None, reason));
    }
    if selection.listed.is_empty() {
        return gaps;
    }
    let named = !selection.query.workloads.is_empty();
    for (workload, states) in by_workload(selection) {
        let idle = !states.contains(&State::Running);
        let finished = states.iter().all(|state| *state == State::Done);
        if idle && (named || !finished) {
            gaps.push(gap(Some(workload), no_running_pod(&states)));
        }
    }
    for wanted in &selection.query.workloads {
        if !selection
            .pods
            .iter()
            .any(|pod| workload::is_named(pod, wanted))
        {
            gaps.push(gap(None, no_such_workload(selection, wanted)));
        }
    }
    let alive = |pod: &&k8s_openapi::api::core::v1::Pod| workload::state(pod) != State::Done;
    if !named && !selection.query.optional && !selection.pods.iter().any(alive) {
        gaps.push(gap(None, nothing_found(selection)));
    }
    gaps
}

/// Named namespaces in which a query that found pods elsewhere found none.
pub(super) fn empty_namespaces(selection: &Selection<'_>) -> Vec<String> {
    if selection.pods.is_empty() || selection.listed.len() < 2 {
        return Vec::new();
    }
    let full: BTreeSet<&str> = selection
        .pods
        .iter()
        .map(|pod| workload::namespace(pod))
        .collect();
    selection
        .listed
        .iter()
        .filter_map(Scope::namespace)
        .filter(|namespace| !full.contains(namespace))
        .map(|namespace| format!("no pods in namespace `{namespace}`: {}", selection.words))
        .collect()
}

/// What to do about a refused list.
pub(super) fn forbidden_help(scope: &Scope, error: &ClusterError) -> String {
    match scope {
        Scope::All => format!("name the namespaces with -n, or {}", error.help),
        Scope::Namespace(_) => error.help.clone(),
    }
}

fn by_workload(selection: &Selection<'_>) -> BTreeMap<WorkloadRef, Vec<State>> {
    let mut all: BTreeMap<WorkloadRef, Vec<State>> = BTreeMap::new();
    for pod in &selection.pods {
        all.entry(workload::workload(pod))
            .or_default()
            .push(workload::state(pod));
    }
    all
}

/// "no running pod: 2 Pending, 1 terminating".
fn no_running_pod(states: &[State]) -> Reason {
    let mut counts: BTreeMap<&State, usize> = BTreeMap::new();
    for state in states {
        *counts.entry(state).or_default() += 1;
    }
    let mut parts: Vec<(usize, &str)> = counts
        .into_iter()
        .map(|(state, count)| match state {
            State::Running => (count, "running"),
            State::Terminating => (count, "terminating"),
            State::Done => (count, "finished"),
            State::Phase(phase) => (count, phase.as_str()),
        })
        .collect();
    parts.sort_by_key(|(count, name)| (std::cmp::Reverse(*count), *name));
    let parts: Vec<String> = parts
        .iter()
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    Reason::new(
        ReasonKind::NoPods,
        format!("no running pod: {}", parts.join(", ")),
    )
    .with_hint("`kubectl describe pod` says why; use --wait to wait for a rollout.")
}

fn no_such_workload(selection: &Selection<'_>, wanted: &WorkloadName) -> Reason {
    let mut known: Vec<(f64, String)> = selection
        .nearby
        .iter()
        .map(|pod| workload::workload(pod))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|workload| {
            let closeness = strsim::jaro_winkler(&workload.name, &wanted.name);
            (closeness, format!("{}/{}", workload.kind, workload.name))
        })
        .filter(|(closeness, _)| *closeness >= CLOSE)
        .collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    known.dedup_by(|a, b| a.1 == b.1);
    let names: Vec<&str> = known
        .iter()
        .take(3)
        .map(|(_, name)| name.as_str())
        .collect();
    let hint = if names.is_empty() {
        "no workload there has a name like it, or it has no pods".to_owned()
    } else {
        format!("did you mean {}?", names.join(" or "))
    };
    let message = format!("no pods of {wanted} ({})", place(selection));
    Reason::new(ReasonKind::NoPods, message).with_hint(hint)
}

fn place(selection: &Selection<'_>) -> String {
    let names: Vec<&str> = selection
        .listed
        .iter()
        .filter_map(Scope::namespace)
        .collect();
    match names.as_slice() {
        [] => "in all namespaces".to_owned(),
        [name] => format!("in namespace `{name}`"),
        names => format!("in namespaces `{}`", names.join("`, `")),
    }
}

fn nothing_found(selection: &Selection<'_>) -> Reason {
    let finished = if selection.pods.is_empty() {
        ""
    } else {
        " (only finished ones)"
    };
    let message = format!("no pods{finished}: {}", selection.words);
    let hint = match selection.query.namespaces {
        crate::core::selection::Namespaces::All => {
            "check the selector; `kubectl get pods -A --show-labels` shows what is there".to_owned()
        }
        _ => "check the selector and the namespace (one that does not exist looks empty); `kubectl get pods -n NAMESPACE --show-labels` shows what is there".to_owned(),
    };
    Reason::new(ReasonKind::NoPods, message).with_hint(hint)
}
