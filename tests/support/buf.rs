//! The real `buf`, as compiler and as judge. Included by test targets with `#[path]`.

use std::path::Path;
use std::process::{Command, Output, Stdio};

#[path = "tools.rs"]
mod tools;

/// The program.
pub(crate) fn path() -> &'static Path {
    tools::buf()
}

/// Runs `buf` in a folder; `expected` are the exit codes that are no failure.
pub(crate) fn run(inside: &Path, args: &[&str], expected: &[i32]) -> Result<Output, String> {
    let output = Command::new(tools::buf())
        .current_dir(inside)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("buf does not start: {error}"))?;
    match output.status.code() {
        Some(code) if expected.contains(&code) => Ok(output),
        _ => Err(format!(
            "buf {args:?} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// Compiles sources of any syntax or edition (name, content) into one serialised descriptor set.
pub(crate) fn build(files: &[(&str, &str)]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("buf.yaml"), "version: v2\n").unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let args = ["build", "--as-file-descriptor-set", "-o", "set.binpb"];
    run(folder.path(), &args, &[0]).unwrap_or_else(|error| panic!("{error}\n{files:#?}"));
    std::fs::read(folder.path().join("set.binpb")).unwrap()
}
