//! The inputs of both `action.yml` against the flags of `protodiff scan`, both ways.

use std::collections::BTreeMap;

use clap::CommandFactory as _;
use protodiff::cli::Cli;
use serde::Deserialize;

use crate::root;

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Output>,
    runs: Runs,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Input {
    description: String,
    default: Option<String>,
}

#[derive(Deserialize)]
struct Output {
    description: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Runs {
    using: String,
    image: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    id: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// Inputs by another name than their flag.
const RENAMED: [(&str, &str); 5] = [
    ("module", "truth"),
    ("workloads", "workload"),
    ("targets", "target"),
    ("headers", "header"),
    ("reports", "report"),
];

/// Secrets, which have no flag.
const SECRET: [&str; 2] = ["github-token", "buf-token"];

/// Flags that are no business of a workflow.
const NOT_INPUTS: [&str; 5] = ["format", "quiet", "help", "version", "verbose"];

fn read(path: &str) -> Action {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Flags and arguments of `scan`, with their defaults.
fn flags() -> BTreeMap<String, Option<String>> {
    let mut command = Cli::command();
    command.build();
    let scan = command.find_subcommand("scan").unwrap();
    scan.get_arguments()
        .map(|arg| {
            let name = arg.get_long().unwrap_or(arg.get_id().as_str()).to_owned();
            let default = arg.get_default_values().first();
            // A switch has `false`, which nobody needs to write down.
            let default = default.map(|value| value.to_string_lossy().into_owned());
            (name, default.filter(|value| value != "false"))
        })
        .collect()
}

fn flag_of(input: &str) -> &str {
    RENAMED
        .iter()
        .find_map(|(name, flag)| (*name == input).then_some(*flag))
        .unwrap_or(input)
}

#[test]
fn every_input_feeds_a_flag_with_its_default() {
    let flags = flags();
    for (name, input) in &read("action.yml").inputs {
        if SECRET.contains(&name.as_str()) {
            continue;
        }
        let flag = flag_of(name);
        let default = flags.get(flag);
        let default = default.unwrap_or_else(|| panic!("no flag --{flag} for {name}"));
        assert_eq!(&input.default, default, "{name}");
    }
}

#[test]
fn every_flag_has_an_input() {
    let inputs = read("action.yml").inputs;
    let fed: Vec<&str> = inputs.keys().map(|name| flag_of(name)).collect();
    for flag in flags().keys() {
        assert!(
            fed.contains(&flag.as_str()) || NOT_INPUTS.contains(&flag.as_str()),
            "--{flag} has no input"
        );
    }
}

#[test]
fn the_container_action_scans_by_the_dockerfile() {
    let action = read("action.yml");
    assert_eq!(action.runs.using, "docker");
    assert_eq!(action.runs.image.as_deref(), Some("Dockerfile"));
    assert_eq!(action.runs.args, ["scan"]);
    assert!(action.outputs.values().all(|output| output.value.is_none()));
    assert!(
        action
            .inputs
            .values()
            .all(|input| input.description.ends_with('.'))
    );
}

#[test]
fn the_variant_on_the_host_is_the_same() {
    let (action, host) = (read("action.yml"), read("host/action.yml"));
    assert_eq!(action.inputs, host.inputs);
    assert_eq!(host.runs.using, "composite");
    let scan = host
        .runs
        .steps
        .iter()
        .find(|step| step.id == "scan")
        .unwrap();
    for name in host.inputs.keys() {
        let variable = format!("INPUT_{}", name.to_uppercase());
        assert_eq!(scan.env[&variable], format!("${{{{ inputs.{name} }}}}"));
    }
    assert_eq!(scan.env.len(), host.inputs.len() + 1, "and BINARY");
    assert!(action.outputs.keys().eq(host.outputs.keys()));
    for (name, output) in &host.outputs {
        assert_eq!(output.description, action.outputs[name].description);
        let value = format!("${{{{ steps.scan.outputs.{name} }}}}");
        assert_eq!(output.value.as_deref(), Some(value.as_str()));
    }
}
