//! Modules of a Buf registry as truth: the binary, the real `buf`, and a registry on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../support/executable.rs"]
mod executable;
#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/registry.rs"]
mod registry;
#[path = "../support/tools.rs"]
mod tools;

mod dependencies;
mod failures;
mod kept;
mod tokens;
mod written;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use registry::BufHome;
use serde_json::Value;

/// What a run came to.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    /// It failed so, and says all of this.
    #[track_caller]
    fn fails(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        for part in parts {
            assert!(self.err.contains(part), "{part}: {self:#?}");
        }
    }

    #[track_caller]
    fn report(&self, code: i32) -> Value {
        assert_eq!(self.code, Some(code), "{self:#?}");
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A folder to run in, and a home for `buf`.
struct Place {
    home: BufHome,
    folder: tempfile::TempDir,
    buf: PathBuf,
}

impl Place {
    fn new() -> Self {
        Self {
            home: BufHome::new(),
            folder: tempfile::tempdir().unwrap(),
            buf: tools::buf().to_owned(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// A program that stands before the real `buf`: lines of shell, in which `$BUF` is the real one.
    #[cfg(unix)]
    fn wrap(&mut self, script: &str) {
        let path = self.path("wrapped/buf");
        let text = format!("#!/bin/sh\nBUF={}\n{script}\n", tools::buf().display());
        executable::write(&path, text.as_bytes());
        self.buf = path;
    }

    fn run(&self, token: Option<&str>, args: &[&str]) -> Run {
        self.run_with(token, &[], args)
    }

    fn run_with(&self, token: Option<&str>, env: &[(&str, &str)], args: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PROTODIFF_BUF", &self.buf)
            .env("PROTODIFF_CACHE_DIR", self.path("cache"))
            .envs(self.home.env(token))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Compares two modules of a registry.
    fn diff(&self, token: Option<&str>, live: &str, truth: &str) -> Run {
        let args = ["diff", "--live", live, "--truth", truth, "--format", "json"];
        self.run(token, &args)
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
