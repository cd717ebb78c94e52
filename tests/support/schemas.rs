//! Descriptors of small sources, and the comparison of two sets of them. Included by test targets
//! with `#[path]`.
//!
//! [`changes`] is the one place where these tests call the comparison. Descriptors are `buffa`'s,
//! which keep features, editions and whatever they do not know.

use buffa::Message as _;
use buffa_descriptor::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};
use protodiff::core::change::{Change, ChangeKind};
pub(crate) use protodiff::core::compare::Scope;
use protodiff::core::compare::{CompareOptions, compare};
use protodiff::core::judge::whole_service;
use protodiff::core::schema::{FileInput, Schema};

/// One file's descriptor.
pub(crate) type File = FileDescriptorProto;

/// The differences between two schemas. All tests that use this file compare through here.
pub(crate) fn changes(server: &Schema, client: &Schema, scope: Scope) -> Vec<Change> {
    let options = CompareOptions {
        scope,
        ..CompareOptions::default()
    };
    let comparison = compare(server, client, &options);
    assert_eq!(comparison.omitted, 0, "too many differences to keep");
    // Whole services become changes where a report is made.
    let missing = comparison
        .client_only
        .iter()
        .map(|name| whole_service(ChangeKind::ServiceMissing, name, None));
    let undocumented = comparison
        .server_only
        .iter()
        .map(|name| whole_service(ChangeKind::ServiceUndocumented, name, None));
    let whole: Vec<Change> = missing.chain(undocumented).collect();
    comparison.changes.into_iter().chain(whole).collect()
}

/// The differences between two sets of files.
pub(crate) fn differences(server: &[File], client: &[File], scope: Scope) -> Vec<Change> {
    changes(&schema_of(server), &schema_of(client), scope)
}

/// A schema of these files, none of them an import.
pub(crate) fn schema_of(files: &[File]) -> Schema {
    let bytes: Vec<Vec<u8>> = files.iter().map(File::encode_to_vec).collect();
    let inputs = bytes.iter().map(|bytes| FileInput {
        bytes,
        path: None,
        imported: false,
    });
    Schema::load(inputs).unwrap_or_else(|error| panic!("{error}\n{files:#?}"))
}

/// The files of a serialised descriptor set.
pub(crate) fn decode(set: &[u8]) -> Vec<File> {
    FileDescriptorSet::decode_from_slice(set).unwrap().file
}

/// The files as one serialised descriptor set.
pub(crate) fn encode(files: &[File]) -> Vec<u8> {
    let set = FileDescriptorSet {
        file: files.to_vec(),
        ..Default::default()
    };
    set.encode_to_vec()
}

/// Compiles proto2 and proto3 sources (name, content); what they import from Google comes along.
pub(crate) fn compile(files: &[(&str, &str)]) -> Vec<File> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    // Encoded by the compiler itself, custom options are kept.
    let mut compiler = protox::Compiler::new([folder.path()]).unwrap();
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(names)
        .unwrap_or_else(|error| panic!("{error:?}\n{files:#?}"));
    decode(&compiler.encode_file_descriptor_set())
}
