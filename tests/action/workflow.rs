//! The container action as a step of a workflow, with `act` as the runner and the pods of a real
//! API server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bed::TestBed;
use crate::bed::pods::{ContainerPlan, PodPlan};
use crate::engine::{Engine, IMAGE, Said};
use crate::namespace::inside;
use crate::node::inline_kubeconfig;
use crate::servers::Server;
use crate::{PORT, root, servers};

/// `act`, built first when it is missing.
fn act() -> PathBuf {
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
    write(".github/workflows/drift.yml", workflow);
    write("kubeconfig", kubeconfig);
    write(
        "event.json",
        r#"{"pull_request": {"number": 7, "head": {"ref": "feature", "sha": "0123456789012345678901234567890123456789"}, "base": {"ref": "main"}}}"#,
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

/// A workflow whose scan ends with `outcome`, which its next step holds it to.
fn workflow(namespace: &str, outcome: &str) -> String {
    format!(
        "on: pull_request
permissions: {{}}
jobs:
  drift:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: scan
        uses: ./action
        continue-on-error: true
        env:
          PROTODIFF_TRUTH: proto
          PROTODIFF_KUBECONFIG: kubeconfig
          PROTODIFF_NAMESPACE: {namespace}
      - run: |
          echo \"the scan was a ${{{{ steps.scan.outcome }}}}\"
          test \"${{{{ steps.scan.outcome }}}}\" = {outcome}
"
    )
}

fn run(engine: &Engine, workflow: &str) -> Said {
    let repository = repository(
        workflow,
        &inline_kubeconfig(TestBed::start(), TestBed::start().url()),
    );
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(act())
        .current_dir(repository.path())
        .args(["pull_request", "--eventpath=event.json", "--pull=false"])
        .arg("--platform=ubuntu-latest=-self-hosted")
        .arg("--container-daemon-socket=unix:///var/run/docker.sock")
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        .env("DOCKER_HOST", "unix:///var/run/docker.sock")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let left = engine.works(&["ps", "--all", "--quiet"]);
    assert_eq!(left, "", "a container was left behind");
    Said::of(&output)
}

async fn serve(name: &str, variant: &'static str) -> (String, Server) {
    let bed = TestBed::start();
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

#[test]
fn a_workflow_step_gates_on_what_runs() {
    // Before the network is gone.
    act();
    inside("workflow::a_workflow_step_gates_on_what_runs", |engine| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (sync, _kept) = runtime.block_on(serve("sync", "shop"));
        let (drift, _kept_too) = runtime.block_on(serve("drift", "shop-drifted"));
        let _ = run(engine, &workflow(&sync, "success"))
            .ends(0)
            .says(&["SYNC", "the scan was a success"]);
        let _ = run(engine, &workflow(&drift, "failure")).ends(0).says(&[
            "MISMATCH",
            "method-missing",
            "exitcode '1'",
            "the scan was a failure",
        ]);
        let _ = run(engine, &workflow("nowhere", "failure"))
            .ends(0)
            .says(&["UNKNOWN", "exitcode '3'"]);
    });
}
