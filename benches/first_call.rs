//! How long a scan in a GitHub Actions job takes from its start to its first call to GitHub's API,
//! beside `curl` calling the same address: what the action itself adds to a job. `--check` fails
//! above a second.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and may panic"
)]

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;

const TARGET: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let event = folder.path().join("event.json");
    let sha = "1".repeat(40);
    let payload = format!(
        r#"{{"pull_request": {{"number": 7, "head": {{"sha": "{sha}", "ref": "x", "repo": {{"full_name": "a/b"}}}}}}}}"#
    );
    std::fs::write(&event, payload).unwrap();
    let scan = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_protodiff"));
        command
            .args(["scan", "proto", "--target", "grpc://127.0.0.1:1"])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_API_URL", &url)
            .env("GITHUB_REPOSITORY", "a/b")
            .env("GITHUB_RUN_ID", "1")
            .env("GITHUB_SHA", &sha)
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_EVENT_PATH", &event)
            .env("PROTODIFF_GITHUB_TOKEN", "a-token-for-nobody");
        command
    };
    let floor = || {
        let mut command = Command::new("curl");
        command.args(["--silent", &url]);
        command
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(first_call(scan(), &server));
        theirs.push(first_call(floor(), &server));
    }
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    println!("from the start to the first byte to the API, {ROUNDS} rounds in turn, ms:");
    println!("            min  median  max");
    for (name, times) in [("protodiff", &ours), ("curl", &theirs)] {
        let [min, median, max] =
            [times[0], times[ROUNDS / 2], times[ROUNDS - 1]].map(|time| time.as_secs_f64() * 1e3);
        println!("{name:<10} {min:>4.1}  {median:>6.1}  {max:>4.1}");
    }
    let ratio = ours[ROUNDS / 2].as_secs_f64() / theirs[ROUNDS / 2].as_secs_f64();
    println!("ratio of medians: {ratio:.2}; target: the median below {TARGET:?}");
    if check && ours[ROUNDS / 2] > TARGET {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Starts a program, and ends it at the first byte that it sends.
fn first_call(mut command: Command, server: &TcpListener) -> Duration {
    let start = Instant::now();
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut stream, _) = server.accept().unwrap();
    let read = stream.read(&mut [0]).unwrap();
    let took = start.elapsed();
    assert_eq!(read, 1, "nothing was sent");
    let _ = process.kill();
    let _ = process.wait();
    took
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort();
    times
}
