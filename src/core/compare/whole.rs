//! What lies outside calls (`--scope all`): types that no method reaches, packages, files.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::Walk;
use crate::core::change::{Change, ChangeKind};
use crate::core::schema::{FileFacts, Location, Schema};

/// Puts every type of the client that no call reaches into the walk, or records that the server
/// lacks it. Runs when the walk has visited what calls reach.
pub(super) fn types<'a>(walk: &mut Walk<'a>, server: &'a Schema, client: &'a Schema) {
    let gone = |name: &str| !server.messages.contains_key(name) && !server.enums.contains_key(name);
    // A type inside one that is missing is missing with it.
    let within_missing = |name: &str| {
        name.rsplit_once('.')
            .is_some_and(|(outer, _)| client.messages.contains_key(outer) && gone(outer))
    };
    for (name, message) in &client.messages {
        if walk.met_message(name) || message.imported || message.map_entry {
            continue;
        }
        if server.messages.contains_key(name) {
            walk.visit_message(name);
        } else if !within_missing(name) {
            walk.settle(missing(
                ChangeKind::MessageMissing,
                name,
                message.location.as_ref(),
            ));
        }
    }
    for (name, item) in &client.enums {
        if walk.met_enum(name) || item.imported {
            continue;
        }
        if server.enums.contains_key(name) {
            walk.visit_enum(name);
        } else if !within_missing(name) {
            walk.settle(missing(
                ChangeKind::EnumMissing,
                name,
                item.location.as_ref(),
            ));
        }
    }
}

fn missing(kind: ChangeKind, name: &str, location: Option<&Location>) -> Change {
    Change {
        kind,
        subject: name.to_owned(),
        server: None,
        client: None,
        location: location.cloned(),
        methods: Vec::new(),
    }
}

/// Compares packages, and files of one name.
pub(super) fn files<'a>(walk: &mut Walk<'a>, server: &'a Schema, client: &'a Schema) {
    let packages = |schema: &'a Schema| -> BTreeSet<&'a str> {
        schema
            .files
            .iter()
            .map(|file| file.package.as_str())
            .collect()
    };
    let served = packages(server);
    let mut reported = BTreeSet::new();
    for file in client.files.iter().filter(|file| !file.imported) {
        let package = file.package.as_str();
        if !served.contains(package) && reported.insert(package) {
            walk.settle(missing(
                ChangeKind::PackageMissing,
                package,
                file.location.as_ref(),
            ));
        }
    }
    if server.lossy || client.lossy {
        return;
    }
    let by_name: BTreeMap<&str, &FileFacts> = server
        .files
        .iter()
        .map(|file| (file.name.as_str(), file))
        .collect();
    for file in client.files.iter().filter(|file| !file.imported) {
        if let Some(other) = by_name.get(file.name.as_str()) {
            facts(walk, other, file);
        }
    }
}

fn facts(walk: &mut Walk<'_>, server: &FileFacts, client: &FileFacts) {
    let mut differ = |kind: ChangeKind, subject: String, a: &str, b: &str| {
        if a != b {
            walk.settle(Change {
                kind,
                subject,
                server: Some(a.to_owned()),
                client: Some(b.to_owned()),
                location: client.location.clone(),
                methods: Vec::new(),
            });
        }
    };
    let name = &client.name;
    differ(
        ChangeKind::FilePackageChanged,
        name.clone(),
        &server.package,
        &client.package,
    );
    differ(
        ChangeKind::FileSyntaxChanged,
        name.clone(),
        server.syntax,
        client.syntax,
    );
    let value = |file: &'_ FileFacts, option: &str| {
        let found = file.options.iter().find(|(name, _)| *name == option);
        found.map_or_else(
            || "at its default".to_owned(),
            |(_, value)| format!("`{value}`"),
        )
    };
    let options: BTreeSet<&str> = server
        .options
        .iter()
        .chain(&client.options)
        .map(|(name, _)| *name)
        .collect();
    for option in options {
        differ(
            ChangeKind::FileOptionChanged,
            format!("{name}:{option}"),
            &value(server, option),
            &value(client, option),
        );
    }
}
