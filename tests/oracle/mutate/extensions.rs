//! Extensions: there or not, name, number, type and label.

use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};

use super::Mutations;
use super::fields::bare;
use crate::set::{Set, is_repeated, messages};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for (file, descriptor) in set.iter().enumerate() {
        for (index, field) in descriptor.extension.iter().enumerate() {
            let name = field.name.as_deref().unwrap();
            let custom = field
                .extendee
                .as_deref()
                .is_some_and(|e| e.contains("google.protobuf"));
            let place = format!("{} [{name}]", descriptor.name.as_deref().unwrap());
            to.add("delete-extension", &place, move |set| {
                set[file].extension.remove(index);
            });
            to.add("rename-extension", &place, move |set| {
                set[file].extension[index].name = Some("renamed_here".to_owned());
                set[file].extension[index].json_name = Some("renamedHere".to_owned());
            });
            if custom {
                continue;
            }
            to.add("renumber-extension", &place, move |set| {
                set[file].extension[index].number = Some(199);
            });
            to.add("relabel-extension", &place, move |set| {
                let field = &mut set[file].extension[index];
                let repeated = is_repeated(field);
                field.default_value = None;
                field.options.take();
                field.label = Some(if repeated {
                    Label::LABEL_OPTIONAL
                } else {
                    Label::LABEL_REPEATED
                });
            });
            for (target, word) in [(Type::TYPE_BYTES, "bytes"), (Type::TYPE_DOUBLE, "double")] {
                to.add(format!("retype-extension-to-{word}"), &place, move |set| {
                    let field = &mut set[file].extension[index];
                    bare(field);
                    field.r#type = Some(target);
                    if target == Type::TYPE_BYTES {
                        field.options.take();
                    }
                });
            }
        }
    }
    for place in messages(set) {
        for (index, field) in place.of(set).extension.iter().enumerate() {
            let name = format!("{}.[{}]", place.name, field.name.as_deref().unwrap());
            let at = place.clone();
            to.add("delete-nested-extension", name, move |set| {
                at.of_mut(set).extension.remove(index);
            });
        }
    }
}
