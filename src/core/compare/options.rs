//! What is declared around a field or message: presence, oneofs, defaults, options, reservations.
//!
//! A server that has lost such facts on the way (`lossy`) cannot say that they differ: then nothing
//! here fires, and the report says so once.

use std::collections::BTreeMap;

use super::declare;
use super::recorder::Recorder;
use crate::core::change::ChangeKind;
use crate::core::schema::{Cardinality, Enum, Field, Kind, Location, Message, Reserved, Scalar};

/// How the client's oneofs appear on the server.
pub(super) struct Oneofs<'a>(BTreeMap<&'a str, Option<&'a str>>);

/// Compares the oneofs of two messages; `name` is the client's full name.
pub(super) fn oneofs<'a>(
    recorder: &mut Recorder<'_, 'a>,
    name: &str,
    server: &'a Message,
    client: &'a Message,
) -> Oneofs<'a> {
    let mut map = BTreeMap::new();
    let (of_server, of_client) = (members(server), members(client));
    for (oneof, location) in &client.oneofs {
        let same = server.oneofs.contains_key(oneof).then_some(oneof.as_str());
        // A oneof with the same members that the client does not know by name.
        let renamed = || {
            let first = of_client.get(oneof.as_str())?.first()?;
            let other = server.fields.get(*first)?.oneof.as_deref()?;
            let alike = of_server.get(other) == of_client.get(oneof.as_str());
            (alike && !client.oneofs.contains_key(other)).then_some(other)
        };
        let found = same.or_else(renamed);
        map.insert(oneof.as_str(), found);
        if recorder.lossy() || same.is_some() {
            continue;
        }
        let kind = if found.is_some() {
            ChangeKind::OneofRenamed
        } else {
            ChangeKind::OneofMissing
        };
        let subject = format!("{name}.{oneof}");
        recorder.change(
            kind,
            subject,
            found.map(ToOwned::to_owned),
            Some(oneof.clone()),
            location.as_ref(),
        );
    }
    Oneofs(map)
}

/// The numbers of each oneof's members.
fn members(message: &Message) -> BTreeMap<&str, Vec<&i32>> {
    let mut all: BTreeMap<&str, Vec<&i32>> = BTreeMap::new();
    for (number, field) in &message.fields {
        if let Some(oneof) = field.oneof.as_deref() {
            all.entry(oneof).or_default().push(number);
        }
    }
    all
}

/// Compares what two fields of one number and type have beyond that.
pub(super) fn field(
    recorder: &mut Recorder<'_, '_>,
    subject: &str,
    server: &Field,
    client: &Field,
    oneofs: &Oneofs<'_>,
) {
    if recorder.lossy() {
        return;
    }
    let at = client.location.as_ref().or(server.location.as_ref());
    let both = (server.extras(), client.extras());
    let mut differ = |kind: ChangeKind, server: &str, client: &str| {
        recorder.differ(kind, subject, (server, client), at);
    };
    if server.name == client.name {
        differ(
            ChangeKind::FieldJsonNameChanged,
            &server.json_name(),
            &client.json_name(),
        );
    }
    differ(
        ChangeKind::DeprecationChanged,
        deprecated(both.0.deprecated),
        deprecated(both.1.deprecated),
    );
    let set = |value: Option<&'static str>| value.unwrap_or("not set");
    differ(
        ChangeKind::FieldJstypeChanged,
        set(both.0.jstype),
        set(both.1.jstype),
    );
    if server.kind == client.kind {
        differ(
            ChangeKind::FieldCppStringTypeChanged,
            set(both.0.cpp_string),
            set(both.1.cpp_string),
        );
        let checked = |unchecked: bool| if unchecked { "not checked" } else { "checked" };
        let utf8 = (
            checked(both.0.unchecked_utf8),
            checked(both.1.unchecked_utf8),
        );
        differ(ChangeKind::FieldUtf8ValidationChanged, utf8.0, utf8.1);
        if utf8.0 == utf8.1 {
            differ(
                ChangeKind::FieldJavaUtf8ValidationChanged,
                set(both.0.java_utf8),
                set(both.1.java_utf8),
            );
        }
    }
    if server.cardinality == Cardinality::Repeated && client.cardinality == Cardinality::Repeated {
        let form = |expanded: bool| if expanded { "expanded" } else { "packed" };
        differ(
            ChangeKind::FieldPackingChanged,
            form(both.0.expanded),
            form(both.1.expanded),
        );
    }
    membership(recorder, subject, server, client, oneofs);
}

/// The words for a deprecation.
pub(super) fn deprecated(is: bool) -> &'static str {
    if is { "deprecated" } else { "not deprecated" }
}

/// Oneof, or presence where no oneof is involved.
fn membership(
    recorder: &mut Recorder<'_, '_>,
    subject: &str,
    server: &Field,
    client: &Field,
    oneofs: &Oneofs<'_>,
) {
    let at = client.location.as_ref().or(server.location.as_ref());
    let single = |field: &Field| {
        matches!(
            field.cardinality,
            Cardinality::Singular | Cardinality::Required
        )
    };
    if !single(server) || !single(client) {
        return;
    }
    let expected = match client.oneof.as_deref() {
        None => None,
        Some(name) => match oneofs.0.get(name) {
            Some(Some(found)) => Some(*found),
            // The whole oneof is missing, and says so itself.
            _ => return,
        },
    };
    let words = |oneof: Option<&str>| {
        oneof.map_or_else(|| "no oneof".to_owned(), |name| format!("oneof `{name}`"))
    };
    if server.oneof.as_deref() != expected {
        let (a, b) = (
            words(server.oneof.as_deref()),
            words(client.oneof.as_deref()),
        );
        recorder.change(
            ChangeKind::FieldOneofChanged,
            subject.to_owned(),
            Some(a),
            Some(b),
            at,
        );
    } else if server.presence != client.presence && server.cardinality == client.cardinality {
        let word = |presence: bool| if presence { "explicit" } else { "implicit" }.to_owned();
        let (a, b) = (word(server.presence), word(client.presence));
        recorder.change(
            ChangeKind::FieldPresenceChanged,
            subject.to_owned(),
            Some(a),
            Some(b),
            at,
        );
    }
}

