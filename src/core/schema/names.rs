//! A bound on names: each ends in reports, and a server may send what it likes.

use buffa_descriptor::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto,
};

use super::SchemaError;

/// Bytes of a full name, or of a file's.
const LIMIT: usize = 2000;

/// Looks at every name that a report could show.
///
/// # Errors
/// One of them is too long. `index` is the file's place in the input.
pub(super) fn check(file: &FileDescriptorProto, index: usize) -> Result<(), SchemaError> {
    let package = file.package.as_deref().unwrap_or_default();
    let found = too_long(file.name.as_deref(), 0)
        .or_else(|| too_long(Some(package), 0))
        .or_else(|| {
            file.message_type
                .iter()
                .find_map(|m| message(m, package.len()))
        })
        .or_else(|| {
            file.enum_type
                .iter()
                .find_map(|e| enumeration(e, package.len()))
        })
        .or_else(|| {
            file.service.iter().find_map(|service| {
                let outer = package.len() + length(service.name.as_deref());
                too_long(service.name.as_deref(), package.len()).or_else(|| {
                    service.method.iter().find_map(|method| {
                        too_long(method.name.as_deref(), outer)
                            .or_else(|| too_long(method.input_type.as_deref(), 0))
                            .or_else(|| too_long(method.output_type.as_deref(), 0))
                    })
                })
            })
        });
    match found {
        None => Ok(()),
        Some(name) => Err(SchemaError::LongName {
            index,
            limit: LIMIT,
            start: name.chars().take(40).collect(),
        }),
    }
}

fn length(name: Option<&str>) -> usize {
    name.map_or(0, str::len)
}

/// The name, if it is too long behind so many bytes of others.
fn too_long(name: Option<&str>, outer: usize) -> Option<&str> {
    name.filter(|name| outer + name.len() > LIMIT)
}

fn message(message: &DescriptorProto, outer: usize) -> Option<&str> {
    let own = outer + length(message.name.as_deref());
    too_long(message.name.as_deref(), outer)
        .or_else(|| {
            message.field.iter().find_map(|field| {
                too_long(field.name.as_deref(), own)
                    .or_else(|| too_long(field.type_name.as_deref(), 0))
            })
        })
        .or_else(|| message.enum_type.iter().find_map(|e| enumeration(e, own)))
        .or_else(|| {
            message
                .nested_type
                .iter()
                .find_map(|nested| self::message(nested, own))
        })
}

fn enumeration(item: &EnumDescriptorProto, outer: usize) -> Option<&str> {
    let own = outer + length(item.name.as_deref());
    too_long(item.name.as_deref(), outer).or_else(|| {
        item.value
            .iter()
            .find_map(|value| too_long(value.name.as_deref(), own))
    })
}
