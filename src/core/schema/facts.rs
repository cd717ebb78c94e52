//! Facts out of options and other corners of descriptors, each in one comparable notation.

use std::collections::BTreeSet;

use buffa::{UnknownFieldData, UnknownFields};
use buffa_descriptor::generated::descriptor::file_options::OptimizeMode;
use buffa_descriptor::generated::descriptor::method_options::IdempotencyLevel;
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
};
use prost::Message as _;

use super::{Kind, Location, Reserved, Scalar};

/// What is said of a whole file.
#[derive(Debug)]
pub struct FileFacts {
    /// The name under which others import it.
    pub name: String,
    /// Its package; empty if it has none.
    pub package: String,
    /// `proto2`, `proto3`, or the edition.
    pub syntax: &'static str,
    /// Options by name, those at their default left out.
    pub options: Vec<(&'static str, String)>,
    /// Whether it is there only because another file imports it.
    pub imported: bool,
    /// The file.
    pub location: Option<Location>,
}

impl FileFacts {
    pub(super) fn of(
        file: &FileDescriptorProto,
        imported: bool,
        location: Option<Location>,
    ) -> Self {
        let syntax = match (file.syntax.as_deref(), file.edition) {
            (Some("proto3"), _) => "proto3",
            (Some("editions"), Some(Edition::EDITION_2023)) => "edition 2023",
            (Some("editions"), Some(Edition::EDITION_2024)) => "edition 2024",
            (Some("editions"), _) => "an unknown edition",
            _ => "proto2",
        };
        Self {
            name: file.name.clone().unwrap_or_default(),
            package: file.package.clone().unwrap_or_default(),
            syntax,
            options: file_options(file),
            imported,
            location,
        }
    }
}

/// The options that `buf breaking` compares between files.
fn file_options(file: &FileDescriptorProto) -> Vec<(&'static str, String)> {
    let options = &file.options;
    let texts = [
        ("csharp_namespace", &options.csharp_namespace),
        ("go_package", &options.go_package),
        ("java_outer_classname", &options.java_outer_classname),
        ("java_package", &options.java_package),
        ("objc_class_prefix", &options.objc_class_prefix),
        ("php_class_prefix", &options.php_class_prefix),
        ("php_metadata_namespace", &options.php_metadata_namespace),
        ("php_namespace", &options.php_namespace),
        ("ruby_package", &options.ruby_package),
        ("swift_prefix", &options.swift_prefix),
    ];
    // Defaults: `descriptor.proto`.
    let switches = [
        ("cc_enable_arenas", options.cc_enable_arenas, true),
        ("cc_generic_services", options.cc_generic_services, false),
        ("deprecated", options.deprecated, false),
        (
            "java_generic_services",
            options.java_generic_services,
            false,
        ),
        ("java_multiple_files", options.java_multiple_files, false),
        ("py_generic_services", options.py_generic_services, false),
    ];
    let mut found: Vec<(&'static str, String)> = texts
        .into_iter()
        .filter_map(|(name, value)| {
            value
                .clone()
                .filter(|text| !text.is_empty())
                .map(|text| (name, text))
        })
        .collect();
    for (name, value, default) in switches {
        if let Some(value) = value.filter(|value| *value != default) {
            found.push((name, value.to_string()));
        }
    }
    match options.optimize_for {
        Some(OptimizeMode::CODE_SIZE) => found.push(("optimize_for", "CODE_SIZE".to_owned())),
        Some(OptimizeMode::LITE_RUNTIME) => found.push(("optimize_for", "LITE_RUNTIME".to_owned())),
        _ => {}
    }
    found
}

/// `idempotency_level`, as the option writes it.
pub(super) fn idempotency(method: &MethodDescriptorProto) -> &'static str {
    match method.options.idempotency_level {
        Some(IdempotencyLevel::NO_SIDE_EFFECTS) => "NO_SIDE_EFFECTS",
        Some(IdempotencyLevel::IDEMPOTENT) => "IDEMPOTENT",
        _ => "IDEMPOTENCY_UNKNOWN",
    }
}

/// The number of the extension `google.api.http` of `MethodOptions`.
/// (Source: `google/api/annotations.proto`.)
const HTTP: u32 = 72_295_728;

/// `google.api.HttpRule`, as far as it decides where a call goes. (Source: `google/api/http.proto`.)
#[derive(Clone, PartialEq, prost::Message)]
struct HttpRule {
    #[prost(string, optional, tag = "2")]
    get: Option<String>,
    #[prost(string, optional, tag = "3")]
    put: Option<String>,
    #[prost(string, optional, tag = "4")]
    post: Option<String>,
    #[prost(string, optional, tag = "5")]
    delete: Option<String>,
    #[prost(string, optional, tag = "6")]
    patch: Option<String>,
    #[prost(string, tag = "7")]
    body: String,
    #[prost(message, optional, tag = "8")]
    custom: Option<CustomPattern>,
    #[prost(message, repeated, tag = "11")]
    additional: Vec<HttpRule>,
    #[prost(string, tag = "12")]
    response_body: String,
}

/// `google.api.CustomHttpPattern`.
#[derive(Clone, PartialEq, prost::Message)]
struct CustomPattern {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    path: String,
}

/// The `google.api.http` binding in words: `POST /v1/orders body=*`.
pub(super) fn http(method: &MethodDescriptorProto) -> Option<String> {
    let bytes = delimited(&method.options.__buffa_unknown_fields, HTTP)?;
    let rule = HttpRule::decode(bytes).ok()?;
    let mut bindings = vec![binding(&rule)];
    let mut more: Vec<String> = rule.additional.iter().map(binding).collect();
    more.sort();
    bindings.extend(more);
    Some(bindings.join(", "))
}

fn binding(rule: &HttpRule) -> String {
    let custom = rule
        .custom
        .as_ref()
        .map(|custom| (custom.kind.as_str(), &custom.path));
    let (verb, path) = [
        ("GET", &rule.get),
        ("PUT", &rule.put),
        ("POST", &rule.post),
        ("DELETE", &rule.delete),
        ("PATCH", &rule.patch),
    ]
    .into_iter()
    .find_map(|(verb, path)| path.as_ref().map(|path| (verb, path)))
    .or(custom)
    .map_or(("nothing", String::new()), |(verb, path)| {
        (verb, path.clone())
    });
    let part = |name: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            format!(" {name}={value}")
        }
    };
    format!(
        "{verb} {path}{}{}",
        part("body", &rule.body),
        part("response_body", &rule.response_body)
    )
}

