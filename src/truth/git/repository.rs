//! Finds and opens the repository around the working directory.
//!
//! Whoever owns it: reading objects is all that happens, so git's question of "dubious ownership"
//! (whose point is that configuration can name programs to run) does not arise.

use std::env;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::discover::upwards;
use gix::sec::Trust;

use super::{Asked, tree};
use crate::truth::TruthError;

/// Larger objects are refused before memory is set aside for them.
const OBJECT_CAP: &str = "gitoxide.objects.allocLimit=268435456";

/// An open repository, and where the working directory is in it.
pub(super) struct Repository {
    inner: gix::Repository,
    cwd: PathBuf,
    /// The work tree, if it holds the working directory.
    work_tree: Option<PathBuf>,
    /// The working directory below the repository's root, with `/`.
    prefix: BString,
}

impl Deref for Repository {
    type Target = gix::Repository;

    fn deref(&self) -> &gix::Repository {
        &self.inner
    }
}

impl Repository {
    pub(super) fn around_working_directory(asked: Asked<'_>) -> Result<Self, TruthError> {
        let cwd = env::current_dir().map_err(|cause| TruthError::Io {
            path: ".".to_owned(),
            cause,
        })?;
        let unusable = |cause: &gix::Error| {
            asked.wrong(
                format!(
                    "the repository cannot be opened: {}",
                    cause.probable_cause()
                ),
                "check with `git status` that git can read it",
            )
        };
        let found = match env::var_os("GIT_DIR").filter(|dir| !dir.is_empty()) {
            Some(dir) => PathBuf::from(dir),
            None => discover(&cwd).map_err(|error| none_found(asked, &cwd, &error))?,
        };
        // Nothing but the repository's own configuration is read, and nothing is run.
        let options = gix::open::Options::isolated()
            .with(Trust::Full)
            .config_overrides([OBJECT_CAP]);
        let mut inner = gix::open_opts(found, options).map_err(|error| unusable(&error))?;
        inner.object_cache_size_if_unset(16 << 20);
        let place = |path: &Path| path.canonicalize().ok();
        let in_git_dir = place(inner.git_dir()).is_some_and(|dir| cwd.starts_with(dir));
        let work_tree = inner
            .workdir()
            .and_then(place)
            .filter(|root| !in_git_dir && cwd.starts_with(root));
        let prefix = work_tree
            .as_deref()
            .and_then(|root| cwd.strip_prefix(root).ok())
            .and_then(|below| gix::path::into_bstr(below).ok())
            .map(|below| gix::path::to_unix_separators_on_windows(below).into_owned())
            .unwrap_or_default();
        Ok(Self {
            inner,
            cwd,
            work_tree,
            prefix,
        })
    }

    /// The folder that paths in the repository are shown below.
    pub(super) fn stands_for(&self) -> PathBuf {
        // Where there is no work tree, paths are shown from the repository's root.
        self.work_tree.clone().unwrap_or_else(|| self.cwd.clone())
    }

    pub(super) fn prefix(&self) -> &BStr {
        self.prefix.as_bstr()
    }

    /// The path below the root, without `.` and `..`.
    pub(super) fn path_of(&self, asked: Asked<'_>) -> Result<BString, TruthError> {
        let path = asked.path.unwrap_or_default();
        let from_here =
            matches!(path, "." | "..") || path.starts_with("./") || path.starts_with("../");
        let whole = if from_here {
            tree::joined(self.prefix(), path.as_bytes().as_bstr())
        } else {
            path.into()
        };
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in whole.split_str("/") {
            match part {
                b"" | b"." => {}
                b".." => {
                    if parts.pop().is_none() {
                        return Err(asked.wrong(
                            format!("`{path}` leads out of the repository"),
                            "name a path inside the repository, as in `git show REV:PATH`",
                        ));
                    }
                }
                part => parts.push(part),
            }
        }
        Ok(parts.join(&b'/').into())
    }

    /// History may end where a clone was cut off.
    pub(super) fn is_cut_off(&self) -> bool {
        self.inner.is_shallow().unwrap_or(false)
    }

    /// The format of its refs, if it is not the usual one.
    pub(super) fn foreign_refs(&self) -> Option<String> {
        let config = self.inner.config_snapshot();
        let format = config.string("extensions.refStorage")?.to_string();
        (format != "files").then_some(format)
    }

    /// Objects may be left at a remote.
    pub(super) fn is_partial(&self) -> bool {
        let config = self.inner.config_snapshot();
        if config.string("extensions.partialClone").is_some() {
            return true;
        }
        self.inner.remote_names().iter().any(|name| {
            let key = format!("remote.{name}.promisor");
            config.boolean(key.as_str()).unwrap_or(false)
        })
    }
}

/// The `.git` of the nearest folder upward that has one, or a bare repository.
fn discover(cwd: &Path) -> Result<PathBuf, gix::Error> {
    let options = upwards::Options {
        trust: upwards::TrustPolicy::Assume(Trust::Full),
        match_ceiling_dir_or_error: false,
        // In a container, parts of a work tree may be mounted.
        cross_fs: true,
        ..upwards::Options::default().apply_environment()
    };
    let (path, _) = gix::discover::upwards_opts(cwd, options)?;
    let (git_dir, work_tree) = path.into_repository_and_work_tree_directories();
    Ok(work_tree.unwrap_or(git_dir))
}

fn none_found(asked: Asked<'_>, cwd: &Path, error: &gix::Error) -> TruthError {
    if error.downcast_any_ref::<upwards::Error>().is_none() {
        return asked.wrong(
            format!("no repository was found: {}", error.probable_cause()),
            "run protodiff inside of the repository",
        );
    }
    // A linked work tree or a submodule, mounted without the repository that it belongs to.
    if let Some(pointer) = cwd
        .ancestors()
        .map(|dir| dir.join(".git"))
        .find(|at| at.is_file())
    {
        return asked.wrong(
            "the working directory's `.git` is a file that names a folder which is not there",
            format!(
                "make the repository that {} names available too, at the same path",
                pointer.display()
            ),
        );
    }
    asked.wrong(
        "the working directory is in no git repository",
        "run protodiff inside of the repository; in a container, mount it with its `.git`",
    )
}
