//! Those who judge the formats, as `tests/formats/tools/build.sh` installs them. Each is a script
//! for Node that reads a file and says what is wrong with it.

#[path = "../support/built.rs"]
#[allow(clippy::duplicate_mod, reason = "each of these stands alone")]
mod built;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use protodiff::core::format::Format;
use protodiff::core::report::Report;
use protodiff::publish::output;

use crate::reports::everything;

/// The report in one format.
pub(crate) fn rendered(report: &Report, format: Format) -> String {
    output::to_string(report, format).unwrap()
}

/// Asks a judge about a text in a file of this name.
#[track_caller]
pub(crate) fn judge(script: &str, file: &str, text: &str) {
    verdict(script, file, text).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Asks a judge about a file.
#[track_caller]
pub(crate) fn judge_file(script: &str, path: &Path) {
    verdict_on(script, path).unwrap_or_else(|wrong| panic!("{wrong}"));
}

fn verdict(script: &str, file: &str, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, text).unwrap();
    verdict_on(script, &path)
}

fn verdict_on(script: &str, path: &Path) -> Result<(), String> {
    let output = Command::new("node")
        .arg(tools().join(script))
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("the tests need `node` on PATH: {error}"));
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        // A judge that looked at nothing has not judged.
        assert!(out.starts_with("judged"), "{out}{err}");
        return Ok(());
    }
    Err(format!("{script} on {}:\n{out}{err}", path.display()))
}

#[test]
fn judges_object_to_what_is_wrong() {
    let report = everything(false);
    for (script, format, right, wrong, objection) in [
        (
            "sarif.mjs",
            Format::Sarif,
            "\"level\": \"error\"",
            "\"level\": \"fatal\"",
            "enum",
        ),
        (
            "sarif.mjs",
            Format::Sarif,
            "\"startLine\": 21",
            "\"startLine\": 0",
            "minimum",
        ),
        (
            "junit.mjs",
            Format::Junit,
            "<testcase classname",
            "<testcase klass",
            "klass",
        ),
        (
            "junit.mjs",
            Format::Junit,
            "failures=\"4\"",
            "failures=\"5\"",
            "claims 5",
        ),
        (
            "page.mjs",
            Format::Html,
            "<html lang=\"en\">",
            "<html>",
            "html-has-lang",
        ),
        (
            "page.mjs",
            Format::Html,
            "</main>",
            "<img src=\"https://x.example/\" alt=\"\"></main>",
            "Content Security Policy",
        ),
        (
            "page.mjs",
            Format::Html,
            "</main>",
            "<script>alert(1)</script></main>",
            "has a script",
        ),
        (
            "page.mjs",
            Format::Html,
            "box-sizing",
            "box-sizes",
            "forbids its style",
        ),
    ] {
        let text = rendered(&report, format);
        assert!(text.contains(right), "{right}");
        let wrong = verdict(
            script,
            &format!("wrong.{format}"),
            &text.replace(right, wrong),
        );
        let wrong = wrong.expect_err(objection);
        assert!(wrong.contains(objection), "{objection} is not in {wrong}");
    }
}

/// The folder with the scripts and what they need; the first call may install it.
fn tools() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| built::folder("tests/formats/tools/build.sh", "judge of formats"))
}
