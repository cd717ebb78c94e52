//! Which ports of a pod to try, in what order, and why.
//!
//! The first kind of declaration that a pod has decides: annotation, `--port`, a container port
//! named `grpc`, a gRPC probe, a Service port with `appProtocol: grpc`. Only a pod with none of
//! them has its other TCP ports tried.

use k8s_openapi::api::core::v1::{Container, Pod, Probe, Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::core::selection::PortSpec;
use crate::core::target::PortCandidate;

/// The annotation that names a pod's gRPC port.
pub(super) const ANNOTATION: &str = "protodiff.dev/port";

/// The port that is tried if a pod declares nothing.
const DEFAULT_PORT: u16 = 9090;

/// What a pod declares.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// These ports, and no others.
    Ports(Vec<PortCandidate>),
    /// `--port` names a container port that the pod doesn't have; the message says what it has.
    NoSuchPort(String),
    /// Nothing: look at Services, then at [`undeclared`].
    Nothing,
}

/// A container port: number and name.
struct Declaration<'a> {
    port: u16,
    name: Option<&'a str>,
}

/// The containers that run beside each other: main ones first, then sidecars (init containers
/// that are restarted always); plain init containers have ended.
fn containers(pod: &Pod) -> Vec<&Container> {
    let Some(spec) = &pod.spec else {
        return Vec::new();
    };
    let sidecars = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.containers.iter().chain(sidecars).collect()
}

fn tcp_ports(pod: &Pod) -> Vec<Declaration<'_>> {
    containers(pod)
        .into_iter()
        .flat_map(|container| container.ports.iter().flatten())
        .filter(|port| port.protocol.as_deref().unwrap_or("TCP") == "TCP")
        .filter_map(|port| {
            Some(Declaration {
                port: valid(port.container_port)?,
                name: port.name.as_deref(),
            })
        })
        .collect()
}

fn valid(port: i32) -> Option<u16> {
    u16::try_from(port).ok().filter(|port| *port != 0)
}

fn named(pod: &Pod, name: &str) -> Option<u16> {
    tcp_ports(pod)
        .into_iter()
        .find(|port| port.name == Some(name))
        .map(|port| port.port)
}

fn push(candidates: &mut Vec<PortCandidate>, port: u16, why: impl Into<String>) {
    if candidates.iter().all(|candidate| candidate.port != port) {
        candidates.push(PortCandidate {
            port,
            why: why.into(),
        });
    }
}

/// The port that someone named outright; the error says which there are.
pub(super) fn explicit(pod: &Pod, wanted: &PortSpec) -> Result<PortCandidate, String> {
    match wanted {
        PortSpec::Number(port) => Ok(PortCandidate {
            port: *port,
            why: "--port".to_owned(),
        }),
        PortSpec::Name(name) => match named(pod, name) {
            Some(port) => Ok(PortCandidate {
                port,
                why: format!("--port {name}"),
            }),
            None => Err(no_such_port(pod, name)),
        },
    }
}

/// What the pod's own specification and the query say. An annotation that names no port is
/// passed over, with a note.
pub(super) fn declared(
    pod: &Pod,
    wanted: Option<&PortSpec>,
    note: &mut impl FnMut(String),
) -> Declared {
    if let Some(text) = pod
        .metadata
        .annotations
        .as_ref()
        .and_then(|all| all.get(ANNOTATION))
    {
        match resolve_annotation(pod, text.trim()) {
            Some(port) => {
                return Declared::Ports(vec![PortCandidate {
                    port,
                    why: format!("annotation {ANNOTATION}"),
                }]);
            }
            None => note(format!(
                "annotation {ANNOTATION}: `{text}` is neither a port number nor the name of a container port; passed over"
            )),
        }
    }
    if let Some(wanted) = wanted {
        return match explicit(pod, wanted) {
            Ok(candidate) => Declared::Ports(vec![candidate]),
            Err(message) => Declared::NoSuchPort(message),
        };
    }
    let mut candidates = Vec::new();
    for port in tcp_ports(pod) {
        if let Some(name) = port
            .name
            .filter(|name| *name == "grpc" || name.starts_with("grpc-"))
        {
            push(
                &mut candidates,
                port.port,
                format!("container port named {name}"),
            );
        }
    }
    if candidates.is_empty() {
        candidates = probe_ports(pod);
    }
    if candidates.is_empty() {
        Declared::Nothing
    } else {
        Declared::Ports(candidates)
    }
}

