//! A descriptor set in the forms that are written with names: JSON, YAML and text, with custom
//! options where the set holds their schema.

use std::sync::Arc;

use buffa::DecodeOptions;
use buffa::json::{JsonParseOptions, with_json_parse_options};
use buffa_descriptor::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};
use buffa_descriptor::{DescriptorPool, DynamicMessage};

use super::descriptor_set::DescriptorSetError;
use super::set_text;
use crate::core::descriptor_schema;

/// The name of the message.
const SET: &str = "google.protobuf.FileDescriptorSet";

/// Protobuf's JSON mapping. The compiled-in types know no custom options, so they serve only where
/// nothing better works.
pub(super) fn to_json(
    binary: &[u8],
    files: Vec<FileDescriptorProto>,
) -> Result<Vec<u8>, DescriptorSetError> {
    let plain = plain_json(&files)?;
    let full = by_own_schema(binary, files, &plain).map(|(_, json)| json);
    Ok(full.unwrap_or(plain))
}

/// The same as YAML, without custom options: `buf` 1.75 reads none there, not even from YAML that it
/// wrote itself, and refuses the whole file.
pub(super) fn to_yaml(files: &[FileDescriptorProto]) -> Result<Vec<u8>, DescriptorSetError> {
    let wrong = |error: &dyn std::fmt::Display| DescriptorSetError::Encode(error.to_string());
    let json = plain_json(files)?;
    let value: serde_json::Value = serde_json::from_slice(&json).map_err(|e| wrong(&e))?;
    let yaml = serde_saphyr::to_string(&value).map_err(|e| wrong(&e))?;
    Ok(yaml.into_bytes())
}

/// Protobuf's text format.
pub(super) fn to_text(
    binary: &[u8],
    files: Vec<FileDescriptorProto>,
) -> Result<Vec<u8>, DescriptorSetError> {
    let plain = plain_json(&files)?;
    let message = match by_own_schema(binary, files, &plain) {
        Some((message, _)) => message,
        None => descriptor_schema::builtin()
            .and_then(|pool| decode(binary, &pool))
            .ok_or_else(|| DescriptorSetError::Encode("it does not decode".to_owned()))?,
    };
    Ok(set_text::write(&message).into_bytes())
}

fn plain_json(files: &[FileDescriptorProto]) -> Result<Vec<u8>, DescriptorSetError> {
    let set = FileDescriptorSet {
        file: files.to_vec(),
        ..FileDescriptorSet::default()
    };
    serde_json::to_vec(&set).map_err(|e| DescriptorSetError::Encode(e.to_string()))
}

/// The set and its JSON by the schema that it brings for itself, if it brings one that knows all of
/// what is in `plain`.
fn by_own_schema(
    binary: &[u8],
    files: Vec<FileDescriptorProto>,
    plain: &[u8],
) -> Option<(DynamicMessage, Vec<u8>)> {
    let message = decode(binary, &descriptor_schema::of_set(files)?)?;
    let full = serde_json::to_vec(&message).ok()?;
    // An old descriptor.proto in the set may not know all fields: then it would lose some.
    // A new one may know values of enums that the compiled-in types don't: those are no loss.
    let lenient = JsonParseOptions::new().ignore_unknown_enum_values(true);
    let read = with_json_parse_options(&lenient, || {
        serde_json::from_slice::<FileDescriptorSet>(&full)
    });
    let same = serde_json::to_vec(&read.ok()?).ok()? == plain;
    same.then_some((message, full))
}

fn decode(binary: &[u8], pool: &Arc<DescriptorPool>) -> Option<DynamicMessage> {
    let index = pool.message_index(SET)?;
    let limits = DecodeOptions::new().with_element_memory_limit(1 << 30);
    DynamicMessage::decode_with_options(Arc::clone(pool), index, binary, &limits).ok()
}
