//! The ConfigMap that maps services to modules.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use tokio::time::Instant;

use super::DiscoverError;
use super::error::within;
use super::list::Resource;
use super::scope::Scope;
use crate::kubernetes::ClusterErrorKind;

const CONFIG_MAPS: Resource = Resource {
    group: "",
    plural: "configmaps",
};

/// The data of a ConfigMap.
///
/// # Errors
/// It does not exist or may not be read, or the cluster cannot be used.
pub async fn config_map(
    client: &kube::Client,
    namespace: &str,
    name: &str,
    deadline: Instant,
) -> Result<BTreeMap<String, String>, DiscoverError> {
    let scope = Scope::Namespace(namespace.to_owned());
    let api: kube::Api<ConfigMap> = scope.api(client);
    let found = within(deadline, &CONFIG_MAPS.action("get", &scope), api.get(name)).await;
    let found = found.map_err(|failed| match failed.error.kind {
        ClusterErrorKind::NotFound => DiscoverError::Pod {
            object: format!("configmap {namespace}/{name}"),
            cause: "does not exist".to_owned(),
            help: format!("`kubectl get configmaps -n {namespace}` lists what is there"),
        },
        ClusterErrorKind::Forbidden => DiscoverError::Forbidden {
            message: format!("forbidden: {}", failed.error.cause),
            help: failed.error.help,
        },
        _ => failed.error.into(),
    })?;
    Ok(found.data.unwrap_or_default())
}
