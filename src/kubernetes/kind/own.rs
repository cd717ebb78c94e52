//! The container that this runs in, as the engine sees it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::engine::Engine;
use crate::kubernetes::container;

/// The container that this runs in.
#[derive(Debug)]
pub(super) struct Own {
    /// The engine's id of it.
    pub(super) id: String,
    mode: String,
    networks: Vec<String>,
}

/// `GET /containers/ID/json`, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    host_config: HostConfig,
    network_settings: Settings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    network_mode: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    networks: Option<BTreeMap<String, Network>>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(rename = "NetworkID", default)]
    id: String,
}

/// Finds it; `None` outside of containers, and in one of another engine.
pub(super) async fn find(engine: &Engine) -> Option<Own> {
    for name in container::id_candidates() {
        let path = format!("/containers/{name}/json");
        if let Ok(Inspected {
            id,
            host_config,
            network_settings,
        }) = engine.get(&path).await
        {
            let networks = network_settings.networks.unwrap_or_default();
            return Some(Own {
                id,
                mode: host_config.network_mode,
                networks: networks.into_values().map(|network| network.id).collect(),
            });
        }
    }
    None
}

impl Own {
    /// Whether it has networks of its own: one on the host's network, or on that of another
    /// container, cannot be attached to anything.
    pub(super) fn has_networks(&self) -> bool {
        self.mode != "host" && !self.mode.starts_with("container:")
    }

    /// Whether it is on the network of this id.
    pub(super) fn is_on(&self, network: &str) -> bool {
        self.networks.iter().any(|id| id == network)
    }
}
