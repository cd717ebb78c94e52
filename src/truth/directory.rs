//! Loads a directory or a single `.proto` file: decides which files are the truth's own, and from
//! which roots imports are resolved, then hands both to [`super::compile`], and if they are
//! written in Editions to [`super::buf_build`].

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::buf_build::{self, Input};
use super::buf_need::Need;
use super::compile::{Limits, Unit, compile};
use super::place::{Places, import_name};
use super::roots::{self, Workspace};
use super::{Buf, Loaded, TruthError};

/// The files of a directory and what they import.
pub(super) fn load_directory(given: &Path, buf: &Buf) -> Result<Loaded, TruthError> {
    let (places, named) = Places::new(given)?;
    load_directory_at(&places, &named, buf)
}

/// The same for an absolute path.
pub(super) fn load_directory_at(
    places: &Places,
    named: &Path,
    buf: &Buf,
) -> Result<Loaded, TruthError> {
    let metadata = stat(named, places, "a directory with .proto files")?;
    if !metadata.is_dir() {
        return Err(TruthError::WrongKind {
            path: places.show(named),
            message: "is a file, and its ending is none that a schema has",
        });
    }
    if let Some(workspace) = roots::find(named, named, places)? {
        let own = module_files(&workspace, named, places)?;
        return build_in(&workspace, named, own, places, buf);
    }
    let found = proto_files(named, Limits::DEFAULT, places)?;
    if found.files.is_empty() {
        return Err(no_files(named, places, 0));
    }
    build_under_first_root(&found, named, named, places, buf)
}

/// One file and what it imports.
pub(super) fn load_file(given: &Path, buf: &Buf) -> Result<Loaded, TruthError> {
    let (places, named) = Places::new(given)?;
    load_file_at(&places, &named, buf)
}

/// The same for an absolute path.
pub(super) fn load_file_at(places: &Places, named: &Path, buf: &Buf) -> Result<Loaded, TruthError> {
    let metadata = stat(named, places, "a .proto file")?;
    if !metadata.is_file() {
        return Err(TruthError::WrongKind {
            path: places.show(named),
            message: "is no regular file",
        });
    }
    let folder = named.parent().unwrap_or(named);
    if let Some(workspace) = roots::find(named, folder, places)?
        && let Some(module) = workspace.deepest(named)
        && let Some(name) = import_name(&module.root, named)
    {
        let own = BTreeMap::from([(name, named.to_path_buf())]);
        return build_in(&workspace, named, own, places, buf);
    }
    let found = Found {
        files: vec![named.to_path_buf()],
        unsearched: Vec::new(),
    };
    build_under_first_root(&found, named, folder, places, buf)
}

/// Compiles here what can be, and with `buf` what cannot.
fn build(unit: &Unit, places: &Places, buf: &Buf) -> Result<Loaded, TruthError> {
    let (files, notes) = match compile(unit, places, Limits::DEFAULT) {
        Err(TruthError::Editions {
            place,
            edition,
            others,
        }) => {
            let need = Need::Edition {
                place,
                edition,
                others,
            };
            buf_build::compile(unit, places, Limits::DEFAULT, buf, need)?
        }
        Err(TruthError::UnresolvedImport { place, import, .. }) if !unit.buf.deps.is_empty() => {
            let need = Need::Dependencies { place, import };
            buf_build::compile(unit, places, Limits::DEFAULT, buf, need)?
        }
        other => (other?, Vec::new()),
    };
    Ok(Loaded {
        files,
        notes,
        ..Loaded::default()
    })
}

/// Builds files of a Buf workspace.
fn build_in(
    workspace: &Workspace,
    named: &Path,
    own: BTreeMap<String, PathBuf>,
    places: &Places,
    buf: &Buf,
) -> Result<Loaded, TruthError> {
    // Buf takes a module, or a path inside of one, or a whole workspace.
    let module = workspace.deepest(named);
    let folder = module.map_or(&workspace.folder, |module| &module.root);
    let input = Input {
        folder: folder.clone(),
        only: module.map(|_| named.to_path_buf()),
        without: Vec::new(),
        configured: true,
        deps: workspace.deps(),
    };
    let unit = Unit {
        roots: workspace.roots(),
        own,
        buf: input,
    };
    Ok(Loaded {
        breaking: workspace.breaking(named, places),
        ..build(&unit, places, buf)?
    })
}

fn stat(path: &Path, places: &Places, expected: &'static str) -> Result<fs::Metadata, TruthError> {
    fs::metadata(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => TruthError::NotFound {
            path: places.show(path),
            expected,
        },
        _ => TruthError::Io {
            path: places.show(path),
            cause,
        },
    })
}

/// Without a Buf file, the folder is the root of imports; if they don't resolve from there, a
/// folder above it may be.
fn build_under_first_root(
    found: &Found,
    named: &Path,
    folder: &Path,
    places: &Places,
    buf: &Buf,
) -> Result<Loaded, TruthError> {
    let mut first = None;
    let files = &found.files;
    let module = module_below(folder, files);
    for root in roots::upward(folder, places) {
        let mut own = BTreeMap::new();
        for file in files {
            own.insert(name_of(&root, file, places)?, file.clone());
        }
        let unit = Unit {
            roots: vec![root.clone()],
            own,
            buf: Input {
                folder: root,
                only: Some(named.to_path_buf()),
                without: found.unsearched.clone(),
                configured: false,
                deps: Vec::new(),
            },
        };
        match build(&unit, places, buf) {
            Err(mut error) if matches!(error, TruthError::UnresolvedImport { .. }) => {
                if let (TruthError::UnresolvedImport { help, .. }, Some(module)) =
                    (&mut error, &module)
                {
                    let module = places.show(module);
                    *help = format!("name the folder {module} as the truth: it is a Buf module");
                }
                first.get_or_insert(error);
            }
            other => return other,
        }
    }
    // `upward` yields at least the folder, so there is a first error.
    Err(first.unwrap_or_else(|| no_files(folder, places, 0)))
}

