//! Whole files and packages: there or not, syntax, and the options that generators read.

use buffa_descriptor::generated::descriptor::feature_set::{FieldPresence, RepeatedFieldEncoding};
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::file_options::OptimizeMode;
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, Edition, FileDescriptorProto, FileOptions,
};

use super::{Mutations, Syntax};
use crate::set::{Set, drop_empty_oneofs, messages, redirect, remove_file, within};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for (index, file) in set.iter().enumerate() {
        let name = file.name.clone().unwrap();
        // The other bases are about Google's own files.
        if name.starts_with("google/") && set.len() > 4 {
            continue;
        }
        if set.len() > 1 {
            to.add("delete-file", &name, move |set| remove_file(set, index));
        }
        to.add("rename-package", &name, move |set| {
            rename_package(set, index);
        });
        to.neutral("rename-file", &name, move |set| {
            let old = set[index].name.clone();
            let new = format!("root/{}", old.as_deref().unwrap());
            for file in set.iter_mut() {
                for import in &mut file.dependency {
                    if Some(&*import) == old.as_ref() {
                        import.clone_from(&new);
                    }
                }
            }
            set[index].name = Some(new);
        });
        syntax(set, index, to);
        options((index, file), to);
    }
    let mut packages: Vec<_> = set.iter().filter_map(|file| file.package.clone()).collect();
    packages.sort();
    packages.dedup();
    if packages.len() > 1 {
        for package in packages
            .into_iter()
            .filter(|package| !package.starts_with("google"))
        {
            to.add("delete-package", package.clone(), move |set| {
                while let Some(index) = set
                    .iter()
                    .position(|file| file.package.as_ref() == Some(&package))
                {
                    remove_file(set, index);
                }
            });
        }
    }
}

fn rename_package(set: &mut Set, index: usize) {
    let file = set[index].clone();
    let package = format!("renamed.{}", file.package.as_deref().unwrap());
    let messages = file.message_type.iter().map(|message| &message.name);
    let items = file.enum_type.iter().map(|item| &item.name);
    for name in messages.chain(items) {
        let full = within(&file, name.as_deref());
        redirect(set, &full, &format!("renamed.{full}"));
    }
    set[index].package = Some(package);
}

fn syntax(set: &Set, index: usize, to: &mut Mutations) {
    let file = &set[index];
    if Syntax::of(file) == Syntax::Proto3 {
        to.file("proto3-to-editions", (index, file), editions_twin);
    }
    match Syntax::of(file) {
        Syntax::Proto3 => to.file("proto3-to-proto2", (index, file), |file| {
            fn plain(message: &mut DescriptorProto) {
                for field in &mut message.field {
                    if field.proto3_optional == Some(true) {
                        field.proto3_optional = None;
                        field.oneof_index = None;
                    }
                }
                drop_empty_oneofs(message);
                message.nested_type.iter_mut().for_each(plain);
            }
            file.syntax = None;
            file.message_type.iter_mut().for_each(plain);
        }),
        Syntax::Proto2 if could_be_proto3(set, index) => {
            to.file("proto2-to-proto3", (index, file), |file| {
                file.syntax = Some("proto3".to_owned());
            });
        }
        _ => {}
    }
}

/// The same in an Editions file: what the syntax said, said by features.
fn editions_twin(file: &mut FileDescriptorProto) {
    fn twin(message: &mut DescriptorProto) {
        for field in &mut message.field {
            if field.proto3_optional.take() == Some(true) {
                field.oneof_index = None;
                let features = &mut field.options.get_or_insert_default().features;
                features.get_or_insert_default().field_presence = Some(FieldPresence::EXPLICIT);
            }
            if field.options.packed == Some(false) {
                let options = field.options.get_or_insert_default();
                options.packed = None;
                options
                    .features
                    .get_or_insert_default()
                    .repeated_field_encoding = Some(RepeatedFieldEncoding::EXPANDED);
            }
        }
        drop_empty_oneofs(message);
        message.nested_type.iter_mut().for_each(twin);
    }
    file.syntax = Some("editions".to_owned());
    file.edition = Some(Edition::EDITION_2023);
    let features = &mut file.options.get_or_insert_default().features;
    features.get_or_insert_default().field_presence = Some(FieldPresence::IMPLICIT);
    file.message_type.iter_mut().for_each(twin);
}

