//! Why a command could not run, with its exit code.

use crate::config::ConfigError;
use crate::connect::TlsOptionsError;
use crate::core::observation::Reason;
use crate::discover::DiscoverError;
use crate::kubernetes::{ClusterError, ClusterErrorKind};
use crate::publish::descriptor_set::DescriptorSetError;
use crate::truth::TruthError;

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Flags, environment or configuration are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A TLS file is not usable.
    #[error(transparent)]
    Tls(#[from] TlsOptionsError),
    /// The cluster cannot be used.
    #[error("{}: {}", _0.object, _0.cause)]
    Cluster(ClusterError),
    /// A label selector does not parse.
    #[error("selector `{selector}`: {cause}")]
    Selector {
        /// As written.
        selector: String,
        /// What is wrong.
        cause: String,
    },
    /// The pods cannot be found.
    #[error("{message}")]
    Discover {
        /// Object and cause.
        message: String,
        /// What to do; may be empty.
        help: String,
    },
    /// The truth does not load.
    #[error("{0}")]
    Truth(#[from] TruthError),
    /// The baseline does not load.
    #[error("the baseline does not load: {cause}")]
    Baseline {
        /// The SOURCE, and why.
        cause: String,
        /// What to do; may be empty.
        help: String,
    },
    /// A live server that serves as a source cannot be read.
    #[error("{origin}: {}", reason.message)]
    Live {
        /// The SOURCE as written.
        origin: String,
        /// Why.
        reason: Reason,
    },
    /// A descriptor set was not written.
    #[error(transparent)]
    DescriptorSet(#[from] DescriptorSetError),
    /// The report was not written, to a file or to standard output.
    #[error("{0}")]
    Report(String),
    /// A saved report cannot be read.
    #[error("{0}")]
    Saved(String),
    /// Publishing on GitHub was asked for, and did not happen.
    #[error("{0}")]
    Publish(String),
    /// The demo's servers or files cannot be set up.
    #[error("{0}")]
    Demo(String),
}

impl From<ClusterError> for RunError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<DiscoverError> for RunError {
    /// The text of these errors ends in their help, which is shown apart here.
    fn from(error: DiscoverError) -> Self {
        match error {
            DiscoverError::Cluster(error) => Self::Cluster(error),
            DiscoverError::Selector { selector, cause } => Self::Selector { selector, cause },
            DiscoverError::Forbidden { message, help } => Self::Discover { message, help },
            DiscoverError::Pod {
                object,
                cause,
                help,
            } => Self::Discover {
                message: format!("{object}: {cause}"),
                help,
            },
        }
    }
}

impl RunError {
    /// The documented exit code: 2 for usage and configuration, 4 for everything that kept a
    /// well-formed command from running.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Tls(_) | Self::Selector { .. } | Self::Saved(_) => 2,
            Self::Cluster(error) if error.kind == ClusterErrorKind::Config => 2,
            _ => 4,
        }
    }

    /// What to do about it, where the message doesn't say.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.help().map(ToOwned::to_owned),
            Self::Truth(error) => error.help(),
            Self::Live { reason, .. } => (!reason.hint.is_empty()).then(|| reason.hint.clone()),
            Self::Cluster(ClusterError { help, .. })
            | Self::Discover { help, .. }
            | Self::Baseline { help, .. } => (!help.is_empty()).then(|| help.clone()),
            Self::Selector { .. } => Some(
                "Write it as kubectl takes it: app=payment,tier!=cache, env in (a,b), !canary."
                    .to_owned(),
            ),
            Self::Saved(_) => Some(
                "Name the JSON report of the same version: `protodiff scan --report json=FILE`, or the action's output report-json.".to_owned(),
            ),
            Self::Tls(TlsOptionsError::File { .. }) => {
                Some("Name a readable PEM file, or leave the flag out.".to_owned())
            }
            Self::Tls(TlsOptionsError::ServerName(_)) => Some(
                "Give the name that the server's certificate carries, without a port.".to_owned(),
            ),
            Self::Report(_) | Self::DescriptorSet(DescriptorSetError::Write { .. }) => {
                Some("Name a file in a folder that exists and can be written.".to_owned())
            }
            _ => None,
        }
    }
}
