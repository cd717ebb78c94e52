//! Reads a descriptor set or Buf image in protobuf's JSON mapping.
//!
//! Two readings are combined. The first, by the types that are compiled in, knows every field of
//! descriptors up to the newest edition, and no custom option. From its result comes a pool, by
//! which the second reading understands options such as `[google.api.http]`. The second is used
//! for a file only if it lost nothing that the first has.

use buffa::Message as _;
use buffa::json::{JsonParseOptions, with_json_parse_options};
use buffa_descriptor::DynamicMessage;
use buffa_descriptor::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};
use bytes::Bytes;
use serde::Deserialize;

use super::wire;
use crate::core::descriptor_schema;

/// A file of the set, encoded, and whether Buf marked it as an import.
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) imported: bool,
}

/// Only what Buf adds to each file.
#[derive(Deserialize)]
struct Marks {
    file: Option<Vec<Mark>>,
}

impl Marks {
    fn read(text: &[u8]) -> Result<Vec<Mark>, String> {
        let marks: Self = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        marks.file.ok_or_else(|| "it has no list `file`".to_owned())
    }
}

#[derive(Deserialize)]
struct Mark {
    #[serde(rename = "bufExtension", alias = "buf_extension", default)]
    extension: Option<Extension>,
}

#[derive(Deserialize)]
struct Extension {
    #[serde(rename = "isImport", alias = "is_import", default)]
    is_import: Option<bool>,
}

/// The text from its first brace on, if this is JSON. No binary set begins with `{`.
pub(super) fn text(bytes: &[u8]) -> Option<&[u8]> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.trim_ascii_start().starts_with(b"{").then_some(text)
}

/// The number of files, without the memory that decoding them takes.
///
/// # Errors
/// What is wrong with the text, with line and column.
pub(super) fn count(text: &[u8]) -> Result<usize, String> {
    Marks::read(text).map(|marks| marks.len())
}

/// The files of the set.
///
/// # Errors
/// What is wrong with the text, with line and column where there is one.
pub(super) fn parts(text: &[u8]) -> Result<Vec<Part>, String> {
    let marks = Marks::read(text)?;
    let set = by_known_types(text).map_err(|e| e.to_string())?;
    let with_options = custom_options(text, &set).unwrap_or_default();
    set.file
        .iter()
        .zip(marks)
        .enumerate()
        .map(|(index, (file, mark))| {
            let plain = file.try_encode_to_vec().map_err(|e| e.to_string())?;
            let full = with_options.get(index).filter(|full| says_all(full, file));
            Ok(Part {
                bytes: full.cloned().unwrap_or_else(|| plain.into()),
                imported: mark.extension.and_then(|e| e.is_import) == Some(true),
            })
        })
        .collect()
}

/// A message without the place in the JSON that it names, where nobody has seen that JSON.
pub(super) fn without_position(message: String) -> String {
    match message.rfind(" at line ") {
        Some(at) => message[..at].to_owned(),
        None => message,
    }
}

/// A value of an enum that is newer than the compiled-in types is left out; the descriptors of
/// newer compilers have some (`EDITION_2026` in the features of `descriptor.proto`).
fn by_known_types(text: &[u8]) -> serde_json::Result<FileDescriptorSet> {
    let lenient = JsonParseOptions::new().ignore_unknown_enum_values(true);
    with_json_parse_options(&lenient, || serde_json::from_slice(text))
}

/// The files again, read by the set's own schema; `None` if it has none (then it has no custom
/// options) or is not complete.
fn custom_options(text: &[u8], set: &FileDescriptorSet) -> Option<Vec<Bytes>> {
    let text = std::str::from_utf8(text).ok()?;
    let pool = descriptor_schema::of_image(set.file.clone())?;
    let index = pool.message_index("google.protobuf.FileDescriptorSet")?;
    let message = DynamicMessage::from_json_ignoring_unknown(pool, index, text).ok()?;
    let bytes = Bytes::from(message.try_encode_to_vec().ok()?);
    wire::files_of_set(&bytes).ok()
}

/// Whether `full` holds everything that `file` does.
pub(super) fn says_all(full: &Bytes, file: &FileDescriptorProto) -> bool {
    // JSON leaves out exactly what the compiled-in types don't know: the custom options.
    FileDescriptorProto::decode_from_slice(full).is_ok_and(|read| {
        matches!(
            (serde_json::to_vec(&read), serde_json::to_vec(file)),
            (Ok(a), Ok(b)) if a == b
        )
    })
}
