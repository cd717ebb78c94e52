//! What pods answered, held against the truths of their entries and against the baseline.
//!
//! [`judge_all`] is the entry, after `scan` has asked everything and the truths are loaded.

use super::baseline::Baseline;
use super::modules::Assigned;
use super::truths::Truths;
use super::verify::{Against, SchemaDigest, Schemas};
use crate::config::ScanSettings;
use crate::core::inputs::{AgainstBaseline, Compared, PodResult};
use crate::core::observation::{Reason, ReasonKind};

/// What one target answered.
pub(super) struct Answer {
    pub(super) assigned: Assigned,
    pub(super) schema: Result<SchemaDigest, Reason>,
    /// The port that answered, and why it was chosen.
    pub(super) port: Option<(u16, String)>,
    /// Listed services that did not resolve, with the server's words.
    pub(super) unresolved: Vec<(String, String)>,
}

/// Holds every answer against its truth.
pub(super) fn judge_all(
    settings: &ScanSettings,
    (answers, mut schemas): (Vec<Answer>, Schemas),
    truths: &Truths,
    baseline: Option<&Baseline>,
) -> Vec<PodResult> {
    answers
        .into_iter()
        .map(|answer| {
            let Answer {
                assigned,
                schema,
                port,
                unresolved,
            } = answer;
            let entry = settings.entry(assigned.target.entry);
            let index = assigned.target.entry.map_or(0, |entry| entry + 1);
            let shown = assigned.shown();
            let Assigned { target, module } = assigned;
            let outcome = schema.and_then(|digest| {
                let module = module?;
                let truth = match truths.schemas.get(&module) {
                    Some(Ok(truth)) => truth,
                    Some(Err(reason)) => return Err(reason.clone()),
                    None => return Err(Reason::new(ReasonKind::Truth, "its truth was not loaded")),
                };
                let include = |service: &str| entry.includes(service);
                let (comparison, notes) = schemas.compare(
                    digest,
                    Against::Truth(index, Some(module.clone())),
                    truth,
                    &include,
                )?;
                let baseline = baseline
                    .filter(|_| Some(&module) == settings.default.module.as_ref())
                    .map(|baseline| {
                        let against = Against::Baseline(index);
                        let (comparison, _) =
                            schemas.compare(digest, against, &baseline.schema, &include)?;
                        Ok(AgainstBaseline {
                            comparison,
                            breaking: baseline.breaking.clone(),
                        })
                    })
                    .transpose()?;
                Ok(Compared {
                    comparison,
                    unresolved,
                    expect: entry.expect.clone(),
                    notes,
                    breaking: truths.breaking.get(&module).cloned(),
                    baseline,
                })
            });
            PodResult {
                module: shown,
                target,
                port,
                outcome,
            }
        })
        .collect()
}

/// Says which entries the baseline says nothing about: it is the default truth's.
pub(super) fn without_baseline(settings: &ScanSettings) -> Option<String> {
    let names: Vec<String> = settings
        .entries
        .iter()
        .filter(|entry| entry.module != settings.default.module)
        .map(|entry| format!("`{}`", entry.name))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "the baseline is that of the default module; with a module of their own, all findings of these count as introduced: {}",
            names.join(", ")
        )
    })
}
