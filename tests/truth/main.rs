//! Loading a truth from disk, as a user lays one out: Buf modules and workspaces, plain folders,
//! single files, descriptor sets and Buf images, and every mistake that deserves a clear error.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../support/executable.rs"]
mod executable;
#[path = "../support/rich.rs"]
mod rich;
#[path = "../support/tools.rs"]
mod tools;

mod breaking;
mod damaged;
mod editions;
mod fetched;
mod forms;
mod images;
mod mistakes;
mod modules;
mod written;

use std::fs;
use std::path::{Path, PathBuf};

use buffa::Message as _;
use buffa_descriptor::generated::descriptor::FileDescriptorProto;
use protodiff::core::source::Source;
use protodiff::core::truth::{Truth, TruthFile};
use protodiff::truth::{TruthError, load};

/// A service in package `acme.v1`.
const PAY: &str = "syntax = \"proto3\";\npackage acme.v1;\nservice Pay { rpc Charge(Id) returns (Id); }\nmessage Id { string id = 1; }\n";

/// A folder with these files.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        Self::within(&std::env::temp_dir(), files)
    }

    fn within(parent: &Path, files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir_in(parent).unwrap());
        for (path, content) in files {
            tree.add(path, content.as_bytes());
        }
        tree
    }

    fn add(&self, path: &str, content: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        if path == "." {
            self.0.path().to_path_buf()
        } else {
            self.0.path().join(path)
        }
    }

    /// The source that a user means by naming this path.
    fn load(&self, path: &str) -> Result<Truth, TruthError> {
        let text = self.path(path).display().to_string();
        load(&Source::parse(&text, Path::is_dir).unwrap())
    }

    /// The error with the temporary folder's name taken out, and its help.
    fn error(&self, path: &str) -> (String, String) {
        let error = self.load(path).expect_err("this truth must not load");
        let strip = |text: String| text.replace(&format!("{}/", self.0.path().display()), "");
        (
            strip(error.to_string()),
            strip(error.help().unwrap_or_default()),
        )
    }
}

fn decode(file: &TruthFile) -> FileDescriptorProto {
    FileDescriptorProto::decode_from_slice(&file.bytes).unwrap()
}

fn name(file: &TruthFile) -> String {
    decode(file).name.unwrap()
}

/// Import names of own files, sorted.
fn own(truth: &Truth) -> Vec<String> {
    let own = truth.files.iter().filter(|file| !file.imported);
    let mut names: Vec<String> = own.map(name).collect();
    names.sort();
    names
}

/// Import names of imported files, sorted.
fn imported(truth: &Truth) -> Vec<String> {
    let imported = truth.files.iter().filter(|file| file.imported);
    let mut names: Vec<String> = imported.map(name).collect();
    names.sort();
    names
}

fn file<'t>(truth: &'t Truth, wanted: &str) -> &'t TruthFile {
    truth
        .files
        .iter()
        .find(|file| name(file) == wanted)
        .unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