fn could_be_proto3(set: &Set, index: usize) -> bool {
    let file = &set[index];
    let fits = messages(set)
        .iter()
        .filter(|place| place.file == index)
        .map(|place| place.of(set))
        .all(|message| {
            message.extension_range.is_empty()
                && message.extension.is_empty()
                && message.field.iter().all(|field| {
                    field.default_value.is_none()
                        && field.label != Some(Label::LABEL_REQUIRED)
                        && field.r#type != Some(Type::TYPE_GROUP)
                        && field.r#type != Some(Type::TYPE_ENUM)
                })
        });
    fits && file.extension.is_empty() && file.enum_type.is_empty()
}

/// A text option: its name and its place.
type Text = (&'static str, fn(&mut FileOptions) -> &mut Option<String>);

const TEXTS: [Text; 10] = [
    ("csharp-namespace", |options| &mut options.csharp_namespace),
    ("go-package", |options| &mut options.go_package),
    ("java-outer-classname", |options| {
        &mut options.java_outer_classname
    }),
    ("java-package", |options| &mut options.java_package),
    ("objc-class-prefix", |options| {
        &mut options.objc_class_prefix
    }),
    ("php-class-prefix", |options| &mut options.php_class_prefix),
    ("php-metadata-namespace", |options| {
        &mut options.php_metadata_namespace
    }),
    ("php-namespace", |options| &mut options.php_namespace),
    ("ruby-package", |options| &mut options.ruby_package),
    ("swift-prefix", |options| &mut options.swift_prefix),
];

/// A flag: its name, its place and its default.
type Flag = (
    &'static str,
    fn(&mut FileOptions) -> &mut Option<bool>,
    bool,
);

const FLAGS: [Flag; 6] = [
    (
        "cc-enable-arenas",
        |options| &mut options.cc_enable_arenas,
        true,
    ),
    (
        "cc-generic-services",
        |options| &mut options.cc_generic_services,
        false,
    ),
    (
        "java-generic-services",
        |options| &mut options.java_generic_services,
        false,
    ),
    (
        "java-multiple-files",
        |options| &mut options.java_multiple_files,
        false,
    ),
    (
        "java-string-check-utf8",
        |options| &mut options.java_string_check_utf8,
        false,
    ),
    (
        "py-generic-services",
        |options| &mut options.py_generic_services,
        false,
    ),
];

fn options((index, file): (usize, &FileDescriptorProto), to: &mut Mutations) {
    let editions = Syntax::of(file) == Syntax::Editions;
    for (name, option) in TEXTS {
        to.file(format!("change-{name}"), (index, file), move |file| {
            let option = option(file.options.get_or_insert_default());
            *option = Some("Another".to_owned());
        });
        if option(&mut file.options.as_option().cloned().unwrap_or_default()).is_some() {
            to.file(format!("delete-{name}"), (index, file), move |file| {
                *option(file.options.get_or_insert_default()) = None;
            });
        }
    }
    for (name, option, default) in FLAGS {
        // Editions have a feature in this option's place.
        if editions && name == "java-string-check-utf8" {
            continue;
        }
        to.file(format!("change-{name}"), (index, file), move |file| {
            let option = option(file.options.get_or_insert_default());
            *option = Some(!option.unwrap_or(default));
        });
    }
    to.file("change-optimize-for", (index, file), |file| {
        file.options.get_or_insert_default().optimize_for = Some(OptimizeMode::CODE_SIZE);
    });
    to.file("deprecate-file", (index, file), |file| {
        file.options.get_or_insert_default().deprecated = Some(true);
    });
}
