//! The command line of `protodiff explain`.

use clap::Args;

use crate::core::format::Format;
use crate::core::rules::{self, Rule};

/// `protodiff explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The rule, as findings name it; default: all of them, a line each
    #[arg(value_name = "RULE", value_parser = rule)]
    pub rule: Option<&'static Rule>,
    /// The form: text, markdown or json
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = form, env = "PROTODIFF_FORMAT")]
    pub format: PageForm,
}

/// A form of the rules' pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageForm {
    /// For people at a terminal.
    Text,
    /// For documents.
    Markdown,
    /// For programs.
    Json,
}

fn form(text: &str) -> Result<PageForm, String> {
    match text.parse() {
        Ok(Format::Text) => Ok(PageForm::Text),
        Ok(Format::Markdown) => Ok(PageForm::Markdown),
        Ok(Format::Json) => Ok(PageForm::Json),
        Ok(other) => Err(format!(
            "`{other}` is a form of reports; expected text, markdown or json"
        )),
        Err(_) => Err(format!(
            "unknown format `{text}`; expected text, markdown or json"
        )),
    }
}

fn rule(text: &str) -> Result<&'static Rule, String> {
    let unknown = || {
        let text = text.to_ascii_lowercase();
        let closeness = |rule: &&Rule| strsim::jaro_winkler(&text, rule.id);
        let nearest = rules::all().max_by(|a, b| closeness(a).total_cmp(&closeness(b)));
        let nearest = nearest.map_or("", |rule| rule.id);
        format!(
            "there is no such rule; did you mean `{nearest}`? `protodiff explain` lists all of them"
        )
    };
    Rule::named(text).ok_or_else(unknown)
}
