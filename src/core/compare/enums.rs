//! Values of two enums that meet on the wire.

use super::recorder::Recorder;
use super::{declare, options};
use crate::core::change::ChangeKind;
use crate::core::schema::Enum;

/// Compares the values of a pair of enums; `name` is client's full name.
pub(super) fn compare(recorder: &mut Recorder<'_, '_>, name: &str, server: &Enum, client: &Enum) {
    for value in &client.values {
        let subject = format!("{name}.{}", value.name);
        let found = match (server.by_name(&value.name), server.by_number(value.number)) {
            (Some(other), _) if other.number == value.number => None,
            (Some(other), _) => Some((ChangeKind::EnumValueNumberChanged, Some(other))),
            (None, Some(other)) => Some((ChangeKind::EnumValueNameChanged, Some(other))),
            (None, None) => Some((ChangeKind::EnumValueMissing, None)),
        };
        if let Some(other) = server.by_name(&value.name).filter(|_| !recorder.lossy()) {
            let (a, b) = (
                options::deprecated(other.deprecated),
                options::deprecated(value.deprecated),
            );
            if a != b {
                let at = value.location.as_ref().or(other.location.as_ref());
                recorder.change(
                    ChangeKind::DeprecationChanged,
                    subject.clone(),
                    Some(a.to_owned()),
                    Some(b.to_owned()),
                    at,
                );
            }
        }
        if let Some((kind, other)) = found {
            recorder.change(
                kind,
                subject,
                other.map(declare::value),
                Some(declare::value(value)),
                value.location.as_ref().or(server.location.as_ref()),
            );
        }
    }
    for value in &server.values {
        if client.by_number(value.number).is_none() && client.by_name(&value.name).is_none() {
            let subject = format!("{name}.{}", value.name);
            recorder.change(
                ChangeKind::EnumValueUndocumented,
                subject,
                Some(declare::value(value)),
                None,
                value.location.as_ref().or(client.location.as_ref()),
            );
        }
    }
    options::enumeration(recorder, name, server, client);
}

/// Whether two enums of different names are versions of one enum: at least half of the smaller
/// one's values are the same.
pub(super) fn alike(server: &Enum, client: &Enum) -> bool {
    let smaller = server.values.len().min(client.values.len());
    let same = client
        .values
        .iter()
        .filter(|value| {
            server
                .by_name(&value.name)
                .is_some_and(|other| other.number == value.number)
        })
        .count();
    same * 2 >= smaller
}
