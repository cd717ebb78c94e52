//! What the figures were measured on: the machine, and the versions of all that took part.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
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
    let mut protodiff = stage.command(env!("CARGO_BIN_EXE_protodiff"));
    protodiff.arg("--version");
    let mut buf = stage.command(stage.tools.join("buf"));
    buf.arg("--version");
    let kubernetes = module(stage, &stage.bed.kubectl(), "k8s.io/kubernetes")?;
    let grpcurl = module(
        stage,
        &stage.tools.join("grpcurl"),
        "github.com/fullstorydev/grpcurl",
    )?;
    let _ = writeln!(
        facts,
        "- {}\n- kubectl and API server {kubernetes}\n- grpcurl {grpcurl}, buf {}",
        output(&mut protodiff)?.trim(),
        output(&mut buf)?.trim()
    );
    let mut floor = stage.command(&stage.floor);
    let said: serde_json::Value =
        serde_json::from_str(&output(&mut floor)?).map_err(|e| format!("the floor client: {e}"))?;
    let _ = writeln!(
        facts,
        "- floor client: {}",
        said["version"].as_str().unwrap_or("?")
    );
    Ok(facts)
}

/// The version of a module in a Go program; one built from its source says little about itself.
fn module(stage: &Stage, program: &Path, name: &str) -> Result<String, String> {
    let mut command = stage.command("go");
    command.args(["version", "-m"]).arg(program);
    let text = output(&mut command)?;
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let version = lines.find_map(|words| match words[..] {
        ["dep" | "mod", module, version, ..] if module == name => Some(version.to_owned()),
        _ => None,
    });
    Ok(version.unwrap_or_else(|| "of an unknown version".to_owned()))
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{name}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
