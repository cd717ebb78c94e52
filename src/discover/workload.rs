//! Groups pods into workloads and versions from the pods alone: no right to read `ReplicaSets` or
//! Deployments is needed.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::Pod;

use crate::core::selection::WorkloadName;
use crate::core::target::{Address, VersionKey, WorkloadRef};

/// The label of a Deployment's `ReplicaSets`; their name ends in its value.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// The same for Argo Rollouts.
const ROLLOUT_HASH: &str = "rollouts-pod-template-hash";
/// The label that `StatefulSets` and `DaemonSets` put on their pods.
pub(super) const REVISION_HASH: &str = "controller-revision-hash";

/// Whether a pod can be asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Running and not on its way out.
    Running,
    /// Its deletion has begun.
    Terminating,
    /// Done, and not expected to serve: a finished Job, a completed pod.
    Done,
    /// Another phase.
    Phase(String),
}

pub(super) fn state(pod: &Pod) -> State {
    if pod.metadata.deletion_timestamp.is_some() {
        return State::Terminating;
    }
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let in_job = controller(pod).is_some_and(|(kind, _)| kind == "Job");
    match phase {
        Some("Running") => State::Running,
        Some("Succeeded") => State::Done,
        Some("Failed") if in_job => State::Done,
        other => State::Phase(other.unwrap_or("Unknown").to_owned()),
    }
}

pub(super) fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

pub(super) fn namespace(pod: &Pod) -> &str {
    pod.metadata.namespace.as_deref().unwrap_or_default()
}

fn label<'a>(pod: &'a Pod, key: &str) -> Option<&'a str> {
    pod.metadata.labels.as_ref()?.get(key).map(String::as_str)
}

/// The annotation that names a pod's module.
const MODULE: &str = "protodiff.dev/module";

/// The module that a pod's annotation names.
pub(super) fn module(pod: &Pod) -> Option<String> {
    let annotations = pod.metadata.annotations.as_ref()?;
    let module = annotations.get(MODULE)?.trim();
    (!module.is_empty()).then(|| module.to_owned())
}

/// The service that a pod belongs to, as its labels name it.
pub(super) fn service(pod: &Pod) -> String {
    label(pod, "app")
        .or_else(|| label(pod, "app.kubernetes.io/name"))
        .filter(|name| !name.is_empty())
        .map_or_else(|| workload(pod).name, ToOwned::to_owned)
}

/// Kind and name of the controlling owner.
fn controller(pod: &Pod) -> Option<(&str, &str)> {
    pod.metadata
        .owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true))
        .map(|owner| (owner.kind.as_str(), owner.name.as_str()))
}

/// The workload that owns a pod.
pub(super) fn workload(pod: &Pod) -> WorkloadRef {
    let (kind, name) = match controller(pod) {
        // The kubelet's own static pods belong to their Node; each is a workload of its own.
        None | Some(("Node", _)) => ("Pod", self::name(pod)),
        Some(("ReplicaSet", set)) => {
            let base = |key: &str| {
                let hash = label(pod, key)?;
                set.strip_suffix(hash)?
                    .strip_suffix('-')
                    .filter(|base| !base.is_empty())
            };
            if let Some(rollout) = base(ROLLOUT_HASH) {
                ("Rollout", rollout)
            } else if let Some(deployment) = base(TEMPLATE_HASH) {
                ("Deployment", deployment)
            } else {
                ("ReplicaSet", set)
            }
        }
        Some((kind, name)) => (kind, name),
    };
    WorkloadRef {
        namespace: namespace(pod).to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
}

/// Whether `--workload` names this pod's workload, its direct owner, or the pod itself.
pub(super) fn is_named(pod: &Pod, wanted: &WorkloadName) -> bool {
    let workload = workload(pod);
    let same = |kind: &str, name: &str| kind == wanted.kind && name == wanted.name;
    same(&workload.kind, &workload.name)
        || controller(pod).is_some_and(|(kind, name)| same(kind, name))
        || same("Pod", self::name(pod))
}

/// The hash of the template that a pod was made from; empty for a bare pod.
pub(super) fn template(pod: &Pod) -> &str {
    [ROLLOUT_HASH, TEMPLATE_HASH, REVISION_HASH]
        .iter()
        .find_map(|key| label(pod, key))
        .unwrap_or_default()
}

/// What tells a pod's version from another of the same workload.
pub(super) fn version(pod: &Pod) -> VersionKey {
    let mut images: Vec<String> = pod
        .spec
        .iter()
        .flat_map(|spec| &spec.containers)
        .filter_map(|container| container.image.clone())
        .collect();
    images.sort();
    let mut digests: Vec<String> = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten())
        .filter_map(|status| digest(&status.image_id))
        .collect();
    digests.sort();
    VersionKey {
        images,
        digests,
        template: template(pod).to_owned(),
    }
}

/// `sha256:…` from `registry/name@sha256:…` or `docker-pullable://…`.
fn digest(image_id: &str) -> Option<String> {
    let at = image_id.rfind("sha256:")?;
    Some(image_id[at..].to_owned())
}

/// Where a pod is reached.
pub(super) fn address(pod: &Pod) -> Address {
    let ip = pod
        .status
        .as_ref()
        .and_then(|status| status.pod_ip.as_deref());
    Address::Pod {
        namespace: namespace(pod).to_owned(),
        name: name(pod).to_owned(),
        ip: ip.and_then(|ip| ip.parse::<IpAddr>().ok()),
    }
}
