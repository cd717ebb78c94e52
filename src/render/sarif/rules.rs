//! The rules that a SARIF run names: those that its results have, in order of first use.

use serde_json::{Value, json};

use super::super::{rules as pages, unverified};
use crate::core::level::Level;
use crate::core::rules::Rule;

/// The repository of this project, where its package names one.
pub(super) fn repository() -> Option<&'static str> {
    Some(env!("CARGO_PKG_REPOSITORY")).filter(|url| !url.is_empty())
}

/// Rules by index.
#[derive(Default)]
pub(super) struct Rules(Vec<&'static str>);

impl Rules {
    /// The index of a rule, which is named from now on.
    pub(super) fn index(&mut self, id: &'static str) -> usize {
        if let Some(index) = self.0.iter().position(|known| *known == id) {
            return index;
        }
        self.0.push(id);
        self.0.len() - 1
    }

    /// All that were named.
    pub(super) fn descriptors(&self) -> Vec<Value> {
        self.0
            .iter()
            .map(|id| Rule::named(id).map_or_else(unverified, of_rule))
            .collect()
    }
}

fn of_rule(rule: &'static Rule) -> Value {
    let (request, response) = (rule.request, rule.response);
    let worst = request.level.max(response.level);
    let why = if request.why == response.why {
        format!("{}.", request.why)
    } else {
        format!(
            "In a request: {}. In a response: {}.",
            request.why, response.why
        )
    };
    let help = format!(
        "{why}\n\nAfter a rollout: {}\nBefore a rollout: {}",
        rule.fix, rule.fix_before
    );
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": { "text": capital(rule.summary) },
        "fullDescription": { "text": why },
        "help": { "text": help, "markdown": pages::section(rule) },
        "defaultConfiguration": { "level": super::level(worst) },
        "properties": {
            "tags": ["grpc", "protobuf"],
            "precision": "very-high",
            "problem.severity": severity(worst),
            "bufRules": rule.buf,
        },
    });
    if let Some(repository) = repository() {
        descriptor["helpUri"] = format!("{repository}/blob/main/docs/rules.md#{}", rule.id).into();
    }
    descriptor
}

fn unverified() -> Value {
    json!({
        "id": unverified::RULE,
        "shortDescription": { "text": capital(unverified::SUMMARY) },
        "fullDescription": { "text":
            "A pod, a workload or a selection could not be read or compared, so nothing is known about what it serves."
        },
        "help": { "text":
            "The message says why, and what to do. It is no finding: what could not be read may match or not."
        },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["grpc", "protobuf"], "problem.severity": "error" },
    })
}

/// As GitHub grades them.
const fn severity(level: Level) -> &'static str {
    match level {
        Level::Breaking => "error",
        Level::Drift => "warning",
        Level::Info => "recommendation",
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).chain(['.']).collect()
    })
}
