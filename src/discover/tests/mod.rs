//! From JSON objects to workloads, ports and rollout stages; and whole surveys against a stand-in
//! for the API server.

mod objects;
mod stages;
mod surveys;
mod waiting;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::core::selection::PodQuery;

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

fn with_ports(ports: Value) -> Value {
    with(
        pod_of("cart", "7d9f", "x"),
        "/spec/containers/0/ports",
        ports,
    )
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

fn query(labels: &str) -> PodQuery {
    PodQuery {
        labels: (!labels.is_empty()).then(|| labels.to_owned()),
        ..PodQuery::default()
    }
}
