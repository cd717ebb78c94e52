//! The files that a server has sent so far, each once, and what is still missing.

use std::collections::{BTreeSet, HashMap, HashSet};

use bytes::Bytes;
use prost::Message as _;

use super::{Limits, ReflectError, brief};

/// The few fields of a `FileDescriptorProto` that finding one's way needs. Decoding no more keeps
/// a scan of many pods cheap: pods of one version send the same bytes, which are read in full once.
/// (Field numbers: `google/protobuf/descriptor.proto`.)
#[derive(Clone, PartialEq, prost::Message)]
struct FileHeader {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    package: Option<String>,
    #[prost(string, repeated, tag = "3")]
    dependency: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    service: Vec<ServiceHeader>,
}

/// The name of a `ServiceDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
struct ServiceHeader {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
}

/// Repeats of known files may be so many times larger than the limit on new ones: honest servers
/// send the closure of imports with each answer.
const REPEATS: usize = 16;

/// What has been collected.
pub(super) struct Collection {
    limits: Limits,
    files: HashMap<String, Bytes>,
    order: Vec<String>,
    services: HashSet<String>,
    wanted: BTreeSet<String>,
    lacking: HashSet<String>,
    received: usize,
    repeated: usize,
    notes: Vec<String>,
}

impl Collection {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            files: HashMap::new(),
            order: Vec::new(),
            services: HashSet::new(),
            wanted: BTreeSet::new(),
            lacking: HashSet::new(),
            received: 0,
            repeated: 0,
            notes: Vec::new(),
        }
    }

    /// Adds the files of one answer. Returns whether any of them had been sent before.
    pub(super) fn add(&mut self, files: Vec<Vec<u8>>) -> Result<bool, ReflectError> {
        let mut repeated = false;
        for bytes in files {
            let size = bytes.len();
            if self.add_file(bytes.into())? {
                repeated = true;
                self.repeated += size;
            } else {
                self.received += size;
            }
            let limit = self.limits.total_bytes;
            if self.received > limit || self.repeated > limit.saturating_mul(REPEATS) {
                return Err(ReflectError::TooLarge(format!(
                    "the server sent more than {} MiB of descriptors",
                    limit >> 20
                )));
            }
        }
        Ok(repeated)
    }

    fn add_file(&mut self, bytes: Bytes) -> Result<bool, ReflectError> {
        let header = FileHeader::decode(bytes.as_ref()).map_err(|error| {
            ReflectError::Invalid(format!(
                "the server sent a descriptor that does not decode: {error}"
            ))
        })?;
        let name = header.name.unwrap_or_default();
        if let Some(known) = self.files.get(&name) {
            if *known != bytes {
                self.note(format!(
                    "the server sent two different files named `{}`; the first one counts",
                    brief(&name)
                ));
            }
            return Ok(true);
        }
        if self.files.len() >= self.limits.files {
            return Err(ReflectError::TooLarge(format!(
                "the server sent more than {} files",
                self.limits.files
            )));
        }
        let package = header.package.unwrap_or_default();
        for service in header.service {
            let short = service.name.unwrap_or_default();
            self.services.insert(if package.is_empty() {
                short
            } else {
                format!("{package}.{short}")
            });
        }
        self.wanted.remove(&name);
        for import in header.dependency {
            if !self.files.contains_key(&import)
                && !self.lacking.contains(&import)
                && import != name
            {
                self.wanted.insert(import);
            }
        }
        self.order.push(name.clone());
        self.files.insert(name, bytes);
        Ok(false)
    }

    /// Whether a received file declares this service.
    pub(super) fn declares(&self, service: &str) -> bool {
        self.services.contains(service)
    }

    /// A file that another one imports and that has neither come nor been refused; each is given
    /// out once, so cyclic or endless imports end.
    pub(super) fn next_import(&mut self) -> Option<String> {
        let name = self.wanted.pop_first()?;
        self.lacking.insert(name.clone());
        Some(name)
    }

    /// The server does not have this import.
    pub(super) fn lacks(&mut self, name: &str, words: &str) {
        self.note(format!(
            "the server could not give the import `{}`: {}",
            brief(name),
            brief(words)
        ));
    }

    fn note(&mut self, note: String) {
        // A hostile server must not fill the report.
        if self.notes.len() < 20 {
            self.notes.push(note);
        }
    }

    /// The files in the order in which they came, and the notes.
    pub(super) fn finish(mut self) -> (Vec<Bytes>, Vec<String>) {
        let files = self
            .order
            .iter()
            .filter_map(|name| self.files.remove(name))
            .collect();
        (files, self.notes)
    }
}
