//! Parses the command line together with its twins in the environment.

use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, FromArgMatches as _};

use super::{Cli, inputs};

/// Parses the process's command line and environment; ends the process on a mistake.
pub fn parse() -> Cli {
    // CI passes a variable or secret that is not set as an empty string.
    let command = keep_environment(Cli::command(), |value| !value.is_empty());
    let read = |name: &str| std::env::var(name).ok();
    let arguments = inputs::add(std::env::args_os().collect(), &command, &read);
    command
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| name_variables(error).exit())
}

/// A wrong or conflicting value may come from a variable, where nobody looks for it.
fn name_variables(mut error: clap::Error) -> clap::Error {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(name)) => vec![name.clone()],
        Some(ContextValue::Strings(names)) => names.clone(),
        _ => Vec::new(),
    };
    let tips: Vec<_> = [ContextKind::InvalidArg, ContextKind::PriorArg]
        .into_iter()
        .flat_map(named)
        .filter_map(|name| {
            let flag = name
                .split([' ', '='])
                .next()?
                .trim_matches(['-', '<', '>', '[', ']', '.']);
            let variable = format!("PROTODIFF_{}", flag.to_ascii_uppercase().replace('-', "_"));
            let input = inputs::input_of(flag);
            let set = |name: &String| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let source = [variable, input].into_iter().find(set)?;
            Some(format!("the environment sets {source}").into())
        })
        .collect();
    if !tips.is_empty() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// Parses these words, and nothing of the environment.
///
/// # Errors
/// What is no command line.
pub fn parse_without_environment(words: &[String]) -> Result<Cli, clap::Error> {
    let command = keep_environment(Cli::command(), |_| false);
    Cli::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// What turns a switch off in the environment, as clap reads it.
pub(super) const OFF: [&str; 6] = ["n", "no", "f", "false", "off", "0"];

/// Takes the environment twin from each flag whose value there is not to be kept.
fn keep_environment(command: clap::Command, keep: fn(&OsStr) -> bool) -> clap::Command {
    let unread = |arg: &clap::Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        // A switch that is off must not conflict with anything.
        let off = |value: &OsStr| {
            !arg.get_action().takes_values() && value.to_str().is_some_and(|v| OFF.contains(&v))
        };
        value.is_some_and(|value| !keep(&value) || off(&value))
    };
    command
        .mut_args(|arg| {
            if unread(&arg) {
                arg.env(None::<&str>)
            } else {
                arg
            }
        })
        .mut_subcommands(|command| keep_environment(command, keep))
}
