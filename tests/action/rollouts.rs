//! What plays the controllers of a Deployment while a workflow rolls it out with `kubectl`.
//! [`during`] is the entry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;

use crate::PORT;
use crate::bed::TestBed;
use crate::bed::pods::{ContainerPlan, StartedPod};
use crate::bed::workloads::WorkloadPlan;

/// Does `work` while each template that the Deployment `payment` is given gets a pod with what
/// `serve` starts, after which the pod of the template before is gone.
pub fn during(
    bed: &TestBed,
    namespace: &str,
    serve: impl FnMut(&StartedPod) + Send,
    work: impl FnOnce(),
) {
    /// Ends the controllers, also when the work fails.
    struct Off<'a>(&'a AtomicBool);
    impl Drop for Off<'_> {
        fn drop(&mut self) {
            self.0.store(false, Ordering::Relaxed);
        }
    }
    let on = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let _off = Off(&on);
        scope.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(roll_out(bed, namespace, &on, serve));
        });
        work();
    });
}

async fn roll_out(
    bed: &TestBed,
    namespace: &str,
    on: &AtomicBool,
    mut serve: impl FnMut(&StartedPod),
) {
    let api: kube::Api<Deployment> = kube::Api::namespaced(bed.client().await, namespace);
    let mut revision = 0;
    let mut running: Vec<StartedPod> = Vec::new();
    while on.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let Some(deployment) = api.get_opt("payment").await.unwrap() else {
            continue;
        };
        let seen = deployment
            .status
            .as_ref()
            .and_then(|status| status.observed_generation);
        if seen == deployment.metadata.generation {
            continue;
        }
        let template = deployment.spec.template.spec.as_ref().unwrap();
        let image = template.containers[0].image.as_deref().unwrap();
        let container = ContainerPlan::new("payment", image).port("grpc", PORT);
        let plan = WorkloadPlan::new(namespace, "payment", container);
        revision += 1;
        // A scan that does not wait meets this state.
        bed.deployment_progress(&deployment, 0, 1).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let hash = format!("5d4f8c7b{revision}d");
        let new = bed.generation(&deployment, &plan, &hash, revision).await;
        new.pods.iter().for_each(&mut serve);
        for old in std::mem::replace(&mut running, new.pods) {
            bed.delete_pod(namespace, &old.name).await;
        }
        bed.deployment_progress(&deployment, 1, 1).await;
    }
}
