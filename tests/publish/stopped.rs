//! What a signal leaves behind on GitHub: a check run that has ended.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::github::GitHub;
use crate::{Job, REPO, SHOP, github};

#[test]
fn a_scan_that_is_stopped_leaves_no_check_in_progress() {
    let github = github();
    // A server that never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut scan = Stoppable::start(&github, &silent);
    scan.wait_for_check(&github);
    let _ = silent.accept();
    scan.stop();
    assert_cancelled(&github);
}

/// GitHub has made the check run, and its answer is still under way.
#[test]
fn a_scan_that_is_stopped_while_its_check_is_made_gives_it_up() {
    let github = github();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    github.fault(&json!({
        "method": "POST", "path": ".*/check-runs", "when": "after", "action": "none",
        "delay_ms": 1_000, "times": 1,
    }));
    let mut scan = Stoppable::start(&github, &silent);
    scan.wait_for_check(&github);
    scan.stop();
    assert_cancelled(&github);
}

/// A scan that waits for a server.
struct Stoppable {
    process: Child,
    /// Its files are there while it runs.
    _job: Job,
}

impl Stoppable {
    fn start(github: &GitHub, server: &TcpListener) -> Self {
        let target = format!("grpc://{}", server.local_addr().unwrap());
        let job = Job::new(github, 100);
        let process = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(["scan", SHOP, "--target", &target, "--pod-timeout", "1m"])
            .env_clear()
            .envs(job.env.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, _job: job }
    }

    fn wait_for_check(&mut self, github: &GitHub) {
        while github.check_runs(REPO).is_empty() {
            assert_eq!(self.process.try_wait().unwrap(), None, "the scan has ended");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn stop(mut self) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(143));
    }
}

#[track_caller]
fn assert_cancelled(github: &GitHub) {
    let check = &github.check_runs(REPO)[0];
    assert_eq!(
        (&check["status"], &check["conclusion"]),
        (&json!("completed"), &json!("cancelled"))
    );
    github.assert_no_violations();
}
