//! A SOURCE on disk or in a git repository → the descriptors that clients are built from, with source positions.
//!
//! Entry: [`load`]. It reads a directory or a `.proto` file (respecting `buf.yaml` and
//! `buf.work.yaml`; compiled in process, or by `buf` if it is written in Editions), a descriptor
//! set or Buf image (a file, or standard input), either at a revision of the git repository around,
//! or a module of a Buf registry, and gives [`crate::core::truth::Truth`]. Live servers as truth
//! are read by `reflect`; `pipeline` decides.
//! Everything here is synchronous: call it from a thread that may block.

mod buf_build;
mod buf_config;
mod buf_environment;
mod buf_failure;
mod buf_need;
mod buf_tool;
mod compile;
mod directory;
mod edition;
mod error;
mod git;
mod image;
mod image_json;
mod image_text;
mod image_yaml;
mod imports;
mod packing;
mod place;
mod registry;
mod roots;
mod text_reader;
mod text_scalar;
mod wire;

pub use buf_tool::Buf;
pub use error::TruthError;

use crate::core::source::Source;
use crate::core::truth::{BufBreaking, Truth, TruthFile};

/// What one kind of source gives.
#[derive(Default)]
struct Loaded {
    files: Vec<TruthFile>,
    notes: Vec<String>,
    breaking: Option<BufBreaking>,
    /// The commit, for a source that has one.
    resolved: Option<String>,
}

impl Loaded {
    fn image((files, notes): (Vec<TruthFile>, Vec<String>)) -> Self {
        Self {
            files,
            notes,
            ..Self::default()
        }
    }
}

/// Loads a truth from disk, with the `buf` of the environment where one is needed.
///
/// # Errors
/// The source is not on disk, cannot be read, does not compile, or declares no service of its own.
pub fn load(source: &Source) -> Result<Truth, TruthError> {
    load_with(source, &Buf::from_environment())
}

/// Loads a truth from disk, with this `buf` where one is needed.
///
/// # Errors
/// As [`load`].
pub fn load_with(source: &Source, buf: &Buf) -> Result<Truth, TruthError> {
    let Loaded {
        files,
        notes,
        breaking,
        resolved,
    } = match source {
        Source::Directory(path) => directory::load_directory(path, buf)?,
        Source::ProtoFile(path) => directory::load_file(path, buf)?,
        Source::Image(path) => Loaded::image(image::load(path)?),
        Source::StandardInput => Loaded::image(image::load_standard_input()?),
        Source::Registry(module) => {
            registry::load(module, buf, &registry::Cache::from_environment())?
        }
        Source::Git { revision, path } => git::load(revision, path.as_deref(), buf)?,
        Source::Grpc { .. } | Source::Pod { .. } => {
            return Err(TruthError::NotLocal {
                source_name: source.to_string(),
            });
        }
    };
    let has_service = files
        .iter()
        .any(|file| !file.imported && wire::declares_service(&file.bytes));
    if !has_service {
        return Err(TruthError::NoServices {
            source_name: source.to_string(),
        });
    }
    Ok(Truth {
        source: source.to_string(),
        resolved: resolved.unwrap_or_else(|| source.to_string()),
        files,
        notes,
        breaking,
    })
}
