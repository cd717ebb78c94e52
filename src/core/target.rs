//! What is scanned: one pod or static endpoint, and the workload and version that it belongs to.
//!
//! `discover` makes [`Target`]s, `connect` and `reflect` read them, `report` groups them.

use std::fmt;
use std::net::IpAddr;

/// The object that owns pods: a Deployment, `StatefulSet`, `DaemonSet`, Argo Rollout, Job, a bare pod,
/// or a static endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadRef {
    /// Kubernetes namespace; empty for a static endpoint.
    pub namespace: String,
    /// Kubernetes kind as written there (`Deployment`, `Pod`, …), or `Endpoint`.
    pub kind: String,
    /// Name of the object, or `HOST:PORT`.
    pub name: String,
}

impl fmt::Display for WorkloadRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// What tells the versions of one workload apart during a rollout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VersionKey {
    /// Image references as the pod's specification writes them, sorted.
    pub images: Vec<String>,
    /// Image digests as the kubelet reports them, sorted; empty where it has not.
    pub digests: Vec<String>,
    /// `pod-template-hash`, `controller-revision-hash` or the like; empty for a bare pod.
    pub template: String,
}

/// Where the bytes go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A host and port that this process can dial.
    Static {
        /// Host name or address, without brackets.
        host: String,
        /// TCP port.
        port: u16,
        /// Whether the notation asked for TLS (`grpcs://`).
        tls: bool,
    },
    /// A pod, reached by its address or through the API server.
    Pod {
        /// Kubernetes namespace.
        namespace: String,
        /// Pod name.
        name: String,
        /// `status.podIP`, if it has one.
        ip: Option<IpAddr>,
    },
}

/// One port to try, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortCandidate {
    /// TCP port.
    pub port: u16,
    /// Why this port: "annotation protodiff.dev/port", "container port named grpc", …
    pub why: String,
}

/// One pod or endpoint to ask for its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The workload that it belongs to.
    pub workload: WorkloadRef,
    /// Its version within the workload.
    pub version: VersionKey,
    /// Pod name, or `HOST:PORT` of a static endpoint.
    pub name: String,
    /// Where to connect.
    pub address: Address,
    /// Ports to try in order; never empty. One element for a static endpoint.
    pub ports: Vec<PortCandidate>,
    /// Index of the configuration's `workloads` entry that selected it, if any.
    pub entry: Option<usize>,
    /// The module that the pod's annotation `protodiff.dev/module` names, as written.
    pub module: Option<String>,
    /// The service that the pod belongs to: its label `app` or `app.kubernetes.io/name`, or its
    /// workload's name; empty for a static endpoint.
    pub service: String,
}
