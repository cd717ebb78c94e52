//! A `FieldDescriptorProto` → [`Field`], with its features resolved.

use std::collections::{BTreeMap, HashMap};

use buffa::UnknownFields;
use buffa::editions::{
    FieldPresence, MessageEncoding, RepeatedFieldEncoding, ResolvedFeatures, Utf8Validation,
};
use buffa_descriptor::features;
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::field_options::{CType, JSType};
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, FeatureSet, FieldDescriptorProto, FileDescriptorProto,
};

use super::load::Loader;
use super::shape::{is_entry_of, is_map_field, scalar};
use super::types::default_json_name;
use super::{Cardinality, Extras, Field, Kind, Location, Scalar, facts, scope};

/// Numbers of the extensions of `google.protobuf.FeatureSet` that matter here, and of their fields.
/// (Source: `google/protobuf/cpp_features.proto` and `java_features.proto`.)
mod language {
    pub(super) const CPP: u32 = 1000;
    pub(super) const CPP_STRING_TYPE: u32 = 2;
    pub(super) const JAVA: u32 = 1001;
    pub(super) const JAVA_UTF8_VALIDATION: u32 = 2;
}

/// Features in force at one place, inherited from what encloses it.
#[derive(Debug, Clone)]
pub(super) struct Features {
    pub(super) resolved: ResolvedFeatures,
    cpp_string: Option<&'static str>,
    java_utf8: Option<&'static str>,
}

impl Features {
    /// What a whole file says.
    pub(super) fn of_file(file: &FileDescriptorProto) -> Self {
        let checks = file.options.java_string_check_utf8.unwrap_or(false);
        let base = Self {
            resolved: features::for_file(file),
            cpp_string: None,
            java_utf8: checks.then_some("VERIFY"),
        };
        base.languages(file.options.features.as_option())
    }

    /// What holds inside, where `own` says otherwise.
    pub(super) fn child(&self, own: Option<&FeatureSet>) -> Self {
        let resolved = features::resolve_child(&self.resolved, own);
        Self {
            resolved,
            ..self.clone()
        }
        .languages(own)
    }

    fn languages(mut self, own: Option<&FeatureSet>) -> Self {
        let Some(own) = own else { return self };
        let value = |language, field| facts::nested_varint(unknown_fields(own), language, field);
        match value(language::CPP, language::CPP_STRING_TYPE) {
            Some(1) => self.cpp_string = Some("VIEW"),
            Some(2) => self.cpp_string = Some("CORD"),
            Some(3) => self.cpp_string = None,
            _ => {}
        }
        match value(language::JAVA, language::JAVA_UTF8_VALIDATION) {
            Some(1) => self.java_utf8 = None,
            Some(2) => self.java_utf8 = Some("VERIFY"),
            _ => {}
        }
        self
    }
}

fn unknown_fields(features: &FeatureSet) -> &UnknownFields {
    &features.__buffa_unknown_fields
}

/// What a field is read within.
pub(super) struct Around<'a> {
    /// The messages declared beside it, by name.
    pub(super) nested: &'a HashMap<&'a str, &'a DescriptorProto>,
    /// Full name of the message that it is declared in, or a package.
    pub(super) scope: &'a str,
    pub(super) parent: &'a Features,
    pub(super) oneofs: &'a Oneofs,
}

/// The oneofs of a message: real ones, and those that only stand for the presence of one field.
#[derive(Default)]
pub(super) struct Oneofs(Vec<(String, bool)>);

impl Oneofs {
    pub(super) fn of(message: &DescriptorProto) -> Self {
        // One pass over the fields: a message may have very many of both.
        let mut members: Vec<(usize, bool, Option<&str>)> =
            vec![(0, false, None); message.oneof_decl.len()];
        for field in &message.field {
            let index = field.oneof_index.and_then(|at| usize::try_from(at).ok());
            if let Some(of) = index.and_then(|index| members.get_mut(index)) {
                of.0 += 1;
                of.1 |= field.proto3_optional.unwrap_or(false);
                of.2 = field.name.as_deref();
            }
        }
        let declared = message.oneof_decl.iter().zip(members);
        Self(
            declared
                .map(|(oneof, (count, marked, last))| {
                    let name = oneof.name.clone().unwrap_or_default();
                    // Node keeps the oneof and loses the mark.
                    let bare = count == 1 && name.strip_prefix('_') == last;
                    (name, !(marked || bare))
                })
                .collect(),
        )
    }

