//! Serialised `FileDescriptorProto`s → [`Schema`].
//!
//! Two passes: first every symbol's full name is collected, then types are resolved against them.
//! The input may come from a hostile server: decoding is bounded, and a defect becomes an error or
//! a note, never a panic.

use std::collections::{BTreeMap, HashMap, HashSet};

use buffa::DecodeOptions;
use buffa::editions::{FieldPresence, MessageEncoding, ResolvedFeatures};
use buffa_descriptor::features;
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};

use super::positions::{Positions, tag};
use super::shape::{as_index, is_entry_of, is_map_entry, is_map_field, scalar};
use super::symbols::{join, map_entries, symbols};
use super::{
    Cardinality, Enum, EnumValue, Field, Kind, Message, Method, Schema, Service, names, scope,
};

/// Memory that decoding may claim for repeated elements beyond the input's own size, in bytes per
/// file; a descriptor that wants more was made to exhaust its reader.
const ELEMENT_MEMORY: usize = 512 << 20;

/// Unknown fields (custom options, mostly) accepted per file.
const UNKNOWN_FIELDS: usize = 1 << 20;

/// One file to load.
#[derive(Debug, Clone, Copy)]
pub struct FileInput<'a> {
    /// A serialised `google.protobuf.FileDescriptorProto`.
    pub bytes: &'a [u8],
    /// The path to show for findings; `None` for a live schema, which needs no positions.
    pub path: Option<&'a str>,
    /// Whether it is there only because another file imports it.
    pub imported: bool,
}

/// Why a set of descriptors is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The bytes are no `FileDescriptorProto`.
    #[error("descriptor {index} does not decode: {cause}")]
    Decode {
        /// Position in the input, counted from 1.
        index: usize,
        /// The decoder's words.
        cause: String,
    },
    /// A name that no compiler would let through, and no report could show.
    #[error("descriptor {index} has a name of more than {limit} bytes: `{start}…`")]
    LongName {
        /// Position in the input, counted from 1.
        index: usize,
        /// The most that a name may have.
        limit: usize,
        /// How it begins.
        start: String,
    },
    /// Two files declare one symbol differently.
    #[error("`{symbol}` is declared twice, in `{first}` and in `{second}`, and not alike")]
    Conflict {
        /// Full name.
        symbol: String,
        /// File that had it first.
        first: String,
        /// File that has it again.
        second: String,
    },
}

impl Schema {
    /// Loads a set of files, in any order.
    ///
    /// # Errors
    /// A file that does not decode, or two files that contradict each other.
    pub fn load<'a>(inputs: impl IntoIterator<Item = FileInput<'a>>) -> Result<Self, SchemaError> {
        let options = DecodeOptions::new()
            .with_element_memory_limit(ELEMENT_MEMORY)
            .with_unknown_field_limit(UNKNOWN_FIELDS);
        let mut files: Vec<(FileDescriptorProto, FileInput<'a>)> = Vec::new();
        for (index, input) in inputs.into_iter().enumerate() {
            let file =
                options
                    .decode_from_slice(input.bytes)
                    .map_err(|error| SchemaError::Decode {
                        index: index + 1,
                        cause: error.to_string(),
                    })?;
            names::check(&file, index + 1)?;
            files.push((file, input));
        }
        let known = symbols(&files)?;
        let entries = map_entries(&files);
        let mut schema = Self::default();
        let mut missing = HashSet::new();
        let mut taken = HashSet::new();
        for (file, input) in &files {
            let mut loader = Loader {
                positions: Positions::of(file, input.path),
                known: &known,
                entries: &entries,
                missing: &mut missing,
                taken: &mut taken,
                lossy: false,
                schema: &mut schema,
            };
            loader.file(file, input.imported);
            let lossy = loader.lossy;
            schema.lossy |= lossy;
        }
        let mut missing: Vec<String> = missing.into_iter().collect();
        missing.sort();
        for name in missing.iter().take(5) {
            schema.notes.push(format!(
                "type `{name}` is referred to and not among the descriptors"
            ));
        }
        if missing.len() > 5 {
            schema
                .notes
                .push(format!("{} more types are missing", missing.len() - 5));
        }
        Ok(schema)
    }
}

