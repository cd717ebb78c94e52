//! Writes the schemas of a whole tree into a folder of its own: `.proto` files and Buf's
//! configuration, for what is named may import from anywhere around it.
//!
//! Names in a tree are not to be trusted. Files are written before there is any link, and links to
//! folders, the only ones that are made, lead to where the tree says, which is always inside. Links
//! to files become files.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::objs::tree::EntryKind;

use super::repository::Repository;
use super::revision::Commit;
use super::tree::{Child, Entry, Miss, Tree, Unreadable, joined, parent};
use super::{Asked, missing};
use crate::truth::TruthError;
use crate::truth::compile::Limits;

/// Folders that lie deeper have no schemas.
const DEPTH: usize = 200;

/// The configuration that says what a module is.
const BUF_FILES: [&str; 3] = ["buf.yaml", "buf.work.yaml", "buf.lock"];

/// What was written; it is gone when this is dropped.
pub(super) struct Exported {
    _temporary: tempfile::TempDir,
    root: PathBuf,
    /// What could not be written.
    pub(super) notes: Vec<String>,
}

impl Exported {
    pub(super) fn folder(&self) -> &Path {
        &self.root
    }

    /// Where a path in the tree was written to.
    pub(super) fn place(&self, path: &BString) -> PathBuf {
        below(&self.root, path.as_bstr()).unwrap_or_else(|| self.root.clone())
    }

    /// Whether a path in the tree leads to something that was written.
    pub(super) fn holds(&self, path: &BString) -> bool {
        below(&self.root, path.as_bstr()).is_some_and(|place| place.exists())
    }
}

/// The place below the folder, if every part of the path is a plain name.
fn below(root: &Path, path: &BStr) -> Option<PathBuf> {
    let mut place = root.to_path_buf();
    for part in path.split_str("/").filter(|part| !part.is_empty()) {
        place.push(plain(part.as_bstr())?);
    }
    Some(place)
}

/// A name that stays in its folder, wherever this runs.
fn plain(name: &BStr) -> Option<PathBuf> {
    if name.eq_ignore_ascii_case(b".git") || name.find_byteset(b"/\0").is_some() {
        return None;
    }
    let path = gix::path::from_bstr(name).ok()?.into_owned();
    let mut parts = path.components();
    let is_plain = matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none();
    is_plain.then_some(path)
}

fn is_schema(name: &BStr) -> bool {
    name.ends_with(b".proto") || BUF_FILES.iter().any(|buf| name == buf)
}

/// As in the work tree: neither hidden folders nor those of packages.
fn is_searched(name: &BStr) -> bool {
    !name.starts_with(b".") && name != "node_modules"
}

/// One export under way.
pub(super) struct Export<'t> {
    tree: &'t Tree<'t>,
    repository: &'t Repository,
    commit: &'t Commit,
    asked: Asked<'t>,
    limits: Limits,
    exported: Exported,
    files: BTreeMap<BString, ObjectId>,
    bytes: u64,
    /// Folders that were looked through.
    folders: HashSet<BString>,
    /// Trees with nothing of interest in them, wherever they lie.
    barren: HashSet<ObjectId>,
    links: Vec<(BString, ObjectId)>,
}

impl<'t> Export<'t> {
    pub(super) fn new(
        tree: &'t Tree<'t>,
        repository: &'t Repository,
        commit: &'t Commit,
        asked: Asked<'t>,
    ) -> Result<Self, TruthError> {
        let made = tempfile::tempdir().and_then(|dir| Ok((fs::canonicalize(dir.path())?, dir)));
        let (root, temporary) = made.map_err(|cause| no_room(asked, &cause))?;
        Ok(Self {
            tree,
            repository,
            commit,
            asked,
            limits: Limits::DEFAULT,
            exported: Exported {
                _temporary: temporary,
                root,
                notes: Vec::new(),
            },
            files: BTreeMap::new(),
            bytes: 0,
            folders: HashSet::new(),
            barren: HashSet::new(),
            links: Vec::new(),
        })
    }

