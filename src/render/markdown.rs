//! Markdown for a pull request, by the template `templates/report.md`.
//!
//! All text from outside passes through one of two filters there: `code` makes a code span that
//! nothing can leave, `cell` makes plain text that is safe in a table or a sentence.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;

use super::{counted, printable, way, workload_name};
use crate::core::change::MethodReach;
use crate::core::level::Level;
use crate::core::perspective::Perspective;
use crate::core::report::{IgnoredFinding, Report, ReportedFinding, Status, WorkloadReport};

/// The template, compiled in so that the binary needs no files.
const TEMPLATE: &str = include_str!("../../templates/report.md");

#[derive(Serialize)]
struct Workload {
    verdict: &'static str,
    name: String,
    pods: usize,
    versions: usize,
    images: Vec<String>,
    compared: usize,
    reasons: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Finding {
    level: &'static str,
    default_level: Option<&'static str>,
    rule: &'static str,
    subject: String,
    message: String,
    hint: &'static str,
    diff: Vec<String>,
    methods: Vec<(String, &'static str)>,
    more_methods: usize,
    place: Option<String>,
    workloads: Vec<String>,
    pods: usize,
}

#[derive(Serialize)]
struct Ignored {
    level: &'static str,
    rule: &'static str,
    subject: String,
    reason: String,
    until: Option<String>,
    origin: String,
}

/// The report as GitHub-flavoured Markdown.
///
/// # Errors
/// A defect of the template.
pub fn render(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.add_filter("code", |text: &str| code(text));
    environment.add_filter("cell", |text: &str| cell(text));
    environment.add_filter("fenced", |text: &str| printable(text));
    environment.add_filter("counted", |count: usize, noun: &str| counted(count, noun));
    environment.add_template("report.md", TEMPLATE)?;
    let of_level = |level: Level| -> Vec<Finding> {
        report
            .findings
            .iter()
            .filter(|found| found.finding.level == level)
            .filter(|found| found.status != Some(Status::Existing))
            .map(finding)
            .collect()
    };
    let existing: Vec<Finding> = report.with_status(Status::Existing).map(finding).collect();
    let fixed: Option<Vec<Finding>> = report
        .baseline
        .as_ref()
        .map(|baseline| baseline.fixed.iter().map(finding).collect());
    let ignored: Vec<Ignored> = report.ignored.iter().map(ignored).collect();
    let summary = report.summary();
    let text = environment.get_template("report.md")?.render(context! {
        verdict => report.verdict.as_str(),
        before => report.perspective == Perspective::Before,
        pods => summary.pods,
        services => summary.services_compared,
        counts => Serde([summary.breaking, summary.drift, summary.info]),
        breaking => Serde(of_level(Level::Breaking)),
        drift => Serde(of_level(Level::Drift)),
        info => Serde(of_level(Level::Info)),
        unknown => summary.unknown,
        workloads => Serde(report.workloads.iter().map(workload).collect::<Vec<_>>()),
        truths => Serde(report.truths.iter().map(|truth| &truth.resolved).collect::<Vec<_>>()),
        baseline => report.baseline.as_ref().map(|baseline| &baseline.truth.resolved),
        introduced => summary.introduced,
        existing => Serde(existing),
        fixed => Serde(fixed.unwrap_or_default()),
        ignored => Serde(ignored),
        notes => Serde(&report.notes),
    })?;
    Ok(format!("{}\n", text.trim_end()))
}

fn workload(workload: &WorkloadReport) -> Workload {
    let pods = || workload.versions.iter().flat_map(|version| &version.pods);
    let mut reasons: Vec<(String, String)> = Vec::new();
    let of_pods = pods().flat_map(|pod| pod.reasons.iter());
    for reason in workload.reasons.iter().chain(of_pods) {
        let pair = (reason.message.clone(), reason.hint.clone());
        if !reasons.contains(&pair) {
            reasons.push(pair);
        }
    }
    let mut images: Vec<String> = workload
        .versions
        .iter()
        .flat_map(|version| version.images.clone())
        .collect();
    images.dedup();
    let mut compared: Vec<&String> = workload
        .versions
        .iter()
        .flat_map(|version| &version.common)
        .collect();
    compared.sort();
    compared.dedup();
    Workload {
        verdict: workload.verdict.as_str(),
        name: workload_name(workload),
        pods: pods().count(),
        versions: workload.versions.len(),
        images,
        compared: compared.len(),
        reasons,
    }
}

fn finding(found: &ReportedFinding) -> Finding {
    let finding = &found.finding;
    let shown = 6;
    let mut diff = Vec::new();
    if let Some(truth) = &finding.truth {
        diff.push(format!("- {truth}"));
    }
    if let Some(live) = &finding.live {
        diff.push(format!("+ {live}"));
    }
    Finding {
        level: finding.level.as_str(),
        default_level: finding.default_level.map(Level::as_str),
        rule: finding.rule,
        subject: finding.subject.clone(),
        message: finding.message.clone(),
        hint: finding.hint,
        diff,
        methods: finding
            .methods
            .iter()
            .take(shown)
            .map(|reached| method(reached, &finding.subject))
            .collect(),
        more_methods: finding.methods.len().saturating_sub(shown),
        place: finding.location.as_ref().map(|at| {
            if at.line > 0 {
                format!("{}:{}", at.file, at.line)
            } else {
                at.file.to_string()
            }
        }),
        workloads: found.workloads.clone(),
        pods: found.pods,
    }
}

fn ignored(ignored: &IgnoredFinding) -> Ignored {
    let finding = &ignored.found.finding;
    Ignored {
        level: finding.level.as_str(),
        rule: finding.rule,
        subject: finding.subject.clone(),
        reason: ignored.why.reason.clone(),
        until: ignored.why.until.map(|day| day.to_string()),
        origin: ignored.why.origin.clone(),
    }
}

fn method(method: &MethodReach, subject: &str) -> (String, &'static str) {
    (method.name.clone(), way(method, subject))
}

/// A code span: delimited by more backticks than the text has in a row.
fn code(text: &str) -> String {
    let text = printable(text).replace('|', "\\|");
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let ticks = "`".repeat(longest + 1);
    let pad = if longest > 0 || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Plain text: whatever Markdown or HTML could read as markup is escaped; the code spans that
/// messages have are kept, each closed within the message.
fn cell(text: &str) -> String {
    let text = printable(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks would leave a span open: then all of it is plain.
    if parts.len().is_multiple_of(2) {
        return escape(&text);
    }
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            if index % 2 == 0 || part.is_empty() {
                escape(part)
            } else {
                code(part)
            }
        })
        .collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A zero-width joiner would be lost in copying; an entity stops a mention just as well.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_code_span() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("x\n# y"), "`x\\u{a}# y`");
    }

    #[test]
    fn markup_in_plain_text_is_inert() {
        assert_eq!(
            cell("<img> @team [x](y)"),
            "&lt;img&gt; &#64;team \\[x\\](y)"
        );
        assert_eq!(cell("field `a_b` is gone"), "field `a_b` is gone");
        assert_eq!(cell("odd ` tick"), "odd \\` tick");
    }
}
