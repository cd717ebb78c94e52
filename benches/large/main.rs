//! A large module, compared by `protodiff diff` and by `buf breaking`: the same two images, in turn.
//! `module.rs` writes the module; the measuring is the scan benchmark's. The README is beside this.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "../scan/measure.rs"]
mod measure;
mod module;
#[path = "../../tests/support/tools.rs"]
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use measure::{Run, measured};

/// What `buf breaking` is asked: all categories that the rules here correspond to.
const CONFIG: &str = r#"{"version":"v2","breaking":{"use":["PACKAGE","WIRE_JSON","WIRE"]}}"#;

/// Fields that the second version of the module lacks.
const REMOVED: usize = 12;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|first| first == measure::FLAG)
    {
        return measure::helper(&arguments[1..]);
    }
    // Without `--bench` this runs as a test, and then once: its results count.
    let bench = arguments.iter().any(|argument| argument == "--bench");
    let check = arguments.iter().any(|argument| argument == "--check");
    match run(if bench { 7 } else { 1 }, check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(runs: usize, check: bool) -> Result<(), String> {
    let buf = tools::buf();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let [before, after] = [("before", 0), ("after", REMOVED)].map(|(name, removed)| {
        let root = folder.path().join(name);
        module::write(&root, removed).map_err(|error| format!("{}: {error}", root.display()))?;
        image(buf, &root)
    });
    let (before, after) = (before?, after?);
    let size = std::fs::metadata(&before)
        .map_err(|error| error.to_string())?
        .len();
    println!(
        "{} files, {} messages, images of {:.1} MB; {runs} runs of each, in turn\n",
        module::FILES,
        module::FILES * module::MESSAGES,
        to_mb(size)
    );

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    // The first run of each warms the caches and is not counted.
    for round in 0..=runs {
        let a = measured(
            Command::new(env!("CARGO_BIN_EXE_protodiff"))
                .args(["--quiet", "diff", "--scope", "all", "--format", "json"])
                .arg("--live")
                .arg(&after)
                .arg("--truth")
                .arg(&before),
        )?;
        let b = measured(
            Command::new(buf)
                .arg("breaking")
                .arg(&after)
                .arg("--against")
                .arg(&before)
                .args(["--config", CONFIG, "--error-format", "json"]),
        )?;
        found(&a, &b)?;
        if round > 0 {
            ours.push(a);
            theirs.push(b);
        }
    }
    report(&ours, &theirs, check)
}

/// Builds a module's image with buf.
fn image(buf: &Path, root: &Path) -> Result<PathBuf, String> {
    let image = root.with_extension("binpb");
    let output = Command::new(buf)
        .arg("build")
        .arg(root)
        .arg("-o")
        .arg(&image)
        .output();
    let output = output.map_err(|error| format!("{}: {error}", buf.display()))?;
    if output.status.success() {
        Ok(image)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Both must have found each removed field, and nothing else.
fn found(ours: &Run, theirs: &Run) -> Result<(), String> {
    let report: serde_json::Value = serde_json::from_str(&ours.stdout)
        .map_err(|error| format!("no report: {error}\n{}", ours.stderr))?;
    let missing = report["findings"].as_array().map_or(0, |findings| {
        findings
            .iter()
            .filter(|finding| finding["rule"] == "field-missing")
            .count()
    });
    let all = report["findings"].as_array().map_or(0, Vec::len);
    if (ours.code, missing, all) != (1, REMOVED, REMOVED) {
        return Err(format!(
            "protodiff ended with {} and {missing} of {all} findings about {REMOVED} fields",
            ours.code
        ));
    }
    let fields = theirs
        .stdout
        .lines()
        .filter(|line| line.contains("\"FIELD_NO_DELETE\""))
        .count();
    if (theirs.code, fields) != (100, REMOVED) {
        return Err(format!(
            "buf ended with {} and {fields} of {REMOVED} fields\n{}",
            theirs.code, theirs.stderr
        ));
    }
    Ok(())
}

fn to_mb(bytes: u64) -> f64 {
    // Sizes here are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    bytes / 1e6
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut all: Vec<f64> = runs.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Prints both sides and their ratio; with `check`, a missed target is an error.
fn report(ours: &[Run], theirs: &[Run], check: bool) -> Result<(), String> {
    type Figure = (&'static str, fn(&Run) -> f64, bool);
    let figures: [Figure; 3] = [
        ("wall, ms", |run| run.cost.wall.as_secs_f64() * 1e3, true),
        ("CPU, ms", |run| run.cost.cpu.as_secs_f64() * 1e3, false),
        ("peak RSS, MB", |run| to_mb(run.cost.rss), true),
    ];
    println!(
        "| median of | `protodiff diff` | `buf breaking` | ratio | target |\n| --- | ---: | ---: | ---: | --- |"
    );
    let mut missed = Vec::new();
    for (name, of, target) in figures {
        let (a, b) = (median(ours, of), median(theirs, of));
        let wanted = if target { "at most 0.25" } else { "" };
        println!("| {name} | {a:.0} | {b:.0} | {:.2} | {wanted} |", a / b);
        if target && a / b > 0.25 {
            missed.push(name);
        }
    }
    if check && !missed.is_empty() {
        return Err(format!("target missed: {}", missed.join(", ")));
    }
    Ok(())
}
