//! Runs the binary as a user does and reads the report. Included by test targets with `#[path]`.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The module that the test servers serve, from the repository's root.
pub(crate) const SHOP: &str = "tests/fixtures/modules/shop";

/// What a scan said.
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// The report.
    pub(crate) report: Value,
    /// How long it took.
    pub(crate) took: Duration,
}

/// A command of the binary, run in the repository with none of its settings from outside.
pub(crate) fn run(args: &[&str]) -> (Output, Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protodiff"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PROTODIFF_") {
            command.env_remove(name);
        }
    }
    let begun = Instant::now();
    let output = command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::null())
        .arg("--quiet")
        .args(args)
        .output()
        .unwrap();
    let took = begun.elapsed();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !stderr.contains("panicked") && !stderr.contains("overflow"),
        "{args:?} ended with {:?}: {stderr}",
        output.status
    );
    (output, took)
}

/// Scans one endpoint against a truth; `more` holds further flags.
pub(crate) fn scan(truth: &str, target: &str, more: &[&str]) -> Outcome {
    let mut args = vec!["scan", truth, "--target", target, "--format", "json"];
    args.extend(more);
    let (output, took) = run(&args);
    let code = output.status.code().expect("the scan was killed");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{args:?} ended with {code} and printed no report ({error}): {}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let outcome = Outcome { code, report, took };
    let expected = match outcome.verdict() {
        "SYNC" => 0,
        "MISMATCH" => 1,
        _ => 3,
    };
    assert_eq!(code, expected, "{:#}", outcome.report);
    outcome
}

impl Outcome {
    /// The report's verdict.
    pub(crate) fn verdict(&self) -> &str {
        self.report["verdict"].as_str().unwrap()
    }

    /// The one endpoint that was scanned.
    pub(crate) fn endpoint(&self) -> &Value {
        &self.report["workloads"][0]["versions"][0]["endpoints"][0]
    }

    /// Kind, message and hint of each reason, in order.
    pub(crate) fn reasons(&self) -> Vec<(&str, &str, &str)> {
        self.endpoint()["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| {
                let [kind, message, hint] =
                    ["kind", "message", "hint"].map(|key| reason[key].as_str().unwrap());
                (kind, message, hint)
            })
            .collect()
    }

    /// The endpoint's notes.
    pub(crate) fn notes(&self) -> Vec<&str> {
        let notes = self.endpoint()["notes"].as_array().unwrap();
        notes.iter().map(|note| note.as_str().unwrap()).collect()
    }

    /// Rule and subject of each finding, in order.
    pub(crate) fn findings(&self) -> Vec<(&str, &str)> {
        self.report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                let [rule, subject] = ["rule", "subject"].map(|key| finding[key].as_str().unwrap());
                (rule, subject)
            })
            .collect()
    }

    /// All is well, and nothing at all was found.
    pub(crate) fn assert_sync(&self) {
        assert_eq!(self.verdict(), "SYNC", "{:#}", self.report);
        assert!(self.findings().is_empty(), "{:#}", self.report);
        assert!(self.reasons().is_empty(), "{:#}", self.report);
    }

    /// Nothing could be verified, for exactly one reason of this kind, whose message has these
    /// words.
    pub(crate) fn assert_unknown(&self, kind: &str, words: &str) {
        assert_eq!(self.verdict(), "UNKNOWN", "{:#}", self.report);
        let reasons = self.reasons();
        assert_eq!(reasons.len(), 1, "{:#}", self.report);
        assert_eq!(reasons[0].0, kind, "{:#}", self.report);
        assert!(reasons[0].1.contains(words), "{:#}", self.report);
    }
}
