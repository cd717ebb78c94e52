//! `protodiff scan`: every selected pod held against its truth.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures::stream::{self, StreamExt as _};
use tokio::time::Instant as Deadline;

use super::baseline;
use super::judging::{Answer, entry_of, judge_all, module_of, without_baseline};
use super::live::{self, Asked};
use super::progress::Progress;
use super::sources;
use super::truths::{Truths, fail_if_all_failed};
use super::verify::Schemas;
use super::{Access, RunError, since};
use crate::cli::ScanArgs;
use crate::config::{self, ScanSettings, Thresholds};
use crate::core::assemble::{Gap, Inputs, assemble};
use crate::core::observation::{Observation, Reason, ReasonKind};
use crate::core::report::{Report, Timing};
use crate::core::source::Source;
use crate::core::target::{Target, WorkloadRef};
use crate::discover;

/// Runs a scan.
///
/// # Errors
/// What keeps it from running at all. Whatever concerns a single pod, workload, namespace or
/// module is in the report.
pub async fn scan(
    args: &ScanArgs,
    progress: &dyn Progress,
) -> Result<(Report, Thresholds), RunError> {
    let settings = config::scan(args)?;
    for labels in settings.queries.iter().filter_map(|q| q.labels.as_ref()) {
        discover::check_selector(labels)?;
    }
    let needs_cluster = !settings.queries.is_empty()
        || modules(&settings)
            .into_iter()
            .chain(&settings.baseline)
            .any(sources::needs_cluster);
    let budget = settings.timeout + settings.wait.unwrap_or_default();
    let access = Access::new(&args.cluster, &args.transport, needs_cluster, budget).await?;
    let thresholds = settings.thresholds;
    let report = run(&settings, &access, progress).await?;
    Ok((report, thresholds))
}

/// Every truth that the settings name, each once.
fn modules(settings: &ScanSettings) -> Vec<&Source> {
    let used_default = settings.queries.iter().any(|query| query.entry.is_none())
        || !settings.endpoints.is_empty();
    let default = settings.default.module.iter().filter(|_| used_default);
    let all: BTreeSet<&Source> = settings
        .entries
        .iter()
        .filter_map(|entry| entry.module.as_ref())
        .chain(default)
        .collect();
    all.into_iter().collect()
}

struct Found {
    targets: Vec<Target>,
    gaps: Vec<discover::Gap>,
    notes: Vec<String>,
    took: u64,
}

async fn run(
    settings: &ScanSettings,
    access: &Access,
    progress: &dyn Progress,
) -> Result<Report, RunError> {
    let start = Instant::now();
    let sources = modules(settings);
    let load = async {
        let begun = Instant::now();
        let truths = sources.iter().map(|source| sources::load(source, access));
        let (loaded, baseline) = tokio::join!(
            futures::future::join_all(truths),
            baseline::load(settings.baseline.as_ref(), access)
        );
        Ok::<_, RunError>((fail_if_all_failed(loaded)?, baseline?, since(begun)))
    };
    let survey = async {
        let found = find(settings, access, progress).await?;
        let begun = Instant::now();
        let asked = ask_all(settings, access, found.targets, progress).await;
        Ok::<_, RunError>((asked, found.gaps, found.notes, found.took, since(begun)))
    };
    // A truth that does not load must not wait for a rollout; with several, the others go on.
    let (load, survey) = (std::pin::pin!(load), std::pin::pin!(survey));
    let (loaded, survey) = match futures::future::select(load, survey).await {
        futures::future::Either::Left((loaded, survey)) => (loaded?, survey.await?),
        futures::future::Either::Right((survey, load)) => {
            let survey = survey?;
            progress.stage("loading the truth");
            (load.await?, survey)
        }
    };
    let (loaded, baseline, truth_ms) = loaded;
    progress.finish();
    let (asked, gaps, notes, discover_ms, reflect_ms) = survey;
    let begun = Instant::now();
    let truths = Truths::new(&sources, loaded);
    let mut inputs = Inputs {
        fail_on: settings.thresholds.fail_on,
        perspective: settings.thresholds.perspective,
        notes: notes.into_iter().chain(truths.notes.clone()).collect(),
        truths: truths.used.clone(),
        policy: settings.policy.clone(),
        ..Inputs::default()
    };
    inputs.pods = judge_all(settings, asked, &truths, baseline.as_ref());
    if let Some(baseline) = baseline {
        inputs.notes.extend(baseline.notes);
        inputs.notes.extend(without_baseline(settings));
        inputs.baseline = Some(baseline.used);
    }
    inputs.gaps = gaps.into_iter().map(|gap| as_gap(gap, settings)).collect();
    let mut report = assemble(inputs);
    report.timing = Timing {
        discover_ms,
        reflect_ms,
        truth_ms,
        compare_ms: since(begun),
        total_ms: since(start),
    };
    Ok(report)
}

