//! The owners of pods. A bed runs no controllers, so a test plays them: it makes a Deployment, its
//! ReplicaSets and the pods of each with what the controllers would write (owner references, hash
//! labels, revisions), and sets their status. A [`WorkloadPlan`] is what they are made from.

use std::collections::BTreeMap;
use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, Patch, PatchParams};
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::TestBed;
use super::pods::{ContainerPlan, PodPlan, StartedPod};

/// The annotation by which a Deployment and its ReplicaSets tell their order.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// A workload and the template of its pods.
#[derive(Clone)]
pub struct WorkloadPlan {
    namespace: String,
    name: String,
    replicas: u16,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    containers: Vec<ContainerPlan>,
}

impl WorkloadPlan {
    /// A workload of one replica that selects its pods by `app=NAME`.
    pub fn new(namespace: &str, name: &str, container: ContainerPlan) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            replicas: 1,
            labels: BTreeMap::from([("app".into(), name.into())]),
            annotations: BTreeMap::new(),
            containers: vec![container],
        }
    }

    /// Sets how many pods are wanted.
    #[must_use]
    pub fn replicas(mut self, replicas: u16) -> Self {
        self.replicas = replicas;
        self
    }

    /// Adds a label of the pods.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Adds an annotation of the pods.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Adds a second container to the pods.
    #[must_use]
    pub fn container(mut self, container: ContainerPlan) -> Self {
        self.containers.push(container);
        self
    }

    /// A pod of this workload, with one more label (`pod-template-hash` and the like).
    pub fn pod(&self, name: &str, owner: OwnerReference, hash: (&str, &str)) -> PodPlan {
        let mut pod = PodPlan::new(&self.namespace, name)
            .owner(owner)
            .label(hash.0, hash.1);
        for (key, value) in &self.labels {
            pod = pod.label(key, value);
        }
        for (key, value) in &self.annotations {
            pod = pod.annotation(key, value);
        }
        self.containers
            .iter()
            .cloned()
            .fold(pod, PodPlan::container)
    }

    fn template(&self, hash: Option<&str>) -> Value {
        let mut labels = self.labels.clone();
        labels.extend(hash.map(|hash| ("pod-template-hash".to_owned(), hash.to_owned())));
        let containers: Vec<_> = self.containers.iter().map(ContainerPlan::spec).collect();
        json!({
            "metadata": {"labels": labels, "annotations": self.annotations},
            "spec": {"containers": containers},
        })
    }

    fn object(&self, spec: Value) -> Value {
        let mut spec = spec;
        spec["selector"] = json!({"matchLabels": {"app": self.labels["app"]}});
        if spec.get("template").is_none() {
            spec["template"] = self.template(None);
        }
        json!({"metadata": {"namespace": self.namespace, "name": self.name}, "spec": spec})
    }
}

/// A controlling owner reference to an object that exists.
pub fn owned_by<K: Resource<DynamicType = ()>>(owner: &K) -> OwnerReference {
    owner
        .controller_owner_ref(&())
        .expect("an object of the API server has a name and a UID")
}

/// A ReplicaSet and its running pods.
pub struct Generation {
    /// The ReplicaSet.
    pub replica_set: ReplicaSet,
    /// Its pods.
    pub pods: Vec<StartedPod>,
}

impl TestBed {
    /// Makes a Deployment whose controller has not looked at it yet.
    pub async fn deployment(&self, plan: &WorkloadPlan) -> Deployment {
        let object = plan.object(json!({"replicas": plan.replicas}));
        self.create(Some(&plan.namespace), object).await
    }

    /// Makes the ReplicaSet `NAME-HASH` of a Deployment with `plan.replicas` running pods. Two
    /// calls with plans that differ in their image are a rollout half way.
    pub async fn generation(
        &self,
        owner: &Deployment,
        plan: &WorkloadPlan,
        hash: &str,
        revision: u32,
    ) -> Generation {
        let name = format!("{}-{hash}", plan.name);
        let mut object = plan.object(json!({
            "replicas": plan.replicas, "template": plan.template(Some(hash)),
        }));
        object["metadata"]["name"] = json!(name);
        object["metadata"]["annotations"] = json!({REVISION: revision.to_string()});
        object["metadata"]["labels"] = json!({"app": plan.name, "pod-template-hash": hash});
        object["metadata"]["ownerReferences"] = json!([owned_by(owner)]);
        object["spec"]["selector"]["matchLabels"]["pod-template-hash"] = json!(hash);
        let set: ReplicaSet = self.create(Some(&plan.namespace), object).await;
        let pods: Vec<_> = (0..plan.replicas)
            .map(|i| {
                plan.pod(
                    &format!("{name}-{i:05}"),
                    owned_by(&set),
                    ("pod-template-hash", hash),
                )
            })
            .collect();
        let pods = self.start_pods(&pods).await;
        let n = plan.replicas;
        let status = json!({
            "replicas": n, "fullyLabeledReplicas": n, "readyReplicas": n, "availableReplicas": n,
            "observedGeneration": set.metadata.generation,
        });
        let replica_set = self.set_status(&plan.namespace, &name, status).await;
        self.annotate_revision(plan, revision).await;
        Generation { replica_set, pods }
    }

