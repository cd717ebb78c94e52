//! The container action as a step of a workflow, with `act` as the runner and the pods of a real
//! API server.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::bed::plane::Site;
use crate::bed::pods::{ContainerPlan, PodPlan};
use crate::bed::{TestBed, processes};
use crate::engine::{Engine, Said};
use crate::github::GitHub;
use crate::namespace::inside;
use crate::node::inline_kubeconfig;
use crate::runner::{self, Repository, one_container};
use crate::servers::Server;
use crate::{PORT, servers};

const HEAD: &str = "0123456789012345678901234567890123456789";

/// The event of pull request 7.
fn event() -> Value {
    json!({"pull_request": {
        "number": 7, "base": {"ref": "main"},
        "head": {"ref": "feature", "sha": HEAD, "repo": {"full_name": "acme/shop"}},
    }})
}

/// A workflow whose scan has these inputs and ends with `outcome`, to which its next step holds it.
fn workflow(uses: &str, inputs: &[(&str, &str)], outcome: &str) -> String {
    let inputs: Vec<String> = inputs
        .iter()
        .map(|(name, value)| format!("          {name}: {value}\n"))
        .collect();
    let inputs = inputs.concat();
    format!(
        "on: pull_request
permissions: {{}}
jobs:
  drift:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: scan
        uses: {uses}
        continue-on-error: true
        with:
          module: proto
{inputs}      - run: |
          echo \"the scan was a ${{{{ steps.scan.outcome }}}}\"
          echo \"outputs: ${{{{ steps.scan.outputs.verdict }}}} ${{{{ steps.scan.outputs.breaking }}}} ${{{{ steps.scan.outputs.comment-url }}}}\"
          test \"${{{{ steps.scan.outcome }}}}\" = {outcome}
"
    )
}

/// A repository with the module and a kubeconfig.
fn repository(kubeconfig: &str) -> Repository {
    let repository = Repository::new();
    repository.module("shop");
    repository.write("kubeconfig", kubeconfig);
    repository
}

/// Runs a workflow with one scan that ends with `code`.
fn scan(repository: &Repository, uses: &str, inputs: &[(&str, &str)], code: i32) -> Said {
    let outcome = if code == 0 { "success" } else { "failure" };
    let path = ".github/workflows/drift.yml";
    repository.write(path, &workflow(uses, inputs, outcome));
    repository.commit();
    repository
        .run(path, "pull_request", &event(), true)
        .says(&[&format!("the scan was a {outcome}")])
}

/// The same with the container action.
pub fn run(engine: &Engine, kubeconfig: &str, inputs: &[(&str, &str)], code: i32) -> Said {
    let repository = repository(kubeconfig);
    one_container(engine, code, || {
        scan(&repository, "acme/protodiff@v1", inputs, code)
    })
}

async fn serve(bed: &TestBed, name: &str, variant: &'static str) -> (String, Server) {
    let namespace = bed.namespace(name).await;
    let container = ContainerPlan::new("app", "registry.test/app:1").port("grpc", PORT);
    let plan = PodPlan::new(&namespace, name)
        .label("app", name)
        .container(container);
    let listen = bed.start_pod(&plan).await.address(PORT).to_string();
    (
        namespace,
        servers::start_at("go", &listen, &["--variant", variant]),
    )
}

/// This machine's address on the network of the containers.
pub fn gateway(engine: &Engine) -> Ipv4Addr {
    let subnet = "{{range .IPAM.Config}}{{.Subnet}}{{end}}";
    let subnet = engine.works(&["network", "inspect", "bridge", "-f", subnet]);
    let first: Ipv4Addr = subnet.split('/').next().unwrap().parse().unwrap();
    (u32::from(first) + 1).into()
}

/// An API server where the containers reach it, as an action does one elsewhere.
pub fn cluster(host: Ipv4Addr) -> TestBed {
    let site = Site::on(host);
    TestBed::start_on(&site, processes::binaries(), TestBed::new_folder())
}

#[test]
fn a_workflow_step_posts_what_it_found() {
    // Before the network is gone.
    runner::act();
    GitHub::prepare();
    inside("workflow::a_workflow_step_posts_what_it_found", |engine| {
        let host = gateway(engine);
        let bed = cluster(host);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (drift, _kept) = runtime.block_on(serve(&bed, "drift", "shop-drifted"));
        let github = GitHub::start_on(&host.to_string());
        let repository = repository(&inline_kubeconfig(&bed, bed.url())).on(&github);
        github.pull("acme/shop", 7, HEAD);
        let inputs = [
            ("kubeconfig", "kubeconfig"),
            ("namespace", drift.as_str()),
            ("check-name", "drift (staging)"),
        ];
        let said = scan(&repository, "acme/protodiff@v1", &inputs, 1)
            .says(&["outputs: MISMATCH 2 https://github.com/acme/shop/pull/7#issuecomment-"]);
        let comments = github.comments("acme/shop");
        assert_eq!(comments.len(), 1, "{said:#?}");
        let body = comments[0]["body"].as_str().unwrap();
        assert!(body.contains("## ❌ drift (staging): MISMATCH"), "{body}");
        let checks = github.check_runs("acme/shop");
        assert_eq!(checks[0]["conclusion"], "failure", "{said:#?}");
        assert_eq!(checks[0]["head_sha"], HEAD);
        github.assert_no_violations();
    });
}

#[test]
fn a_workflow_step_gates_on_what_runs() {
    // Before the network is gone.
    runner::act();
    inside("workflow::a_workflow_step_gates_on_what_runs", |engine| {
        let bed = cluster(gateway(engine));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (sync, _kept) = runtime.block_on(serve(&bed, "sync", "shop"));
        let (drift, _kept_too) = runtime.block_on(serve(&bed, "drift", "shop-drifted"));

        let kubeconfig = inline_kubeconfig(&bed, bed.url());
        let container = |namespace: &str, code| {
            let inputs = [("kubeconfig", "kubeconfig"), ("namespace", namespace)];
            run(engine, &kubeconfig, &inputs, code)
        };
        let _ = container(&sync, 0).says(&["SYNC"]);
        let _ = container(&drift, 1).says(&["MISMATCH", "method-missing"]);
        let _ = container("nowhere", 3).says(&["UNKNOWN"]);

        // The variant on the host, with the binary of these sources.
        let repository = repository(&kubeconfig);
        for (namespace, code) in [(sync.as_str(), 0), (drift.as_str(), 1)] {
            let inputs = [("kubeconfig", "kubeconfig"), ("namespace", namespace)];
            let verdict = if code == 0 { "SYNC" } else { "MISMATCH" };
            let said = scan(&repository, "acme/protodiff/host@v1", &inputs, code);
            let _ = said.says(&["protodiff 0", verdict]);
        }

        let loopback = inline_kubeconfig(&bed, "https://127.0.0.1:6443");
        let _ = run(engine, &loopback, &[("kubeconfig", "kubeconfig")], 2).says(&["kind: NAME"]);
    });
}
