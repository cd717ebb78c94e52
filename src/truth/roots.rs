//! Finds the Buf module or workspace that a directory or file belongs to, and with it the roots
//! that imports are resolved from.

use std::path::{Path, PathBuf};

use super::TruthError;
use super::buf_config::{BufYaml, Module, buf_work_yaml, buf_yaml};
use super::place::Places;

/// `folder` and the folders above it, up to the repository (a folder with `.git`); without one,
/// up to the working directory; if that doesn't hold it either, `folder` alone.
pub(super) fn upward(folder: &Path, cwd: &Path) -> Vec<PathBuf> {
    let all: Vec<PathBuf> = folder.ancestors().map(Path::to_path_buf).collect();
    let last = all
        .iter()
        .position(|dir| dir.join(".git").exists())
        .or_else(|| all.iter().position(|dir| dir == cwd))
        .unwrap_or(0);
    all.into_iter().take(last + 1).collect()
}

/// The modules of the nearest Buf workspace or module that `named` is part of (or that is part of
/// `named`); `None` where there is no Buf file.
///
/// `folder` is `named`, or the folder that it lies in if it is a file.
pub(super) fn find(
    named: &Path,
    folder: &Path,
    places: &Places,
) -> Result<Option<Vec<Module>>, TruthError> {
    let covers = |modules: &[Module]| {
        modules
            .iter()
            .any(|module| named.starts_with(&module.root) || module.root.starts_with(named))
    };
    let mut single: Option<Module> = None;
    for dir in upward(folder, places.cwd()) {
        if let Some(modules) = buf_work_yaml(&dir, places)?
            && covers(&modules)
            // A v1 module that the workspace doesn't list stands alone.
            && single.as_ref().is_none_or(|found| modules.iter().any(|m| m.root == found.root))
        {
            return Ok(Some(modules));
        }
        if single.is_some() {
            continue;
        }
        match buf_yaml(&dir, places)? {
            Some(BufYaml::Workspace(modules)) if covers(&modules) => return Ok(Some(modules)),
            Some(BufYaml::Module(module)) => single = Some(module),
            Some(BufYaml::Workspace(_)) | None => {}
        }
    }
    Ok(single.map(|module| vec![module]))
}
