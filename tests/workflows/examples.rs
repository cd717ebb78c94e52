//! The examples: each is held to the schema or types of what reads it, and its command lines and
//! inputs to what this version of protodiff takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::lint::{actionlint, manifests, run, schema};
use crate::{ACTION, github_examples, read, root, written};

/// A repository that has the action itself, so that actionlint knows its inputs and outputs.
fn beside_the_action(text: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for path in ["action.yml", "host/action.yml", "Dockerfile"] {
        written(folder.path(), path, &read(path));
    }
    let local = text
        .replace(&format!("{ACTION}/host@v1"), "./host")
        .replace(&format!("{ACTION}@v1"), "./");
    actionlint(
        folder.path(),
        &[written(
            folder.path(),
            ".github/workflows/example.yml",
            &local,
        )],
    )
}

#[test]
fn github_workflows_pass_actionlint_with_the_inputs_of_the_action() {
    for path in github_examples() {
        let said = beside_the_action(&read(&path));
        assert_eq!(said, (Some(0), String::new()), "{}", path.display());
    }
    let staging = read("examples/github-staging.yml");
    let (code, said) = beside_the_action(&staging.replace("workloads:", "workload:"));
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("input \"workload\" is not defined in action \"protodiff\""),
        "{said}"
    );
}

#[test]
fn the_pair_for_forks_fits_together() {
    let scan = read("examples/github-fork-safe/scan.yml");
    let publish = read("examples/github-fork-safe/publish.yml");
    assert!(scan.contains("\nname: scan\n") && publish.contains("\n    workflows: [scan]\n"));
    let artifact = "          name: protodiff\n";
    assert!(scan.contains(artifact) && publish.contains(artifact));
    assert_eq!(
        scan.matches(": write").count(),
        0,
        "the first runs a stranger's code"
    );
    for forbidden in ["checkout@", " run:", "secrets.", "contents:"] {
        assert_eq!(
            publish.matches(forbidden).count(),
            0,
            "the second runs none: {forbidden}"
        );
    }
}

