//! How paths are made absolute for reading, and short again for people: relative to the working
//! directory wherever possible, with `/`.

use std::path::{Component, Path, PathBuf};

use super::TruthError;

/// Shows paths the way that the user named the source.
#[derive(Debug, Clone)]
pub(super) struct Places {
    cwd: PathBuf,
    /// The source was written relative, so paths outside the working directory are shown with `..`.
    relative: bool,
    export: Option<Export>,
}

/// A folder with files from elsewhere.
#[derive(Debug, Clone)]
struct Export {
    root: PathBuf,
    /// The folder that the files belong in.
    stands_for: PathBuf,
}

impl Places {
    /// The working directory, and the absolute form of `given`.
    pub(super) fn new(given: &Path) -> Result<(Self, PathBuf), TruthError> {
        let io = |cause| TruthError::Io {
            path: given.display().to_string(),
            cause,
        };
        let cwd = std::env::current_dir().map_err(io)?;
        let mut absolute = std::path::absolute(given).map_err(io)?;
        if absolute.components().any(|c| c == Component::ParentDir) {
            // `a/../b` depends on whether `a` is a link: only the file system knows.
            if let Ok(canonical) = std::fs::canonicalize(&absolute) {
                absolute = canonical;
            }
        }
        let places = Self {
            cwd,
            relative: given.is_relative(),
            export: None,
        };
        Ok((places, absolute))
    }

    /// For files that were written below `root`, and are shown as if they lay in `stands_for`.
    pub(super) fn of_export(root: &Path, stands_for: PathBuf) -> Self {
        Self {
            cwd: std::env::current_dir().unwrap_or_else(|_| stands_for.clone()),
            relative: true,
            export: Some(Export {
                root: root.to_path_buf(),
                stands_for,
            }),
        }
    }

    /// The root of an export.
    pub(super) fn export(&self) -> Option<&Path> {
        self.export.as_ref().map(|export| export.root.as_path())
    }

    /// The words of a program that ran in an export, without the folder's name.
    pub(super) fn without_export(&self, text: String) -> String {
        match &self.export {
            Some(export) => {
                let root = export.root.to_string_lossy();
                let stands_for = self.show(&export.root);
                text.replace(&format!("{root}/"), "")
                    .replace(&*root, &stands_for)
            }
            None => text,
        }
    }

    /// The working directory.
    pub(super) fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// `path` as a person would write it here.
    pub(super) fn show(&self, path: &Path) -> String {
        let moved = self.export.as_ref().and_then(|export| {
            let below = path.strip_prefix(&export.root).ok()?;
            Some(export.stands_for.join(below))
        });
        let path = moved.as_deref().unwrap_or(path);
        let shown = if let Ok(below) = path.strip_prefix(&self.cwd) {
            below.to_path_buf()
        } else if self.relative {
            from(&self.cwd, path)
        } else {
            path.to_path_buf()
        };
        if shown.as_os_str().is_empty() {
            return ".".to_owned();
        }
        with_slashes(&shown)
    }
}

fn with_slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// The way from one absolute directory to another path: `../b/c`.
fn from(base: &Path, path: &Path) -> PathBuf {
    let shared = base
        .components()
        .zip(path.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = base.components().count() - shared;
    std::iter::repeat_n(Component::ParentDir, up)
        .chain(path.components().skip(shared))
        .collect()
}

/// The name that an `import` uses for a file below a root; `None` if it is not below it, or not
/// UTF-8.
pub(super) fn import_name(root: &Path, file: &Path) -> Option<String> {
    let below = file.strip_prefix(root).ok()?;
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    parts
        .map(|parts| parts.join("/"))
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_as_they_were_named() {
        let mut places = Places {
            cwd: "/src/repo".into(),
            relative: true,
            export: None,
        };
        assert_eq!(places.show(Path::new("/src/repo/a/b.proto")), "a/b.proto");
        assert_eq!(places.show(Path::new("/src/repo")), ".");
        assert_eq!(places.show(Path::new("/src/api/b.proto")), "../api/b.proto");
        places.relative = false;
        assert_eq!(
            places.show(Path::new("/src/api/b.proto")),
            "/src/api/b.proto"
        );
    }

    #[test]
    fn import_names_have_slashes_and_no_root() {
        assert_eq!(
            import_name(Path::new("/r"), Path::new("/r/a/b.proto")).as_deref(),
            Some("a/b.proto")
        );
        assert_eq!(import_name(Path::new("/r"), Path::new("/s/b.proto")), None);
    }
}