/// The last length-delimited value of an unknown field.
fn delimited(fields: &UnknownFields, number: u32) -> Option<&[u8]> {
    fields
        .iter()
        .filter(|field| field.number == number)
        .filter_map(|field| match &field.data {
            UnknownFieldData::LengthDelimited(bytes) => Some(bytes.as_slice()),
            _ => None,
        })
        .next_back()
}

/// A number inside a message that is itself an unknown field.
pub(super) fn nested_varint(fields: &UnknownFields, message: u32, field: u32) -> Option<u64> {
    let bytes = delimited(fields, message)?;
    let inner: buffa_descriptor::generated::descriptor::FeatureSet =
        buffa::Message::decode_from_slice(bytes).ok()?;
    // Numbers 1 to 6 are the set's own and are read as such; all of them are enums.
    let own = match field {
        1 => inner.field_presence.map(|value| value as i32),
        2 => inner.enum_type.map(|value| value as i32),
        _ => None,
    };
    own.and_then(|value| u64::try_from(value).ok()).or_else(|| {
        inner
            .__buffa_unknown_fields
            .iter()
            .filter(|unknown| unknown.number == field)
            .find_map(|unknown| match unknown.data {
                UnknownFieldData::Varint(value) => Some(value),
                _ => None,
            })
    })
}

