//! Programs that a test writes and then runs. Included by test targets with `#[path]`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program, and makes its folder if it is missing.
///
/// By a process of its own: a file that this process has open for writing is inherited by whatever
/// another test's thread is about to start, and until that has begun, Linux refuses to run the file
/// ("Text file busy").
pub(crate) fn write(path: &Path, content: &[u8]) {
    let mut install = Command::new("install")
        .args(["-D", "-m", "755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("install (coreutils): {error}"));
    let mut input = install.stdin.take().unwrap();
    input.write_all(content).unwrap();
    drop(input);
    assert!(install.wait().unwrap().success(), "{}", path.display());
}