    /// Writes everything around the entry, and the entry.
    pub(super) fn run(mut self, named: &Entry) -> Result<Exported, TruthError> {
        let root = self
            .tree
            .find(BStr::new(""))
            .map_err(|miss| self.miss(miss))?;
        self.folder(&root.path, root.id, 0)?;
        if named.kind == EntryKind::Tree {
            // It may lie in a folder that is not searched, or have nothing in it.
            self.folder(&named.path, named.id, 0)?;
        } else {
            self.refuse_pointer(named)?;
            self.file(&named.path, named.id)?;
        }
        let links = self.links()?;
        // Nothing touches the disk before all is known to be within the limits.
        self.write()?;
        if named.kind == EntryKind::Tree {
            self.make_folder(named.path.as_bstr())?;
        }
        self.link_folders(&links)?;
        Ok(self.exported)
    }

    /// Takes note of a folder's files; whether it has anything of interest.
    fn folder(&mut self, path: &BString, id: ObjectId, depth: usize) -> Result<bool, TruthError> {
        if self.barren.contains(&id) || depth > DEPTH {
            return Ok(false);
        }
        if !self.folders.insert(path.clone()) {
            return Ok(true);
        }
        let children = self
            .tree
            .children(id)
            .map_err(|cause| self.unreadable(&cause))?;
        let mut found = false;
        for Child { name, id, kind } in children {
            if plain(name.as_bstr()).is_none() {
                continue;
            }
            let path = joined(path.as_bstr(), name.as_bstr());
            match kind {
                EntryKind::Tree if is_searched(name.as_bstr()) => {
                    found |= self.folder(&path, id, depth + 1)?;
                }
                EntryKind::Blob | EntryKind::BlobExecutable if is_schema(name.as_bstr()) => {
                    found = true;
                    self.file(&path, id)?;
                }
                EntryKind::Link if is_searched(name.as_bstr()) => {
                    found = true;
                    self.links.push((path, id));
                    self.check(self.links.len(), 0)?;
                }
                _ => {}
            }
        }
        if !found {
            self.barren.insert(id);
        }
        Ok(found)
    }

    /// Takes note of a file, once.
    fn file(&mut self, path: &BString, id: ObjectId) -> Result<(), TruthError> {
        if self.files.contains_key(path) {
            // A damaged tree has a name twice; the first counts.
            return Ok(());
        }
        let size = self
            .tree
            .size(id)
            .map_err(|cause| self.unreadable(&cause))?;
        self.bytes = self.bytes.saturating_add(size);
        self.files.insert(path.clone(), id);
        self.check(self.files.len(), self.bytes)
    }

    fn write(&self) -> Result<(), TruthError> {
        let mut made = None;
        for (path, id) in &self.files {
            let Some(place) = below(&self.exported.root, path.as_bstr()) else {
                continue;
            };
            let content = self
                .tree
                .content(*id)
                .map_err(|cause| self.unreadable(&cause))?;
            let folder = parent(path.as_bstr());
            if made != Some(folder) {
                self.make_folder(folder)?;
                made = Some(folder);
            }
            let written = fs::File::create_new(place).and_then(|mut file| file.write_all(&content));
            match written {
                // Names that this file system cannot tell apart, or a file that is a folder too.
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                other => other.map_err(|cause| no_room(self.asked, &cause))?,
            }
        }
        Ok(())
    }

