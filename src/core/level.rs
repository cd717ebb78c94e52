//! Levels, verdicts and the two thresholds that turn findings into an exit code.

use std::fmt;
use std::str::FromStr;

/// What a difference does to a call from a client built from truth to the live server.
///
/// Ordered from harmless to harmful, so that `max` gives the worse of two.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No effect on calls between the two.
    Info,
    /// The call succeeds, and something is silently lost, defaulted or hidden.
    Drift,
    /// The call fails, or data is misread.
    Breaking,
}

impl Level {
    /// Every level, worst first.
    pub const ALL: [Self; 3] = [Self::Breaking, Self::Drift, Self::Info];

    /// The lower-case name that configuration and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Drift => "drift",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcome for a pod, a version, a workload or the whole scan.
///
/// Ordered so that `max` gives what the whole is when its parts are these: one mismatch outweighs
/// anything that could not be verified, and both outweigh any number of matches.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// At least one common service was compared, and no finding reaches the threshold.
    Sync,
    /// It could not be verified.
    Unknown,
    /// A finding reaches the threshold.
    Mismatch,
}

impl Verdict {
    /// The upper-case name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "SYNC",
            Self::Unknown => "UNKNOWN",
            Self::Mismatch => "MISMATCH",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The lowest level that makes a verdict `MISMATCH` (`--fail-on`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Only findings of level `breaking`.
    Breaking,
    /// Findings of level `drift` or worse.
    #[default]
    Drift,
    /// Any finding.
    Info,
    /// No finding: report only.
    Never,
}

impl FailOn {
    /// As flags and reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Drift => "drift",
            Self::Info => "info",
            Self::Never => "never",
        }
    }

    /// Whether a finding of this level makes the verdict `MISMATCH`.
    pub fn reached_by(self, level: Level) -> bool {
        match self {
            Self::Breaking => level >= Level::Breaking,
            Self::Drift => level >= Level::Drift,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "breaking" => Ok(Self::Breaking),
            "drift" => Ok(Self::Drift),
            "info" => Ok(Self::Info),
            "never" => Ok(Self::Never),
            _ => Err("expected breaking, drift, info or never".to_owned()),
        }
    }
}

/// What `UNKNOWN` does to the exit code (`--on-unknown`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnknown {
    /// Exit 3.
    #[default]
    Fail,
    /// Exit 0 with a warning on standard error.
    Warn,
    /// Exit 0.
    Ignore,
}

impl FromStr for OnUnknown {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "warn" => Ok(Self::Warn),
            "ignore" => Ok(Self::Ignore),
            _ => Err("expected fail, warn or ignore".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_part_decides_the_whole() {
        assert_eq!(Verdict::Sync.max(Verdict::Unknown), Verdict::Unknown);
        assert_eq!(Verdict::Unknown.max(Verdict::Mismatch), Verdict::Mismatch);
    }

    #[test]
    fn thresholds_include_everything_worse() {
        assert!(FailOn::Drift.reached_by(Level::Breaking));
        assert!(!FailOn::Breaking.reached_by(Level::Drift));
        assert!(!FailOn::Never.reached_by(Level::Breaking));
    }
}
