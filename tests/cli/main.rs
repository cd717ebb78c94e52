//! The binary as a stranger runs it: in an empty folder, with nothing in the environment, looking
//! at exit code, standard output and standard error only.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../support/rich.rs"]
mod rich;
#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/tools.rs"]
mod tools;

mod api;
mod cluster;
mod configuration;
mod demo;
mod editions;
mod exit_codes;
mod explain;
mod flags;
mod outputs;
mod servers;
mod snapshots;
mod standard_input;
mod truths;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An empty folder to run in, with the fixtures below `modules`.
struct Place {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        };
        fs::create_dir(place.path("home")).unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/modules");
        copy(&fixtures, &place.path("modules"));
        place
    }

    /// Sets a variable for the runs that follow.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Runs the binary; words are separated by single spaces, `\u{a0}` stands for one in a word.
    fn run(&self, words: &str) -> Outcome {
        let words = words.split(' ').filter(|word| !word.is_empty());
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(words.map(|word| word.replace('\u{a0}', " ")))
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", self.path("home"))
            .env("HOME", self.path("home"))
            .envs(self.environment.iter().cloned())
            .timeout(Duration::from_mins(1))
            .output()
            .unwrap();
        let outcome = Outcome {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        for word in ["panicked", "RUST_BACKTRACE", "stack backtrace"] {
            assert!(!outcome.err.contains(word), "{outcome:#?}");
        }
        outcome
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How a run ended.
#[derive(Debug)]
struct Outcome {
    /// `None` if it had to be stopped.
    code: Option<i32>,
    out: String,
    err: String,
}

impl Outcome {
    /// It ended with a report and this code; standard error has no error.
    #[track_caller]
    fn reports(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(
            !self.out.is_empty() && !self.err.contains("error:"),
            "{self:#?}"
        );
        self
    }

    /// It ended with this code and one error that has these parts; nothing is on standard output.
    #[track_caller]
    fn fails(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.out, "", "{self:#?}");
        assert_eq!(self.err.matches("error:").count(), 1, "{self:#?}");
        for part in parts {
            assert!(self.err.contains(part), "{part} is not in {self:#?}");
        }
        self
    }

    /// Its error has a help of its own, in the one form: a sentence.
    #[track_caller]
    fn helps(&self, part: &str) -> &Self {
        let (_, help) = self
            .err
            .split_once("\nhelp: ")
            .unwrap_or_else(|| panic!("{self:#?}"));
        assert!(help.contains(part), "{part} is not in {self:#?}");
        let first = help.chars().next().unwrap();
        assert!(!first.is_lowercase(), "{self:#?}");
        assert!(help.trim_end().ends_with(['.', '?']), "{self:#?}");
        self
    }

    #[track_caller]
    fn says(&self, part: &str) -> &Self {
        assert!(self.out.contains(part), "{part} is not in {self:#?}");
        self
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}
