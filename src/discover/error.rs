//! Why discovery ended with nothing at all.

use std::time::Duration;

use tokio::time::Instant;

use crate::kubernetes::{Action, ClusterError, ClusterErrorKind, describe};

/// Discovery could not be done. What concerns only a part is a [`Gap`](super::Gap) instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoverError {
    /// A label selector that does not parse: a usage error.
    #[error(
        "selector `{selector}`: {cause}\nwrite it as kubectl takes it: app=payment,tier!=cache, env in (a,b), !canary"
    )]
    Selector {
        /// The selector as written.
        selector: String,
        /// What is wrong.
        cause: String,
    },
    /// Everything that was asked for is forbidden.
    #[error("{message}\n{help}")]
    Forbidden {
        /// Verb, resource, namespace.
        message: String,
        /// The rule to add.
        help: String,
    },
    /// The one pod or ConfigMap that was named cannot be used.
    #[error("{object}: {cause}{}{help}", if help.is_empty() { "" } else { "\n" })]
    Pod {
        /// `pod NAMESPACE/NAME`, `configmap NAMESPACE/NAME`.
        object: String,
        /// What is wrong with it.
        cause: String,
        /// What to do.
        help: String,
    },
    /// The cluster cannot be used.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// A failed call: the cluster's fault, in words, and whether asking again may help.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: ClusterError,
    /// HTTP 410: the continuation of a list has expired.
    pub(super) gone: bool,
}

/// Runs one call against the deadline, and classifies its failure.
pub(super) async fn within<T>(
    deadline: Instant,
    action: &Action<'_>,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Failed> {
    match tokio::time::timeout_at(deadline, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failed {
            gone: matches!(&error, kube::Error::Api(status) if status.code == 410),
            error: describe(&error, action),
        }),
        Err(_) => Err(Failed {
            gone: false,
            error: ClusterError {
                kind: ClusterErrorKind::Unreachable,
                object: format!("API server: {}", action.phrase()),
                cause: "no answer before the deadline".to_owned(),
                help: "check the way to the API server, or allow more time with --timeout"
                    .to_owned(),
            },
        }),
    }
}

/// `2m`, `90s`: a duration as flags write it.
pub(super) fn in_words(duration: Duration) -> String {
    humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string()
}
