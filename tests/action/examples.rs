//! The workflows of `examples/`, run as they are written: the action from the place that they name,
//! rollouts by the real `kubectl`, images by the real `docker build`.
//!
//! Three things stand in for what cannot be had without GitHub and a registry: GitHub's API, the two
//! actions that keep artifacts, and `kind` itself, whose node is a container as `node.rs` makes it.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::bed::pods::{ContainerPlan, StartedPod};
use crate::bed::workloads::WorkloadPlan;
use crate::bed::{TestBed, processes};
use crate::engine::Engine;
use crate::github::GitHub;
use crate::namespace::inside;
use crate::node::{NETWORK, Node, inline_kubeconfig};
use crate::rollouts;
use crate::runner::{self, OWNER, Repository, one_container};
use crate::workflow::{cluster, gateway};
use crate::{PORT, executable, root, servers};

const REPO: &str = "acme/shop";
const WORKFLOW: &str = ".github/workflows/example.yml";

/// An example, with the owner that it asks to replace.
fn example(name: &str) -> String {
    let text = fs::read_to_string(root().join("examples").join(name)).unwrap();
    let owned = text.replace("OWNER/", &format!("{OWNER}/"));
    assert_ne!(text, owned, "{name}");
    owned
}

/// The event of pull request 7 with this head, from a repository.
fn pull_request(head: &str, base: &str, from: &str) -> Value {
    json!({"pull_request": {
        "number": 7, "user": {"login": "octocat"}, "base": {"ref": "main", "sha": base},
        "head": {"ref": "feature", "sha": head, "repo": {"full_name": from}},
    }})
}

/// A repository whose `main` has one module and whose `feature` has another, with the workflow.
/// Gives the commits of both.
fn change(repository: &Repository, workflow: &str, [base, head]: [&str; 2]) -> [String; 2] {
    repository.module(base);
    let base = repository.commit();
    repository.git(&["update-ref", "refs/remotes/origin/main", &base]);
    repository.module(head);
    repository.write(WORKFLOW, workflow);
    [base, repository.commit()]
}

#[test]
fn staging_is_rolled_out_and_held_against_the_change() {
    // Before the network is gone.
    runner::act();
    GitHub::prepare();
    inside(
        "examples::staging_is_rolled_out_and_held_against_the_change",
        |engine| {
            let host = gateway(engine);
            let bed = cluster(host);
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let variant = Mutex::new("shop-drifted");
            let kept = Mutex::new(Vec::new());
            let serve = |pod: &StartedPod| {
                let arguments = ["--variant", *variant.lock().unwrap()];
                let server = servers::start_at("go", &pod.address(PORT).to_string(), &arguments);
                kept.lock().unwrap().push(server);
            };
            runtime.block_on(async {
                bed.named_namespace("staging", &[]).await;
                let old = ContainerPlan::new("payment", "registry.example/payment:old")
                    .port("grpc", PORT);
                bed.deployment(&WorkloadPlan::new("staging", "payment", old))
                    .await;
            });
            rollouts::during(&bed, "staging", serve, || {
                staging(engine, &bed, &variant, &host.to_string());
            });
        },
    );
}

fn staging(engine: &Engine, bed: &TestBed, variant: &Mutex<&'static str>, host: &str) {
    let github = GitHub::start_on(host);
    let kubeconfig = inline_kubeconfig(bed, bed.url());
    let repository = Repository::new()
        .on(&github)
        .programs(&processes::binaries())
        .given("secret", "STAGING_KUBECONFIG", &kubeconfig);
    let workflow = example("github-staging.yml");
    // The change and its rollout belong together, whatever ran before.
    let [base, head] = change(&repository, &workflow, ["shop-drifted", "shop"]);
    *variant.lock().unwrap() = "shop";
    github.pull(REPO, 7, &head);
    let run = |head: &str, code: i32| {
        let event = pull_request(head, &base, REPO);
        one_container(engine, code, || {
            repository.run(WORKFLOW, "pull_request", &event, code == 0)
        })
    };
    let said = run(&head, 0);
    let checks = github.check_runs(REPO);
    assert_eq!(checks[0]["conclusion"], "success", "{said:#?}");
    assert_eq!(checks[0]["head_sha"], head);
    let comments = github.comments(REPO);
    assert_eq!(comments.len(), 1, "{said:#?}");
    assert!(
        comments[0]["body"].as_str().unwrap().contains("SYNC"),
        "{comments:#?}"
    );
    assert!(
        !said.out.contains("client-key-data"),
        "a secret is in the log"
    );

    // The next push's rollout is of the old code.
    *variant.lock().unwrap() = "shop-drifted";
    repository.write("README.md", "a push");
    let head = repository.commit();
    github.pull(REPO, 7, &head);
    let said = run(&head, 1);
    let comments = github.comments(REPO);
    assert_eq!(comments.len(), 1, "{said:#?}");
    let body = comments[0]["body"].as_str().unwrap();
    for part in ["❌ protodiff: MISMATCH", "introduced", &head[..7]] {
        assert!(body.contains(part), "{part}: {body}");
    }
    github.assert_no_violations();

    // A fork has no secret: the job is not run.
    let event = pull_request(&head, &base, "eve/shop");
    let writes = github.writes().len();
    let said = repository.run(WORKFLOW, "pull_request", &event, true);
    assert_eq!(github.writes().len(), writes, "{said:#?}");
}

