//! Finds the Buf module or workspace that a directory or file belongs to, and with it the roots
//! that imports are resolved from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::core::truth::BufBreaking;

use super::TruthError;
use super::buf_config::{BufYaml, Module, buf_work_yaml, buf_yaml};
use super::place::Places;

/// A Buf workspace, or a module that stands alone.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Where its Buf file lies.
    pub(super) folder: PathBuf,
    pub(super) modules: Vec<Module>,
}

/// `folder` and the folders above it, up to the repository (a folder with `.git`); without one,
/// up to the working directory; if that doesn't hold it either, `folder` alone. In an export, up
/// to its root.
pub(super) fn upward(folder: &Path, places: &Places) -> Vec<PathBuf> {
    let all: Vec<PathBuf> = folder.ancestors().map(Path::to_path_buf).collect();
    let at = |top: &Path| all.iter().position(|dir| dir == top);
    let last = match places.export() {
        Some(root) => at(root),
        None => all.iter().position(|dir| dir.join(".git").exists()),
    };
    let last = last.or_else(|| at(places.cwd())).unwrap_or(0);
    all.into_iter().take(last + 1).collect()
}

/// The nearest Buf workspace or module that `named` is part of (or that is part of `named`);
/// `None` where there is no Buf file.
///
/// `folder` is `named`, or the folder that it lies in if it is a file.
pub(super) fn find(
    named: &Path,
    folder: &Path,
    places: &Places,
) -> Result<Option<Workspace>, TruthError> {
    let covers = |modules: &[Module]| {
        modules
            .iter()
            .any(|module| named.starts_with(&module.root) || module.root.starts_with(named))
    };
    let mut single: Option<Module> = None;
    for dir in upward(folder, places) {
        if let Some(modules) = buf_work_yaml(&dir, places)?
            && covers(&modules)
            // A v1 module that the workspace doesn't list stands alone.
            && single.as_ref().is_none_or(|found| modules.iter().any(|m| m.root == found.root))
        {
            return Ok(Some(Workspace {
                folder: dir,
                modules,
            }));
        }
        if single.is_some() {
            continue;
        }
        match buf_yaml(&dir, places)? {
            Some(BufYaml::Workspace(modules)) if covers(&modules) => {
                return Ok(Some(Workspace {
                    folder: dir,
                    modules,
                }));
            }
            Some(BufYaml::Module(module)) => single = Some(module),
            Some(BufYaml::Workspace(_)) | None => {}
        }
    }
    Ok(single.map(|module| Workspace {
        folder: module.root.clone(),
        modules: vec![module],
    }))
}

impl Workspace {
    /// The roots that imports are resolved from.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.modules.iter().map(|m| m.root.clone()).collect()
    }

    /// The registry modules that its modules depend on, each once.
    pub(super) fn deps(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.modules.iter().flat_map(|m| &m.deps).collect();
        all.into_iter().cloned().collect()
    }

    /// The module with the longest root above the file or folder.
    pub(super) fn deepest(&self, path: &Path) -> Option<&Module> {
        self.modules
            .iter()
            .filter(|module| path.starts_with(&module.root))
            .max_by_key(|module| module.root.components().count())
    }

    /// What Buf's configuration says about breaking changes of the files that `named` stands for.
    pub(super) fn breaking(&self, named: &Path, places: &Places) -> Option<BufBreaking> {
        let above = self.deepest(named);
        let below = self
            .modules
            .iter()
            .filter(|module| module.root.starts_with(named));
        let mut modules: Vec<&Module> = above.into_iter().chain(below).collect();
        modules.dedup_by(|a, b| a.root == b.root);
        let first = modules.first()?.breaking.as_ref();
        if modules.iter().all(|m| m.breaking.as_ref() == first) {
            return first.cloned();
        }
        Some(joined(&modules, places))
    }
}

/// One section for modules that have different ones: what holds in one module only is bound to its
/// folder, and what cannot be bound is left out, which ignores less.
fn joined(modules: &[&Module], places: &Places) -> BufBreaking {
    let sections: Vec<(&Module, BufBreaking)> = modules
        .iter()
        .map(|module| (*module, module.breaking.clone().unwrap_or_default()))
        .collect();
    let everywhere = |rule: &String| sections.iter().all(|(_, s)| s.except.contains(rule));
    let mut whole = BufBreaking {
        ignore_unstable_packages: sections.iter().all(|(_, s)| s.ignore_unstable_packages),
        ..BufBreaking::default()
    };
    let mut ignore_only: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (module, section) in &sections {
        if whole.origin.is_empty() {
            whole.origin.clone_from(&section.origin);
        }
        whole.uses.extend(section.uses.iter().cloned());
        whole.ignore.extend(section.ignore.iter().cloned());
        for (rule, paths) in &section.ignore_only {
            let known = ignore_only.entry(rule.clone()).or_default();
            known.extend(paths.iter().cloned());
        }
        for rule in &section.except {
            if everywhere(rule) {
                whole.except.push(rule.clone());
            } else {
                let known = ignore_only.entry(rule.clone()).or_default();
                known.push(places.show(&module.root));
            }
        }
    }
    for list in [&mut whole.uses, &mut whole.except, &mut whole.ignore] {
        list.sort();
        list.dedup();
    }
    whole.ignore_only = ignore_only;
    whole
}
