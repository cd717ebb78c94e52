//! Fields of two messages that meet on the wire.

use super::options::{self, Oneofs};
use super::recorder::Recorder;
use super::wire::{self, Compatibility};
use crate::core::change::ChangeKind;
use crate::core::schema::{Cardinality, Field, Kind, Message};

/// Compares a pair of messages; `name` is the client's full name.
pub(super) fn compare<'a>(
    recorder: &mut Recorder<'_, 'a>,
    name: &str,
    server: &'a Message,
    client: &'a Message,
) {
    let oneofs = options::oneofs(recorder, name, server, client);
    for field in client.fields.values() {
        let subject = format!("{name}.{}", field.name);
        let by_number = server.fields.get(&field.number);
        // A field that kept its name and moved to another number was renumbered, whatever else
        // has taken its old number.
        let moved =
            named(recorder, server, &field.name).filter(|other| other.number != field.number);
        match (by_number, moved) {
            (Some(other), None) => compare_field(recorder, subject, other, field, &oneofs),
            (_, Some(other)) => both(
                recorder,
                ChangeKind::FieldNumberChanged,
                &subject,
                other,
                field,
            ),
            (None, None) => {
                let required = field.cardinality == Cardinality::Required;
                let kind = if required {
                    ChangeKind::RequiredFieldMissing
                } else {
                    ChangeKind::FieldMissing
                };
                let text = recorder.client_declares(field);
                let at = field.location.as_ref().or(server.location.as_ref());
                recorder.change(kind, subject, None, Some(text), at);
            }
        }
    }
    for field in server.fields.values() {
        if client.fields.contains_key(&field.number)
            || named(recorder, client, &field.name).is_some()
        {
            continue;
        }
        let required = field.cardinality == Cardinality::Required;
        let kind = if required {
            ChangeKind::RequiredFieldUndocumented
        } else {
            ChangeKind::FieldUndocumented
        };
        let at = field.location.as_ref().or(client.location.as_ref());
        let text = recorder.server_declares(field);
        recorder.change(kind, format!("{name}.{}", field.name), Some(text), None, at);
    }
    extensions(recorder, server, client, &oneofs);
    options::message(recorder, name, server, client);
}

/// Extensions are fields that are declared elsewhere; their names are full.
fn extensions<'a>(
    recorder: &mut Recorder<'_, 'a>,
    server: &'a Message,
    client: &'a Message,
    oneofs: &Oneofs<'_>,
) {
    if recorder.lossy() {
        return;
    }
    for (number, field) in &client.extensions {
        if let Some(other) = server.extensions.get(number) {
            compare_field(recorder, field.name.clone(), other, field, oneofs);
        } else {
            let text = recorder.client_declares(field);
            let at = field.location.as_ref().or(server.location.as_ref());
            recorder.change(
                ChangeKind::ExtensionMissing,
                field.name.clone(),
                None,
                Some(text),
                at,
            );
        }
    }
    for (number, field) in &server.extensions {
        if !client.extensions.contains_key(number) {
            let at = field.location.as_ref().or(client.location.as_ref());
            let text = recorder.server_declares(field);
            recorder.change(
                ChangeKind::ExtensionUndocumented,
                field.name.clone(),
                Some(text),
                None,
                at,
            );
        }
    }
}

/// The field of that name, as far as lossy descriptors can tell.
fn named<'m>(recorder: &Recorder<'_, '_>, message: &'m Message, name: &str) -> Option<&'m Field> {
    let exact = message.field_named(name);
    if exact.is_some() || !recorder.lossy() {
        return exact;
    }
    let mut fields = message.fields.values();
    fields.find(|field| recorder.same_name(&field.name, name))
}

/// Records a change between two fields.
fn both(
    recorder: &mut Recorder<'_, '_>,
    kind: ChangeKind,
    subject: &str,
    server: &Field,
    client: &Field,
) {
    let (a, b) = (
        recorder.server_declares(server),
        recorder.client_declares(client),
    );
    let at = client.location.as_ref().or(server.location.as_ref());
    recorder.change(kind, subject.to_owned(), Some(a), Some(b), at);
}

