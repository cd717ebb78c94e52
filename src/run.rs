//! One command of the binary, from parsed flags to exit code; the one place that prints.

mod publishing;

use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command, DemoArgs, ExplainArgs, OutputArgs, PageForm};
use crate::config::Thresholds;
use crate::core::format::Format;
use crate::core::level::{OnUnknown, Verdict};
use crate::core::report::Report;
use crate::core::rules::{self, Rule};
use crate::core::sentence::sentence;
use crate::pipeline::progress::Progress;
use crate::pipeline::{RunError, diff, fetch};
use crate::publish::output;
use crate::render;
use crate::{demo, interrupt, progress};

/// Runs a command and says how it ended.
pub async fn run(cli: Cli) -> ExitCode {
    let progress = progress::for_stderr(cli.quiet);
    let published = matches!(cli.command, Command::Scan(_) | Command::Publish(_));
    let ended = tokio::select! {
        // A scan that is published listens itself: its check run must not stay in progress.
        ended = dispatch(cli, progress.as_ref()) => ended,
        // What the command holds is given back first: its future is dropped here.
        signal = interrupt::signal(), if !published => {
            progress.finish();
            say(&format!("stopped by {}", signal.name));
            return ExitCode::from(signal.exit_code);
        }
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            progress.finish();
            fail(&error)
        }
    }
}

async fn dispatch(cli: Cli, progress: &dyn Progress) -> Result<u8, RunError> {
    match cli.command {
        Command::Scan(args) => Box::pin(publishing::scan(&args, progress)).await,
        Command::Publish(args) => publishing::saved(&args).await,
        Command::Diff(args) => {
            let (report, thresholds) = diff::diff(&args).await?;
            deliver(&report, thresholds, &args.output)
        }
        Command::Fetch(args) => {
            let fetched = fetch::fetch(&args).await?;
            for note in &fetched.notes {
                say(&format!("note: {note}"));
            }
            if !cli.quiet {
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
        Command::Demo(args) => run_demo(&args, progress).await,
        Command::Explain(args) => {
            // A closed pipe is the reader's choice.
            let _ = anstream::stdout().write_all(explain(&args)?.as_bytes());
            Ok(0)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "protodiff", &mut script);
            // A closed pipe is the reader's choice.
            let _ = std::io::stdout().write_all(&script);
            Ok(0)
        }
    }
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
