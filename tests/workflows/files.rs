//! The workflows and the action definitions.

use std::collections::BTreeMap;

use crate::lint::{actionlint, schema, shellcheck, zizmor};
use crate::{ACTION, actions, github_examples, in_folder, read, root, workflows, written};

#[test]
fn workflows_pass_actionlint() {
    assert_eq!(actionlint(root(), &workflows()), (Some(0), String::new()));

    let folder = tempfile::tempdir().unwrap();
    let wrong =
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: cd $HOME/$1\n";
    let (code, said) = actionlint(root(), &[written(folder.path(), "wrong.yml", wrong)]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("shellcheck reported issue"), "{said}");
}

#[test]
fn workflows_actions_and_examples_pass_zizmor() {
    let inputs = [workflows(), actions(), github_examples()].concat();
    let (code, said) = zizmor(&inputs);
    assert_eq!(code, Some(0), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ github.head_ref }}\n";
    let (code, said) = zizmor(&[written(folder.path(), ".github/workflows/wrong.yml", wrong)]);
    assert_ne!(code, Some(0), "{said}");
    assert!(said.contains("template-injection"), "{said}");
}

#[test]
fn workflows_and_actions_fit_githubs_schemas() {
    for (name, files) in [
        (
            "github-workflows",
            [workflows(), github_examples()].concat(),
        ),
        ("github-actions", actions()),
    ] {
        let (code, said) = schema(name, &files);
        assert_eq!(code, Some(0), "{name}: {said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let wrong = written(
        folder.path(),
        "action.yml",
        "name: a\ndescription: b\nruns: {using: docker}\n",
    );
    let (code, said) = schema("github-actions", &[wrong]);
    assert_eq!(code, Some(1), "{said}");
}

/// Pinned by commit, with the version beside it for people, and the same commit everywhere.
#[test]
fn actions_are_pinned_in_one_way() {
    let mut pins: BTreeMap<String, String> = BTreeMap::new();
    for path in [workflows(), actions(), github_examples()].concat() {
        for line in read(&path).lines().map(str::trim) {
            let Some(used) = line.trim_start_matches("- ").strip_prefix("uses: ") else {
                continue;
            };
            if used.starts_with(ACTION) || used.starts_with("docker://") {
                continue;
            }
            let (name, pin) = used
                .split_once('@')
                .unwrap_or_else(|| panic!("{}: {line}", path.display()));
            let (commit, version) = pin
                .split_once(" # v")
                .unwrap_or_else(|| panic!("{}: {line}", path.display()));
            assert_eq!(commit.len(), 40, "{}: {line}", path.display());
            assert_eq!(version.split('.').count(), 3, "{}: {line}", path.display());
            let known = pins
                .entry(name.to_owned())
                .or_insert_with(|| pin.to_owned());
            assert_eq!(known, pin, "{}: two versions of {name}", path.display());
        }
    }
    assert!(pins.len() >= 5, "{pins:?}");
}

#[test]
fn rights_begin_at_none_and_no_trigger_lends_them_to_strangers() {
    for path in [workflows(), github_examples()].concat() {
        let text = read(&path);
        assert!(text.contains("\npermissions: {}\n"), "{}", path.display());
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        assert_eq!(
            code.filter(|line| line.contains("pull_request_target"))
                .count(),
            0,
            "{}",
            path.display()
        );
    }
}

/// Scripts that releases and users run. Those of the tests' servers have a home of their own.
#[test]
fn scripts_pass_shellcheck() {
    let mut scripts = vec![root().join(".ci/run")];
    for folder in ["scripts", "scripts/release", "host", "tests/tools"] {
        scripts.extend(in_folder(folder, &["sh"]));
    }
    assert!(scripts.len() >= 9, "{scripts:?}");
    assert_eq!(shellcheck(&scripts), (Some(0), String::new()));

    let folder = tempfile::tempdir().unwrap();
    let (code, said) = shellcheck(&[written(folder.path(), "wrong.sh", "rm -r $1/\n")]);
    assert_eq!(code, Some(1), "{said}");
}
