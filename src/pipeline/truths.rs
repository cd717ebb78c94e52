//! The truths of a scan, loaded: one that does not load leaves the others' results.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt as _;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::sources::{self, Loaded};
use super::verify;
use super::{Access, RunError};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::report::TruthUsed;
use crate::core::schema::Schema;
use crate::core::source::Source;
use crate::core::truth::BufBreaking;

/// Truths that load at a time; most of the time goes to waiting for a registry.
const AT_ONCE: usize = 8;

/// What came of each source.
type Results = Vec<(Source, Result<Loaded, RunError>)>;

/// Loads the named truths, and those that pods name, each once.
///
/// # Errors
/// Truths are named, and none loads: the first one's error.
pub(super) async fn load(
    named: Vec<&Source>,
    more: Option<UnboundedReceiver<Source>>,
    access: &Access,
) -> Result<Results, RunError> {
    let first: BTreeSet<Source> = named.into_iter().cloned().collect();
    let seen = RefCell::new(BTreeSet::new());
    let later = futures::stream::iter(more.map(UnboundedReceiverStream::new)).flatten();
    let mut results: Results = futures::stream::iter(first.iter().cloned())
        .chain(later)
        .filter(|source| std::future::ready(seen.borrow_mut().insert(source.clone())))
        .map(|source| async move {
            let loaded = sources::load(&source, access).await;
            (source, loaded)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.sort_by(|a, b| a.0.cmp(&b.0));
    if first.is_empty() || results.iter().any(|(_, loaded)| loaded.is_ok()) {
        return Ok(results);
    }
    // What a pod names is the pod's affair; what the user named has to load.
    match results
        .into_iter()
        .find(|(source, _)| first.contains(source))
    {
        Some((_, Err(error))) => Err(error),
        _ => Ok(Vec::new()),
    }
}

/// Truths as schemas, by source.
pub(super) struct Truths {
    pub(super) schemas: BTreeMap<Source, Result<Schema, Reason>>,
    /// The `breaking` sections of their `buf.yaml`, by source.
    pub(super) breaking: BTreeMap<Source, Arc<BufBreaking>>,
    pub(super) used: Vec<TruthUsed>,
    pub(super) notes: Vec<String>,
}

impl Truths {
    /// What was loaded from each source.
    pub(super) fn new(results: Results) -> Self {
        let mut truths = Self {
            schemas: BTreeMap::new(),
            breaking: BTreeMap::new(),
            used: Vec::new(),
            notes: Vec::new(),
        };
        for (source, loaded) in results {
            let schema = match loaded {
                Ok(loaded) => {
                    truths.used.push(TruthUsed {
                        source: loaded.truth.source.clone(),
                        resolved: loaded.truth.resolved.clone(),
                    });
                    truths.notes.extend(
                        loaded
                            .truth
                            .notes
                            .iter()
                            .map(|note| format!("{source}: {note}")),
                    );
                    if let Some(breaking) = loaded.truth.breaking.clone() {
                        truths.breaking.insert(source.clone(), Arc::new(breaking));
                    }
                    verify::truth_schema(&loaded)
                }
                Err(error) => Err(Reason::new(
                    ReasonKind::Truth,
                    format!("the truth does not load: {error}"),
                )
                .with_hint(error.help().unwrap_or_default())),
            };
            truths.schemas.insert(source, schema);
        }
        truths
    }
}
