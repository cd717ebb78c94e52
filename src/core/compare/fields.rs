//! Fields of two messages that meet on the wire.

use super::walk::Recorder;
use super::wire::{self, Compatibility};
use crate::core::change::ChangeKind;
use crate::core::schema::{Cardinality, Field, Kind, Message};

/// Compares the fields of a pair of messages; `name` is client's full name.
pub(super) fn compare<'a>(
    recorder: &mut Recorder<'_, 'a>,
    name: &str,
    server: &'a Message,
    client: &'a Message,
) {
    for field in client.fields.values() {
        let subject = format!("{name}.{}", field.name);
        let at = field.location.as_ref();
        let by_number = server.fields.get(&field.number);
        // A field that kept its name and moved to another number was renumbered, whatever else
        // has taken its old number.
        let moved =
            named(recorder, server, &field.name).filter(|other| other.number != field.number);
        match (by_number, moved) {
            (Some(other), None) => compare_field(recorder, subject, other, field),
            (_, Some(other)) => recorder.change(
                ChangeKind::FieldNumberChanged,
                subject,
                Some(declaration(other)),
                Some(declaration(field)),
                at,
            ),
            (None, None) => {
                let required = field.cardinality == Cardinality::Required;
                let kind = if required {
                    ChangeKind::RequiredFieldMissing
                } else {
                    ChangeKind::FieldMissing
                };
                recorder.change(kind, subject, None, Some(declaration(field)), at);
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
        let subject = format!("{name}.{}", field.name);
        recorder.change(
            kind,
            subject,
            Some(declaration(field)),
            None,
            client.location.as_ref(),
        );
    }
}

/// The field of that name, as far as server's descriptors can tell.
fn named<'m>(recorder: &Recorder<'_, '_>, message: &'m Message, name: &str) -> Option<&'m Field> {
    let exact = message.field_named(name);
    if exact.is_some() || !recorder.lossy() {
        return exact;
    }
    let mut fields = message.fields.values();
    fields.find(|field| recorder.same_name(&field.name, name))
}

/// Two fields of one number.
fn compare_field<'a>(
    recorder: &mut Recorder<'_, 'a>,
    subject: String,
    server: &'a Field,
    client: &'a Field,
) {
    let at = client.location.as_ref();
    let type_of = compare_type(recorder, server, client);
    let count = wire::cardinalities(server.cardinality, client.cardinality, &client.kind);
    let both = || (Some(declaration(server)), Some(declaration(client)));
    if !recorder.same_name(&server.name, &client.name) {
        let readable =
            type_of != Compatibility::Incompatible && count != Compatibility::Incompatible;
        let kind = if readable {
            ChangeKind::FieldNameChanged
        } else {
            ChangeKind::FieldNumberReused
        };
        let (a, b) = both();
        recorder.change(kind, subject.clone(), a, b, at);
        if !readable {
            return;
        }
    }
    let of_type = match type_of {
        Compatibility::Same => None,
        Compatibility::SameEncoding => Some(ChangeKind::FieldTypeChangedCompatibly),
        Compatibility::Incompatible => Some(ChangeKind::FieldTypeChanged),
    };
    let of_count = match count {
        Compatibility::Same => requiredness(recorder, server, client),
        Compatibility::SameEncoding => Some(ChangeKind::FieldCardinalityChangedCompatibly),
        Compatibility::Incompatible => Some(ChangeKind::FieldCardinalityChanged),
    };
    for kind in [of_type, of_count].into_iter().flatten() {
        let (a, b) = both();
        recorder.change(kind, subject.clone(), a, b, at);
    }
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
        (true, false) => Some(ChangeKind::FieldRequiredByServer),
        (false, true) if !recorder.lossy() => Some(ChangeKind::FieldRequiredByClient),
        _ => None,
    }
}

/// As a `.proto` file writes it: `repeated int32 ids = 3`.
fn declaration(field: &Field) -> String {
    let label = match field.cardinality {
        Cardinality::Singular => "",
        Cardinality::Required => "required ",
        Cardinality::Repeated => "repeated ",
        Cardinality::Map => "map entry ",
    };
    format!("{label}{} {} = {}", field.kind, field.name, field.number)
}

/// Whether two messages of different names are versions of one message: at least half of the
/// smaller one's fields have the same number, name and readable type, or one of them is empty.
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
