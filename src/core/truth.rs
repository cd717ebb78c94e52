//! A loaded truth: serialised descriptors, where they came from, and where their files lie.
//!
//! The `truth` room makes it; `core::schema` reads it.

use std::collections::BTreeMap;

use buffa::encoding::{Tag, WireType, encode_varint};
use bytes::Bytes;

/// One file of a truth.
#[derive(Debug, Clone)]
pub struct TruthFile {
    /// A serialised `google.protobuf.FileDescriptorProto`, with source info where there is any.
    pub bytes: Bytes,
    /// Path for findings, relative to the working directory where possible, with `/`. `None` if
    /// the file has no place on disk (then the descriptor's own name is shown).
    pub path: Option<String>,
    /// Whether the file is there only because another imports it; its services don't count as
    /// part of the truth.
    pub imported: bool,
}

/// A truth, ready to be compared.
#[derive(Debug, Clone)]
pub struct Truth {
    /// The SOURCE as it was written.
    pub source: String,
    /// What it resolved to: a path, a commit, a server.
    pub resolved: String,
    /// The files, dependencies included.
    pub files: Vec<TruthFile>,
    /// What a reader should know (tolerated defects, …).
    pub notes: Vec<String>,
    /// What the module's own `buf.yaml` says about breaking changes, if anything.
    pub breaking: Option<BufBreaking>,
}

/// The serialised `google.protobuf.FileDescriptorSet` of serialised files. A set is nothing but its
/// files, each as field 1, so their bytes stay as they are.
pub fn set_of_files<'a>(files: impl Iterator<Item = &'a Bytes>) -> Vec<u8> {
    let mut set = Vec::new();
    for file in files {
        Tag::new(1, WireType::LengthDelimited).encode(&mut set);
        encode_varint(file.len() as u64, &mut set);
        set.extend_from_slice(file);
    }
    set
}

/// The `breaking:` section of a `buf.yaml`. Paths are in the form of [`TruthFile::path`], each a
/// file or a folder with everything below it; `.` is the working directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BufBreaking {
    /// Where it is written, as `path:line`.
    pub origin: String,
    /// Rules and categories of `buf breaking` that are used; empty if it names none.
    pub uses: Vec<String>,
    /// Rules and categories that are not used.
    pub except: Vec<String>,
    /// Paths in which no rule is used.
    pub ignore: Vec<String>,
    /// Paths in which one rule or category is not used.
    pub ignore_only: BTreeMap<String, Vec<String>>,
    /// Packages whose last part is an unstable version (`v1alpha1`, `v1beta1`, …) are left alone.
    pub ignore_unstable_packages: bool,
}