/// The topmost folder below `folder` that has a Buf file and some of the files.
fn module_below(folder: &Path, files: &[PathBuf]) -> Option<PathBuf> {
    let folders: BTreeSet<&Path> = files
        .iter()
        .flat_map(|file| file.ancestors().skip(1))
        .filter(|above| above.starts_with(folder) && *above != folder)
        .collect();
    let has_buf_file = |at: &&Path| {
        let has = |name| at.join(name).is_file();
        has("buf.yaml") || has("buf.work.yaml")
    };
    folders
        .into_iter()
        .find(has_buf_file)
        .map(Path::to_path_buf)
}

fn name_of(root: &Path, file: &Path, places: &Places) -> Result<String, TruthError> {
    import_name(root, file).ok_or_else(|| TruthError::WrongKind {
        path: places.show(file),
        message: "has a name that is not UTF-8, which no import can write",
    })
}

fn no_files(named: &Path, places: &Places, excluded: usize) -> TruthError {
    TruthError::NoProtoFiles {
        path: places.show(named),
        detail: match excluded {
            0 => String::new(),
            n => format!(" of the module: buf.yaml excludes all {n}"),
        },
    }
}

/// Files below `named` that belong to a module, by import name.
fn module_files(
    workspace: &Workspace,
    named: &Path,
    places: &Places,
) -> Result<BTreeMap<String, PathBuf>, TruthError> {
    let mut own: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut excluded = 0;
    for file in proto_files(named, Limits::DEFAULT, places)?.files {
        let module = workspace.deepest(&file);
        let Some(module) = module.filter(|module| module.holds(&file)) else {
            excluded += 1;
            continue;
        };
        let name = name_of(&module.root, &file, places)?;
        if let Some(first) = own.get(&name) {
            return Err(TruthError::DuplicateName {
                first: places.show(first),
                second: places.show(&file),
                name,
            });
        }
        own.insert(name, file);
    }
    if own.is_empty() {
        return Err(no_files(named, places, excluded));
    }
    Ok(own)
}

/// The files below a folder.
struct Found {
    /// Sorted.
    files: Vec<PathBuf>,
    /// Folders that were not searched, or that were searched under another name.
    unsearched: Vec<PathBuf>,
}

/// Every `.proto` file below a folder; hidden folders and `node_modules` left out.
///
/// Links to folders are followed after the real folders, and never into a folder that was already
/// seen, so a loop ends and a file is found under its real path.
fn proto_files(start: &Path, limits: Limits, places: &Places) -> Result<Found, TruthError> {
    let io = |path: &Path| {
        let path = places.show(path);
        move |cause| TruthError::Io { path, cause }
    };
    let mut files = Vec::new();
    let mut unsearched = Vec::new();
    let mut bytes = 0;
    let mut seen = HashSet::new();
    let mut folders = vec![start.to_path_buf()];
    let mut links = Vec::new();
    while let Some(folder) = folders.pop().or_else(|| links.pop()) {
        if !seen.insert(fs::canonicalize(&folder).map_err(io(&folder))?) {
            unsearched.push(folder);
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let entry = entry.map_err(io(&folder))?;
            let path = entry.path();
            let is_link = entry.file_type().map_err(io(&path))?.is_symlink();
            let is_proto = path.extension().is_some_and(|ending| ending == "proto");
            let metadata = match fs::metadata(&path) {
                Ok(metadata) => metadata,
                // A dangling link matters only where a schema was meant.
                Err(_) if is_link && !is_proto => continue,
                Err(cause) => return Err(io(&path)(cause)),
            };
            if metadata.is_dir() {
                if is_searched(&path) {
                    if is_link { &mut links } else { &mut folders }.push(path);
                } else {
                    unsearched.push(path);
                }
            } else if is_proto && metadata.is_file() {
                bytes += metadata.len();
                files.push(path);
                limits.check(files.len(), bytes, || places.show(start))?;
            }
        }
    }
    files.sort();
    Ok(Found { files, unsearched })
}

fn is_searched(folder: &Path) -> bool {
    folder
        .file_name()
        .is_none_or(|name| name != "node_modules" && !name.to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "syntax = \"proto3\";").unwrap();
        }
        dir
    }

    #[test]
    fn limits_end_the_search() {
        let dir = tree(&["a.proto", "b.proto", "c/d.proto"]);
        let (places, start) = Places::new(dir.path()).unwrap();
        let found = proto_files(&start, Limits::DEFAULT, &places).unwrap();
        assert_eq!(found.files.len(), 3);
        let few = Limits {
            files: 2,
            ..Limits::DEFAULT
        };
        let error = proto_files(&start, few, &places).err().unwrap();
        assert!(error.to_string().contains("more than 2 "), "{error}");
        let small = Limits {
            bytes: 20,
            ..Limits::DEFAULT
        };
        assert!(matches!(
            proto_files(&start, small, &places),
            Err(TruthError::TooLarge { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_loops_end() {
        let dir = tree(&["real/a.proto", ".hidden/x.proto", "node_modules/y/z.proto"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("real/loop")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("alias")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("dangling")).unwrap();
        let (places, start) = Places::new(dir.path()).unwrap();
        let found = proto_files(&start, Limits::DEFAULT, &places).unwrap();
        assert_eq!(found.files, [start.join("real/a.proto")]);
        assert!(found.unsearched.contains(&start.join("real/loop")));
    }
}
