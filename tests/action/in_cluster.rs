//! The manifests of `examples/` that run inside a cluster: applied by the real `kubectl`, and their
//! containers started as a kubelet starts them, with the account's token and nothing else.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bed::pods::{ContainerPlan, PodPlan};
use crate::bed::{TestBed, processes};
use crate::engine::{Engine, Said};
use crate::namespace::inside;
use crate::workflow::{cluster, gateway};
use crate::{PORT, root, servers};

/// The kubelet of one container's pod.
struct Kubelet<'a> {
    engine: &'a Engine,
    bed: &'a TestBed,
    /// What is at `/var/run/secrets/kubernetes.io/serviceaccount`.
    account: tempfile::TempDir,
}

impl<'a> Kubelet<'a> {
    fn new(engine: &'a Engine, bed: &'a TestBed, token: &str) -> Self {
        let account = tempfile::tempdir().unwrap();
        fs::write(account.path().join("token"), token).unwrap();
        fs::write(account.path().join("namespace"), "staging").unwrap();
        fs::copy(bed.ca(), account.path().join("ca.crt")).unwrap();
        // The container is somebody else.
        let open = Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(account.path())
            .status();
        assert!(open.unwrap().success());
        Self {
            engine,
            bed,
            account,
        }
    }

    /// Runs a pod template's container to its end, with these words in the place of others.
    fn run(&self, template: &Value, words: &[(&str, &str)]) -> Said {
        let spec = &template["spec"];
        let container = &spec["containers"][0];
        assert_eq!(spec["serviceAccountName"], "protodiff");
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(
            container["securityContext"]["allowPrivilegeEscalation"],
            false
        );
        assert_eq!(
            container["securityContext"]["capabilities"]["drop"][0],
            "ALL"
        );
        assert_eq!(container["volumeMounts"][0]["mountPath"], "/tmp");
        assert_eq!(container["resources"]["limits"]["memory"], "512Mi");
        let (host, port) = self
            .bed
            .url()
            .trim_start_matches("https://")
            .rsplit_once(':')
            .unwrap();
        let options = [
            format!("--user={}", spec["securityContext"]["runAsUser"]),
            format!("--env=KUBERNETES_SERVICE_HOST={host}"),
            format!("--env=KUBERNETES_SERVICE_PORT={port}"),
            format!(
                "--volume={}:/var/run/secrets/kubernetes.io/serviceaccount:ro",
                self.account.path().display()
            ),
            format!(
                "--volume={}:/modules:ro",
                root().join("tests/fixtures/modules").display()
            ),
        ];
        let strict = [
            "--read-only",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            "--tmpfs=/tmp",
            "--memory=512m",
            // The addresses of pods are this machine's, as a pod's network leads to the others.
            "--network=host",
        ];
        let options: Vec<&str> = options.iter().map(String::as_str).chain(strict).collect();
        let arguments: Vec<String> = container["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|argument| {
                let argument = argument.as_str().unwrap().to_owned();
                let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
                words.iter().fold(argument, replace)
            })
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.engine.run(&options, &arguments)
    }
}

/// Applies manifests as a user does.
fn apply(bed: &TestBed, manifests: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifests.yaml");
    fs::write(&file, manifests.replace("OWNER", "acme")).unwrap();
    let applied = Command::new(processes::binaries().join("kubectl"))
        .arg("--kubeconfig")
        .arg(bed.kubeconfig())
        .args(["apply", "--validate=strict", "--filename"])
        .arg(&file)
        .output()
        .unwrap();
    let _ = Said::of(&applied).ends(0);
}

fn example(name: &str) -> String {
    fs::read_to_string(root().join("examples").join(name)).unwrap()
}

/// A pod of the service, one of a rollout's two versions.
async fn serve(bed: &TestBed, hash: &str, variant: &str) -> servers::Server {
    let container = ContainerPlan::new("payment", "registry.test/payment:1").port("grpc", PORT);
    let plan = PodPlan::new("staging", &format!("payment-{hash}"))
        .label("app", "payment")
        .label("rollouts-pod-template-hash", hash)
        .container(container);
    let listen = bed.start_pod(&plan).await.address(PORT).to_string();
    servers::start_at("go", &listen, &["--variant", variant])
}

#[test]
fn examples_scan_with_the_rights_that_they_come_with() {
    inside(
        "in_cluster::examples_scan_with_the_rights_that_they_come_with",
        |engine| {
            let bed = cluster(gateway(engine));
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let _servers = runtime.block_on(async {
                bed.named_namespace("staging", &[]).await;
                [
                    serve(&bed, "stable", "shop-drifted").await,
                    serve(&bed, "canary", "shop").await,
                ]
            });

            // Argo's own types are not here; its controller fills in the arguments.
            let argo = example("argo-rollouts.yaml");
            let (rights, template) = argo.rsplit_once("\n---\n").unwrap();
            apply(&bed, rights);
            let token = runtime.block_on(bed.token("staging", "protodiff"));
            let kubelet = Kubelet::new(engine, &bed, &token);
            let template: Value = serde_saphyr::from_str(template).unwrap();
            let job = template
                .pointer("/spec/metrics/0/provider/job/spec")
                .unwrap();
            for (hash, code, verdict) in [("canary", 0, "SYNC"), ("stable", 1, "MISMATCH")] {
                let words = [
                    ("{{args.module}}", "/modules/shop"),
                    ("{{args.canary}}", hash),
                ];
                let said = kubelet.run(&job["template"], &words);
                let _ = said.ends(code).says(&[verdict, "1 pod"]);
            }

            // The same account, with what the Job brings.
            apply(&bed, &example("kubernetes-job.yaml"));
            let stored = Command::new(processes::binaries().join("kubectl"))
                .arg("--kubeconfig")
                .arg(bed.kubeconfig())
                .args(["-n", "staging", "get", "job/protodiff", "-o", "json"])
                .output()
                .unwrap();
            let stored: Value = serde_json::from_slice(&stored.stdout).unwrap();
            let words = [("buf.build/acme/payment:main", "/modules/shop")];
            let said = kubelet.run(&stored["spec"]["template"], &words);
            let _ = said.ends(1).says(&["MISMATCH", "2 pods"]);
        },
    );
}
