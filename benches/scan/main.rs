//! What a scan costs, next to what it replaces and to the least that it could cost; see the README
//! beside this file. `main` reads the flags, `stage.rs` sets up what is measured, `rounds.rs`
//! measures, `checks.rs` sees to it that everybody did the work, `table.rs` says what came out.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "../../tests/cluster/bed/mod.rs"]
mod bed;
mod checks;
mod machine;
mod measure;
mod rounds;
mod stage;
mod table;

use std::process::ExitCode;

const USAGE: &str = "\
cargo bench --bench scan [-- [--check] [--runs N] [--pods N]]
  --check    fail when a target is missed, not only when a run fails or a verdict is wrong
  --runs N   how often to run the slow pipeline (default 5); everything else runs more often
  --pods N   how many pods, at most 200 (default 50, for which the targets are stated)";

/// The flags.
pub struct Options {
    check: bool,
    runs: usize,
    pods: u16,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|first| first == measure::FLAG)
    {
        return measure::helper(&arguments[1..]);
    }
    let arguments: Vec<_> = arguments
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let outcome = options(&arguments).and_then(|options| run(&options));
    match outcome {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// `cargo bench` adds `--bench`. Without it this runs as a test, and then once: its verdicts count.
fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        check: false,
        runs: if arguments.iter().any(|argument| argument == "--bench") {
            5
        } else {
            1
        },
        pods: 50,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = |most: u16| {
            let value = rest.next().map_or("", String::as_str);
            let number = value.parse().ok().filter(|n| (1..=most).contains(n));
            number.ok_or_else(|| {
                format!("{argument} {value}: expected a number from 1 to {most}\n{USAGE}")
            })
        };
        match argument.as_str() {
            "--bench" => {}
            "--check" => options.check = true,
            "--runs" => options.runs = usize::from(number(1000)?),
            "--pods" => options.pods = number(200)?,
            _ => return Err(format!("unexpected argument {argument}\n{USAGE}")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<ExitCode, String> {
    eprintln!("building the tools and starting the API server (some minutes the first time)");
    let stage = stage::Stage::set_up(options.pods)?;
    println!("{}", machine::facts(&stage)?);
    rounds::both_sides_see_a_difference(&stage)?;
    let results = rounds::measure(&stage, options.runs)?;
    let targets = table::targets(&results);
    println!("{}", table::measurements(&results));
    println!("{}", table::verdicts(&targets));
    let missed = targets.iter().filter(|target| !target.met).count();
    if options.check && missed > 0 {
        return Err(format!("{missed} of {} targets missed", targets.len()));
    }
    Ok(ExitCode::SUCCESS)
}
