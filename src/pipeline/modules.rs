//! Which truth each pod is held against.
//!
//! What the command line or the configuration names comes first: a pod must not be able to choose
//! what it is checked against. Then comes the pod's annotation, then the template.

use std::collections::BTreeSet;

use crate::config::{ScanSettings, named_in_cluster};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::source::Source;
use crate::core::target::Target;

/// A target, and its truth or why it has none.
pub(super) struct Assigned {
    pub(super) target: Target,
    pub(super) module: Result<Source, Reason>,
}

impl Assigned {
    pub(super) fn new(settings: &ScanSettings, target: Target) -> Self {
        let module = module_of(settings, &target);
        Self { target, module }
    }

    /// The truth as a report names it.
    pub(super) fn shown(&self) -> String {
        match &self.module {
            Ok(source) => source.to_string(),
            Err(_) => self.target.module.clone().unwrap_or_default(),
        }
    }
}

fn module_of(settings: &ScanSettings, target: &Target) -> Result<Source, Reason> {
    let by_service = || settings.mapping.get(&target.service);
    let named = match target.entry {
        Some(_) => settings.entry(target.entry).module.as_ref(),
        None => by_service().or(settings.default.module.as_ref()),
    };
    if let Some(source) = named {
        return Ok(source.clone());
    }
    let wrong =
        |whose: &str, cause: String| Reason::new(ReasonKind::Truth, format!("{whose}: {cause}"));
    if let Some(text) = &target.module {
        return named_in_cluster(text)
            .map_err(|cause| wrong("annotation protodiff.dev/module", cause));
    }
    if let Some(template) = &settings.template {
        return template
            .fill(&target.service)
            .map_err(|cause| wrong("the module template", cause));
    }
    Err(
        Reason::new(ReasonKind::Truth, "nothing names its module").with_hint(format!(
            "Name the module of `{}` in the mapping or in .protodiff.yaml, or in its annotation protodiff.dev/module.",
            target.service
        )),
    )
}

/// Every truth that the settings name before any pod is known, each once.
pub(super) fn named(settings: &ScanSettings) -> Vec<&Source> {
    let by_default = settings.queries.iter().any(|query| query.entry.is_none())
        || !settings.endpoints.is_empty();
    let default = settings.default.module.iter().filter(|_| by_default);
    let all: BTreeSet<&Source> = settings
        .entries
        .iter()
        .filter_map(|entry| entry.module.as_ref())
        .chain(default)
        .collect();
    all.into_iter().collect()
}

/// Whether pods may name truths that the settings don't.
pub(super) fn more_may_come(settings: &ScanSettings) -> bool {
    settings.queries.iter().any(|query| query.entry.is_none()) && settings.default.module.is_none()
}

/// Says whose annotation was not used, since the command line or the configuration names a truth.
pub(super) fn unused_annotations(targets: &[Assigned]) -> Option<String> {
    let overruled = |assigned: &&Assigned| {
        let named = assigned.module.as_ref().map(ToString::to_string);
        let annotated = assigned.target.module.as_ref();
        annotated.is_some_and(|text| named.as_ref() != Ok(text)) && assigned.module.is_ok()
    };
    let workloads: BTreeSet<String> = targets
        .iter()
        .filter(overruled)
        .map(|assigned| assigned.target.workload.to_string())
        .collect();
    let first = workloads.first()?;
    let more = match workloads.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    Some(format!(
        "the annotation protodiff.dev/module of {first}{more} was not used: the command line or the configuration names the truth"
    ))
}
