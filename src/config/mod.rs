//! Flags, environment and `.protodiff.yaml` → one validated [`Settings`].
//!
//! A flag wins over the file. Nothing is read from the network here, and nothing but the
//! configuration file from disk.

mod file;
mod mapping;
mod policy;
mod scan;
mod standard_input;

use std::path::{Path, PathBuf};

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};

use crate::cli::{JudgeArgs, ScopeArg, TransportArgs};
use crate::core::compare::Scope;
use crate::core::level::{FailOn, OnUnknown};
use crate::core::perspective::Perspective;
use crate::core::policy::Policy;
use crate::core::source::Source;
pub use file::{ConfigFile, Entry};
pub use mapping::{Mapping, Template, named_in_cluster};
pub use policy::PolicySection;
pub(crate) use scan::no_truth;
pub use scan::{EntrySettings, ScanSettings, scan};
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

/// The source of `--baseline`, as what `truth` was before a change.
///
/// # Errors
/// What is no source.
pub fn baseline(args: &JudgeArgs, truth: Option<&Source>) -> Result<Option<Source>, ConfigError> {
    let Some(text) = &args.baseline else {
        return Ok(None);
    };
    let named = source(text, None)?;
    Ok(Some(match (truth, std::env::current_dir()) {
        (Some(Source::Directory(path)), Ok(here)) if path.starts_with(&here) => {
            let below = path.strip_prefix(&here).unwrap_or(path);
            named.before(&Source::Directory(below.to_owned()))
        }
        (Some(truth), _) => named.before(truth),
        (None, _) => named,
    }))
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
