use serde_json::json;

use super::*;

fn container(name: &str, cluster: &str, role: &str, state: &str) -> Listed {
    serde_json::from_value(json!({
        "Id": format!("id-of-{name}"), "Names": [format!("/{name}")], "State": state,
        "Labels": {CLUSTER: cluster, ROLE: role},
    }))
    .unwrap()
}

#[test]
fn a_running_control_plane_is_chosen_and_never_the_load_balancer() {
    let listed = [
        container(
            "a-external-load-balancer",
            "a",
            "external-load-balancer",
            "running",
        ),
        container("a-worker", "a", "worker", "running"),
        container("a-control-plane3", "a", CONTROL_PLANE, "running"),
        container("a-control-plane", "a", CONTROL_PLANE, "exited"),
        container("a-control-plane2", "a", CONTROL_PLANE, "running"),
        container("b-control-plane", "b", CONTROL_PLANE, "exited"),
    ];
    let (id, name) = choose(&listed, "a").unwrap();
    assert_eq!(
        (id.as_str(), name.as_str()),
        ("id-of-a-control-plane2", "a-control-plane2")
    );

    let stopped = choose(&listed, "b").unwrap_err();
    assert_eq!(stopped.kind, ClusterErrorKind::Unreachable);
    let text = stopped.to_string();
    assert!(
        text.contains("b-control-plane") && text.contains("`exited`"),
        "{text}"
    );

    let unknown = choose(&listed, "c").unwrap_err();
    assert_eq!(unknown.kind, ClusterErrorKind::Config);
    assert!(
        unknown.to_string().contains("its kind clusters: a, b"),
        "{unknown}"
    );
    assert!(
        choose(&[], "c")
            .unwrap_err()
            .to_string()
            .contains("no kind cluster at all")
    );
}

#[test]
fn the_network_of_kind_comes_first_and_one_without_an_address_not_at_all() {
    let networks = || {
        serde_json::from_value::<BTreeMap<String, Network>>(json!({
            "bridge": {"NetworkID": "1", "IPAddress": "172.17.0.2"},
            "kind": {"NetworkID": "2", "IPAddress": "172.18.0.2", "GlobalIPv6Address": "fc00::2"},
            "none": {"NetworkID": "3", "IPAddress": ""},
            "six": {"NetworkID": "4", "IPAddress": "", "GlobalIPv6Address": "fc00::6"},
        }))
        .unwrap()
    };
    let names = |found: Vec<Endpoint>| {
        let told = found
            .into_iter()
            .map(|one| format!("{} {}", one.network, one.address));
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        names(endpoints(networks(), None)),
        [
            "kind 172.18.0.2:6443",
            "bridge 172.17.0.2:6443",
            "six [fc00::6]:6443"
        ]
    );
    assert_eq!(
        names(endpoints(networks(), Some("six")))[0],
        "six [fc00::6]:6443"
    );
    assert_eq!(
        names(endpoints(networks(), Some("")))[0],
        "kind 172.18.0.2:6443"
    );
}

#[test]
fn the_published_port_is_dialled_on_loopback() {
    let of = |ports: serde_json::Value| published(serde_json::from_value(ports).unwrap());
    let at = |ip: &str| of(json!({"6443/tcp": [{"HostIp": ip, "HostPort": "4001"}]}));
    assert_eq!(at("127.0.0.1"), Some("127.0.0.1:4001".parse().unwrap()));
    assert_eq!(at("0.0.0.0"), Some("127.0.0.1:4001".parse().unwrap()));
    assert_eq!(at("::"), Some("[::1]:4001".parse().unwrap()));
    assert_eq!(of(json!({"6443/tcp": null})), None);
    assert_eq!(
        of(json!({"80/tcp": [{"HostIp": "", "HostPort": "1"}]})),
        None
    );
}