    async fn annotate_revision(&self, plan: &WorkloadPlan, revision: u32) {
        let change = json!({"metadata": {"annotations": {REVISION: revision.to_string()}}});
        self.change::<Deployment>(&plan.namespace, &plan.name, change)
            .await;
    }

    /// Says in a Deployment's status that `updated` of its pods are of the newest template and
    /// `total` are there, and that the controller has seen its newest spec.
    pub async fn deployment_progress(&self, owner: &Deployment, updated: u16, total: u16) {
        let (namespace, name) = (owner.namespace().unwrap(), owner.name_any());
        let api: Api<Deployment> = Api::namespaced(self.client().await, &namespace);
        let generation = api.get(&name).await.unwrap().metadata.generation;
        let done = updated == total;
        let reason = if done {
            "NewReplicaSetAvailable"
        } else {
            "ReplicaSetUpdated"
        };
        let status = json!({
            "observedGeneration": generation, "replicas": total, "updatedReplicas": updated,
            "readyReplicas": total, "availableReplicas": total,
            "conditions": [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
                {"type": "Progressing", "status": "True", "reason": reason},
            ],
        });
        self.set_status::<Deployment>(&namespace, &name, status)
            .await;
    }

    /// A Deployment that is all there: one ReplicaSet and its running pods.
    pub async fn settled_deployment(&self, plan: &WorkloadPlan) -> (Deployment, Generation) {
        let deployment = self.deployment(plan).await;
        let generation = self.generation(&deployment, plan, "5d4f8c7b9d", 1).await;
        self.deployment_progress(&deployment, plan.replicas, plan.replicas)
            .await;
        (deployment, generation)
    }

    /// A StatefulSet and its running pods `NAME-0`, `NAME-1` and so on.
    pub async fn stateful_set(&self, plan: &WorkloadPlan) -> (StatefulSet, Vec<StartedPod>) {
        let spec = json!({"replicas": plan.replicas, "serviceName": plan.name});
        let set: StatefulSet = self.create(Some(&plan.namespace), plan.object(spec)).await;
        let revision = format!("{}-5d4f8c7b9d", plan.name);
        let hash = ("controller-revision-hash", revision.as_str());
        let pods: Vec<_> = (0..plan.replicas)
            .map(|i| plan.pod(&format!("{}-{i}", plan.name), owned_by(&set), hash))
            .collect();
        let pods = self.start_pods(&pods).await;
        let n = plan.replicas;
        let status = json!({
            "observedGeneration": set.metadata.generation, "replicas": n, "readyReplicas": n,
            "currentReplicas": n, "updatedReplicas": n, "availableReplicas": n,
            "currentRevision": revision, "updateRevision": revision,
        });
        (
            self.set_status(&plan.namespace, &plan.name, status).await,
            pods,
        )
    }

    /// A DaemonSet and `plan.replicas` running pods of it (of one node, which no kubelet checks).
    pub async fn daemon_set(&self, plan: &WorkloadPlan) -> (DaemonSet, Vec<StartedPod>) {
        let set: DaemonSet = self
            .create(Some(&plan.namespace), plan.object(json!({})))
            .await;
        let hash = ("controller-revision-hash", "5d4f8c7b9d");
        let pods: Vec<_> = (0..plan.replicas)
            .map(|i| plan.pod(&format!("{}-{i:05}", plan.name), owned_by(&set), hash))
            .collect();
        let pods = self.start_pods(&pods).await;
        let n = plan.replicas;
        let status = json!({
            "observedGeneration": set.metadata.generation, "numberMisscheduled": 0,
            "desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": n,
            "updatedNumberScheduled": n, "numberAvailable": n,
        });
        (
            self.set_status(&plan.namespace, &plan.name, status).await,
            pods,
        )
    }

    /// Merges `status` into an object's status.
    pub async fn set_status<K>(&self, namespace: &str, name: &str, status: Value) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let api: Api<K> = Api::namespaced(self.client().await, namespace);
        let patch = Patch::Merge(json!({"status": status}));
        let done = api
            .patch_status(name, &PatchParams::default(), &patch)
            .await;
        done.unwrap_or_else(|e| panic!("status of {} {namespace}/{name}: {e}", K::kind(&())))
    }

    /// Merges `change` into an object.
    pub async fn change<K>(&self, namespace: &str, name: &str, change: Value) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let api: Api<K> = Api::namespaced(self.client().await, namespace);
        let done = api
            .patch(name, &PatchParams::default(), &Patch::Merge(change))
            .await;
        done.unwrap_or_else(|e| panic!("{} {namespace}/{name}: {e}", K::kind(&())))
    }
}
