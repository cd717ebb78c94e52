//! Those who judge the formats, as `tests/formats/tools/build.sh` installs them. Each is a script
//! for Node that reads a file and says what is wrong with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use protodiff::core::format::Format;
use protodiff::core::report::Report;
use protodiff::publish::output;

/// The report in one format.
pub(crate) fn rendered(report: &Report, format: Format) -> String {
    output::to_string(report, format).unwrap()
}

/// Asks a judge about a text in a file of this name.
#[track_caller]
pub(crate) fn judge(script: &str, file: &str, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, text).unwrap();
    judge_file(script, &path);
}

/// Asks a judge about a file.
#[track_caller]
pub(crate) fn judge_file(script: &str, path: &Path) {
    let output = Command::new("node")
        .arg(tools().join(script))
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("the tests need `node` on PATH: {error}"));
    assert!(
        output.status.success(),
        "{script} on {}:\n{}{}",
        path.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    // A judge that looked at nothing has not judged.
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("judged"),
        "{output:?}"
    );
}

/// The folder with the scripts and what they need; the first call may install it.
fn tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/tools/build.sh");
        let output = Command::new(&script)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", script.display()));
        assert!(
            output.status.success(),
            "{} failed, so there is nobody to judge the formats:\n{}",
            script.display(),
            String::from_utf8_lossy(&output.stderr),
        );
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}