/// The programs of a runner that has kind.
fn kind(folder: &Path, kubeconfig: &str) {
    let config = folder.join("kubeconfig");
    fs::write(&config, kubeconfig).unwrap();
    let script = format!(
        "#!/bin/sh
case \"$*\" in
\"create cluster --name ci --wait 2m\") mkdir -p \"$HOME/.kube\" && cp {} \"$HOME/.kube/config\" ;;
\"load docker-image payment:ci --name ci\") docker image inspect --format 'loaded {{{{.Id}}}}' payment:ci ;;
*) echo \"kind: $*\" >&2; exit 2 ;;
esac
",
        config.display()
    );
    executable::write(&folder.join("kind"), script.as_bytes());
}

/// What the examples build and apply.
fn service(repository: &Repository) {
    repository.write("Dockerfile", "FROM scratch\nCOPY proto /proto\n");
    repository.write(
        "deploy/payment.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: payment, namespace: default}
spec:
  selector: {matchLabels: {app: payment}}
  template:
    metadata: {labels: {app: payment}}
    spec:
      containers:
        - {name: payment, image: \"payment:ci\", ports: [{name: grpc, containerPort: 50051}]}
",
    );
}

#[test]
fn a_kind_cluster_of_the_job_is_held_against_the_change() {
    // Before the network is gone.
    runner::act();
    GitHub::prepare();
    inside(
        "examples::a_kind_cluster_of_the_job_is_held_against_the_change",
        |engine| {
            let node = Node::start(engine, "ci");
            let serve = |pod: &StartedPod| node.start_server(pod, &["--variant", "shop-drifted"]);
            let programs = tempfile::tempdir().unwrap();
            let published = engine.works(&["port", &node.name, "6443/tcp"]);
            let server = format!("https://{}", published.lines().next().unwrap());
            kind(programs.path(), &inline_kubeconfig(&node.bed, &server));
            rollouts::during(&node.bed, "default", serve, || {
                let of_the_job = OfTheJob {
                    engine,
                    github: GitHub::start_on(&gateway(engine).to_string()),
                    programs: programs.path(),
                };
                of_the_job.kind();
                of_the_job.merge_queue();
                of_the_job.forks();
                assert_eq!(engine.attached(NETWORK), [node.name.as_str()]);
            });
        },
    );
}

/// What the examples with a cluster of the job's own have in common.
struct OfTheJob<'a> {
    engine: &'a Engine,
    github: GitHub,
    programs: &'a Path,
}

