//! Inputs of the GitHub Action, which the runner hands over as variables `INPUT_…`, as arguments.
//!
//! They feed the same settings as flags, and come last: a flag and its variable win. Only `scan` and
//! `publish` have inputs.

use std::ffi::OsString;

/// An input whose name is not its flag's.
const RENAMED: [(&str, &str); 4] = [
    ("workloads", "workload"),
    ("targets", "target"),
    ("headers", "header"),
    ("reports", "report"),
];

/// Inputs that are no flags: the positional argument, and secrets, which arguments must not hold.
#[cfg(test)]
const OTHERS: [&str; 3] = ["module", "github-token", "buf-token"];

/// Inputs that hold several values, one a line or (but for headers) separated by commas.
const LISTS: [&str; 3] = ["workloads", "targets", "reports"];

/// The input that feeds a flag.
pub(super) fn input_of(flag: &str) -> String {
    let renamed = RENAMED.iter().find(|(_, known)| *known == flag);
    let name = renamed.map_or(flag, |(input, _)| input);
    format!("INPUT_{}", name.to_ascii_uppercase())
}

/// The arguments with what inputs add to them.
pub(super) fn add(
    arguments: Vec<OsString>,
    command: &clap::Command,
    get: &dyn Fn(&str) -> Option<String>,
) -> Vec<OsString> {
    let Some(chosen) = arguments.get(1).and_then(|word| word.to_str()) else {
        return arguments;
    };
    let Some(chosen) = ["scan", "publish"]
        .contains(&chosen)
        .then(|| command.find_subcommand(chosen))
        .flatten()
    else {
        return arguments;
    };
    let get = |name: &str| {
        get(name)
            .map(|value| value.trim().to_owned())
            .filter(|v| !v.is_empty())
    };
    let mut added = Vec::new();
    for flag in chosen.get_arguments() {
        let Some(long) = flag.get_long() else {
            continue;
        };
        let given = [
            flag.get_short().map(|c| format!("-{c}")),
            Some(format!("--{long}")),
        ];
        let is_given = arguments
            .iter()
            .filter_map(|word| word.to_str())
            .any(|word| {
                given
                    .iter()
                    .flatten()
                    .any(|flag| word == flag || word.starts_with(&format!("{flag}=")))
            });
        let twin = flag
            .get_env()
            .and_then(std::ffi::OsStr::to_str)
            .and_then(get);
        let Some(value) = get(&input_of(long)).filter(|_| !is_given && twin.is_none()) else {
            continue;
        };
        if flag.get_action().takes_values() {
            added.extend(
                values(long, &value).map(|value| OsString::from(format!("--{long}={value}"))),
            );
        } else if is_on(&value) {
            added.push(OsString::from(format!("--{long}")));
        }
    }
    let positional = arguments
        .get(2)
        .is_some_and(|word| !word.to_string_lossy().starts_with('-'));
    let takes_module = chosen.get_positionals().next().is_some();
    let mut all = arguments;
    all.extend(added);
    if let Some(module) = get("INPUT_MODULE")
        .filter(|_| takes_module && !positional && get("PROTODIFF_TRUTH").is_none())
    {
        // Whatever it begins with, it is no flag.
        all.extend([OsString::from("--"), OsString::from(module)]);
    }
    all
}

fn values<'a>(flag: &'a str, value: &'a str) -> impl Iterator<Item = &'a str> {
    let input = input_of(flag);
    let listed = LISTS.iter().any(|list| input == input_of(list));
    let by_line = listed || flag == "header";
    let separators: &'static [char] = match (by_line, listed) {
        (true, true) => &['\n', ','],
        (true, false) => &['\n'],
        _ => &[],
    };
    value
        .split(move |c| separators.contains(&c))
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// What a switch is turned on by, as clap reads variables.
fn is_on(value: &str) -> bool {
    !super::environment::OFF.contains(&value.to_ascii_lowercase().as_str())
}

/// Whether an input belongs to a flag or is one of the others; for the test that holds `action.yml`
/// against the flags.
#[cfg(test)]
fn is_known(input: &str, command: &clap::Command) -> bool {
    let flag = RENAMED
        .iter()
        .find(|(name, _)| *name == input)
        .map_or(input, |(_, flag)| flag);
    OTHERS.contains(&input)
        || command
            .find_subcommand("scan")
            .is_some_and(|scan| scan.get_arguments().any(|arg| arg.get_long() == Some(flag)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn added(line: &str, inputs: &[(&str, &str)]) -> Vec<String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        let get = |name: &str| {
            let found = inputs.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        add(words, &crate::cli::Cli::command(), &get)
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect()
    }

    #[test]
    fn inputs_become_flags_and_lose_against_flags_and_variables() {
        let inputs = [
            ("INPUT_FAIL-ON", " breaking "),
            ("INPUT_NAMESPACE", "a,b"),
            ("INPUT_WORKLOADS", "deploy/x, sts/y\nds/z\n"),
            ("INPUT_HEADERS", "a: b, c\nd: e"),
            ("INPUT_TLS", "false"),
            ("INPUT_BEFORE-ROLLOUT", "true"),
            ("INPUT_CONFIG", ""),
            ("INPUT_MODULE", "-odd"),
        ];
        let words = added("protodiff scan", &inputs);
        for word in [
            "--fail-on=breaking",
            "--namespace=a,b",
            "--workload=deploy/x",
            "--workload=sts/y",
            "--workload=ds/z",
            "--header=a: b, c",
            "--header=d: e",
            "--before-rollout",
        ] {
            assert!(words.iter().any(|known| known == word), "{word}: {words:?}");
        }
        assert!(
            !words
                .iter()
                .any(|word| word.starts_with("--tls") || word.starts_with("--config"))
        );
        assert_eq!(words[words.len() - 2..], ["--", "-odd"]);

        let words = added("protodiff scan proto --fail-on info -n x", &inputs);
        assert!(
            !words
                .iter()
                .any(|word| word.contains("breaking") || word.contains("a,b") || word == "--")
        );
        let mut with_twin = inputs.to_vec();
        with_twin.push(("PROTODIFF_FAIL_ON", "info"));
        with_twin.push(("PROTODIFF_TRUTH", "proto"));
        let words = added("protodiff scan", &with_twin);
        assert!(
            !words
                .iter()
                .any(|word| word.contains("breaking") || word == "--"),
            "{words:?}"
        );
        assert_eq!(added("protodiff explain", &inputs).len(), 2);
    }

    #[test]
    fn every_input_of_the_action_is_known() {
        let action = include_str!("../../action.yml");
        let inputs = action.split_once("\ninputs:\n").unwrap().1;
        let inputs = inputs.split_once("\noutputs:").unwrap().0;
        let names: Vec<&str> = inputs
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.trim().strip_suffix(':'))
            .collect();
        assert!(names.len() > 30, "{names:?}");
        for name in names {
            assert!(is_known(name, &crate::cli::Cli::command()), "{name}");
        }
    }
}
