//! Rules → the pages of `protodiff explain`, `docs/rules.md` and the table of the README. Pure, and
//! all from [`crate::core::rules`], so that none of them can be stale.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::core::level::Level;
use crate::core::rules::{Effect, Rule};

mod example;

const BOLD: Style = Style::new().bold();

/// Titles of the groups, with the words that the ids of their rules begin with.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Services and methods", &["service", "method"]),
    ("Fields", &["field", "required", "oneof", "extension"]),
    ("Enums", &["enum"]),
    ("Messages and types", &["message", "type", "deprecation"]),
    ("Files and packages", &["file", "package"]),
];

/// The group of rules that fit no other.
const OTHER: &str = "Other rules";

/// The title under which documents list a rule.
fn group(rule: &Rule) -> &'static str {
    let word = rule.id.split('-').next().unwrap_or_default();
    GROUPS
        .iter()
        .find(|(_, words)| words.contains(&word))
        .map_or(OTHER, |(title, _)| title)
}

/// Rules by group, both in the order in which they first appear.
fn grouped(rules: &[&'static Rule]) -> Vec<(&'static str, Vec<&'static Rule>)> {
    let mut groups: Vec<(&str, Vec<&Rule>)> = Vec::new();
    for rule in rules {
        let title = group(rule);
        match groups.iter_mut().find(|(known, _)| *known == title) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((title, vec![rule])),
        }
    }
    groups
}

/// The directions of a call with what the rule says of them; one if it says the same of both.
fn directions(rule: &Rule) -> Vec<(&'static str, Effect)> {
    let (request, response) = (rule.request, rule.response);
    if request.level == response.level && request.why == response.why {
        vec![("any call", request)]
    } else {
        vec![("request", request), ("response", response)]
    }
}

fn styled_level(level: Level, width: usize) -> String {
    let style = match level {
        Level::Breaking => AnsiColor::Red.on_default().bold(),
        Level::Drift => AnsiColor::Yellow.on_default().bold(),
        Level::Info => AnsiColor::Blue.on_default(),
    };
    format!("{style}{:width$}{style:#}", level.as_str())
}

/// All rules, a line each, with ANSI styles.
pub fn list(rules: &[&'static Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = format!(
        "{BOLD}{:width$}  {:8}  {:8}  {}{BOLD:#}\n",
        "rule", "request", "response", "what differs"
    );
    for rule in rules {
        let request = styled_level(rule.request.level, 8);
        let response = styled_level(rule.response.level, 8);
        let _ = writeln!(
            out,
            "{:width$}  {request}  {response}  {}",
            rule.id, rule.summary
        );
    }
    out.push_str("\n`protodiff explain RULE` says why, and what to do.\n");
    out
}

/// One rule's page, with ANSI styles.
pub fn page(rule: &Rule) -> String {
    let mut out = format!("{BOLD}{}{BOLD:#}\n{}\n", rule.id, rule.summary);
    let _ = writeln!(out, "\n{BOLD}Level{BOLD:#}");
    for (direction, effect) in directions(rule) {
        let level = styled_level(effect.level, 8);
        let _ = writeln!(out, "  {direction:8}  {level}  {}", effect.why);
    }
    let _ = writeln!(out, "\n{BOLD}What to do{BOLD:#}");
    let _ = writeln!(out, "  after a rollout   {}", rule.fix);
    let _ = writeln!(out, "  before a rollout  {}", rule.fix_before);
    if !rule.buf.is_empty() {
        let _ = writeln!(out, "\n{BOLD}In `buf breaking`{BOLD:#}");
        let _ = writeln!(out, "  {}", rule.buf.join(", "));
    }
    let _ = writeln!(out, "\n{BOLD}Example{BOLD:#}");
    for (who, fragment) in [
        ("clients are built from", rule.example.client),
        ("the server serves", rule.example.server),
    ] {
        let _ = writeln!(out, "  {who}");
        for line in example::lines(fragment) {
            let _ = writeln!(out, "    {line}");
        }
    }
    out
}

/// The introduction of `docs/rules.md`.
const INTRODUCTION: &str = "\
# Rules

What each difference between the live schema and the truth does to a call. `protodiff explain`
prints the same.

