//! Oneofs and who is in them.

use buffa_descriptor::generated::descriptor::field_descriptor_proto::Label;
use buffa_descriptor::generated::descriptor::{DescriptorProto, OneofDescriptorProto};

use super::Mutations;
use crate::set::{
    MessagePlace, Set, drop_empty_oneofs, gather_oneofs, in_oneof, is_repeated, messages,
    remove_fields,
};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for place in messages(set) {
        let message = place.of(set);
        let written: Vec<i32> = (0..message.oneof_decl.len())
            .map(|index| i32::try_from(index).unwrap())
            .filter(|index| {
                let own = |field: &&_| in_oneof(field) && field.oneof_index == Some(*index);
                message.field.iter().any(|field| own(&field))
            })
            .collect();
        for index in &written {
            oneof(&place, message, *index, to);
        }
        for (at, field) in message.field.iter().enumerate() {
            member(&place, message, at, &written, to);
            let free = field.oneof_index.is_none()
                && !is_repeated(field)
                && field.label != Some(Label::LABEL_REQUIRED)
                && field.default_value.is_none()
                && field.options.features.as_option().is_none();
            if free {
                into(&place, at, &written, to);
            }
        }
    }
}

fn oneof(place: &MessagePlace, message: &DescriptorProto, index: i32, to: &mut Mutations) {
    let at = usize::try_from(index).unwrap();
    let name = message.oneof_decl[at].name.clone().unwrap();
    let place_name = format!("{}.{name}", place.name);
    let here = place.clone();
    to.add("delete-oneof-with-fields", &place_name, move |set| {
        remove_fields(here.of_mut(set), &|field| field.oneof_index == Some(index));
    });
    let here = place.clone();
    to.add("dissolve-oneof", &place_name, move |set| {
        let message = here.of_mut(set);
        for field in &mut message.field {
            field.oneof_index = field.oneof_index.filter(|own| *own != index);
        }
        drop_empty_oneofs(message);
    });
    let here = place.clone();
    to.add("rename-oneof", &place_name, move |set| {
        here.of_mut(set).oneof_decl[at].name = Some("renamed_oneof".to_owned());
    });
}

fn member(
    place: &MessagePlace,
    message: &DescriptorProto,
    at: usize,
    written: &[i32],
    to: &mut Mutations,
) {
    let field = &message.field[at];
    if !in_oneof(field) {
        return;
    }
    let name = format!("{}.{}", place.name, field.name.as_deref().unwrap());
    let here = place.clone();
    to.add("move-out-of-oneof", &name, move |set| {
        let message = here.of_mut(set);
        let mut field = message.field.remove(at);
        field.oneof_index = None;
        message.field.push(field);
        drop_empty_oneofs(message);
    });
    for other in written {
        if Some(*other) == field.oneof_index {
            continue;
        }
        let (here, other) = (place.clone(), *other);
        to.add("move-to-another-oneof", &name, move |set| {
            let message = here.of_mut(set);
            message.field[at].oneof_index = Some(other);
            gather_oneofs(message);
            drop_empty_oneofs(message);
        });
    }
}

fn into(place: &MessagePlace, at: usize, written: &[i32], to: &mut Mutations) {
    for index in written {
        let index = *index;
        to.message("move-into-oneof", place, move |message| {
            message.field[at].oneof_index = Some(index);
            gather_oneofs(message);
        });
    }
    // A new one comes before the synthetic ones, so those count on.
    to.message("move-into-new-oneof", place, move |message| {
        for field in &mut message.field {
            if let Some(index) = field.oneof_index.as_mut() {
                *index += 1;
            }
        }
        message.field[at].oneof_index = Some(0);
        let name = Some("new_oneof".to_owned());
        message.oneof_decl.insert(
            0,
            OneofDescriptorProto {
                name,
                ..Default::default()
            },
        );
    });
}
