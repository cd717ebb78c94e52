//! `protodiff fetch`: any source as one descriptor set.

use std::io::IsTerminal as _;
use std::path::Path;

use super::{Access, RunError, sources};
use crate::cli::FetchArgs;
use crate::config::{self, ConfigError};
use crate::core::image_form::{Encoding, ImageForm};
use crate::publish::descriptor_set;

/// What was written, for a line to the user.
#[derive(Debug)]
pub struct Fetched {
    /// Files in the set.
    pub files: usize,
    /// What is not in it, and why.
    pub notes: Vec<String>,
}

/// Reads a source and writes it.
///
/// # Errors
/// It does not load, or the file cannot be written.
pub async fn fetch(args: &FetchArgs) -> Result<Fetched, RunError> {
    let source = config::source(&args.source, None)?;
    check_output(&args.output)?;
    let cluster = if sources::needs_cluster(&source) {
        Some(Access::cluster(&args.cluster, sources::FOR_BUF).await?)
    } else {
        None
    };
    let buf = sources::buf([source.clone()], sources::FOR_BUF);
    let access = Access::new(&args.cluster, &args.transport, cluster, buf)?;
    let loaded = sources::load(&source, &access).await?;
    let files: Vec<_> = loaded
        .truth
        .files
        .iter()
        .map(|file| file.bytes.clone())
        .collect();
    if is_standard_output(&args.output) {
        descriptor_set::print(&files)?;
    } else {
        descriptor_set::write(&files, &args.output)?;
    }
    let unresolved = loaded
        .unresolved
        .iter()
        .map(|(service, words)| format!("service `{service}` did not resolve: {words}"));
    let as_yaml = ImageForm::of(&args.output).is_some_and(|form| form.encoding == Encoding::Yaml);
    let left_out =
        as_yaml.then(|| "custom options are left out, since buf reads none from YAML".to_owned());
    Ok(Fetched {
        files: files.len(),
        notes: loaded
            .truth
            .notes
            .iter()
            .cloned()
            .chain(unresolved)
            .chain(left_out)
            .collect(),
    })
}

/// Whether it goes to standard output.
pub fn is_standard_output(output: &Path) -> bool {
    output.as_os_str() == "-"
}

/// What could not be named as a SOURCE again is refused, and so is a terminal, before anything is
/// asked.
fn check_output(output: &Path) -> Result<(), ConfigError> {
    if is_standard_output(output) {
        if std::io::stdout().is_terminal() {
            return Err(ConfigError::new(
                "--output -: standard output is a terminal, and a descriptor set is binary",
                "Pipe it into the program that reads it, or name a file.",
            ));
        }
        return Ok(());
    }
    let known = ImageForm::of(output).is_some();
    if known || output.is_dir() || (output.exists() && !output.is_file()) {
        return Ok(());
    }
    Err(ConfigError::new(
        format!(
            "--output {}: its ending is that of no descriptor set",
            output.display()
        ),
        "End it in .binpb (also .bin, .pb, .protoset), .json, .txtpb or .yaml, perhaps with a further .gz or .zst; `-` is standard output.",
    ))
}
