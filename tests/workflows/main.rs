//! Everything in YAML that users or GitHub run: the project's workflows, the two action definitions
//! and the examples, held to the checkers that their readers would use; and the release's scripts,
//! run on a repository of their own. Each checker is also shown something wrong, so that a checker
//! that looks at nothing is noticed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod examples;
mod files;
mod release;

#[path = "../support/lint.rs"]
mod lint;

use std::fs;
use std::path::{Path, PathBuf};

/// The name under which the examples speak of the action.
const ACTION: &str = "OWNER/protodiff";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files right inside a folder with one of these endings, sorted.
fn in_folder(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let ends = |path: &PathBuf| {
        path.extension()
            .is_some_and(|found| endings.iter().any(|ending| found == *ending))
    };
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(ends)
        .collect();
    found.sort();
    found
}

fn yaml(folder: &str) -> Vec<PathBuf> {
    in_folder(folder, &["yml", "yaml"])
}

fn workflows() -> Vec<PathBuf> {
    let found = yaml(".github/workflows");
    assert!(found.len() >= 2, "{found:?}");
    found
}

/// The examples that are GitHub workflows.
fn github_examples() -> Vec<PathBuf> {
    let named = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("github-")
    };
    let mut found: Vec<_> = yaml("examples").into_iter().filter(named).collect();
    found.extend(yaml("examples/github-fork-safe"));
    assert!(found.len() >= 5, "{found:?}");
    found
}

fn actions() -> Vec<PathBuf> {
    ["action.yml", "host/action.yml"]
        .map(|path| root().join(path))
        .into()
}

/// Writes a file for a checker to complain about.
fn written(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}
