//! A machine in the machine for a test with a docker engine: network, mounts and processes of its
//! own. So it needs no engine that is there, disturbs none, and whatever it leaves behind (bridges,
//! firewall rules, containers, mounts) ends with it, however it ends.
//!
//! [`inside`] is the entry. It runs the test's own binary again, in the namespaces, for this one
//! test; that takes root, or `sudo` without a password.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::engine::{self, Engine};

/// Set inside, to the folder that the test may fill.
const FOLDER: &str = "PROTODIFF_TEST_NAMESPACE";

/// What makes the namespaces, and what is tried beforehand.
const UNSHARE: [&str; 6] = [
    "unshare",
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--mount-proc",
];

/// Only a guard against waiting for ever.
const PATIENCE: &str = "600";

static TURN: Mutex<()> = Mutex::new(());

/// Runs the `body` of the test of this name with an engine that has the image.
pub fn inside(test: &str, body: impl FnOnce(&Engine)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        shell("mount -t tmpfs tmpfs /run && ip link set lo up");
        let engine = Engine::start(Path::new(&folder));
        body(&engine);
        return;
    }
    // One engine at a time is work enough for a small machine.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut command) = as_root() else {
        eprintln!(
            "NOT RUN: {test} takes a docker engine of its own, and that takes root (or `sudo` without a password), which there is not here"
        );
        return;
    };
    if let Some(cause) = no_namespaces() {
        eprintln!(
            "NOT RUN: {test} takes a docker engine of its own in namespaces, and root may not make them here: {cause}"
        );
        return;
    }
    // With the network, and as the user whose caches they are in.
    engine::prepare();
    let folder = tempfile::Builder::new()
        .prefix("protodiff-engine-")
        .tempdir()
        .unwrap();
    let own = folder.path().display();
    let status = command
        .arg("env")
        .args(["DOCKER_HOST", "DOCKER_CONTEXT", "KUBECONFIG"].map(|name| format!("--unset={name}")))
        // Supervisors that clean up end with the first process, so all goes where it is cleaned up.
        .args(["TMPDIR", "DOCKER_CONFIG", FOLDER].map(|name| format!("{name}={own}")))
        .args(["timeout", "--kill-after=20", PATIENCE])
        .args(UNSHARE)
        .arg("--kill-child")
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .stdin(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("cannot run again in namespaces: {error}"));
    // What the engine leaves there is root's.
    let mut remove = as_root().unwrap();
    let _ = remove.args(["rm", "-rf"]).arg(folder.path()).status();
    assert!(status.success(), "{test} inside its namespaces: {status}");
}

/// Why no namespaces can be made, as in a container without privileges.
fn no_namespaces() -> Option<String> {
    let mut command = as_root()?;
    let tried = command
        .args(UNSHARE)
        .arg("true")
        .output()
        .unwrap_or_else(|error| panic!("unshare does not start: {error}"));
    (!tried.status.success()).then(|| String::from_utf8_lossy(&tried.stderr).trim().to_owned())
}

/// `env`, as root.
fn as_root() -> Option<Command> {
    if rustix::process::geteuid().is_root() {
        return Some(Command::new("env"));
    }
    let sudo = Command::new("sudo").args(["-n", "true"]).output();
    if !sudo.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "env"]);
    for (name, value) in std::env::vars() {
        command.arg(format!("{name}={value}"));
    }
    // Where the engine and what it calls are, which users need not have on their PATH.
    let path = std::env::var("PATH").unwrap_or_default();
    command.arg(format!("PATH={path}:/usr/sbin:/sbin"));
    Some(command)
}

/// Runs a line of shell, which must work.
fn shell(line: &str) {
    let status = Command::new("sh").args(["-c", line]).status().unwrap();
    assert!(status.success(), "{line}: {status}");
}
