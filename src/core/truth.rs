//! A loaded truth: serialised descriptors, where they came from, and where their files lie.
//!
//! The `truth` room makes it; `core::schema` reads it.

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
}
