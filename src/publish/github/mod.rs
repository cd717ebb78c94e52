//! The report on GitHub: summary, check run, comment, outputs, annotations.
//!
//! [`Session`] is the entry: begun before a scan, so that the check shows as running, and finished
//! with what came of it. The step's summary comes first and needs no API; whatever the API refuses
//! becomes a warning and changes no verdict.

mod check;
mod client;
mod comment;
mod context;
mod explain;
mod files;
mod fold;
mod marker;
mod pages;
mod pulls;

use std::path::PathBuf;

pub use client::{Failure, Patience};
pub use context::Context;

use crate::core::comment_mode::CommentMode;
use crate::core::report::Report;
use crate::render::annotations::{self, Annotation, Severity};
use check::{Checks, Created, Outcome};
use client::Client;
use comment::Comment;
use marker::Marker;
use pages::Pages;

/// Workflow commands of one severity that GitHub shows for a step.
const COMMANDS: usize = 10;

/// How long giving up a check run may take.
const CANCEL: std::time::Duration = std::time::Duration::from_secs(4);

/// Annotations on a check run; more than this nobody reads.
const ANNOTATIONS: usize = 500;

/// How a report is published.
#[derive(Debug, Clone)]
pub struct Settings {
    /// When there is a comment.
    pub comment: CommentMode,
    /// Name of the check, and heading of the comment.
    pub check_name: String,
    /// Where the reports go; the runner's temporary folder if `None`.
    pub report_dir: Option<PathBuf>,
    /// Deadlines and pauses.
    pub patience: Patience,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub enum End<'a> {
    /// A report, and whether its exit code fails the step.
    Report(&'a Report, bool),
    /// No report: what went wrong, and what to do (may be empty).
    Error(&'a str, &'a str),
}

impl End<'_> {
    const fn failed(&self) -> bool {
        match self {
            Self::Report(_, failed) => *failed,
            Self::Error(..) => true,
        }
    }
}

/// What was published.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Page of the comment.
    pub comment_url: Option<String>,
    /// Page of the check run.
    pub check_url: Option<String>,
    /// What a reader should know and is no failure.
    pub notes: Vec<String>,
    /// What could not be published, and what to do.
    pub warnings: Vec<String>,
    /// Workflow commands to print, where the check run could not carry annotations.
    pub commands: Vec<String>,
}

/// The publishing of one run.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    context: Context,
    client: Option<Client>,
    check: Option<Created>,
    published: Published,
}

impl Session {
    /// Begins publishing for this process; `None` outside of GitHub Actions.
    pub async fn begin(settings: Settings) -> Option<Self> {
        let context = match Context::from_environment()? {
            Ok(context) => context,
            Err(cause) => {
                let published = Published {
                    warnings: vec![format!(
                        "nothing is published through GitHub's API: {cause}"
                    )],
                    ..Published::default()
                };
                return Some(Self {
                    settings,
                    context: Context::default(),
                    client: None,
                    check: None,
                    published,
                });
            }
        };
        Some(Self::with(settings, context, token()).await)
    }

    /// Begins publishing for a run that is known already.
    pub async fn with(settings: Settings, context: Context, token: Option<String>) -> Self {
        let mut published = Published::default();
        let client = match token {
            None => {
                published.notes.push(explain::NO_TOKEN.to_owned());
                None
            }
            Some(token) => Client::new(&context, &token, settings.patience)
                .map_err(|cause| published.warnings.push(cause))
                .ok(),
        };
        let mut session = Self {
            settings,
            context,
            client,
            check: None,
            published,
        };
        session.create_check().await;
        session
    }

    async fn create_check(&mut self) {
        let Some(client) = &self.client else { return };
        let checks = Checks {
            client,
            context: &self.context,
            name: &self.settings.check_name,
        };
        match checks.begin().await {
            Ok(created) => {
                self.published.check_url = Some(created.url.clone());
                self.check = Some(created);
            }
            Err(failure) => self.warn("the check run was not created", &failure),
        }
    }

    fn warn(&mut self, what: &str, failure: &Failure) {
        let advice = explain::advice(failure, &self.context);
        let warning = match advice {
            Some(advice) => format!("{what}: {failure}. {advice}"),
            None => format!("{what}: {failure}"),
        };
        self.published.warnings.push(warning);
    }

    /// Publishes what came of the run: the summary and the reports, then the check run and the
    /// comment, then the outputs.
    pub async fn finish(mut self, end: End<'_>) -> Published {
        let pages = Pages {
            context: &self.context,
            settings: &self.settings,
            end,
        };
        let (summary, problems) = pages.summary();
        self.published.warnings.extend(problems);
        if let Err(error) = files::append("GITHUB_STEP_SUMMARY", &summary) {
            self.published
                .warnings
                .push(format!("the step's summary was not written: {error}"));
        }
        let mut outputs = pages.outputs();
        if let End::Report(report, _) = end {
            outputs.push_str(&self.write_reports(report));
        }
        self.write_outputs(&outputs);
        let annotations = self.annotations(end);
        self.complete_check(end, &annotations).await;
        self.post_comment(end).await;
        let urls = [
            ("comment-url", self.published.comment_url.clone()),
            ("check-url", self.published.check_url.clone()),
        ];
        let lines = urls.map(|(name, url)| files::output(name, &url.unwrap_or_default()));
        self.write_outputs(&lines.concat());
        self.published
    }

