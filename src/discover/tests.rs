//! From JSON objects to workloads, ports, rollout stages; and whole surveys against a stand-in for
//! the API server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ports::{Declared, by_services, declared, undeclared};
use super::rollout_status::{Stage, daemon_set, deployment, stateful_set};
use super::workload::{version, workload};
use super::{DiscoverError, Discovery, pod, pods, rollout};
use crate::core::observation::ReasonKind;
use crate::core::selection::{Namespaces, PodQuery, PortSpec};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A running pod of the Deployment `name` in `shop`.
fn pod_of(name: &str, hash: &str, suffix: &str) -> Value {
    json!({
        "metadata": {
            "name": format!("{name}-{hash}-{suffix}"), "namespace": "shop",
            "labels": {"app": name, "pod-template-hash": hash},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": true,
                "name": format!("{name}-{hash}"), "uid": "u"}],
        },
        "spec": {"containers": [{"name": "main", "image": format!("{name}:1")}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [{
            "name": "main", "image": "x", "ready": true, "restartCount": 0,
            "imageID": "docker-pullable://registry/cart@sha256:abc"}]},
    })
}

fn with(mut value: Value, path: &str, new: Value) -> Value {
    let (parent, key) = path.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[key] = new;
    value
}

fn owned_by(kind: &str, name: &str, labels: Value) -> Pod {
    let value = pod_of("cart", "7d9f", "x");
    let owners =
        json!([{"apiVersion": "v1", "kind": kind, "name": name, "controller": true, "uid": "u"}]);
    read(with(
        with(value, "/metadata/ownerReferences", owners),
        "/metadata/labels",
        labels,
    ))
}

#[test]
fn owners_become_workloads() {
    let shown = |pod: &Pod| workload(pod).to_string();
    assert_eq!(
        shown(&read(pod_of("cart", "7d9f", "x"))),
        "shop/Deployment/cart"
    );
    let rollout = owned_by(
        "ReplicaSet",
        "cart-5b",
        json!({"rollouts-pod-template-hash": "5b"}),
    );
    assert_eq!(shown(&rollout), "shop/Rollout/cart");
    let bare_set = owned_by("ReplicaSet", "cart-5b", json!({}));
    assert_eq!(shown(&bare_set), "shop/ReplicaSet/cart-5b");
    let set = owned_by(
        "StatefulSet",
        "db",
        json!({"controller-revision-hash": "db-66"}),
    );
    assert_eq!(shown(&set), "shop/StatefulSet/db");
    assert_eq!(version(&set).template, "db-66");
    let bare = with(
        pod_of("cart", "7d9f", "x"),
        "/metadata/ownerReferences",
        Value::Null,
    );
    assert_eq!(shown(&read(bare)), "shop/Pod/cart-7d9f-x");
}

#[test]
fn versions_hold_images_digests_and_template() {
    let version = version(&read(pod_of("cart", "7d9f", "x")));
    assert_eq!(version.images, ["cart:1"]);
    assert_eq!(version.digests, ["sha256:abc"]);
    assert_eq!(version.template, "7d9f");
}

fn with_ports(ports: Value) -> Value {
    with(
        pod_of("cart", "7d9f", "x"),
        "/spec/containers/0/ports",
        ports,
    )
}

/// Ports and reasons, as `8080 why`.
fn choice(pod: Value, wanted: Option<&str>) -> Vec<String> {
    let wanted: Option<PortSpec> = wanted.map(|wanted| wanted.parse().unwrap());
    let pod: Pod = read(pod);
    let ports = match declared(&pod, wanted.as_ref(), &mut |_| {}) {
        Declared::Ports(ports) => ports,
        Declared::NoSuchPort(message) => return vec![message],
        Declared::Nothing => undeclared(&pod),
    };
    ports
        .iter()
        .map(|port| format!("{} {}", port.port, port.why))
        .collect()
}

#[test]
fn the_first_kind_of_declaration_decides() {
    let ports = json!([
        {"name": "http", "containerPort": 8080}, {"name": "grpc-admin", "containerPort": 7000},
        {"name": "grpc", "containerPort": 7001}, {"containerPort": 53, "protocol": "UDP"}]);
    let pod = with_ports(ports);
    assert_eq!(
        choice(pod.clone(), None),
        [
            "7000 container port named grpc-admin",
            "7001 container port named grpc"
        ]
    );
    assert_eq!(choice(pod.clone(), Some("http")), ["8080 --port http"]);
    assert_eq!(choice(pod.clone(), Some("1234")), ["1234 --port"]);
    assert_eq!(
        choice(pod.clone(), Some("nope")),
        [
            "no container port is named `nope`; declared: http (8080), grpc-admin (7000), grpc (7001)"
        ]
    );
    let annotated = with(
        pod,
        "/metadata/annotations",
        json!({"protodiff.dev/port": "http"}),
    );
    assert_eq!(
        choice(annotated, Some("1234")),
        ["8080 annotation protodiff.dev/port"]
    );
}

