//! `--wait`: until the rollout of each selected Deployment, `StatefulSet` and `DaemonSet` has finished.
//!
//! Looks every half second rather than watching: it works with `get` and `list` alone, and right
//! after `kubectl set image`, when the controller has not seen the change yet. Which workloads:
//! those that `--workload` names, else those whose pod template matches the selector, so that one
//! whose first pod does not exist yet is waited for too.

mod fetch;
mod plan;
mod round;

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::error::in_words;
use super::rollout_status::Stage;
use super::{DiscoverError, Gap};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::selection::PodQuery;
use crate::core::target::WorkloadRef;
use plan::Plan;
use round::{Round, Seen};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);

/// How far the waiting is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Workloads that are waited for.
    pub total: usize,
    /// Those of them that have finished.
    pub finished: usize,
    /// The others, and what is missing.
    pub waiting: Vec<(WorkloadRef, String)>,
}

/// How the waiting ended.
#[derive(Debug, Clone, Default)]
pub struct Waited {
    /// Rollouts that did not finish, and what may not be looked at.
    pub gaps: Vec<Gap>,
    /// What was not waited for.
    pub notes: Vec<String>,
}

/// Waits until the rollouts of the workloads that the queries select have finished, or `timeout`
/// has passed. `progress` is called whenever something has changed.
///
/// # Errors
/// A malformed selector, or a cluster that cannot be used from the start. A failed look later on
/// is made again.
pub async fn wait(
    client: &kube::Client,
    default_namespace: &str,
    queries: &[PodQuery],
    timeout: Duration,
    mut progress: impl FnMut(&Progress),
) -> Result<Waited, DiscoverError> {
    let deadline = Instant::now() + timeout;
    let mut plan = Plan::new(default_namespace, queries)?;
    let mut settled: BTreeSet<WorkloadRef> = BTreeSet::new();
    let mut shown = None;
    let mut last: Option<Vec<Seen>> = None;
    loop {
        match round::look(client, &mut plan, &mut settled, deadline).await {
            Ok(Round { seen }) => {
                let now = summary(&seen);
                if shown.as_ref() != Some(&now) {
                    progress(&now);
                }
                let done = now.waiting.is_empty();
                shown = Some(now);
                last = Some(seen);
                if done {
                    break;
                }
            }
            Err(error) if last.is_none() => return Err(error.into()),
            // Once it has answered, an outage is waited out like anything else.
            Err(_) => {}
        }
        if Instant::now() + INTERVAL >= deadline {
            break;
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(finish(plan, last.unwrap_or_default(), timeout))
}

fn summary(seen: &[Seen]) -> Progress {
    let mut progress = Progress::default();
    let mut counted = BTreeSet::new();
    for one in seen.iter().filter(|one| counted.insert(&one.workload)) {
        progress.total += 1;
        match &one.stage {
            Stage::Waiting(why) => progress.waiting.push((one.workload.clone(), why.clone())),
            Stage::Finished | Stage::Stuck(_) | Stage::Manual(_) => progress.finished += 1,
        }
    }
    progress
}

fn finish(plan: Plan, seen: Vec<Seen>, timeout: Duration) -> Waited {
    let mut waited = Waited {
        gaps: plan.gaps,
        notes: plan.notes.into_iter().collect(),
    };
    for one in seen {
        let workload = &one.workload;
        let reason = match &one.stage {
            Stage::Finished => continue,
            Stage::Manual(why) => {
                let note = format!("{workload}: its rollout was not waited for: {why}");
                if !waited.notes.contains(&note) {
                    waited.notes.push(note);
                }
                continue;
            }
            Stage::Waiting(why) => Reason::new(
                ReasonKind::Rollout,
                format!("rollout of {workload} did not finish in {}: {why}", in_words(timeout)),
            )
            .with_hint("Allow more time with --wait, or see `kubectl rollout status` and `kubectl describe pod`."),
            Stage::Stuck(why) => Reason::new(
                ReasonKind::Rollout,
                format!("rollout of {workload} does not finish: {why}"),
            )
            .with_hint("`kubectl rollout status` and `kubectl describe pod` say what holds it up."),
        };
        let gap = Gap {
            entry: one.entry,
            workload: Some(one.workload),
            query: one.query,
            reason,
        };
        if !waited.gaps.contains(&gap) {
            waited.gaps.push(gap);
        }
    }
    waited
}
