//! Declarations in another order.

use buffa_descriptor::generated::descriptor::DescriptorProto;

use crate::Rewriting;
use crate::set::{Set, enums, gather_oneofs};

pub(crate) const REWRITINGS: &[Rewriting] = &[
    ("files reversed", |set| set.reverse()),
    ("messages reversed", |set| {
        for file in set {
            file.message_type.reverse();
        }
    }),
    ("enums reversed", |set| {
        for file in set {
            file.enum_type.reverse();
        }
    }),
    ("services and methods reversed", |set| {
        for file in set {
            file.service.reverse();
            for service in &mut file.service {
                service.method.reverse();
            }
        }
    }),
    ("extensions reversed", |set| {
        for file in set.iter_mut() {
            file.extension.reverse();
        }
        each_message(set, &|message| message.extension.reverse());
    }),
    ("imports reversed", |set| {
        for file in set {
            file.dependency.reverse();
        }
    }),
    ("fields reversed", |set| {
        each_message(set, &|message| {
            message.field.reverse();
            gather_oneofs(message);
        });
    }),
    ("nested types reversed", |set| {
        each_message(set, &|message| {
            message.nested_type.reverse();
            message.enum_type.reverse();
        });
    }),
    ("oneofs in another order", |set| {
        each_message(set, &|message| {
            // Synthetic ones stay last.
            let written = message
                .field
                .iter()
                .filter(|field| field.proto3_optional != Some(true))
                .filter_map(|field| field.oneof_index)
                .max();
            let Some(last) = written else { return };
            let end = usize::try_from(last).unwrap() + 1;
            message.oneof_decl[..end].reverse();
            for field in &mut message.field {
                field.oneof_index = field
                    .oneof_index
                    .map(|index| if index <= last { last - index } else { index });
            }
        });
    }),
    ("reserved and extension ranges reversed", |set| {
        each_message(set, &|message| {
            message.reserved_range.reverse();
            message.reserved_name.reverse();
            message.extension_range.reverse();
        });
        for place in enums(set) {
            place.of_mut(set).reserved_range.reverse();
            place.of_mut(set).reserved_name.reverse();
        }
    }),
    ("enum values but the first in another order", |set| {
        for place in enums(set) {
            let values = &mut place.of_mut(set).value[1..];
            // Of two names for one number, the first is the one that is written.
            values.sort_by_key(|value| std::cmp::Reverse(value.number));
        }
    }),
];

/// Calls `change` on every message, nested ones included.
pub(crate) fn each_message(set: &mut Set, change: &dyn Fn(&mut DescriptorProto)) {
    fn within(message: &mut DescriptorProto, change: &dyn Fn(&mut DescriptorProto)) {
        change(message);
        for nested in &mut message.nested_type {
            within(nested, change);
        }
    }
    for message in set.iter_mut().flat_map(|file| &mut file.message_type) {
        within(message, change);
    }
}
