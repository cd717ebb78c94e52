//! A loaded truth: serialised descriptors, where they came from, and where their files lie.
//!
//! The `truth` room makes it; `core::schema` reads it.

use std::collections::BTreeMap;

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
    /// The `breaking` section of the module's `buf.yaml`, if it has one.
    pub breaking: Option<BufBreaking>,
}

/// The `breaking` section of a `buf.yaml`: what its module's owners let pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BufBreaking {
    /// Where it is written, as `path:line`.
    pub origin: String,
    /// Rule ids and categories that are looked for; empty if `use` is not written.
    pub uses: Vec<String>,
    /// Rule ids and categories that are not.
    pub except: Vec<String>,
    /// Folders and files that are left alone, in the form of [`TruthFile::path`].
    pub ignore: Vec<String>,
    /// Rule ids and categories → folders and files in which they are left alone.
    pub ignore_only: BTreeMap<String, Vec<String>>,
}
