//! What one command costs, with all the processes that it starts. [`measured`] runs the command in
//! a helper, which is this same program: the kernel adds up the children of a process for its whole
//! life, so a new process for each run keeps the runs apart.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// The argument by which this program knows that it is the helper.
pub const FLAG: &str = "--measure-one-command";

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From the start of the command to its end.
    pub wall: Duration,
    /// User and system time of the command and all its descendants.
    pub cpu: Duration,
    /// The largest resident set among them, in bytes.
    pub rss: u64,
}

/// What a command said, and its cost.
pub struct Run {
    pub cost: Cost,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command and measures it.
pub fn measured(command: &Command) -> Result<Run, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let report = tempfile::NamedTempFile::new().map_err(|e| format!("temporary file: {e}"))?;
    let helper = std::env::current_exe().map_err(|e| format!("this program's path: {e}"))?;
    let mut helper = Command::new(helper);
    helper.arg(FLAG).arg(report.path());
    helper.arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => helper.env(key, value),
            None => helper.env_remove(key),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        helper.current_dir(folder);
    }
    let output = helper
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{name}: {e}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = fs::read_to_string(report.path()).map_err(|e| format!("{name}: {e}"))?;
    let numbers: Vec<u64> = report.split(' ').filter_map(|n| n.parse().ok()).collect();
    let [wall, cpu, rss, code] = numbers[..] else {
        return Err(format!("{name} was not measured: {stderr}"));
    };
    Ok(Run {
        cost: Cost {
            wall: Duration::from_micros(wall),
            cpu: Duration::from_micros(cpu),
            rss: rss * 1024,
        },
        code: i32::try_from(code).unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr,
    })
}

/// The helper: runs the command that its arguments name and writes what it cost to the file that
/// the first one names.
pub fn helper(arguments: &[OsString]) -> ExitCode {
    let [report, program, rest @ ..] = arguments else {
        return ExitCode::FAILURE;
    };
    let begin = Instant::now();
    let status = match Command::new(program).args(rest).status() {
        Ok(status) => status,
        Err(error) => {
            eprintln!("{}: {error}", program.display());
            return ExitCode::FAILURE;
        }
    };
    let wall = begin.elapsed().as_micros();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a process may ask for its own usage");
    let cpu = usage.user_time() + usage.system_time();
    let cpu = cpu.tv_sec() * 1_000_000 + cpu.tv_usec();
    let code = status.code().unwrap_or(255);
    // Linux counts in KiB (getrusage(2)).
    let line = format!("{wall} {cpu} {} {code}", usage.max_rss());
    match fs::write(report, line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
