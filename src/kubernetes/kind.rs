//! Reaches a kind cluster over the docker socket, from inside a container too.
//!
//! kind's own kubeconfig names a port on the loopback of the machine, which a container cannot
//! dial, and the engine keeps its networks apart. [`reach`] therefore takes the kubeconfig out of
//! the cluster's node, attaches the container that this runs in to the node's network, and gives
//! the node's address there. The [`Attachment`] undoes it when it is dropped.

mod admin;
mod attachment;
mod engine;
mod node;
mod own;

use std::net::SocketAddr;
use std::time::Duration;

use kube::config::Kubeconfig;
use tokio::net::TcpStream;

pub(super) use attachment::Attachment;
use engine::Engine;
use node::Node;
use own::Own;

use super::errors::{ClusterError, ClusterErrorKind};

/// For one address of the node: a network that drops packets says nothing.
const DIAL: Duration = Duration::from_secs(3);

/// A kind cluster that answers.
pub(super) struct Reached {
    /// The administrator's, with an address that can be dialled from here.
    pub(super) kubeconfig: Kubeconfig,
    /// For messages.
    pub(super) origin: String,
    /// To be kept as long as the cluster is used.
    pub(super) attachment: Option<Attachment>,
}

/// Finds the cluster of this name and a way to it.
///
/// # Errors
/// What is in the way: the engine, the cluster, its node, its kubeconfig or the network.
pub(super) async fn reach(cluster: &str) -> Result<Reached, ClusterError> {
    let engine = Engine::open().await?;
    let node = node::find(&engine, cluster).await?;
    let mut kubeconfig = admin::kubeconfig(&engine, &node).await?;
    let (address, attachment) = road(&engine, &node).await?;
    for named in &mut kubeconfig.clusters {
        if let Some(cluster) = &mut named.cluster {
            cluster.server = Some(format!("https://{address}"));
            // The certificate covers the node's name for certain; asking DNS for it would race
            // with the attachment.
            cluster.tls_server_name = Some(node.name.clone());
            cluster.proxy_url = None;
        }
    }
    Ok(Reached {
        kubeconfig,
        origin: format!("of kind node {}", node.name),
        attachment,
    })
}

/// An address of the node's API server that can be dialled, and what makes it so.
async fn road(
    engine: &Engine,
    node: &Node,
) -> Result<(SocketAddr, Option<Attachment>), ClusterError> {
    match own::find(engine).await {
        Some(own) if own.has_networks() => road_of_container(engine, node, &own).await,
        _ => Ok((first_that_answers(node).await?, None)),
    }
}

/// By a network of the node, on which this container already is or to which it is attached.
async fn road_of_container(
    engine: &Engine,
    node: &Node,
    own: &Own,
) -> Result<(SocketAddr, Option<Attachment>), ClusterError> {
    let shared = node.endpoints.iter().find(|one| own.is_on(&one.network_id));
    let (endpoint, attachment) = if let Some(endpoint) = shared {
        (endpoint, None)
    } else {
        let endpoint = node.endpoint()?;
        (endpoint, Attachment::make(engine, &own.id, endpoint).await?)
    };
    dial(endpoint.address).await.map_err(|cause| {
        ClusterError::new(
            ClusterErrorKind::Unreachable,
            format!("kind node {}", node.name),
            format!(
                "its API server at {} cannot be reached on the docker network {}: {cause}",
                endpoint.address, endpoint.network
            ),
            "is the cluster ready? `kind create cluster --wait 5m` waits for it",
        )
    })?;
    Ok((endpoint.address, attachment))
}

/// On the machine of the engine, or on its network: the port that kind publishes, else the node's
/// own address.
async fn first_that_answers(node: &Node) -> Result<SocketAddr, ClusterError> {
    let mut tried = Vec::new();
    let own = node.endpoints.iter().map(|endpoint| endpoint.address);
    for address in node.published.into_iter().chain(own) {
        match dial(address).await {
            Ok(()) => return Ok(address),
            Err(cause) => tried.push(format!("{address}: {cause}")),
        }
    }
    Err(ClusterError::new(
        ClusterErrorKind::Unreachable,
        format!("kind node {}", node.name),
        format!(
            "its API server cannot be reached from here ({})",
            if tried.is_empty() {
                "it has no address".to_owned()
            } else {
                tried.join("; ")
            }
        ),
        "is the cluster ready, and is this the machine (or a container of the docker engine) that it runs on?",
    ))
}

async fn dial(address: SocketAddr) -> Result<(), String> {
    match tokio::time::timeout(DIAL, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Err("connection refused".to_owned())
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer after {} s", DIAL.as_secs())),
    }
}

#[cfg(test)]
mod tests;
