//! A revision of the repository that contains the working directory: `git:REV[:PATH]`.
//!
//! Entry: [`load`]. [`repository`] opens the repository, [`revision`] finds the commit (and
//! [`missing`] says why there is none), [`tree`] reads what it holds, and [`export`] writes the
//! schemas of its whole tree into a folder of its own, from which [`super::directory`] and
//! [`super::image`] load them as if they had been checked out. Work tree, index and refs are never
//! touched. Nothing that the repository's configuration names is run: the library is built without
//! filters, credential helpers and clients of remotes, so that a repository that belongs to
//! somebody else can be read safely.

mod export;
mod missing;
mod repository;
mod revision;
mod tree;

use gix::bstr::{BString, ByteSlice as _};
use gix::objs::tree::EntryKind;

use crate::core::source::Source;

use self::export::{Export, Exported};
use self::repository::Repository;
use self::revision::Commit;
use self::tree::{Entry, Miss, Tree};
use super::place::Places;
use super::{Buf, Loaded, TruthError, directory, image};

/// What the user named.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    revision: &'a str,
    path: Option<&'a str>,
}

impl Asked<'_> {
    /// As it was written.
    fn name(&self) -> String {
        match self.path {
            Some(path) => format!("git:{}:{path}", self.revision),
            None => format!("git:{}", self.revision),
        }
    }

    fn wrong(&self, message: impl Into<String>, help: impl Into<String>) -> TruthError {
        TruthError::Git {
            source_name: self.name(),
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The schemas below `path` at a revision.
pub(super) fn load(revision: &str, path: Option<&str>, buf: &Buf) -> Result<Loaded, TruthError> {
    let asked = Asked { revision, path };
    let repository = Repository::around_working_directory(asked)?;
    let commit = revision::resolve(&repository, asked)?;
    let at = |error: TruthError| TruthError::At {
        revision: commit.named(asked),
        error: Box::new(error),
    };
    let (exported, named) = export(&repository, &commit, asked)?;
    let places = Places::of_export(exported.folder(), repository.stands_for());
    let mut loaded = load_named(&exported, &named, &places, buf).map_err(at)?;
    loaded.notes.extend(commit.note);
    loaded.notes.extend(exported.notes);
    loaded.resolved = Some(commit.id.to_string());
    Ok(loaded)
}

/// Writes the tree's schemas, and says which entry was named.
fn export(
    repository: &Repository,
    commit: &Commit,
    asked: Asked<'_>,
) -> Result<(Exported, Entry), TruthError> {
    let unreadable = |cause: tree::Unreadable| missing::object(repository, asked, &cause);
    let tree = Tree::of(repository, commit.id).map_err(unreadable)?;
    let path = repository.path_of(asked)?;
    let named = tree
        .find(path.as_bstr())
        .map_err(|miss| no_such_path(&tree, repository, commit, asked, miss))?;
    let exported = Export::new(&tree, repository, commit, asked)?.run(&named)?;
    // The way that was named, if it can be walked: a link may be what a Buf workspace lists.
    let named = if exported.holds(&path) {
        Entry { path, ..named }
    } else {
        named
    };
    Ok((exported, named))
}

/// Loads the entry as the loaders of files on disk do.
fn load_named(
    exported: &Exported,
    named: &Entry,
    places: &Places,
    buf: &Buf,
) -> Result<Loaded, TruthError> {
    let path = exported.place(&named.path);
    let is_folder = named.kind == EntryKind::Tree;
    match Source::parse(&format!("./{}", named.path), |_| is_folder) {
        Ok(Source::ProtoFile(_)) => directory::load_file_at(places, &path, buf),
        Ok(Source::Image(_)) => {
            let (files, notes) = image::load_at(places, &path)?;
            Ok(Loaded {
                files,
                notes,
                ..Loaded::default()
            })
        }
        _ => directory::load_directory_at(places, &path, buf),
    }
}

/// Says what is at the place of a path that names nothing, and what was probably meant.
fn no_such_path(
    tree: &Tree<'_>,
    repository: &Repository,
    commit: &Commit,
    asked: Asked<'_>,
    miss: Miss,
) -> TruthError {
    let path = asked.path.unwrap_or_default();
    let at = commit.at(asked);
    match miss {
        Miss::Unreadable(cause) => missing::object(repository, asked, &cause),
        Miss::Outside => asked.wrong(
            format!("`{path}` leads out of the repository"),
            "name a path inside the repository, as in `git show REV:PATH`",
        ),
        Miss::TooManyLinks => asked.wrong(
            format!("`{path}` leads through symbolic links in a circle"),
            "name the folder that holds the schemas",
        ),
        Miss::Submodule(submodule) => asked.wrong(
            format!("`{path}` lies in the submodule `{submodule}`, whose files are in a repository of its own"),
            format!("run protodiff inside of `{submodule}`, or name its folder in the work tree"),
        ),
        Miss::NotAFolder(file) => asked.wrong(
            format!("there is no `{path}` at {at}: `{file}` is a file there"),
            "name a file, or the folder that holds the schemas",
        ),
        Miss::Absent { folder, name } => {
            TruthError::NotAtRevision {
                source_name: asked.name(),
                message: format!("there is no `{path}` at {at}"),
                help: meant(tree, repository, commit, asked, &folder, &name),
                commit: commit.id.to_string(),
            }
        }
    }
}

fn meant(
    tree: &Tree<'_>,
    repository: &Repository,
    commit: &Commit,
    asked: Asked<'_>,
    folder: &BString,
    name: &BString,
) -> String {
    let path = asked.path.unwrap_or_default();
    let revision = asked.revision;
    // `git show` takes paths from the root, people often from where they are.
    let below = tree::joined(repository.prefix(), path.as_bytes().as_bstr());
    if !repository.prefix().is_empty()
        && !path.starts_with('.')
        && tree.find(below.as_bstr()).is_ok()
    {
        return format!(
            "paths begin at the repository's root: name git:{revision}:{below}, or git:{revision}:./{path}"
        );
    }
    let siblings = tree.names(folder).unwrap_or_default();
    let close = missing::closest(&name.to_str_lossy(), siblings.iter().map(String::as_str));
    if let Some(close) = close {
        let close = tree::joined(folder.as_bstr(), close.as_bytes().as_bstr());
        return format!("did you mean git:{revision}:{close}?");
    }
    format!(
        "`git ls-tree -r --name-only {}` lists the paths that there are",
        commit.short
    )
}