impl Schema {
    /// Keeps only these services: a server's files declare more than it has registered.
    pub fn retain_services(&mut self, listed: &[String]) {
        let listed: HashSet<&String> = listed.iter().collect();
        self.services.retain(|name, _| listed.contains(name));
    }
}

struct Loader<'a> {
    positions: Positions,
    known: &'a HashSet<String>,
    entries: &'a HashSet<String>,
    missing: &'a mut HashSet<String>,
    /// Symbols loaded already: the same file may come twice under two names.
    taken: &'a mut HashSet<String>,
    lossy: bool,
    schema: &'a mut Schema,
}

impl Loader<'_> {
    fn file(&mut self, file: &FileDescriptorProto, imported: bool) {
        let package = file.package.as_deref().unwrap_or_default();
        let resolved = features::for_file(file);
        for (index, message) in file.message_type.iter().enumerate() {
            self.message(
                message,
                package,
                &resolved,
                &mut vec![tag::FILE_MESSAGE, as_index(index)],
            );
        }
        for (index, item) in file.enum_type.iter().enumerate() {
            self.enumeration(item, package, &[tag::FILE_ENUM, as_index(index)]);
        }
        for (index, service) in file.service.iter().enumerate() {
            self.service(
                service,
                package,
                imported,
                &[tag::FILE_SERVICE, as_index(index)],
            );
        }
    }

    fn message(
        &mut self,
        message: &DescriptorProto,
        outer: &str,
        parent: &ResolvedFeatures,
        path: &mut Vec<i32>,
    ) {
        let name = join(outer, message.name.as_deref());
        let resolved = features::resolve_child(parent, features::message_features(message));
        for (index, nested) in message.nested_type.iter().enumerate() {
            path.extend([tag::MESSAGE_NESTED, as_index(index)]);
            self.message(nested, &name, &resolved, path);
            path.truncate(path.len() - 2);
        }
        for (index, item) in message.enum_type.iter().enumerate() {
            path.extend([tag::MESSAGE_ENUM, as_index(index)]);
            self.enumeration(item, &name, path);
            path.truncate(path.len() - 2);
        }
        if !self.taken.insert(name.clone()) {
            return;
        }
        let entries: HashMap<&str, &DescriptorProto> = message
            .nested_type
            .iter()
            .map(|nested| (nested.name.as_deref().unwrap_or_default(), nested))
            .collect();
        let mut fields = BTreeMap::new();
        for (index, field) in message.field.iter().enumerate() {
            // Node reports extensions among the fields, by their full name.
            if field
                .name
                .as_deref()
                .is_some_and(|name| name.starts_with('.'))
            {
                continue;
            }
            path.extend([tag::MESSAGE_FIELD, as_index(index)]);
            let field = self.field(field, &entries, &name, &resolved, path);
            path.truncate(path.len() - 2);
            fields.insert(field.number, field);
        }
        let map_entry = is_map_entry(message);
        let location = self.positions.at(path);
        self.schema.messages.insert(
            name,
            Message {
                fields,
                map_entry,
                location,
            },
        );
    }

    fn field(
        &mut self,
        field: &FieldDescriptorProto,
        nested: &HashMap<&str, &DescriptorProto>,
        scope: &str,
        parent: &ResolvedFeatures,
        path: &[i32],
    ) -> Field {
        let resolved = features::resolve_child(parent, features::field_features(field));
        let kind = self.kind(field, scope, &resolved);
        let cardinality = match field.label {
            Some(Label::LABEL_REPEATED) if is_map_field(field, &kind, nested, scope) => {
                Cardinality::Map
            }
            Some(Label::LABEL_REPEATED) => Cardinality::Repeated,
            Some(Label::LABEL_REQUIRED) => Cardinality::Required,
            _ if resolved.field_presence == FieldPresence::LegacyRequired => Cardinality::Required,
            _ => Cardinality::Singular,
        };
        Field {
            name: field.name.clone().unwrap_or_default(),
            number: field.number.unwrap_or_default(),
            kind,
            cardinality,
            location: self.positions.at(path),
        }
    }

    fn kind(
        &mut self,
        field: &FieldDescriptorProto,
        scope: &str,
        resolved: &ResolvedFeatures,
    ) -> Kind {
        if let Some(scalar) = field.r#type.and_then(scalar) {
            return Kind::Scalar(scalar);
        }
        let of = field
            .name
            .as_deref()
            .filter(|_| field.label == Some(Label::LABEL_REPEATED));
        let name = self.type_name(field.type_name.as_deref().unwrap_or_default(), scope, of);
        match field.r#type {
            Some(Type::TYPE_ENUM) => Kind::Enum(name),
            Some(Type::TYPE_GROUP) => Kind::Group(name),
            Some(Type::TYPE_MESSAGE) if resolved.message_encoding == MessageEncoding::Delimited => {
                Kind::Group(name)
            }
            Some(Type::TYPE_MESSAGE) => Kind::Message(name),
            _ => Kind::Unresolved(name),
        }
    }

    /// The full name without a leading dot; notes what is missing or relative.
    /// `repeated` is the name of the repeated field that has this type.
    fn type_name(&mut self, name: &str, scope: &str, repeated: Option<&str>) -> String {
        if !name.starts_with('.') {
            self.lossy = true;
        }
        // Node names the entry of a map after the field: inside `map<string, Money> money`'s message
        // only that field means the entry by `Money`.
        let entries = self.entries;
        let skip = |full: &str| {
            entries.contains(full) && !repeated.is_some_and(|field| is_entry_of(full, field))
        };
        if let Some(full) = scope::resolve(name, scope, self.known, &skip) {
            return full.into_owned();
        }
        let bare = name.trim_start_matches('.').to_owned();
        self.missing.insert(bare.clone());
        bare
    }

    fn enumeration(&mut self, item: &EnumDescriptorProto, outer: &str, path: &[i32]) {
        let name = join(outer, item.name.as_deref());
        if !self.taken.insert(name.clone()) {
            return;
        }
        let values = item
            .value
            .iter()
            .enumerate()
            .map(|(index, value)| EnumValue {
                name: value.name.clone().unwrap_or_default(),
                number: value.number.unwrap_or_default(),
                location: self
                    .positions
                    .at(&[path, &[tag::ENUM_VALUE, as_index(index)]].concat()),
            })
            .collect();
        let location = self.positions.at(path);
        self.schema.enums.insert(name, Enum { values, location });
    }

    fn service(
        &mut self,
        service: &ServiceDescriptorProto,
        package: &str,
        imported: bool,
        path: &[i32],
    ) {
        let name = join(package, service.name.as_deref());
        if !self.taken.insert(name.clone()) {
            return;
        }
        let mut methods = BTreeMap::new();
        for (index, method) in service.method.iter().enumerate() {
            let location = self
                .positions
                .at(&[path, &[tag::SERVICE_METHOD, as_index(index)]].concat());
            let method_of = Method {
                input: self.type_name(
                    method.input_type.as_deref().unwrap_or_default(),
                    package,
                    None,
                ),
                output: self.type_name(
                    method.output_type.as_deref().unwrap_or_default(),
                    package,
                    None,
                ),
                client_streaming: method.client_streaming.unwrap_or(false),
                server_streaming: method.server_streaming.unwrap_or(false),
                location,
            };
            methods.insert(method.name.clone().unwrap_or_default(), method_of);
        }
        let location = self.positions.at(path);
        self.schema.services.insert(
            name,
            Service {
                methods,
                imported,
                location,
            },
        );
    }
}
