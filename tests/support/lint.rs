//! What `tests/tools/lint.sh` puts together: checkers for workflows, action definitions and
//! manifests. Included by test targets with `#[path]`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder of the tools; the first call may build them, which takes minutes once.
fn tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/lint.sh");
        let output = Command::new(&script).stdin(Stdio::null()).output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
        assert!(
            output.status.success(),
            "{} failed:\n{}",
            script.display(),
            String::from_utf8_lossy(&output.stderr),
        );
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}

/// Runs a command: its exit code, and all that it printed.
pub(crate) fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.code(), text)
}

/// actionlint, with shellcheck for the scripts; it finds local actions from the folder it runs in.
pub(crate) fn actionlint(inside: &Path, files: &[PathBuf]) -> (Option<i32>, String) {
    assert!(!files.is_empty());
    run(Command::new(tools().join("actionlint"))
        .current_dir(inside)
        .args(["-no-color", "-shellcheck", "shellcheck", "-pyflakes="])
        .args(files))
}

/// zizmor at its strictest useful setting, without the network.
pub(crate) fn zizmor(inputs: &[PathBuf]) -> (Option<i32>, String) {
    assert!(!inputs.is_empty());
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/zizmor.yml");
    run(Command::new(tools().join("python/bin/zizmor"))
        .args([
            "--offline",
            "--quiet",
            "--persona=pedantic",
            "--strict-collection",
            "--config",
        ])
        .arg(config)
        .args(inputs))
}

/// Files against a schema that check-jsonschema ships, such as `gitlab-ci`.
pub(crate) fn schema(name: &str, files: &[PathBuf]) -> (Option<i32>, String) {
    assert!(!files.is_empty());
    run(Command::new(tools().join("python/bin/python"))
        .args(["-m", "check_jsonschema", "--builtin-schema"])
        .arg(format!("vendor.{name}"))
        .args(files))
}

/// Kubernetes manifests, strictly: one line `FILE: GROUP/VERSION KIND` for each object.
pub(crate) fn manifests(inside: &Path, files: &[impl AsRef<OsStr>]) -> (Option<i32>, String) {
    run(Command::new(tools().join("manifests"))
        .current_dir(inside)
        .args(files))
}

/// The distribution's shellcheck, following sourced files.
pub(crate) fn shellcheck(files: &[PathBuf]) -> (Option<i32>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    run(Command::new("shellcheck")
        .current_dir(root)
        .args(["-x", "-s", "bash"])
        .args(files))
}
