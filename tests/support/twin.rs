//! A proto3 file as Editions write it. Included by test targets with `#[path]`.

use std::collections::BTreeSet;

use buffa_descriptor::generated::descriptor::feature_set::FieldPresence;
use buffa_descriptor::generated::descriptor::{self, FeatureSet};
use prost::Message as _;
use prost_types::FileDescriptorProto;

/// The same file as its Editions twin: no syntax proto3, no synthetic oneofs, and presence said by
/// features. Made with descriptor types that know editions.
pub(crate) fn editions_twin(file: &FileDescriptorProto) -> Vec<u8> {
    let presence = |value| FeatureSet {
        field_presence: Some(value),
        ..FeatureSet::default()
    };
    let mut twin: descriptor::FileDescriptorProto =
        buffa::Message::decode_from_slice(&file.encode_to_vec()).unwrap();
    twin.syntax = Some("editions".to_owned());
    twin.edition = Some(descriptor::Edition::EDITION_2023);
    twin.options = Some(descriptor::FileOptions {
        features: Some(presence(FieldPresence::IMPLICIT)).into(),
        ..descriptor::FileOptions::default()
    })
    .into();
    for message in &mut twin.message_type {
        let mut synthetic = BTreeSet::new();
        for field in &mut message.field {
            if field.proto3_optional == Some(true) {
                synthetic.extend(field.oneof_index.take());
                field.proto3_optional = None;
                field.options = Some(descriptor::FieldOptions {
                    features: Some(presence(FieldPresence::EXPLICIT)).into(),
                    ..descriptor::FieldOptions::default()
                })
                .into();
            }
        }
        // Synthetic oneofs come last, so the others keep their places.
        let mut index = -1;
        message.oneof_decl.retain(|_| {
            index += 1;
            !synthetic.contains(&index)
        });
    }
    buffa::Message::encode_to_vec(&twin)
}
