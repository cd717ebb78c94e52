//! `docs/buf.md`: which rules here and in `buf` see the same, and what differs on purpose.
//!
//! `UPDATE_DOCS=1 cargo test --test oracle documents` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use protodiff::core::rules;

use crate::buf;

/// A finding of `buf` that on purpose has no change here.
pub(crate) struct Deliberate {
    /// `buf`'s rules.
    pub(crate) buf: &'static [&'static str],
    /// How the kinds of mutations that show it begin.
    pub(crate) mutation: &'static str,
    /// What `buf`'s message holds.
    pub(crate) message: &'static str,
    pub(crate) reason: &'static str,
}

/// Every such difference.
pub(crate) const DELIBERATE: &[Deliberate] = &[
    Deliberate {
        buf: &["PACKAGE_MESSAGE_NO_DELETE"],
        mutation: "",
        message: "Entry\" was deleted",
        reason: "the entry of a map is no message of its own: the field that went away, or has another name, is reported",
    },
    Deliberate {
        buf: &[
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
        mutation: "rename-map-field",
        message: "Entry\" to ",
        reason: "a map's entry is named after its field; a map field of another name is reported by its name, and its type is the same",
    },
];

/// The entry for a finding, if there is one.
pub(crate) fn deliberate(id: &str, message: &str, mutation: &str) -> Option<&'static Deliberate> {
    DELIBERATE.iter().find(|entry| {
        entry.buf.contains(&id)
            && mutation.starts_with(entry.mutation)
            && message.contains(entry.message)
    })
}

/// One of `buf`'s rules.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct BufRule {
    pub(crate) id: String,
    categories: Vec<String>,
    purpose: String,
    deprecated: bool,
}

/// The rules in the categories that this project answers for.
pub(crate) fn buf_rules() -> Vec<BufRule> {
    let answered = ["PACKAGE", "WIRE_JSON", "WIRE"];
    let mut rules = every_buf_rule();
    rules.retain(|rule| {
        rule.categories
            .iter()
            .any(|c| answered.contains(&c.as_str()))
    });
    rules
}

/// The rules as `buf` itself lists them.
fn every_buf_rule() -> Vec<BufRule> {
    static RULES: OnceLock<Vec<BufRule>> = OnceLock::new();
    RULES
        .get_or_init(|| {
            let args = [
                "config",
                "ls-breaking-rules",
                "--version",
                "v2",
                "--format",
                "json",
            ];
            let output = buf::run(&std::env::temp_dir(), &args, &[0]).unwrap();
            let mut rules: Vec<BufRule> = String::from_utf8(output.stdout)
                .unwrap()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .filter(|rule: &BufRule| !rule.deprecated)
                .collect();
            rules.sort_by(|a, b| a.id.cmp(&b.id));
            rules
        })
        .clone()
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/buf.md")
}

const BEGIN: &str = "<!-- generated from the rules: begin -->";
const END: &str = "<!-- generated from the rules: end -->";

/// What stands between the marks.
fn generated() -> String {
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in rules::all() {
        for id in rule.buf {
            by_id.entry(id).or_default().push(rule.id);
        }
    }
    let mut text =
        String::from("| `buf breaking` | categories | rules here |\n| --- | --- | --- |\n");
    for rule in buf_rules() {
        let categories: Vec<&str> = rule
            .categories
            .iter()
            .map(String::as_str)
            .filter(|category| *category != "CSR")
            .collect();
        let own: Vec<String> = by_id
            .get(rule.id.as_str())
            .into_iter()
            .flatten()
            .map(|id| format!("`{id}`"))
            .collect();
        let own = if own.is_empty() {
            "none".to_owned()
        } else {
            own.join(", ")
        };
        writeln!(
            text,
            "| `{}` | {} | {own} |",
            rule.id,
            categories.join(", ")
        )
        .unwrap();
    }
    let alone: Vec<String> = rules::all()
        .filter(|rule| rule.buf.is_empty())
        .map(|rule| format!("`{}`", rule.id))
        .collect();
    writeln!(
        text,
        "\nRules here that no rule of `buf` corresponds to: {}.",
        alone.join(", ")
    )
    .unwrap();
    text.push_str("\n### Different on purpose\n\n");
    for entry in DELIBERATE {
        let ids: Vec<String> = entry.buf.iter().map(|id| format!("`{id}`")).collect();
        writeln!(text, "- {}: {}.", ids.join(", "), entry.reason).unwrap();
    }
    text
}

#[test]
fn documents_say_what_the_rules_say() {
    let path = path();
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let wanted = format!("{head}{BEGIN}\n\n{}\n{END}{tail}", generated());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let now = std::fs::read_to_string(&path).unwrap();
    assert!(
        now == wanted,
        "docs/buf.md is not what the rules say; `UPDATE_DOCS=1 cargo test --test oracle documents` writes it anew"
    );
}

/// An id that `buf` does not have would be a slip of the pen.
#[test]
fn rules_name_only_ids_that_buf_has() {
    let known: Vec<String> = every_buf_rule().into_iter().map(|rule| rule.id).collect();
    for rule in rules::all() {
        for id in rule.buf {
            assert!(
                known.iter().any(|k| k == id),
                "{}: buf has no rule {id}",
                rule.id
            );
        }
    }
    for rule in buf_rules() {
        assert!(!rule.purpose.is_empty(), "{}", rule.id);
    }
}
