//! What is written where: the pages of one run, each within its place's limit.

use super::comment::short;
use super::context::Context;
use super::{End, Settings, files};
use crate::core::report::Report;
use crate::render::markdown::{self, Style};

/// GitHub takes 65,536 characters of a comment, and 65,535 of a check run's summary.
const LIMIT: usize = 60_000;

/// The pages of one run.
#[derive(Clone, Copy)]
pub(super) struct Pages<'a> {
    pub(super) context: &'a Context,
    pub(super) settings: &'a Settings,
    pub(super) end: End<'a>,
}

impl Pages<'_> {
    /// The step's summary, and what went wrong in making it.
    pub(super) fn summary(&self) -> (String, Option<String>) {
        match self.page(files::SUMMARY, "The JSON report has all of it.") {
            Ok(page) => (format!("{page}\n"), None),
            Err(error) => (
                String::new(),
                Some(format!("the summary was not made: {error}")),
            ),
        }
    }

    /// The check run's summary.
    pub(super) fn check(&self) -> String {
        self.in_short()
    }

    /// The comment, below its marker. `resolved` says that an earlier run's comment is no longer
    /// true.
    pub(super) fn comment(&self, resolved: bool) -> String {
        let gone = if resolved {
            "\n**What this comment reported before is gone.**\n"
        } else {
            ""
        };
        let Context { head_sha, .. } = self.context;
        format!(
            "{}{gone}\n<sub>[run {}]({}) on {}, protodiff {}</sub>\n",
            self.in_short(),
            self.context.run_id,
            self.context.run_url(),
            short(head_sha),
            env!("CARGO_PKG_VERSION")
        )
    }

    fn in_short(&self) -> String {
        let more = format!("[The step's summary]({}) has more.", self.context.run_url());
        // A defect of a template must not lose the verdict.
        self.page(LIMIT, &more)
            .unwrap_or_else(|_| format!("## {}\n", self.title()))
    }

    fn page(&self, limit: usize, more: &str) -> Result<String, minijinja::Error> {
        match self.end {
            End::Report(report, _) => {
                let style = Style {
                    title: self.settings.check_name.clone(),
                    limit,
                    files: (!self.context.head_sha.is_empty()).then(|| self.files()),
                    more: more.to_owned(),
                };
                markdown::render(report, &style)
            }
            End::Error(message, help) => {
                Ok(markdown::error(&self.settings.check_name, message, help))
            }
        }
    }

    /// Where paths that are relative to the working directory can be looked at.
    fn files(&self) -> String {
        let below = std::env::current_dir().ok().and_then(|here| {
            let workspace = self.context.workspace.as_ref()?;
            let below = here.strip_prefix(workspace).ok()?.to_str()?.to_owned();
            (!below.is_empty()).then_some(below)
        });
        match below {
            Some(below) => format!(
                "{}/{}",
                self.context.files_url(),
                markdown::url_path(&below)
            ),
            None => self.context.files_url(),
        }
    }

    /// The check run's title: the verdict and the counts.
    pub(super) fn title(&self) -> String {
        match self.end {
            End::Report(report, _) => title(report),
            End::Error(..) => "could not run".to_owned(),
        }
    }

    /// The step's outputs that a report gives.
    pub(super) fn outputs(&self) -> String {
        let End::Report(report, _) = self.end else {
            return files::output("verdict", "UNKNOWN");
        };
        let summary = report.summary();
        [
            ("verdict", report.verdict.as_str().to_owned()),
            ("breaking", summary.breaking.to_string()),
            ("drift", summary.drift.to_string()),
            ("unknown", summary.unknown.to_string()),
        ]
        .map(|(name, value)| files::output(name, &value))
        .concat()
    }
}

fn title(report: &Report) -> String {
    let summary = report.summary();
    let counts: Vec<String> = [
        (summary.breaking, "breaking"),
        (summary.drift, "drift"),
        (summary.unknown, "not verified"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    let verdict = report.verdict.as_str();
    if counts.is_empty() {
        format!("{verdict}: {} services compared", summary.services_compared)
    } else {
        format!("{verdict}: {}", counts.join(", "))
    }
}