/// Reserved numbers and names of a message.
pub(super) fn reserved_of_message(message: &DescriptorProto) -> Reserved {
    let ranges = message.reserved_range.iter();
    Reserved {
        // The end of a message's range is not part of it.
        ranges: merged(ranges.map(|range| {
            (
                range.start.unwrap_or(0),
                range.end.unwrap_or(0).saturating_sub(1),
            )
        })),
        names: message
            .reserved_name
            .iter()
            .cloned()
            .collect::<BTreeSet<_>>(),
    }
}

/// Reserved numbers and names of an enum.
pub(super) fn reserved_of_enum(item: &EnumDescriptorProto) -> Reserved {
    let ranges = item.reserved_range.iter();
    Reserved {
        // The end of an enum's range is part of it.
        ranges: merged(ranges.map(|range| (range.start.unwrap_or(0), range.end.unwrap_or(0)))),
        names: item.reserved_name.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

/// Numbers open for extensions.
pub(super) fn extension_ranges(message: &DescriptorProto) -> Vec<(i32, i32)> {
    let ranges = message.extension_range.iter();
    merged(ranges.map(|range| {
        (
            range.start.unwrap_or(0),
            range.end.unwrap_or(0).saturating_sub(1),
        )
    }))
}

/// Ranges with both ends included, sorted, touching ones made one.
fn merged(ranges: impl Iterator<Item = (i32, i32)>) -> Vec<(i32, i32)> {
    let mut sorted: Vec<(i32, i32)> = ranges.filter(|(start, end)| start <= end).collect();
    sorted.sort_unstable();
    let mut out: Vec<(i32, i32)> = Vec::with_capacity(sorted.len());
    for (start, end) in sorted {
        match out.last_mut() {
            Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

/// A default in one notation: compilers differ in how they write numbers and escapes.
pub(super) fn canonical_default(value: &str, kind: &Kind) -> String {
    let text = match kind {
        Kind::Scalar(Scalar::Double) => value
            .parse::<f64>()
            .map_or_else(|_| value.to_owned(), |number| number.to_string()),
        // Some compilers write what the file says, others what is left of it in 32 bits.
        Kind::Scalar(Scalar::Float) => value
            .parse::<f32>()
            .map_or_else(|_| value.to_owned(), |number| number.to_string()),
        Kind::Scalar(Scalar::Bytes) => unescaped(value),
        _ => value.to_owned(),
    };
    // It ends in reports.
    text.chars().take(200).collect()
}

/// C escapes resolved, one `char` a byte, so that two ways to write one byte are equal.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let (radix, most) = match chars.peek() {
            Some('x' | 'X') => {
                chars.next();
                (16, 2)
            }
            Some('0'..='7') => (8, 3),
            _ => (0, 0),
        };
        if radix == 0 {
            out.extend(chars.next().map(|c| match c {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }));
            continue;
        }
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            value = value * radix + digit;
            chars.next();
        }
        out.extend(char::from_u32(value & 0xff));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_one() {
        assert_eq!(
            merged([(5, 6), (1, 2), (3, 4), (9, 9)].into_iter()),
            [(1, 6), (9, 9)]
        );
        assert_eq!(merged([(1, i32::MAX), (7, 8)].into_iter()), [(1, i32::MAX)]);
        assert_eq!(merged([(5, 4)].into_iter()), []);
    }

    #[test]
    fn defaults_have_one_notation() {
        let double = Kind::Scalar(Scalar::Double);
        assert_eq!(
            canonical_default("1.0", &double),
            canonical_default("1", &double)
        );
        assert_eq!(
            canonical_default("1e3", &double),
            canonical_default("1000", &double)
        );
        assert_eq!(canonical_default("nan", &double), "NaN");
        let float = Kind::Scalar(Scalar::Float);
        assert_eq!(
            canonical_default("-0.00150000001", &float),
            canonical_default("-0.0015", &float)
        );
        assert_ne!(
            canonical_default("-0.00150000001", &double),
            canonical_default("-0.0015", &double)
        );
        let bytes = Kind::Scalar(Scalar::Bytes);
        assert_eq!(
            canonical_default("a\\003", &bytes),
            canonical_default("a\\x03", &bytes)
        );
    }
}
