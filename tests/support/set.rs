//! Finding and changing declarations in a set of files, so that the set stays one that a compiler
//! could have made. Included by test targets with `#[path]`.

use buffa_descriptor::generated::descriptor::field_descriptor_proto::Label;
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

/// The files of one schema.
pub(crate) type Set = Vec<FileDescriptorProto>;

/// Where a message is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessagePlace {
    pub(crate) file: usize,
    path: Vec<usize>,
    /// Full name, without a leading dot.
    pub(crate) name: String,
}

impl MessagePlace {
    pub(crate) fn of<'s>(&self, set: &'s Set) -> &'s DescriptorProto {
        let (first, rest) = self.path.split_first().unwrap();
        rest.iter()
            .fold(&set[self.file].message_type[*first], |outer, index| {
                &outer.nested_type[*index]
            })
    }

    pub(crate) fn of_mut<'s>(&self, set: &'s mut Set) -> &'s mut DescriptorProto {
        let (first, rest) = self.path.split_first().unwrap();
        rest.iter()
            .fold(&mut set[self.file].message_type[*first], |outer, index| {
                &mut outer.nested_type[*index]
            })
    }

    pub(crate) fn is_nested(&self) -> bool {
        self.path.len() > 1
    }
}

/// Where an enum is declared.
#[derive(Debug, Clone)]
pub(crate) struct EnumPlace {
    pub(crate) file: usize,
    outer: Option<MessagePlace>,
    index: usize,
    /// Full name, without a leading dot.
    pub(crate) name: String,
}

impl EnumPlace {
    pub(crate) fn of<'s>(&self, set: &'s Set) -> &'s EnumDescriptorProto {
        match &self.outer {
            Some(outer) => &outer.of(set).enum_type[self.index],
            None => &set[self.file].enum_type[self.index],
        }
    }

    pub(crate) fn of_mut<'s>(&self, set: &'s mut Set) -> &'s mut EnumDescriptorProto {
        match &self.outer {
            Some(outer) => &mut outer.of_mut(set).enum_type[self.index],
            None => &mut set[self.file].enum_type[self.index],
        }
    }
}

/// Every message but the entries of maps.
pub(crate) fn messages(set: &Set) -> Vec<MessagePlace> {
    fn nested(message: &DescriptorProto, place: MessagePlace, found: &mut Vec<MessagePlace>) {
        for (index, inner) in message.nested_type.iter().enumerate() {
            let path = [place.path.as_slice(), &[index]].concat();
            let name = format!("{}.{}", place.name, inner.name.as_deref().unwrap());
            let file = place.file;
            nested(inner, MessagePlace { file, path, name }, found);
        }
        if !is_entry(message) {
            found.push(place);
        }
    }
    let mut found = Vec::new();
    for (file, descriptor) in set.iter().enumerate() {
        for (index, message) in descriptor.message_type.iter().enumerate() {
            let name = within(descriptor, message.name.as_deref());
            let path = vec![index];
            nested(message, MessagePlace { file, path, name }, &mut found);
        }
    }
    found
}

/// Every enum.
pub(crate) fn enums(set: &Set) -> Vec<EnumPlace> {
    let mut found = Vec::new();
    for (file, descriptor) in set.iter().enumerate() {
        for (index, item) in descriptor.enum_type.iter().enumerate() {
            let name = within(descriptor, item.name.as_deref());
            let outer = None;
            found.push(EnumPlace {
                file,
                outer,
                index,
                name,
            });
        }
    }
    for place in messages(set) {
        for (index, item) in place.of(set).enum_type.iter().enumerate() {
            found.push(EnumPlace {
                file: place.file,
                name: format!("{}.{}", place.name, item.name.as_deref().unwrap()),
                outer: Some(place.clone()),
                index,
            });
        }
    }
    found
}

/// Full name of what a file declares at its top.
pub(crate) fn within(file: &FileDescriptorProto, name: Option<&str>) -> String {
    let name = name.unwrap();
    match file.package.as_deref() {
        Some(package) if !package.is_empty() => format!("{package}.{name}"),
        _ => name.to_owned(),
    }
}

pub(crate) fn is_entry(message: &DescriptorProto) -> bool {
    message.options.map_entry == Some(true)
}

