//! Starts the stand-in for GitHub's API. Included by test targets with `#[path]`.
//!
//! [`GitHub::start`] is the entry; the first call builds it, which takes a few seconds once. What a
//! call's JSON may hold stands in `tests/fixtures/github/README.md`. Let a test end with
//! [`GitHub::assert_no_violations`]: that is what makes the stand-in more than an echo.

#[path = "built.rs"]
#[allow(clippy::duplicate_mod, reason = "each of these stands alone")]
mod built;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Two documents are read and a loaded machine takes its time.
const START: Duration = Duration::from_mins(1);
const ANSWER: Duration = Duration::from_secs(30);

/// A running stand-in, which ends with this.
pub(crate) struct GitHub {
    process: Child,
    address: SocketAddr,
}

/// The folder with the built stand-in.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| built::folder("tests/fixtures/github/build.sh", "stand-in for GitHub"))
}

impl GitHub {
    /// Builds what it takes, for a test that will have no network.
    pub(crate) fn prepare() {
        let _ = folder();
    }

    /// Starts one on a free port, without any repository.
    pub(crate) fn start() -> Self {
        Self::start_on("127.0.0.1")
    }

    /// The same on another address of this machine.
    pub(crate) fn start_on(host: &str) -> Self {
        let mut process = Command::new("node")
            .arg(folder().join("server.mjs"))
            .arg(host)
            // It ends when this end closes, also if the test is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("node does not start: {error}"));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("listening on http://") {
                    let _ = sender.send(address.to_owned());
                }
            }
        });
        let mut github = Self {
            process,
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
        };
        let address = receiver
            .recv_timeout(START)
            .unwrap_or_else(|error| panic!("the GitHub stand-in did not start: {error}"));
        github.address = address.parse().unwrap();
        github
    }

    /// `GITHUB_API_URL` as on github.com.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `GITHUB_API_URL` as on a GitHub Enterprise Server.
    pub(crate) fn ghes_url(&self) -> String {
        format!("{}/api/v3", self.url())
    }

    /// `GITHUB_GRAPHQL_URL` as on github.com.
    pub(crate) fn graphql_url(&self) -> String {
        format!("{}/graphql", self.url())
    }

    /// `GITHUB_GRAPHQL_URL` as on a GitHub Enterprise Server.
    pub(crate) fn ghes_graphql_url(&self) -> String {
        format!("{}/api/graphql", self.url())
    }

    /// Makes a set-up call: `call("comment", json!({…}))`.
    pub(crate) fn call(&self, name: &str, given: &Value) -> Value {
        self.exchange("POST", name, &given.to_string())
    }

    /// A public repository.
    pub(crate) fn repo(&self, full_name: &str) {
        self.call("repo", &json!({"full_name": full_name}));
    }

    /// An open pull request from a branch of the repository itself; again, a push to it.
    pub(crate) fn pull(&self, repo: &str, number: u64, head_sha: &str) {
        self.call(
            "pull",
            &json!({"repo": repo, "number": number, "head_sha": head_sha}),
        );
    }

    /// A workflow's `GITHUB_TOKEN`: `{"issues": "write", "checks": "read"}`.
    pub(crate) fn workflow_token(&self, token: &str, permissions: &Value) {
        self.call(
            "token",
            &json!({"token": token, "permissions": permissions}),
        );
    }

    /// A comment by anybody; gives its id.
    pub(crate) fn comment(&self, repo: &str, issue: u64, login: &str, body: &str) -> u64 {
        let given = json!({"repo": repo, "issue": issue, "login": login, "body": body});
        self.call("comment", &given)["ids"][0].as_u64().unwrap()
    }

    /// Orders a fault for requests to come.
    pub(crate) fn fault(&self, fault: &Value) {
        self.call("fault", fault);
    }

    /// Repositories with their comments and check runs, faults, and writes with their times.
    pub(crate) fn state(&self) -> Value {
        self.exchange("GET", "state", "")
    }

    /// The comments of a repository, in the order they were made.
    pub(crate) fn comments(&self, repo: &str) -> Vec<Value> {
        self.of_repo(repo, "comments")
    }

    /// The check runs of a repository, with all annotations of their updates.
    pub(crate) fn check_runs(&self, repo: &str) -> Vec<Value> {
        self.of_repo(repo, "check_runs")
    }

    fn of_repo(&self, repo: &str, member: &str) -> Vec<Value> {
        let mut state = self.state();
        let found = state["repos"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .find(|it| it["full_name"] == repo)
            .unwrap_or_else(|| panic!("the stand-in has no repository {repo}"));
        array(found[member].take())
    }

    /// What changed something, with `at_ms`, `operation` and `login`.
    pub(crate) fn writes(&self) -> Vec<Value> {
        array(self.state()["writes"].take())
    }

    /// Every request so far: method, path, query, headers, body, status, violations.
    pub(crate) fn log(&self) -> Vec<Value> {
        array(self.exchange("GET", "log", ""))
    }

    /// What broke GitHub's documents or rules so far.
    pub(crate) fn violations(&self) -> Vec<Value> {
        array(self.exchange("GET", "violations", ""))
    }

    /// Fails the test if any request, or an answer of the stand-in, broke GitHub's documents.
    pub(crate) fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }

    /// Forgets everything.
    pub(crate) fn reset(&self) {
        self.call("reset", &json!({}));
    }

    fn exchange(&self, method: &str, name: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(ANSWER)).unwrap();
        write!(
            stream,
            "{method} /_test/{name} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200 "),
            "{method} /_test/{name}: {body}"
        );
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {body:?}"))
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("no array: {other}"),
    }
}
