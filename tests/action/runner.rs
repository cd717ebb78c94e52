//! `act`, which runs workflows as GitHub's runner does. [`Repository`] is what they run in,
//! [`Repository::run`] the entry.
//!
//! What a workflow `uses` from elsewhere is put in by `act` itself, so that a workflow is run as it
//! is written: `acme/protodiff@v1` is a checkout of the action as a release has it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;

use crate::engine::{self, Engine, IMAGE, Said};
use crate::github::GitHub;
use crate::root;

/// The owner of the action in workflows.
pub const OWNER: &str = "acme";

/// The token of each workflow.
const TOKEN: &str = "ghs_a-token-for-a-workflow";

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

/// A checkout on the branch `feature`, and what a runner has around it.
pub struct Repository {
    folder: tempfile::TempDir,
    /// The home of the runner's user.
    home: tempfile::TempDir,
    /// Further arguments of `act`.
    arguments: Vec<String>,
    /// Folders of further programs.
    programs: Vec<PathBuf>,
    /// What jobs run in: this machine, or an image.
    platform: String,
    /// Further options of its containers.
    options: String,
}

impl Repository {
    /// An empty one.
    pub fn new() -> Self {
        let new = Self {
            folder: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
            arguments: Vec::new(),
            programs: Vec::new(),
            platform: "-self-hosted".to_owned(),
            options: String::new(),
        };
        new.git(&["init", "-q", "-b", "feature"]);
        new.uses(&format!("{OWNER}/protodiff@v1"), |folder| {
            let action = fs::read_to_string(root().join("action.yml")).unwrap();
            let released = action.replace("image: Dockerfile", &format!("image: docker://{IMAGE}"));
            assert_ne!(action, released);
            fs::write(folder.join("action.yml"), released).unwrap();
            fs::create_dir(folder.join("host")).unwrap();
            for name in ["host/action.yml", "host/fetch.sh"] {
                fs::copy(root().join(name), folder.join(name)).unwrap();
            }
        })
    }

    /// Puts a folder in the place of an action.
    pub fn uses(mut self, action: &str, fill: impl FnOnce(&Path)) -> Self {
        let folder = self.home.path().join("uses").join(action.replace('/', "_"));
        fs::create_dir_all(&folder).unwrap();
        fill(&folder);
        self.arguments
            .push(format!("--local-repository={action}={}", folder.display()));
        self
    }

    /// Lets workflows call the stand-in for GitHub, which gets to know their repository.
    pub fn on(mut self, github: &GitHub) -> Self {
        let write =
            serde_json::json!({"issues": "write", "pull_requests": "write", "checks": "write"});
        github.repo("acme/shop");
        github.workflow_token(TOKEN, &write);
        self.arguments.extend([
            format!("--env=GITHUB_API_URL={}", github.url()),
            format!("--secret=GITHUB_TOKEN={TOKEN}"),
        ]);
        self
    }

    /// A secret, or a variable of the runner.
    pub fn given(mut self, flag: &str, name: &str, value: &str) -> Self {
        self.arguments.push(format!("--{flag}={name}={value}"));
        self
    }

    /// Programs that the runner has.
    pub fn programs(mut self, folder: &Path) -> Self {
        self.programs.push(folder.to_owned());
        self
    }

    /// Runs jobs in containers of an image that have these folders of this machine. act takes that for
    /// steps that are an image.
    pub fn in_containers(mut self, image: &str, folders: &[&Path]) -> Self {
        image.clone_into(&mut self.platform);
        for folder in folders {
            self.options
                .push_str(&format!(" --volume={0}:{0}", folder.display()));
        }
        self
    }

    /// What is `/tmp` in containers, and the folder for temporary files there. GitHub's runner has
    /// its own at another place, which the action knows; act has none to know of.
    pub fn temp(&self) -> PathBuf {
        self.home.path().join("temp")
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes `proto` a copy of a module of the fixtures.
    pub fn module(&self, name: &str) {
        let proto = self.folder.path().join("proto");
        if proto.exists() {
            fs::remove_dir_all(&proto).unwrap();
        }
        let module = root().join("tests/fixtures/modules").join(name);
        let copied = Command::new("cp")
            .arg("-r")
            .args([&module, &proto])
            .status();
        assert!(copied.unwrap().success());
    }

    /// Commits all that there is, and gives the commit.
    pub fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        let name = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        self.git(&[&name[..], &["commit", "-q", "--allow-empty", "-m", "t"]].concat());
        self.git(&["rev-parse", "HEAD"])
    }

    /// What a command of git says that must work.
    pub fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(args)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = Said::of(&output).ends(0);
        said.out.trim().to_owned()
    }

    /// Runs a workflow for an event. It must end well, or not.
    pub fn run(&self, workflow: &str, event: &str, payload: &Value, succeeds: bool) -> Said {
        let path = self.home.path().join("event.json");
        fs::write(&path, payload.to_string()).unwrap();
        let mut programs: Vec<PathBuf> = self.programs.clone();
        let path_of_all = std::env::var_os("PATH").unwrap_or_default();
        programs.extend(std::env::split_paths(&path_of_all));
        let programs: OsString = std::env::join_paths(programs).unwrap();
        let output = Command::new(act())
            .current_dir(self.folder.path())
            .args([event, "--pull=false", "--workflows", workflow])
            .arg(format!("--eventpath={}", path.display()))
            // It would look for an address of this machine, which has only loopback.
            .args(["--no-cache-server", "--artifact-server-addr=127.0.0.1"])
            .arg("--cache-server-addr=127.0.0.1")
            .args(
                ["ubuntu-latest", "ubuntu-24.04"]
                    .map(|name| format!("--platform={name}={}", self.platform)),
            )
            .arg("--container-daemon-socket=unix:///var/run/docker.sock")
            .arg("--env=GITHUB_REPOSITORY=acme/shop")
            // For the variant on the host, which has no release here.
            .arg(format!(
                "--env=PROTODIFF_BINARY={}",
                engine::binary().display()
            ))
            // The runner of GitHub mounts the files of the step and its folder for temporary files
            // into the container; act, without a container for the job, needs to be told.
            .arg(format!(
                "--container-options=--volume={home}:{home} --volume={temp}:/tmp{more}",
                home = self.home.path().display(),
                temp = self.temp().display(),
                more = self.options,
            ))
            .args(&self.arguments)
            .env("PATH", programs)
            .env("HOME", self.home.path())
            .env("XDG_CACHE_HOME", self.home.path())
            .env("DOCKER_HOST", "unix:///var/run/docker.sock")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Said::of(&output).ends(i32::from(!succeeds))
    }
}

/// Runs what starts the action's container once, which must end with `code` and leave nothing behind.
/// The container is on the engine's default network, as on a runner of GitHub.
pub fn one_container(engine: &Engine, code: i32, run: impl FnOnce() -> Said) -> Said {
    let before = engine.works(&["ps", "--all", "--quiet"]);
    let since = now();
    let said = run();
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

/// As the engine takes times.
fn now() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap();
    format!("{}.{:09}", now.as_secs(), now.subsec_nanos())
}