pub(crate) fn is_repeated(field: &FieldDescriptorProto) -> bool {
    field.label == Some(Label::LABEL_REPEATED)
}

/// The index of the map entry that is a field's type.
pub(crate) fn entry_of(message: &DescriptorProto, field: &FieldDescriptorProto) -> Option<usize> {
    let name = field.type_name.as_deref()?.rsplit('.').next()?;
    message
        .nested_type
        .iter()
        .position(|nested| is_entry(nested) && nested.name.as_deref() == Some(name))
        .filter(|_| is_repeated(field))
}

/// Whether a field is in a oneof that its author wrote.
pub(crate) fn in_oneof(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && field.proto3_optional != Some(true)
}

/// A number that nothing in the message uses or reserves.
pub(crate) fn free_number(message: &DescriptorProto) -> i32 {
    let reserved = message
        .reserved_range
        .iter()
        .map(|range| (range.start, range.end));
    let extended = message
        .extension_range
        .iter()
        .map(|range| (range.start, range.end));
    let taken: Vec<(i32, i32)> = reserved
        .chain(extended)
        .map(|(start, end)| (start.unwrap(), end.unwrap()))
        .collect();
    (1..=1 << 29)
        .find(|number| {
            !message
                .field
                .iter()
                .any(|field| field.number == Some(*number))
                && !taken
                    .iter()
                    .any(|(start, end)| (*start..*end).contains(number))
        })
        .unwrap()
}

/// Removes the fields that `gone` chooses, with their map entries and the oneofs that they empty.
pub(crate) fn remove_fields(
    message: &mut DescriptorProto,
    gone: &dyn Fn(&FieldDescriptorProto) -> bool,
) {
    let leaving: Vec<_> = message.field.iter().filter(|f| gone(f)).cloned().collect();
    let entries: Vec<String> = leaving
        .iter()
        .filter_map(|field| entry_of(message, field))
        .map(|index| message.nested_type[index].name.clone().unwrap())
        .collect();
    message.field.retain(|field| !gone(field));
    message
        .nested_type
        .retain(|nested| !entries.contains(nested.name.as_ref().unwrap()));
    drop_empty_oneofs(message);
}

/// Removes oneofs without a member, and counts the others anew.
pub(crate) fn drop_empty_oneofs(message: &mut DescriptorProto) {
    let mut index = 0;
    while index < message.oneof_decl.len() {
        let number = i32::try_from(index).unwrap();
        if message
            .field
            .iter()
            .any(|field| field.oneof_index == Some(number))
        {
            index += 1;
            continue;
        }
        message.oneof_decl.remove(index);
        for field in &mut message.field {
            if let Some(own) = field.oneof_index.as_mut().filter(|own| **own > number) {
                *own -= 1;
            }
        }
    }
}

/// Puts the members of each oneof together, as a source would have them.
pub(crate) fn gather_oneofs(message: &mut DescriptorProto) {
    let mut fields: Vec<FieldDescriptorProto> = Vec::with_capacity(message.field.len());
    for field in std::mem::take(&mut message.field) {
        let sibling = |other: &FieldDescriptorProto| {
            field.oneof_index.is_some() && other.oneof_index == field.oneof_index
        };
        match fields.iter().rposition(sibling) {
            Some(last) => fields.insert(last + 1, field),
            None => fields.push(field),
        }
    }
    message.field = fields;
}

/// Calls `visit` with every name of a type that the set refers to.
pub(crate) fn references(set: &mut Set, visit: &mut dyn FnMut(&mut String)) {
    fn of_field(field: &mut FieldDescriptorProto, visit: &mut dyn FnMut(&mut String)) {
        field.type_name.as_mut().map(&mut *visit);
        field.extendee.as_mut().map(&mut *visit);
    }
    fn of_message(message: &mut DescriptorProto, visit: &mut dyn FnMut(&mut String)) {
        for field in message.field.iter_mut().chain(&mut message.extension) {
            of_field(field, visit);
        }
        for nested in &mut message.nested_type {
            of_message(nested, visit);
        }
    }
    for file in set {
        for field in &mut file.extension {
            of_field(field, visit);
        }
        for message in &mut file.message_type {
            of_message(message, visit);
        }
        for method in file
            .service
            .iter_mut()
            .flat_map(|service| &mut service.method)
        {
            method.input_type.as_mut().map(&mut *visit);
            method.output_type.as_mut().map(&mut *visit);
        }
    }
}

