//! The test registry of `tests/fixtures/registry` as the real `buf` sees it: other tests rest on
//! it, so it has to answer, and to fail, as a registry does.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/registry.rs"]
mod registry;
#[path = "../support/tools.rs"]
mod tools;

mod failures;
mod modules;
mod tokens;

use std::process::{Command, Stdio};

use registry::BufHome;

/// What a run of `buf` came to.
struct Run {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

/// Runs `buf` in the work folder of a home, with no environment but that home's.
fn buf(home: &BufHome, token: Option<&str>, args: &[&str]) -> Run {
    buf_with(home, token, &[], args)
}

fn buf_with(home: &BufHome, token: Option<&str>, env: &[(&str, &str)], args: &[&str]) -> Run {
    let output = Command::new(tools::buf())
        .args(args)
        .current_dir(home.work_dir())
        .env_clear()
        .envs(home.env(token))
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// Holds that it went well, and yields what it wrote.
    fn ok(self) -> Vec<u8> {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self.stdout
    }

    /// Holds that it failed without a result, and yields what it complained of.
    fn failure(self) -> String {
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        assert!(self.stdout.is_empty());
        self.stderr.trim_end().to_owned()
    }
}
