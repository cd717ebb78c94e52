//! The schemas that are changed: written for it, and real ones.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::judges::Pair;
use crate::mutate::{self, Mutation};
use crate::set::Set;
use crate::{buf, schemas};

/// A schema to change.
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) files: Arc<Set>,
    /// Mutations of one kind that are tried, chosen by hash.
    sample: usize,
}

macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("protos/", $path)))),*]
    };
}

/// Every schema.
pub(crate) fn all() -> Vec<Base> {
    let rich = sources![
        "rich/api/v1/api.proto",
        "rich/api/v1/more.proto",
        "rich/extra/v1/extra.proto",
        "rich/extra/v1/plain.proto",
        "rich/legacy/v1/legacy.proto",
        "rich/types/v1/types.proto",
    ];
    let edition = sources!["rich/edition/v1/edition.proto"];
    let google = [
        "google/protobuf/any.proto",
        "google/protobuf/api.proto",
        "google/protobuf/descriptor.proto",
        "google/protobuf/duration.proto",
        "google/protobuf/empty.proto",
        "google/protobuf/field_mask.proto",
        "google/protobuf/struct.proto",
        "google/protobuf/timestamp.proto",
        "google/protobuf/type.proto",
        "google/protobuf/wrappers.proto",
    ];
    let imports = google.map(|name| format!("import \"{name}\";\n")).concat();
    let mut wellknown = schemas::compile(&[("all.proto", &imports)]);
    wellknown.retain(|file| file.name.as_deref() != Some("all.proto"));
    let mut grpc = schemas::decode(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET);
    grpc.extend(schemas::decode(
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ));
    let base = |name, files: Set, sample| Base {
        name,
        files: Arc::new(files),
        sample,
    };
    vec![
        base("rich", schemas::compile(&rich), 6),
        base("edition", schemas::decode(&buf::build(&edition)), 4),
        base("shop", shop(), 2),
        base("google", wellknown, 1),
        base("grpc", grpc, 1),
    ]
}

/// The module that the tests' servers serve.
fn shop() -> Set {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/modules/shop");
    let names = ["common", "orders", "payments"].map(|name| format!("shop/{name}/v1/{name}.proto"));
    let texts = names
        .clone()
        .map(|name| std::fs::read_to_string(root.join(name)).unwrap());
    let sources: Vec<(&str, &str)> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    schemas::compile(&sources)
}

/// Every pair to judge: each schema against what the chosen mutations make of it, and for some the
/// other way round.
pub(crate) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for base in all() {
        let mut kinds: BTreeMap<String, Vec<Mutation>> = BTreeMap::new();
        for mutation in mutate::all(&base.files) {
            let imported = ["google", "pb."]
                .iter()
                .any(|own| mutation.place.starts_with(own));
            let foreign = imported && base.name != "google";
            if !foreign {
                kinds
                    .entry(mutation.kind.clone())
                    .or_default()
                    .push(mutation);
            }
        }
        for (kind, mut mutations) in kinds {
            let hashed = |mutation: &Mutation| {
                let mut hasher = DefaultHasher::new();
                (base.name, &kind, &mutation.place).hash(&mut hasher);
                hasher.finish()
            };
            mutations.sort_by_cached_key(hashed);
            for (index, mutation) in mutations.iter().take(base.sample).enumerate() {
                let mutant = Arc::new(mutation.of(&base.files));
                let pair = |server: &Arc<Set>, client: &Arc<Set>, way: &str| Pair {
                    base: base.name,
                    kind: format!("{kind}{way}"),
                    place: mutation.place.clone(),
                    neutral: mutation.neutral,
                    server: Arc::clone(server),
                    client: Arc::clone(client),
                };
                pairs.push(pair(&mutant, &base.files, ""));
                if index == 0 && base.sample > 1 {
                    pairs.push(pair(&base.files, &mutant, " (undone)"));
                }
            }
        }
    }
    pairs
}