/// Two fields of one number.
fn compare_field<'a>(
    recorder: &mut Recorder<'_, 'a>,
    subject: String,
    server: &'a Field,
    client: &'a Field,
    oneofs: &Oneofs<'_>,
) {
    let type_of = compare_type(recorder, server, client);
    let count = wire::cardinalities(server.cardinality, client.cardinality, &client.kind);
    if !recorder.same_name(&server.name, &client.name) {
        let readable =
            type_of != Compatibility::Incompatible && count != Compatibility::Incompatible;
        let in_json = server.json_name() == client.json_name() && !recorder.lossy();
        let kind = match (readable, in_json) {
            (false, _) => ChangeKind::FieldNumberReused,
            (true, false) => ChangeKind::FieldNameChanged,
            (true, true) => ChangeKind::FieldNameChangedCompatibly,
        };
        both(recorder, kind, &subject, server, client);
        if !readable {
            return;
        }
    }
    let of_type = match type_of {
        Compatibility::Same => None,
        Compatibility::SameEncoding if wire::fits(&server.kind, &client.kind) => {
            Some(ChangeKind::FieldTypeNarrower)
        }
        Compatibility::SameEncoding if wire::fits(&client.kind, &server.kind) => {
            Some(ChangeKind::FieldTypeWider)
        }
        Compatibility::SameEncoding => Some(ChangeKind::FieldTypeChangedCompatibly),
        Compatibility::Incompatible => Some(ChangeKind::FieldTypeChanged),
    };
    let of_count = match count {
        Compatibility::Same => None,
        Compatibility::SameEncoding => Some(ChangeKind::FieldCardinalityChangedCompatibly),
        Compatibility::Incompatible => Some(ChangeKind::FieldCardinalityChanged),
    };
    // A repeated field may be left out too; what can't be read at all says enough by itself.
    let of_need =
        requiredness(recorder, server, client).filter(|_| count != Compatibility::Incompatible);
    for kind in [of_type, of_count, of_need].into_iter().flatten() {
        both(recorder, kind, &subject, server, client);
    }
    if type_of == Compatibility::Same {
        options::default(recorder, &subject, server, client);
    }
    options::field(recorder, &subject, server, client, oneofs);
}

/// How the types relate; messages and enums are followed to their own pair.
fn compare_type<'a>(
    recorder: &mut Recorder<'_, 'a>,
    server: &'a Field,
    client: &'a Field,
) -> Compatibility {
    let followed = match (&server.kind, &client.kind) {
        (Kind::Message(a), Kind::Message(b)) | (Kind::Group(a), Kind::Group(b)) => {
            recorder.follow_message(a, b)
        }
        // Whether a message is delimited is a feature, and lossy descriptors have lost it.
        (Kind::Message(a), Kind::Group(b)) | (Kind::Group(a), Kind::Message(b))
            if recorder.lossy() =>
        {
            return if recorder.follow_message(a, b) {
                Compatibility::Same
            } else {
                Compatibility::Incompatible
            };
        }
        (Kind::Enum(a), Kind::Enum(b)) => recorder.follow_enum(a, b),
        // One side's descriptors lack the type: the pair's visit notes which.
        (Kind::Unresolved(a), Kind::Message(b) | Kind::Group(b) | Kind::Unresolved(b))
        | (Kind::Message(a) | Kind::Group(a), Kind::Unresolved(b)) => recorder.follow_message(a, b),
        (Kind::Unresolved(a), Kind::Enum(b)) | (Kind::Enum(a), Kind::Unresolved(b)) => {
            recorder.follow_enum(a, b)
        }
        _ => true,
    };
    if followed {
        wire::kinds(&server.kind, &client.kind)
    } else {
        Compatibility::Incompatible
    }
}

fn requiredness(recorder: &Recorder<'_, '_>, server: &Field, client: &Field) -> Option<ChangeKind> {
    let required = |field: &Field| field.cardinality == Cardinality::Required;
    match (required(server), required(client)) {
        _ if recorder.lossy() => None,
        (true, false) => Some(ChangeKind::FieldRequiredByServer),
        (false, true) => Some(ChangeKind::FieldRequiredByClient),
        _ => None,
    }
}

/// Whether two messages of different names are versions of one message: at least half of the
/// smaller one's fields have the same number, name and readable type, or both are empty.
pub(super) fn alike(server: &Message, client: &Message) -> bool {
    let smaller = server.fields.len().min(client.fields.len());
    let same = client
        .fields
        .values()
        .filter(|field| {
            server.fields.get(&field.number).is_some_and(|other| {
                other.name == field.name
                    && wire::kinds(&other.kind, &field.kind) != Compatibility::Incompatible
            })
        })
        .count();
    if smaller == 0 {
        server.fields.len() == client.fields.len()
    } else {
        same * 2 >= smaller
    }
}
