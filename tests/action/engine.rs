//! A docker engine of a test's own, with the image in it. [`Engine::start`] is the entry, to be
//! called inside of namespaces; [`prepare`] builds beforehand what it takes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::{root, tools};

/// The image's name.
pub const IMAGE: &str = "protodiff:test";

/// Only a guard against waiting for ever: a start takes a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running engine on its usual socket.
pub struct Engine {
    daemon: Child,
    folder: PathBuf,
    /// The client, one that can use `BuildKit`.
    pub docker: PathBuf,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Of a command that ended by itself.
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Ended with this code.
    #[must_use]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Has all of these words, on whichever output.
    #[must_use]
    pub fn says(self, words: &[&str]) -> Self {
        for part in words {
            let found = self.out.contains(part) || self.err.contains(part);
            assert!(found, "{part:?} is missing: {self:#?}");
        }
        self
    }
}

/// Builds or fetches what the image is made of.
pub fn prepare() {
    binary();
    tools::buf();
}

/// The static binary, of exactly these sources. `PROTODIFF_TEST_STATIC` names one instead.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("PROTODIFF_TEST_STATIC") {
            return PathBuf::from(path);
        }
        let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        let mut build = Command::new(env!("CARGO"));
        // What cargo tells a test of its package would make another build of what is there.
        for (name, _) in std::env::vars_os() {
            let told = name.to_string_lossy().starts_with("CARGO_");
            if told && name != "CARGO_HOME" && name != "CARGO_TARGET_DIR" {
                build.env_remove(name);
            }
        }
        let output = build
            .current_dir(root())
            .args(["build", "--release", "--locked", "--target", &target])
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "no static binary: {err}");
        let folder = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root().join("target"), PathBuf::from);
        folder.join(target).join("release/protodiff")
    })
}

impl Engine {
    /// Starts one, with its state in `folder`, and builds the image.
    pub fn start(folder: &Path) -> Self {
        let log = File::create(folder.join("dockerd.log")).unwrap();
        let daemon = Command::new("dockerd")
            .arg("--data-root")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("dockerd (Debian's docker.io) does not start: {error}"));
        let mut engine = Self {
            daemon,
            folder: folder.to_owned(),
            docker: PathBuf::from("docker"),
        };
        engine.wait();
        engine.build();
        engine
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.docker(&["version"]).code != 0 {
            let ended = self.daemon.try_wait().unwrap();
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("dockerd.log")).unwrap_or_default();
                panic!("dockerd does not answer ({ended:?}):\n{log}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The image, from the Dockerfile as it is and files that are there; no stage that needs the
    /// network is built.
    fn build(&mut self) {
        let context = self.folder.join("context");
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => panic!("the image is not for {other}"),
        };
        let tree = Command::new(root().join("scripts/image-tree.sh"))
            .arg(context.join("dist").join(arch))
            .arg(binary())
            .arg(tools::buf())
            .output()
            .unwrap();
        let _ = Said::of(&tree).ends(0);
        // An old client has BuildKit in it, a new one takes a plugin that may be missing.
        let clients: Vec<PathBuf> = which::which_all("docker").unwrap().collect();
        let mut refusals = Vec::new();
        for client in clients {
            self.docker = client;
            let built = self
                .command()
                .env("DOCKER_BUILDKIT", "1")
                .args([
                    "build",
                    "--build-arg",
                    "ASSEMBLED=prebuilt",
                    "-t",
                    IMAGE,
                    "-f",
                ])
                .args([&root().join("Dockerfile"), &context])
                .output()
                .unwrap();
            if built.status.success() {
                return;
            }
            refusals.push(Said::of(&built));
        }
        panic!("no docker client builds the image: {refusals:#?}");
    }

    /// A command of the client.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.docker);
        command.stdin(Stdio::null());
        command
    }

    /// What a command of the client says.
    pub fn docker(&self, args: &[&str]) -> Said {
        Said::of(&self.command().args(args).output().unwrap())
    }

    /// What a command of the client says that must work.
    pub fn works(&self, args: &[&str]) -> String {
        let said = self.docker(args);
        assert_eq!(said.code, 0, "docker {args:?}: {said:#?}");
        said.out.trim().to_owned()
    }

    /// Runs the image: `options` are of `docker run`, `args` of protodiff.
    pub fn run(&self, options: &[&str], args: &[&str]) -> Said {
        let all = [&["run", "--rm"], options, &[IMAGE], args].concat();
        self.docker(&all)
    }

    /// Names of the containers on a network.
    pub fn attached(&self, network: &str) -> Vec<String> {
        let format = "{{range .Containers}}{{.Name}} {{end}}";
        let names = self.works(&["network", "inspect", network, "--format", format]);
        let mut names: Vec<_> = names.split_whitespace().map(str::to_owned).collect();
        names.sort();
        names
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.daemon);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.daemon.wait();
    }
}
