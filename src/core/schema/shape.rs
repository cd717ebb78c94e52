//! Small readings of a single descriptor: scalar types, map entries, indices.

use std::collections::HashMap;

use buffa_descriptor::generated::descriptor::field_descriptor_proto::Type;
use buffa_descriptor::generated::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::{Kind, Scalar};

/// An index as paths of `SourceCodeInfo` count it.
pub(super) fn as_index(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

/// Whether a message is marked as the entry of a map.
pub(super) fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.map_entry.unwrap_or(false)
}

/// Whether a repeated field is a map. Servers that lose options name the entry after the field
/// (`Labels` or `LabelsEntry`) and keep its two fields. `nested` are the messages that are declared
/// beside the field, by name.
pub(super) fn is_map_field(
    field: &FieldDescriptorProto,
    kind: &Kind,
    nested: &HashMap<&str, &DescriptorProto>,
    scope: &str,
) -> bool {
    let Kind::Message(full) = kind else {
        return false;
    };
    let Some(entry) = full
        .strip_prefix(scope)
        .and_then(|rest| rest.strip_prefix('.'))
    else {
        return false;
    };
    let Some(nested) = nested.get(entry) else {
        return false;
    };
    if is_map_entry(nested) {
        return true;
    }
    let absolute = field
        .type_name
        .as_deref()
        .is_some_and(|name| name.starts_with('.'));
    !absolute && nested.nested_type.is_empty() && has_entry_shape(nested)
}

/// Whether the entry of that full name is named after this field, in a compiler's way
/// (`LabelsEntry`) or in Node's (`Labels`).
pub(super) fn is_entry_of(entry: &str, field: &str) -> bool {
    let short = entry.rsplit_once('.').map_or(entry, |(_, short)| short);
    let short = short.strip_suffix("Entry").unwrap_or(short);
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    plain(short) == plain(field)
}

fn has_entry_shape(message: &DescriptorProto) -> bool {
    message.field.len() == 2
        && [("key", 1), ("value", 2)].iter().all(|(name, number)| {
            message
                .field
                .iter()
                .any(|field| field.name.as_deref() == Some(*name) && field.number == Some(*number))
        })
}

/// The scalar of a field's type; `None` for messages, groups and enums.
pub(super) fn scalar(kind: Type) -> Option<Scalar> {
    Some(match kind {
        Type::TYPE_DOUBLE => Scalar::Double,
        Type::TYPE_FLOAT => Scalar::Float,
        Type::TYPE_INT64 => Scalar::Int64,
        Type::TYPE_UINT64 => Scalar::Uint64,
        Type::TYPE_INT32 => Scalar::Int32,
        Type::TYPE_FIXED64 => Scalar::Fixed64,
        Type::TYPE_FIXED32 => Scalar::Fixed32,
        Type::TYPE_BOOL => Scalar::Bool,
        Type::TYPE_STRING => Scalar::String,
        Type::TYPE_BYTES => Scalar::Bytes,
        Type::TYPE_UINT32 => Scalar::Uint32,
        Type::TYPE_SFIXED32 => Scalar::Sfixed32,
        Type::TYPE_SFIXED64 => Scalar::Sfixed64,
        Type::TYPE_SINT32 => Scalar::Sint32,
        Type::TYPE_SINT64 => Scalar::Sint64,
        Type::TYPE_GROUP | Type::TYPE_MESSAGE | Type::TYPE_ENUM => return None,
    })
}
