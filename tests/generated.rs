//! What is generated, and held: from the rules `docs/rules.md` and the table in the README, and from
//! `action.yml` the tables in `docs/github-action.md`.
//! `UPDATE_GENERATED=1 cargo test --test generated` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/action.rs"]
mod action;

use std::fs;
use std::path::Path;

use action::Action;
use protodiff::core::rules::{self, Rule};
use protodiff::render;

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

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A document with what stands between the marks `NAME:begin` and `NAME:end` replaced.
fn between(document: &str, name: &str, content: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}:begin -->\n"),
        format!("<!-- {name}:end -->\n"),
    );
    let (before, rest) = document.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{content}{end}{after}")
}

#[test]
fn the_table_in_the_readme() {
    let table = render::rules::table(&all(), "docs/rules.md");
    hold("README.md", &between(&read("README.md"), "rules", &table));
}

#[test]
fn the_tables_of_the_action() {
    let action = Action::parse(&read("action.yml"));
    let page = "docs/github-action.md";
    let with_inputs = between(&read(page), "inputs", &action.inputs());
    hold(page, &between(&with_inputs, "outputs", &action.outputs()));
}
