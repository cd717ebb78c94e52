//! `protodiff fetch`: any source as one descriptor set.

use std::time::Duration;

use super::{Access, RunError, sources};
use crate::cli::FetchArgs;
use crate::config;
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
    let access = Access::new(
        &args.cluster,
        &args.transport,
        sources::needs_cluster(&source),
        Duration::from_secs(60),
    )
    .await?;
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