/// Makes every reference to `from`, or to what is inside it, one to `to`.
pub(crate) fn redirect(set: &mut Set, from: &str, to: &str) {
    references(set, &mut |name| {
        if let Some(rest) = inside(name, from) {
            *name = format!(".{to}{rest}");
        }
    });
}

/// What follows `outer` in a reference to it or into it.
fn inside<'n>(name: &'n str, outer: &str) -> Option<&'n str> {
    let rest = name.strip_prefix('.')?.strip_prefix(outer)?;
    (rest.is_empty() || rest.starts_with('.')).then_some(rest)
}

/// Removes whatever refers to a type: fields, extensions and methods.
pub(crate) fn remove_references(set: &mut Set, to: &str) {
    fn refers(field: &FieldDescriptorProto, to: &str) -> bool {
        [&field.type_name, &field.extendee]
            .into_iter()
            .flatten()
            .any(|name| inside(name, to).is_some())
    }
    fn of_message(message: &mut DescriptorProto, to: &str) {
        let copy = message.clone();
        let through_entry = |field: &FieldDescriptorProto| {
            entry_of(&copy, field)
                .is_some_and(|index| copy.nested_type[index].field.iter().any(|f| refers(f, to)))
        };
        if !is_entry(message) {
            remove_fields(message, &|field| refers(field, to) || through_entry(field));
        }
        message.extension.retain(|field| !refers(field, to));
        for nested in &mut message.nested_type {
            of_message(nested, to);
        }
    }
    for file in set {
        file.extension.retain(|field| !refers(field, to));
        for message in &mut file.message_type {
            of_message(message, to);
        }
        for service in &mut file.service {
            service.method.retain(|method| {
                ![&method.input_type, &method.output_type]
                    .into_iter()
                    .flatten()
                    .any(|name| inside(name, to).is_some())
            });
        }
    }
}

/// Removes a message or enum, and whatever refers to it.
pub(crate) fn remove_type(set: &mut Set, full: &str) {
    fn of_message(message: &mut DescriptorProto, outer: &str, full: &str) {
        let own = |name: &Option<String>| format!("{outer}.{}", name.as_deref().unwrap()) == full;
        message.nested_type.retain(|nested| !own(&nested.name));
        message.enum_type.retain(|item| !own(&item.name));
        for nested in &mut message.nested_type {
            let name = format!("{outer}.{}", nested.name.as_deref().unwrap());
            of_message(nested, &name, full);
        }
    }
    remove_references(set, full);
    for file in set {
        let copy = FileDescriptorProto {
            package: file.package.clone(),
            ..Default::default()
        };
        let own = |name: &Option<String>| within(&copy, name.as_deref()) == full;
        file.message_type.retain(|message| !own(&message.name));
        file.enum_type.retain(|item| !own(&item.name));
        for message in &mut file.message_type {
            let name = within(&copy, message.name.as_deref());
            of_message(message, &name, full);
        }
    }
}

/// Removes a file with all that it declares, and whatever refers to that.
pub(crate) fn remove_file(set: &mut Set, index: usize) {
    let file = set[index].clone();
    let messages = file.message_type.iter().map(|message| &message.name);
    let items = file.enum_type.iter().map(|item| &item.name);
    for name in messages.chain(items) {
        remove_type(set, &within(&file, name.as_deref()));
    }
    set.remove(index);
    for other in set {
        let public: Vec<String> = other
            .public_dependency
            .iter()
            .map(|at| other.dependency[usize::try_from(*at).unwrap()].clone())
            .filter(|name| Some(name) != file.name.as_ref())
            .collect();
        other
            .dependency
            .retain(|name| Some(name) != file.name.as_ref());
        other.public_dependency = public
            .iter()
            .map(|name| other.dependency.iter().position(|d| d == name).unwrap())
            .map(|at| i32::try_from(at).unwrap())
            .collect();
    }
}
