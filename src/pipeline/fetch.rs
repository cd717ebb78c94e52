//! `protodiff fetch`: any source as one descriptor set.

use std::path::Path;

use super::{Access, RunError, sources};
use crate::cli::FetchArgs;
use crate::config::{self, ConfigError};
use crate::core::source::IMAGE_ENDINGS;
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
    check_ending(&args.output)?;
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
    descriptor_set::write(&files, &args.output)?;
    let unresolved = loaded
        .unresolved
        .iter()
        .map(|(service, words)| format!("service `{service}` did not resolve: {words}"));
    Ok(Fetched {
        files: files.len(),
        notes: loaded
            .truth
            .notes
            .iter()
            .cloned()
            .chain(unresolved)
            .collect(),
    })
}

/// A file that could not be named as a SOURCE again is refused, before anything is asked.
fn check_ending(output: &Path) -> Result<(), ConfigError> {
    let name = output.to_string_lossy().to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let known = IMAGE_ENDINGS.iter().any(|ending| plain.ends_with(ending));
    if known || output.is_dir() || (output.exists() && !output.is_file()) {
        return Ok(());
    }
    Err(ConfigError::new(
        format!(
            "--output {}: its ending is that of no descriptor set",
            output.display()
        ),
        "End it in .binpb (also .bin, .pb, .protoset) or .json, perhaps with a further .gz.",
    ))
}
