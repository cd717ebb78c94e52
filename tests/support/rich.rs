//! A module with whatever descriptors can hold, built by the real `buf` in the form that is asked
//! for. Included by test targets with `#[path]`; the target has `mod tools`.
//!
//! [`module`] lays it out: `fixtures/pay` and `fixtures/rich` of `tests/truth` together.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tools;

/// Every form that `buf` writes.
pub(crate) const FORMS: [&str; 12] = [
    "binpb",
    "binpb.gz",
    "binpb.zst",
    "json",
    "json.gz",
    "json.zst",
    "txtpb",
    "txtpb.gz",
    "txtpb.zst",
    "yaml",
    "yaml.gz",
    "yaml.zst",
];

/// Its services.
pub(crate) const SERVICES: [&str; 3] = ["acme.ed.Orders", "acme.rich.Pay", "acme.v1.Pay"];

/// Puts the module into a folder.
pub(crate) fn module(into: &Path) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth/fixtures");
    for file in [
        "pay/buf.yaml",
        "pay/acme/options/options.proto",
        "pay/acme/v1/pay.proto",
        "rich/acme/rich/rich.proto",
        "rich/acme/ed/ed.proto",
    ] {
        let (_, name) = file.split_once('/').unwrap();
        let target = into.join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(fixtures.join(file), target).unwrap();
    }
}

/// Runs `buf`, which must succeed.
#[track_caller]
pub(crate) fn buf(inside: &Path, args: &[&str]) -> Vec<u8> {
    tool(inside, "buf", args)
}

/// Runs one of the tools, which must succeed.
#[track_caller]
pub(crate) fn tool(inside: &Path, name: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(tools::buf().with_file_name(name))
        .current_dir(inside)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}
