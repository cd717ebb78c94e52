//! The tools that `tests/tools/build.sh` puts together. Included by test targets with `#[path]`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The real `buf`; the first call may fetch it, which takes a minute once.
pub(crate) fn buf() -> &'static Path {
    static BUF: OnceLock<PathBuf> = OnceLock::new();
    BUF.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/build.sh");
        let output = Command::new(&script)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", script.display()));
        assert!(
            output.status.success(),
            "{} failed, so there is no buf to test with:\n{}",
            script.display(),
            String::from_utf8_lossy(&output.stderr),
        );
        Path::new(String::from_utf8(output.stdout).unwrap().trim()).join("buf")
    })
}
