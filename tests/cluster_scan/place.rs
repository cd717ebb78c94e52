//! Where a scan with registry modules runs: a folder, a home for `buf`, and nothing of the
//! environment but what a test sets.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::Scanned;
use crate::bed::TestBed;
use crate::executable;
use crate::registry::{BufHome, Registry};
use crate::tools;

/// A folder with what a scan needs.
pub struct Place {
    home: BufHome,
    folder: tempfile::TempDir,
    buf: PathBuf,
    token: Option<String>,
    env: Vec<(String, OsString)>,
}

/// The folder of a fixture module.
pub fn module(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/modules")
        .join(name)
}

/// A specification of `acme/shop` (`main`, and as `old` an older version), `acme/other`, and
/// `acme/more`, which is `acme/shop` under another name.
pub fn modules() -> Value {
    let main = |name: &str, folder: &str| json!({"name": name, "commits": [{"dir": module(folder), "labels": ["main"]}]});
    json!({"modules": [
        {"name": "acme/shop", "commits": [
            {"dir": module("shop-drifted"), "labels": ["old"]},
            {"dir": module("shop"), "labels": ["main"]},
        ]},
        main("acme/other", "other"),
        main("acme/more", "shop"),
    ]})
}

/// A registry of [`modules`].
pub fn registry() -> Registry {
    Registry::start(&modules())
}

/// The same for who has this token.
pub fn private_registry(token: &str) -> Registry {
    let mut spec = modules();
    spec["tokens"] = json!([token]);
    Registry::start(&spec)
}

impl Place {
    /// Empty, with the real `buf`, and nothing in any cache.
    pub fn new() -> Self {
        Self {
            home: BufHome::new(),
            folder: tempfile::tempdir().unwrap(),
            buf: tools::buf().to_owned(),
            token: None,
            env: Vec::new(),
        }
    }

    /// With a token in `BUF_TOKEN`.
    pub fn with_token(token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..Self::new()
        }
    }

    /// A variable of the environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.into()));
    }

    /// A path in the folder, which is the working directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder.
    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Puts lines of shell before the real `buf`, which is `$BUF` in them. What is written to
    /// `$RAN` is in the file `ran` of the folder.
    pub fn wrap(&mut self, script: &str) {
        let (path, ran) = (self.path("buf-wrapper"), self.path("ran"));
        let text = format!(
            "#!/bin/sh\nBUF={}\nRAN={}\n{script}\n",
            tools::buf().display(),
            ran.display()
        );
        executable::write(&path, text.as_bytes());
        self.buf = path;
    }

    /// Scans as the bed's administrator, with a report in JSON unless `args` say otherwise.
    pub fn scan(&self, args: &[&str]) -> Scanned {
        self.scan_as(TestBed::start().kubeconfig(), args)
    }

    /// Scans with a kubeconfig.
    pub fn scan_as(&self, kubeconfig: &Path, args: &[&str]) -> Scanned {
        let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(["scan", "--quiet", "--kubeconfig"])
            .arg(kubeconfig)
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PROTODIFF_FORMAT", "json")
            .env("PROTODIFF_BUF", &self.buf)
            .env("PROTODIFF_CACHE_DIR", self.path("cache"))
            .envs(self.home.env(self.token.as_deref()))
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let scanned = Scanned {
            code: output.status.code().expect("the scan was killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!scanned.stderr.contains("panicked"), "{}", scanned.stderr);
        scanned
    }
}
