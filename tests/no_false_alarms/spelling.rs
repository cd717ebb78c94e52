//! Defaults spelled out or left out, and what no call can see put in or stripped.

use buffa::{UnknownField, UnknownFieldData};
use buffa_descriptor::generated::descriptor::descriptor_proto::ReservedRange;
use buffa_descriptor::generated::descriptor::field_descriptor_proto::Type;
use buffa_descriptor::generated::descriptor::field_options::{CType, JSType};
use buffa_descriptor::generated::descriptor::file_options::OptimizeMode;
use buffa_descriptor::generated::descriptor::method_options::IdempotencyLevel;
use buffa_descriptor::generated::descriptor::source_code_info::Location;

use crate::Rewriting;
use crate::order::each_message;
use crate::set::{Set, is_repeated};

pub(crate) const REWRITINGS: &[Rewriting] = &[
    ("no json_name where it is the default", |set| {
        each_message(set, &|message| {
            for field in message.field.iter_mut().chain(&mut message.extension) {
                if field.json_name.as_deref() == Some(&*camel(field.name.as_deref().unwrap())) {
                    field.json_name = None;
                }
            }
        });
    }),
    ("no json_name on extensions", |set| {
        for field in set.iter_mut().flat_map(|file| &mut file.extension) {
            field.json_name = None;
        }
    }),
    ("no source info", |set| {
        for file in set {
            file.source_code_info = buffa::MessageField::none();
            file.options.get_or_insert_default();
        }
    }),
    ("comments", |set| {
        for file in set {
            file.source_code_info
                .get_or_insert_default()
                .location
                .push(Location {
                    path: vec![4, 0],
                    span: vec![3, 0, 9],
                    leading_comments: Some(" A comment.".to_owned()),
                    ..Default::default()
                });
        }
    }),
    ("options that nobody can resolve", |set| {
        unknown_options(set, true);
    }),
    ("options of the languages stripped", |set| {
        unknown_options(set, false);
    }),
    ("flags that say false", |set| {
        for file in set.iter_mut() {
            let options = file.options.get_or_insert_default();
            options.deprecated.get_or_insert(false);
            options.java_multiple_files.get_or_insert(false);
            options.cc_enable_arenas.get_or_insert(true);
            options.cc_generic_services.get_or_insert(false);
            options.java_generic_services.get_or_insert(false);
            options.py_generic_services.get_or_insert(false);
            options.optimize_for.get_or_insert(OptimizeMode::SPEED);
            for service in &mut file.service {
                service
                    .options
                    .get_or_insert_default()
                    .deprecated
                    .get_or_insert(false);
                for method in &mut service.method {
                    method.client_streaming.get_or_insert(false);
                    method.server_streaming.get_or_insert(false);
                    let options = method.options.get_or_insert_default();
                    options.deprecated.get_or_insert(false);
                    let unknown = IdempotencyLevel::IDEMPOTENCY_UNKNOWN;
                    options.idempotency_level.get_or_insert(unknown);
                }
            }
        }
        each_message(set, &|message| {
            let options = message.options.get_or_insert_default();
            options.deprecated.get_or_insert(false);
            options.no_standard_descriptor_accessor.get_or_insert(false);
            options.message_set_wire_format.get_or_insert(false);
            for item in &mut message.enum_type {
                item.options
                    .get_or_insert_default()
                    .deprecated
                    .get_or_insert(false);
            }
            for field in &mut message.field {
                let options = field.options.get_or_insert_default();
                options.deprecated.get_or_insert(false);
                options.lazy.get_or_insert(false);
                options.jstype.get_or_insert(JSType::JS_NORMAL);
                if field.r#type == Some(Type::TYPE_STRING) {
                    options.ctype.get_or_insert(CType::STRING);
                }
            }
        });
    }),
    ("packed said where it is the default", |set| {
        for file in set {
            let packed = match file.syntax.as_deref() {
                Some("proto3") => true,
                Some("editions") => continue,
                _ => false,
            };
            let mut own = vec![file.clone()];
            each_message(&mut own, &|message| {
                for field in message.field.iter_mut().filter(|field| is_repeated(field)) {
                    let never = [
                        Type::TYPE_STRING,
                        Type::TYPE_BYTES,
                        Type::TYPE_MESSAGE,
                        Type::TYPE_GROUP,
                    ];
                    if !never.contains(&field.r#type.unwrap()) {
                        field
                            .options
                            .get_or_insert_default()
                            .packed
                            .get_or_insert(packed);
                    }
                }
            });
            *file = own.remove(0);
        }
    }),
    ("syntax proto2 said or not", |set| {
        for file in set {
            file.syntax = match file.syntax.take().as_deref() {
                None => Some("proto2".to_owned()),
                Some("proto2") => None,
                other => other.map(ToOwned::to_owned),
            };
        }
    }),
    ("reserved ranges cut into single numbers", |set| {
        each_message(set, &|message| {
            let single = |number| ReservedRange {
                start: Some(number),
                end: Some(number + 1),
                ..Default::default()
            };
            // One that goes on to the end would become half a billion.
            if message
                .reserved_range
                .iter()
                .any(|range| range.end.unwrap() > 1_000)
            {
                return;
            }
            message.reserved_range = message
                .reserved_range
                .iter()
                .flat_map(|range| range.start.unwrap()..range.end.unwrap())
                .map(single)
                .collect();
        });
    }),
    ("extension ranges cut in two", |set| {
        each_message(set, &|message| {
            let mut cut = Vec::new();
            for range in message.extension_range.drain(..) {
                let (start, end) = (range.start.unwrap(), range.end.unwrap());
                let middle = start + (end - start) / 2;
                let mut lower = range.clone();
                lower.end = Some(middle);
                let mut upper = range;
                upper.start = Some(middle);
                cut.extend(
                    [lower, upper]
                        .into_iter()
                        .filter(|range| range.start != range.end),
                );
            }
            message.extension_range = cut;
        });
    }),
    ("synthetic oneofs with another name", |set| {
        each_message(set, &|message| {
            for field in message
                .field
                .iter()
                .filter(|field| field.proto3_optional == Some(true))
            {
                let index = usize::try_from(field.oneof_index.unwrap()).unwrap();
                let name = message.oneof_decl[index].name.as_mut().unwrap();
                name.insert(0, 'X');
            }
        });
    }),
    ("no map entry says json_name", |set| {
        each_message(set, &|message| {
            if message.options.map_entry == Some(true) {
                for field in &mut message.field {
                    field.json_name = None;
                }
            }
        });
    }),
];

