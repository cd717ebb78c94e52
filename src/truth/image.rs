//! Reads a descriptor set or Buf image: binary or JSON, optionally gzipped, told apart by content.
//!
//! Binary files are cut out of the set as they are, so nothing in them is lost; from JSON
//! [`super::image_json`] encodes each anew.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::{Edition, FileDescriptorProto};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use protox::file::{FileResolver as _, GoogleFileResolver};

use crate::core::truth::TruthFile;

use super::compile::Limits;
use super::image_json::{self, Part};
use super::place::Places;
use super::{TruthError, wire};

/// The files of an image, and notes on what it lacks.
pub(super) fn load(given: &Path) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
    let (places, path) = Places::new(given)?;
    load_at(&places, &path)
}

/// The same for an absolute path.
pub(super) fn load_at(
    places: &Places,
    path: &Path,
) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
    let shown = places.show(path);
    let bytes = read(path, &shown, Limits::DEFAULT)?;
    let image = Image { shown: &shown };
    let parts = match image_json::text(&bytes) {
        Some(text) => image.json(text)?,
        None => image.binary(&bytes)?,
    };
    image.check(parts)
}

/// The whole content, unpacked if it is gzip; never more than the limit.
fn read(path: &Path, shown: &str, limits: Limits) -> Result<Bytes, TruthError> {
    let io = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::NotFound => TruthError::NotFound {
            path: shown.to_owned(),
            expected: "a descriptor set or Buf image",
        },
        _ => TruthError::Io {
            path: shown.to_owned(),
            cause,
        },
    };
    let limited = |reader: &mut dyn Read| {
        let mut bytes = Vec::new();
        reader.take(limits.bytes + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let raw = limited(&mut fs::File::open(path).map_err(io)?).map_err(io)?;
    let too_large = |what: &str| TruthError::TooLarge {
        path: shown.to_owned(),
        message: format!("is more than {} MiB{what}", limits.bytes >> 20),
    };
    if raw.len() as u64 > limits.bytes {
        return Err(too_large(""));
    }
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw.into());
    }
    let plain =
        limited(&mut MultiGzDecoder::new(raw.as_slice())).map_err(|cause| TruthError::Image {
            path: shown.to_owned(),
            message: format!("is damaged gzip data: {cause}"),
        })?;
    if plain.len() as u64 > limits.bytes {
        return Err(too_large(" once unpacked"));
    }
    Ok(plain.into())
}

/// The image in question, for its messages.
pub(super) struct Image<'a> {
    pub(super) shown: &'a str,
}

impl Image<'_> {
    fn wrong(&self, cause: impl std::fmt::Display) -> TruthError {
        TruthError::Image {
            path: self.shown.to_owned(),
            message: format!("is not a descriptor set or Buf image: {cause}"),
        }
    }

    pub(super) fn binary(&self, bytes: &Bytes) -> Result<Vec<Part>, TruthError> {
        let files = wire::files_of_set(bytes).map_err(|error| self.wrong(error))?;
        if files.is_empty() && !bytes.is_empty() {
            return Err(self.wrong("it holds no file descriptors"));
        }
        let parts = files.into_iter().map(|bytes| Part {
            imported: wire::is_buf_import(&bytes),
            bytes,
        });
        Ok(parts.collect())
    }

    fn json(&self, text: &[u8]) -> Result<Vec<Part>, TruthError> {
        self.count(image_json::count(text).map_err(|error| self.wrong(error))?)?;
        image_json::parts(text).map_err(|error| self.wrong(error))
    }

    fn count(&self, files: usize) -> Result<(), TruthError> {
        Limits::DEFAULT.check(files, 0, || self.shown.to_owned())
    }

    /// Decodes every file once, so that a damaged image fails here and not in the middle of a scan.
    pub(super) fn check(
        &self,
        parts: Vec<Part>,
    ) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
        if parts.is_empty() {
            return Err(TruthError::Image {
                path: self.shown.to_owned(),
                message: "is an empty descriptor set".to_owned(),
            });
        }
        self.count(parts.len())?;
        let mut files = Vec::new();
        let mut notes = Vec::new();
        let mut known: HashMap<String, Bytes> = HashMap::new();
        let mut imports: Vec<(String, String)> = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let file = decode(&part.bytes)
                .map_err(|error| self.wrong(format_args!("file {}: {error}", index + 1)))?;
            let name = file
                .name
                .filter(|name| !name.is_empty())
                .ok_or_else(|| self.wrong(format_args!("file {} has no name", index + 1)))?;
            // Values of enums that the compiled-in types don't know are not kept as such.
            let edition = file.edition.unwrap_or_default();
            if file.syntax.as_deref() == Some("editions") && edition == Edition::EDITION_UNKNOWN {
                notes.push(format!(
                    "{}: `{name}` is written in an edition that this version of protodiff does not know; differences in its features may be missed",
                    self.shown
                ));
            }
            // Sets that were joined end to end repeat the files that both need.
            if let Some(first) = known.get(&name) {
                if *first != part.bytes {
                    notes.push(format!(
                        "{}: holds `{name}` twice with different content; the first is used",
                        self.shown
                    ));
                }
                continue;
            }
            imports.extend(
                file.dependency
                    .into_iter()
                    .map(|import| (name.clone(), import)),
            );
            known.insert(name.clone(), part.bytes.clone());
            files.push(TruthFile {
                bytes: part.bytes,
                path: None,
                imported: part.imported || name.starts_with("google/protobuf/"),
            });
        }
        self.complete(imports, &known, &mut files, &mut notes);
        Ok((files, notes))
    }

    /// Adds well-known files that the set leaves out, and notes other imports that are missing.
    fn complete(
        &self,
        imports: Vec<(String, String)>,
        known: &HashMap<String, Bytes>,
        files: &mut Vec<TruthFile>,
        notes: &mut Vec<String>,
    ) {
        let mut wanted: HashSet<String> = known.keys().cloned().collect();
        let google = GoogleFileResolver::new();
        let mut queue = imports;
        while let Some((importer, import)) = queue.pop() {
            if !wanted.insert(import.clone()) {
                continue;
            }
            let Ok(found) = google.open_file(&import) else {
                notes.push(format!(
                    "{}: `{importer}` imports `{import}`, which is not in the set; make it with --include_imports",
                    self.shown
                ));
                continue;
            };
            let descriptor = found.file_descriptor_proto();
            let further = descriptor.dependency.iter();
            queue.extend(further.map(|next| (import.clone(), next.clone())));
            files.push(TruthFile {
                bytes: prost::Message::encode_to_vec(descriptor).into(),
                path: None,
                imported: true,
            });
        }
        notes.sort();
    }
}

fn decode(bytes: &Bytes) -> Result<FileDescriptorProto, buffa::DecodeError> {
    DecodeOptions::new()
        .with_recursion_limit(100)
        .with_element_memory_limit(512 << 20)
        .decode_from_slice(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn unpacking_stops_at_the_limit() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&vec![0; 100_000]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), packed.finish().unwrap()).unwrap();
        let small = Limits {
            files: 1,
            bytes: 50_000,
        };
        let error = read(file.path(), "bomb.gz", small).unwrap_err();
        assert!(matches!(error, TruthError::TooLarge { .. }), "{error}");
        assert_eq!(
            read(file.path(), "bomb.gz", Limits::DEFAULT).unwrap().len(),
            100_000
        );
    }
}
