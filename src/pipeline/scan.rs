//! `protodiff scan`: every selected pod held against its truth.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use tokio::time::Instant as Deadline;

use super::baseline;
use super::finding::find;
use super::judging::{Answer, judge_all, without_baseline};
use super::live::{self, Asked};
use super::modules::{self, Assigned};
use super::progress::Progress;
use super::sources;
use super::truths::{self, Truths};
use super::verify::Schemas;
use super::{Access, RunError, since};
use crate::cli::ScanArgs;
use crate::config::{self, Mapping, ScanSettings, Thresholds};
use crate::core::assemble::assemble;
use crate::core::inputs::{Gap, Inputs};
use crate::core::observation::{Observation, Reason, ReasonKind};
use crate::core::report::{Report, Timing};
use crate::core::selection::MappingPlace;
use crate::core::source::Source;
use crate::core::target::WorkloadRef;
use crate::discover;
use crate::kubernetes::Cluster;

/// Runs a scan.
///
/// # Errors
/// What keeps it from running at all. Whatever concerns a single pod, workload, namespace or
/// module is in the report.
pub async fn scan(
    args: &ScanArgs,
    progress: &dyn Progress,
) -> Result<(Report, Thresholds), RunError> {
    let budget = args.timeout + args.wait.unwrap_or_default();
    let (mapping, mut cluster) = mapping(args, budget).await?;
    let settings = config::scan(args, mapping)?;
    for labels in settings.queries.iter().filter_map(|q| q.labels.as_ref()) {
        discover::check_selector(labels)?;
    }
    let needs_cluster = !settings.queries.is_empty()
        || modules::named(&settings)
            .into_iter()
            .chain(&settings.baseline)
            .any(sources::needs_cluster);
    if needs_cluster && cluster.is_none() {
        let found = Access::cluster(&args.cluster, budget).await;
        cluster = Some(found.map_err(|error| truth_first(error, &settings))?);
    }
    let buf = sources::buf(named_hosts(&settings), settings.timeout).until(Instant::now() + budget);
    let access = Access::new(&args.cluster, &args.transport, cluster, buf)?;
    let thresholds = settings.thresholds;
    let report = run(&settings, &access, progress).await?;
    Ok((report, thresholds))
}

/// The mapping, and the cluster if it is there.
async fn mapping(
    args: &ScanArgs,
    budget: Duration,
) -> Result<(Option<Mapping>, Option<Cluster>), RunError> {
    match &args.mapping {
        None => Ok((None, None)),
        Some(MappingPlace::File(path)) => Ok((Some(Mapping::read(path)?), None)),
        Some(MappingPlace::ConfigMap { namespace, name }) => {
            let cluster = Access::cluster(&args.cluster, budget).await?;
            let deadline = Deadline::now() + args.timeout;
            let data = discover::config_map(&cluster.client, namespace, name, deadline).await?;
            let origin = format!("configmap {namespace}/{name}");
            Ok((Some(Mapping::of_config_map(&origin, data)?), Some(cluster)))
        }
    }
}

/// Without a truth, a missing kubeconfig is the smaller of two mistakes.
fn truth_first(error: RunError, settings: &ScanSettings) -> RunError {
    if settings.annotated_only && error.exit_code() == 2 {
        config::no_truth(None).into()
    } else {
        error
    }
}

/// Every source that the user named, and not a pod.
fn named_hosts(settings: &ScanSettings) -> impl Iterator<Item = Source> {
    let by_template = settings
        .template
        .as_ref()
        .and_then(|template| template.fill("service").ok());
    let named = modules::named(settings).into_iter().cloned();
    named
        .chain(settings.baseline.clone())
        .chain(settings.mapping.values().cloned())
        .chain(by_template)
        .collect::<Vec<_>>()
        .into_iter()
}

async fn run(
    settings: &ScanSettings,
    access: &Access,
    progress: &dyn Progress,
) -> Result<Report, RunError> {
    let start = Instant::now();
    let sources = modules::named(settings);
    let (send, more) = tokio::sync::mpsc::unbounded_channel();
    let more = modules::more_may_come(settings).then_some(more);
    let load = async {
        let begun = Instant::now();
        let (loaded, baseline) = tokio::join!(
            truths::load(sources, more, access),
            baseline::load(settings.baseline.as_ref(), access)
        );
        Ok::<_, RunError>((loaded?, baseline?, since(begun)))
    };
    let survey = async move {
        let found = find(settings, access, progress).await?;
        for module in found
            .targets
            .iter()
            .filter_map(|one| one.module.as_ref().ok())
        {
            // Nobody listens where the settings name every truth.
            let _ = send.send(module.clone());
        }
        drop(send);
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
    let truths = Truths::new(loaded);
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

/// Asks every target, so many at a time; the scan's deadline counts from here.
async fn ask_all(
    settings: &ScanSettings,
    access: &Access,
    targets: Vec<Assigned>,
    progress: &dyn Progress,
) -> (Vec<Answer>, Schemas) {
    let limit = Deadline::now() + settings.timeout;
    let total = targets.len();
    let done = AtomicUsize::new(0);
    progress.pods(0, total);
    let mut schemas = Schemas::new(settings.thresholds);
    let mut results = Vec::with_capacity(total);
    let mut answers = stream::iter(targets)
        .map(|assigned| {
            let done = &done;
            async move {
                let target = &assigned.target;
                let entry = settings.entry(target.entry);
                let asked = if let Err(reason) = &assigned.module {
                    not_asked(reason.clone())
                } else if Deadline::now() >= limit {
                    too_late(settings)
                } else {
                    live::ask(access, target, &|service| entry.includes(service), limit).await
                };
                progress.pods(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                (assigned, asked)
            }
        })
        .buffer_unordered(settings.concurrency);
    while let Some((assigned, asked)) = answers.next().await {
        match asked.observation {
            Observation::Live(mut live) => {
                let unresolved = std::mem::take(&mut live.unresolved);
                let digest = schemas.keep(live);
                results.push(Answer {
                    assigned,
                    schema: Ok(digest),
                    port: asked.port,
                    unresolved,
                });
            }
            Observation::Unreachable(reason) => {
                results.push(Answer {
                    assigned,
                    schema: Err(reason),
                    port: asked.port,
                    unresolved: Vec::new(),
                });
            }
        }
    }
    results.sort_by(|a, b| {
        let key = |of: &Answer| {
            let target = &of.assigned.target;
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
    not_asked(reason)
}

fn not_asked(reason: Reason) -> Asked {
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
        module: entry
            .module
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        reason: gap.reason,
    }
}
