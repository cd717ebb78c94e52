//! Features of Editions files: what proto2 and proto3 say by syntax, said one by one.

use buffa_descriptor::generated::descriptor::FeatureSet;
use buffa_descriptor::generated::descriptor::feature_set::{
    EnumType, FieldPresence, JsonFormat, MessageEncoding, RepeatedFieldEncoding, Utf8Validation,
};
use buffa_descriptor::generated::descriptor::field_descriptor_proto::Type;

use super::{Mutations, Syntax};
use crate::set::{Set, enums, is_repeated, messages};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for (index, file) in set.iter().enumerate() {
        if Syntax::of(file) == Syntax::Editions && file.name.as_deref().unwrap().starts_with("rich")
        {
            of_file(index, set, to);
            of_fields(index, set, to);
            of_types(index, set, to);
        }
    }
}

fn of_file(index: usize, set: &Set, to: &mut Mutations) {
    let file = (index, &set[index]);
    let mut on = |kind: &str, change: fn(&mut FeatureSet)| {
        to.file(kind, file, move |file| {
            change(
                file.options
                    .get_or_insert_default()
                    .features
                    .get_or_insert_default(),
            );
        });
    };
    on("file-feature-presence-explicit", |features| {
        features.field_presence = Some(FieldPresence::EXPLICIT);
    });
    on("file-feature-expanded", |features| {
        features.repeated_field_encoding = Some(RepeatedFieldEncoding::EXPANDED);
    });
    on("file-feature-utf8-none", |features| {
        features.utf8_validation = Some(Utf8Validation::NONE);
    });
    on("file-feature-json-best-effort", |features| {
        features.json_format = Some(JsonFormat::LEGACY_BEST_EFFORT);
    });
    on("file-feature-delimited", |features| {
        features.message_encoding = Some(MessageEncoding::DELIMITED);
    });
}

fn of_fields(index: usize, set: &Set, to: &mut Mutations) {
    for place in messages(set)
        .into_iter()
        .filter(|place| place.file == index)
    {
        for (at, field) in place.of(set).field.iter().enumerate() {
            let name = field.name.as_deref().unwrap();
            let mut on = |kind: &str, change: Box<dyn Fn(&mut FeatureSet) + Send + Sync>| {
                to.field(kind, &place, (at, name), move |field| {
                    let options = field.options.get_or_insert_default();
                    change(options.features.get_or_insert_default());
                });
            };
            let own = field.options.features.field_presence;
            let kind = field.r#type.unwrap();
            if !is_repeated(field) && field.oneof_index.is_none() {
                for (word, value) in [
                    ("explicit", FieldPresence::EXPLICIT),
                    ("implicit", FieldPresence::IMPLICIT),
                    ("required", FieldPresence::LEGACY_REQUIRED),
                ] {
                    let implicit = value == FieldPresence::IMPLICIT;
                    let never =
                        implicit && (kind == Type::TYPE_MESSAGE || field.default_value.is_some());
                    if own != Some(value) && !never {
                        on(
                            &format!("feature-presence-{word}"),
                            Box::new(move |features| features.field_presence = Some(value)),
                        );
                    }
                }
            }
            let numbers = kind == Type::TYPE_INT32 && is_repeated(field);
            if numbers {
                let expanded = field.options.features.repeated_field_encoding.is_some();
                let value = if expanded {
                    RepeatedFieldEncoding::PACKED
                } else {
                    RepeatedFieldEncoding::EXPANDED
                };
                on(
                    "feature-repeated-encoding",
                    Box::new(move |features| features.repeated_field_encoding = Some(value)),
                );
            }
            if kind == Type::TYPE_STRING {
                let lax = field.options.features.utf8_validation.is_some();
                let value = if lax {
                    Utf8Validation::VERIFY
                } else {
                    Utf8Validation::NONE
                };
                on(
                    "feature-utf8",
                    Box::new(move |features| features.utf8_validation = Some(value)),
                );
            }
            if kind == Type::TYPE_MESSAGE && !is_repeated(field) {
                let delimited = field.options.features.message_encoding.is_some();
                let value = if delimited {
                    MessageEncoding::LENGTH_PREFIXED
                } else {
                    MessageEncoding::DELIMITED
                };
                on(
                    "feature-message-encoding",
                    Box::new(move |features| features.message_encoding = Some(value)),
                );
            }
            if !field.options.features.__buffa_unknown_fields.is_empty() {
                on(
                    "drop-language-feature",
                    Box::new(|features| features.__buffa_unknown_fields.clear()),
                );
            }
        }
    }
}

fn of_types(index: usize, set: &Set, to: &mut Mutations) {
    for place in messages(set)
        .into_iter()
        .filter(|place| place.file == index)
    {
        let best_effort = place.of(set).options.features.json_format.is_some();
        let value = if best_effort {
            JsonFormat::ALLOW
        } else {
            JsonFormat::LEGACY_BEST_EFFORT
        };
        to.message("feature-message-json", &place, move |message| {
            let options = message.options.get_or_insert_default();
            options.features.get_or_insert_default().json_format = Some(value);
        });
    }
    for place in enums(set).into_iter().filter(|place| place.file == index) {
        to.enumeration("feature-enum-json", &place, |item| {
            let options = item.options.get_or_insert_default();
            options.features.get_or_insert_default().json_format =
                Some(JsonFormat::LEGACY_BEST_EFFORT);
        });
        let item = place.of(set);
        let name = format!(".{}", place.name);
        let in_map = messages(set)
            .iter()
            .flat_map(|at| &at.of(set).nested_type)
            .flat_map(|nested| &nested.field)
            .any(|field| field.type_name.as_ref() == Some(&name));
        if item.value[0].number == Some(0) && !in_map {
            let at = place.clone();
            // Fields with implicit presence may not have a closed enum.
            to.add("feature-enum-closed", &place.name, move |set| {
                let options = at.of_mut(set).options.get_or_insert_default();
                options.features.get_or_insert_default().enum_type = Some(EnumType::CLOSED);
                let name = format!(".{}", at.name);
                for place in messages(set) {
                    for field in &mut place.of_mut(set).field {
                        if field.type_name.as_ref() == Some(&name) && !is_repeated(field) {
                            let options = field.options.get_or_insert_default();
                            options.features.get_or_insert_default().field_presence =
                                Some(FieldPresence::EXPLICIT);
                        }
                    }
                }
            });
        }
    }
}
