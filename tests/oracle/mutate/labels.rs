//! How many values a field holds, and whether it knows that it holds none.

use buffa_descriptor::generated::descriptor::OneofDescriptorProto;
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};

use super::{Mutations, Syntax};
use crate::set::{MessagePlace, Set, drop_empty_oneofs, entry_of, is_repeated, messages};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for place in messages(set) {
        let syntax = Syntax::of(&set[place.file]);
        for index in 0..place.of(set).field.len() {
            field(set, &place, index, syntax, to);
        }
    }
}

fn field(set: &Set, place: &MessagePlace, index: usize, syntax: Syntax, to: &mut Mutations) {
    let message = place.of(set);
    let field = &message.field[index];
    let name = field.name.clone().unwrap();
    let at = (index, name.as_str());
    if let Some(entry) = entry_of(message, field) {
        to.message("map-to-repeated", place, move |message| {
            message.nested_type[entry].options.take();
        });
        return;
    }
    if is_repeated(field) {
        to.field("repeated-to-singular", place, at, |field| {
            field.label = Some(Label::LABEL_OPTIONAL);
            if let Some(options) = field.options.as_option_mut() {
                options.packed = None;
                options.features.take();
            }
        });
    } else if field.oneof_index.is_none() {
        let word = match field.label {
            Some(Label::LABEL_REQUIRED) => "required-to-repeated",
            _ => "singular-to-repeated",
        };
        to.field(word, place, at, |field| {
            field.label = Some(Label::LABEL_REPEATED);
            field.default_value = None;
            if let Some(options) = field.options.as_option_mut() {
                options.features.take();
            }
        });
    }
    match (syntax, field.label) {
        (Syntax::Proto2, Some(Label::LABEL_REQUIRED)) => {
            to.field("required-to-optional", place, at, |field| {
                field.label = Some(Label::LABEL_OPTIONAL);
            });
        }
        (Syntax::Proto2, Some(Label::LABEL_OPTIONAL)) if field.oneof_index.is_none() => {
            to.field("optional-to-required", place, at, |field| {
                field.label = Some(Label::LABEL_REQUIRED);
            });
        }
        (Syntax::Proto3, Some(Label::LABEL_OPTIONAL)) => optional(place, at, field, to),
        _ => {}
    }
    if field.r#type == Some(Type::TYPE_GROUP) && syntax == Syntax::Proto2 {
        to.field("group-to-message", place, at, |field| {
            field.r#type = Some(Type::TYPE_MESSAGE);
        });
    }
}

/// Proto3's `optional`: a oneof of its own, after all the others.
fn optional(
    place: &MessagePlace,
    (index, name): (usize, &str),
    field: &buffa_descriptor::generated::descriptor::FieldDescriptorProto,
    to: &mut Mutations,
) {
    if field.proto3_optional == Some(true) {
        to.message("presence-explicit-to-implicit", place, move |message| {
            message.field[index].proto3_optional = None;
            message.field[index].oneof_index = None;
            drop_empty_oneofs(message);
        });
    } else if field.oneof_index.is_none() && field.r#type != Some(Type::TYPE_MESSAGE) {
        let oneof = format!("_{name}");
        to.message("presence-implicit-to-explicit", place, move |message| {
            let last = i32::try_from(message.oneof_decl.len()).unwrap();
            message.field[index].proto3_optional = Some(true);
            message.field[index].oneof_index = Some(last);
            message.oneof_decl.push(OneofDescriptorProto {
                name: Some(oneof.clone()),
                ..Default::default()
            });
        });
    }
}
