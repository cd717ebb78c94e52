//! Whole messages, and what they hold beside fields.

use super::Mutations;
use crate::set::{MessagePlace, Set, messages, redirect, remove_type};
use buffa_descriptor::generated::descriptor::DescriptorProto;
use buffa_descriptor::generated::descriptor::field_descriptor_proto::Type;

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    let groups: Vec<String> = messages(set)
        .iter()
        .flat_map(|place| place.of(set).field.clone())
        .filter(|field| field.r#type == Some(Type::TYPE_GROUP))
        .filter_map(|field| field.type_name)
        .collect();
    for place in messages(set) {
        let message = place.of(set);
        whole(&place, groups.contains(&format!(".{}", place.name)), to);
        options(&place, to);
        ranges(&place, message, to);
        if message.field.len() > 1 && message.oneof_decl.is_empty() {
            let at = place.clone();
            to.neutral("reorder-fields", &place.name, move |set| {
                at.of_mut(set).field.reverse();
            });
        }
        if message.nested_type.len() > 1 {
            let at = place.clone();
            to.neutral("reorder-nested", &place.name, move |set| {
                at.of_mut(set).nested_type.reverse();
            });
        }
    }
}

fn whole(place: &MessagePlace, is_group: bool, to: &mut Mutations) {
    let full = place.name.clone();
    let kind = if place.is_nested() {
        "delete-nested-message"
    } else {
        "delete-message"
    };
    to.add(kind, &place.name, move |set| remove_type(set, &full));
    if !is_group {
        let (at, full) = (place.clone(), place.name.clone());
        to.add("rename-message", &place.name, move |set| {
            let outer = full.rsplit_once('.').map_or("", |(outer, _)| outer);
            at.of_mut(set).name = Some("RenamedHere".to_owned());
            redirect(set, &full, &format!("{outer}.RenamedHere"));
        });
    }
    to.message("add-nested-message", place, |message| {
        message.nested_type.push(DescriptorProto {
            name: Some("AddedHere".to_owned()),
            ..Default::default()
        });
    });
}

fn options(place: &MessagePlace, to: &mut Mutations) {
    to.message("deprecate-message", place, |message| {
        message.options.get_or_insert_default().deprecated = Some(true);
    });
    to.message("remove-standard-accessor", place, |message| {
        let options = message.options.get_or_insert_default();
        options.no_standard_descriptor_accessor = Some(true);
    });
}

fn ranges(place: &MessagePlace, message: &DescriptorProto, to: &mut Mutations) {
    for index in 0..message.reserved_range.len() {
        to.message("delete-reserved-range", place, move |message| {
            message.reserved_range.remove(index);
        });
        let range = &message.reserved_range[index];
        if range.end.unwrap() - range.start.unwrap() > 1 {
            to.message("shrink-reserved-range", place, move |message| {
                let range = &mut message.reserved_range[index];
                range.start = range.start.map(|start| start + 1);
            });
        }
    }
    for index in 0..message.reserved_name.len() {
        to.message("delete-reserved-name", place, move |message| {
            message.reserved_name.remove(index);
        });
    }
    for index in 0..message.extension_range.len() {
        let (place, at) = (place.clone(), place.name.clone());
        let here = place.clone();
        to.add("delete-extension-range", &at, move |set| {
            let range = here.of_mut(set).extension_range.remove(index);
            let numbers = range.start.unwrap()..range.end.unwrap();
            remove_extensions(set, &here.name, &|number| numbers.contains(&number));
        });
        let here = place.clone();
        to.add("shrink-extension-range", &at, move |set| {
            let range = &mut here.of_mut(set).extension_range[index];
            let end = range.end.unwrap() - 1;
            range.end = Some(end);
            if range.start == Some(end) {
                here.of_mut(set).extension_range.remove(index);
            }
            remove_extensions(set, &here.name, &|number| number == end);
        });
    }
}

/// Removes the extensions of a message that no range of it admits any more.
fn remove_extensions(set: &mut Set, extended: &str, gone: &dyn Fn(i32) -> bool) {
    let extended = format!(".{extended}");
    let leaves = |field: &buffa_descriptor::generated::descriptor::FieldDescriptorProto| {
        field.extendee.as_ref() == Some(&extended) && gone(field.number.unwrap())
    };
    for file in set.iter_mut() {
        file.extension.retain(|field| !leaves(field));
    }
    for place in messages(set) {
        place.of_mut(set).extension.retain(|field| !leaves(field));
    }
}
