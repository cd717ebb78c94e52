//! Findings as annotations on the files of the truth: for a check run, and as workflow commands.

use super::printable;
use crate::core::level::Level;
use crate::core::report::{Report, ReportedFinding, Status};

/// The longest message, in characters; GitHub takes 64 KB.
const MESSAGE: usize = 2_000;

/// The longest title, in characters; GitHub takes 255.
const TITLE: usize = 200;

/// A remark on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Path in the repository.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
    /// How bad it is.
    pub level: Severity,
    /// Rule and subject.
    pub title: String,
    /// What breaks, for whom, and what to do.
    pub message: String,
}

/// How an annotation looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A finding of level `breaking`.
    Error,
    /// A finding of level `drift`.
    Warning,
    /// A finding of level `info`, or one that was there before the change.
    Notice,
}

impl Severity {
    /// As a check run's annotation has it.
    pub const fn of_check(self) -> &'static str {
        match self {
            Self::Error => "failure",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// As a workflow command has it.
    pub const fn of_command(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// The findings that have a place in the repository, worst first. `place` gives a path there, or
/// `None` for a file outside of it.
pub fn annotations(report: &Report, place: &dyn Fn(&str) -> Option<String>) -> Vec<Annotation> {
    report
        .findings
        .iter()
        .filter_map(|found| {
            let at = found.finding.location.as_ref()?;
            Some(Annotation {
                path: place(&at.file)?,
                line: at.line.max(1),
                level: severity(found),
                title: cut(
                    &format!("{}: {}", found.finding.rule, found.finding.subject),
                    TITLE,
                ),
                message: cut(&message(found), MESSAGE),
            })
        })
        .collect()
}

fn severity(found: &ReportedFinding) -> Severity {
    match found.finding.level {
        _ if found.status == Some(Status::Existing) => Severity::Notice,
        Level::Breaking => Severity::Error,
        Level::Drift => Severity::Warning,
        Level::Info => Severity::Notice,
    }
}

fn message(found: &ReportedFinding) -> String {
    let finding = &found.finding;
    let mut text = finding.message.clone();
    let methods: Vec<&str> = finding.methods.iter().map(|m| m.name.as_str()).collect();
    if let Some((first, rest)) = methods.split_first() {
        text.push_str(&format!("; affects {first}"));
        if !rest.is_empty() {
            text.push_str(&format!(" and {} more", rest.len()));
        }
    }
    text.push_str(&format!(
        "; in {}. {}",
        found.workloads.join(", "),
        finding.hint
    ));
    text
}

fn cut(text: &str, limit: usize) -> String {
    let text = printable(text);
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A workflow command, which nothing in the annotation can leave.
///
/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.
pub fn command(annotation: &Annotation) -> String {
    format!(
        "::{} file={},line={},title={}::{}",
        annotation.level.of_command(),
        property(&annotation.path),
        annotation.line,
        property(&annotation.title),
        data(&annotation.message)
    )
}

/// A workflow command without a place.
pub fn plain_command(level: Severity, message: &str) -> String {
    format!("::{}::{}", level.of_command(), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_command() {
        let annotation = Annotation {
            path: "a,line=9::b.proto".to_owned(),
            line: 3,
            level: Severity::Error,
            title: "t:x,y".to_owned(),
            message: "100%\n::set-output name=x::y".to_owned(),
        };
        assert_eq!(
            command(&annotation),
            "::error file=a%2Cline=9%3A%3Ab.proto,line=3,title=t%3Ax%2Cy::100%25%0A::set-output name=x::y"
        );
        assert_eq!(plain_command(Severity::Warning, "a\nb"), "::warning::a%0Ab");
    }
}
