//! The script of `examples/gitlab-ci.yml`, run as GitLab's runner does: by a shell, in a checkout, with
//! a kubeconfig in a file that a variable names.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::bed::TestBed;
use crate::{PORT, pod, tonic_server};

#[tokio::test(flavor = "multi_thread")]
async fn gitlabs_job_fails_and_leaves_its_reports() {
    let bed = TestBed::start();
    let namespace = bed.namespace("gitlab").await;
    let payment = bed.start_pod(&pod(&namespace, "payment")).await;
    let drifted = "tests/fixtures/modules/shop-drifted";
    tonic_server::serve(drifted, payment.address(PORT)).await;

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("examples/gitlab-ci.yml")).unwrap();
    let pipeline: Value = serde_saphyr::from_str(&text).unwrap();
    let job = &pipeline["schema drift"];
    let script = job["script"][0].as_str().unwrap();
    let script = script.replace("--namespace staging", &format!("--namespace {namespace}"));
    assert!(script.contains(&namespace), "{script}");
    let checkout = tempfile::tempdir().unwrap();
    let module = root.join("tests/fixtures/modules/shop");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(module)
        .arg(checkout.path().join("proto"))
        .status();
    assert!(copied.unwrap().success());
    let programs = Path::new(env!("CARGO_BIN_EXE_protodiff")).parent().unwrap();
    let ran = Command::new("sh")
        .args(["-e", "-c", &script])
        .current_dir(checkout.path())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .env("STAGING_KUBECONFIG", bed.kubeconfig())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{ran:#?}");

    let report = |kind: &str| {
        let name = job["artifacts"]["reports"][kind].as_str().unwrap();
        std::fs::read_to_string(checkout.path().join(name)).unwrap()
    };
    let issues: Value = serde_json::from_str(&report("codequality")).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), 4, "{issues:#?}");
    assert_eq!(
        issues[0]["location"]["path"],
        "proto/shop/orders/v1/orders.proto"
    );
    assert!(report("junit").contains("<failure"), "{}", report("junit"));
}
