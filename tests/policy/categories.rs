//! The table of buf's rules against the real buf.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use protodiff::core::policy::buf_categories::{REPLACED, RULES};
use protodiff::core::rules;
use serde_json::Value;

fn buf() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/build.sh");
    let output = Command::new(&script).output().unwrap();
    assert!(
        output.status.success(),
        "{} failed, so there is no buf to compare with:\n{}",
        script.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join("buf")
}

/// Each rule that buf lists, one JSON object a line.
fn listed(version: &str) -> Vec<Value> {
    let output = Command::new(buf())
        .args(["config", "ls-breaking-rules", "--version", version])
        .args(["--include-deprecated", "--format", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn strings(list: &Value) -> Vec<&str> {
    let mut all: Vec<&str> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one.as_str().unwrap())
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn rules_and_categories_are_those_of_buf() {
    let theirs = listed("v2");
    let theirs: BTreeMap<&str, Vec<&str>> = theirs
        .iter()
        .filter(|rule| rule["deprecated"] == false)
        .map(|rule| (rule["id"].as_str().unwrap(), strings(&rule["categories"])))
        .collect();
    let ours: BTreeMap<&str, Vec<&str>> = RULES
        .iter()
        .map(|(id, categories)| {
            let mut all = categories.to_vec();
            all.sort_unstable();
            (*id, all)
        })
        .collect();
    assert!(theirs.len() > 60, "{theirs:#?}");
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), RULES.len(), "no id stands twice");
}

#[test]
fn older_names_are_those_of_buf() {
    for version in ["v1", "v1beta1"] {
        let theirs = listed(version);
        let theirs: BTreeMap<&str, Vec<&str>> = theirs
            .iter()
            .map(|rule| (rule["id"].as_str().unwrap(), strings(&rule["replacements"])))
            .filter(|(_, replacements)| !replacements.is_empty())
            .collect();
        let ours: BTreeMap<&str, Vec<&str>> = REPLACED
            .iter()
            .map(|(id, with)| (*id, with.to_vec()))
            .collect();
        assert_eq!(ours, theirs, "{version}");
    }
}

#[test]
fn rules_name_only_rules_that_buf_has() {
    for rule in rules::all() {
        for id in rule.buf {
            assert!(
                RULES.iter().any(|(known, _)| known == id),
                "{}: buf has no {id}",
                rule.id
            );
        }
    }
}
