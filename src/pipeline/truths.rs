//! The truths of a scan, loaded: one that does not load leaves the others' results.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RunError;
use super::sources::Loaded;
use super::verify;
use crate::core::observation::{Reason, ReasonKind};
use crate::core::report::TruthUsed;
use crate::core::schema::Schema;
use crate::core::source::Source;
use crate::core::truth::BufBreaking;

/// The loaded truths, unless none did load: then the first one's error.
pub(super) fn fail_if_all_failed(
    loaded: Vec<Result<Loaded, RunError>>,
) -> Result<Vec<Result<Loaded, RunError>>, RunError> {
    if loaded.iter().any(Result::is_ok) {
        return Ok(loaded);
    }
    match loaded.into_iter().next() {
        Some(Err(error)) => Err(error),
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
    /// What was loaded from each source, in the same order.
    pub(super) fn new(sources: &[&Source], loaded: Vec<Result<Loaded, RunError>>) -> Self {
        let mut truths = Self {
            schemas: BTreeMap::new(),
            breaking: BTreeMap::new(),
            used: Vec::new(),
            notes: Vec::new(),
        };
        for (source, loaded) in sources.iter().zip(loaded) {
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
                        truths
                            .breaking
                            .insert((*source).clone(), Arc::new(breaking));
                    }
                    verify::truth_schema(&loaded)
                }
                Err(error) => Err(Reason::new(
                    ReasonKind::Truth,
                    format!("the truth does not load: {error}"),
                )
                .with_hint(error.help().unwrap_or_default())),
            };
            truths.schemas.insert((*source).clone(), schema);
        }
        truths
    }
}
