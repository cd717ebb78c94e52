//! Reads the tree of a commit: entries of a folder, content of a file, and what a path leads to,
//! through symbolic links that stay inside.

use std::collections::VecDeque;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::objs::tree::EntryKind;

use super::repository::Repository;

/// As many links as an operating system follows.
const LINKS: usize = 40;

/// No path of a link is longer.
const LINK_LENGTH: u64 = 4_096;

/// An object that is not there, or is damaged.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) id: ObjectId,
    pub(super) cause: String,
    pub(super) is_missing: bool,
}

impl Unreadable {
    fn new(id: ObjectId, error: &gix::Error) -> Self {
        Self {
            id,
            cause: error.probable_cause().to_string(),
            is_missing: error.is_not_found(),
        }
    }
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub(super) enum Miss {
    Absent {
        folder: BString,
        name: BString,
    },
    /// Above the root, or absolute.
    Outside,
    TooManyLinks,
    Submodule(BString),
    NotAFolder(BString),
    Unreadable(Unreadable),
}

/// A file or folder, under its real path.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) path: BString,
    pub(super) id: ObjectId,
    pub(super) kind: EntryKind,
}

/// One entry of a folder.
pub(super) struct Child {
    pub(super) name: BString,
    pub(super) id: ObjectId,
    pub(super) kind: EntryKind,
}

/// `folder/name`; `name` alone at the root.
pub(super) fn joined(folder: &BStr, name: &BStr) -> BString {
    if folder.is_empty() {
        return name.to_owned();
    }
    let mut path = folder.to_owned();
    path.push(b'/');
    path.extend_from_slice(name);
    path
}

/// The folder that a path lies in.
pub(super) fn parent(path: &BStr) -> &BStr {
    path.rfind_byte(b'/')
        .map_or(BStr::new(""), |at| path[..at].as_bstr())
}

/// The whole tree of a commit.
pub(super) struct Tree<'r> {
    repository: &'r Repository,
    root: ObjectId,
}

impl<'r> Tree<'r> {
    pub(super) fn of(repository: &'r Repository, commit: ObjectId) -> Result<Self, Unreadable> {
        let read = || repository.find_commit(commit)?.tree_id();
        let root = read().map_err(|error: gix::Error| Unreadable::new(commit, &error))?;
        Ok(Self {
            repository,
            root: root.detach(),
        })
    }

    /// The entries of a folder, as they are stored: names are not to be trusted.
    pub(super) fn children(&self, folder: ObjectId) -> Result<Vec<Child>, Unreadable> {
        let read = || {
            let tree = self.repository.find_tree(folder)?;
            tree.iter()
                .map(|entry| {
                    let entry = entry?;
                    Ok(Child {
                        name: entry.filename().to_owned(),
                        id: entry.object_id(),
                        kind: entry.mode().kind(),
                    })
                })
                .collect::<Result<_, _>>()
        };
        read().map_err(|error: gix::Error| Unreadable::new(folder, &error))
    }

    /// Names in a folder, for suggestions.
    pub(super) fn names(&self, folder: &BString) -> Option<Vec<String>> {
        let entry = self.find(folder.as_bstr()).ok()?;
        let children = self.children(entry.id).ok()?;
        let names = children
            .iter()
            .map(|child| child.name.to_str_lossy().into_owned());
        Some(names.collect())
    }

    /// Bytes of a file, without reading it.
    pub(super) fn size(&self, file: ObjectId) -> Result<u64, Unreadable> {
        let header = self.repository.find_header(file);
        header
            .map(|header| header.size())
            .map_err(|error| Unreadable::new(file, &error))
    }

    pub(super) fn content(&self, file: ObjectId) -> Result<Vec<u8>, Unreadable> {
        let blob = self.repository.find_blob(file);
        blob.map(|mut blob| blob.take_data())
            .map_err(|error| Unreadable::new(file, &error))
    }

    /// What a path from the root leads to.
    pub(super) fn find(&self, path: &BStr) -> Result<Entry, Miss> {
        self.walk(BStr::new(""), path)
    }

    /// What the target of a link in `folder` leads to; `folder` is a real path.
    pub(super) fn follow(&self, folder: &BStr, link: ObjectId) -> Result<Entry, Miss> {
        let target = self.target(link)?;
        self.walk(folder, target.as_bstr())
    }

    fn target(&self, link: ObjectId) -> Result<BString, Miss> {
        if self.size(link).map_err(Miss::Unreadable)? > LINK_LENGTH {
            return Err(Miss::TooManyLinks);
        }
        let target: BString = self.content(link).map_err(Miss::Unreadable)?.into();
        if target.starts_with(b"/") || target.contains(&0) {
            return Err(Miss::Outside);
        }
        Ok(target)
    }

    /// Walks as an operating system does: `..` is the folder above the one that a link led to.
    fn walk(&self, from: &BStr, path: &BStr) -> Result<Entry, Miss> {
        let mut above: Vec<(BString, ObjectId)> = vec![(BString::default(), self.root)];
        let mut ahead: VecDeque<BString> = parts(from).chain(parts(path)).collect();
        let mut links = 0;
        while let Some(name) = ahead.pop_front() {
            let Some((folder, id)) = above.last().cloned() else {
                return Err(Miss::Outside);
            };
            if name == ".." {
                above.pop();
                if above.is_empty() {
                    return Err(Miss::Outside);
                }
                continue;
            }
            let children = self.children(id).map_err(Miss::Unreadable)?;
            let Some(child) = children.into_iter().find(|child| child.name == name) else {
                return Err(Miss::Absent { folder, name });
            };
            let path = joined(folder.as_bstr(), name.as_bstr());
            match child.kind {
                EntryKind::Tree => above.push((path, child.id)),
                EntryKind::Commit => return Err(Miss::Submodule(path)),
                EntryKind::Link => {
                    links += 1;
                    if links > LINKS {
                        return Err(Miss::TooManyLinks);
                    }
                    let target = self.target(child.id)?;
                    for part in parts(target.as_bstr()).rev() {
                        ahead.push_front(part);
                    }
                }
                kind @ (EntryKind::Blob | EntryKind::BlobExecutable) => {
                    if !ahead.is_empty() {
                        return Err(Miss::NotAFolder(path));
                    }
                    return Ok(Entry {
                        path,
                        id: child.id,
                        kind,
                    });
                }
            }
        }
        above.pop().map_or(Err(Miss::Outside), |(path, id)| {
            Ok(Entry {
                path,
                id,
                kind: EntryKind::Tree,
            })
        })
    }
}

/// The names in a path, without those that stay where they are.
fn parts(path: &BStr) -> impl DoubleEndedIterator<Item = BString> + use<'_> {
    let parts: Vec<BString> = path
        .split_str("/")
        .filter(|part| !part.is_empty() && *part != b".")
        .map(BString::from)
        .collect();
    parts.into_iter()
}
