//! Fields and extensions: there or not, name, number, type, default and options.

use buffa_descriptor::generated::descriptor::FieldDescriptorProto;
use buffa_descriptor::generated::descriptor::descriptor_proto::ReservedRange;
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::field_options::{CType, JSType};

use super::{Mutations, Syntax};
use crate::set::{
    MessagePlace, Set, entry_of, free_number, in_oneof, is_repeated, messages, remove_fields,
};

/// Every scalar type, by its name in a source.
pub(crate) const SCALARS: [(Type, &str); 15] = [
    (Type::TYPE_DOUBLE, "double"),
    (Type::TYPE_FLOAT, "float"),
    (Type::TYPE_INT64, "int64"),
    (Type::TYPE_UINT64, "uint64"),
    (Type::TYPE_INT32, "int32"),
    (Type::TYPE_FIXED64, "fixed64"),
    (Type::TYPE_FIXED32, "fixed32"),
    (Type::TYPE_BOOL, "bool"),
    (Type::TYPE_STRING, "string"),
    (Type::TYPE_BYTES, "bytes"),
    (Type::TYPE_UINT32, "uint32"),
    (Type::TYPE_SFIXED32, "sfixed32"),
    (Type::TYPE_SFIXED64, "sfixed64"),
    (Type::TYPE_SINT32, "sint32"),
    (Type::TYPE_SINT64, "sint64"),
];

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for place in messages(set) {
        let syntax = Syntax::of(&set[place.file]);
        for (index, field) in place.of(set).field.iter().enumerate() {
            presence(set, &place, index, to);
            names(set, &place, index, to);
            types(set, &place, index, to);
            options(&place, (index, field), syntax, to);
        }
        additions(set, &place, syntax, to);
    }
}

fn presence(set: &Set, place: &MessagePlace, index: usize, to: &mut Mutations) {
    let message = place.of(set);
    let field = &message.field[index];
    let (name, number) = (field.name.clone().unwrap(), field.number.unwrap());
    for (kind, by_number, by_name) in [
        ("delete-field", false, false),
        ("delete-field-reserve-number", true, false),
        ("delete-field-reserve-name", false, true),
        ("delete-field-reserve-both", true, true),
    ] {
        let (at, gone) = (place.clone(), name.clone());
        to.add(kind, format!("{}.{name}", place.name), move |set| {
            let message = at.of_mut(set);
            remove_fields(message, &|field| field.number == Some(number));
            if by_number {
                message.reserved_range.push(ReservedRange {
                    start: Some(number),
                    end: Some(number + 1),
                    ..Default::default()
                });
            }
            if by_name {
                message.reserved_name.push(gone.clone());
            }
        });
    }
    let free = free_number(message);
    to.field("renumber-field", place, (index, &name), move |field| {
        field.number = Some(free);
    });
    let other = (index + 1) % message.field.len();
    if other != index {
        to.message("swap-field-numbers", place, move |message| {
            let number = message.field[index].number;
            message.field[index].number = message.field[other].number;
            message.field[other].number = number;
        });
    }
}

fn names(set: &Set, place: &MessagePlace, index: usize, to: &mut Mutations) {
    let field = &place.of(set).field[index];
    let name = field.name.clone().unwrap();
    let is_map = entry_of(place.of(set), field).is_some();
    let is_group = field.r#type == Some(Type::TYPE_GROUP);
    if !is_map && !is_group {
        to.field("rename-field", place, (index, &name), |field| {
            field.name = Some("renamed_here".to_owned());
            field.json_name = Some("renamedHere".to_owned());
        });
        to.field(
            "rename-field-keep-json-name",
            place,
            (index, &name),
            |field| {
                field.json_name = Some(field.json_name.clone().unwrap_or_default());
                field.name = Some("renamed_here".to_owned());
            },
        );
        let target = if field.r#type == Some(Type::TYPE_DOUBLE) {
            Type::TYPE_STRING
        } else {
            Type::TYPE_DOUBLE
        };
        to.field("reuse-field-number", place, (index, &name), move |field| {
            bare(field);
            field.r#type = Some(target);
            field.name = Some("renamed_here".to_owned());
            field.json_name = Some("renamedHere".to_owned());
        });
    } else if is_map {
        let at = place.clone();
        to.add(
            "rename-map-field",
            format!("{}.{name}", place.name),
            move |set| {
                let message = at.of_mut(set);
                let entry = entry_of(message, &message.field[index]).unwrap();
                message.nested_type[entry].name = Some("RenamedHereEntry".to_owned());
                let field = &mut message.field[index];
                field.name = Some("renamed_here".to_owned());
                field.json_name = Some("renamedHere".to_owned());
                field.type_name = Some(format!(".{}.RenamedHereEntry", at.name));
            },
        );
    }
    to.field("change-json-name", place, (index, &name), |field| {
        field.json_name = Some("quiteAnother".to_owned());
    });
}

