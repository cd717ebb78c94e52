//! What to do about a refusal of GitHub's API, and where a file lies in the repository.

use std::path::{Component, Path, PathBuf};

use super::client::Failure;
use super::context::Context;

/// Said once where there is no token.
pub(super) const NO_TOKEN: &str = "no GitHub token was given, so there is no check run and no comment; the report is in the step's summary";

/// What to do about it, if more can be said than GitHub does.
pub(super) fn advice(failure: &Failure, context: &Context) -> Option<String> {
    if !failure.is_forbidden() {
        return (failure.status == Some(404)).then(|| {
            "Check that the token may read this repository, and that the commit is pushed."
                .to_owned()
        });
    }
    if context.is_dependabot() {
        return Some("Dependabot's runs get a read-only token, so the report is in the step's summary and annotations; a workflow_run workflow can publish it (examples/github-fork-safe).".to_owned());
    }
    if context.event.starts_with("pull_request") && context.is_fork() {
        return Some(format!(
            "The pull request comes from {}, and runs for a fork get a read-only token, so the report is in the step's summary and annotations; a workflow_run workflow can publish it (examples/github-fork-safe).",
            match context.head_repository.as_str() {
                "" => "a fork that is deleted",
                name => name,
            }
        ));
    }
    if failure.status == Some(401) {
        return Some("The token is not valid (any more).".to_owned());
    }
    Some(
        "Give the job `permissions:` with `checks: write` and `pull-requests: write`; a personal token cannot create check runs."
            .to_owned(),
    )
}

/// A path that findings show, as one from the repository's root; `None` if it lies outside.
pub(super) fn in_repository(
    path: &str,
    workspace: Option<&Path>,
    here: Option<&Path>,
) -> Option<String> {
    let mut whole = PathBuf::new();
    let path = Path::new(path);
    if path.is_absolute() {
        whole.push(path.strip_prefix(workspace?).ok()?);
    } else {
        if let (Some(workspace), Some(here)) = (workspace, here) {
            whole.push(here.strip_prefix(workspace).unwrap_or(Path::new("")));
        }
        for part in path.components() {
            match part {
                Component::Normal(name) => whole.push(name),
                Component::CurDir => {}
                Component::ParentDir if whole.pop() => {}
                _ => return None,
            }
        }
    }
    let clean = whole
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let text = whole.to_str()?;
    (clean && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_repositorys_root() {
        let at = |path: &str, here: &str| {
            in_repository(path, Some(Path::new("/w/r")), Some(Path::new(here)))
        };
        assert_eq!(
            at("proto/a.proto", "/w/r").as_deref(),
            Some("proto/a.proto")
        );
        assert_eq!(at("./a.proto", "/w/r/x").as_deref(), Some("x/a.proto"));
        assert_eq!(at("../a.proto", "/w/r/x").as_deref(), Some("a.proto"));
        assert_eq!(at("/w/r/a.proto", "/w/r/x").as_deref(), Some("a.proto"));
        for outside in ["../../a.proto", "/etc/passwd", "/w/r/../a", ""] {
            assert_eq!(
                at(outside, "/w/r/x"),
                if outside.is_empty() {
                    Some("x".to_owned())
                } else {
                    None
                },
                "{outside}"
            );
        }
        assert_eq!(
            in_repository("a.proto", None, None).as_deref(),
            Some("a.proto")
        );
    }
}
