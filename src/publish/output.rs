//! The report to standard output and to files.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;

use crate::core::format::Format;
use crate::core::report::Report;
use crate::render;

/// Renders a report in one form. Text has ANSI styles.
///
/// # Errors
/// A defect of a template.
pub fn to_string(report: &Report, format: Format) -> Result<String, String> {
    match format {
        Format::Text => Ok(render::text::render(report)),
        Format::Markdown => render::markdown::render(report)
            .map_err(|error| format!("the Markdown template: {error}")),
        Format::Json => Ok(render::json::render(report)),
    }
}

/// Prints a report; colours only where the stream is a terminal that wants them.
///
/// # Errors
/// The stream cannot be written. A closed pipe is no error: the reader has what it wanted.
pub fn print(report: &Report, format: Format) -> Result<(), String> {
    let text = to_string(report, format)?;
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Writes a report to a file, whole or not at all.
///
/// # Errors
/// Names the file.
pub fn write(report: &Report, format: Format, path: &Path) -> Result<(), String> {
    let text = to_string(report, format)?;
    let plain = anstream::adapter::strip_str(&text).to_string();
    let failed = |cause: &dyn fmt::Display| {
        format!("{}: the report cannot be written: {cause}", path.display())
    };
    // The error of a temporary file names that file, which the reader knows nothing of.
    let temporary = |error: io::Error| failed(&error.kind());
    if path.exists() && !path.is_file() && !path.is_dir() {
        // A device or a pipe cannot be replaced by a rename.
        return std::fs::write(path, plain).map_err(|error| failed(&error));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        return Err(failed(&format!("there is no folder {}", folder.display())));
    }
    if path.is_dir() {
        return Err(failed(&"it is a folder"));
    }
    let mut file = tempfile::Builder::new()
        .prefix(".protodiff-")
        .tempfile_in(folder)
        .map_err(temporary)?;
    file.write_all(plain.as_bytes()).map_err(temporary)?;
    make_readable(file.as_file()).map_err(temporary)?;
    file.persist(path).map_err(|error| temporary(error.error))?;
    Ok(())
}

/// A temporary file is private; a report is for whoever reads the job's files.
fn make_readable(file: &std::fs::File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
