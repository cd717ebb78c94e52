//! Pods of a bed. A [`PodPlan`] says what a pod is like, [`TestBed::start_pod`] makes it so and
//! returns where it can be reached: its IP is a loopback address on which the test may listen, and
//! the API server's port-forward leads to the same address. Nothing runs in a pod; a port that
//! nobody listens on refuses both ways.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::TestBed;
use super::plane::NODE;

/// One container of a [`PodPlan`].
#[derive(Clone)]
pub struct ContainerPlan {
    name: String,
    image: String,
    image_id: String,
    ports: Vec<(Option<String>, u16)>,
}

impl ContainerPlan {
    /// A container of `image`, whose image ID is a digest made up from the image's name.
    pub fn new(name: &str, image: &str) -> Self {
        let repository = image
            .rsplit_once(':')
            .map_or(image, |(repository, _)| repository);
        let image_id = format!("{repository}@{}", digest(image));
        Self {
            name: name.into(),
            image: image.into(),
            image_id,
            ports: Vec::new(),
        }
    }

    /// Declares a port; an empty name is none.
    #[must_use]
    pub fn port(mut self, name: &str, number: u16) -> Self {
        self.ports
            .push(((!name.is_empty()).then(|| name.to_owned()), number));
        self
    }

    /// The image ID that the container's status shows, such as `registry/app@sha256:…`.
    #[must_use]
    pub fn image_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.image_id);
        self
    }

    pub(super) fn spec(&self) -> Value {
        let ports: Vec<_> = self
            .ports
            .iter()
            .map(|(name, number)| json!({"name": name, "containerPort": number}))
            .collect();
        json!({"name": self.name, "image": self.image, "ports": ports})
    }

    fn status(&self, phase: &str, ready: bool) -> Value {
        let state = match phase {
            "Pending" => json!({"waiting": {"reason": "ContainerCreating"}}),
            "Succeeded" => json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
            "Failed" => json!({"terminated": {"exitCode": 1, "reason": "Error"}}),
            _ => json!({"running": {}}),
        };
        let id = if phase == "Pending" {
            ""
        } else {
            &self.image_id
        };
        json!({
            "name": self.name, "image": self.image, "imageID": id, "restartCount": 0,
            "ready": ready, "started": phase == "Running", "state": state,
        })
    }
}

/// `sha256:` and the hash of a text: a digest for images that do not exist.
pub fn digest(text: &str) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(text) {
        write!(digest, "{byte:02x}").unwrap();
    }
    digest
}

/// What a pod is to be like. The default is Running and Ready, with no container.
#[derive(Clone)]
pub struct PodPlan {
    namespace: String,
    name: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    containers: Vec<ContainerPlan>,
    owner: Option<OwnerReference>,
    phase: String,
    ready: bool,
    ip: Option<Ipv4Addr>,
    undeclared: Vec<u16>,
}

impl PodPlan {
    /// A pod with no container yet; one is added with [`PodPlan::container`].
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            containers: Vec::new(),
            owner: None,
            phase: "Running".into(),
            ready: true,
            ip: None,
            undeclared: Vec::new(),
        }
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Adds a container.
    #[must_use]
    pub fn container(mut self, container: ContainerPlan) -> Self {
        self.containers.push(container);
        self
    }

    /// Sets the owner, see `workloads.rs`.
    #[must_use]
    pub fn owner(mut self, owner: OwnerReference) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Sets the phase: `Pending`, `Running`, `Succeeded` or `Failed`. Only a running pod is ready.
    #[must_use]
    pub fn phase(mut self, phase: &str) -> Self {
        self.phase = phase.into();
        self.ready = phase == "Running";
        self
    }

    /// The pod runs and is not ready.
    #[must_use]
    pub fn not_ready(mut self) -> Self {
        self.ready = false;
        self
    }

    /// Takes an IP that [`TestBed::pod_ip`] gave, for a server that is to listen before the pod is
    /// there, or for several pods of one server.
    #[must_use]
    pub fn ip(mut self, ip: Ipv4Addr) -> Self {
        self.ip = Some(ip);
        self
    }

    /// Port-forward reaches this port too, which no container declares.
    #[must_use]
    pub fn undeclared_port(mut self, number: u16) -> Self {
        self.undeclared.push(number);
        self
    }

    fn object(&self) -> Value {
        let containers: Vec<_> = self.containers.iter().map(ContainerPlan::spec).collect();
        json!({
            "metadata": {
                "namespace": self.namespace, "name": self.name, "labels": self.labels,
                "annotations": self.annotations,
                "ownerReferences": self.owner.iter().collect::<Vec<_>>(),
            },
            "spec": {"nodeName": NODE, "containers": containers},
        })
    }

    fn status(&self, ip: Ipv4Addr) -> Value {
        let ready = if self.ready { "True" } else { "False" };
        let ip = (self.phase != "Pending").then_some(ip);
        let containers: Vec<_> = self
            .containers
            .iter()
            .map(|c| c.status(&self.phase, self.ready))
            .collect();
        json!({"status": {
            "phase": self.phase, "hostIP": "127.0.0.1", "podIP": ip,
            "podIPs": ip.map(|ip| vec![json!({"ip": ip})]),
            "conditions": [
                {"type": "Initialized", "status": "True"},
                {"type": "PodScheduled", "status": "True"},
                {"type": "ContainersReady", "status": ready},
                {"type": "Ready", "status": ready},
            ],
            "containerStatuses": containers,
        }})
    }

    fn ports(&self) -> Vec<u16> {
        let declared = self
            .containers
            .iter()
            .flat_map(|c| c.ports.iter().map(|(_, port)| port));
        declared.chain(&self.undeclared).copied().collect()
    }

    fn forwards(&self, ip: Ipv4Addr, witness: u16) -> Value {
        let declared = self
            .containers
            .iter()
            .flat_map(|c| c.ports.iter().map(|(_, port)| port));
        let mut forwards: Vec<_> = declared
            .chain(&self.undeclared)
            .map(|port| json!({"ports": [port], "target": {"address": ip, "port": port}}))
            .collect();
        forwards.push(json!({"ports": [witness]}));
        json!({
            "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "PortForward",
            "metadata": {"namespace": self.namespace, "name": self.name},
            "spec": {"forwards": forwards},
        })
    }
}