#[test]
fn gitlabs_pipeline_fits_gitlabs_schema() {
    let (code, said) = schema("gitlab-ci", &[root().join("examples/gitlab-ci.yml")]);
    assert_eq!(code, Some(0), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let wrong = read("examples/gitlab-ci.yml").replace("codequality:", "code-quality:");
    let (code, said) = schema("gitlab-ci", &[written(folder.path(), "wrong.yml", &wrong)]);
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn manifests_fit_the_types_of_kubernetes_and_argo() {
    let files = ["argo-rollouts.yaml", "kubernetes-job.yaml", "rbac.yaml"];
    let objects = "\
argo-rollouts.yaml: v1 ServiceAccount
argo-rollouts.yaml: rbac.authorization.k8s.io/v1 Role
argo-rollouts.yaml: rbac.authorization.k8s.io/v1 RoleBinding
argo-rollouts.yaml: argoproj.io/v1alpha1 AnalysisTemplate
kubernetes-job.yaml: v1 ServiceAccount
kubernetes-job.yaml: rbac.authorization.k8s.io/v1 Role
kubernetes-job.yaml: rbac.authorization.k8s.io/v1 RoleBinding
kubernetes-job.yaml: batch/v1 Job
rbac.yaml: rbac.authorization.k8s.io/v1 Role
rbac.yaml: rbac.authorization.k8s.io/v1 RoleBinding
rbac.yaml: rbac.authorization.k8s.io/v1 Role
rbac.yaml: rbac.authorization.k8s.io/v1 RoleBinding
";
    let said = manifests(&root().join("examples"), &files);
    assert_eq!(said, (Some(0), objects.to_owned()));

    let folder = tempfile::tempdir().unwrap();
    let wrong = read("examples/argo-rollouts.yaml")
        .replace("readOnlyRootFilesystem", "readOnlyRootFileSystem");
    let (code, said) = manifests(
        folder.path(),
        &[written(folder.path(), "wrong.yaml", &wrong)],
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("unknown field"), "{said}");
}

/// A file of the examples as plain values, one a document.
fn documents(path: &str) -> Vec<Value> {
    let text = read(path);
    let documents = text
        .split("\n---\n")
        .map(|text| serde_saphyr::from_str(text).unwrap());
    documents.collect()
}

/// The arguments of the one container that a Job's or a metric's pod has.
fn container_arguments(pod: &Value) -> Vec<String> {
    let listed = pod
        .pointer("/template/spec/containers/0/args")
        .unwrap()
        .as_array()
        .unwrap();
    listed
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// Runs the binary with an example's words, with a truth and without a cluster. All that may be wrong
/// then is the cluster: a flag or value that this version does not take would be exit code 2.
fn only_the_cluster_is_missing(words: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    written(
        folder.path(),
        "proto/a.proto",
        "syntax = \"proto3\";\npackage a;\nmessage A {}\nservice S { rpc Get(A) returns (A); }\n",
    );
    let kubeconfig = "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
        contexts: [{name: c, context: {cluster: c, user: u}}]\n\
        clusters: [{name: c, cluster: {server: \"http://127.0.0.1:1\"}}]\nusers: [{name: u, user: {}}]\n";
    let kubeconfig = written(folder.path(), "kubeconfig", kubeconfig);
    let known = |word: &String| match word.as_str() {
        "{{args.module}}" | "buf.build/acme/payment:main" => "proto".to_owned(),
        "$STAGING_KUBECONFIG" => kubeconfig.display().to_string(),
        other => other.replace("{{args.canary}}", "5d4f8c7b9"),
    };
    let (code, said) = run(Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .current_dir(folder.path())
        .env_clear()
        .env("KUBECONFIG", &kubeconfig)
        .args(words.iter().map(known)));
    assert_eq!(code, Some(4), "{words:?}: {said}");
    assert!(said.contains("127.0.0.1:1"), "{words:?}: {said}");
}

#[test]
fn command_lines_are_ones_that_protodiff_takes() {
    let argo = documents("examples/argo-rollouts.yaml");
    let template = argo.last().unwrap();
    let job = template
        .pointer("/spec/metrics/0/provider/job/spec")
        .unwrap();
    only_the_cluster_is_missing(&container_arguments(job));

    let manifests = documents("examples/kubernetes-job.yaml");
    let job = manifests.last().unwrap();
    only_the_cluster_is_missing(&container_arguments(job.pointer("/spec").unwrap()));

    let gitlab = &documents("examples/gitlab-ci.yml")[0];
    let script = gitlab
        .pointer("/schema drift/script/0")
        .unwrap()
        .as_str()
        .unwrap();
    let words: Vec<_> = script
        .split_whitespace()
        .map(|word| word.trim_matches('"').to_owned())
        .collect();
    assert_eq!(words[0], "protodiff");
    only_the_cluster_is_missing(&words[1..]);
}

#[test]
fn the_report_that_a_fork_left_is_named_as_publish_takes_it() {
    let publish = &documents("examples/github-fork-safe/publish.yml")[0];
    let words = publish
        .pointer("/jobs/publish/steps/1/with/args")
        .unwrap()
        .as_str()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .current_dir(folder.path())
        .env_clear()
        .args(words.split_whitespace()));
    // No report lies there: that, and no flag, is what it complains of.
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("report/report.json") && said.contains("the action's output report-json"),
        "{said}"
    );
}

#[test]
fn every_example_is_looked_at_here_and_in_the_documentation() {
    let page = read("docs/github-action.md");
    let names: Vec<PathBuf> = fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for path in names {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        let looked_at = name.starts_with("github-")
            || Path::new(name).extension().is_some_and(|e| e == "yaml")
            || name == "gitlab-ci.yml";
        assert!(looked_at, "{name} is held by no test here");
        assert!(
            page.contains(&format!("examples/{name}")),
            "docs/github-action.md does not name {name}"
        );
    }
}
