//! The full names that a set of files declares.

use std::collections::{BTreeMap, HashSet};

use buffa_descriptor::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use super::shape::is_map_entry;
use super::{FileInput, SchemaError};

/// Full names of all messages and enums; an error where two files contradict each other.
pub(super) fn symbols(
    files: &[(FileDescriptorProto, FileInput<'_>)],
) -> Result<HashSet<String>, SchemaError> {
    let mut owner: BTreeMap<String, (&FileDescriptorProto, usize)> = BTreeMap::new();
    let mut known = HashSet::new();
    for (file, _) in files {
        let package = file.package.as_deref().unwrap_or_default();
        for message in &file.message_type {
            collect(message, package, &mut known);
        }
        for item in &file.enum_type {
            known.insert(join(package, item.name.as_deref()));
        }
        for (index, message) in file.message_type.iter().enumerate() {
            let name = join(package, message.name.as_deref());
            if let Some((first, at)) = owner.get(&name) {
                if !same_message(&first.message_type[*at], message) {
                    return Err(SchemaError::Conflict {
                        symbol: name,
                        first: first.name.clone().unwrap_or_default(),
                        second: file.name.clone().unwrap_or_default(),
                    });
                }
            } else {
                owner.insert(name, (file, index));
            }
        }
    }
    Ok(known)
}

/// Full names of the messages that are entries of maps.
pub(super) fn map_entries(files: &[(FileDescriptorProto, FileInput<'_>)]) -> HashSet<String> {
    fn collect(message: &DescriptorProto, outer: &str, found: &mut HashSet<String>) {
        let name = join(outer, message.name.as_deref());
        for nested in &message.nested_type {
            collect(nested, &name, found);
        }
        if is_map_entry(message) {
            found.insert(name);
        }
    }
    let mut found = HashSet::new();
    for (file, _) in files {
        let package = file.package.as_deref().unwrap_or_default();
        for message in &file.message_type {
            collect(message, package, &mut found);
        }
    }
    found
}

/// Whether two declarations of one message say the same; options are not looked at, since one copy
/// of a file may have been stripped of them.
fn same_message(a: &DescriptorProto, b: &DescriptorProto) -> bool {
    let fields = |message: &'_ DescriptorProto| {
        let mut fields: Vec<_> = message
            .field
            .iter()
            .map(|field| {
                let kind = field.r#type.map(|kind| kind as i32);
                (field.number, field.name.clone(), kind)
            })
            .collect();
        fields.sort_unstable();
        fields
    };
    a.field.len() == b.field.len()
        && a.nested_type.len() == b.nested_type.len()
        && fields(a) == fields(b)
}

fn collect(message: &DescriptorProto, outer: &str, known: &mut HashSet<String>) {
    let name = join(outer, message.name.as_deref());
    for nested in &message.nested_type {
        collect(nested, &name, known);
    }
    for item in &message.enum_type {
        known.insert(join(&name, item.name.as_deref()));
    }
    known.insert(name);
}

/// The full name of what is declared in a package or message.
pub(super) fn join(outer: &str, name: Option<&str>) -> String {
    let name = name.unwrap_or_default();
    if outer.is_empty() {
        name.to_owned()
    } else {
        format!("{outer}.{name}")
    }
}