    /// The real ones, each with its place.
    pub(super) fn real(
        &self,
        at: impl Fn(i32) -> Option<Location>,
    ) -> BTreeMap<String, Option<Location>> {
        let declared = self.0.iter().enumerate();
        declared
            .filter(|(_, (_, real))| *real)
            .map(|(index, (name, _))| (name.clone(), at(super::shape::as_index(index))))
            .collect()
    }

    fn name_of(&self, field: &FieldDescriptorProto) -> Option<Box<str>> {
        let index = usize::try_from(field.oneof_index?).ok()?;
        self.0
            .get(index)
            .filter(|(_, real)| *real)
            .map(|(name, _)| name.as_str().into())
    }
}

impl Loader<'_> {
    pub(super) fn field(
        &mut self,
        field: &FieldDescriptorProto,
        around: &Around<'_>,
        path: &[i32],
    ) -> Field {
        let own = around.parent.child(features::field_features(field));
        let kind = self.kind(field, around.scope, &own.resolved);
        let cardinality = match field.label {
            Some(Label::LABEL_REPEATED)
                if is_map_field(field, &kind, around.nested, around.scope) =>
            {
                Cardinality::Map
            }
            Some(Label::LABEL_REPEATED) => Cardinality::Repeated,
            Some(Label::LABEL_REQUIRED) => Cardinality::Required,
            _ if own.resolved.field_presence == FieldPresence::LegacyRequired => {
                Cardinality::Required
            }
            _ => Cardinality::Singular,
        };
        let is_message = matches!(
            kind,
            Kind::Message(_) | Kind::Group(_) | Kind::Unresolved(_)
        );
        let presence = match cardinality {
            Cardinality::Required => true,
            Cardinality::Singular => {
                is_message
                    || field.oneof_index.is_some()
                    || field.proto3_optional.unwrap_or(false)
                    || own.resolved.field_presence != FieldPresence::Implicit
            }
            Cardinality::Repeated | Cardinality::Map => false,
        };
        let extras = extras(field, &own, &kind, cardinality);
        Field {
            name: field.name.clone().unwrap_or_default(),
            number: field.number.unwrap_or_default(),
            kind,
            cardinality,
            presence,
            oneof: around.oneofs.name_of(field),
            extras: (extras != Extras::default()).then(|| Box::new(extras)),
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
        let delimited = resolved.message_encoding == MessageEncoding::Delimited;
        match field.r#type {
            Some(Type::TYPE_ENUM) => Kind::Enum(name),
            Some(Type::TYPE_GROUP) => Kind::Group(name),
            // The entry of a map is length-prefixed whatever the features say.
            Some(Type::TYPE_MESSAGE) if delimited && !self.entries.contains(&name) => {
                Kind::Group(name)
            }
            Some(Type::TYPE_MESSAGE) => Kind::Message(name),
            _ => Kind::Unresolved(name),
        }
    }

    /// The full name without a leading dot; notes what is missing or relative.
    /// `repeated` is the name of the repeated field that has this type.
    pub(super) fn type_name(&mut self, name: &str, scope: &str, repeated: Option<&str>) -> String {
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
}

fn extras(
    field: &FieldDescriptorProto,
    own: &Features,
    kind: &Kind,
    cardinality: Cardinality,
) -> Extras {
    let name = field.name.as_deref().unwrap_or_default();
    let custom = field
        .json_name
        .as_deref()
        .filter(|json| *json != default_json_name(name));
    let text = *kind == Kind::Scalar(Scalar::String);
    let textual = text || *kind == Kind::Scalar(Scalar::Bytes);
    let packed = field
        .options
        .packed
        .unwrap_or(own.resolved.repeated_field_encoding == RepeatedFieldEncoding::Packed);
    Extras {
        json_name: custom.map(Into::into),
        default: field
            .default_value
            .as_deref()
            .map(|value| facts::canonical_default(value, kind).into()),
        expanded: cardinality == Cardinality::Repeated && kind.packable() && !packed,
        unchecked_utf8: text && own.resolved.utf8_validation == Utf8Validation::None,
        deprecated: field.options.deprecated.unwrap_or(false),
        jstype: match field.options.jstype {
            Some(JSType::JS_STRING) => Some("JS_STRING"),
            Some(JSType::JS_NUMBER) => Some("JS_NUMBER"),
            _ => None,
        },
        cpp_string: match field.options.ctype {
            _ if !textual => None,
            Some(CType::CORD) => Some("CORD"),
            Some(CType::STRING_PIECE) => Some("STRING_PIECE"),
            _ => own.cpp_string,
        },
        java_utf8: own.java_utf8.filter(|_| text),
    }
}
