//! The pods and endpoints of a scan, each with the truth that it is held against.
//!
//! [`find`] is the entry: it waits for rollouts, asks `discover`, and assigns truths.

use std::collections::BTreeSet;
use std::time::Instant;

use tokio::time::Instant as Deadline;

use super::modules::{self, Assigned};
use super::progress::Progress;
use super::{Access, RunError, since};
use crate::config::{self, ScanSettings};
use crate::core::target::Target;
use crate::discover;

/// What the scan is about.
pub(super) struct Found {
    pub(super) targets: Vec<Assigned>,
    pub(super) gaps: Vec<discover::Gap>,
    pub(super) notes: Vec<String>,
    /// In milliseconds.
    pub(super) took: u64,
}

/// Finds them.
///
/// # Errors
/// The cluster cannot be used, or nothing names a truth.
pub(super) async fn find(
    settings: &ScanSettings,
    access: &Access,
    progress: &dyn Progress,
) -> Result<Found, RunError> {
    let begun = Instant::now();
    let mut found = Found {
        targets: Vec::new(),
        gaps: Vec::new(),
        notes: Vec::new(),
        took: 0,
    };
    let mut targets = Vec::new();
    if let (Some(cluster), false) = (&access.cluster, settings.queries.is_empty()) {
        if let Some(wait) = settings.wait {
            let waited = discover::rollout::wait(
                &cluster.client,
                &cluster.namespace,
                &settings.queries,
                wait,
                |now| progress.stage(&rollouts(now)),
            )
            .await?;
            found.gaps.extend(waited.gaps);
            found.notes.extend(waited.notes);
        }
        progress.stage("looking for pods");
        let deadline = Deadline::now() + settings.timeout;
        let discovery = discover::pods(
            &cluster.client,
            &cluster.namespace,
            &settings.queries,
            deadline,
        )
        .await?;
        targets = discovery.targets;
        found.gaps.extend(discovery.gaps);
        found.notes.extend(discovery.notes);
    }
    if settings.annotated_only {
        found.notes.extend(keep_annotated(&mut targets)?);
    }
    if settings.sample_version {
        let mut seen = BTreeSet::new();
        let before = targets.len();
        targets.retain(|target| {
            seen.insert((
                target.workload.clone(),
                target.version.clone(),
                target.entry,
            ))
        });
        let left_out = before - targets.len();
        if left_out > 0 {
            found.notes.push(format!(
                "--sample version: {left_out} more pods of the same versions were not asked"
            ));
        }
    }
    targets.extend(
        settings
            .endpoints
            .iter()
            .map(|(host, port, tls)| discover::static_target(host, *port, *tls)),
    );
    found.targets = targets
        .into_iter()
        .map(|target| Assigned::new(settings, target))
        .collect();
    found
        .notes
        .extend(modules::unused_annotations(&found.targets));
    found.took = since(begun);
    Ok(found)
}

/// Where only annotations name truths, a pod without one is none of this scan's business; that no
/// pod has one is a mistake.
fn keep_annotated(targets: &mut Vec<Target>) -> Result<Option<String>, RunError> {
    let all = targets.len();
    targets.retain(|target| target.module.is_some());
    match all - targets.len() {
        0 => Ok(None),
        _ if targets.is_empty() => Err(config::no_truth(None).into()),
        n => Ok(Some(format!(
            "{n} pods without the annotation protodiff.dev/module were not asked: nothing else names a truth"
        ))),
    }
}

/// How far the rollouts are, and the one that is waited for.
fn rollouts(now: &discover::rollout::Progress) -> String {
    match now.waiting.first() {
        None => format!("{} of {} rollouts finished", now.finished, now.total),
        Some((workload, missing)) => format!(
            "{} of {} rollouts finished; waiting for {workload}: {missing}",
            now.finished, now.total
        ),
    }
}