#[test]
fn probes_come_before_other_ports_and_9090_last() {
    let pod = with_ports(json!([{"containerPort": 8080}, {"name": "x", "containerPort": 8081}]));
    assert_eq!(
        choice(pod.clone(), None),
        ["8080 container port", "8081 container port x"]
    );
    let probed = with(
        pod,
        "/spec/containers/0/readinessProbe",
        json!({"grpc": {"port": 9000}}),
    );
    assert_eq!(choice(probed, None), ["9000 gRPC readiness probe"]);
    assert_eq!(choice(pod_of("cart", "7d9f", "x"), None), ["9090 default"]);
}

#[test]
fn sidecars_count_after_the_main_containers_and_plain_init_containers_not() {
    let pod = with_ports(json!([{"containerPort": 8080}]));
    let init = json!([
        {"name": "setup", "ports": [{"name": "grpc", "containerPort": 1}]},
        {"name": "proxy", "restartPolicy": "Always", "ports": [{"containerPort": 15001}]}]);
    let pod = with(pod, "/spec/initContainers", init);
    assert_eq!(
        choice(pod, None),
        ["8080 container port", "15001 container port"]
    );
}

#[test]
fn an_annotation_that_names_no_port_is_passed_over_with_a_note() {
    let pod = with_ports(json!([{"containerPort": 8080}]));
    let pod = with(
        pod,
        "/metadata/annotations",
        json!({"protodiff.dev/port": "grpcs"}),
    );
    let mut notes = Vec::new();
    let result = declared(&read(pod), None, &mut |note| notes.push(note));
    assert_eq!(result, Declared::Nothing);
    assert!(notes[0].contains("`grpcs`"), "{notes:?}");
}

#[test]
fn services_with_app_protocol_name_the_port() {
    let pod: Pod = read(with_ports(json!([{"name": "api", "containerPort": 7777}])));
    let service = |selector: Value, port: Value| -> Service {
        read(json!({"metadata": {"name": "cart"}, "spec": {"selector": selector, "ports": [port]}}))
    };
    let port = json!({"port": 80, "targetPort": "api", "appProtocol": "grpc"});
    let found = by_services(&pod, &[service(json!({"app": "cart"}), port.clone())]);
    assert_eq!(found[0].port, 7777);
    assert_eq!(found[0].why, "Service cart port with appProtocol grpc");
    assert!(by_services(&pod, &[service(json!({"app": "other"}), port.clone())]).is_empty());
    assert!(by_services(&pod, &[service(json!({}), port)]).is_empty());
    let http = json!({"port": 80, "targetPort": "api", "appProtocol": "http"});
    assert!(by_services(&pod, &[service(json!({"app": "cart"}), http)]).is_empty());
}

fn rolling(spec: Value, status: Value) -> Value {
    let mut base = json!({"replicas": 3, "selector": {"matchLabels": {"app": "cart"}},
        "serviceName": "x",
        "template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": []}}});
    for (key, value) in spec.as_object().unwrap() {
        base[key] = value.clone();
    }
    json!({"metadata": {"name": "cart", "namespace": "shop", "generation": 2}, "spec": base, "status": status})
}

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

/// Answers by path and query, and remembers what was asked.
type Asked = Arc<Mutex<Vec<String>>>;

fn stand_in(
    answer: impl Fn(&str) -> (u16, Value) + Clone + Send + 'static,
) -> (kube::Client, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let service = tower::service_fn(move |request: Request<Body>| {
        let uri = request.uri().to_string();
        let (code, body) = answer(&uri);
        log.lock().unwrap().push(uri);
        async move {
            let body = Body::from(serde_json::to_vec(&body).unwrap());
            let response = Response::builder().status(StatusCode::from_u16(code).unwrap());
            Ok::<_, std::io::Error>(response.body(body).unwrap())
        }
    });
    (kube::Client::new(service, "shop"), asked)
}

fn items(items: &[Value]) -> (u16, Value) {
    (
        200,
        json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}),
    )
}

