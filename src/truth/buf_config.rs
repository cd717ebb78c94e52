//! Reads `buf.yaml` (v1, v2) and `buf.work.yaml` (v1): only what decides which files belong to a
//! module, where its imports begin, and what it says about breaking changes. Buf owns these files, so unknown keys are left alone.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::{MessageFormatter as _, Spanned};

use crate::core::truth::BufBreaking;

use super::TruthError;
use super::place::Places;

/// One module: a root for imports, and the files below it that belong to it. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) root: PathBuf,
    /// Only these folders or files, if any are named.
    pub(super) includes: Vec<PathBuf>,
    /// Not these folders or files.
    pub(super) excludes: Vec<PathBuf>,
    /// Its `breaking:` section, or the workspace's.
    pub(super) breaking: Option<BufBreaking>,
    /// The registry modules that it depends on, as written.
    pub(super) deps: Vec<String>,
}

impl Module {
    /// A folder with everything in it.
    pub(super) fn whole(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            includes: Vec::new(),
            excludes: Vec::new(),
            breaking: None,
            deps: Vec::new(),
        }
    }

    /// Whether a file belongs to it.
    pub(super) fn holds(&self, file: &Path) -> bool {
        let below = |folder: &PathBuf| file.starts_with(folder);
        file.starts_with(&self.root)
            && (self.includes.is_empty() || self.includes.iter().any(below))
            && !self.excludes.iter().any(below)
    }
}

/// What a `buf.yaml` describes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BufYaml {
    /// v1: the folder that it lies in is one module, perhaps of a workspace above.
    Module(Module),
    /// v2: a workspace.
    Workspace(Vec<Module>),
}

#[derive(Deserialize)]
struct YamlFile {
    version: Option<Spanned<String>>,
    modules: Option<Vec<YamlModule>>,
    build: Option<YamlBuild>,
    directories: Option<Vec<Spanned<String>>>,
    breaking: Option<Spanned<YamlBreaking>>,
    deps: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct YamlModule {
    path: Option<Spanned<String>>,
    #[serde(default)]
    includes: Vec<Spanned<String>>,
    #[serde(default)]
    excludes: Vec<Spanned<String>>,
    breaking: Option<Spanned<YamlBreaking>>,
}

#[derive(Deserialize)]
struct YamlBreaking {
    #[serde(rename = "use")]
    uses: Option<Vec<String>>,
    except: Option<Vec<String>>,
    ignore: Option<Vec<Spanned<String>>>,
    ignore_only: Option<BTreeMap<String, Option<Vec<Spanned<String>>>>>,
    ignore_unstable_packages: Option<bool>,
}

#[derive(Deserialize, Default)]
struct YamlBuild {
    #[serde(default)]
    excludes: Vec<Spanned<String>>,
}

/// Reads `buf.yaml` in `folder`; `None` if there is none.
pub(super) fn buf_yaml(folder: &Path, places: &Places) -> Result<Option<BufYaml>, TruthError> {
    let Some((file, yaml)) = ConfigFile::read(folder, "buf.yaml", places)? else {
        return Ok(None);
    };
    // Paths are relative to this file: in v1 that is the module's root, in v2 the workspace's.
    let breaking = |section: &Option<Spanned<YamlBreaking>>| {
        let section = section.as_ref();
        section
            .map(|section| file.breaking(folder, section, places))
            .transpose()
    };
    let default = breaking(&yaml.breaking)?;
    let deps = yaml.deps.clone().unwrap_or_default();
    if file.version(&yaml, &["v1", "v2"])? == "v1" {
        let excludes = yaml.build.unwrap_or_default().excludes;
        return Ok(Some(BufYaml::Module(Module {
            excludes: file.below(folder, &excludes)?,
            breaking: default,
            deps,
            ..Module::whole(folder)
        })));
    }
    let listed = yaml.modules.unwrap_or_default();
    if listed.is_empty() {
        return Ok(Some(BufYaml::Workspace(vec![Module {
            breaking: default,
            deps,
            ..Module::whole(folder)
        }])));
    }
    let modules = listed.iter().map(|module| {
        let root = match &module.path {
            Some(path) => file.folder(folder, path)?,
            None => folder.to_path_buf(),
        };
        // In v2 these are relative to the workspace, not to the module.
        let includes = file.below(folder, &module.includes)?;
        let excludes = file.below(folder, &module.excludes)?;
        let written = module.includes.iter().chain(&module.excludes);
        for (path, written) in includes.iter().chain(&excludes).zip(written) {
            if !path.starts_with(&root) {
                let module = module.path.as_ref().map_or(".", |path| &path.value);
                return Err(file.error(
                    Some(written),
                    format!("`{}` is not inside the module `{module}`", written.value),
                    "in v2, includes and excludes are relative to this file, not to the module",
                ));
            }
        }
        Ok(Module {
            root,
            includes,
            excludes,
            breaking: breaking(&module.breaking)?.or_else(|| default.clone()),
            deps: deps.clone(),
        })
    });
    Ok(Some(BufYaml::Workspace(modules.collect::<Result<_, _>>()?)))
}

/// Reads `buf.work.yaml` in `folder`, and the `buf.yaml` of each directory that it lists.
pub(super) fn buf_work_yaml(
    folder: &Path,
    places: &Places,
) -> Result<Option<Vec<Module>>, TruthError> {
    let Some((file, yaml)) = ConfigFile::read(folder, "buf.work.yaml", places)? else {
        return Ok(None);
    };
    file.version(&yaml, &["v1"])?;
    let directories = yaml.directories.unwrap_or_default();
    if directories.is_empty() {
        return Err(file.error(
            None,
            "lists no `directories`".to_owned(),
            "list the folder of each module under `directories`",
        ));
    }
    let mut modules = Vec::new();
    for directory in &directories {
        let root = file.folder(folder, directory)?;
        modules.push(match buf_yaml(&root, places)? {
            Some(BufYaml::Module(module)) => module,
            Some(BufYaml::Workspace(_)) => {
                return Err(file.error(
                    Some(directory),
                    format!(
                        "`{}` has a v2 buf.yaml, which is no part of a buf.work.yaml",
                        directory.value
                    ),
                    "run `buf config migrate`, which turns the workspace into one v2 buf.yaml",
                ));
            }
            None => Module::whole(&root),
        });
    }
    Ok(Some(modules))
}

/// A configuration file, for its messages.
struct ConfigFile {
    shown: String,
    text: String,
}

impl ConfigFile {
    fn read(
        folder: &Path,
        name: &str,
        places: &Places,
    ) -> Result<Option<(Self, YamlFile)>, TruthError> {
        let path = folder.join(name);
        let shown = places.show(&path);
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Self { shown, text },
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(TruthError::Io { path: shown, cause }),
        };
        match serde_saphyr::from_str::<Option<YamlFile>>(&file.text) {
            Ok(Some(yaml)) => Ok(Some((file, yaml))),
            Ok(None) => Err(file.no_version(&[])),
            Err(error) => {
                let error = error.without_snippet();
                let place = error.location().map_or_else(
                    || file.shown.clone(),
                    |at| format!("{}:{}:{}", file.shown, at.line(), at.column()),
                );
                let words = serde_saphyr::DefaultMessageFormatter.format_message(error);
                Err(TruthError::BufConfig {
                    place,
                    message: words.into_owned(),
                    help: format!("correct it; `buf build` checks {name} too"),
                })
            }
        }
    }

