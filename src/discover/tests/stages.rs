//! How far a rollout is, from the object alone.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use serde_json::{Value, json};

use super::{read, rolling};
use crate::discover::rollout_status::{Stage, daemon_set, deployment, stateful_set};

#[test]
fn deployments_finish_when_no_old_pod_is_left() {
    let stage = |spec: Value, status: Value| deployment(&read::<Deployment>(rolling(spec, status)));
    let status = |observed: i32, updated: i32, replicas: i32, available: i32| {
        json!({"observedGeneration": observed, "updatedReplicas": updated, "replicas": replicas,
            "availableReplicas": available})
    };
    assert_eq!(stage(json!({}), status(2, 3, 3, 3)), Stage::Finished);
    for (waiting, words) in [
        (status(1, 3, 3, 3), "not seen"),
        (status(2, 1, 3, 3), "1 of 3 updated"),
        (status(2, 3, 4, 4), "1 old left"),
        (status(2, 3, 3, 2), "2 available"),
    ] {
        let Stage::Waiting(why) = stage(json!({}), waiting.clone()) else {
            panic!("{waiting}");
        };
        assert!(why.contains(words), "{why}");
    }
    let overdue = json!({"observedGeneration": 2, "updatedReplicas": 1, "replicas": 4, "availableReplicas": 3,
        "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]});
    assert!(matches!(stage(json!({}), overdue), Stage::Stuck(why) if why.contains("deadline")));
    let paused = stage(json!({"paused": true}), status(2, 0, 3, 3));
    assert!(matches!(paused, Stage::Stuck(why) if why.contains("paused")));
    assert_eq!(
        stage(json!({"replicas": 0}), status(2, 0, 0, 0)),
        Stage::Finished
    );
}

#[test]
fn stateful_sets_and_daemon_sets_are_judged_by_their_own_counts() {
    let set =
        |spec: Value, status: Value| stateful_set(&read::<StatefulSet>(rolling(spec, status)));
    let status = |updated: i32, current: &str| {
        json!({"observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "updatedReplicas": updated,
            "currentRevision": current, "updateRevision": "new"})
    };
    assert_eq!(set(json!({}), status(3, "new")), Stage::Finished);
    assert!(matches!(
        set(json!({}), status(2, "old")),
        Stage::Waiting(_)
    ));
    let partition =
        json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
    assert!(matches!(
        set(partition.clone(), status(1, "old")),
        Stage::Manual(_)
    ));
    assert!(matches!(
        set(partition, status(0, "old")),
        Stage::Waiting(_)
    ));
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    assert!(matches!(set(on_delete, status(0, "old")), Stage::Manual(_)));
    let daemon = |updated: i32, available: i32| {
        let status = json!({"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
            "numberReady": 3, "numberMisscheduled": 0, "updatedNumberScheduled": updated, "numberAvailable": available});
        daemon_set(&read::<DaemonSet>(rolling(json!({}), status)))
    };
    assert_eq!(daemon(3, 3), Stage::Finished);
    assert!(matches!(daemon(2, 3), Stage::Waiting(_)));
    assert!(matches!(daemon(3, 2), Stage::Waiting(_)));
}
