//! Fetches Deployments, `StatefulSets` and `DaemonSets` as one plain type.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::core::{NamespaceResourceScope, Selector};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::core::target::WorkloadRef;
use crate::discover::error::{Failed, within};
use crate::discover::list::{Resource, list};
use crate::discover::rollout_status::{self, Stage};
use crate::discover::scope::Scope;

/// The kinds whose rollouts are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Deployment, Self::StatefulSet, Self::DaemonSet];

    pub(super) fn of(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == kind)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
        }
    }

    fn resource(self) -> Resource {
        Resource {
            group: "apps",
            plural: match self {
                Self::Deployment => "deployments",
                Self::StatefulSet => "statefulsets",
                Self::DaemonSet => "daemonsets",
            },
        }
    }
}

/// A workload with a rollout.
#[derive(Debug, Clone)]
pub(super) struct Rolling {
    pub(super) workload: WorkloadRef,
    pub(super) stage: Stage,
    /// Labels of its pod template.
    pub(super) labels: BTreeMap<String, String>,
    /// Selects its pods; `None` if it cannot be written as a label selector.
    pub(super) pods: Option<String>,
}

/// All objects of a kind in a scope, or the one of this name.
pub(super) async fn fetch(
    client: &kube::Client,
    kind: Kind,
    scope: &Scope,
    name: Option<&str>,
    deadline: Instant,
) -> Result<Vec<Rolling>, Failed> {
    match kind {
        Kind::Deployment => {
            let read = |object: &Deployment| {
                let spec = &object.spec;
                rolling(
                    kind,
                    &object.metadata,
                    rollout_status::deployment(object),
                    &spec.selector,
                    &spec.template,
                )
            };
            objects(client, kind, scope, name, deadline, read).await
        }
        Kind::StatefulSet => {
            let read = |object: &StatefulSet| {
                let spec = &object.spec;
                rolling(
                    kind,
                    &object.metadata,
                    rollout_status::stateful_set(object),
                    &spec.selector,
                    &spec.template,
                )
            };
            objects(client, kind, scope, name, deadline, read).await
        }
        Kind::DaemonSet => {
            let read = |object: &DaemonSet| {
                let spec = &object.spec;
                rolling(
                    kind,
                    &object.metadata,
                    rollout_status::daemon_set(object),
                    &spec.selector,
                    &spec.template,
                )
            };
            objects(client, kind, scope, name, deadline, read).await
        }
    }
}

async fn objects<K>(
    client: &kube::Client,
    kind: Kind,
    scope: &Scope,
    name: Option<&str>,
    deadline: Instant,
    read: impl Fn(&K) -> Rolling,
) -> Result<Vec<Rolling>, Failed>
where
    K: kube::Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
    K::DynamicType: Default,
{
    // A `get` needs a namespace; across all of them only a list finds the name.
    if let (Some(name), Scope::Namespace(_)) = (name, scope) {
        let api: kube::Api<K> = scope.api(client);
        let action = kind.resource().action("get", scope);
        let found = within(deadline, &action, api.get_opt(name)).await?;
        return Ok(found.iter().map(read).collect());
    }
    let listed: Vec<K> = list(client, kind.resource(), scope, None, deadline).await?;
    Ok(listed
        .iter()
        .map(read)
        .filter(|rolling| name.is_none_or(|name| rolling.workload.name == name))
        .collect())
}

fn rolling(
    kind: Kind,
    metadata: &ObjectMeta,
    stage: Stage,
    selector: &LabelSelector,
    template: &PodTemplateSpec,
) -> Rolling {
    let labels = template
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.labels.clone());
    let pods = Selector::try_from(selector.clone()).ok();
    Rolling {
        workload: WorkloadRef {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            kind: kind.as_str().to_owned(),
            name: metadata.name.clone().unwrap_or_default(),
        },
        stage,
        labels: labels.unwrap_or_default(),
        pods: pods
            .filter(|pods| !pods.selects_all())
            .map(|pods| pods.to_string()),
    }
}
