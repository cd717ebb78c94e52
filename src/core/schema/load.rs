//! Serialised `FileDescriptorProto`s → [`Schema`].
//!
//! Two passes: first every symbol's full name is collected, then types are resolved against them.
//! The input may come from a hostile server: decoding is bounded, and a defect becomes an error or
//! a note, never a panic.

use std::collections::{BTreeMap, HashMap, HashSet};

use buffa::DecodeOptions;
use buffa::editions::{EnumType, JsonFormat};
use buffa_descriptor::features;
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};

use super::facts::{self, FileFacts};
use super::fields::{self, Features};
use super::positions::{Positions, tag};
use super::shape::{as_index, is_map_entry};
use super::symbols::{join, map_entries, symbols};
use super::{Cardinality, Enum, EnumValue, Field, Message, Method, Schema, Service, names};

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
        let mut extensions = Vec::new();
        for (file, input) in &files {
            let mut loader = Loader {
                positions: Positions::of(file, input.path),
                known: &known,
                entries: &entries,
                missing: &mut missing,
                taken: &mut taken,
                extensions: &mut extensions,
                lossy: false,
                imported: input.imported,
                schema: &mut schema,
            };
            loader.file(file);
            let lossy = loader.lossy;
            schema.lossy |= lossy;
        }
        for (extendee, field) in extensions {
            if let Some(message) = schema.messages.get_mut(&extendee) {
                message.extensions.entry(field.number).or_insert(field);
            }
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

pub(super) struct Loader<'a> {
    pub(super) positions: Positions,
    pub(super) known: &'a HashSet<String>,
    pub(super) entries: &'a HashSet<String>,
    pub(super) missing: &'a mut HashSet<String>,
    /// Symbols loaded already: the same file may come twice under two names.
    taken: &'a mut HashSet<String>,
    /// Extensions and what they extend.
    extensions: &'a mut Vec<(String, Field)>,
    pub(super) lossy: bool,
    imported: bool,
    schema: &'a mut Schema,
}

