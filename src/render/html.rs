//! One HTML file that needs no other and runs no script, by `templates/report.html`; for a browser,
//! a CI artifact or a mail.
//!
//! Every text passes through one formatter, which makes it printable, clips it and escapes it; only
//! the style sheet does not. The page's own policy lets a browser fetch nothing, should that fail.

mod findings;
mod view;
mod workloads;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Output, State, Value, context, escape_formatter};
use sha2::{Digest, Sha256};

use super::{counted, sentence};
use crate::core::report::Report;

/// The template, compiled in so that the binary needs no files.
const TEMPLATE: &str = include_str!("../../templates/report.html");

/// The style sheet; it stands in the page.
const STYLE: &str = include_str!("../../templates/report.css");

/// The report as an HTML page.
///
/// # Errors
/// A defect of the template.
pub fn render(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_formatter(format);
    environment.add_filter("prose", |text: &str| prose(text));
    environment.add_filter("counted", |count: usize, noun: &str| counted(count, noun));
    environment.add_template("report.html", TEMPLATE)?;
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut text = environment.get_template("report.html")?.render(context! {
        report => Serde(view::page(report)),
        version => env!("CARGO_PKG_VERSION"),
        style => Value::from_safe_string(STYLE.to_owned()),
        style_hash => format!("sha256-{digest}"),
    })?;
    text.push('\n');
    Ok(text)
}

/// Writes one value of the template: a text from outside is made harmless, whatever it holds.
fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(out, state, &Value::from(sentence::short(text)))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// A message in parts, plain text and code by turns; code stands between backticks. A stray
/// backtick makes all of it plain.
fn prose(text: &str) -> Vec<String> {
    let parts: Vec<String> = text.split('`').map(str::to_owned).collect();
    if parts.len().is_multiple_of(2) {
        return vec![text.to_owned()];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_between_backticks() {
        assert_eq!(prose("field `a` is gone"), ["field ", "a", " is gone"]);
        assert_eq!(prose("an odd ` tick"), ["an odd ` tick"]);
    }

    #[test]
    fn a_style_sheet_does_not_end_early() {
        assert!(!STYLE.contains("</") && !STYLE.contains("url("));
    }
}