A message travels to the server in requests, to the client in responses, or both, and a difference
is judged for each direction in which it travels; the worst level counts. *After a rollout* is for a
server that runs already; *before a rollout* is for `--before-rollout`, where the server is the one
that is about to be rolled out. The ids of `buf breaking` are those of its rules that see the same
difference. Examples are proto3 unless they say otherwise, and where one has no service, a method
takes and returns `Example`.
";

/// `docs/rules.md`: every rule, by group.
pub fn document(rules: &[&'static Rule]) -> String {
    let mut out = INTRODUCTION.to_owned();
    for (title, rules) in grouped(rules) {
        let _ = write!(out, "\n## {title}\n\n{}", table(&rules, ""));
        for rule in rules {
            out.push('\n');
            out.push_str(&section(rule));
        }
    }
    out
}

/// A Markdown table of rules; their ids are links to sections of this file (`""`: the same file).
pub fn table(rules: &[&'static Rule], file: &str) -> String {
    let mut out = String::from(
        "| rule | in a request | in a response | what differs |\n| --- | --- | --- | --- |\n",
    );
    for rule in rules {
        let _ = writeln!(
            out,
            "| [`{id}`]({file}#{id}) | {} | {} | {} |",
            rule.request.level,
            rule.response.level,
            cell(rule.summary),
            id = rule.id,
        );
    }
    out
}

/// One rule as a section of a Markdown document.
pub fn section(rule: &Rule) -> String {
    let mut out = format!("### `{}`\n\nWhat differs: {}.\n\n", rule.id, rule.summary);
    out.push_str("| direction | level | why |\n| --- | --- | --- |\n");
    for (direction, effect) in directions(rule) {
        let _ = writeln!(
            out,
            "| {direction} | `{}` | {} |",
            effect.level,
            cell(effect.why)
        );
    }
    let _ = writeln!(out, "\n- After a rollout: {}", rule.fix);
    let _ = writeln!(out, "- Before a rollout: {}", rule.fix_before);
    if !rule.buf.is_empty() {
        let _ = writeln!(out, "- `buf breaking`: `{}`", rule.buf.join("`, `"));
    }
    for (who, fragment) in [
        ("Clients are built from", rule.example.client),
        ("The server serves", rule.example.server),
    ] {
        let schema = example::lines(fragment).join("\n");
        let _ = write!(out, "\n{who}:\n\n```proto\n{schema}\n```\n");
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[derive(Serialize)]
struct Document {
    rules: Vec<RuleForm>,
}

#[derive(Serialize)]
struct RuleForm {
    id: &'static str,
    levels: Directions<Level>,
    summary: &'static str,
    why: Directions<&'static str>,
    fix: &'static str,
    fix_before: &'static str,
    buf: &'static [&'static str],
    example: ExampleForm,
}

#[derive(Serialize)]
struct Directions<T> {
    request: T,
    response: T,
}

#[derive(Serialize)]
struct ExampleForm {
    client: String,
    server: String,
}

/// Rules as JSON. Fields may be added; none is removed or changes its meaning.
///
/// # Errors
/// A defect of the form: it holds strings and lists only.
pub fn json(rules: &[&'static Rule]) -> Result<String, serde_json::Error> {
    let rules = rules.iter().map(|rule| RuleForm {
        id: rule.id,
        levels: Directions {
            request: rule.request.level,
            response: rule.response.level,
        },
        summary: rule.summary,
        why: Directions {
            request: rule.request.why,
            response: rule.response.why,
        },
        fix: rule.fix,
        fix_before: rule.fix_before,
        buf: rule.buf,
        example: ExampleForm {
            client: example::lines(rule.example.client).join("\n"),
            server: example::lines(rule.example.server).join("\n"),
        },
    });
    let document = Document {
        rules: rules.collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules;

    #[test]
    fn every_rule_has_a_group() {
        let lost: Vec<&str> = rules::all()
            .filter(|rule| group(rule) == OTHER)
            .map(|rule| rule.id)
            .collect();
        assert!(lost.is_empty(), "name a group for {lost:?} in GROUPS");
    }

    #[test]
    fn a_documents_links_lead_to_its_sections() {
        let all: Vec<&Rule> = rules::all().collect();
        let text = document(&all);
        for rule in all {
            assert!(text.contains(&format!("](#{})", rule.id)), "{}", rule.id);
            assert!(
                text.contains(&format!("\n### `{}`\n", rule.id)),
                "{}",
                rule.id
            );
        }
    }
}