    fn make_folder(&self, path: &BStr) -> Result<(), TruthError> {
        let Some(place) = below(&self.exported.root, path) else {
            return Ok(());
        };
        match fs::create_dir_all(place) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(|cause| no_room(self.asked, &cause)),
        }
    }

    /// Resolves the links that were met, in the tree and never on disk: those to folders, and where
    /// they lead.
    fn links(&mut self) -> Result<BTreeMap<BString, BString>, TruthError> {
        let mut to_folders: BTreeMap<BString, BString> = BTreeMap::new();
        while let Some((path, id)) = self.links.pop() {
            let folder = parent(path.as_bstr());
            let matters = is_schema(path[folder.len()..].trim_start_with(|c| c == '/').as_bstr());
            match self.tree.follow(folder, id) {
                Ok(entry) if entry.kind == EntryKind::Tree => {
                    self.folder(&entry.path, entry.id, 0)?;
                    to_folders.insert(path, entry.path);
                }
                Ok(entry) if matters => self.file(&path, entry.id)?,
                Ok(_) => {}
                Err(Miss::Unreadable(cause)) => return Err(self.unreadable(&cause)),
                Err(_) if matters => self.exported.notes.push(format!(
                    "{}: `{path}` is a symbolic link that leads to no file in the repository, and was left out",
                    self.commit.named(self.asked)
                )),
                Err(_) => {}
            }
        }
        Ok(to_folders)
    }

    fn link_folders(&self, links: &BTreeMap<BString, BString>) -> Result<(), TruthError> {
        // Real folders first: nothing is ever made through a link.
        let root = &self.exported.root;
        let reached: Vec<(&BString, PathBuf)> = links
            .iter()
            .filter_map(|(path, target)| Some((path, below(root, target.as_bstr())?)))
            .filter(|(_, target)| target.is_dir())
            .collect();
        for (path, _) in &reached {
            self.make_folder(parent(path.as_bstr()))?;
        }
        for (path, target) in reached {
            let Some(place) = below(root, path.as_bstr()) else {
                continue;
            };
            match link(&target, &place) {
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                other => other.map_err(|cause| no_room(self.asked, &cause))?,
            }
        }
        Ok(())
    }

    /// The content of a large file may be kept elsewhere.
    fn refuse_pointer(&self, named: &Entry) -> Result<(), TruthError> {
        let size = self
            .tree
            .size(named.id)
            .map_err(|cause| self.unreadable(&cause))?;
        if size > 1_024 {
            return Ok(());
        }
        let content = self
            .tree
            .content(named.id)
            .map_err(|cause| self.unreadable(&cause))?;
        if content.starts_with(b"version https://git-lfs.github.com/") {
            return Err(self.asked.wrong(
                "is a pointer of Git LFS: the file's content is not in the repository",
                "check the revision out with `git lfs`, and name the file in the work tree",
            ));
        }
        Ok(())
    }

    fn check(&self, files: usize, bytes: u64) -> Result<(), TruthError> {
        let checked = self
            .limits
            .check(files, bytes, || self.commit.named(self.asked));
        checked.map_err(|error| match error {
            TruthError::TooLarge { message, .. } => self.asked.wrong(
                format!("the repository {message}"),
                "build the module's image at that revision (`buf build -o FILE.binpb`), and name the file",
            ),
            other => other,
        })
    }

    fn miss(&self, miss: Miss) -> TruthError {
        match miss {
            Miss::Unreadable(cause) => self.unreadable(&cause),
            _ => self.asked.wrong("has no tree", "check it with `git fsck`"),
        }
    }

    fn unreadable(&self, cause: &Unreadable) -> TruthError {
        missing::object(self.repository, self.asked, cause)
    }
}

/// The temporary folder is at fault, whose name helps nobody.
fn no_room(asked: Asked<'_>, cause: &io::Error) -> TruthError {
    // Errors of temporary folders carry their path.
    let cause = cause.raw_os_error().map_or_else(
        || cause.kind().to_string(),
        |code| io::Error::from_raw_os_error(code).to_string(),
    );
    asked.wrong(
        format!("its files cannot be written to a temporary folder: {cause}"),
        "let TMPDIR name a folder with room that can be written",
    )
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(windows)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(target, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["..", ".", "", ".git", ".GIT", "a/b", "/etc", "a\0b"] {
            assert_eq!(plain(name.into()), None, "{name:?}");
        }
        assert_eq!(plain("a b.proto".into()), Some("a b.proto".into()));
        assert_eq!(below(Path::new("/e"), "a/../b".into()), None);
        assert_eq!(below(Path::new("/e"), "a/b".into()), Some("/e/a/b".into()));
    }
}
