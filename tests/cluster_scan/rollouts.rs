//! Rollouts: versions side by side, and waiting.

use std::time::Duration;

use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};

use crate::bed::TestBed;
use crate::bed::pods::StartedPod;
use crate::bed::workloads::WorkloadPlan;
use crate::scan::SHOP;
use crate::{PORT, app, scan, tonic_server};

const DRIFTED: &str = "tests/fixtures/modules/shop-drifted";

async fn serve_all(module: &str, pods: &[StartedPod]) {
    for pod in pods {
        tonic_server::serve(module, pod.address(PORT)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_rollout_shows_both_versions_of_one_workload() {
    let bed = TestBed::start();
    let ns = bed.namespace("mixed").await;
    let old = WorkloadPlan::new(&ns, "shop", app("registry.test/shop:1")).replicas(2);
    let (deployment, first) = bed.settled_deployment(&old).await;
    let new = WorkloadPlan::new(&ns, "shop", app("registry.test/shop:2"));
    let second = bed.generation(&deployment, &new, "7c6d5e4f3a", 2).await;
    bed.deployment_progress(&deployment, 1, 3).await;
    serve_all(DRIFTED, &first.pods).await;
    serve_all(SHOP, &second.pods).await;

    let scanned = scan(&[SHOP, "-n", &ns, "--workload", "deployment/shop"]);
    assert_eq!(scanned.code, 1, "{}", scanned.stdout);
    let workload = scanned.workload("shop");
    assert_eq!(
        (&workload["kind"], &workload["verdict"]),
        (&"Deployment".into(), &"MISMATCH".into())
    );
    let versions: Vec<(&str, &str, usize)> = workload["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let pods = version["pods"].as_array().unwrap().len();
            (
                version["images"][0].as_str().unwrap(),
                version["verdict"].as_str().unwrap(),
                pods,
            )
        })
        .collect();
    assert_eq!(
        versions,
        [
            ("registry.test/shop:1", "MISMATCH", 2),
            ("registry.test/shop:2", "SYNC", 1)
        ]
    );
    assert!(
        workload["versions"][0]["digests"][0]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );

    let sampled = scan(&[SHOP, "-n", &ns, "--sample", "version"]);
    assert_eq!(sampled.report()["summary"]["pods"], 2, "{}", sampled.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_that_does_not_finish_is_unknown_and_names_itself() {
    let bed = TestBed::start();
    let ns = bed.namespace("stuck").await;
    let plan = WorkloadPlan::new(&ns, "shop", app("registry.test/shop:1")).replicas(2);
    let (deployment, generation) = bed.settled_deployment(&plan).await;
    serve_all(SHOP, &generation.pods).await;
    let settled = scan(&[SHOP, "-n", &ns, "-l", "app=shop", "--wait", "5s"]);
    assert_eq!(settled.code, 0, "{}{}", settled.stdout, settled.stderr);

    bed.deployment_progress(&deployment, 1, 2).await;
    let stuck = scan(&[SHOP, "-n", &ns, "-l", "app=shop", "--wait", "2s"]);
    assert_eq!(stuck.code, 3, "{}{}", stuck.stdout, stuck.stderr);
    let reason = &stuck.workload("shop")["reason"];
    assert_eq!(reason["kind"], "rollout", "{reason:#}");
    assert!(
        reason["message"].as_str().unwrap().contains("shop"),
        "{reason:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_the_rollout_does() {
    let bed = TestBed::start();
    let ns = bed.namespace("finishing").await;
    let plan = WorkloadPlan::new(&ns, "shop", app("registry.test/shop:1")).replicas(2);
    let (deployment, generation) = bed.settled_deployment(&plan).await;
    serve_all(SHOP, &generation.pods).await;
    bed.deployment_progress(&deployment, 1, 2).await;
    let name = ns.clone();
    let scanning = tokio::task::spawn_blocking(move || {
        scan(&[SHOP, "-n", &name, "-l", "app=shop", "--wait", "60s"])
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!scanning.is_finished(), "the scan did not wait");
    bed.deployment_progress(&deployment, 2, 2).await;
    let scanned = scanning.await.unwrap();
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn stateful_and_daemon_sets_are_waited_for_too() {
    let bed = TestBed::start();
    let ns = bed.namespace("sets").await;
    let (store, pods) = bed
        .stateful_set(&WorkloadPlan::new(
            &ns,
            "store",
            app("registry.test/shop:1"),
        ))
        .await;
    serve_all(SHOP, &pods).await;
    let (agent, pods) = bed
        .daemon_set(&WorkloadPlan::new(
            &ns,
            "agent",
            app("registry.test/shop:1"),
        ))
        .await;
    serve_all(SHOP, &pods).await;
    let done = scan(&[
        SHOP,
        "-n",
        &ns,
        "--workload",
        "sts/store",
        "--workload",
        "ds/agent",
        "--wait",
        "5s",
    ]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(done.report()["summary"]["workloads"], 2);

    let behind = serde_json::json!({"updatedReplicas": 0, "updateRevision": "store-new", "currentRevision": "store-old"});
    bed.set_status::<StatefulSet>(&ns, store.metadata.name.as_deref().unwrap(), behind)
        .await;
    let behind = serde_json::json!({"updatedNumberScheduled": 0, "desiredNumberScheduled": 1});
    bed.set_status::<DaemonSet>(&ns, agent.metadata.name.as_deref().unwrap(), behind)
        .await;
    let stuck = scan(&[
        SHOP,
        "-n",
        &ns,
        "--workload",
        "sts/store",
        "--workload",
        "ds/agent",
        "--wait",
        "1s",
    ]);
    assert_eq!(stuck.code, 3, "{}{}", stuck.stdout, stuck.stderr);
    for name in ["store", "agent"] {
        assert_eq!(
            stuck.workload(name)["reason"]["kind"],
            "rollout",
            "{}",
            stuck.stdout
        );
    }
}