    /// Gives the check run up, when a signal has stopped the scan: it would stay in progress.
    pub async fn cancel(self) {
        let (Some(client), Some(check)) = (&self.client, &self.check) else {
            return;
        };
        let checks = Checks {
            client,
            context: &self.context,
            name: &self.settings.check_name,
        };
        // The runner waits 7.5 seconds before it insists.
        let _ = tokio::time::timeout(CANCEL, checks.cancel(check)).await;
    }

    fn write_outputs(&mut self, lines: &str) {
        if let Err(error) = files::append("GITHUB_OUTPUT", lines) {
            self.published
                .warnings
                .push(format!("the step's outputs were not written: {error}"));
        }
    }

    /// Writes the reports, and gives their outputs.
    fn write_reports(&mut self, report: &Report) -> String {
        let Some(folder) = self.settings.report_dir.clone().or_else(files::temporary) else {
            return String::new();
        };
        match crate::publish::output::write_folder(report, &folder) {
            Ok([json, markdown]) => {
                files::output("report-json", &files::for_other_steps(&json))
                    + &files::output("report-markdown", &files::for_other_steps(&markdown))
            }
            Err(cause) => {
                self.published.warnings.push(cause);
                String::new()
            }
        }
    }

    /// The findings that have a line in the repository.
    fn annotations(&self, end: End<'_>) -> Vec<Annotation> {
        let End::Report(report, _) = end else {
            return Vec::new();
        };
        let workspace = self.context.workspace.clone();
        let here = std::env::current_dir().ok();
        let place =
            |path: &str| explain::in_repository(path, workspace.as_deref(), here.as_deref());
        let mut all = annotations::annotations(report, &place);
        all.truncate(ANNOTATIONS);
        all
    }

    async fn complete_check(&mut self, end: End<'_>, annotations: &[Annotation]) {
        let (Some(client), Some(check)) = (&self.client, &self.check) else {
            self.published.commands = commands(end, annotations);
            return;
        };
        let pages = Pages {
            context: &self.context,
            settings: &self.settings,
            end,
        };
        let checks = Checks {
            client,
            context: &self.context,
            name: &self.settings.check_name,
        };
        let outcome = Outcome {
            failed: end.failed(),
            title: pages.title(),
            summary: pages.check(),
            annotations,
        };
        if let Err(failure) = checks.finish(check, &outcome).await {
            self.warn("the check run was not completed", &failure);
            self.published.commands = commands(end, annotations);
        }
    }

    async fn post_comment(&mut self, end: End<'_>) {
        let Some(client) = &self.client else { return };
        if self.settings.comment == CommentMode::Never {
            return;
        }
        let pull = match pulls::find(client, &self.context).await {
            Ok(Some(pull)) => pull,
            Ok(None) => return,
            Err(failure) => {
                self.warn("the pull request was not found", &failure);
                return;
            }
        };
        let pages = Pages {
            context: &self.context,
            settings: &self.settings,
            end,
        };
        let (mode, failed) = (self.settings.comment, end.failed());
        // Who wants to hear of failures alone has no use for more than the trace of one.
        let folded = mode == CommentMode::OnFailure && !failed;
        let comment = Comment {
            client,
            context: &self.context,
            pull,
            marker: Marker::new(&self.settings.check_name, &self.context, failed, folded),
            mode,
            failed,
        };
        match comment.publish(|resolved| pages.comment(resolved)).await {
            Ok(posted) => {
                self.published.comment_url = posted.url;
                self.published.notes.extend(posted.note);
            }
            Err(failure) => self.warn("the comment was not posted", &failure),
        }
    }
}

/// The findings as workflow commands, as many as GitHub shows.
fn commands(end: End<'_>, annotations: &[Annotation]) -> Vec<String> {
    if let End::Error(..) = end {
        // The error itself is printed as one.
        return Vec::new();
    }
    let of = |level: Severity| {
        annotations
            .iter()
            .filter(move |annotation| annotation.level == level)
            .take(COMMANDS)
            .map(annotations::command)
    };
    of(Severity::Error).chain(of(Severity::Warning)).collect()
}

/// The token, from variables only: arguments are visible to every process.
fn token() -> Option<String> {
    ["PROTODIFF_GITHUB_TOKEN", "INPUT_GITHUB-TOKEN"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|token| token.trim().to_owned())
        .find(|token| !token.is_empty())
}

/// A value for a query string.
fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
