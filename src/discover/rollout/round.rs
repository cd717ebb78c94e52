//! One look at all workloads that are waited for.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Pod;
use kube::core::SelectorExt;
use tokio::time::Instant;

use super::fetch::{Kind, Rolling, fetch};
use super::plan::{Plan, What};
use crate::core::target::WorkloadRef;
use crate::discover::list::{PODS, list};
use crate::discover::rollout_status::Stage;
use crate::discover::scope::Scope;
use crate::discover::workload::{self, State};
use crate::kubernetes::{ClusterError, ClusterErrorKind};

/// A workload as seen in a round, for the query that selected it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) entry: Option<usize>,
    pub(super) query: String,
    pub(super) workload: WorkloadRef,
    pub(super) stage: Stage,
}

/// The result of a round.
pub(super) struct Round {
    pub(super) seen: Vec<Seen>,
}

/// Answers of this round, so that queries that overlap ask once.
type Answers = BTreeMap<(Scope, Kind, Option<String>), Vec<Rolling>>;

/// Looks once. `settled` holds the workloads whose pods have been found to be of one version.
pub(super) async fn look(
    client: &kube::Client,
    plan: &mut Plan,
    settled: &mut BTreeSet<WorkloadRef>,
    deadline: Instant,
) -> Result<Round, ClusterError> {
    let mut answers = Answers::new();
    let mut seen = Vec::new();
    for index in 0..plan.wanted.len() {
        let found = of_query(client, plan, index, &mut answers, deadline).await?;
        for mut rolling in found {
            if rolling.stage == Stage::Finished && !settled.contains(&rolling.workload) {
                if let Some(why) = old_pods(client, &rolling, deadline).await? {
                    rolling.stage = Stage::Waiting(why);
                } else {
                    settled.insert(rolling.workload.clone());
                }
            }
            if matches!(rolling.stage, Stage::Waiting(_)) {
                settled.remove(&rolling.workload);
            }
            let wanted = &plan.wanted[index];
            seen.push(Seen {
                entry: wanted.entry,
                query: wanted.query.clone(),
                workload: rolling.workload,
                stage: rolling.stage,
            });
        }
    }
    Ok(Round { seen })
}

async fn of_query(
    client: &kube::Client,
    plan: &mut Plan,
    index: usize,
    answers: &mut Answers,
    deadline: Instant,
) -> Result<Vec<Rolling>, ClusterError> {
    let scopes = plan.wanted[index].scopes.clone();
    let (kinds, name) = match &plan.wanted[index].what {
        What::Named { kind, name } => (vec![*kind], Some(name.clone())),
        What::Matching(_) => (Kind::ALL.to_vec(), None),
    };
    let mut found: Vec<Rolling> = Vec::new();
    let mut complete = true;
    for scope in &scopes {
        for kind in &kinds {
            if plan.is_forbidden(scope, *kind) {
                complete = false;
                continue;
            }
            let key = (scope.clone(), *kind, name.clone());
            if let Some(known) = answers.get(&key) {
                found.extend_from_slice(known);
                continue;
            }
            match fetch(client, *kind, scope, name.as_deref(), deadline).await {
                Ok(rolling) => {
                    found.extend_from_slice(&rolling);
                    answers.insert(key, rolling);
                }
                Err(failed) if failed.error.kind == ClusterErrorKind::Forbidden => {
                    complete = false;
                    plan.refuse(index, scope, *kind, &failed.error);
                }
                Err(failed) => return Err(failed.error),
            }
        }
    }
    match &plan.wanted[index].what {
        What::Matching(selector) => found.retain(|rolling| selector.matches(&rolling.labels)),
        What::Named { kind, name } => {
            let (kind, name) = (*kind, name.clone());
            if found.is_empty() && complete {
                plan.missing(index, kind, &name);
            }
        }
    }
    Ok(found)
}

/// Whether pods of an older template are left; terminating ones don't count. A refusal to list
/// pods is left to the scan itself.
async fn old_pods(
    client: &kube::Client,
    rolling: &Rolling,
    deadline: Instant,
) -> Result<Option<String>, ClusterError> {
    let Some(selector) = &rolling.pods else {
        return Ok(None);
    };
    let scope = Scope::Namespace(rolling.workload.namespace.clone());
    let pods: Vec<Pod> = match list(client, PODS, &scope, Some(selector), deadline).await {
        Ok(pods) => pods,
        Err(failed) if failed.error.kind == ClusterErrorKind::Forbidden => return Ok(None),
        Err(failed) => return Err(failed.error),
    };
    Ok(mixed(&pods, &rolling.workload))
}

/// Says so if the workload's live pods come from more than one template.
pub(super) fn mixed(pods: &[Pod], owner: &WorkloadRef) -> Option<String> {
    let mut templates: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| workload::workload(pod) == *owner) {
        let alive = match workload::state(pod) {
            State::Running => true,
            State::Phase(phase) => phase == "Pending",
            State::Terminating | State::Done => false,
        };
        if alive {
            *templates.entry(workload::template(pod)).or_default() += 1;
        }
    }
    (templates.len() > 1).then(|| format!("pods of {} templates are left", templates.len()))
}
