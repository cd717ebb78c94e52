//! A module on a Buf registry → its image, through the real `buf`.
//!
//! [`load`] is the entry. A label is resolved to a commit each time; the image of a commit never
//! changes, so [`cache`] keeps it on disk. [`explain`] turns what `buf` says into errors that name
//! the module and what to do. A [`ModuleRef`] holds nothing that a command line or a path could
//! misread, and it is an argument of its own; there is no shell.

mod cache;
mod explain;

use std::ffi::OsString;

use bytes::Bytes;

pub(super) use cache::Cache;

use crate::core::source::ModuleRef;

use super::buf_environment::Audience;
use super::buf_tool::{Missing, Stopped, Version};
use super::compile::Limits;
use super::image::Image;
use super::{Buf, Loaded, TruthError, wire};
use explain::Call;

/// The first `buf` that has `buf registry module commit resolve`.
const NEEDED: Version = Version {
    major: 1,
    minor: 47,
};

/// A module's files, with the commit that they are of.
pub(super) fn load(module: &ModuleRef, buf: &Buf, cache: &Cache) -> Result<Loaded, TruthError> {
    let call = start(module, buf)?;
    let commit = match &module.reference {
        // A commit that is kept needs no look-up: it cannot move.
        Some(reference) if is_commit(reference) && cache.holds(module, reference) => {
            reference.clone()
        }
        _ => call.resolve()?,
    };
    // Half of the time is for the other process that fetches it, and half for doing so here.
    let kept = cache.lock(module, &commit, call.runner.left() / 2);
    let image = if let Some(image) = kept.read() {
        image
    } else {
        let image = call.build(&commit)?;
        kept.write(&image);
        image
    };
    let shown = format!("{module} at commit {commit}");
    let reader = Image { shown: &shown };
    let (files, notes) = reader
        .binary(&image)
        .and_then(|parts| reader.check(parts))?;
    Ok(Loaded {
        files,
        notes,
        resolved: Some(commit),
        ..Loaded::default()
    })
}

fn start<'a>(module: &'a ModuleRef, buf: &'a Buf) -> Result<Call<'a>, TruthError> {
    let runner = buf.start().map_err(|missing| match missing {
        Missing::NotOnPath => explain::no_buf(module),
        Missing::Wrong(message) => explain::wrong_buf(module, &message),
        Missing::Late => explain::late(module),
    })?;
    match buf.version(&runner) {
        Some(version) if version < NEEDED => {
            Err(explain::too_old(module, &runner, version, NEEDED))
        }
        Some(_) => Ok(Call {
            module,
            runner,
            buf,
        }),
        None => Err(explain::wrong_buf(
            module,
            &format!("`{runner} --version` printed no version"),
        )),
    }
}

/// A commit's id: a UUID without dashes, as the registry's API and `buf` write it.
fn is_commit(text: &str) -> bool {
    text.len() == 32 && text.chars().all(|c| c.is_ascii_hexdigit())
}

impl Call<'_> {
    /// The commit that the module's label stands for now.
    fn resolve(&self) -> Result<String, TruthError> {
        let words = ["registry", "module", "commit", "resolve"];
        let said = self.run(&words, &self.module.to_string(), 64 << 10)?;
        let said = String::from_utf8_lossy(&said);
        // It prints the module's name with the commit in place of the label.
        let commit = said
            .split(|c: char| c.is_whitespace() || c == ':')
            .find(|word| is_commit(word))
            .ok_or_else(|| self.no_commit(&said))?;
        Ok(commit.to_ascii_lowercase())
    }

    /// The image of a commit, with its dependencies and positions.
    fn build(&self, commit: &str) -> Result<Bytes, TruthError> {
        let words = ["build", "-o", "-"];
        let named = self.module.at(commit).to_string();
        let image: Bytes = self.run(&words, &named, Limits::DEFAULT.bytes)?.into();
        // An empty or cut image must not become a truth, nor be kept.
        let files = wire::files_of_set(&image).unwrap_or_default();
        if files.iter().all(wire::is_buf_import) {
            return Err(self.empty_image());
        }
        Ok(image)
    }

    fn run(&self, words: &[&str], module: &str, cap: u64) -> Result<Vec<u8>, TruthError> {
        let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        arguments.push(self.runner.timeout());
        arguments.push(module.into());
        // A folder of its own: a buf.yaml in the working directory is no part of this.
        let folder = tempfile::tempdir().map_err(|cause| self.stopped(Stopped::NotRun(cause)))?;
        self.runner
            .run(
                folder.path(),
                &arguments,
                cap,
                Audience::Hosts(self.buf.trusted()),
            )
            .map_err(|stopped| self.stopped(stopped))
    }
}
