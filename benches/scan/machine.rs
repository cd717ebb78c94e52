//! What the figures were measured on: the machine, and the versions of all that took part.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::stage::Stage;

/// The facts as a Markdown list.
pub fn facts(stage: &Stage) -> Result<String, String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    let info = read("/proc/cpuinfo");
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let mut facts = format!(
        "- {} pods of one Deployment; one grpc-go server answers for all of them\n\
         - {cores} cores, {model}; load {load} before the first run\n",
        stage.pods
    );
    let mut kubectl = stage.command(stage.bed.kubectl());
    kubectl.args(["version", "--client"]);
    let mut buf = stage.command(stage.tools.join("buf"));
    buf.arg("--version");
    let mut grpcurl = stage.command(stage.tools.join("grpcurl"));
    grpcurl.arg("-version");
    let mut protodiff = stage.command(env!("CARGO_BIN_EXE_protodiff"));
    protodiff.arg("--version");
    for (name, command) in [
        ("", protodiff),
        ("kubectl", kubectl),
        ("buf", buf),
        ("", grpcurl),
    ] {
        let _ = writeln!(
            facts,
            "- {}",
            format!("{name} {}", first_line(command)?).trim()
        );
    }
    let mut floor = stage.command(&stage.floor);
    let said: serde_json::Value = serde_json::from_str(&first_line(&mut floor)?)
        .map_err(|e| format!("the floor client: {e}"))?;
    let _ = writeln!(
        facts,
        "- floor client: {}",
        said["version"].as_str().unwrap_or("?")
    );
    Ok(facts)
}

/// Some print their version on standard error.
fn first_line(mut command: impl std::borrow::BorrowMut<Command>) -> Result<String, String> {
    let command = command.borrow_mut();
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{name}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}", output.status));
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
