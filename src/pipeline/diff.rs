//! `protodiff diff`: any two sources held against each other.

use std::sync::Arc;
use std::time::Instant;

use super::baseline::{self, Baseline};
use super::sources::{self, Loaded};
use super::verify::{self, Against, Schemas};
use super::{Access, RunError, since};
use crate::cli::DiffArgs;
use crate::config::{self, ConfigFile, Thresholds};
use crate::core::assemble::assemble;
use crate::core::compare::Comparison;
use crate::core::inputs::{AgainstBaseline, Compared, Inputs, PodResult};
use crate::core::observation::{LiveDescriptors, Reason};
use crate::core::report::{Report, Timing, TruthUsed};
use crate::core::source::Source;
use crate::core::target::{Address, PortCandidate, Target, VersionKey, WorkloadRef};

/// Compares two sources.
///
/// # Errors
/// Either does not load; a live server that does not answer is in the report.
pub async fn diff(args: &DiffArgs) -> Result<(Report, Thresholds), RunError> {
    let start = Instant::now();
    let file = ConfigFile::read(args.judge.config.as_deref())?;
    let thresholds = config::thresholds(&args.judge, file.as_ref().map(|(_, file)| file));
    let policy = config::policy(file.as_ref())?;
    let (live, truth) = (
        config::source(&args.live, None)?,
        config::source(&args.truth, None)?,
    );
    let before = config::baseline(&args.judge, Some(&truth))?;
    let places = [("--live", &live), ("--truth", &truth)];
    let baseline = before.as_ref().map(|source| ("--baseline", source));
    config::standard_input_once(places.into_iter().chain(baseline))?;
    let named: Vec<Source> = [&live, &truth]
        .into_iter()
        .chain(&before)
        .cloned()
        .collect();
    let cluster = if named.iter().any(sources::needs_cluster) {
        Some(Access::cluster(&args.cluster, sources::FOR_BUF).await?)
    } else {
        None
    };
    let buf = sources::buf(named, sources::FOR_BUF);
    let access = Access::new(&args.cluster, &args.transport, cluster, buf)?;
    let read = Instant::now();
    let (live_loaded, truth_loaded, baseline) = tokio::join!(
        sources::load(&live, &access),
        sources::load(&truth, &access),
        baseline::load(before.as_ref(), &access)
    );
    let (truth_loaded, baseline) = (truth_loaded?, baseline?);
    let read_ms = since(read);
    let compared = Instant::now();
    let outcome = match live_loaded {
        Ok(live) => outcome(live, &truth_loaded, baseline.as_ref(), thresholds),
        // As in a scan: a server that does not answer is a verdict, not an error.
        Err(RunError::Live { reason, .. }) => Err(reason),
        Err(error) => return Err(error),
    };
    let origin = live.to_string();
    let result = PodResult {
        target: target(&origin),
        module: truth.to_string(),
        port: None,
        outcome,
    };
    let mut report = assemble(Inputs {
        pods: vec![result],
        truths: vec![TruthUsed {
            source: truth.to_string(),
            resolved: truth_loaded.truth.resolved.clone(),
        }],
        notes: truth_loaded
            .truth
            .notes
            .iter()
            .chain(baseline.iter().flat_map(|baseline| &baseline.notes))
            .cloned()
            .collect(),
        fail_on: thresholds.fail_on,
        perspective: thresholds.perspective,
        policy,
        baseline: baseline.map(|baseline| baseline.used),
        ..Inputs::default()
    });
    report.timing = Timing {
        truth_ms: read_ms,
        compare_ms: since(compared),
        total_ms: since(start),
        ..Timing::default()
    };
    Ok((report, thresholds))
}

fn outcome(
    live: Loaded,
    truth: &Loaded,
    baseline: Option<&Baseline>,
    thresholds: Thresholds,
) -> Result<Compared, Reason> {
    let schema = verify::truth_schema(truth)?;
    let unresolved = live.unresolved.clone();
    let breaking = truth.truth.breaking.clone().map(Arc::new);
    if live.listed.is_none() {
        // Both sides are files: what one of them imports is no service of its own.
        let from_files = verify::schema_of(&live, false)?;
        let against = |schema| Arc::new(verify::hold(&from_files, schema, &|_| true, thresholds));
        return Ok(Compared {
            comparison: against(&schema),
            unresolved,
            notes: from_files.notes.clone(),
            breaking,
            baseline: baseline.map(|baseline| before_change(against(&baseline.schema), baseline)),
            ..Compared::default()
        });
    }
    let mut schemas = Schemas::new(thresholds);
    let descriptors = LiveDescriptors {
        files: live
            .truth
            .files
            .into_iter()
            .map(|file| file.bytes)
            .collect(),
        services: live.listed.unwrap_or_default(),
        unresolved: Vec::new(),
        notes: live.truth.notes,
    };
    let digest = schemas.keep(descriptors);
    let (comparison, notes) =
        schemas.compare(digest, Against::Truth(0, None), &schema, &|_| true)?;
    let baseline = baseline
        .map(|baseline| {
            let against = Against::Baseline(0);
            let (comparison, _) = schemas.compare(digest, against, &baseline.schema, &|_| true)?;
            Ok(before_change(comparison, baseline))
        })
        .transpose()?;
    Ok(Compared {
        comparison,
        unresolved,
        notes,
        breaking,
        baseline,
        ..Compared::default()
    })
}

fn before_change(comparison: Arc<Comparison>, baseline: &Baseline) -> AgainstBaseline {
    AgainstBaseline {
        comparison,
        breaking: baseline.breaking.clone(),
    }
}

/// The live side, as reports name it.
fn target(origin: &str) -> Target {
    Target {
        workload: WorkloadRef {
            namespace: String::new(),
            kind: "Source".to_owned(),
            name: origin.to_owned(),
        },
        version: VersionKey::default(),
        name: origin.to_owned(),
        address: Address::Static {
            host: String::new(),
            port: 0,
            tls: false,
        },
        ports: vec![PortCandidate {
            port: 0,
            why: "source".to_owned(),
        }],
        entry: None,
        module: None,
        service: String::new(),
    }
}
