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
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The pods cannot be found.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// The truth does not load.
    #[error("{0}")]
    Truth(#[from] TruthError),
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
    /// Something of the report was not written.
    #[error("{0}")]
    Write(String),
}

impl RunError {
    /// The documented exit code: 2 for usage and configuration, 4 for everything that kept a
    /// well-formed command from running.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Tls(_) | Self::Discover(DiscoverError::Selector { .. }) => 2,
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
            _ => None,
        }
    }
}