/// The default of `json_name`, as `protoc` derives it.
fn camel(name: &str) -> String {
    let mut upper = false;
    let mut text = String::new();
    for letter in name.chars() {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            text.extend(letter.to_uppercase());
        } else {
            text.push(letter);
        }
    }
    text
}

/// Puts an unknown field into all options, or takes all of them out.
fn unknown_options(set: &mut Set, put: bool) {
    macro_rules! on {
        ($options:expr) => {
            if put {
                let unknown = &mut $options.get_or_insert_default().__buffa_unknown_fields;
                unknown.push(UnknownField {
                    number: 77_777,
                    data: UnknownFieldData::Varint(5),
                });
            } else if let Some(options) = $options.as_option_mut() {
                options.__buffa_unknown_fields.clear();
            }
        };
    }
    for file in set.iter_mut() {
        on!(file.options);
        for item in &mut file.enum_type {
            on!(item.options);
            for value in &mut item.value {
                on!(value.options);
            }
        }
        for service in &mut file.service {
            on!(service.options);
            for method in &mut service.method {
                on!(method.options);
            }
        }
    }
    let visit = |message: &mut buffa_descriptor::generated::descriptor::DescriptorProto| {
        on!(message.options);
        for field in &mut message.field {
            on!(field.options);
        }
        for oneof in &mut message.oneof_decl {
            on!(oneof.options);
        }
    };
    each_message(set, &visit);
}
