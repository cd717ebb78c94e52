//! The node of a kind cluster to ask, among all containers of an engine.
//!
//! kind labels its containers; [`find`] takes a running control plane. The load balancer of a
//! cluster with several has another role, and no kubeconfig.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::Deserialize;

use super::engine::{Engine, EngineError};
use crate::kubernetes::errors::{ClusterError, ClusterErrorKind};

const CLUSTER: &str = "io.x-k8s.kind.cluster";
const ROLE: &str = "io.x-k8s.kind.role";
const CONTROL_PLANE: &str = "control-plane";

/// `{"label":["io.x-k8s.kind.cluster"]}`, as a query can carry it.
const FILTERS: &str = "%7B%22label%22%3A%5B%22io.x-k8s.kind.cluster%22%5D%7D";

/// Where the API server listens inside every node.
const API_PORT: u16 = 6443;

/// The network that kind makes, unless this variable names another.
const NETWORK: &str = "kind";
const NETWORK_VARIABLE: &str = "KIND_EXPERIMENTAL_DOCKER_NETWORK";

/// A control plane of a cluster.
#[derive(Debug)]
pub(super) struct Node {
    /// The engine's id of it.
    pub(super) id: String,
    /// Its name, which its certificate covers.
    pub(super) name: String,
    /// Its API server on each of its networks, the one to prefer first.
    pub(super) endpoints: Vec<Endpoint>,
    /// Its API server on the machine of the engine.
    pub(super) published: Option<SocketAddr>,
}

/// An API server on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Name of the network.
    pub(super) network: String,
    /// The engine's id of the network.
    pub(super) network_id: String,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

/// A container of `GET /containers/json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    names: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    state: String,
}

/// `GET /containers/ID/json`, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    network_settings: Settings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    networks: Option<BTreeMap<String, Network>>,
    ports: Option<BTreeMap<String, Option<Vec<Binding>>>>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(rename = "NetworkID", default)]
    id: String,
    #[serde(rename = "IPAddress", default)]
    v4: String,
    #[serde(rename = "GlobalIPv6Address", default)]
    v6: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_ip: String,
    #[serde(default)]
    host_port: String,
}

/// Finds a running control plane of the cluster.
pub(super) async fn find(engine: &Engine, cluster: &str) -> Result<Node, ClusterError> {
    let failed = |error: EngineError| {
        ClusterError::new(
            ClusterErrorKind::Other,
            engine.object(),
            error.to_string(),
            "is it the socket of a docker engine, and may containers be listed there?",
        )
    };
    let path = format!("/containers/json?all=true&filters={FILTERS}");
    let listed: Vec<Listed> = engine.get(&path).await.map_err(failed)?;
    let (id, name) = choose(&listed, cluster)?;
    let inspected: Inspected = engine
        .get(&format!("/containers/{id}/json"))
        .await
        .map_err(failed)?;
    let preferred = std::env::var(NETWORK_VARIABLE).ok();
    let settings = inspected.network_settings;
    Ok(Node {
        published: published(settings.ports.unwrap_or_default()),
        endpoints: endpoints(settings.networks.unwrap_or_default(), preferred.as_deref()),
        id,
        name,
    })
}

/// Id and name of a running control plane.
fn choose(listed: &[Listed], cluster: &str) -> Result<(String, String), ClusterError> {
    let label = |one: &Listed, key: &str| one.labels.get(key).cloned().unwrap_or_default();
    let name = |one: &Listed| {
        let name = one.names.first().map_or(one.id.as_str(), String::as_str);
        name.trim_start_matches('/').to_owned()
    };
    let mut nodes: Vec<&Listed> = listed
        .iter()
        .filter(|one| label(one, CLUSTER) == cluster && label(one, ROLE) == CONTROL_PLANE)
        .collect();
    nodes.sort_by_key(|one| name(one));
    if let Some(node) = nodes.iter().find(|one| one.state == "running") {
        return Ok((node.id.clone(), name(node)));
    }
    if let Some(node) = nodes.first() {
        return Err(ClusterError::new(
            ClusterErrorKind::Unreachable,
            format!("kind node {}", name(node)),
            format!("it does not run (its state is `{}`)", node.state),
            format!(
                "start it with `docker start {}`, or make the cluster anew",
                name(node)
            ),
        ));
    }
    let clusters: BTreeSet<String> = listed.iter().map(|one| label(one, CLUSTER)).collect();
    let (cause, help) = if clusters.is_empty() {
        (
            "this docker engine has no kind cluster at all",
            "make one first (`kind create cluster --name NAME --wait 5m`), on the engine whose socket this has".to_owned(),
        )
    } else {
        let names: Vec<&str> = clusters.iter().map(String::as_str).collect();
        (
            "this docker engine has no cluster of that name",
            format!("its kind clusters: {}", names.join(", ")),
        )
    };
    Err(ClusterError::new(
        ClusterErrorKind::Config,
        format!("kind cluster `{cluster}`"),
        cause,
        help,
    ))
}

/// kind's own network first.
fn endpoints(networks: BTreeMap<String, Network>, preferred: Option<&str>) -> Vec<Endpoint> {
    let preferred = preferred.filter(|name| !name.is_empty()).unwrap_or(NETWORK);
    let mut found: Vec<Endpoint> = networks
        .into_iter()
        .filter_map(|(name, network)| {
            let ip: IpAddr = network.v4.parse().or_else(|_| network.v6.parse()).ok()?;
            Some(Endpoint {
                network: name,
                network_id: network.id,
                address: SocketAddr::new(ip, API_PORT),
            })
        })
        .collect();
    found.sort_by_key(|endpoint| endpoint.network != preferred);
    found
}

/// The API server's port on the machine; one that is published on all addresses is on loopback.
fn published(mut ports: BTreeMap<String, Option<Vec<Binding>>>) -> Option<SocketAddr> {
    let bindings = ports.remove(&format!("{API_PORT}/tcp"))??;
    bindings.iter().find_map(|binding| {
        let ip = match binding.host_ip.as_str() {
            "" | "0.0.0.0" => Ipv4Addr::LOCALHOST.into(),
            "::" => Ipv6Addr::LOCALHOST.into(),
            other => other.parse().ok()?,
        };
        Some(SocketAddr::new(ip, binding.host_port.parse().ok()?))
    })
}

impl Node {
    /// Its API server on the network to prefer.
    pub(super) fn endpoint(&self) -> Result<&Endpoint, ClusterError> {
        self.endpoints.first().ok_or_else(|| {
            ClusterError::new(
                ClusterErrorKind::Unreachable,
                format!("kind node {}", self.name),
                "it is on no docker network",
                "make the cluster anew",
            )
        })
    }
}

#[cfg(test)]
mod tests;
