//! Takes serialised messages apart at their top level without decoding them, so that nothing that
//! this program doesn't know (custom options, features, future fields) is lost.

use buffa::DecodeError;
use buffa::encoding::{Tag, WireType, decode_varint, skip_field};
use bytes::Bytes;

/// Each top-level field with its payload; the payload is empty unless length-delimited.
///
/// # Errors
/// The bytes are no serialised message.
pub(super) fn fields(bytes: &Bytes) -> Result<Vec<(u32, Bytes)>, DecodeError> {
    let mut rest: &[u8] = bytes;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let tag = Tag::decode(&mut rest)?;
        let payload = if tag.wire_type() == WireType::LengthDelimited {
            let length = decode_varint(&mut rest)?;
            let length = usize::try_from(length)
                .ok()
                .filter(|length| *length <= rest.len())
                .ok_or(DecodeError::UnexpectedEof)?;
            let (payload, after) = rest.split_at(length);
            rest = after;
            bytes.slice_ref(payload)
        } else {
            skip_field(tag, &mut rest)?;
            Bytes::new()
        };
        fields.push((tag.field_number(), payload));
    }
    Ok(fields)
}

/// The serialised files of a serialised `FileDescriptorSet` or Buf image.
///
/// # Errors
/// The bytes are no serialised message.
pub(super) fn files_of_set(bytes: &Bytes) -> Result<Vec<Bytes>, DecodeError> {
    Ok(fields(bytes)?
        .into_iter()
        .filter(|(number, _)| *number == 1)
        .map(|(_, payload)| payload)
        .collect())
}

/// Whether a serialised `FileDescriptorProto` declares a service (field 6).
pub(super) fn declares_service(file: &Bytes) -> bool {
    fields(file).is_ok_and(|fields| fields.iter().any(|(number, _)| *number == 6))
}

/// The `name` (field 1) of a serialised `FileDescriptorProto`.
pub(super) fn file_name(file: &Bytes) -> Option<String> {
    let fields = fields(file).ok()?;
    let (_, name) = fields.into_iter().find(|(number, _)| *number == 1)?;
    String::from_utf8(name.to_vec()).ok()
}

/// Whether Buf marked the file as an import: `ImageFile.buf_extension` (field 8042) holds
/// `is_import` (field 1), as in `buf/alpha/image/v1/image.proto`.
pub(super) fn is_buf_import(file: &Bytes) -> bool {
    let Ok(fields) = fields(file) else {
        return false;
    };
    fields
        .iter()
        .filter(|(number, _)| *number == 8042)
        .any(|(_, extension)| bool_field(extension, 1))
}

fn bool_field(message: &Bytes, number: u32) -> bool {
    let mut rest: &[u8] = message;
    let mut value = false;
    while !rest.is_empty() {
        let Ok(tag) = Tag::decode(&mut rest) else {
            return value;
        };
        if tag.field_number() == number && tag.wire_type() == WireType::Varint {
            value = decode_varint(&mut rest).is_ok_and(|v| v != 0);
        } else if skip_field(tag, &mut rest).is_err() {
            return value;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_bytes_and_cuts_are_noticed() {
        // field 1 = "ab", field 2 varint 1
        let whole = Bytes::from_static(b"\x0a\x02ab\x10\x01");
        let found = fields(&whole).unwrap();
        assert_eq!(found[0], (1, Bytes::from_static(b"ab")));
        assert_eq!(found[1].0, 2);
        assert!(fields(&whole.slice(..3)).is_err());
    }

    #[test]
    fn imports_are_marked_by_field_8042() {
        // tag(8042, length-delimited) = 8042 << 3 | 2 = 64338 = d2 f6 03
        let import = Bytes::from_static(b"\x0a\x01a\xd2\xf6\x03\x02\x08\x01");
        assert!(is_buf_import(&import));
        let own = Bytes::from_static(b"\x0a\x01a\xd2\xf6\x03\x02\x08\x00");
        assert!(!is_buf_import(&own));
        assert_eq!(file_name(&own).as_deref(), Some("a"));
    }
}
