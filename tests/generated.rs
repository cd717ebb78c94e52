//! What is generated from the rules, and held: `docs/rules.md` and the table in the README.
//! `UPDATE_GENERATED=1 cargo test --test generated` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use protodiff::core::rules::{self, Rule};
use protodiff::render;

const BEGIN: &str = "<!-- rules:begin -->\n";
const END: &str = "<!-- rules:end -->\n";

fn all() -> Vec<&'static Rule> {
    rules::all().collect()
}

/// Compares a file with what it should be, or writes it.
fn hold(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some_and(|value| !value.is_empty()) {
        fs::write(&file, wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let differs = found
        .lines()
        .zip(wanted.lines())
        .position(|(found, wanted)| found != wanted)
        .unwrap_or(found.lines().count().min(wanted.lines().count()));
    assert!(
        found == wanted,
        "{path} is stale from line {} on: run `UPDATE_GENERATED=1 cargo test --test generated` and commit what it writes",
        differs + 1
    );
}

#[test]
fn the_document_of_rules() {
    hold("docs/rules.md", &render::rules::document(&all()));
}

#[test]
fn the_table_in_the_readme() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(readme).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let table = render::rules::table(&all(), "docs/rules.md");
    hold("README.md", &format!("{before}{BEGIN}{table}{END}{after}"));
}
