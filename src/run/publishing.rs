//! `scan` and `publish` where a report also goes to GitHub.

use std::path::Path;
use std::time::Duration;

use super::{deliver, say, stopped};
use crate::cli::{PublishArgs, PublishSavedArgs, ScanArgs};
use crate::core::report::Report;
use crate::interrupt::{Signal, Signals};
use crate::pipeline::progress::Progress;
use crate::pipeline::{RunError, scan};
use crate::publish::github::{End, Patience, Published, Session, Settings};
use crate::render::annotations::{Severity, plain_command};
use crate::render::json;

/// The largest saved report that is read, in bytes.
const MAX_SAVED: u64 = 64 << 20;

/// How long a request under way to GitHub may go on after a signal: a check run that was just being
/// created must be known to be given up. The runner insists after 7.5 seconds.
const GRACE: Duration = Duration::from_secs(3);

/// Scans; in GitHub Actions the report is published too.
pub(super) async fn scan(
    args: &ScanArgs,
    progress: &dyn Progress,
    signals: &mut Signals,
) -> Result<u8, RunError> {
    let begun = in_grace(Session::begin(settings(&args.publish)), signals).await;
    let session = match begun {
        Ok(session) => session,
        Err((signal, session)) => return Ok(give_up(signal, session.flatten()).await),
    };
    let in_action = session.is_some();
    let scanned = match stopped(Box::pin(scan::scan(args, progress)), progress, signals).await {
        Ok(scanned) => scanned,
        Err(signal) => return Ok(give_up(signal, session).await),
    };
    let code = match &scanned {
        Ok((report, thresholds)) => Ok((report, report.exit_code(thresholds.on_unknown))),
        Err(error) => Err((error.to_string(), error.help().unwrap_or_default())),
    };
    let mut unpublished = false;
    if let Some(session) = session {
        let end = match &code {
            Ok((report, code)) => End::Report(report, *code != 0),
            Err((message, help)) => End::Error(message, help),
        };
        let published = match in_grace(session.finish(end), signals).await {
            Ok(published) => published,
            Err((signal, _)) => return Ok(signal.exit_code),
        };
        unpublished = !published.warnings.is_empty();
        tell(&published);
    } else if let (Ok((report, _)), Some(folder)) = (&code, &args.publish.report_dir) {
        crate::publish::output::write_folder(report, folder).map_err(RunError::Report)?;
    }
    let (report, thresholds) = scanned.inspect_err(|error| {
        if in_action {
            command(Severity::Error, &error.to_string());
        }
    })?;
    let code = deliver(&report, thresholds, &args.output)?;
    strict(code, unpublished, &args.publish)
}

/// Gives up the check run of a scan that a signal has stopped.
async fn give_up(signal: Signal, session: Option<Session>) -> u8 {
    if let Some(session) = session {
        session.cancel().await;
    }
    signal.exit_code
}

/// What a future gives. If a signal asks to stop, the future may still end within [`GRACE`].
async fn in_grace<T>(
    work: impl Future<Output = T>,
    signals: &mut Signals,
) -> Result<T, (Signal, Option<T>)> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => Ok(done),
        signal = signals.next() => {
            say(&format!("stopped by {}", signal.name));
            Err((signal, tokio::time::timeout(GRACE, work).await.ok()))
        }
    }
}

/// Publishes a saved report.
pub(super) async fn saved(args: &PublishSavedArgs, signals: &mut Signals) -> Result<u8, RunError> {
    let report = read(&args.report)?;
    let code = report.exit_code(args.on_unknown);
    let publishing = async {
        match Session::begin(settings(&args.publish)).await {
            Some(session) => Some(session.finish(End::Report(&report, code != 0)).await),
            None => None,
        }
    };
    let published = match in_grace(publishing, signals).await {
        Ok(published) => published,
        Err((signal, _)) => return Ok(signal.exit_code),
    };
    let Some(published) = published else {
        return Err(RunError::Publish(
            "`protodiff publish` posts to GitHub, and this is no GitHub Actions job (GITHUB_ACTIONS is not true)".to_owned(),
        ));
    };
    tell(&published);
    if published.check_url.is_none()
        && published.comment_url.is_none()
        && !published.warnings.is_empty()
    {
        // Publishing is all that this command is for.
        return Err(RunError::Publish("nothing was published".to_owned()));
    }
    strict(code, !published.warnings.is_empty(), &args.publish)
}

fn settings(args: &PublishArgs) -> Settings {
    Settings {
        comment: args.comment,
        check_name: args.check_name.clone(),
        report_dir: args.report_dir.clone(),
        patience: Patience::default(),
    }
}

fn read(path: &Path) -> Result<Report, RunError> {
    let wrong = |cause: String| RunError::Saved(format!("{}: {cause}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if size.len() > MAX_SAVED {
        return Err(wrong("is larger than 64 MiB".to_owned()));
    }
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    json::read(&text).map_err(|error| wrong(error.to_string()))
}

/// Says what was published and what was not. The runner reads commands from standard error too,
/// and standard output belongs to the report.
fn tell(published: &Published) {
    for line in &published.commands {
        say_raw(line);
    }
    for warning in &published.warnings {
        command(Severity::Warning, warning);
    }
    for note in &published.notes {
        say(&format!("note: {note}"));
    }
    for (what, url) in [
        ("comment", &published.comment_url),
        ("check run", &published.check_url),
    ] {
        if let Some(url) = url {
            say(&format!("{what}: {url}"));
        }
    }
}

fn command(level: Severity, message: &str) {
    say_raw(&plain_command(level, message));
}

fn say_raw(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// What could not be published changes no verdict, unless that was asked for.
fn strict(code: u8, unpublished: bool, args: &PublishArgs) -> Result<u8, RunError> {
    if unpublished && args.strict_publish {
        return Err(RunError::Publish(
            "not everything was published (--strict-publish); the warnings above say what"
                .to_owned(),
        ));
    }
    Ok(code)
}