fn forbidden(what: &str) -> (u16, Value) {
    let message = format!("{what} is forbidden: User \"gate\" cannot list resource \"{what}\"");
    (
        403,
        json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": message}),
    )
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

async fn survey(client: &kube::Client, queries: &[PodQuery]) -> Result<Discovery, DiscoverError> {
    pods(client, "shop", queries, soon()).await
}

fn query(labels: &str) -> PodQuery {
    PodQuery {
        labels: (!labels.is_empty()).then(|| labels.to_owned()),
        ..PodQuery::default()
    }
}

#[tokio::test]
async fn pages_are_followed_and_pods_that_do_not_run_are_gaps() {
    let pending = with(pod_of("slow", "1", "a"), "/status/phase", json!("Pending"));
    let going = with(
        pod_of("slow", "1", "b"),
        "/metadata/deletionTimestamp",
        json!("2026-01-01T00:00:00Z"),
    );
    let done = with(pod_of("job", "1", "a"), "/status/phase", json!("Succeeded"));
    let (client, asked) = stand_in(move |uri| {
        if uri.contains("/services") {
            forbidden("services")
        } else if uri.contains("continue=more") {
            items(&[pending.clone(), going.clone(), done.clone()])
        } else {
            let (code, mut page) = items(&[pod_of("cart", "7d9f", "x")]);
            page["metadata"]["continue"] = json!("more");
            (code, page)
        }
    });
    let found = survey(&client, &[query("")]).await.unwrap();
    assert_eq!(found.targets.len(), 1);
    assert_eq!(found.targets[0].ports[0].why, "default");
    assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    assert_eq!(found.gaps[0].reason.kind, ReasonKind::NoPods);
    assert_eq!(
        found.gaps[0].reason.message,
        "no running pod: 1 Pending, 1 terminating"
    );
    assert_eq!(found.gaps[0].workload.as_ref().unwrap().name, "slow");
    assert!(
        found.notes[0].contains("list services in namespace shop"),
        "{:?}",
        found.notes
    );
    assert!(asked.lock().unwrap()[0].contains("limit=500"));
}

#[tokio::test]
async fn what_matches_nothing_is_named_and_near_names_are_suggested() {
    let (client, _) = stand_in(|uri| {
        if uri.contains("labelSelector=app%3Dnone") {
            items(&[])
        } else {
            items(&[pod_of("payment", "7d9f", "x")])
        }
    });
    let misspelt = PodQuery {
        workloads: vec!["deploy/paymnet".parse().unwrap()],
        entry: Some(0),
        ..PodQuery::default()
    };
    let found = survey(&client, &[query("app=none"), misspelt])
        .await
        .unwrap();
    assert!(found.targets.is_empty());
    let texts: Vec<String> = found
        .gaps
        .iter()
        .map(|gap| format!("{}|{}", gap.reason.message, gap.reason.hint))
        .collect();
    assert!(
        texts[0].contains("no pods of Deployment/paymnet"),
        "{texts:?}"
    );
    assert!(
        texts[0].contains("did you mean Deployment/payment?"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("selector `app=none` in namespace `shop`"),
        "{texts:?}"
    );
}

#[tokio::test]
async fn a_forbidden_namespace_is_a_gap_and_all_of_them_an_error() {
    let (client, _) = stand_in(|uri| {
        if uri.contains("/namespaces/shop/pods") {
            items(&[with_ports(json!([{"name": "grpc", "containerPort": 1}]))])
        } else {
            forbidden("pods")
        }
    });
    let named = |names: &[&str]| PodQuery {
        namespaces: Namespaces::Named(names.iter().map(|name| (*name).to_owned()).collect()),
        ..PodQuery::default()
    };
    let found = survey(&client, &[named(&["shop", "vault"])]).await.unwrap();
    assert_eq!(found.targets.len(), 1);
    assert_eq!(found.gaps[0].reason.kind, ReasonKind::Forbidden);
    assert_eq!(
        found.gaps[0].reason.message,
        "forbidden: list pods in namespace vault (user gate)"
    );
    let error = survey(&client, &[named(&["vault"])]).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Forbidden { .. }), "{error}");
    let all = PodQuery {
        namespaces: Namespaces::All,
        ..PodQuery::default()
    };
    let error = survey(&client, &[all]).await.unwrap_err().to_string();
    assert!(
        error.contains("in all namespaces") && error.contains("-n"),
        "{error}"
    );
}

#[tokio::test]
async fn entries_each_take_a_pod_and_the_command_line_only_what_is_left() {
    let cart = with_ports(json!([{"name": "grpc", "containerPort": 1}]));
    let (client, _) = stand_in(move |_| items(std::slice::from_ref(&cart)));
    let entry = |index: usize| PodQuery {
        entry: Some(index),
        ..query("app=cart")
    };
    let found = survey(&client, &[query(""), entry(0), entry(1)])
        .await
        .unwrap();
    let entries: Vec<_> = found.targets.iter().map(|target| target.entry).collect();
    assert_eq!(entries, [Some(0), Some(1)]);
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
}