async fn find(
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
        found.targets = discovery.targets;
        found.gaps.extend(discovery.gaps);
        found.notes.extend(discovery.notes);
    }
    if settings.sample_version {
        let mut seen = BTreeSet::new();
        let before = found.targets.len();
        found.targets.retain(|target| {
            seen.insert((
                target.workload.clone(),
                target.version.clone(),
                target.entry,
            ))
        });
        let left_out = before - found.targets.len();
        if left_out > 0 {
            found.notes.push(format!(
                "--sample version: {left_out} more pods of the same versions were not asked"
            ));
        }
    }
    found.targets.extend(
        settings
            .endpoints
            .iter()
            .map(|(host, port, tls)| discover::static_target(host, *port, *tls)),
    );
    found.took = since(begun);
    Ok(found)
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

/// Asks every target, so many at a time; the scan's deadline counts from here.
async fn ask_all(
    settings: &ScanSettings,
    access: &Access,
    targets: Vec<Target>,
    progress: &dyn Progress,
) -> (Vec<Answer>, Schemas) {
    let limit = Deadline::now() + settings.timeout;
    let total = targets.len();
    let done = AtomicUsize::new(0);
    progress.pods(0, total);
    let mut schemas = Schemas::new(settings.thresholds);
    let mut results = Vec::with_capacity(total);
    let mut answers = stream::iter(targets)
        .map(|target| {
            let done = &done;
            async move {
                let entry = entry_of(settings, &target);
                let asked = if Deadline::now() >= limit {
                    too_late(settings)
                } else {
                    live::ask(access, &target, &|service| entry.includes(service), limit).await
                };
                progress.pods(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                (target, asked)
            }
        })
        .buffer_unordered(settings.concurrency);
    while let Some((target, asked)) = answers.next().await {
        match asked.observation {
            Observation::Live(mut live) => {
                let unresolved = std::mem::take(&mut live.unresolved);
                let digest = schemas.keep(live);
                results.push(Answer {
                    target,
                    schema: Ok(digest),
                    port: asked.port,
                    unresolved,
                });
            }
            Observation::Unreachable(reason) => {
                results.push(Answer {
                    target,
                    schema: Err(reason),
                    port: asked.port,
                    unresolved: Vec::new(),
                });
            }
        }
    }
    results.sort_by(|a, b| {
        let key = |of: &Answer| {
            let target = &of.target;
            (target.workload.clone(), target.name.clone(), target.entry)
        };
        key(a).cmp(&key(b))
    });
    (results, schemas)
}

fn too_late(settings: &ScanSettings) -> Asked {
    let timeout = humantime::format_duration(settings.timeout);
    let reason = Reason::new(
        ReasonKind::TimedOut,
        format!("the scan's deadline of {timeout} passed before it was asked"),
    )
    .with_hint(
        "Allow more time with --timeout, or ask more pods at the same time with --concurrency.",
    );
    Asked {
        observation: Observation::Unreachable(reason),
        port: None,
    }
}

fn as_gap(gap: discover::Gap, settings: &ScanSettings) -> Gap {
    let entry = gap
        .entry
        .and_then(|entry| settings.entries.get(entry))
        .unwrap_or(&settings.default);
    let workload = gap.workload.unwrap_or_else(|| WorkloadRef {
        namespace: String::new(),
        kind: "Selection".to_owned(),
        name: if entry.name.is_empty() {
            gap.query
        } else {
            entry.name.clone()
        },
    });
    Gap {
        workload,
        module: module_of(entry),
        reason: gap.reason,
    }
}
