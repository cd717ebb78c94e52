//! Whether a rollout has finished, judged from the object alone.
//!
//! The conditions are those of `kubectl rollout status`
//! (`k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go`), and stricter in one point: no pod of
//! an older template may be left.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};

/// How far a rollout is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// Done.
    Finished,
    /// Not done yet, and why.
    Waiting(String),
    /// Will not get done by waiting, and why.
    Stuck(String),
    /// It is not meant to get done by itself: not waited for, and why.
    Manual(String),
}

const UNSEEN: &str = "its controller has not seen the change yet";

/// Whether the controller has yet to see the newest specification.
fn unseen(generation: Option<i64>, observed: Option<i64>) -> bool {
    generation.unwrap_or(0) > observed.unwrap_or(0)
}

pub(super) fn deployment(object: &Deployment) -> Stage {
    let spec = &object.spec;
    let desired = spec.replicas.unwrap_or(1);
    let status = object.status.clone().unwrap_or_default();
    let updated = status.updated_replicas.unwrap_or(0);
    let replicas = status.replicas.unwrap_or(0);
    let available = status.available_replicas.unwrap_or(0);
    let count = format!("{updated} of {desired} updated");
    if unseen(object.metadata.generation, status.observed_generation) {
        return Stage::Waiting(UNSEEN.to_owned());
    }
    let overdue = status.conditions.iter().flatten().any(|condition| {
        condition.type_.as_deref() == Some("Progressing")
            && condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
    });
    let paused = spec.paused == Some(true);
    if overdue {
        Stage::Stuck(format!(
            "its progress deadline is exceeded: {count}, {available} available"
        ))
    } else if paused && (updated < desired || replicas > updated) {
        Stage::Stuck(format!("it is paused: {count}"))
    } else if updated < desired {
        Stage::Waiting(count)
    } else if replicas > updated {
        Stage::Waiting(format!("{count}, {} old left", replicas - updated))
    } else if updated > desired {
        Stage::Waiting(format!("{} to be removed", updated - desired))
    } else if available < updated {
        Stage::Waiting(format!("{count}, {available} available"))
    } else {
        Stage::Finished
    }
}

pub(super) fn stateful_set(object: &StatefulSet) -> Stage {
    let spec = &object.spec;
    let strategy = spec.update_strategy.as_ref();
    if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
        return Stage::Manual("its pods change only when they are deleted (OnDelete)".to_owned());
    }
    let status = object.status.clone().unwrap_or_default();
    if unseen(object.metadata.generation, status.observed_generation) {
        return Stage::Waiting(UNSEEN.to_owned());
    }
    let desired = spec.replicas.unwrap_or(1);
    let partition = strategy
        .and_then(|strategy| strategy.rolling_update.as_ref()?.partition)
        .unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    let ready = status.ready_replicas.unwrap_or(0);
    let goal = (desired - partition).max(0);
    let same_revision = status.current_revision == status.update_revision;
    if ready < desired {
        Stage::Waiting(format!(
            "{updated} of {goal} updated, {ready} of {desired} ready"
        ))
    } else if partition > 0 {
        if updated < goal {
            Stage::Waiting(format!("{updated} of {goal} updated"))
        } else if same_revision {
            Stage::Finished
        } else {
            Stage::Manual(format!(
                "its partition keeps the pods below {partition} as they are"
            ))
        }
    } else if updated < desired || status.replicas > updated || !same_revision {
        Stage::Waiting(format!("{updated} of {desired} updated"))
    } else {
        Stage::Finished
    }
}

pub(super) fn daemon_set(object: &DaemonSet) -> Stage {
    let strategy = object.spec.update_strategy.as_ref();
    if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
        return Stage::Manual("its pods change only when they are deleted (OnDelete)".to_owned());
    }
    let status = object.status.clone().unwrap_or_default();
    if unseen(object.metadata.generation, status.observed_generation) {
        return Stage::Waiting(UNSEEN.to_owned());
    }
    let desired = status.desired_number_scheduled;
    let updated = status.updated_number_scheduled.unwrap_or(0);
    let available = status.number_available.unwrap_or(0);
    if updated < desired {
        Stage::Waiting(format!("{updated} of {desired} updated"))
    } else if available < desired {
        Stage::Waiting(format!(
            "{updated} of {desired} updated, {available} available"
        ))
    } else {
        Stage::Finished
    }
}
