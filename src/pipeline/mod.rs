//! The only room that knows the order: discover → connect → reflect → compare → judge → report.
//!
//! [`scan::scan`], [`diff::diff`] and [`fetch::fetch`] are the entries, one per command. They give
//! a [`crate::core::report::Report`] or a [`RunError`]; a pod that cannot be read is part of the
//! report, never an error.

mod baseline;
pub mod diff;
mod error;
pub mod fetch;
mod judging;
mod live;
pub mod progress;
pub mod scan;
mod sources;
mod truths;
mod verify;

use std::time::{Duration, Instant};

pub use error::RunError;
use tonic::metadata::MetadataMap;

use crate::cli::{ClusterArgs, ConnectArg, TransportArgs};
use crate::config::{self};
use crate::connect::{ConnectMode, ConnectOptions, Connector, TlsOptions};
use crate::kubernetes::{Cluster, ClusterOptions};

/// What every command needs to talk to servers.
pub(crate) struct Access {
    pub(crate) connector: Connector,
    pub(crate) cluster: Option<Cluster>,
    pub(crate) headers: MetadataMap,
    pub(crate) pod_timeout: Duration,
}

impl Access {
    /// Reads TLS files and, where `needs_cluster`, the kubeconfig.
    pub(crate) async fn new(
        cluster: &ClusterArgs,
        transport: &TransportArgs,
        needs_cluster: bool,
        timeout: Duration,
    ) -> Result<Self, RunError> {
        let headers = config::headers(transport)?;
        let found = if needs_cluster {
            let options = ClusterOptions {
                kubeconfig: cluster.kubeconfig.clone(),
                context: cluster.context.clone(),
                // An idle forward must outlive the deadlines that are kept elsewhere.
                timeout: timeout + Duration::from_secs(30),
            };
            Some(crate::kubernetes::client(&options).await?)
        } else {
            None
        };
        let connector = Connector::new(ConnectOptions {
            mode: match cluster.connect {
                ConnectArg::Auto => ConnectMode::Auto,
                ConnectArg::Direct => ConnectMode::Direct,
                ConnectArg::PortForward => ConnectMode::PortForward,
            },
            in_cluster: found.as_ref().is_some_and(|cluster| cluster.in_cluster),
            client: found.as_ref().map(|cluster| cluster.client.clone()),
            tls: tls(transport),
        })?;
        Ok(Self {
            connector,
            cluster: found,
            headers,
            pod_timeout: transport.pod_timeout,
        })
    }
}

fn tls(args: &TransportArgs) -> Option<TlsOptions> {
    let implied = args.cacert.is_some()
        || args.cert.is_some()
        || args.server_name.is_some()
        || args.insecure_skip_verify;
    (args.tls || implied).then(|| TlsOptions {
        ca: args.cacert.clone(),
        identity: args.cert.clone().zip(args.key.clone()),
        server_name: args.server_name.clone(),
        insecure_skip_verify: args.insecure_skip_verify,
    })
}

/// Milliseconds since `start`.
fn since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