impl Loader<'_> {
    fn file(&mut self, file: &FileDescriptorProto) {
        let package = file.package.as_deref().unwrap_or_default();
        // Without its edition a file's features are anybody's guess: some servers lose it.
        if file.syntax.as_deref() == Some("editions") && file.edition.is_none() {
            self.lossy = true;
        }
        let resolved = Features::of_file(file);
        self.schema
            .files
            .push(FileFacts::of(file, self.imported, self.positions.at(&[])));
        for (index, message) in file.message_type.iter().enumerate() {
            self.message(
                message,
                package,
                &resolved,
                &mut vec![tag::FILE_MESSAGE, as_index(index)],
            );
        }
        for (index, item) in file.enum_type.iter().enumerate() {
            self.enumeration(item, package, &resolved, &[tag::FILE_ENUM, as_index(index)]);
        }
        self.extensions(&file.extension, package, &resolved, &[tag::FILE_EXTENSION]);
        for (index, service) in file.service.iter().enumerate() {
            self.service(service, package, &[tag::FILE_SERVICE, as_index(index)]);
        }
    }

    fn message(
        &mut self,
        message: &DescriptorProto,
        outer: &str,
        parent: &Features,
        path: &mut Vec<i32>,
    ) {
        let name = join(outer, message.name.as_deref());
        let resolved = parent.child(features::message_features(message));
        for (index, nested) in message.nested_type.iter().enumerate() {
            path.extend([tag::MESSAGE_NESTED, as_index(index)]);
            self.message(nested, &name, &resolved, path);
            path.truncate(path.len() - 2);
        }
        for (index, item) in message.enum_type.iter().enumerate() {
            path.extend([tag::MESSAGE_ENUM, as_index(index)]);
            self.enumeration(item, &name, &resolved, path);
            path.truncate(path.len() - 2);
        }
        path.push(tag::MESSAGE_EXTENSION);
        self.extensions(&message.extension, &name, &resolved, path);
        // Node reports what a message declares for others among its own fields, and the same once
        // more among the fields of the others, by the full name.
        let declared = |field: &&FieldDescriptorProto| field.extendee.is_some();
        let misplaced: Vec<_> = message.field.iter().filter(declared).cloned().collect();
        self.extensions(&misplaced, &name, &resolved, path);
        path.pop();
        if !self.taken.insert(name.clone()) {
            return;
        }
        let entries: HashMap<&str, &DescriptorProto> = message
            .nested_type
            .iter()
            .map(|nested| (nested.name.as_deref().unwrap_or_default(), nested))
            .collect();
        let oneofs = fields::Oneofs::of(message);
        let mut fields = BTreeMap::new();
        for (index, field) in message.field.iter().enumerate() {
            let named = field.name.as_deref().unwrap_or_default();
            if named.starts_with('.') || field.extendee.is_some() {
                continue;
            }
            path.extend([tag::MESSAGE_FIELD, as_index(index)]);
            let around = fields::Around {
                nested: &entries,
                scope: &name,
                parent: &resolved,
                oneofs: &oneofs,
            };
            let field = self.field(field, &around, path);
            path.truncate(path.len() - 2);
            fields.insert(field.number, field);
        }
        let location = self.positions.at(path);
        let loaded = Message {
            fields,
            extensions: BTreeMap::new(),
            oneofs: oneofs.real(|index| {
                self.positions
                    .at(&[path.as_slice(), &[tag::MESSAGE_ONEOF, index]].concat())
            }),
            reserved: facts::reserved_of_message(message),
            extension_ranges: facts::extension_ranges(message),
            map_entry: is_map_entry(message),
            message_set: message.options.message_set_wire_format.unwrap_or(false),
            no_accessor: message
                .options
                .no_standard_descriptor_accessor
                .unwrap_or(false),
            legacy_json: resolved.resolved.json_format == JsonFormat::LegacyBestEffort,
            deprecated: message.options.deprecated.unwrap_or(false),
            imported: self.imported,
            location,
        };
        self.schema.messages.insert(name, loaded);
    }

    /// Extensions wait until all messages are known: the one that they extend may come later.
    fn extensions(
        &mut self,
        extensions: &[FieldDescriptorProto],
        scope: &str,
        parent: &Features,
        path: &[i32],
    ) {
        let (nested, oneofs) = (HashMap::new(), fields::Oneofs::default());
        for (index, extension) in extensions.iter().enumerate() {
            let around = fields::Around {
                nested: &nested,
                scope,
                parent,
                oneofs: &oneofs,
            };
            let path = [path, &[as_index(index)]].concat();
            let mut field = self.field(extension, &around, &path);
            field.name = join(scope, extension.name.as_deref());
            field.presence |= field.cardinality == Cardinality::Singular;
            let extendee = self.type_name(
                extension.extendee.as_deref().unwrap_or_default(),
                scope,
                None,
            );
            self.extensions.push((extendee, field));
        }
    }

    fn enumeration(
        &mut self,
        item: &EnumDescriptorProto,
        outer: &str,
        parent: &Features,
        path: &[i32],
    ) {
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
                deprecated: value.options.deprecated.unwrap_or(false),
                location: self
                    .positions
                    .at(&[path, &[tag::ENUM_VALUE, as_index(index)]].concat()),
            })
            .collect();
        let location = self.positions.at(path);
        let resolved = parent.child(features::enum_features(item)).resolved;
        let loaded = Enum {
            values,
            closed: resolved.enum_type == EnumType::Closed,
            legacy_json: resolved.json_format == JsonFormat::LegacyBestEffort,
            reserved: facts::reserved_of_enum(item),
            deprecated: item.options.deprecated.unwrap_or(false),
            imported: self.imported,
            location,
        };
        self.schema.enums.insert(name, loaded);
    }

    fn service(&mut self, service: &ServiceDescriptorProto, package: &str, path: &[i32]) {
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
                idempotency: facts::idempotency(method),
                http: facts::http(method),
                deprecated: method.options.deprecated.unwrap_or(false),
                location,
            };
            methods.insert(method.name.clone().unwrap_or_default(), method_of);
        }
        let location = self.positions.at(path);
        self.schema.services.insert(
            name,
            Service {
                methods,
                deprecated: service.options.deprecated.unwrap_or(false),
                imported: self.imported,
                location,
            },
        );
    }
}
