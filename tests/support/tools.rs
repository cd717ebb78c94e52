//! The tools that `tests/tools/build.sh` puts together. Included by test targets with `#[path]`.

#[path = "built.rs"]
#[allow(clippy::duplicate_mod, reason = "each of these stands alone")]
mod built;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The real `buf`; the first call may fetch it, which takes a minute once.
pub(crate) fn buf() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| built::folder("tests/tools/build.sh", "buf").join("buf"))
}
