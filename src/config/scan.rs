//! Flags and file → what a scan asks for, and what it holds the answers against.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::{
    ConfigError, ConfigFile, Entry, Mapping, Template, Thresholds, baseline, policy, source,
    standard_input, thresholds,
};
use crate::cli::ScanArgs;
use crate::core::policy::Policy;
use crate::core::selection::{Namespaces, PodQuery};
use crate::core::source::Source;

/// What a scan asks for, and holds it against.
#[derive(Debug)]
pub struct ScanSettings {
    /// One question to the API server each.
    pub queries: Vec<PodQuery>,
    /// Static endpoints: host, port, TLS.
    pub endpoints: Vec<(String, u16, bool)>,
    /// The mapping: a query's `entry` is an index into it.
    pub entries: Vec<EntrySettings>,
    /// For what no entry selects.
    pub default: EntrySettings,
    /// Modules by service, for pods that no entry selects.
    pub mapping: BTreeMap<String, Source>,
    /// For pods that nothing else names a module for.
    pub template: Option<Template>,
    /// Only pods whose annotation names a module were meant: nothing else names one, and nothing
    /// selects pods.
    pub annotated_only: bool,
    /// Wait for rollouts.
    pub wait: Option<Duration>,
    /// For the whole scan.
    pub timeout: Duration,
    /// Pods asked at the same time.
    pub concurrency: usize,
    /// One pod of each version only.
    pub sample_version: bool,
    /// Thresholds.
    pub thresholds: Thresholds,
    /// Levels and ignores.
    pub policy: Policy,
    /// The default truth as it was before the change.
    pub baseline: Option<Source>,
}

/// What the pods of one entry are held against.
#[derive(Debug, Clone)]
pub struct EntrySettings {
    /// Name for messages; empty for the default.
    pub name: String,
    /// The truth, if any is named.
    pub module: Option<Source>,
    /// Services to compare; all if `None`.
    pub services: Option<GlobSet>,
    /// Services that must be served.
    pub expect: Vec<String>,
}

impl ScanSettings {
    /// The entry with this number, or what stands in for none.
    pub fn entry(&self, number: Option<usize>) -> &EntrySettings {
        number
            .and_then(|number| self.entries.get(number))
            .unwrap_or(&self.default)
    }
}

impl EntrySettings {
    /// Whether a service is to be compared.
    pub fn includes(&self, service: &str) -> bool {
        self.services
            .as_ref()
            .is_none_or(|globs| globs.is_match(service))
    }
}

/// Settings of a scan.
///
/// # Errors
/// Any mistake in flags or file.
pub fn scan(args: &ScanArgs, mapping: Option<Mapping>) -> Result<ScanSettings, ConfigError> {
    let file = ConfigFile::read(args.judge.config.as_deref())?;
    let policy = policy(file.as_ref())?;
    let base = file
        .as_ref()
        .and_then(|(path, _)| path.parent().map(Path::to_owned));
    let file = file.map(|(_, file)| file);
    let default_module = match (
        &args.truth,
        file.as_ref().and_then(|file| file.module.as_ref()),
    ) {
        (Some(truth), _) => Some(source(truth, None)?),
        (None, Some(module)) => Some(source(module, base.as_deref())?),
        (None, None) => None,
    };
    let baseline = baseline(&args.judge, default_module.as_ref())?;
    let default = EntrySettings {
        name: String::new(),
        module: default_module,
        services: None,
        expect: Vec::new(),
    };
    let mut entries = Vec::new();
    let mut queries = Vec::new();
    // A selection on the command line stands in for the file's.
    let selected = args.selector.is_some() || !args.workload.is_empty() || !args.target.is_empty();
    for entry in file
        .iter()
        .filter(|_| !selected)
        .flat_map(|file| &file.workloads)
    {
        queries.push(query(entry, entries.len(), args)?);
        entries.push(entry_settings(entry, &default, base.as_deref())?);
    }
    let mapped = mapping.is_some();
    let mapping = mapping.unwrap_or_default();
    if mapped && !selected {
        mapped_queries(args, &mapping, &default, &mut queries, &mut entries);
    }
    if queries.is_empty() && args.target.is_empty() {
        queries.push(PodQuery {
            workloads: args.workload.clone(),
            labels: args.selector.clone(),
            ..labelled(args, String::new(), None)
        });
    }
    check_truths(args, &entries, &default, baseline.is_some())?;
    let truths = entries.iter().chain([&default]);
    let truths = truths.filter_map(|entry| entry.module.as_ref());
    standard_input::once_in_scan(truths, baseline.as_ref())?;
    let template = match (&args.module_template, mapping.template) {
        (Some(text), _) => Some(Template::parse(text, "--module-template")?),
        (None, Some(template)) => Some(template),
        (None, None) => Template::from_environment()?,
    };
    let named = default.module.is_some() || template.is_some() || mapped;
    Ok(ScanSettings {
        annotated_only: !named && !selected && entries.is_empty(),
        mapping: mapping.modules,
        template,
        endpoints: args
            .target
            .iter()
            .map(|target| endpoint(target))
            .collect::<Result<_, _>>()?,
        queries,
        entries,
        default,
        wait: args.wait,
        timeout: args.timeout,
        concurrency: usize::from(args.concurrency),
        sample_version: args.sample == crate::cli::SampleArg::Version,
        thresholds: thresholds(&args.judge, file.as_ref()),
        policy,
        baseline,
    })
}

