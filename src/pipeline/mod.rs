//! The only room that knows the order: discover → connect → reflect → compare → judge → report.
//!
//! [`scan::scan`], [`diff::diff`] and [`fetch::fetch`] are the entries, one per command. They give
//! a [`crate::core::report::Report`] or a [`RunError`]; a pod that cannot be read is part of the
//! report, never an error.

mod baseline;
pub mod diff;
mod error;
pub mod fetch;
mod finding;
mod judging;
mod live;
mod modules;
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
use crate::truth::Buf;

/// What every command needs to talk to servers.
pub(crate) struct Access {
    pub(crate) connector: Connector,
    pub(crate) cluster: Option<Cluster>,
    pub(crate) headers: MetadataMap,
    pub(crate) pod_timeout: Duration,
    pub(crate) buf: Buf,
}

impl Access {
    /// Reads the kubeconfig, or finds the kind cluster.
    pub(crate) async fn cluster(args: &ClusterArgs, budget: Duration) -> Result<Cluster, RunError> {
        let options = ClusterOptions {
            kubeconfig: args.kubeconfig.clone(),
            context: args.context.clone(),
            kind: args.kind.clone(),
            // An idle forward must outlive the deadlines that are kept elsewhere.
            timeout: budget + Duration::from_secs(30),
        };
        Ok(crate::kubernetes::client(&options).await?)
    }

    /// Reads TLS files.
    pub(crate) fn new(
        cluster: &ClusterArgs,
        transport: &TransportArgs,
        found: Option<Cluster>,
        buf: Buf,
    ) -> Result<Self, RunError> {
        let headers = config::headers(transport)?;
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
            buf,
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
