//! The tables of inputs and outputs in `docs/github-action.md`, from `action.yml`. Included by test
//! targets with `#[path]`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// What of an action's definition the documentation shows.
#[derive(Deserialize)]
pub(crate) struct Action {
    inputs: Entries,
    outputs: Entries,
}

#[derive(Deserialize)]
struct Entry {
    description: String,
    #[serde(default)]
    default: Option<String>,
}

/// Entries in the order of the file, which is the order that a reader wants.
struct Entries(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a mapping of names to descriptions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Action {
    pub(crate) fn parse(text: &str) -> Self {
        serde_saphyr::from_str(text).unwrap()
    }

    /// `| input | default | what it sets |`.
    pub(crate) fn inputs(&self) -> String {
        let mut table = "| input | default | |\n| --- | --- | --- |\n".to_owned();
        for (name, entry) in &self.inputs.0 {
            let default = entry
                .default
                .as_deref()
                .filter(|default| !default.is_empty());
            let default = default
                .map(|default| format!("`{default}`"))
                .unwrap_or_default();
            table.push_str(&format!(
                "| `{name}` | {default} | {} |\n",
                cell(&entry.description)
            ));
        }
        table
    }

    /// `| output | what it holds |`.
    pub(crate) fn outputs(&self) -> String {
        let mut table = "| output | |\n| --- | --- |\n".to_owned();
        for (name, entry) in &self.outputs.0 {
            table.push_str(&format!("| `{name}` | {} |\n", cell(&entry.description)));
        }
        table
    }
}

/// A description as it may stand in a table; `FORMAT=PATH` and `<NAME>` stay what they are.
fn cell(text: &str) -> String {
    text.trim()
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('\n', " ")
}
