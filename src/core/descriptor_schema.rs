//! The schema of descriptors themselves, by which forms that are written with names (text, JSON,
//! YAML) are read and written.
//!
//! `descriptor.binpb` is `google/protobuf/descriptor.proto` as the pinned `buf` of the tests has
//! it, without source positions; a test holds it to that.

use std::sync::Arc;

use buffa::Message as _;
use buffa_descriptor::DescriptorPool;
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, FileDescriptorProto, FileDescriptorSet,
};

/// `google/protobuf/descriptor.proto`, serialised.
pub const DESCRIPTOR: &[u8] = include_bytes!("descriptor.binpb");

/// What Buf adds to each file of an image: `ImageFileExtension` of `buf/alpha/image/v1/image.proto`,
/// as a message inside `FileDescriptorProto`, and field 8042 that holds it.
const BUF_EXTENSION: &str = r#"{
  "field": [{"name": "buf_extension", "number": 8042, "label": "LABEL_OPTIONAL", "type": "TYPE_MESSAGE",
    "typeName": ".google.protobuf.FileDescriptorProto.BufExtension"}],
  "nestedType": [{"name": "BufExtension",
    "field": [
      {"name": "is_import", "number": 1, "label": "LABEL_OPTIONAL", "type": "TYPE_BOOL"},
      {"name": "module_info", "number": 2, "label": "LABEL_OPTIONAL", "type": "TYPE_MESSAGE",
        "typeName": ".google.protobuf.FileDescriptorProto.BufExtension.ModuleInfo"},
      {"name": "is_syntax_unspecified", "number": 3, "label": "LABEL_OPTIONAL", "type": "TYPE_BOOL"},
      {"name": "unused_dependency", "number": 4, "label": "LABEL_REPEATED", "type": "TYPE_INT32"}],
    "nestedType": [
      {"name": "ModuleInfo", "field": [
        {"name": "name", "number": 1, "label": "LABEL_OPTIONAL", "type": "TYPE_MESSAGE",
          "typeName": ".google.protobuf.FileDescriptorProto.BufExtension.ModuleName"},
        {"name": "commit", "number": 2, "label": "LABEL_OPTIONAL", "type": "TYPE_STRING"}]},
      {"name": "ModuleName", "field": [
        {"name": "remote", "number": 1, "label": "LABEL_OPTIONAL", "type": "TYPE_STRING"},
        {"name": "owner", "number": 2, "label": "LABEL_OPTIONAL", "type": "TYPE_STRING"},
        {"name": "repository", "number": 3, "label": "LABEL_OPTIONAL", "type": "TYPE_STRING"}]}]}]
}"#;

/// The schema of descriptors alone: it knows every field, and no custom option.
pub fn builtin() -> Option<Arc<DescriptorPool>> {
    let file = FileDescriptorProto::decode_from_slice(DESCRIPTOR).ok()?;
    of_image(vec![file])
}

/// The schema that a set brings for itself, with what Buf adds to its files; `None` if it does not
/// hold `descriptor.proto`, or is not complete.
pub fn of_image(mut files: Vec<FileDescriptorProto>) -> Option<Arc<DescriptorPool>> {
    let descriptor = files
        .iter_mut()
        .find(|file| file.package.as_deref() == Some("google.protobuf") && describes_files(file))?;
    let file_type = descriptor
        .message_type
        .iter_mut()
        .find(|message| message.name.as_deref() == Some("FileDescriptorProto"))?;
    let addition: DescriptorProto = serde_json::from_str(BUF_EXTENSION).ok()?;
    file_type.field.extend(addition.field);
    file_type.nested_type.extend(addition.nested_type);
    of_set(files)
}

/// The schema that a set brings for itself; `None` if it is not complete.
pub fn of_set(files: Vec<FileDescriptorProto>) -> Option<Arc<DescriptorPool>> {
    let set = FileDescriptorSet {
        file: files,
        ..FileDescriptorSet::default()
    };
    DescriptorPool::new(set).ok().map(Arc::new)
}

fn describes_files(file: &FileDescriptorProto) -> bool {
    file.message_type
        .iter()
        .any(|message| message.name.as_deref() == Some("FileDescriptorProto"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_descriptors_is_complete() {
        let pool = builtin().unwrap();
        let file = pool
            .message_by_name("google.protobuf.FileDescriptorProto")
            .unwrap();
        assert_eq!(file.field_by_name("buf_extension").unwrap().number(), 8042);
        assert_eq!(file.field_by_name("edition").unwrap().number(), 14);
        assert!(of_image(Vec::new()).is_none());
    }
}
