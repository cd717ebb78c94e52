//! Single values of protobuf's text format: one token → a value of the wanted type, read by
//! `buffa` with all spellings that numbers and strings can have.

use buffa::text::{ParseError, ScalarKind, TextDecoder, Token};
use buffa_descriptor::{MapKey, ScalarType, Value};

/// A scalar.
///
/// # Errors
/// It is no such value.
pub(super) fn read(token: &Token<'_>, wanted: ScalarType) -> Result<Value, String> {
    let string = token.scalar_kind == ScalarKind::String;
    if string != matches!(wanted, ScalarType::String | ScalarType::Bytes) {
        let what = if string { "no string" } else { "a string" };
        return Err(format!("expected {what}"));
    }
    let field = as_field(token);
    Ok(match wanted {
        ScalarType::String => {
            Value::String(by_library(&field, TextDecoder::read_string)?.into_owned())
        }
        ScalarType::Bytes => Value::Bytes(by_library(&field, TextDecoder::read_bytes)?),
        ScalarType::Bool => Value::Bool(by_library(&field, TextDecoder::read_bool)?),
        ScalarType::Double => Value::F64(by_library(&field, TextDecoder::read_f64)?),
        ScalarType::Float => Value::F32(by_library(&field, TextDecoder::read_f32)?),
        ScalarType::Int32 | ScalarType::Sfixed32 | ScalarType::Sint32 => {
            Value::I32(by_library(&field, TextDecoder::read_i32)?)
        }
        ScalarType::Int64 | ScalarType::Sfixed64 | ScalarType::Sint64 => {
            Value::I64(by_library(&field, TextDecoder::read_i64)?)
        }
        ScalarType::Uint32 | ScalarType::Fixed32 => {
            Value::U32(by_library(&field, TextDecoder::read_u32)?)
        }
        ScalarType::Uint64 | ScalarType::Fixed64 => {
            Value::U64(by_library(&field, TextDecoder::read_u64)?)
        }
    })
}

/// The value of an enum that is written as its number.
///
/// # Errors
/// It is no number.
pub(super) fn enum_number(token: &Token<'_>) -> Result<Value, String> {
    by_library(&as_field(token), TextDecoder::read_i32).map(Value::EnumNumber)
}

/// What a map's key or value is when its entry leaves it out.
pub(super) fn default(kind: ScalarType) -> Value {
    match kind {
        ScalarType::String => Value::String(String::new()),
        ScalarType::Bytes => Value::Bytes(Vec::new()),
        ScalarType::Bool => Value::Bool(false),
        ScalarType::Double => Value::F64(0.0),
        ScalarType::Float => Value::F32(0.0),
        ScalarType::Int32 | ScalarType::Sfixed32 | ScalarType::Sint32 => Value::I32(0),
        ScalarType::Int64 | ScalarType::Sfixed64 | ScalarType::Sint64 => Value::I64(0),
        ScalarType::Uint32 | ScalarType::Fixed32 => Value::U32(0),
        ScalarType::Uint64 | ScalarType::Fixed64 => Value::U64(0),
    }
}

/// A value as the key of a map, if it is of a type that keys can have.
pub(super) fn map_key(value: Value) -> Option<MapKey> {
    Some(match value {
        Value::Bool(key) => MapKey::Bool(key),
        Value::I32(key) => MapKey::I32(key),
        Value::I64(key) => MapKey::I64(key),
        Value::U32(key) => MapKey::U32(key),
        Value::U64(key) => MapKey::U64(key),
        Value::String(key) => MapKey::String(key),
        _ => return None,
    })
}

/// The library reads values only where they belong to a field.
fn as_field(token: &Token<'_>) -> String {
    format!("x:{}", token.raw)
}

fn by_library<'t, T>(
    field: &'t str,
    read: fn(&mut TextDecoder<'t>) -> Result<T, ParseError>,
) -> Result<T, String> {
    let mut decoder = TextDecoder::new(field);
    decoder
        .read_field_name()
        .and_then(|_| read(&mut decoder))
        .map_err(|error| error.kind.to_string())
}
