//! The parts of a [`Schema`](super::Schema): services, messages, fields, enums.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Location;

/// A gRPC service.
#[derive(Debug)]
pub struct Service {
    /// Methods by name.
    pub methods: BTreeMap<String, Method>,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// Whether it only came in through an import.
    pub imported: bool,
    /// Where it is declared.
    pub location: Option<Location>,
}

/// An RPC.
#[derive(Debug)]
pub struct Method {
    /// Full name of the request message.
    pub input: String,
    /// Full name of the response message.
    pub output: String,
    /// Whether the client streams.
    pub client_streaming: bool,
    /// Whether the server streams.
    pub server_streaming: bool,
    /// `idempotency_level`, as the option writes it.
    pub idempotency: &'static str,
    /// The `google.api.http` binding, in words; `None` if there is none.
    pub http: Option<String>,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// Where it is declared.
    pub location: Option<Location>,
}

impl Method {
    /// `unary`, `client streaming`, `server streaming` or `bidirectional streaming`.
    pub fn streaming(&self) -> &'static str {
        match (self.client_streaming, self.server_streaming) {
            (false, false) => "unary",
            (true, false) => "client streaming",
            (false, true) => "server streaming",
            (true, true) => "bidirectional streaming",
        }
    }
}

/// A message type.
#[derive(Debug)]
pub struct Message {
    /// Fields by number.
    pub fields: BTreeMap<i32, Field>,
    /// Extensions of it by number, named by their full name.
    pub extensions: BTreeMap<i32, Field>,
    /// Oneofs by name, those that only stand for presence left out.
    pub oneofs: BTreeMap<String, Option<Location>>,
    /// Reserved numbers and names.
    pub reserved: Reserved,
    /// Numbers open for extensions, merged and sorted; both ends included.
    pub extension_ranges: Vec<(i32, i32)>,
    /// Whether it is the entry of a map field.
    pub map_entry: bool,
    /// `message_set_wire_format`.
    pub message_set: bool,
    /// `no_standard_descriptor_accessor`.
    pub no_accessor: bool,
    /// Whether JSON is only supported as far as it goes (`LEGACY_BEST_EFFORT`).
    pub legacy_json: bool,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// Whether it only came in through an import.
    pub imported: bool,
    /// Where it is declared.
    pub location: Option<Location>,
}

impl Message {
    /// The field of that name.
    pub fn field_named(&self, name: &str) -> Option<&Field> {
        self.fields.values().find(|field| field.name == name)
    }
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Name as declared.
    pub name: String,
    /// Field number.
    pub number: i32,
    /// What a single value is.
    pub kind: Kind,
    /// How many values there are.
    pub cardinality: Cardinality,
    /// Whether a reader can tell an unset value from a default one.
    pub presence: bool,
    /// The oneof that it is a member of, if that is a real one.
    pub oneof: Option<Box<str>>,
    /// What most fields don't have; `None` stands for the default.
    pub extras: Option<Box<Extras>>,
    /// Where it is declared.
    pub location: Option<Location>,
}

/// What most fields don't have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extras {
    /// The JSON name, where it is not the one that follows from the name.
    pub json_name: Option<Box<str>>,
    /// The default, in one notation for each value.
    pub default: Option<Box<str>>,
    /// Repeated numbers are written one by one, not packed.
    pub expanded: bool,
    /// Text is not checked to be UTF-8.
    pub unchecked_utf8: bool,
    /// Marked as deprecated.
    pub deprecated: bool,
    /// `jstype`, if it is set.
    pub jstype: Option<&'static str>,
    /// `ctype` or `(pb.cpp).string_type`, if it is not a plain string.
    pub cpp_string: Option<&'static str>,
    /// Java checks UTF-8 in a way of its own (`java_string_check_utf8`, `(pb.java).utf8_validation`).
    pub java_utf8: Option<&'static str>,
}

static NO_EXTRAS: Extras = Extras {
    json_name: None,
    default: None,
    expanded: false,
    unchecked_utf8: false,
    deprecated: false,
    jstype: None,
    cpp_string: None,
    java_utf8: None,
};

impl Field {
    /// What it has beyond name, number, type and cardinality.
    pub fn extras(&self) -> &Extras {
        self.extras.as_deref().unwrap_or(&NO_EXTRAS)
    }

    /// The name in JSON.
    pub fn json_name(&self) -> Cow<'_, str> {
        match &self.extras().json_name {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(default_json_name(&self.name)),
        }
    }
}

/// The JSON name that follows from a field's name: underscores go, and what follows them becomes
/// upper case. (Source: `ToJsonName` of protoc, as the language guide describes it.)
pub(super) fn default_json_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// What a message or enum has reserved.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    /// Numbers, merged and sorted; both ends included.
    pub ranges: Vec<(i32, i32)>,
    /// Names.
    pub names: BTreeSet<String>,
}

/// What one value of a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A scalar.
    Scalar(Scalar),
    /// A length-delimited message, by full name.
    Message(String),
    /// A delimited (group-encoded) message, by full name.
    Group(String),
    /// An enum, by full name.
    Enum(String),
    /// A type that the descriptors name and don't contain.
    Unresolved(String),
}

impl Kind {
    /// As a `.proto` file writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Scalar(scalar) => scalar.as_str(),
            Self::Message(name) | Self::Group(name) | Self::Enum(name) | Self::Unresolved(name) => {
                name
            }
        }
    }
}

impl Kind {
    /// Whether values of this type may be packed into one length-delimited record when repeated.
    pub fn packable(&self) -> bool {
        match self {
            Self::Scalar(scalar) => !matches!(scalar, Scalar::String | Scalar::Bytes),
            Self::Enum(_) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The scalar types of the protobuf language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

impl Scalar {
    /// The keyword.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
        }
    }
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// At most one.
    Singular,
    /// Exactly one (`required`, or `features.field_presence = LEGACY_REQUIRED`).
    Required,
    /// Any number.
    Repeated,
    /// A map: any number of entries, each key once.
    Map,
}

impl Cardinality {
    /// A word for messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Singular => "singular",
            Self::Required => "required",
            Self::Repeated => "repeated",
            Self::Map => "map",
        }
    }
}

/// An enum.
#[derive(Debug)]
pub struct Enum {
    /// Values in declaration order; several may share a number.
    pub values: Vec<EnumValue>,
    /// Whether a reader keeps values that it does not know apart (proto2), not in the field.
    pub closed: bool,
    /// Whether JSON is only supported as far as it goes (`LEGACY_BEST_EFFORT`).
    pub legacy_json: bool,
    /// Reserved numbers and names.
    pub reserved: Reserved,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// Whether it only came in through an import.
    pub imported: bool,
    /// Where it is declared.
    pub location: Option<Location>,
}

impl Enum {
    /// The first value with that number.
    pub fn by_number(&self, number: i32) -> Option<&EnumValue> {
        self.values.iter().find(|value| value.number == number)
    }

    /// The value of that name.
    pub fn by_name(&self, name: &str) -> Option<&EnumValue> {
        self.values.iter().find(|value| value.name == name)
    }
}

/// A value of an enum.
#[derive(Debug)]
pub struct EnumValue {
    /// Name as declared.
    pub name: String,
    /// Number.
    pub number: i32,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// Where it is declared.
    pub location: Option<Location>,
}
