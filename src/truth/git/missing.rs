//! Says why a revision, the base of two, or an object is not in the repository, and how to get
//! it: most often the clone of a CI job is shallow, or has only the branch that it builds.

use gix::bstr::ByteSlice as _;
use gix::revision::spec::parse::Error as ParseError;

use super::Asked;
use super::repository::Repository;
use super::revision::{Failure, base, commit};
use super::tree::Unreadable;
use crate::truth::TruthError;

/// How to get a history that was cut off.
const WHOLE_HISTORY: &str =
    "set `fetch-depth: 0` at actions/checkout, or run `git fetch --unshallow`";

/// Why a revision names no commit here.
pub(super) fn revision(
    repository: &Repository,
    asked: Asked<'_>,
    revision: &str,
    failure: &Failure,
) -> TruthError {
    if revision.is_empty() {
        return asked.wrong(
            "names no revision",
            "write git:merge-base(origin/main), or with both sides git:merge-base(A,B)",
        );
    }
    if let Failure::NotACommit(what) = failure {
        return asked.wrong(
            format!("`{revision}` is {what}, not a commit"),
            "name one commit, tag or branch, and the path after a colon: git:HEAD~1:proto",
        );
    }
    let name = base(revision);
    if matches!(failure, Failure::Damaged) {
        return asked.wrong(
            format!("`{revision}` leads to an object that is damaged"),
            "check the repository with `git fsck`, or clone it anew",
        );
    }
    if let Some(format) = repository.foreign_refs() {
        return asked.wrong(
            format!("`{revision}` was not found: the repository keeps its refs as {format}, which protodiff does not read"),
            "name the commit by all its digits: `git rev-parse REV` prints them",
        );
    }
    if let Some(branch) = unborn(repository).filter(|_| matches!(name, "HEAD" | "@" | "")) {
        return asked.wrong(
            format!("`{revision}` names no commit: the branch `{branch}` has none yet"),
            "commit something first, or name another revision",
        );
    }
    if let Failure::Unknown(error) = failure
        && let Some(candidates) = ambiguous(error)
    {
        return asked.wrong(
            format!("`{revision}` is ambiguous: {candidates}"),
            "write more digits of the commit",
        );
    }
    if revision.contains("@{") {
        return asked.wrong(
            format!("`{revision}` names no commit here"),
            "name a commit, tag or branch: what `@{…}` stands for is kept by no fresh clone",
        );
    }
    // The name is known, so the way from it leads nowhere.
    if name != revision && !name.is_empty() && commit(repository, name).is_ok() {
        return beyond(repository, asked, revision, name);
    }
    let is_id = revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id || matches!(failure, Failure::Absent) {
        return absent_commit(repository, asked, revision, is_id);
    }
    asked.wrong(
        format!("there is no branch, tag or commit `{name}` here"),
        unknown_name(repository, name),
    )
}

fn beyond(repository: &Repository, asked: Asked<'_>, revision: &str, name: &str) -> TruthError {
    if repository.is_cut_off() {
        return asked.wrong(
            format!("`{revision}` lies beyond the history that this shallow clone has"),
            WHOLE_HISTORY,
        );
    }
    asked.wrong(
        format!("`{revision}` names no commit: the history of `{name}` does not reach that far, or has no such parent"),
        format!("`git log --oneline {name}` lists the commits that there are"),
    )
}

fn absent_commit(
    repository: &Repository,
    asked: Asked<'_>,
    revision: &str,
    is_id: bool,
) -> TruthError {
    if repository.is_cut_off() {
        return asked.wrong(
            format!("the commit `{revision}` is not in this shallow clone: it may lie beyond the history that was fetched"),
            format!("{WHOLE_HISTORY}; one commit alone comes with `git fetch --depth=1 origin COMMIT`, with all its digits"),
        );
    }
    let help = if is_id {
        "fetch it, or check its digits: `git fetch origin`"
    } else {
        "fetch it again: `git fetch origin`"
    };
    asked.wrong(format!("there is no commit `{revision}` here"), help)
}

/// Suggests a name that is known, or says how to fetch one that is not.
fn unknown_name(repository: &Repository, name: &str) -> String {
    let remotes = remotes(repository);
    let split = |name: &'_ str| {
        let mut remotes = remotes.iter();
        remotes.find_map(|remote| {
            let branch = name.strip_prefix(remote.as_str())?.strip_prefix('/')?;
            Some((remote.clone(), branch.to_owned()))
        })
    };
    // A name with a remote in it is meant; others may be a branch of `origin`.
    let (remote, branch) = split(name).unwrap_or_else(|| {
        let first = remotes.first().map_or("origin", String::as_str);
        (first.to_owned(), name.to_owned())
    });
    let close = closest_reference(repository, (name, &branch), split);
    let shallow = if repository.is_cut_off() {
        "--depth=1 "
    } else {
        ""
    };
    let mut fetch = format!(
        "fetch it with `git fetch {shallow}{remote} {branch}:refs/remotes/{remote}/{branch}`"
    );
    if repository.is_cut_off() {
        fetch.push_str(
            ", or for all branches with their history set `fetch-depth: 0` at actions/checkout",
        );
    }
    match close {
        Some(close) if remotes.is_empty() => format!("did you mean `{close}`?"),
        Some(close) => {
            format!("did you mean `{close}`? If a branch at the remote is meant, {fetch}")
        }
        None if remotes.is_empty() => {
            "`git branch --all` and `git tag` list the names that there are".to_owned()
        }
        None => fetch,
    }
}

