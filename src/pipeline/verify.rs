//! Schemas held against truths: each distinct pair compared once, however many pods share it.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::sources::{self, Loaded};
use crate::config::Thresholds;
use crate::core::compare::{CompareOptions, Comparison, compare};
use crate::core::observation::{LiveDescriptors, Reason, ReasonKind};
use crate::core::schema::{FileInput, Schema};
use crate::core::source::Source;

/// Identifies what a server reports: its files, in any order, and the services it lists.
pub(super) type SchemaDigest = [u8; 32];

/// The digest of what a server reports.
pub(super) fn digest(live: &LiveDescriptors) -> SchemaDigest {
    let mut parts: Vec<[u8; 32]> = live
        .files
        .iter()
        .map(|file| Sha256::digest(file).into())
        .collect();
    parts.sort_unstable();
    let mut hash = Sha256::new();
    for part in &parts {
        hash.update(part);
    }
    for service in &live.services {
        hash.update([0]);
        hash.update(service.as_bytes());
    }
    hash.finalize().into()
}

/// A truth as a schema, or why it is none.
pub(super) fn truth_schema(loaded: &Loaded) -> Result<Schema, Reason> {
    schema_of(loaded, true)
}

/// A source as a schema; findings point at its files only if it has `positions`.
pub(super) fn schema_of(loaded: &Loaded, positions: bool) -> Result<Schema, Reason> {
    let inputs = loaded.truth.files.iter().map(|file| FileInput {
        bytes: &file.bytes,
        path: Some(sources::shown(file.path.as_ref()).unwrap_or(""))
            .filter(|path| positions && !path.is_empty()),
        imported: file.imported,
    });
    let mut schema = Schema::load(inputs).map_err(|error| {
        Reason::new(
            ReasonKind::Truth,
            format!("{}: {error}", loaded.truth.source),
        )
    })?;
    if let Some(listed) = &loaded.listed {
        schema.retain_services(listed);
    }
    Ok(schema)
}

/// Compares what is live with the truth, whichever of them is the server.
pub(super) fn hold(
    live: &Schema,
    truth: &Schema,
    include: &dyn Fn(&str) -> bool,
    thresholds: Thresholds,
) -> Comparison {
    let (server, client) = thresholds.perspective.swap(live, truth);
    let scope = thresholds.scope;
    compare(server, client, &CompareOptions { include, scope })
}

/// Distinct live schemas, each kept once.
pub(super) struct Schemas {
    thresholds: Thresholds,
    kept: HashMap<SchemaDigest, Kept>,
    compared: HashMap<(SchemaDigest, Against), Arc<Comparison>>,
}

/// What a live schema is held against: a truth, or the default truth before a change. Each entry,
/// by its number, has its own choice of services.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Against {
    Truth(usize, Option<Source>),
    Baseline(usize),
}

struct Kept {
    descriptors: LiveDescriptors,
    schema: Option<Result<Arc<Schema>, Reason>>,
}

impl Schemas {
    /// None yet; they will be compared under these.
    pub(super) fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            kept: HashMap::new(),
            compared: HashMap::new(),
        }
    }

    /// Keeps what a server reported, unless an equal one is kept already.
    pub(super) fn keep(&mut self, live: LiveDescriptors) -> SchemaDigest {
        let digest = digest(&live);
        self.kept.entry(digest).or_insert(Kept {
            descriptors: live,
            schema: None,
        });
        digest
    }

    /// The comparison of a kept schema with the truth of an entry, or with the baseline.
    ///
    /// # Errors
    /// The live descriptors are no schema.
    pub(super) fn compare(
        &mut self,
        digest: SchemaDigest,
        against: Against,
        truth: &Schema,
        include: &dyn Fn(&str) -> bool,
    ) -> Result<(Arc<Comparison>, Vec<String>), Reason> {
        let thresholds = self.thresholds;
        let Some(kept) = self.kept.get_mut(&digest) else {
            return Err(Reason::new(ReasonKind::Other, "the schema was not kept"));
        };
        let schema = kept
            .schema
            .get_or_insert_with(|| live_schema(&kept.descriptors))
            .clone()?;
        let comparison = self
            .compared
            .entry((digest, against))
            .or_insert_with(|| Arc::new(hold(&schema, truth, include, thresholds)));
        let notes = kept
            .descriptors
            .notes
            .iter()
            .chain(&schema.notes)
            .cloned()
            .collect();
        Ok((Arc::clone(comparison), notes))
    }
}

fn live_schema(live: &LiveDescriptors) -> Result<Arc<Schema>, Reason> {
    let inputs = live.files.iter().map(|file| FileInput {
        bytes: file,
        path: None,
        imported: false,
    });
    let mut schema = Schema::load(inputs).map_err(|error| {
        Reason::new(ReasonKind::InvalidDescriptors, format!("the server's descriptors are no schema: {error}"))
            .with_hint("Regenerate the server's code with a current protoc, and check what it registers with reflection.")
    })?;
    schema.retain_services(&live.services);
    if schema.lossy {
        schema.notes.push("the server's reflection rebuilds its descriptors and loses options, presence, oneofs, defaults, reservations and what is required; these are not compared".to_owned());
    }
    Ok(Arc::new(schema))
}
