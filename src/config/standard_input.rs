//! `-` as a source, which can be read only once.

use super::ConfigError;
use crate::core::source::Source;

/// Only one of the places that name a source may be `-`.
///
/// # Errors
/// Names two of them.
pub fn standard_input_once<'s>(
    sources: impl IntoIterator<Item = (&'static str, &'s Source)>,
) -> Result<(), ConfigError> {
    let mut named = sources
        .into_iter()
        .filter(|(_, source)| **source == Source::StandardInput)
        .map(|(place, _)| place);
    match (named.next(), named.next()) {
        (Some(first), Some(second)) => Err(ConfigError::new(
            format!("{first} and {second} are both `-`, and standard input can be read only once"),
            "Write one of them to a file, and name that.",
        )),
        _ => Ok(()),
    }
}

/// The same for a scan, which reads the same truth of several workloads once.
pub(super) fn once_in_scan<'s>(
    mut truths: impl Iterator<Item = &'s Source>,
    baseline: Option<&'s Source>,
) -> Result<(), ConfigError> {
    let truth = truths.find(|truth| **truth == Source::StandardInput);
    let truth = truth.map(|truth| ("the truth", truth));
    let baseline = baseline.map(|source| ("--baseline", source));
    standard_input_once(truth.into_iter().chain(baseline))
}
