//! Compiles a module that is written in Editions, or that depends on modules of a registry, with
//! the real `buf build`.
//!
//! [`compile`] is the entry; [`super::directory`] calls it when [`super::compile`] meets an
//! edition, or an import that only a dependency can have. Which files are the truth's own and where they lie is known already, so the image is
//! only asked for descriptors. `buf` runs inside the module and is given relative paths: to it, a
//! `#`, a leading `-` or an ending such as `.zip` would mean something else.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;

use crate::core::truth::TruthFile;

use super::buf_environment::Audience;
use super::buf_failure::Failure;
use super::buf_need::Need;
use super::buf_tool::{Buf, Missing, Runner, Stopped};
use super::compile::{Limits, Unit};
use super::image::Image;
use super::place::Places;
use super::{TruthError, imports, wire};

/// What to name to `buf build`.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// Where to run it: a module's root, or the folder of a workspace.
    pub(super) folder: PathBuf,
    /// Only this file or folder below it.
    pub(super) only: Option<PathBuf>,
    /// Folders below it that no truth is searched in.
    pub(super) without: Vec<PathBuf>,
    /// Whether Buf's own configuration applies.
    pub(super) configured: bool,
    /// The registry modules that it names, as written.
    pub(super) deps: Vec<String>,
}

/// The unit's own files and everything that they import, as `buf build` compiles them.
pub(super) fn compile(
    unit: &Unit,
    places: &Places,
    limits: Limits,
    buf: &Buf,
    need: Need,
) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
    let runner = match buf.start() {
        Ok(runner) => runner,
        Err(Missing::NotOnPath) => return Err(need.missing(&unit.buf.deps)),
        Err(Missing::Late) => {
            return Err(TruthError::Buf {
                place: need.place().to_owned(),
                message: format!("{need} buf, and the time was over before it could be run"),
                help: "allow more time with --timeout".to_owned(),
            });
        }
        Err(Missing::Wrong(message)) => {
            return Err(TruthError::Buf {
                place: need.place().to_owned(),
                message: format!("{need} buf, and {message}"),
                help: "let it name Buf's command, or unset it to use the one on PATH".to_owned(),
            });
        }
    };
    let build = Build {
        unit,
        places,
        need,
        runner,
    };
    let mut arguments = arguments(&unit.buf);
    arguments.push(build.runner.timeout());
    let image = build
        .runner
        .run(
            &unit.buf.folder,
            &arguments,
            limits.bytes,
            Audience::Configured,
        )
        .map_err(|stopped| build.explain(stopped))?;
    build.files(image.into())
}

