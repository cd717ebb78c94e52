//! The same declarations in other files.

use buffa_descriptor::generated::descriptor::FileDescriptorProto;

use crate::Rewriting;
use crate::set::Set;

pub(crate) const REWRITINGS: &[Rewriting] = &[
    ("another import root", |set| {
        rename(set, |name| format!("proto/{name}"));
    }),
    ("files with other names", |set| {
        rename(set, |name| name.replace(".proto", "_defs.proto"));
    }),
    ("one file per declaration", split),
    ("one file per package", merge),
    ("a file that comes twice", |set| {
        let copies: Vec<FileDescriptorProto> = set
            .iter()
            .cloned()
            .map(|mut file| {
                file.name = file.name.map(|name| format!("again/{name}"));
                file
            })
            .collect();
        set.extend(copies);
    }),
    ("imports that nothing needs", |set| {
        let names: Vec<String> = set.iter().filter_map(|file| file.name.clone()).collect();
        for file in set {
            let own = file.name.clone();
            let more = names.iter().filter(|name| Some(*name) != own.as_ref());
            file.dependency = more.cloned().collect();
        }
    }),
    ("imports that are public", |set| {
        for file in set {
            file.public_dependency = (0..).take(file.dependency.len()).collect();
        }
    }),
];

fn rename(set: &mut Set, new: fn(&str) -> String) {
    for file in set {
        file.name = file.name.as_deref().map(new);
        for import in &mut file.dependency {
            *import = new(import);
        }
    }
}

/// Every top-level declaration in a file of its own, with its file's package, syntax and options.
fn split(set: &mut Set) {
    let mut parts = Set::new();
    for file in std::mem::take(set) {
        let bare = FileDescriptorProto {
            message_type: Vec::new(),
            enum_type: Vec::new(),
            service: Vec::new(),
            extension: Vec::new(),
            source_code_info: buffa::MessageField::none(),
            ..file.clone()
        };
        let mut add = |change: &dyn Fn(&mut FileDescriptorProto)| {
            let mut part = bare.clone();
            part.name = Some(format!("part{}.proto", parts.len()));
            change(&mut part);
            parts.push(part);
        };
        for message in file.message_type {
            add(&|part| part.message_type = vec![message.clone()]);
        }
        for item in file.enum_type {
            add(&|part| part.enum_type = vec![item.clone()]);
        }
        for service in file.service {
            add(&|part| part.service = vec![service.clone()]);
        }
        for extension in file.extension {
            add(&|part| part.extension = vec![extension.clone()]);
        }
    }
    *set = parts;
}

/// Files of one package, syntax and options become one.
fn merge(set: &mut Set) {
    let mut whole = Set::new();
    for mut file in std::mem::take(set) {
        let same = whole.iter_mut().find(|known: &&mut FileDescriptorProto| {
            known.package == file.package
                && known.syntax == file.syntax
                && known.options == file.options
        });
        match same {
            Some(known) => {
                known.message_type.append(&mut file.message_type);
                known.enum_type.append(&mut file.enum_type);
                known.service.append(&mut file.service);
                known.extension.append(&mut file.extension);
            }
            None => whole.push(file),
        }
    }
    *set = whole;
}
