//! Flags, environment and `.protodiff.yaml` → one validated [`Settings`].
//!
//! A flag wins over the file. Nothing is read from the network here, and nothing but the
//! configuration file from disk.

mod file;
mod policy;
mod standard_input;

use std::path::{Path, PathBuf};
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};

use crate::cli::{JudgeArgs, ScanArgs, ScopeArg, TransportArgs};
use crate::core::compare::Scope;
use crate::core::level::{FailOn, OnUnknown};
use crate::core::perspective::Perspective;
use crate::core::policy::Policy;
use crate::core::selection::{Namespaces, PodQuery};
use crate::core::source::Source;
pub use file::{ConfigFile, Entry};
pub use policy::PolicySection;
pub use standard_input::standard_input_once;

/// A mistake in flags, environment or configuration: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    help: String,
}

impl ConfigError {
    /// The mistake, and what to do about it (may be empty).
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        (!self.help.is_empty()).then_some(&self.help)
    }
}

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

impl EntrySettings {
    /// Whether a service is to be compared.
    pub fn includes(&self, service: &str) -> bool {
        self.services
            .as_ref()
            .is_none_or(|globs| globs.is_match(service))
    }
}

/// How to judge: `--fail-on`, `--on-unknown`, `--scope` and `--before-rollout`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Thresholds {
    /// How much is compared.
    pub scope: Scope,
    /// Which side is the server.
    pub perspective: Perspective,
    /// The lowest level that fails.
    pub fail_on: FailOn,
    /// What `UNKNOWN` does.
    pub on_unknown: OnUnknown,
}

/// Parses a SOURCE, relative to `base`.
///
/// # Errors
/// What is no source.
pub fn source(text: &str, base: Option<&Path>) -> Result<Source, ConfigError> {
    let join = |path: PathBuf| match base {
        Some(base) if path.is_relative() && !base.as_os_str().is_empty() => base.join(path),
        _ => path,
    };
    let parsed = Source::parse(text, |path| join(path.to_owned()).is_dir()).map_err(|error| {
        ConfigError::new(error, "`protodiff scan --help` lists the kinds of source.")
    })?;
    Ok(match parsed {
        Source::Directory(path) => Source::Directory(join(path)),
        Source::ProtoFile(path) => Source::ProtoFile(join(path)),
        Source::Image(path) => Source::Image(join(path)),
        other => other,
    })
}

/// The thresholds of flags and file; a flag wins.
pub fn thresholds(args: &JudgeArgs, file: Option<&ConfigFile>) -> Thresholds {
    let policy = file.map(|file| &file.policy);
    let fail_on = policy.and_then(|policy| policy.fail_on);
    let on_unknown = policy.and_then(|policy| policy.on_unknown);
    Thresholds {
        scope: match args.scope {
            ScopeArg::Services => Scope::Services,
            ScopeArg::All => Scope::All,
        },
        perspective: if args.before_rollout {
            Perspective::Before
        } else {
            Perspective::After
        },
        fail_on: args.fail_on.or(fail_on).unwrap_or_default(),
        on_unknown: args.on_unknown.or(on_unknown).unwrap_or_default(),
    }
}

/// The policy of the file, as of today in UTC.
///
/// # Errors
/// A mistake in its `policy` section.
pub fn policy(file: Option<&(PathBuf, ConfigFile)>) -> Result<Policy, ConfigError> {
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    file.map_or_else(
        || Ok(Policy::default()),
        |(path, file)| file.policy.policy(path, today),
    )
}

/// The source of `--baseline`.
///
/// # Errors
/// What is no source.
pub fn baseline(args: &JudgeArgs) -> Result<Option<Source>, ConfigError> {
    args.baseline
        .as_deref()
        .map(|text| source(text, None))
        .transpose()
}

/// Settings of a scan.
///
/// # Errors
/// Any mistake in flags or file.
pub fn scan(args: &ScanArgs) -> Result<ScanSettings, ConfigError> {
    let file = ConfigFile::read(args.judge.config.as_deref())?;
    let policy = policy(file.as_ref())?;
    let baseline = baseline(&args.judge)?;
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
    if queries.is_empty() && args.target.is_empty() {
        queries.push(PodQuery {
            entry: None,
            namespaces: namespaces(args),
            labels: args.selector.clone(),
            workloads: args.workload.clone(),
            port: args.port.clone(),
        });
    }
    for (settings, query) in entries
        .iter()
        .chain(std::iter::once(&default))
        .zip(&queries)
    {
        if settings.module.is_none() {
            return Err(no_truth(query.entry.map(|_| settings.name.as_str())));
        }
    }
    if !args.target.is_empty() && default.module.is_none() {
        return Err(no_truth(None));
    }
    if baseline.is_some() && default.module.is_none() {
        return Err(ConfigError::new(
            "--baseline is the default truth before a change, and there is no default truth",
            "Name it on the command line (`protodiff scan proto --baseline …`), or as `module:` in .protodiff.yaml.",
        ));
    }
    let truths = entries.iter().chain([&default]);
    let truths = truths.filter_map(|entry| entry.module.as_ref());
    standard_input::once_in_scan(truths, baseline.as_ref())?;
    Ok(ScanSettings {
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

fn no_truth(entry: Option<&str>) -> ConfigError {
    let whose = entry.map_or(String::new(), |name| format!(" for workload `{name}`"));
    ConfigError::new(
        format!("no truth{whose}: nothing says what clients are built from"),
        "Name it on the command line (`protodiff scan proto`), or as `module:` in .protodiff.yaml.",
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

/// The headers of `-H`, checked. A value is a secret: errors name only the header.
///
/// # Errors
/// What is no header.
pub fn headers(args: &TransportArgs) -> Result<MetadataMap, ConfigError> {
    let help = "Write it as -H 'name: value'.";
    let mut map = MetadataMap::new();
    for (index, header) in args
        .headers
        .iter()
        .enumerate()
        .filter(|(_, header)| !header.trim().is_empty())
    {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| ConfigError::new(format!("header {} has no colon", index + 1), help))?;
        let name = name.trim().to_ascii_lowercase();
        let key = AsciiMetadataKey::from_bytes(name.as_bytes()).map_err(|_| {
            ConfigError::new(
                format!(
                    "header {} has no valid name (names ending in -bin are not supported)",
                    index + 1
                ),
                help,
            )
        })?;
        let value = AsciiMetadataValue::try_from(value.trim()).map_err(|_| {
            ConfigError::new(
                format!("the value of header `{name}` has characters that a header cannot carry"),
                help,
            )
        })?;
        map.append(key, value);
    }
    Ok(map)
}