fn arguments(input: &Input) -> Vec<OsString> {
    let words = ["build", ".", "-o", "-", "--error-format", "json"];
    let mut arguments: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    if !input.configured {
        // Version 1, which each `buf` of the last years knows; it also ends Buf's search upward.
        arguments.extend(["--config", r#"{"version":"v1"}"#].map(OsString::from));
    }
    let mut restrict = |flag: &str, path: &Path| {
        if let Some(path) = listed(path, &input.folder) {
            arguments.push(format!("{flag}={path}").into());
        }
    };
    if let Some(only) = &input.only {
        restrict("--path", only);
    }
    for folder in &input.without {
        restrict("--exclude-path", folder);
    }
    arguments
}

/// A path as a flag of Buf's takes it: relative, in a list of comma-separated values.
fn listed(path: &Path, folder: &Path) -> Option<String> {
    let below = path.strip_prefix(folder).ok()?.to_str()?;
    if below.is_empty() {
        return None;
    }
    Some(if below.contains([',', '"', '\n', '\r']) {
        format!("\"./{}\"", below.replace('"', "\"\""))
    } else {
        format!("./{below}")
    })
}

/// A line that `buf build --error-format json` prints.
#[derive(Deserialize)]
struct Mistake {
    path: Option<String>,
    start_line: Option<usize>,
    start_column: Option<usize>,
    message: String,
}

impl Mistake {
    fn is_missing_import(&self) -> bool {
        self.message.contains("imported file does not exist")
            || self.message.ends_with(": does not exist")
    }
}

/// One run of `buf build`, for its result and its errors.
struct Build<'a> {
    unit: &'a Unit,
    places: &'a Places,
    need: Need,
    runner: Runner,
}

impl Build<'_> {
    /// The image's files with their places on disk.
    fn files(&self, image: Bytes) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
        let shown = format!("`buf build` ({})", self.runner);
        let reader = Image { shown: &shown };
        let parts = reader.binary(&image).and_then(|parts| reader.check(parts));
        let (mut files, notes) = parts.map_err(|error| match error {
            TruthError::Image { message, .. } => self.wrong(
                format!("and what it printed {message}"),
                "check that PATH (or PROTODIFF_BUF) leads to Buf's command: `buf --version`",
            ),
            other => other,
        })?;
        let mut missing: HashMap<&str, &PathBuf> = self
            .unit
            .own
            .iter()
            .map(|(name, path)| (name.as_str(), path))
            .collect();
        for file in &mut files {
            let name = wire::file_name(&file.bytes).unwrap_or_default();
            let own = self.unit.own.get(&name);
            missing.remove(name.as_str());
            file.imported = own.is_none();
            file.path = own
                .cloned()
                .or_else(|| self.on_disk(&name))
                .map(|path| self.places.show(&path));
        }
        // A file that silently counts for nothing could hide any drift.
        match missing.into_values().min() {
            None => Ok((files, notes)),
            Some(path) => Err(TruthError::Buf {
                place: self.places.show(path),
                message: format!("{shown} left this file out"),
                help:
                    "see with `buf ls-files` what Buf takes for the module, and name that directory"
                        .to_owned(),
            }),
        }
    }

    fn on_disk(&self, name: &str) -> Option<PathBuf> {
        let mut candidates = self.unit.roots.iter().map(|root| root.join(name));
        candidates.find(|path| path.is_file())
    }

    fn explain(&self, stopped: Stopped) -> TruthError {
        let by_hand = format!(
            "run `buf build -o truth.binpb` in {} to see why (the file that it writes is a truth too); a buf that is much older than 1.36 knows no Editions",
            self.places.show(&self.unit.buf.folder)
        );
        match stopped {
            Stopped::NotRun(cause) => self.wrong(
                format!("which could not be run: {cause}"),
                "check that PATH (or PROTODIFF_BUF) leads to Buf's command: `buf --version`",
            ),
            Stopped::Deadline(allowed) => self.wrong(
                format!(
                    "which did not finish in {}",
                    humantime::format_duration(allowed)
                ),
                &by_hand,
            ),
            Stopped::TooLarge(cap) => self.wrong(
                format!("and printed more than {} MiB", cap >> 20),
                "name a smaller directory or file: the module that the services belong to",
            ),
            Stopped::Failed { status, stderr } => {
                let lines = stderr.lines();
                let mistakes: Vec<Mistake> = lines
                    .filter_map(|line| serde_json::from_str(line).ok())
                    .collect();
                let worst = mistakes.iter().find(|m| m.is_missing_import());
                if let Some(mistake) = worst.or(mistakes.first()) {
                    return self.mistake(mistake, mistakes.len() - 1);
                }
                let said = said(&self.places.without_export(stderr), &status.to_string());
                let remedy = Failure::of(&said).remedy_for_deps(&self.unit.buf.deps);
                self.wrong(format!("which failed: {said}"), &remedy.unwrap_or(by_hand))
            }
        }
    }

    /// Buf itself is at fault, or its configuration.
    fn wrong(&self, cause: String, help: &str) -> TruthError {
        TruthError::Buf {
            place: self.need.place().to_owned(),
            message: format!("{} `buf build` ({}), {cause}", self.need, self.runner),
            help: help.to_owned(),
        }
    }

    /// A file is at fault.
    fn mistake(&self, mistake: &Mistake, further: usize) -> TruthError {
        let path = mistake
            .path
            .as_deref()
            .map(|path| absolute(&self.unit.buf.folder, path));
        let mut place = path.as_deref().map_or_else(
            || self.need.place().to_owned(),
            |path| self.places.show(path),
        );
        for number in [mistake.start_line, mistake.start_column]
            .into_iter()
            .flatten()
        {
            place.push_str(&format!(":{number}"));
        }
        if mistake.is_missing_import()
            && let Some(import) = path
                .zip(mistake.start_line)
                .and_then(|(path, line)| quoted(&path, line))
        {
            let roots: Vec<String> = self
                .unit
                .roots
                .iter()
                .map(|root| self.places.show(root))
                .collect();
            return TruthError::UnresolvedImport {
                place,
                help: imports::remedy_for_buf(&import, &roots, &self.unit.buf.deps),
                import,
            };
        }
        let message = self
            .places
            .without_export(mistake.message.replace(['\n', '\r'], " "));
        // "edition value "2024" not recognized", "editions are not yet supported", …
        let unknown = message.contains("recogni") || message.contains("supported");
        let help = (unknown && message.contains("edition")).then(|| {
            format!(
                "if {} is older than the edition, install a newer one (https://buf.build/docs/cli/installation)",
                self.runner
            )
        });
        TruthError::Compile {
            place,
            message: match further {
                0 => message,
                n => format!("{message} (and {n} more)"),
            },
            help,
        }
    }
}

/// What a failed run said, in one line of bounded length.
pub(super) fn said(stderr: &str, status: &str) -> String {
    // What comes before are warnings.
    let (_, failure) = stderr.split_once("Failure:").unwrap_or(("", stderr));
    let text = failure.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return format!("it said nothing ({status})");
    }
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A path that Buf prints: relative to where it ran, perhaps upward.
fn absolute(folder: &Path, path: &str) -> PathBuf {
    let mut whole = folder.to_path_buf();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    whole
}

/// The first quoted text in a line of a file: what an `import` there names.
fn quoted(path: &Path, line: usize) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let (_, rest) = line.split_once(['"', '\''])?;
    let (import, _) = rest.split_once(['"', '\''])?;
    Some(import.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_and_survive_a_list() {
        let folder = Path::new("/repo");
        let listed = |path: &str| listed(Path::new(path), folder);
        assert_eq!(listed("/repo/-a/b.proto").as_deref(), Some("./-a/b.proto"));
        assert_eq!(listed("/repo/a,\"b").as_deref(), Some("\"./a,\"\"b\""));
        assert_eq!(listed("/repo"), None);
        assert_eq!(absolute(folder, "../x/./a.proto"), Path::new("/x/a.proto"));
        assert_eq!(absolute(folder, "/y/a.proto"), Path::new("/y/a.proto"));
    }

    #[test]
    fn what_buf_said_is_one_bounded_line() {
        assert_eq!(said("WARN a\nFailure: no\n  luck\n", ""), "no luck");
        assert_eq!(said("two\n  lines\n", ""), "two lines");
        assert_eq!(
            said(" \n", "exit status: 3"),
            "it said nothing (exit status: 3)"
        );
        assert_eq!(said(&"ä".repeat(5_000), "").chars().count(), 601);
    }
}