/// A pod that a bed has started.
#[derive(Clone, Debug)]
pub struct StartedPod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The address that its ports lead to, on the pod network and by port-forward.
    pub ip: Ipv4Addr,
}

impl StartedPod {
    /// Where a port of the pod is served.
    pub fn address(&self, port: u16) -> SocketAddr {
        (self.ip, port).into()
    }
}

impl TestBed {
    /// Makes a pod with the status that the plan says, and returns when its port-forward works.
    pub async fn start_pod(&self, plan: &PodPlan) -> StartedPod {
        self.start_pod_with(&self.client().await, plan).await
    }

    /// Starts many pods at once, in the order given.
    pub async fn start_pods(&self, plans: &[PodPlan]) -> Vec<StartedPod> {
        let client = self.client().await;
        let starts = plans.iter().map(|plan| self.start_pod_with(&client, plan));
        futures::stream::iter(starts).buffered(16).collect().await
    }

    async fn start_pod_with(&self, client: &Client, plan: &PodPlan) -> StartedPod {
        let ip = plan.ip.unwrap_or_else(|| self.pod_ip());
        let witness = self.witness_port(&plan.ports());
        let force = PatchParams::apply("test-bed").force();
        let forwards: Api<DynamicObject> =
            Api::namespaced_with(client.clone(), &plan.namespace, &port_forward());
        let forward = Patch::Apply(plan.forwards(ip, witness));
        forwards
            .patch(&plan.name, &force, &forward)
            .await
            .unwrap_or_else(|e| plan.fail(&e));
        let pods: Api<Pod> = Api::namespaced(client.clone(), &plan.namespace);
        let object = serde_json::from_value(plan.object()).unwrap();
        let made = pods
            .create(&kube::api::PostParams::default(), &object)
            .await;
        let uid = made.unwrap_or_else(|e| plan.fail(&e)).metadata.uid.unwrap();
        let status = Patch::Merge(plan.status(ip));
        let patched = pods
            .patch_status(&plan.name, &PatchParams::default(), &status)
            .await;
        patched.unwrap_or_else(|e| plan.fail(&e));
        wait_for_forward(&pods, &plan.name, witness).await;
        StartedPod {
            namespace: plan.namespace.clone(),
            name: plan.name.clone(),
            uid,
            ip,
        }
    }

    /// Removes a pod at once, as when its node kills it.
    pub async fn delete_pod(&self, namespace: &str, name: &str) {
        let pods: Api<Pod> = Api::namespaced(self.client().await, namespace);
        let now = DeleteParams::default().grace_period(0);
        pods.delete(name, &now)
            .await
            .unwrap_or_else(|e| panic!("{namespace}/{name}: {e}"));
    }
}

impl PodPlan {
    fn fail(&self, error: &kube::Error) -> ! {
        panic!("pod {}/{}: {error}", self.namespace, self.name)
    }
}

fn port_forward() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(
        "kwok.x-k8s.io",
        "v1alpha1",
        "PortForward",
    ))
}

// kwok learns of a PortForward by a watch. The witness is a port that leads nowhere and that only
// this PortForward has: as soon as kwok answers that it leads nowhere, it knows all the others.
async fn wait_for_forward(pods: &Api<Pod>, name: &str, witness: u16) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut forward = pods
            .portforward(name, &[witness])
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let told = forward
            .take_error(witness)
            .unwrap()
            .await
            .unwrap_or_default();
        if told.contains("no target or command") {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "no port-forward to {name}: {told}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
