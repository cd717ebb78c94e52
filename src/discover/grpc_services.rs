//! The Services of the namespaces in which a pod says nothing about its gRPC port itself.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use tokio::time::Instant;

use super::list::{SERVICES, list};
use super::scope::Scope;
use crate::kubernetes::ClusterErrorKind;

/// Lists that run at a time.
const AT_ONCE: usize = 8;

/// Services per namespace. A namespace whose Services cannot be listed has none here; one note
/// says so.
pub(super) async fn services(
    client: &kube::Client,
    namespaces: BTreeSet<String>,
    deadline: Instant,
    notes: &mut BTreeSet<String>,
) -> BTreeMap<String, Vec<Service>> {
    let lists = futures::stream::iter(namespaces).map(|namespace| async move {
        let scope = Scope::Namespace(namespace.clone());
        (
            namespace,
            list::<Service>(client, SERVICES, &scope, None, deadline).await,
        )
    });
    let mut found = BTreeMap::new();
    let mut forbidden = BTreeSet::new();
    for (namespace, result) in lists.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
        match result {
            Ok(services) => {
                found.insert(namespace, services);
            }
            Err(failed) if failed.error.kind == ClusterErrorKind::Forbidden => {
                forbidden.insert(namespace);
            }
            Err(failed) => {
                notes.insert(format!(
                    "Services were not looked at for gRPC ports: {}: {}",
                    failed.error.object, failed.error.cause
                ));
            }
        }
    }
    if !forbidden.is_empty() {
        let names: Vec<String> = forbidden.into_iter().collect();
        notes.insert(format!(
            "Services were not looked at for gRPC ports: forbidden: list services in namespace {} (grant it, or name the port with the annotation protodiff.dev/port)",
            names.join(", "),
        ));
    }
    found
}
