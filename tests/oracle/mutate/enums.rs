//! Enums, their values, aliases and reserved numbers.

use buffa_descriptor::generated::descriptor::enum_descriptor_proto::EnumReservedRange;
use buffa_descriptor::generated::descriptor::{EnumDescriptorProto, EnumValueDescriptorProto};

use super::{Mutations, Syntax};
use crate::set::{EnumPlace, Set, enums, messages, redirect, remove_type};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for place in enums(set) {
        let item = place.of(set);
        // Open enums begin with zero, and so do those that are values of a map.
        let open =
            Syntax::of(&set[place.file]) != Syntax::Proto2 || item.value[0].number == Some(0);
        for index in 0..item.value.len() {
            value(set, &place, index, open, to);
        }
        whole(&place, item, open, to);
        reserved(&place, item, to);
    }
}

/// A field's default may name a value; such a value can only be renamed with it.
fn is_default(set: &Set, value: &str) -> bool {
    let of_messages = messages(set)
        .iter()
        .flat_map(|place| place.of(set).field.clone())
        .any(|field| field.default_value.as_deref() == Some(value));
    let of_extensions = set
        .iter()
        .flat_map(|file| &file.extension)
        .any(|field| field.default_value.as_deref() == Some(value));
    of_messages || of_extensions
}

fn value(set: &Set, place: &EnumPlace, index: usize, open: bool, to: &mut Mutations) {
    let item = place.of(set);
    let name = item.value[index].name.clone().unwrap();
    let number = item.value[index].number.unwrap();
    let at = format!("{}.{name}", place.name);
    let defaulted = is_default(set, &name);
    if !(open && index == 0) && item.value.len() > 1 && !defaulted {
        for (kind, by_number, by_name) in [
            ("delete-enum-value", false, false),
            ("delete-enum-value-reserve-number", true, false),
            ("delete-enum-value-reserve-name", false, true),
            ("delete-enum-value-reserve-both", true, true),
        ] {
            let (here, gone) = (place.clone(), name.clone());
            to.add(kind, &at, move |set| {
                let item = here.of_mut(set);
                item.value.remove(index);
                unalias(item);
                if by_number && !item.value.iter().any(|value| value.number == Some(number)) {
                    item.reserved_range.push(EnumReservedRange {
                        start: Some(number),
                        end: Some(number),
                        ..Default::default()
                    });
                }
                if by_name {
                    item.reserved_name.push(gone.clone());
                }
            });
        }
    }
    if !defaulted {
        let here = place.clone();
        to.add("rename-enum-value", &at, move |set| {
            here.of_mut(set).value[index].name = Some("RENAMED_HERE".to_owned());
        });
    }
    if !(open && index == 0) {
        let here = place.clone();
        to.add("renumber-enum-value", &at, move |set| {
            let item = here.of_mut(set);
            item.value[index].number = Some(55);
            unalias(item);
        });
        let other = (index + 1) % item.value.len();
        if !(open && other == 0) && item.value[other].number != Some(number) {
            let here = place.clone();
            to.add("swap-enum-numbers", &at, move |set| {
                let item = here.of_mut(set);
                item.value[index].number = item.value[other].number;
                item.value[other].number = Some(number);
            });
        }
    }
    let here = place.clone();
    to.add("deprecate-enum-value", &at, move |set| {
        let options = here.of_mut(set).value[index]
            .options
            .get_or_insert_default();
        options.deprecated = Some(!options.deprecated.unwrap_or(false));
    });
    let here = place.clone();
    to.add("add-alias", &at, move |set| {
        let item = here.of_mut(set);
        item.options.get_or_insert_default().allow_alias = Some(true);
        item.value.push(named("ADDED_ALIAS", number));
    });
}

/// Without two names for one number, an enum must not allow aliases.
fn unalias(item: &mut EnumDescriptorProto) {
    let mut numbers: Vec<_> = item.value.iter().map(|value| value.number).collect();
    numbers.sort_unstable();
    if numbers.windows(2).all(|pair| pair[0] != pair[1])
        && let Some(options) = item.options.as_option_mut()
    {
        options.allow_alias = None;
    }
}

fn named(name: &str, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        ..Default::default()
    }
}

fn whole(place: &EnumPlace, item: &EnumDescriptorProto, open: bool, to: &mut Mutations) {
    let full = place.name.clone();
    to.add("delete-enum", &place.name, move |set| {
        remove_type(set, &full);
    });
    let (here, full) = (place.clone(), place.name.clone());
    to.add("rename-enum", &place.name, move |set| {
        let outer = full.rsplit_once('.').unwrap().0;
        here.of_mut(set).name = Some("RenamedHere".to_owned());
        redirect(set, &full, &format!("{outer}.RenamedHere"));
    });
    to.enumeration("add-enum-value", place, |item| {
        item.value.push(named("ADDED_HERE", 55));
    });
    to.enumeration("deprecate-enum", place, |item| {
        item.options.get_or_insert_default().deprecated = Some(true);
    });
    // The first value of a closed enum is its fields' default, so its place means something.
    let firm = usize::from(!open) + 1;
    if item.value.len() > firm + 1 {
        let here = place.clone();
        let numbers_differ = item.value[firm..]
            .windows(2)
            .all(|v| v[0].number != v[1].number);
        if numbers_differ {
            to.neutral("reorder-enum-values", &place.name, move |set| {
                here.of_mut(set).value[firm..].reverse();
            });
        }
    }
}

fn reserved(place: &EnumPlace, item: &EnumDescriptorProto, to: &mut Mutations) {
    for index in 0..item.reserved_range.len() {
        to.enumeration("delete-enum-reserved-range", place, move |item| {
            item.reserved_range.remove(index);
        });
        let range = &item.reserved_range[index];
        if range.start != range.end {
            to.enumeration("shrink-enum-reserved-range", place, move |item| {
                let range = &mut item.reserved_range[index];
                range.start = range.start.map(|start| start + 1);
            });
        }
    }
    for index in 0..item.reserved_name.len() {
        to.enumeration("delete-enum-reserved-name", place, move |item| {
            item.reserved_name.remove(index);
        });
    }
}