impl OfTheJob<'_> {
    fn repository(&self) -> Repository {
        self.github.reset();
        let repository = Repository::new()
            .on(&self.github)
            .programs(&processes::binaries())
            .programs(self.programs);
        service(&repository);
        repository
    }

    fn comments(&self) -> Vec<String> {
        let comments = self.github.comments(REPO).into_iter();
        comments
            .map(|comment| comment["body"].as_str().unwrap().to_owned())
            .collect()
    }

    fn kind(&self) {
        let repository = self.repository();
        let [base, head] = change(
            &repository,
            &example("github-kind.yml"),
            ["shop", "shop-drifted"],
        );
        for (head, code, verdict) in [(&head, 0, "SYNC"), (&base, 1, "MISMATCH")] {
            if code == 1 {
                repository.module("shop");
                repository.commit();
            }
            self.github.pull(REPO, 7, head);
            let event = pull_request(head, &base, REPO);
            let said = one_container(self.engine, code, || {
                repository.run(WORKFLOW, "pull_request", &event, code == 0)
            });
            let comments = self.comments();
            assert_eq!(comments.len(), 1, "{said:#?}");
            assert!(comments[0].contains(verdict), "{comments:#?}");
        }
        self.github.assert_no_violations();
    }

    fn merge_queue(&self) {
        let repository = self.repository();
        let workflow = example("github-merge-queue.yml");
        let [base, head] = change(&repository, &workflow, ["shop-drifted", "shop"]);
        self.github.pull(REPO, 7, &head);
        let event = pull_request(&head, &base, REPO);
        let said = repository.run(WORKFLOW, "pull_request", &event, false);
        let comments = self.comments();
        assert_eq!(comments.len(), 1, "{said:#?}");
        assert!(comments[0].contains("introduced"), "{comments:#?}");

        // The same in the queue: no comment there, and the check on what the queue has made.
        let repository = self.repository();
        let [base, head] = change(&repository, &workflow, ["shop-drifted", "shop"]);
        self.github
            .call("repo", &json!({"full_name": REPO, "commits": [head]}));
        let event = json!({"action": "checks_requested", "merge_group": {
            "head_sha": head, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-x",
            "base_sha": base, "base_ref": "refs/heads/main",
        }});
        let said = repository.run(WORKFLOW, "merge_group", &event, false);
        let checks = self.github.check_runs(REPO);
        assert_eq!(checks[0]["head_sha"], head, "{said:#?}");
        assert_eq!(checks[0]["conclusion"], "failure");
        assert!(self.comments().is_empty());

        // What an entry of the queue below has broken is not this one's.
        let event = json!({"action": "checks_requested", "merge_group": {
            "head_sha": head, "head_ref": "refs/heads/gh-readonly-queue/main/pr-8-x",
            "base_sha": head, "base_ref": "refs/heads/main",
        }});
        let _ = repository.run(WORKFLOW, "merge_group", &event, true);
        self.github.assert_no_violations();
    }

    fn forks(&self) {
        let kept = tempfile::tempdir().unwrap();
        let (scan, publish) = (
            example("github-fork-safe/scan.yml"),
            example("github-fork-safe/publish.yml"),
        );
        let repository = artifacts(self.repository(), &[&scan, &publish], kept.path());
        let [base, head] = change(&repository, &scan, ["shop-drifted", "shop"]);
        self.github.call("pull", &json!({"repo": REPO, "number": 8, "head_sha": head, "head_repo": "eve/shop", "head_ref": "fix"}));
        let mut event = pull_request(&head, &base, "eve/shop");
        event["pull_request"]["number"] = json!(8);
        let said = one_container(self.engine, 1, || {
            repository.run(WORKFLOW, "pull_request", &event, false)
        });
        let _ = said.says(&["MISMATCH"]);
        assert_eq!(self.github.writes(), Vec::<Value>::new());

        // Of the repository's default branch, and without a checkout.
        let publisher = artifacts(self.repository(), &[&scan, &publish], kept.path())
            .in_containers("node:test", &[Path::new("/usr"), kept.path()]);
        self.github.call("pull", &json!({"repo": REPO, "number": 8, "head_sha": head, "head_repo": "eve/shop", "head_ref": "fix"}));
        publisher.write(WORKFLOW, &publish);
        publisher.commit();
        let image = format!("ghcr.io/{OWNER}/protodiff:1");
        self.engine.works(&["tag", crate::engine::IMAGE, &image]);
        let event = json!({"action": "completed", "workflow_run": {
            "id": 100, "event": "pull_request", "conclusion": "failure", "head_sha": head,
            "head_branch": "fix", "head_repository": {"full_name": "eve/shop"}, "pull_requests": [],
        }});
        let said = publisher.run(WORKFLOW, "workflow_run", &event, false);
        let comments = self.github.comments(REPO);
        assert_eq!(comments.len(), 1, "{said:#?}");
        assert_eq!(comments[0]["issue"], 8, "{comments:#?}");
        assert_eq!(self.github.check_runs(REPO)[0]["head_sha"], head);
        self.github.assert_no_violations();

        // A cancelled run has no report, and the job is not run.
        let mut cancelled = event;
        cancelled["workflow_run"]["conclusion"] = json!("cancelled");
        let writes = self.github.writes().len();
        let _ = publisher.run(WORKFLOW, "workflow_run", &cancelled, true);
        assert_eq!(self.github.writes().len(), writes);
    }
}

/// Puts a folder in the place of GitHub's keeping of artifacts.
fn artifacts(repository: Repository, workflows: &[&str], kept: &Path) -> Repository {
    let (kept, temp) = (kept.display(), repository.temp());
    let temp = temp.display();
    [
        ("upload", format!("mkdir {kept}/$NAME && cp -- \"{temp}/${{FILE#/tmp/}}\" {kept}/$NAME/")),
        ("download", format!("mkdir -p \"$FILE\" && cp {kept}/$NAME/* \"$FILE\"/")),
    ]
    .into_iter()
    .fold(repository, |repository, (verb, line)| {
        let used = format!("actions/{verb}-artifact@");
        let pinned = workflows
            .iter()
            .find_map(|text| text.split_once(&used))
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .unwrap_or_else(|| panic!("nobody uses {used}"));
        let action = format!(
            "name: {verb}\ndescription: {verb}\ninputs: {{name: {{}}, path: {{}}}}\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      env: {{NAME: \"${{{{ inputs.name }}}}\", FILE: \"${{{{ inputs.path }}}}\"}}\n      run: {line}\n"
        );
        repository.uses(&format!("{used}{pinned}"), |folder| {
            fs::write(folder.join("action.yml"), action).unwrap();
        })
    })
}
