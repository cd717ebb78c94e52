//! A single target by name: `--target grpc://HOST:PORT` and `k8s://NAMESPACE/POD[:PORT]`.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Pod;
use tokio::time::Instant;

use super::DiscoverError;
use super::error::within;
use super::grpc_services::services;
use super::list::PODS;
use super::ports::{self, Declared};
use super::scope::Scope;
use super::workload::{self, State};
use crate::core::selection::PortSpec;
use crate::core::target::{Address, PortCandidate, Target, VersionKey, WorkloadRef};
use crate::kubernetes::ClusterErrorKind;

/// A static endpoint as a target.
pub fn static_target(host: &str, port: u16, tls: bool) -> Target {
    let name = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    Target {
        workload: WorkloadRef {
            namespace: String::new(),
            kind: "Endpoint".to_owned(),
            name: name.clone(),
        },
        version: VersionKey::default(),
        name,
        address: Address::Static {
            host: host.to_owned(),
            port,
            tls,
        },
        ports: vec![PortCandidate {
            port,
            why: "named".to_owned(),
        }],
        entry: None,
        module: None,
        service: String::new(),
    }
}

/// One pod by name. `port` is a number or the name of a container port; unlike `--port` it wins
/// over the pod's annotation.
///
/// # Errors
/// No such pod, not running, no such port, or the cluster cannot be used.
pub async fn pod(
    client: &kube::Client,
    namespace: &str,
    name: &str,
    port: Option<&str>,
    deadline: Instant,
) -> Result<Target, DiscoverError> {
    let wrong = |cause: String, help: &str| DiscoverError::Pod {
        object: format!("pod {namespace}/{name}"),
        cause,
        help: help.to_owned(),
    };
    let port: Option<PortSpec> = port
        .map(|port| port.parse().map_err(|cause| wrong(cause, "")))
        .transpose()?;
    let scope = Scope::Namespace(namespace.to_owned());
    let api: kube::Api<Pod> = scope.api(client);
    let pod = within(deadline, &PODS.action("get", &scope), api.get(name)).await;
    let pod = pod.map_err(|failed| match failed.error.kind {
        ClusterErrorKind::NotFound => wrong(
            "does not exist".to_owned(),
            "`kubectl get pods -n NAMESPACE` lists the pods",
        ),
        ClusterErrorKind::Forbidden => DiscoverError::Forbidden {
            message: format!("forbidden: {}", failed.error.cause),
            help: failed.error.help,
        },
        _ => failed.error.into(),
    })?;
    match workload::state(&pod) {
        State::Running => {}
        State::Terminating => return Err(wrong("is terminating".to_owned(), "name another pod")),
        State::Done => return Err(wrong("has finished".to_owned(), "name another pod")),
        State::Phase(phase) => {
            return Err(wrong(
                format!("is not running: {phase}"),
                "`kubectl describe pod` says why",
            ));
        }
    }
    let ports = match &port {
        Some(port) => vec![
            ports::explicit(&pod, port)
                .map_err(|cause| wrong(cause, "give a declared name or a number"))?,
        ],
        None => choose(client, &pod, deadline).await,
    };
    Ok(Target {
        workload: workload::workload(&pod),
        version: workload::version(&pod),
        name: name.to_owned(),
        address: workload::address(&pod),
        ports,
        entry: None,
        module: None,
        service: workload::service(&pod),
    })
}

async fn choose(client: &kube::Client, pod: &Pod, deadline: Instant) -> Vec<PortCandidate> {
    if let Declared::Ports(ports) = ports::declared(pod, None, &mut |_| {}) {
        return ports;
    }
    let namespace = workload::namespace(pod).to_owned();
    let known: BTreeMap<_, _> = services(
        client,
        BTreeSet::from([namespace]),
        deadline,
        &mut BTreeSet::new(),
    )
    .await;
    known
        .values()
        .map(|known| ports::by_services(pod, known))
        .find(|ports| !ports.is_empty())
        .unwrap_or_else(|| ports::undeclared(pod))
}
