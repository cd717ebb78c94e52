//! A SOURCE on disk → the descriptors that clients are built from, with source positions.
//!
//! Entry: [`load`]. It reads a directory or a `.proto` file (respecting `buf.yaml` and
//! `buf.work.yaml`, compiled in process), a descriptor set, or a Buf image, and gives
//! [`crate::core::truth::Truth`]. Live servers as truth are read by `reflect`; `pipeline` decides.
//! Everything here is synchronous: call it from a thread that may block.

mod buf_config;
mod compile;
mod directory;
mod edition;
mod error;
mod image;
mod image_json;
mod imports;
mod place;
mod roots;
mod wire;

pub use error::TruthError;

use crate::core::source::Source;
use crate::core::truth::Truth;

/// Loads a truth from disk.
///
/// # Errors
/// The source is not on disk, cannot be read, does not compile, or declares no service of its own.
pub fn load(source: &Source) -> Result<Truth, TruthError> {
    let (files, notes) = match source {
        Source::Directory(path) => (directory::load_directory(path)?, Vec::new()),
        Source::ProtoFile(path) => (directory::load_file(path)?, Vec::new()),
        Source::Image(path) => image::load(path)?,
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
        resolved: source.to_string(),
        files,
        notes,
        breaking: None,
    })
}
