//! What a revision can be written as, and what is said when it names nothing.

use crate::{Place, schema};

#[test]
fn each_notation_of_git() {
    let place = Place::with_commits(4);
    let oldest = place.git("repo", "rev-parse HEAD~3");
    place.git("repo", "tag light HEAD~2");
    place.git("repo", "tag --annotate --message=x v1 HEAD~1");
    place.git("repo", "tag --annotate --message=x around-v1 v1");
    place.git("repo", "branch feature/x HEAD~2");
    for (revision, count) in [
        (&*oldest, 1),
        (&oldest[..8], 1),
        ("light", 2),
        ("v1", 3),
        ("around-v1", 3),
        ("v1^{commit}", 3),
        ("v1~1", 2),
        ("refs/tags/v1", 3),
        ("feature/x", 2),
        ("main", 4),
        ("@", 4),
        ("HEAD^^", 2),
        ("main@{1}", 3),
        ("HEAD^{/two}", 2),
        ("merge-base(feature/x)", 2),
        ("merge-base(light, v1)", 2),
    ] {
        let source = format!("git:{revision}").replace(", ", ",");
        assert_eq!(place.fields("repo", &source).len(), count, "{revision}");
    }
}

#[test]
fn a_merge_base_is_where_both_parted() {
    let place = Place::with_commits(2);
    place.git("repo", "checkout --quiet -b feature");
    place.write("repo/proto/a.proto", schema(&["one", "two", "feature"]));
    place.commit("repo", "feature");
    place.git("repo", "checkout --quiet main");
    place.write("repo/proto/a.proto", schema(&["one", "two", "main"]));
    place.commit("repo", "main");
    assert_eq!(
        place.fields("repo", "git:merge-base(feature):proto"),
        ["one", "two"]
    );
    place.git("repo", "checkout --quiet feature");
    assert_eq!(
        place.fields("repo", "git:merge-base(main):proto"),
        ["one", "two"]
    );
    place.git("repo", "checkout --quiet --orphan apart");
    place.commit("repo", "apart");
    let (error, _) = place.error("repo", "git:merge-base(main)");
    assert_eq!(
        error,
        "git:merge-base(main): `main` and `HEAD` have no commit in common"
    );
    let (error, help) = place.error("repo", "git:merge-base()");
    assert_eq!(error, "git:merge-base(): names no revision");
    assert!(help.contains("git:merge-base(origin/main)"), "{help}");
}

#[test]
fn a_branch_that_only_a_remote_has() {
    let place = Place::with_commits(3);
    place.clone("", "clone");
    place.git("clone", "checkout --quiet --detach HEAD");
    place.git("clone", "branch --quiet --delete --force main");
    assert_eq!(place.fields("clone", "git:origin/main~1"), ["one", "two"]);
    assert_eq!(place.fields("clone", "git:main~1:proto"), ["one", "two"]);
    assert_eq!(
        place.fields("clone", "git:merge-base(main)"),
        ["one", "two", "three"]
    );
    let words = "diff --live git:HEAD --truth git:main~1:proto --format json";
    let report = place.run("clone", words).json();
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("git:main~1: there is no `main~1` here; `origin/main~1` is used"),
        "{report:#}"
    );
    // A local branch of that name is never passed over, however short it is.
    place.git("clone", "branch main HEAD");
    let (error, _) = place.error("clone", "git:main~3");
    assert!(error.contains("`main~3` names no commit"), "{error}");
}