/// An entry and a query for each service of a mapping, and a query for the pods that it leaves out.
fn mapped_queries(
    args: &ScanArgs,
    mapping: &Mapping,
    default: &EntrySettings,
    queries: &mut Vec<PodQuery>,
    entries: &mut Vec<EntrySettings>,
) {
    for (service, module) in &mapping.modules {
        // The configuration says more about a workload than a mapping can.
        if entries.iter().any(|entry| entry.name == *service) {
            continue;
        }
        queries.push(labelled(
            args,
            format!("app={service}"),
            Some(entries.len()),
        ));
        entries.push(EntrySettings {
            name: service.clone(),
            module: Some(module.clone()),
            ..default.clone()
        });
    }
    queries.push(PodQuery {
        optional: !entries.is_empty(),
        ..labelled(args, UNMAPPED.to_owned(), None)
    });
}

/// Whether everything that needs a truth before any pod is known has one.
fn check_truths(
    args: &ScanArgs,
    entries: &[EntrySettings],
    default: &EntrySettings,
    has_baseline: bool,
) -> Result<(), ConfigError> {
    if let Some(entry) = entries.iter().find(|entry| entry.module.is_none()) {
        return Err(no_truth(Some(&entry.name)));
    }
    if !args.target.is_empty() && default.module.is_none() {
        return Err(no_truth(None));
    }
    if has_baseline && default.module.is_none() {
        return Err(ConfigError::new(
            "--baseline is the default truth before a change, and there is no default truth",
            "Name it on the command line (`protodiff scan proto --baseline …`), or as `module:` in .protodiff.yaml.",
        ));
    }
    Ok(())
}

/// Selects the pods that a mapping says nothing about, as the predecessor does.
const UNMAPPED: &str = "grpc-service=true";

fn labelled(args: &ScanArgs, labels: String, entry: Option<usize>) -> PodQuery {
    PodQuery {
        entry,
        namespaces: namespaces(args),
        labels: Some(labels),
        workloads: Vec::new(),
        port: args.port.clone(),
        optional: false,
    }
}

/// Nothing names a truth, for a workload of the configuration or at all.
pub(crate) fn no_truth(entry: Option<&str>) -> ConfigError {
    let whose = entry.map_or(String::new(), |name| format!(" for workload `{name}`"));
    ConfigError::new(
        format!("no truth{whose}: nothing says what clients are built from"),
        "Name it on the command line (`protodiff scan proto`), as `module:` in .protodiff.yaml, or in the pods' annotation protodiff.dev/module.",
    )
}

fn namespaces(args: &ScanArgs) -> Namespaces {
    if args.all_namespaces {
        Namespaces::All
    } else if args.namespace.is_empty() {
        Namespaces::Context
    } else {
        Namespaces::Named(args.namespace.clone())
    }
}

fn query(entry: &Entry, index: usize, args: &ScanArgs) -> Result<PodQuery, ConfigError> {
    let workload = entry.workload()?;
    // Without any selector the entry means the pods labelled with its name.
    let labels = entry
        .selector
        .clone()
        .or_else(|| workload.is_none().then(|| format!("app={}", entry.name)));
    Ok(PodQuery {
        entry: Some(index),
        namespaces: entry
            .namespace
            .clone()
            .map_or_else(|| namespaces(args), |name| Namespaces::Named(vec![name])),
        labels,
        workloads: workload.into_iter().collect(),
        port: entry.port()?.or_else(|| args.port.clone()),
        optional: false,
    })
}

fn entry_settings(
    entry: &Entry,
    default: &EntrySettings,
    base: Option<&Path>,
) -> Result<EntrySettings, ConfigError> {
    let module = match &entry.module {
        Some(module) => Some(source(module, base)?),
        None => default.module.clone(),
    };
    let services = if entry.services.is_empty() {
        None
    } else {
        Some(globs(entry)?)
    };
    Ok(EntrySettings {
        name: entry.name.clone(),
        module,
        services,
        expect: entry.expect.clone(),
    })
}

fn globs(entry: &Entry) -> Result<GlobSet, ConfigError> {
    let wrong = |error: globset::Error| {
        ConfigError::new(
            format!(
                "workload `{}` in the configuration: services: {error}",
                entry.name
            ),
            "Write globs such as acme.payment.*",
        )
    };
    let mut set = GlobSetBuilder::new();
    for pattern in &entry.services {
        set.add(Glob::new(pattern).map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

fn endpoint(text: &str) -> Result<(String, u16, bool), ConfigError> {
    match Source::parse(text, |_| false) {
        Ok(Source::Grpc { host, port, tls }) => Ok((host, port, tls)),
        Ok(_) => Err(ConfigError::new(
            format!("--target `{text}` is no endpoint"),
            "Write grpc://HOST:PORT or grpcs://HOST:PORT.",
        )),
        Err(error) => Err(ConfigError::new(
            format!("--target {error}"),
            "Write grpc://HOST:PORT or grpcs://HOST:PORT.",
        )),
    }
}
