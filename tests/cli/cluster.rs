//! Mistakes about the cluster, seen before or at the first call to it.

use std::io::Write as _;
use std::os::unix::net::UnixListener;

use crate::Place;
use crate::api;
use crate::servers::Serving;

const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: closed
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
contexts:
- {name: closed, context: {cluster: c, user: u}}
- {name: plugin, context: {cluster: c, user: e}}
users:
- {name: u, user: {token: s3cret-token}}
- {name: e, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, interactiveMode: Never}}}
";

#[test]
fn what_is_wrong_with_a_kubeconfig_is_said_before_any_call() {
    let place = Place::new();
    place.write("kc.yaml", KUBECONFIG);
    place.write(
        "broken.yaml",
        "users:\n- name: u\n  user: {token: s3cret-token, exec: [\n",
    );
    for (flags, parts, help) in [
        ("", &["no kubeconfig"][..], "--kubeconfig"),
        ("--context x", &["--context x"], "--kubeconfig"),
        (
            "--kubeconfig gone.yaml",
            &["kubeconfig gone.yaml: no such file", "--kubeconfig"],
            "existing file",
        ),
        (
            "--kubeconfig broken.yaml",
            &["kubeconfig broken.yaml: not a valid kubeconfig", "line "],
            "kubectl config view",
        ),
        (
            "--kubeconfig kc.yaml --context x",
            &["kubeconfig kc.yaml: no context named `x`"],
            "closed, plugin",
        ),
        (
            "--kubeconfig kc.yaml --context plugin",
            &["`e`", "`no-such-plugin` is not installed"],
            "Install `no-such-plugin`",
        ),
        (
            "--kubeconfig kc.yaml -l ((x",
            &["selector `((x`"],
            "as kubectl takes it",
        ),
        (
            "-l a\u{a0}in\u{a0}b",
            &["selector `a in b`"],
            "as kubectl takes it",
        ),
    ] {
        let outcome = place.run(&format!("scan modules/shop {flags}"));
        outcome.fails(2, parts).helps(help);
        assert!(!outcome.err.contains("s3cret"), "{outcome:#?}");
    }
    let place = place.with("KUBECONFIG", "gone.yaml");
    place
        .run("scan modules/shop")
        .fails(2, &["kubeconfig gone.yaml: no such file", "KUBECONFIG"])
        .helps("existing file");
}

#[test]
fn an_api_server_that_is_not_there_is_named() {
    let place = Place::new();
    place.write("kc.yaml", KUBECONFIG);
    for command in [
        "scan modules/shop",
        "diff --truth modules/shop --live k8s://shop/cart-0",
    ] {
        let outcome = place.run(&format!("{command} --kubeconfig kc.yaml"));
        if outcome.code == Some(2) {
            // These tests themselves run in a container, where there is more to say.
            outcome.fails(
                2,
                &["kubeconfig kc.yaml", "http://127.0.0.1:1", "container"],
            );
            continue;
        }
        outcome
            .fails(4, &["API server http://127.0.0.1:1", "connection refused"])
            .helps("Is the cluster running?");
    }
}

#[test]
fn what_is_no_docker_engine_is_named() {
    let place = Place::new();
    let listener = UnixListener::bind(place.path("other.sock")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"220 mail ready\r\n");
        }
    });
    drop(UnixListener::bind(place.path("closed.sock")).unwrap());
    for (file, cause, help) in [
        ("gone.sock", "it is not there", "container action"),
        (
            "closed.sock",
            "nothing listens there",
            "Start the docker engine",
        ),
        (
            "other.sock",
            "not a docker engine's",
            "running docker engine",
        ),
    ] {
        let place = Place::new().with(
            "DOCKER_HOST",
            &format!("unix://{}", place.path(file).display()),
        );
        place
            .run("scan modules/shop --kind demo")
            .fails(4, &[file, "(named by DOCKER_HOST)", cause])
            .helps(help);
    }
    for flag in ["--kubeconfig kc.yaml", "--context x"] {
        place
            .run(&format!("scan modules/shop --kind demo {flag}"))
            .fails(2, &["--kind", "cannot be used with"]);
    }
}

#[test]
fn pods_are_scanned_by_selector() {
    let place = Place::new();
    let good = Serving::module(&place.path("modules/shop"));
    let bad = Serving::module(&place.path("modules/shop-drifted"));
    place.write(
        "kc.yaml",
        api::kubeconfig(&[("good", good.port), ("bad", bad.port)]),
    );
    let scan = "scan modules/shop --kubeconfig kc.yaml --connect direct";
    place
        .run(&format!("{scan} -l app=good"))
        .reports(0)
        .says("1 pod");
    place.run(scan).reports(1).says("2 pods").says("bad-0");
    place
        .run(&format!("{scan} -l app=none"))
        .reports(3)
        .says("app=none")
        .says("→ ");
    place
        .run("diff --truth modules/shop --live k8s://shop/gone-0 --kubeconfig kc.yaml")
        .fails(4, &["gone-0"]);
}
