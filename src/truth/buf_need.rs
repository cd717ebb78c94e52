//! Why a module on disk is compiled by `buf` and not in process.

use std::fmt;

use super::{TruthError, imports};

/// Why `buf` is needed.
#[derive(Debug)]
pub(super) enum Need {
    /// A file is written in an edition.
    Edition {
        /// `path:line`.
        place: String,
        edition: String,
        /// How many more files are.
        others: usize,
    },
    /// An import is in none of the module's folders, and its `buf.yaml` has `deps`.
    Dependencies {
        /// `path:line:column` of the import.
        place: String,
        import: String,
    },
}

impl Need {
    pub(super) fn place(&self) -> &str {
        match self {
            Self::Edition { place, .. } | Self::Dependencies { place, .. } => place,
        }
    }

    /// What is wrong where there is no `buf`.
    pub(super) fn missing(self, deps: &[String]) -> TruthError {
        match self {
            Self::Edition {
                place,
                edition,
                others,
            } => TruthError::Editions {
                place,
                edition,
                others,
            },
            Self::Dependencies { place, import } => TruthError::UnresolvedImport {
                place,
                help: imports::remedy_without_buf(&import, deps),
                import,
            },
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edition { edition, .. } => write!(f, "edition {edition} is compiled by"),
            Self::Dependencies { import, .. } => {
                write!(
                    f,
                    "import `{import}` is in no folder of the module, and the `deps` of buf.yaml are fetched by"
                )
            }
        }
    }
}