/// Takes away what only the old type could have.
pub(super) fn bare(field: &mut FieldDescriptorProto) {
    field.default_value = None;
    field.type_name = None;
    if let Some(options) = field.options.as_option_mut() {
        options.packed = None;
        options.jstype = None;
        options.ctype = None;
        options.lazy = None;
        // Features of strings and messages belong to the old type as well.
        options.features.take();
    }
}

fn types(set: &Set, place: &MessagePlace, index: usize, to: &mut Mutations) {
    let message = place.of(set);
    let field = &message.field[index];
    let name = field.name.clone().unwrap();
    let entry = entry_of(message, field);
    for (target, word) in SCALARS {
        if field.r#type == Some(target) {
            continue;
        }
        if let Some(entry) = entry {
            if message.nested_type[entry].field[1].r#type == Some(target) {
                continue;
            }
            to.message(
                format!("retype-map-value-to-{word}"),
                place,
                move |message| {
                    let value = &mut message.nested_type[entry].field[1];
                    bare(value);
                    value.r#type = Some(target);
                },
            );
            let is_key = !matches!(
                target,
                Type::TYPE_DOUBLE | Type::TYPE_FLOAT | Type::TYPE_BYTES
            );
            if is_key && message.nested_type[entry].field[0].r#type != Some(target) {
                to.message(format!("retype-map-key-to-{word}"), place, move |message| {
                    message.nested_type[entry].field[0].r#type = Some(target);
                });
            }
        } else {
            to.field(
                format!("retype-to-{word}"),
                place,
                (index, &name),
                move |field| {
                    bare(field);
                    field.r#type = Some(target);
                },
            );
        }
    }
    if entry.is_some() {
        return;
    }
    let own = field.type_name.clone();
    for (other, is_enum) in visible_types(set, place) {
        if own.as_ref() == Some(&other) {
            continue;
        }
        let target = if is_enum {
            Type::TYPE_ENUM
        } else {
            Type::TYPE_MESSAGE
        };
        let word = if is_enum { "enum" } else { "message" };
        to.field(
            format!("retype-to-{word}"),
            place,
            (index, &name),
            move |field| {
                bare(field);
                field.r#type = Some(target);
                field.type_name = Some(other.clone());
            },
        );
    }
}