/// The known name that is like this one, whichever remote it is at.
fn closest_reference(
    repository: &Repository,
    (wanted, branch): (&str, &str),
    split: impl Fn(&str) -> Option<(String, String)>,
) -> Option<String> {
    let known: Vec<(String, String)> = names(repository)
        .into_iter()
        .map(|name| {
            (
                split(&name).map_or_else(|| name.clone(), |(_, branch)| branch),
                name,
            )
        })
        .collect();
    let close = closest(branch, known.iter().map(|(branch, _)| branch.as_str()))?;
    // A branch may be here and at remotes: where it was looked for comes first.
    let mut same: Vec<String> = known
        .into_iter()
        .filter(|(branch, _)| *branch == close)
        .map(|(_, name)| name)
        .collect();
    let looked_at = |name: &str| split(name).map(|(remote, _)| remote);
    same.sort_by_key(|name| looked_at(name) != looked_at(wanted));
    same.into_iter().next()
}

/// Why two revisions have no base.
pub(super) fn merge_base(
    repository: &Repository,
    asked: Asked<'_>,
    one: &str,
    other: &str,
    cause: Option<&gix::Error>,
) -> TruthError {
    if repository.is_cut_off() {
        return asked.wrong(
            format!(
                "the commit that `{one}` and `{other}` parted from is not in this shallow clone"
            ),
            format!("the history between them is needed: {WHOLE_HISTORY}"),
        );
    }
    match cause {
        Some(cause) => asked.wrong(
            format!(
                "the history of `{one}` and `{other}` cannot be read: {}",
                cause.probable_cause()
            ),
            "check it with `git fsck`",
        ),
        None => asked.wrong(
            format!("`{one}` and `{other}` have no commit in common"),
            "name the revision to compare with itself",
        ),
    }
}

/// Why an object of a commit cannot be read.
pub(super) fn object(repository: &Repository, asked: Asked<'_>, cause: &Unreadable) -> TruthError {
    let Unreadable {
        id,
        cause,
        is_missing,
    } = cause;
    match is_missing {
        true if repository.is_partial() => asked.wrong(
            format!("the object {id} was left at the remote: this is a partial clone"),
            "let git fetch what is missing, for example with `git archive REV | tar -t`, or clone without `--filter`",
        ),
        true => asked.wrong(
            format!("the object {id} is missing from the repository"),
            "check it with `git fsck`, or clone it anew",
        ),
        false => asked.wrong(
            format!("the object {id} cannot be read: {cause}"),
            "check it with `git fsck`, or clone it anew",
        ),
    }
}

/// The branch that HEAD is on, if it has no commit.
fn unborn(repository: &Repository) -> Option<String> {
    let head = repository.head().ok()?;
    let name = head.referent_name().filter(|_| head.is_unborn())?;
    Some(name.shorten().to_str_lossy().into_owned())
}

/// What an abbreviated number could stand for.
pub(super) fn ambiguous(error: &gix::Error) -> Option<String> {
    let candidates =
        error
            .iter_errors()
            .find_map(|cause| match cause.downcast_ref::<ParseError>() {
                Some(ParseError::AmbiguousPrefix { candidates, .. }) => Some(candidates),
                _ => None,
            })?;
    let shown: Vec<String> = candidates
        .iter()
        .take(4)
        .map(|(id, info)| format!("{id} {info}"))
        .collect();
    Some(shown.join(", "))
}

/// The configured remotes, `origin` first.
pub(super) fn remotes(repository: &Repository) -> Vec<String> {
    let names = repository.remote_names();
    let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.sort_by_key(|name| name != "origin");
    names
}

/// Branches, tags and branches of remotes, as they are written.
fn names(repository: &Repository) -> Vec<String> {
    let Ok(references) = repository.references() else {
        return Vec::new();
    };
    let Ok(all) = references.all() else {
        return Vec::new();
    };
    all.filter_map(Result::ok)
        .filter_map(|reference| {
            let full = reference.name().as_bstr().to_str().ok()?;
            ["refs/heads/", "refs/tags/", "refs/remotes/"]
                .iter()
                .find_map(|kind| full.strip_prefix(kind))
                .map(ToOwned::to_owned)
        })
        .take(10_000)
        .collect()
}

/// The name that was probably meant.
pub(super) fn closest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    names
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(closeness, name)| *closeness > 0.8 || strsim::osa_distance(wanted, name) == 1)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}
