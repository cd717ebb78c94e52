//! The schema model: services, messages and enums of a set of descriptors, with features resolved.
//!
//! [`Schema::load`] is the entry. Everything is indexed by full symbol name, never by file, because
//! file names depend on import roots. Features of proto2, proto3 and Editions are resolved first,
//! so that the same schema written in two syntaxes gives the same model.

mod load;
mod names;
mod positions;
mod scope;
mod shape;
mod symbols;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use load::{FileInput, SchemaError};

/// A place in the truth's sources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Path as the reader should see it.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 if the descriptors carry no positions.
    pub line: u32,
}

/// All that was read from one set of descriptors.
#[derive(Debug, Default)]
pub struct Schema {
    /// Services by full name.
    pub services: BTreeMap<String, Service>,
    /// Messages by full name, map entries included.
    pub messages: BTreeMap<String, Message>,
    /// Enums by full name.
    pub enums: BTreeMap<String, Enum>,
    /// Whether the descriptors look as if they had lost facts on the way: a server that rebuilds
    /// them from parsed objects (Node's `@grpc/reflection` does) drops requiredness and more.
    pub lossy: bool,
    /// What had to be tolerated, for the report.
    pub notes: Vec<String>,
}

/// A gRPC service.
#[derive(Debug)]
pub struct Service {
    /// Methods by name.
    pub methods: BTreeMap<String, Method>,
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
    /// Whether it is the entry of a map field.
    pub map_entry: bool,
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
    /// Where it is declared.
    pub location: Option<Location>,
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
    /// At most one; presence is not looked at yet.
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
    /// Where it is declared.
    pub location: Option<Location>,
}
