//! Writes a file whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Puts `content` in the place of what `path` has. It goes to a new file beside it that then takes
/// its place, so a failure leaves what was there. Devices and pipes are written directly.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // A rename would put a plain file in the place of a device or pipe.
        Ok(metadata) if !metadata.is_file() => return fs::write(path, content),
        // Through a link, to what it points at.
        Ok(_) => fs::canonicalize(path)?,
        Err(_) => path.to_path_buf(),
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    // The folder's error first: that of a temporary file names that file, which nobody knows.
    fs::metadata(&folder)?;
    let mut file = new_file_in(&folder).map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(content)
        .map_err(|error| io::Error::from(error.kind()))?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

fn new_file_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // The default of temporary files, 0600, would hide the result from other users.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".protodiff-").tempfile_in(folder)
}