    /// A `breaking:` section with its paths as findings show them.
    fn breaking(
        &self,
        folder: &Path,
        section: &Spanned<YamlBreaking>,
        places: &Places,
    ) -> Result<BufBreaking, TruthError> {
        let shown = |paths: Option<&Vec<Spanned<String>>>| {
            let paths = self.below(folder, paths.map_or(&[], Vec::as_slice))?;
            Ok::<_, TruthError>(paths.iter().map(|path| places.show(path)).collect())
        };
        let yaml = &section.value;
        let mut ignore_only = BTreeMap::new();
        for (rule, paths) in yaml.ignore_only.iter().flatten() {
            ignore_only.insert(rule.clone(), shown(paths.as_ref())?);
        }
        Ok(BufBreaking {
            origin: format!("{}:{}", self.shown, self.line_of_breaking(section)),
            uses: yaml.uses.clone().unwrap_or_default(),
            except: yaml.except.clone().unwrap_or_default(),
            ignore: shown(yaml.ignore.as_ref())?,
            ignore_only,
            ignore_unstable_packages: yaml.ignore_unstable_packages.unwrap_or_default(),
        })
    }

    /// The line of the key; the parser knows where its value begins.
    fn line_of_breaking(&self, section: &Spanned<YamlBreaking>) -> usize {
        let value = usize::try_from(section.referenced.line()).unwrap_or_default();
        let lines: Vec<&str> = self.text.lines().take(value).collect();
        lines
            .iter()
            .rposition(|line| line.contains("breaking"))
            .map_or(value, |index| index + 1)
    }

    fn error(&self, at: Option<&Spanned<String>>, message: String, help: &str) -> TruthError {
        let place = at.map_or_else(
            || self.shown.clone(),
            |at| {
                let at = at.referenced;
                format!("{}:{}:{}", self.shown, at.line(), at.column())
            },
        );
        TruthError::BufConfig {
            place,
            message,
            help: help.to_owned(),
        }
    }

    fn no_version(&self, known: &[&str]) -> TruthError {
        let known = if known.is_empty() {
            &["v1", "v2"]
        } else {
            known
        };
        self.error(
            None,
            format!("has no `version`; expected {}", known.join(" or ")),
            &format!("begin it with `version: {}`", known[known.len() - 1]),
        )
    }

    fn version<'a>(&self, yaml: &'a YamlFile, known: &[&str]) -> Result<&'a str, TruthError> {
        let Some(version) = &yaml.version else {
            return Err(self.no_version(known));
        };
        if known.contains(&version.value.as_str()) {
            return Ok(&version.value);
        }
        Err(self.error(
            Some(version),
            format!(
                "unknown version `{}`; expected {}",
                version.value,
                known.join(" or ")
            ),
            "for v1beta1, `buf config migrate` rewrites it",
        ))
    }

    /// A folder that must exist.
    fn folder(&self, base: &Path, written: &Spanned<String>) -> Result<PathBuf, TruthError> {
        let path = self.inside(base, written)?;
        if path.is_dir() {
            return Ok(path);
        }
        Err(self.error(
            Some(written),
            format!("`{}` is no directory", written.value),
            "name folders that exist, relative to this file",
        ))
    }

    fn below(&self, base: &Path, written: &[Spanned<String>]) -> Result<Vec<PathBuf>, TruthError> {
        written.iter().map(|path| self.inside(base, path)).collect()
    }

    fn inside(&self, base: &Path, written: &Spanned<String>) -> Result<PathBuf, TruthError> {
        let mut path = base.to_path_buf();
        for component in Path::new(&written.value).components() {
            match component {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                _ => {
                    return Err(self.error(
                        Some(written),
                        format!("`{}` leaves the folder of this file", written.value),
                        "name a path below the folder that this file lies in",
                    ));
                }
            }
        }
        Ok(path)
    }
}
