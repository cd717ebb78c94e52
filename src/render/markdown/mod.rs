//! Markdown for a pull request, a step's summary, a check run: for a reader in a hurry.
//!
//! [`render`] is the entry: the verdict, a table of workloads, the methods that differ, then each
//! finding with its remedy. What each part says is in `templates/markdown/`; [`page`] keeps the
//! whole within a limit. All text from outside passes through [`escape`].

mod escape;
mod methods;
mod page;
mod parts;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};

use super::{counted, workload_name};
use crate::core::level::{Level, Verdict};
use crate::core::perspective::Perspective;
use crate::core::report::{Report, ReportedFinding, Status, TruthUsed};
pub use escape::url_path;
use escape::{code, fenced, plain};
use page::{Page, Section};

/// The templates, compiled in so that the binary needs no files.
const TEMPLATES: [(&str, &str); 7] = [
    ("head", include_str!("../../../templates/markdown/head.md")),
    ("row", include_str!("../../../templates/markdown/row.md")),
    (
        "methods",
        include_str!("../../../templates/markdown/methods.md"),
    ),
    (
        "unverified",
        include_str!("../../../templates/markdown/unverified.md"),
    ),
    (
        "finding",
        include_str!("../../../templates/markdown/finding.md"),
    ),
    (
        "short",
        include_str!("../../../templates/markdown/short.md"),
    ),
    (
        "ignored",
        include_str!("../../../templates/markdown/ignored.md"),
    ),
];

/// How a report is written, beyond what it says.
#[derive(Debug, Clone)]
pub struct Style {
    /// The heading; the name of the check.
    pub title: String,
    /// The most bytes that the page may have.
    pub limit: usize,
    /// Where files of the truth can be looked at: `https://HOST/OWNER/REPO/blob/SHA`.
    pub files: Option<String>,
    /// Where the whole report is, for the line that says what was left out; a sentence in Markdown.
    pub more: String,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            title: "protodiff".to_owned(),
            limit: usize::MAX,
            files: None,
            more: "The JSON report has all of it.".to_owned(),
        }
    }
}

/// The report as GitHub-flavoured Markdown.
///
/// # Errors
/// A defect of a template.
pub fn render(report: &Report, style: &Style) -> Result<String, minijinja::Error> {
    let templates = environment()?;
    let parts = parts::Parts {
        templates: &templates,
        style,
        report,
    };
    let mut page = Page::new(style.limit);
    page.head(&head(&templates, report, style)?);
    page.section(&parts.workloads()?);
    page.section(&parts.unverified()?);
    page.section(&parts.methods()?);
    let new = |level: Level| {
        move |found: &&ReportedFinding| {
            found.finding.level == level && found.status != Some(Status::Existing)
        }
    };
    page.section(&parts.findings(new(Level::Breaking))?);
    page.section(&parts.findings(new(Level::Drift))?);
    let fold = |count: usize, what: &str| {
        (
            format!("\n<details><summary>{count} {what}</summary>\n\n"),
            "\n</details>\n\n".to_owned(),
        )
    };
    let info: Vec<&ReportedFinding> = report.findings.iter().filter(new(Level::Info)).collect();
    let existing: Vec<&ReportedFinding> = report.with_status(Status::Existing).collect();
    let fixed: Vec<&ReportedFinding> = report
        .baseline
        .iter()
        .flat_map(|baseline| &baseline.fixed)
        .collect();
    let no_effect = fold(info.len(), "of level info: no effect on calls");
    page.section(&parts.short(&info, no_effect)?);
    let before = fold(existing.len(), "there before the change, not counted");
    page.section(&parts.short(&existing, before)?);
    let title = ("\n**Fixed by the change**\n\n".to_owned(), "\n".to_owned());
    page.section(&parts.short(&fixed, title)?);
    let ignored = fold(report.ignored.len(), "ignored");
    page.section(&parts.ignored(ignored)?);
    page.section(&Section {
        before: "\n".to_owned(),
        entries: report
            .notes
            .iter()
            .map(|note| format!("- note: {}\n", plain(note)))
            .collect(),
        after: String::new(),
        noun: "note",
    });
    Ok(page.finish(&style.more))
}

/// A page that says why there is no report.
pub fn error(title: &str, message: &str, help: &str) -> String {
    let help = if help.is_empty() {
        String::new()
    } else {
        format!("\n**what to do:** {}\n", plain(help))
    };
    format!(
        "## ⚠️ {}: could not run\n\n**Nothing was verified**, so nobody knows whether clients work.\n\n{}\n{help}",
        plain(title),
        plain(message)
    )
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.add_filter("code", |text: &str| code(text));
    environment.add_filter("plain", |text: &str| plain(text));
    environment.add_filter("fenced", |text: &str| fenced(text));
    environment.add_filter("counted", |count: usize, noun: &str| counted(count, noun));
    environment.add_global(
        "mark",
        context! { SYNC => "✅", MISMATCH => "❌", UNKNOWN => "⚠️" },
    );
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

fn head(
    templates: &Environment<'_>,
    report: &Report,
    style: &Style,
) -> Result<String, minijinja::Error> {
    let summary = report.summary();
    let truths: Vec<String> = report.truths.iter().map(TruthUsed::shown).take(5).collect();
    templates.get_template("head")?.render(context! {
        title => &style.title,
        verdict => report.verdict.as_str(),
        sentence => sentence(report),
        pods => summary.pods,
        services => summary.services_compared,
        counts => [summary.breaking, summary.drift, summary.info],
        unknown => summary.unknown,
        ignored => summary.ignored,
        truths => truths,
        baseline => report.baseline.as_ref().map(|baseline| baseline.truth.shown()),
        introduced => summary.introduced,
        existing => summary.existing,
        fixed => summary.fixed,
    })
}

/// The verdict in words.
fn sentence(report: &Report) -> &'static str {
    match (report.perspective, report.verdict) {
        (Perspective::After, Verdict::Sync) => "What runs is what clients are built from.",
        (Perspective::After, Verdict::Mismatch) => {
            "**What runs is not what clients are built from.**"
        }
        (_, Verdict::Unknown) => {
            "**Not everything could be verified**, so nobody knows whether clients work."
        }
        (Perspective::Before, Verdict::Sync) => {
            "A rollout of the truth breaks no client that is built from what runs now."
        }
        (Perspective::Before, Verdict::Mismatch) => {
            "**A rollout of the truth would affect clients that are built from what runs now.**"
        }
    }
}
