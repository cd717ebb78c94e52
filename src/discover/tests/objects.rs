//! Pods: owners, versions, ports.

use k8s_openapi::api::core::v1::{Pod, Service};
use serde_json::{Value, json};

use super::{pod_of, read, with, with_ports};
use crate::core::selection::PortSpec;
use crate::discover::ports::{Declared, by_services, declared, undeclared};
use crate::discover::workload::{version, workload};

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
