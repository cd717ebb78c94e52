//! Flags of publishing: of `publish`, and of `scan` in GitHub Actions.

use std::path::PathBuf;

use clap::Args;

use crate::core::comment_mode::CommentMode;
use crate::core::level::OnUnknown;

/// `protodiff publish`.
#[derive(Debug, Args)]
pub struct PublishSavedArgs {
    /// The report, as `--report json=FILE` or the action writes it. Which pull request it belongs to
    /// comes from the event alone
    #[arg(long, value_name = "FILE", env = "PROTODIFF_REPORT")]
    pub report: PathBuf,
    /// What UNKNOWN does: fail (exit 3), warn or ignore
    #[arg(
        long,
        value_name = "ACTION",
        default_value = "fail",
        env = "PROTODIFF_ON_UNKNOWN"
    )]
    pub on_unknown: OnUnknown,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub publish: PublishArgs,
}

/// How a report is published in a GitHub Actions job. The token has no flag, since arguments are no
/// secret: it comes from a variable.
#[derive(Debug, Args, Clone)]
#[command(next_help_heading = "Publishing (in GitHub Actions; token from $PROTODIFF_GITHUB_TOKEN)")]
pub struct PublishArgs {
    /// The comment on the pull request: update, recreate, on-failure or never
    ///
    /// update: one comment, which each run updates. recreate: posted anew by each run. on-failure:
    /// none until a run fails, and folded once the drift is gone.
    #[arg(
        long,
        value_name = "MODE",
        default_value = "update",
        env = "PROTODIFF_COMMENT"
    )]
    pub comment: CommentMode,
    /// Name of the check run, and heading of the comment; one comment for each name
    #[arg(long, value_name = "NAME", default_value = "protodiff", env = "PROTODIFF_CHECK_NAME", value_parser = check_name)]
    pub check_name: String,
    /// Where report.json and report.md go; default: the runner's temporary folder
    #[arg(long, value_name = "DIR", env = "PROTODIFF_REPORT_DIR")]
    pub report_dir: Option<PathBuf>,
    /// Exit 4 if something could not be published
    #[arg(long, env = "PROTODIFF_STRICT_PUBLISH", value_parser = clap::builder::FalseyValueParser::new())]
    pub strict_publish: bool,
}

fn check_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.contains(char::is_control) {
        return Err("expected 1 to 100 characters in one line".to_owned());
    }
    Ok(text.to_owned())
}
