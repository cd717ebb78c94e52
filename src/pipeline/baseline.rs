//! The truth as it was before a change (`--baseline`), loaded beside the truths.

use std::sync::Arc;

use super::sources;
use super::verify;
use super::{Access, RunError};
use crate::core::report::TruthUsed;
use crate::core::schema::Schema;
use crate::core::source::Source;
use crate::core::truth::BufBreaking;
use crate::truth::TruthError;

/// A loaded baseline.
pub(super) struct Baseline {
    pub(super) schema: Schema,
    pub(super) breaking: Option<Arc<BufBreaking>>,
    pub(super) used: TruthUsed,
    pub(super) notes: Vec<String>,
}

/// Loads the baseline, if one is named. Unlike a truth among several, one that does not load ends
/// the command: without it, nobody could say what a change introduced.
///
/// # Errors
/// It does not load, or is no schema.
pub(super) async fn load(
    source: Option<&Source>,
    access: &Access,
) -> Result<Option<Baseline>, RunError> {
    let Some(source) = source else {
        return Ok(None);
    };
    let loaded = match sources::load(source, access).await {
        Ok(loaded) => loaded,
        Err(RunError::Truth(error)) if is_new(&error) => return Ok(Some(nothing(source, &error))),
        Err(error) => {
            return Err(RunError::Baseline {
                help: error.help().unwrap_or_default(),
                cause: error.to_string(),
            });
        }
    };
    let schema = verify::truth_schema(&loaded).map_err(|reason| RunError::Baseline {
        cause: reason.message,
        help: reason.hint,
    })?;
    Ok(Some(Baseline {
        schema,
        breaking: loaded.truth.breaking.map(Arc::new),
        used: TruthUsed {
            source: loaded.truth.source,
            resolved: loaded.truth.resolved,
        },
        notes: loaded
            .truth
            .notes
            .iter()
            .map(|note| format!("baseline {source}: {note}"))
            .collect(),
    }))
}

/// Whether this says that the change makes the module: before it, there was nothing to introduce
/// anything into.
const fn is_new(error: &TruthError) -> bool {
    matches!(
        error,
        TruthError::NotAtRevision { .. } | TruthError::NoServices { .. }
    )
}

/// The baseline of a module that is new. Everything counts, as without a baseline.
fn nothing(source: &Source, error: &TruthError) -> Baseline {
    let source = source.to_string();
    // A path may be mistyped; what to do about it is worth a word.
    let (resolved, help) = match error {
        TruthError::NotAtRevision { commit, help, .. } => (commit.clone(), format!(" ({help})")),
        _ => (source.clone(), String::new()),
    };
    Baseline {
        schema: Schema::default(),
        breaking: None,
        used: TruthUsed { source, resolved },
        notes: vec![format!(
            "baseline {error}{help}: every finding counts as introduced"
        )],
    }
}
