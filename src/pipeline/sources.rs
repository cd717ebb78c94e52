//! Any SOURCE → files: from disk, or from a live server.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::{Access, RunError, live};
use crate::core::observation::{Observation, Reason, ReasonKind};
use crate::core::source::Source;
use crate::core::target::Target;
use crate::core::truth::{Truth, TruthFile};
use crate::discover;
use crate::truth::Buf;

/// How long `buf` may take for one truth.
pub(super) const FOR_BUF: Duration = Duration::from_secs(60);

/// How long finding a single pod may take.
const FIND_POD: Duration = Duration::from_secs(30);

/// A source that was read. `listed` is set for a live server: the services that it has registered,
/// of all that its files declare.
pub(super) struct Loaded {
    pub(super) truth: Truth,
    pub(super) listed: Option<Vec<String>>,
    /// Listed services that did not resolve, with the server's words.
    pub(super) unresolved: Vec<(String, String)>,
}

/// Whether reading this source takes the API server.
pub(super) fn needs_cluster(source: &Source) -> bool {
    matches!(source, Source::Pod { .. })
}

/// The `buf` for these sources: it may send the token to their registries, and it has `budget`,
/// or a minute if that is shorter.
pub(super) fn buf(named: impl IntoIterator<Item = Source>, budget: Duration) -> Buf {
    let hosts = named.into_iter().filter_map(|source| match source {
        Source::Registry(module) => Some(module.host),
        _ => None,
    });
    Buf::from_environment()
        .trusting(hosts)
        .within(budget.min(FOR_BUF))
}

/// Reads a source.
///
/// # Errors
/// It does not load, or the server does not answer.
pub(super) async fn load(source: &Source, access: &Access) -> Result<Loaded, RunError> {
    match source {
        Source::Directory(_)
        | Source::ProtoFile(_)
        | Source::Image(_)
        | Source::StandardInput
        | Source::Git { .. }
        | Source::Registry(_) => {
            let (owned, buf) = (source.clone(), access.buf.clone());
            let truth = tokio::task::spawn_blocking(move || crate::truth::load_with(&owned, &buf))
                .await
                .map_err(|error| RunError::Live {
                    origin: source.to_string(),
                    reason: Reason::new(ReasonKind::Other, error.to_string()),
                })??;
            Ok(Loaded {
                truth,
                listed: None,
                unresolved: Vec::new(),
            })
        }
        Source::Grpc { host, port, tls } => {
            from_target(source, &discover::static_target(host, *port, *tls), access).await
        }
        Source::Pod {
            namespace,
            pod,
            port,
        } => {
            let cluster = access.cluster.as_ref().ok_or_else(|| RunError::Live {
                origin: source.to_string(),
                reason: Reason::new(ReasonKind::Other, "no cluster to ask"),
            })?;
            let target = discover::pod(
                &cluster.client,
                namespace,
                pod,
                port.as_deref(),
                Instant::now() + FIND_POD,
            )
            .await?;
            from_target(source, &target, access).await
        }
    }
}

async fn from_target(
    source: &Source,
    target: &Target,
    access: &Access,
) -> Result<Loaded, RunError> {
    let limit = Instant::now() + access.pod_timeout;
    match live::ask(access, target, &|_| true, limit)
        .await
        .observation
    {
        Observation::Unreachable(reason) => Err(RunError::Live {
            origin: source.to_string(),
            reason,
        }),
        Observation::Live(live) => {
            let files = live
                .files
                .into_iter()
                .map(|bytes| TruthFile {
                    bytes,
                    path: None,
                    imported: false,
                })
                .collect();
            let truth = Truth {
                source: source.to_string(),
                resolved: source.to_string(),
                files,
                notes: live.notes,
                breaking: None,
            };
            Ok(Loaded {
                truth,
                listed: Some(live.services),
                unresolved: live.unresolved,
            })
        }
    }
}

/// A path as a report shows it.
pub(super) fn shown(path: Option<&String>) -> Option<&str> {
    path.map(|path| Path::new(path).to_str().unwrap_or(path))
}