/// Compares the defaults of two fields of one type.
pub(super) fn default(
    recorder: &mut Recorder<'_, '_>,
    subject: &str,
    server: &Field,
    client: &Field,
) {
    let single =
        |field: &Field| !matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map);
    if recorder.lossy() || !single(server) || !single(client) {
        return;
    }
    let (a, b) = (
        server.extras().default.as_deref(),
        client.extras().default.as_deref(),
    );
    if a.is_none() && b.is_none() {
        return;
    }
    let (server_enum, client_enum) = recorder.enums(&server.kind, &client.kind);
    let (a, b) = (
        effective(a, &server.kind, server_enum),
        effective(b, &client.kind, client_enum),
    );
    if a.0 != b.0 {
        let at = client.location.as_ref().or(server.location.as_ref());
        recorder.change(
            ChangeKind::FieldDefaultChanged,
            subject.to_owned(),
            Some(a.1),
            Some(b.1),
            at,
        );
    }
}

/// A default as something to compare, and as something to show. Enums compare by number, since an
/// alias stands for the same value.
fn effective(default: Option<&str>, kind: &Kind, of: Option<&Enum>) -> (String, String) {
    if let (Kind::Enum(_), Some(of)) = (kind, of) {
        let value = default.map_or_else(|| of.values.first(), |name| of.by_name(name));
        return value.map_or_else(
            || (String::new(), default.unwrap_or_default().to_owned()),
            |value| (value.number.to_string(), value.name.clone()),
        );
    }
    let zero = match kind {
        Kind::Scalar(Scalar::Bool) => "false",
        Kind::Scalar(Scalar::String | Scalar::Bytes) => "",
        _ => "0",
    };
    let text = default.unwrap_or(zero).to_owned();
    (text.clone(), text)
}

/// Compares what two messages declare beside their fields.
pub(super) fn message(
    recorder: &mut Recorder<'_, '_>,
    name: &str,
    server: &Message,
    client: &Message,
) {
    if recorder.lossy() {
        return;
    }
    let at = client.location.as_ref().or(server.location.as_ref());
    reserved(
        recorder,
        ChangeKind::MessageReservedMissing,
        name,
        &server.reserved,
        &client.reserved,
        at,
    );
    let missing = declare::uncovered(&client.extension_ranges, &server.extension_ranges);
    if !missing.is_empty() {
        let missing = declare::reserved(&missing, &[]);
        recorder.change(
            ChangeKind::ExtensionRangeMissing,
            name.to_owned(),
            None,
            Some(missing),
            at,
        );
    }
    let mut differ = |kind: ChangeKind, server: &str, client: &str| {
        recorder.differ(kind, name, (server, client), at);
    };
    let set = |is: bool| {
        if is {
            "a message set"
        } else {
            "no message set"
        }
    };
    differ(
        ChangeKind::MessageSetChanged,
        set(server.message_set),
        set(client.message_set),
    );
    differ(
        ChangeKind::MessageJsonFormatChanged,
        json(server.legacy_json),
        json(client.legacy_json),
    );
    differ(
        ChangeKind::DeprecationChanged,
        deprecated(server.deprecated),
        deprecated(client.deprecated),
    );
    let accessor = |without: bool| if without { "without it" } else { "with it" };
    let both = (accessor(server.no_accessor), accessor(client.no_accessor));
    differ(ChangeKind::MessageDescriptorAccessorChanged, both.0, both.1);
}

/// Compares what two enums declare beside their values.
pub(super) fn enumeration(
    recorder: &mut Recorder<'_, '_>,
    name: &str,
    server: &Enum,
    client: &Enum,
) {
    if recorder.lossy() {
        return;
    }
    let at = client.location.as_ref().or(server.location.as_ref());
    reserved(
        recorder,
        ChangeKind::EnumReservedMissing,
        name,
        &server.reserved,
        &client.reserved,
        at,
    );
    let mut differ = |kind: ChangeKind, server: &str, client: &str| {
        recorder.differ(kind, name, (server, client), at);
    };
    differ(
        ChangeKind::DeprecationChanged,
        deprecated(server.deprecated),
        deprecated(client.deprecated),
    );
    let kind = |closed: bool| if closed { "closed" } else { "open" };
    differ(
        ChangeKind::EnumOpennessChanged,
        kind(server.closed),
        kind(client.closed),
    );
    differ(
        ChangeKind::EnumJsonFormatChanged,
        json(server.legacy_json),
        json(client.legacy_json),
    );
}

fn json(legacy: bool) -> &'static str {
    if legacy {
        "supported as far as it goes"
    } else {
        "supported"
    }
}

fn reserved(
    recorder: &mut Recorder<'_, '_>,
    kind: ChangeKind,
    name: &str,
    server: &Reserved,
    client: &Reserved,
    at: Option<&Location>,
) {
    let numbers = declare::uncovered(&client.ranges, &server.ranges);
    let names: Vec<&String> = client.names.difference(&server.names).collect();
    if !numbers.is_empty() || !names.is_empty() {
        let missing = declare::reserved(&numbers, &names);
        recorder.change(kind, name.to_owned(), None, Some(missing), at);
    }
}