#[tokio::test]
async fn a_malformed_selector_is_refused_before_any_call() {
    let (client, asked) = stand_in(|_| items(&[]));
    let error = survey(&client, &[query("app in a")]).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Selector { .. }), "{error}");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_pod_by_name() {
    let (client, _) = stand_in(|uri| {
        if uri.ends_with("/pods/cart") {
            (
                200,
                with_ports(json!([{"name": "grpc", "containerPort": 7000}])),
            )
        } else {
            (
                404,
                json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": "not found"}),
            )
        }
    });
    let target = pod(&client, "shop", "cart", None, soon()).await.unwrap();
    assert_eq!(target.ports[0].port, 7000);
    let error = pod(&client, "shop", "nope", None, soon())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("pod shop/nope: does not exist"),
        "{error}"
    );
    let error = pod(&client, "shop", "cart", Some("http"), soon())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`http`") && error.contains("grpc (7000)"),
        "{error}"
    );
}

/// A cluster whose Deployment `cart` goes through these states, one for each look.
fn changing(states: Vec<Value>, live: Vec<Value>) -> (kube::Client, Asked) {
    let looks = Arc::new(Mutex::new(0));
    stand_in(move |uri| {
        if uri.contains("/deployments") {
            let mut look = looks.lock().unwrap();
            let state = states[(*look).min(states.len() - 1)].clone();
            *look += 1;
            if uri.contains("/deployments/") {
                (200, state)
            } else {
                items(&[state])
            }
        } else if uri.contains("/pods") {
            items(&live)
        } else {
            items(&[])
        }
    })
}

fn deployed(updated: i32, observed: i32) -> Value {
    rolling(
        json!({}),
        json!({"observedGeneration": observed, "updatedReplicas": updated,
        "replicas": 3, "availableReplicas": 3}),
    )
}

#[tokio::test]
async fn waiting_ends_when_the_rollout_has_finished() {
    let states = vec![deployed(3, 1), deployed(1, 2), deployed(3, 2)];
    let (client, _) = changing(states, vec![pod_of("cart", "7d9f", "x")]);
    let mut seen = Vec::new();
    let timeout = Duration::from_secs(10);
    let waited = rollout::wait(&client, "shop", &[query("app=cart")], timeout, |progress| {
        seen.push((progress.finished, progress.total));
    })
    .await
    .unwrap();
    assert!(waited.gaps.is_empty(), "{:?}", waited.gaps);
    assert_eq!(seen, [(0, 1), (0, 1), (1, 1)]);
}

#[tokio::test]
async fn a_rollout_that_does_not_finish_is_a_gap() {
    let (client, _) = changing(vec![deployed(1, 2)], Vec::new());
    let named = PodQuery {
        workloads: vec!["deploy/cart".parse().unwrap()],
        ..PodQuery::default()
    };
    let timeout = Duration::from_secs(1);
    let waited = rollout::wait(&client, "shop", &[named], timeout, |_| {})
        .await
        .unwrap();
    assert_eq!(waited.gaps[0].reason.kind, ReasonKind::Rollout);
    assert_eq!(
        waited.gaps[0].reason.message,
        "rollout of shop/Deployment/cart did not finish in 1s: 1 of 3 updated"
    );
}

#[tokio::test]
async fn pods_of_an_older_template_keep_the_waiting_going() {
    let live = vec![pod_of("cart", "old", "x"), pod_of("cart", "new", "y")];
    let (client, _) = changing(vec![deployed(3, 2)], live);
    let timeout = Duration::from_secs(1);
    let waited = rollout::wait(&client, "shop", &[query("")], timeout, |_| {})
        .await
        .unwrap();
    assert!(
        waited.gaps[0].reason.message.contains("2 templates"),
        "{:?}",
        waited.gaps
    );
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_a_gap_that_names_it() {
    let (client, _) = stand_in(|uri| {
        let denied = BTreeMap::from([
            ("/deployments", "deployments"),
            ("/daemonsets", "daemonsets"),
        ]);
        match denied.iter().find(|(path, _)| uri.contains(**path)) {
            Some((_, what)) => forbidden(what),
            None => items(&[]),
        }
    });
    let timeout = Duration::from_secs(5);
    let waited = rollout::wait(&client, "shop", &[query("")], timeout, |_| {})
        .await
        .unwrap();
    let messages: Vec<&str> = waited
        .gaps
        .iter()
        .map(|gap| gap.reason.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "forbidden: list deployments.apps in namespace shop (user gate)",
            "forbidden: list daemonsets.apps in namespace shop (user gate)"
        ]
    );
}
