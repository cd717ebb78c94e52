//! The container action as a step of a workflow, with `act` as the runner and the pods of a real
//! API server.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::json;

use crate::bed::plane::Site;
use crate::bed::pods::{ContainerPlan, PodPlan};
use crate::bed::{TestBed, processes};
use crate::engine::{self, Engine, IMAGE, Said};
use crate::github::GitHub;
use crate::namespace::inside;
use crate::node::inline_kubeconfig;
use crate::servers::Server;
use crate::{PORT, root, servers};

/// `act`, built first when it is missing.
pub fn act() -> PathBuf {
    let script = root().join("tests/action/tools/build.sh");
    let output = Command::new(&script).stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} failed: {err}",
        script.display()
    );
    Path::new(String::from_utf8(output.stdout).unwrap().trim()).join("act")
}

/// A repository with the module, a kubeconfig, the action as a release has it, and one workflow.
fn repository(workflow: &str, kubeconfig: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    let released = action.replace("image: Dockerfile", &format!("image: docker://{IMAGE}"));
    assert_ne!(action, released);
    write("action/action.yml", &released);
    let host = folder.path().join("action/host");
    fs::create_dir(&host).unwrap();
    for name in ["action.yml", "fetch.sh"] {
        fs::copy(root().join("host").join(name), host.join(name)).unwrap();
    }
    write(".github/workflows/drift.yml", workflow);
    write("kubeconfig", kubeconfig);
    write(
        "event.json",
        r#"{"pull_request": {"number": 7, "head": {"ref": "feature", "sha": "0123456789012345678901234567890123456789", "repo": {"full_name": "acme/shop"}}, "base": {"ref": "main"}}}"#,
    );
    let shop = root().join("tests/fixtures/modules/shop");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(shop)
        .arg(folder.path().join("proto"))
        .status();
    assert!(copied.unwrap().success());
    let git = "git init -q -b feature . && git add -A && git -c user.name=t -c user.email=t@t commit -qm t";
    let made = Command::new("sh")
        .args(["-c", git])
        .current_dir(folder.path())
        .status();
    assert!(made.unwrap().success());
    folder
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

/// Runs a workflow with one scan that ends with `code`, in a repository with this kubeconfig. The
/// action's container is on the engine's default network, as on a runner of GitHub.
pub fn run(engine: &Engine, kubeconfig: &str, inputs: &[(&str, &str)], code: i32) -> Said {
    let before = engine.works(&["ps", "--all", "--quiet"]);
    let since = now();
    let said = run_one("./action", kubeconfig, inputs, code == 0);
    let after = engine.works(&["ps", "--all", "--quiet"]);
    assert_eq!(before, after, "a container was left behind");
    let ended = engine.works(&[
        "events",
        "--since",
        &since,
        "--until",
        &now(),
        "--filter=event=die",
        &format!("--filter=image={IMAGE}"),
        "--format={{.Actor.Attributes.exitCode}}",
    ]);
    assert_eq!(ended, code.to_string(), "{said:#?}");
    said
}

/// Runs a workflow with one step that uses an action of the repository.
fn run_one(uses: &str, kubeconfig: &str, inputs: &[(&str, &str)], succeeds: bool) -> Said {
    run_with(uses, kubeconfig, inputs, succeeds, &[])
}

/// The same with further arguments for the runner.
fn run_with(
    uses: &str,
    kubeconfig: &str,
    inputs: &[(&str, &str)],
    succeeds: bool,
    more: &[String],
) -> Said {
    let outcome = if succeeds { "success" } else { "failure" };
    let repository = repository(&workflow(uses, inputs, outcome), kubeconfig);
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(act())
        .current_dir(repository.path())
        .args(["pull_request", "--eventpath=event.json", "--pull=false"])
        // It would look for an address of this machine, which has only loopback.
        .args(["--no-cache-server", "--artifact-server-addr=127.0.0.1"])
        .arg("--cache-server-addr=127.0.0.1")
        .arg("--platform=ubuntu-latest=-self-hosted")
        .arg("--container-daemon-socket=unix:///var/run/docker.sock")
        // For the variant on the host, which has no release here.
        .arg(format!(
            "--env=PROTODIFF_BINARY={}",
            engine::binary().display()
        ))
        // The runner of GitHub mounts the files of the step into the container; act, without a
        // container for the job, needs to be told.
        .arg(format!(
            "--container-options=--volume={0}:{0}",
            home.path().display()
        ))
        .args(more)
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        .env("DOCKER_HOST", "unix:///var/run/docker.sock")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Said::of(&output)
        .ends(0)
        .says(&[&format!("the scan was a {outcome}")])
}

/// As the engine takes times.
fn now() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap();
    format!("{}.{:09}", now.as_secs(), now.subsec_nanos())
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
fn gateway(engine: &Engine) -> Ipv4Addr {
    let subnet = "{{range .IPAM.Config}}{{.Subnet}}{{end}}";
    let subnet = engine.works(&["network", "inspect", "bridge", "-f", subnet]);
    let first: Ipv4Addr = subnet.split('/').next().unwrap().parse().unwrap();
    (u32::from(first) + 1).into()
}

#[test]
fn a_workflow_step_posts_what_it_found() {
    const HEAD: &str = "0123456789012345678901234567890123456789";
    const TOKEN: &str = "ghs_a-token-for-a-workflow";
    // Before the network is gone.
    act();
    GitHub::prepare();
    inside("workflow::a_workflow_step_posts_what_it_found", |engine| {
        let host = gateway(engine);
        let bed = TestBed::start_on(
            &Site::on(host),
            processes::binaries(),
            TestBed::new_folder(),
        );
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (drift, _kept) = runtime.block_on(serve(&bed, "drift", "shop-drifted"));
        let github = GitHub::start_on(&host.to_string());
        github.repo("acme/shop");
        github.pull("acme/shop", 7, HEAD);
        let rights = json!({"issues": "write", "pull_requests": "write", "checks": "write"});
        github.workflow_token(TOKEN, &rights);
        let more = [
            format!("--env=GITHUB_API_URL={}", github.url()),
            "--env=GITHUB_REPOSITORY=acme/shop".to_owned(),
            format!("--secret=GITHUB_TOKEN={TOKEN}"),
        ];
        let inputs = [
            ("kubeconfig", "kubeconfig"),
            ("namespace", drift.as_str()),
            ("check-name", "drift (staging)"),
        ];
        let kubeconfig = inline_kubeconfig(&bed, bed.url());
        let said = run_with("./action", &kubeconfig, &inputs, false, &more)
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
    act();
    inside("workflow::a_workflow_step_gates_on_what_runs", |engine| {
        let site = Site::on(gateway(engine));
        let bed = TestBed::start_on(&site, processes::binaries(), TestBed::new_folder());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (sync, _kept) = runtime.block_on(serve(&bed, "sync", "shop"));
        let (drift, _kept_too) = runtime.block_on(serve(&bed, "drift", "shop-drifted"));

        let kubeconfig = inline_kubeconfig(&bed, bed.url());
        let scan = |namespace: &str, code| {
            let inputs = [("kubeconfig", "kubeconfig"), ("namespace", namespace)];
            run(engine, &kubeconfig, &inputs, code)
        };
        let _ = scan(&sync, 0).says(&["SYNC"]);
        let _ = scan(&drift, 1).says(&["MISMATCH", "method-missing"]);
        let _ = scan("nowhere", 3).says(&["UNKNOWN"]);

        // The variant on the host, with the binary of these sources.
        for (namespace, code) in [(sync.as_str(), 0), (drift.as_str(), 1)] {
            let inputs = [("kubeconfig", "kubeconfig"), ("namespace", namespace)];
            let verdict = if code == 0 { "SYNC" } else { "MISMATCH" };
            let said = run_one("./action/host", &kubeconfig, &inputs, code == 0);
            let _ = said.says(&["protodiff 0", verdict]);
        }

        let loopback = inline_kubeconfig(&bed, "https://127.0.0.1:6443");
        let _ = run(engine, &loopback, &[("kubeconfig", "kubeconfig")], 2).says(&["kind: NAME"]);
    });
}