fn resolve_annotation(pod: &Pod, text: &str) -> Option<u16> {
    match text.parse::<PortSpec>().ok()? {
        PortSpec::Number(port) => Some(port),
        PortSpec::Name(name) => named(pod, &name),
    }
}

fn no_such_port(pod: &Pod, name: &str) -> String {
    let has: Vec<String> = tcp_ports(pod)
        .iter()
        .map(|port| match port.name {
            Some(name) => format!("{name} ({})", port.port),
            None => port.port.to_string(),
        })
        .collect();
    let has = if has.is_empty() {
        "no ports".to_owned()
    } else {
        has.join(", ")
    };
    format!("no container port is named `{name}`; declared: {has}")
}

fn probe_ports(pod: &Pod) -> Vec<PortCandidate> {
    type Pick = fn(&Container) -> Option<&Probe>;
    let picks: [(&str, Pick); 3] = [
        ("liveness", |c| c.liveness_probe.as_ref()),
        ("readiness", |c| c.readiness_probe.as_ref()),
        ("startup", |c| c.startup_probe.as_ref()),
    ];
    let mut candidates = Vec::new();
    for container in containers(pod) {
        for (kind, pick) in picks {
            let grpc = pick(container).and_then(|probe| probe.grpc.as_ref());
            if let Some(port) = grpc.and_then(|grpc| valid(grpc.port)) {
                push(&mut candidates, port, format!("gRPC {kind} probe"));
            }
        }
    }
    candidates
}

/// Ports that Services of the pod's namespace send gRPC to.
pub(super) fn by_services(pod: &Pod, services: &[Service]) -> Vec<PortCandidate> {
    let mut candidates = Vec::new();
    for service in services.iter().filter(|service| selects(service, pod)) {
        let name = service.metadata.name.as_deref().unwrap_or_default();
        let ports = service
            .spec
            .iter()
            .flat_map(|spec| spec.ports.iter().flatten());
        for port in ports.filter(|port| speaks_grpc(port)) {
            if let Some(target) = target_port(pod, port) {
                let protocol = port.app_protocol.as_deref().unwrap_or_default();
                push(
                    &mut candidates,
                    target,
                    format!("Service {name} port with appProtocol {protocol}"),
                );
            }
        }
    }
    candidates
}

fn selects(service: &Service, pod: &Pod) -> bool {
    let Some(selector) = service
        .spec
        .as_ref()
        .and_then(|spec| spec.selector.as_ref())
    else {
        return false;
    };
    !selector.is_empty()
        && selector.iter().all(|(key, value)| {
            pod.metadata
                .labels
                .as_ref()
                .and_then(|labels| labels.get(key))
                == Some(value)
        })
}

fn speaks_grpc(port: &ServicePort) -> bool {
    port.protocol.as_deref().unwrap_or("TCP") == "TCP"
        && matches!(
            port.app_protocol.as_deref(),
            Some("grpc" | "kubernetes.io/h2c")
        )
}

fn target_port(pod: &Pod, port: &ServicePort) -> Option<u16> {
    match &port.target_port {
        None => valid(port.port),
        Some(IntOrString::Int(number)) => valid(*number),
        Some(IntOrString::String(name)) => named(pod, name),
    }
}

/// The ports of a pod that nothing tells more about; never empty.
pub(super) fn undeclared(pod: &Pod) -> Vec<PortCandidate> {
    let mut candidates = Vec::new();
    for port in tcp_ports(pod) {
        let why = match port.name {
            Some(name) => format!("container port {name}"),
            None => "container port".to_owned(),
        };
        push(&mut candidates, port.port, why);
    }
    if candidates.is_empty() {
        push(&mut candidates, DEFAULT_PORT, "default");
    }
    candidates
}
