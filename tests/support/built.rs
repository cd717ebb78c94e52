//! Runs the scripts that put together what tests need. Included by test targets with `#[path]`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The folder that a `build.sh` names, below the repository's root. The first call in a process runs
/// it, which may take minutes once; a failure ends the test and says what there is none of.
pub(crate) fn folder(script: &str, what: &str) -> PathBuf {
    static KNOWN: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(folder) = known.get(script) {
        return folder.clone();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let output = Command::new(&path)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", path.display()));
    assert!(
        output.status.success(),
        "{} failed, so there is no {what} to test with:\n{}",
        path.display(),
        String::from_utf8_lossy(&output.stderr),
    );
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    known.insert(script.to_owned(), folder.clone());
    folder
}
