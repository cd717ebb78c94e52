//! What a revision names: one commit, found as git finds it; and `merge-base(A,B)`, the commit
//! that two revisions parted from.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::revision::Spec;
use gix::revision::spec::parse::{ObjectKindHint, Options};

use super::repository::Repository;
use super::{Asked, missing};
use crate::truth::TruthError;

/// A commit that was asked for.
pub(super) struct Commit {
    pub(super) id: ObjectId,
    /// The digits that tell it from others.
    pub(super) short: String,
    /// What the user should know about how it was found.
    pub(super) note: Option<String>,
}

impl Commit {
    /// `REV (1a2b3c4)`, or the number alone where that is the revision.
    pub(super) fn at(&self, asked: Asked<'_>) -> String {
        if self.id.to_string().starts_with(asked.revision) {
            return self.short.clone();
        }
        format!("{} ({})", asked.revision, self.short)
    }

    /// The same as a prefix of errors in its files.
    pub(super) fn named(&self, asked: Asked<'_>) -> String {
        format!("git:{}", self.at(asked))
    }
}

/// Why a revision names no commit.
pub(super) enum Failure {
    /// It does not parse, or names nothing that is here.
    Unknown(gix::Error),
    /// The object is not here.
    Absent,
    /// Objects on the way are damaged.
    Damaged,
    /// It is something else.
    NotACommit(&'static str),
}

/// What a revision is written as.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'a> {
    Commit(&'a str),
    MergeBase(&'a str, &'a str),
}

fn parse(revision: &str) -> Wanted<'_> {
    let inner = revision
        .strip_prefix("merge-base(")
        .and_then(|rest| rest.strip_suffix(')'));
    match inner.map(|inner| (inner, inner.split_once(','))) {
        None => Wanted::Commit(revision),
        Some((_, Some((one, other)))) => Wanted::MergeBase(one.trim(), other.trim()),
        Some((one, None)) => Wanted::MergeBase(one.trim(), "HEAD"),
    }
}

/// Finds the commit.
pub(super) fn resolve(repository: &Repository, asked: Asked<'_>) -> Result<Commit, TruthError> {
    let mut notes = Vec::new();
    let id = match parse(asked.revision) {
        Wanted::Commit(revision) => find(repository, asked, revision, &mut notes)?,
        Wanted::MergeBase(one, other) => {
            let one_id = find(repository, asked, one, &mut notes)?;
            let other_id = find(repository, asked, other, &mut notes)?;
            match repository.merge_base(one_id, other_id) {
                Ok(Some(base)) => base.detach(),
                Ok(None) => return Err(missing::merge_base(repository, asked, one, other, None)),
                Err(error) => {
                    return Err(missing::merge_base(
                        repository,
                        asked,
                        one,
                        other,
                        Some(&error),
                    ));
                }
            }
        }
    };
    let short = repository.find_commit(id).map_or_else(
        |_| id.to_hex_with_len(7).to_string(),
        |commit| commit.id().shorten_or_id().to_string(),
    );
    Ok(Commit {
        id,
        short,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    })
}

fn find(
    repository: &Repository,
    asked: Asked<'_>,
    revision: &str,
    notes: &mut Vec<String>,
) -> Result<ObjectId, TruthError> {
    let failure = match commit(repository, revision) {
        Ok(id) => return Ok(id),
        Err(failure) => failure,
    };
    // A checkout in CI often has no branch but a detached HEAD and what it fetched.
    if let Some(guess) = at_remote(repository, revision)
        && let Ok(id) = commit(repository, &guess)
    {
        notes.push(format!(
            "git:{}: there is no `{revision}` here; `{guess}` is used",
            asked.revision
        ));
        return Ok(id);
    }
    Err(missing::revision(repository, asked, revision, &failure))
}

/// The part of a revision that is a name: `main` of `main~2`.
pub(super) fn base(revision: &str) -> &str {
    let end = revision.find(['~', '^']).or_else(|| revision.find("@{"));
    &revision[..end.unwrap_or(revision.len())]
}

/// A branch of that name at the one remote that has it, or at `origin`, as `git checkout` guesses.
fn at_remote(repository: &Repository, revision: &str) -> Option<String> {
    let name = base(revision);
    let is_known = |name: &str| matches!(repository.try_find_reference(name), Ok(Some(_)));
    if name.is_empty() || name == "HEAD" || is_known(name) {
        return None;
    }
    let with_branch: Vec<String> = missing::remotes(repository)
        .into_iter()
        .filter(|remote| is_known(&format!("refs/remotes/{remote}/{name}")))
        .collect();
    let remote = match with_branch.as_slice() {
        [only] => only,
        several => several.iter().find(|remote| *remote == "origin")?,
    };
    Some(format!("{remote}/{revision}"))
}

/// The object that a revision names.
fn parse_single(repository: &Repository, revision: &str) -> Result<ObjectId, Failure> {
    let parsed = |object_kind_hint| {
        let options = Options {
            object_kind_hint,
            ..Options::default()
        };
        let text: &BStr = revision.as_bytes().as_bstr();
        // The library takes for granted that tags and commits on the way are whole.
        catch_unwind(AssertUnwindSafe(|| {
            Spec::from_bstr(text, repository, options).map_err(Failure::Unknown)
        }))
        .unwrap_or(Err(Failure::Damaged))
    };
    // Digits that a file's content shares are no reason to refuse those of a commit.
    let spec = parsed(None).or_else(|first| match first {
        Failure::Unknown(error) if missing::ambiguous(&error).is_some() => {
            parsed(Some(ObjectKindHint::Committish))
        }
        other => Err(other),
    })?;
    let single = spec.single().map(gix::Id::detach);
    single.ok_or(Failure::NotACommit("a range of commits"))
}

/// The commit that a revision names, through tags.
pub(super) fn commit(repository: &Repository, revision: &str) -> Result<ObjectId, Failure> {
    let mut id = parse_single(repository, revision)?;
    loop {
        let object = repository.find_object(id).map_err(|error| {
            if error.is_not_found() {
                Failure::Absent
            } else {
                Failure::Damaged
            }
        })?;
        match object.kind {
            gix::object::Kind::Commit => return Ok(id),
            gix::object::Kind::Tree => return Err(Failure::NotACommit("a tree")),
            gix::object::Kind::Blob => return Err(Failure::NotACommit("a file's content")),
            gix::object::Kind::Tag => {
                let target = object.try_to_tag_ref().map(|tag| tag.target());
                id = target.map_err(|_| Failure::Damaged)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_bases_are_told_from_names() {
        assert_eq!(parse("HEAD~1"), Wanted::Commit("HEAD~1"));
        assert_eq!(parse("merge-base"), Wanted::Commit("merge-base"));
        assert_eq!(
            parse("merge-base(origin/main)"),
            Wanted::MergeBase("origin/main", "HEAD")
        );
        assert_eq!(parse("merge-base(a, b)"), Wanted::MergeBase("a", "b"));
    }

    #[test]
    fn the_name_in_a_revision_ends_where_the_walk_begins() {
        for (revision, name) in [
            ("main", "main"),
            ("main~2^1", "main"),
            ("v1^{commit}", "v1"),
            ("main@{1}", "main"),
            ("~1", ""),
        ] {
            assert_eq!(base(revision), name);
        }
    }
}
