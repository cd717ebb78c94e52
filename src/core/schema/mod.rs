//! The schema model: services, messages and enums of a set of descriptors, with features resolved.
//!
//! [`Schema::load`] is the entry. Everything is indexed by full symbol name, never by file, because
//! file names depend on import roots. Features of proto2, proto3 and Editions are resolved first,
//! so that the same schema written in two syntaxes gives the same model.

mod facts;
mod fields;
mod load;
mod names;
mod positions;
mod scope;
mod shape;
mod symbols;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use facts::FileFacts;
pub use load::{FileInput, SchemaError};
pub use types::{
    Cardinality, Enum, EnumValue, Extras, Field, Kind, Message, Method, Reserved, Scalar, Service,
};

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
    /// What is said of whole files.
    pub files: Vec<FileFacts>,
    /// Whether the descriptors look as if they had lost facts on the way: a server that rebuilds
    /// them from parsed objects (Node's `@grpc/reflection` does) drops requiredness and more.
    pub lossy: bool,
    /// What had to be tolerated, for the report.
    pub notes: Vec<String>,
}