/// Types declared in the same file, with whether they are enums.
fn visible_types(set: &Set, place: &MessagePlace) -> Vec<(String, bool)> {
    let of_file = |file: usize| file == place.file;
    let groups: Vec<String> = messages(set)
        .iter()
        .flat_map(|at| at.of(set).field.clone())
        .filter(|field| field.r#type == Some(Type::TYPE_GROUP))
        .filter_map(|field| field.type_name)
        .collect();
    let messages = messages(set).into_iter().filter(|at| of_file(at.file));
    // A field without presence may not have a closed enum.
    let enums = crate::set::enums(set)
        .into_iter()
        .filter(|at| of_file(at.file) && at.of(set).options.features.enum_type.is_none());
    messages
        .map(|at| (format!(".{}", at.name), false))
        .filter(|(name, _)| !groups.contains(name))
        .chain(enums.map(|at| (format!(".{}", at.name), true)))
        .collect()
}

fn options(
    place: &MessagePlace,
    (index, field): (usize, &FieldDescriptorProto),
    syntax: Syntax,
    to: &mut Mutations,
) {
    let name = field.name.as_deref().unwrap();
    let at = (index, name);
    to.field("deprecate-field", place, at, |field| {
        let options = field.options.get_or_insert_default();
        options.deprecated = Some(!options.deprecated.unwrap_or(false));
    });
    let kind = field.r#type.unwrap();
    if matches!(
        kind,
        Type::TYPE_INT64 | Type::TYPE_UINT64 | Type::TYPE_FIXED64
    ) {
        for (word, value) in [("string", JSType::JS_STRING), ("number", JSType::JS_NUMBER)] {
            if field.options.jstype != Some(value) {
                to.field(format!("jstype-{word}"), place, at, move |field| {
                    field.options.get_or_insert_default().jstype = Some(value);
                });
            }
        }
    }
    if kind == Type::TYPE_STRING && syntax != Syntax::Editions {
        for (word, value) in [("cord", CType::CORD), ("piece", CType::STRING_PIECE)] {
            if field.options.ctype != Some(value) {
                to.field(format!("ctype-{word}"), place, at, move |field| {
                    field.options.get_or_insert_default().ctype = Some(value);
                });
            }
        }
    }
    let packable = !matches!(
        kind,
        Type::TYPE_STRING | Type::TYPE_BYTES | Type::TYPE_MESSAGE | Type::TYPE_GROUP
    );
    if packable && is_repeated(field) && syntax != Syntax::Editions {
        let packed = field.options.packed.unwrap_or(syntax == Syntax::Proto3);
        to.field("change-packed", place, at, move |field| {
            field.options.get_or_insert_default().packed = Some(!packed);
        });
    }
    if syntax == Syntax::Proto2 && !is_repeated(field) {
        defaults(place, at, field, to);
    }
}

fn defaults(
    place: &MessagePlace,
    at: (usize, &str),
    field: &FieldDescriptorProto,
    to: &mut Mutations,
) {
    if field.default_value.is_some() {
        to.field("delete-default", place, at, |field| {
            field.default_value = None;
        });
    }
    let value = match field.r#type.unwrap() {
        Type::TYPE_MESSAGE | Type::TYPE_GROUP | Type::TYPE_ENUM => return,
        Type::TYPE_BOOL => (field.default_value.as_deref() != Some("true")).to_string(),
        Type::TYPE_STRING | Type::TYPE_BYTES => "elsewhere".to_owned(),
        _ => "42".to_owned(),
    };
    to.field("change-default", place, at, move |field| {
        field.default_value = Some(value.clone());
    });
}

fn additions(set: &Set, place: &MessagePlace, syntax: Syntax, to: &mut Mutations) {
    let message = place.of(set);
    let number = free_number(message);
    for label in [
        Label::LABEL_OPTIONAL,
        Label::LABEL_REPEATED,
        Label::LABEL_REQUIRED,
    ] {
        if label == Label::LABEL_REQUIRED && syntax != Syntax::Proto2 {
            continue;
        }
        let word = format!("{label:?}")
            .to_ascii_lowercase()
            .replace("label_", "");
        to.message(format!("add-{word}-field"), place, move |message| {
            message.field.push(FieldDescriptorProto {
                name: Some("added_here".to_owned()),
                json_name: Some("addedHere".to_owned()),
                number: Some(number),
                label: Some(label),
                r#type: Some(Type::TYPE_STRING),
                ..Default::default()
            });
        });
    }
    if message.field.iter().any(in_oneof) && message.field.len() > 1 {
        let at = place.clone();
        to.neutral("reorder-oneof-fields", &place.name, move |set| {
            at.of_mut(set).field.sort_by_key(|field| {
                (field.oneof_index.is_some(), std::cmp::Reverse(field.number))
            });
        });
    }
}
