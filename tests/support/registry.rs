//! Starts the test registry of `tests/fixtures/registry`, which the real `buf` builds from.
//! Included by test targets with `#[path]`.
//!
//! [`Registry`] is the entry: a registry that serves the modules of a specification until it is
//! dropped. [`BufHome`] is the configuration and the cache that `buf` needs to talk to it.

#[path = "built.rs"]
#[allow(clippy::duplicate_mod, reason = "each of these stands alone")]
mod built;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// It listens within milliseconds; a loaded machine may take its time.
const START: Duration = Duration::from_mins(1);

/// A running registry.
pub(crate) struct Registry {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    // Holds the specification.
    _folder: tempfile::TempDir,
}

/// What the registry was asked since its start or the last [`Registry::reset_counts`].
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Counts {
    /// SERVICE/METHOD, with the modules it was about after blanks, in the order of arrival.
    pub(crate) requests: Vec<String>,
    /// Requests by SERVICE/METHOD.
    pub(crate) rpcs: BTreeMap<String, u32>,
    /// Requests by OWNER/NAME.
    pub(crate) modules: BTreeMap<String, u32>,
    /// Contents handed out by OWNER/NAME.
    pub(crate) downloads: BTreeMap<String, u32>,
    /// Contents handed out by OWNER/NAME:COMMIT.
    pub(crate) downloaded_commits: BTreeMap<String, u32>,
    /// Requests refused for their token.
    pub(crate) refused: u32,
    /// SHA-256 of the Authorization headers seen, by host; "" is a request without one.
    pub(crate) authorizations: BTreeMap<String, Vec<String>>,
}

/// A module as the registry lists it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Listed {
    /// The commit of each label.
    pub(crate) labels: BTreeMap<String, String>,
    /// Every commit, oldest first.
    pub(crate) commits: Vec<String>,
}

/// The folder of a module in `tests/fixtures/registry/modules`.
pub(crate) fn module_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/registry/modules")
        .join(name)
}

/// The fixture modules as a specification: `acme/common`, `acme/shop` in two versions (`main` and
/// `v1` are the first, `v2` the second) and `acme/ledger`.
pub(crate) fn fixtures() -> Value {
    json!({"modules": [
        {"name": "acme/common", "commits": [
            {"dir": module_folder("common"), "labels": ["main"]},
        ]},
        {"name": "acme/shop", "commits": [
            {"dir": module_folder("shop-v1"), "labels": ["main", "v1"], "deps": ["acme/common"]},
            {"dir": module_folder("shop-v2"), "labels": ["v2"], "deps": ["acme/common"]},
        ]},
        {"name": "acme/ledger", "commits": [
            {"dir": module_folder("ledger"), "labels": ["main"]},
        ]},
    ]})
}

/// The built registry; the first call may build it, which takes a minute once.
fn binary() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        built::folder("tests/fixtures/registry/build.sh", "registry").join("registry")
    })
}

impl Registry {
    /// Starts a registry that serves the [`fixtures`] to everybody.
    pub(crate) fn of_fixtures() -> Self {
        Self::start(&fixtures())
    }

    /// Starts a registry that serves the [`fixtures`] to who has one of these tokens.
    pub(crate) fn with_tokens(tokens: &[&str]) -> Self {
        let mut spec = fixtures();
        spec["tokens"] = json!(tokens);
        Self::start(&spec)
    }

    /// Starts a registry on a free port of 127.0.0.1, and waits until it listens. The README beside
    /// it says what a specification holds.
    pub(crate) fn start(spec: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spec.json");
        std::fs::write(&file, spec.to_string()).unwrap();
        // The registry ends when its standard input does, so none outlives a test that was killed.
        let mut process = Command::new(binary())
            .arg("--spec")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            if let Some(Ok(line)) = lines.next() {
                let _ = sender.send(line);
            }
        });
        let line = receiver.recv_timeout(START).unwrap_or_else(|error| {
            let _ = process.kill();
            panic!("the registry did not start to listen: {error}; its reason is above")
        });
        Self {
            process,
            address: line.strip_prefix("listening on ").unwrap().parse().unwrap(),
            _folder: folder,
        }
    }

    /// The host that a module's name begins with.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// A module as `buf` takes it: `acme/shop` or `acme/shop:v2`.
    pub(crate) fn module(&self, name: &str) -> String {
        format!("{}/{name}", self.host())
    }

    /// The commit that a label of a module is at.
    pub(crate) fn commit(&self, module: &str, label: &str) -> String {
        self.listing()[module].labels[label].clone()
    }

    /// Every module with its labels and commits.
    pub(crate) fn listing(&self) -> BTreeMap<String, Listed> {
        self.call("GET", "modules", None)
    }

    /// What it was asked so far.
    pub(crate) fn counts(&self) -> Counts {
        self.call("GET", "counts", None)
    }

    /// Counts from zero again.
    pub(crate) fn reset_counts(&self) {
        self.order("reset", &json!({"counts": true}));
    }

    /// Sets a fault, for example `{"kind": "hang", "module": "acme/shop", "rpc": "Download"}`. The
    /// README beside the registry lists the kinds.
    pub(crate) fn fault(&self, fault: &Value) {
        self.order("fault", fault);
    }

    /// Answers as it should again.
    pub(crate) fn clear_faults(&self) {
        self.order("reset", &json!({"faults": true}));
    }

    /// Points a label, which may be new, at a commit or at what another label is at.
    pub(crate) fn move_label(&self, module: &str, label: &str, commit: &str) {
        self.order(
            "label",
            &json!({"module": module, "label": label, "commit": commit}),
        );
    }

    fn order(&self, path: &str, what: &Value) {
        let _: Value = self.call("POST", path, Some(what));
    }

    fn call<T: DeserializeOwned>(&self, method: &str, path: &str, what: Option<&Value>) -> T {
        let body = what.map(ToString::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(START)).unwrap();
        write!(
            stream,
            "{method} /_test/{path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(" 200 "),
            "{method} {path} {body}: {head}\n{content}"
        );
        serde_json::from_str(content).unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A configuration of `buf` that speaks plain HTTP, as the registry does, and an empty cache.
pub(crate) struct BufHome {
    folder: tempfile::TempDir,
}

impl BufHome {
    /// A home that nothing was kept in yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Self { folder };
        std::fs::create_dir(home.config_dir()).unwrap();
        std::fs::create_dir(home.work_dir()).unwrap();
        std::fs::write(
            home.config_dir().join("config.yaml"),
            "version: v1\ntls:\n  use: \"false\"\n",
        )
        .unwrap();
        home
    }

    /// The folder for `BUF_CONFIG_DIR`.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// The folder for `BUF_CACHE_DIR`; `buf` creates it.
    pub(crate) fn cache_dir(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// An empty folder to run `buf` in.
    pub(crate) fn work_dir(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// What makes `buf`, and what runs it, use this home. Also takes a token of the environment
    /// away: with `None` there is none.
    pub(crate) fn env(&self, token: Option<&str>) -> Vec<(&'static str, OsString)> {
        vec![
            ("BUF_CONFIG_DIR", self.config_dir().into()),
            ("BUF_CACHE_DIR", self.cache_dir().into()),
            ("BUF_TOKEN", token.unwrap_or_default().into()),
            // Not the .netrc of whoever runs the tests.
            ("NETRC", self.folder.path().join("netrc").into()),
        ]
    }
}
