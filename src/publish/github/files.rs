//! What a step writes to files: its summary, its outputs, and the reports.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A step's summary may have 1 MiB, and is dropped whole beyond it.
pub(super) const SUMMARY: usize = 1_000 << 10;

/// Appends to the file that a variable names; `Ok(false)` if it names none.
pub(super) fn append(variable: &str, text: &str) -> io::Result<bool> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else {
        return Ok(false);
    };
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(true)
}

/// One output of the step. Values that could end their line are cut there.
pub(super) fn output(name: &str, value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    format!("{name}={line}\n")
}

/// Where the reports of a step go that names no folder: not into the checkout.
pub(super) fn temporary() -> Option<PathBuf> {
    let temp = std::env::var_os("RUNNER_TEMP").filter(|path| !path.is_empty())?;
    Some(PathBuf::from(temp).join("protodiff"))
}

/// A path as the job's other steps see it. A container action has the runner's temporary folder at
/// another place than the host; the workspace's parent tells where that is.
pub(super) fn for_other_steps(path: &Path) -> String {
    let workspace = std::env::var_os("RUNNER_WORKSPACE").map(PathBuf::from);
    on_the_host(path, workspace.as_deref())
        .unwrap_or_else(|| path.to_owned())
        .display()
        .to_string()
}

/// Where a file of the container's folder for temporary files is on the runner.
fn on_the_host(path: &Path, workspace: Option<&Path>) -> Option<PathBuf> {
    let below = path.strip_prefix("/github/runner_temp").ok()?;
    Some(workspace?.parent()?.join("_temp").join(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_steps_find_what_a_container_left() {
        let workspace = Some(Path::new("/home/runner/work/shop"));
        let host = |path, workspace| on_the_host(Path::new(path), workspace);
        assert_eq!(
            host("/github/runner_temp/protodiff/report.json", workspace),
            Some("/home/runner/work/_temp/protodiff/report.json".into())
        );
        assert_eq!(host("/home/runner/work/_temp/report.json", workspace), None);
        assert_eq!(host("/github/runner_temp/report.json", None), None);
    }
}
