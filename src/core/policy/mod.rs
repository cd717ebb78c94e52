//! Policy: what a team has decided about findings, from `.protodiff.yaml` and from the `breaking`
//! section of the module's `buf.yaml`.
//!
//! [`Policy`] is the entry: it gives rules another level, and says which findings are ignored, by
//! whom and why. An ignored finding stays in the report, and counts for nothing. `config` makes the
//! value, `core::sift` asks it about each finding, [`stale`] says what of it has become idle.

pub mod buf_categories;
mod buf_yaml;
mod ignore;
mod stale;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::core::judge::Finding;
use crate::core::level::Level;
use crate::core::truth::BufBreaking;
pub use ignore::{Ignore, PatternError};
pub use stale::{Stale, StaleIgnore, stale};

/// What `.protodiff.yaml` says about findings.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Rule id → the level that it has here, whichever way a change travels.
    pub levels: BTreeMap<String, Level>,
    /// Findings that count for nothing.
    pub ignores: Vec<Ignore>,
    /// The day of the scan in UTC, which ends ignores.
    pub today: Date,
}

/// Who ignores a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `policy.ignore` of `.protodiff.yaml`.
    Policy,
    /// The `breaking` section of the module's `buf.yaml`.
    BufYaml,
}

impl By {
    /// As reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::BufYaml => "buf.yaml",
        }
    }
}

/// Why a finding is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// By whom.
    pub by: By,
    /// In their words, or what in `buf.yaml` does it.
    pub reason: String,
    /// The last day.
    pub until: Option<Date>,
    /// Where it is written, as `path:line`.
    pub origin: String,
}

impl Policy {
    /// Gives a finding the level that its rule has here. What `expect` demands keeps its own: a
    /// softer rule about missing services must not undo it.
    pub fn relevel(&self, finding: &mut Finding) {
        let Some(level) = self.levels.get(finding.rule).copied() else {
            return;
        };
        if finding.expected || level == finding.level {
            return;
        }
        // Whoever raises the level of a service on one side only wants it to be able to fail.
        finding.counts |= level > finding.level;
        finding.default_level = Some(finding.level);
        finding.level = level;
    }

    /// Whether a finding is ignored, here or by the `buf.yaml` of its truth, and why.
    pub fn ignored(&self, finding: &Finding, breaking: Option<&BufBreaking>) -> Option<Ignored> {
        let own = self
            .ignores
            .iter()
            .find(|ignore| !ignore.expired(self.today) && ignore.matches(finding));
        match own {
            Some(ignore) => Some(Ignored {
                by: By::Policy,
                reason: ignore.reason.clone(),
                until: ignore.until,
                origin: ignore.origin.clone(),
            }),
            None => breaking.and_then(|breaking| buf_yaml::ignored(breaking, finding)),
        }
    }
}
