//! One command of the binary, from parsed flags to exit code; the one place that prints.

mod publishing;

use std::io::Write as _;
use std::pin::Pin;
use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command, DemoArgs, DiffArgs, ExplainArgs, FetchArgs, OutputArgs, PageForm};
use crate::config::Thresholds;
use crate::core::format::Format;
use crate::core::level::{OnUnknown, Verdict};
use crate::core::report::Report;
use crate::core::rules::{self, Rule};
use crate::core::sentence::sentence;
use crate::interrupt::{Signal, Signals};
use crate::pipeline::progress::Progress;
use crate::pipeline::{RunError, diff, fetch};
use crate::publish::output;
use crate::render;
use crate::{demo, progress};

/// Runs a command and says how it ended.
pub async fn run(cli: Cli) -> ExitCode {
    let progress = progress::for_stderr(cli.quiet);
    let mut signals = Signals::listen();
    match dispatch(cli, progress.as_ref(), &mut signals).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            progress.finish();
            fail(&error)
        }
    }
}

async fn dispatch(
    cli: Cli,
    progress: &dyn Progress,
    signals: &mut Signals,
) -> Result<u8, RunError> {
    let work: Pin<Box<dyn Future<Output = Result<u8, RunError>> + '_>> = match &cli.command {
        // What is published listens itself: its check run must not stay in progress.
        Command::Scan(args) => return publishing::scan(args, progress, signals).await,
        Command::Publish(args) => return publishing::saved(args, signals).await,
        Command::Diff(args) => Box::pin(run_diff(args)),
        Command::Fetch(args) => Box::pin(run_fetch(args, cli.quiet)),
        Command::Demo(args) => Box::pin(run_demo(args, progress)),
        Command::Explain(args) => {
            // A closed pipe is the reader's choice.
            let _ = anstream::stdout().write_all(explain(args)?.as_bytes());
            return Ok(0);
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "protodiff", &mut script);
            // A closed pipe is the reader's choice.
            let _ = std::io::stdout().write_all(&script);
            return Ok(0);
        }
    };
    match stopped(work, progress, signals).await {
        Ok(ended) => ended,
        Err(signal) => Ok(signal.exit_code),
    }
}

/// What a future gives, unless a signal asks to stop before: then the future is dropped, and with
/// it what the command holds outside of this process.
async fn stopped<T>(
    work: impl Future<Output = T>,
    progress: &dyn Progress,
    signals: &mut Signals,
) -> Result<T, Signal> {
    tokio::select! {
        done = work => Ok(done),
        signal = signals.next() => {
            progress.finish();
            say(&format!("stopped by {}", signal.name));
            Err(signal)
        }
    }
}

async fn run_diff(args: &DiffArgs) -> Result<u8, RunError> {
    let (report, thresholds) = diff::diff(args).await?;
    deliver(&report, thresholds, &args.output)
}

async fn run_fetch(args: &FetchArgs, quiet: bool) -> Result<u8, RunError> {
    let fetched = fetch::fetch(args).await?;
    for note in &fetched.notes {
        say(&format!("note: {note}"));
    }
    if !quiet {
        let file = args.output.display().to_string();
        let whither = if fetch::is_standard_output(&args.output) {
            "standard output"
        } else {
            &file
        };
        say(&format!("wrote {} files to {whither}", fetched.files));
    }
    Ok(0)
}

/// Files first: a reader that closes standard output early must not cost the reports.
fn deliver(report: &Report, thresholds: Thresholds, args: &OutputArgs) -> Result<u8, RunError> {
    let unwritten: Vec<String> = args
        .report
        .iter()
        .filter_map(|(format, path)| output::write(report, *format, path).err())
        .collect();
    // A file that cannot be written must not cost the other files or what is printed.
    output::print(report, args.format).map_err(RunError::Report)?;
    if !unwritten.is_empty() {
        return Err(RunError::Report(unwritten.join("\n")));
    }
    if report.verdict == Verdict::Unknown && thresholds.on_unknown == OnUnknown::Warn {
        say("warning: something could not be verified (--on-unknown warn)");
    }
    Ok(report.exit_code(thresholds.on_unknown))
}

async fn run_demo(args: &DemoArgs, progress: &dyn Progress) -> Result<u8, RunError> {
    let demo = demo::demo(progress).await?;
    let code = deliver(&demo.report, demo.thresholds, &args.output)?;
    let mut text = String::from(
        "\nWhat you see: three gRPC servers on loopback, held against one protobuf module\n",
    );
    for (address, what) in &demo.servers {
        text.push_str(&format!("  {address}  {what}\n"));
    }
    text.push_str(&format!(
        "by this command, which would have ended with exit code {code} ({}):\n  {}\n\
         Try next:\n  \
         protodiff scan proto -n staging -l app=payment      # pods of your cluster against your module\n  \
         protodiff diff --live grpc://localhost:50051 --truth proto\n  \
         protodiff demo --format markdown                    # as a pull request shows it\n",
        if code == 0 { "SYNC" } else { demo.report.verdict.as_str() },
        demo.command
    ));
    // A report for programs must stay alone on standard output.
    let _ = match args.output.format {
        Format::Text => std::io::stdout().write_all(text.as_bytes()),
        _ => std::io::stderr().write_all(text.as_bytes()),
    };
    Ok(0)
}

fn explain(args: &ExplainArgs) -> Result<String, RunError> {
    let json = |rules: &[&'static Rule]| {
        render::rules::json(rules)
            .map_err(|error| RunError::Report(format!("the JSON of the rules: {error}")))
    };
    let all: Vec<&'static Rule> = rules::all().collect();
    Ok(match (args.format, args.rule) {
        (PageForm::Text, None) => render::rules::list(&all),
        (PageForm::Text, Some(rule)) => render::rules::page(rule),
        (PageForm::Markdown, None) => render::rules::document(&all),
        (PageForm::Markdown, Some(rule)) => render::rules::section(rule),
        (PageForm::Json, None) => json(&all)?,
        (PageForm::Json, Some(rule)) => json(&[rule])?,
    })
}

fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "protodiff: {text}");
}

/// Prints an error the way every command does: object and cause, then the help.
fn fail(error: &RunError) -> ExitCode {
    let mut err = anstream::stderr();
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(err, "{red}error:{red:#} {error}");
    if let Some(help) = error.help() {
        let bold = anstyle::Style::new().bold();
        let _ = writeln!(err, "{bold}help:{bold:#} {}", sentence(&help));
    }
    ExitCode::from(error.exit_code())
}