#[test]
fn what_is_not_there_is_explained() {
    let place = Place::with_commits(2);
    place.git("repo", "tag release-2026-01 HEAD");
    place.write("repo/blob.proto", schema(&["blob"]));
    place.commit("repo", "blob");
    let blob = place.git("repo", "rev-parse HEAD:blob.proto");
    for (revision, cause, remedy) in [
        (
            "mian",
            "there is no branch, tag or commit `mian` here",
            "Did you mean `main`?",
        ),
        (
            "mian~2",
            "there is no branch, tag or commit `mian` here",
            "Did you mean `main`?",
        ),
        (
            "release-2026-02",
            "there is no branch, tag or commit",
            "Did you mean `release-2026-01`?",
        ),
        (
            "xyz",
            "there is no branch, tag or commit `xyz` here",
            "`git branch --all` and `git tag`",
        ),
        (
            "HEAD~9",
            "`HEAD~9` names no commit: the history of `HEAD` does not reach that far",
            "`git log --oneline HEAD`",
        ),
        (
            "main^2",
            "`main^2` names no commit",
            "`git log --oneline main`",
        ),
        (
            "0123456789",
            "there is no commit `0123456789` here",
            "Fetch it, or check its digits",
        ),
        (
            "0123456789012345678901234567890123456789",
            "there is no commit `0123456789",
            "Fetch it, or check its digits",
        ),
        (
            "HEAD~1..main",
            "is a range of commits, not a commit",
            "Name one commit",
        ),
        (
            "HEAD@{99}",
            "`HEAD@{99}` names no commit here",
            "Name a commit, tag or branch",
        ),
        (
            "@{u}",
            "`@{u}` names no commit here",
            "Name a commit, tag or branch",
        ),
        ("HEAD^{tree}", "is a tree, not a commit", "Name one commit"),
        (
            &*blob,
            "is a file's content, not a commit",
            "Name one commit",
        ),
    ] {
        let (error, help) = place.error("repo", &format!("git:{revision}:proto"));
        assert!(
            error.starts_with(&format!("git:{revision}:proto: ")),
            "{error}"
        );
        assert!(error.contains(cause), "{error}");
        assert!(help.contains(remedy), "{help}");
    }
}

#[test]
fn a_branch_that_was_not_fetched() {
    let place = Place::with_commits(2);
    place.git("repo", "branch release HEAD~1");
    place.clone("--single-branch ", "clone");
    for revision in ["release", "origin/release"] {
        let (error, help) = place.error("clone", &format!("git:{revision}:proto"));
        assert!(
            error.contains(&format!("commit `{revision}` here")),
            "{error}"
        );
        let (_, command) = help.split_once("etch it with `git ").unwrap();
        let (command, _) = command.split_once('`').unwrap();
        assert_eq!(command, "fetch origin release:refs/remotes/origin/release");
    }
    place.git(
        "clone",
        "fetch --quiet origin release:refs/remotes/origin/release",
    );
    assert_eq!(place.fields("clone", "git:release:proto"), ["one"]);
}

#[test]
fn a_branch_without_commits() {
    let place = Place::with_commits(0);
    for revision in ["HEAD", "HEAD~1", "@"] {
        let (error, help) = place.error("repo", &format!("git:{revision}"));
        assert!(error.contains("the branch `main` has none yet"), "{error}");
        assert!(help.contains("ommit something first"), "{help}");
    }
}

#[test]
fn an_abbreviation_that_several_commits_share() {
    let place = Place::with_commits(1);
    // The same tree under enough messages: among 300 numbers, two share four digits or more.
    let tree = place.git("repo", "rev-parse HEAD^{tree}");
    let mut known: Vec<String> = Vec::new();
    let shared = (0..3_000).find_map(|number| {
        let commit = place.git("repo", &format!("commit-tree {tree} -m {number}"));
        let digits = commit[..4].to_owned();
        let is_shared = known.contains(&digits);
        known.push(digits.clone());
        is_shared.then_some(digits)
    });
    let shared = shared.expect("two numbers begin alike");
    let (error, help) = place.error("repo", &format!("git:{shared}"));
    assert!(
        error.contains(&format!("`{shared}` is ambiguous: ")),
        "{error}"
    );
    assert_eq!(error.matches("commit ").count(), 2, "{error}");
    assert!(help.contains("more digits"), "{help}");
}
