//! What is published, and how: saved reports, and GitHub by its stand-in, which holds every request
//! against GitHub's own document of its API.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/github.rs"]
mod github;

mod events;
mod flows;
mod folded;
mod limits;
mod refusals;
mod saved;
mod sizes;
#[cfg(unix)]
mod stopped;

use std::path::PathBuf;
use std::process::Command;

use github::GitHub;
use serde_json::{Value, json};

const SHOP: &str = "tests/fixtures/modules/shop";
const DRIFTED: &str = "tests/fixtures/modules/shop-drifted";
const REPO: &str = "acme/shop";
const TOKEN: &str = "ghs_a-rather-secret-token";
const HEAD: &str = "1111111111111111111111111111111111111111";

/// The JSON report of two directories.
fn report(live: &str, truth: &str, more: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .args(["diff", "--live", live, "--truth", truth, "--format", "json"])
        .args(more)
        .env_clear()
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn drifted() -> Value {
    report(DRIFTED, SHOP, &[])
}

fn in_sync() -> Value {
    report(SHOP, SHOP, &[])
}

/// What a run came to.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
    summary: String,
    outputs: String,
}

impl Run {
    fn output(&self, name: &str) -> &str {
        let prefix = format!("{name}=");
        let mut lines = self.outputs.lines().rev();
        lines
            .find_map(|line| line.strip_prefix(&prefix))
            .unwrap_or_else(|| panic!("no output {name}: {self:#?}"))
    }
}

/// A job of a workflow: what the runner gives to a step.
struct Job {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
    /// Further flags.
    flags: Vec<&'static str>,
}

impl Job {
    /// A job for a pull request's push, with a token that may write.
    fn new(github: &GitHub, run: u64) -> Self {
        let mut job = Self {
            folder: tempfile::tempdir().unwrap(),
            env: Vec::new(),
            flags: Vec::new(),
        };
        let run = run.to_string();
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", &github.url()),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", REPO),
            ("GITHUB_RUN_ID", &run),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_SHA", HEAD),
            ("GITHUB_ACTOR", "octocat"),
            ("PROTODIFF_GITHUB_TOKEN", TOKEN),
        ] {
            job.set(name, value);
        }
        job.set("GITHUB_WORKSPACE", env!("CARGO_MANIFEST_DIR"));
        for (name, file) in [
            ("GITHUB_STEP_SUMMARY", "summary.md"),
            ("GITHUB_OUTPUT", "outputs"),
            ("RUNNER_TEMP", "temp"),
        ] {
            let path = job.path(file);
            job.set(name, path.to_str().unwrap());
        }
        job.event("pull_request", &pull_event(REPO));
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    fn event(&mut self, name: &str, payload: &Value) {
        let path = self.path("event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        self.set("GITHUB_EVENT_NAME", name);
        self.set("GITHUB_EVENT_PATH", path.to_str().unwrap());
    }

    fn flag(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    /// Publishes a saved report.
    fn publish(&self, report: &Value) -> Run {
        let file = self.path("report.json");
        std::fs::write(&file, report.to_string()).unwrap();
        self.run(&["publish", "--report", file.to_str().unwrap()])
    }

    fn run(&self, args: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(args)
            .args(&self.flags)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let read = |name: &str| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        let run = Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            summary: read("summary.md"),
            outputs: read("outputs"),
        };
        let all = format!("{run:?}");
        assert!(!all.contains(TOKEN), "{run:#?}");
        assert!(!all.contains("panicked"), "{run:#?}");
        run
    }
}

fn pull_event(head_repository: &str) -> Value {
    json!({"pull_request": {"number": 7, "head": {
        "sha": HEAD, "ref": "change", "repo": {"full_name": head_repository}}}})
}

/// A stand-in with one pull request, and a token that may write.
fn github() -> GitHub {
    let github = GitHub::start();
    github.repo(REPO);
    github.pull(REPO, 7, HEAD);
    github.workflow_token(
        TOKEN,
        &json!({"issues": "write", "pull_requests": "write", "checks": "write"}),
    );
    github
}

/// The comments that protodiff made.
fn ours(github: &GitHub) -> Vec<String> {
    github
        .comments(REPO)
        .iter()
        .filter_map(|comment| comment["body"].as_str())
        .filter(|body| body.starts_with("<!-- protodiff:"))
        .map(ToOwned::to_owned)
        .collect()
}
