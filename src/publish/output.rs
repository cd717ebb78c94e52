//! The report to standard output and to files.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::whole_file;
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
        Format::Markdown => render::markdown::render(report, &render::markdown::Style::default())
            .map_err(|error| format!("the Markdown template: {error}")),
        Format::Json => {
            render::json::render(report).map_err(|error| format!("the JSON report: {error}"))
        }
        Format::Sarif => {
            render::sarif::render(report).map_err(|error| format!("the SARIF report: {error}"))
        }
        Format::Junit => {
            render::junit::render(report).map_err(|error| format!("the JUnit report: {error}"))
        }
        Format::Gitlab => render::gitlab::render(report)
            .map_err(|error| format!("the Code Quality report: {error}")),
        Format::Html => {
            render::html::render(report).map_err(|error| format!("the HTML template: {error}"))
        }
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
    whole_file::replace(path, plain.as_bytes())
        .map_err(|error| format!("{}: the report cannot be written: {error}", path.display()))
}

/// Writes `report.json` and `report.md` into a folder, which is made if it is not there.
///
/// # Errors
/// Names the file or folder.
pub fn write_folder(report: &Report, folder: &Path) -> Result<[PathBuf; 2], String> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{}: the folder cannot be made: {error}", folder.display()))?;
    let paths = [folder.join("report.json"), folder.join("report.md")];
    write(report, Format::Json, &paths[0])?;
    write(report, Format::Markdown, &paths[1])?;
    Ok(paths)
}
