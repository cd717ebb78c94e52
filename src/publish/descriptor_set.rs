//! Writes descriptors as one `FileDescriptorSet`, binary or JSON, optionally gzipped.
//!
//! Entry: [`write`]; [`to_bytes`] gives the same content without a file. Files are put in
//! dependency order, imports before importers, as protoc does and as its readers (`grpcurl
//! -protoset`, `buf`) expect.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use buffa::DecodeOptions;
use buffa::json::{JsonParseOptions, with_json_parse_options};
use buffa_descriptor::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};
use buffa_descriptor::{DescriptorPool, DynamicMessage};
use bytes::Bytes;

use super::whole_file;

/// How the set is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The protobuf wire format.
    Binary,
    /// Protobuf's JSON mapping.
    Json,
}

impl Format {
    /// By the ending of a file name: `.json` is JSON, anything else binary; a further `.gz` says
    /// whether it is gzipped.
    pub fn of(path: &Path) -> (Self, bool) {
        let ends = |path: &Path, ending: &str| {
            path.extension()
                .is_some_and(|found| found.eq_ignore_ascii_case(ending))
        };
        let gzip = ends(path, "gz");
        let plain = if gzip {
            path.with_extension("")
        } else {
            path.to_path_buf()
        };
        let format = if ends(&plain, "json") {
            Self::Json
        } else {
            Self::Binary
        };
        (format, gzip)
    }
}

/// Why a descriptor set was not written.
#[derive(Debug, thiserror::Error)]
pub enum DescriptorSetError {
    /// A file of the set is no descriptor.
    #[error("file {number} of the descriptor set cannot be decoded: {cause}")]
    Decode {
        /// Its place among the files, from 1.
        number: usize,
        /// The decoder's words.
        cause: buffa::DecodeError,
    },
    /// The set cannot be encoded.
    #[error("the descriptor set cannot be encoded: {0}")]
    Encode(String),
    /// The file cannot be written.
    #[error("{path}: cannot be written: {cause}")]
    Write {
        /// As given.
        path: String,
        /// The operating system's words.
        #[source]
        cause: io::Error,
    },
}

/// Writes serialised `FileDescriptorProto`s to `path`, in the format that its ending says.
///
/// The content goes to a new file beside it that then takes its place, so a failure leaves what
/// was there. Devices and pipes are written directly.
///
/// # Errors
/// A descriptor that doesn't decode, or the operating system's refusal.
pub fn write(files: &[Bytes], path: &Path) -> Result<(), DescriptorSetError> {
    let (format, gzip) = Format::of(path);
    let content = to_bytes(files, format)?;
    let refused = |cause| DescriptorSetError::Write {
        path: path.display().to_string(),
        cause,
    };
    let content = if gzip {
        pack(&content).map_err(refused)?
    } else {
        content
    };
    whole_file::replace(path, &content).map_err(refused)
}

/// The same content as [`write`], not gzipped.
///
/// # Errors
/// A descriptor that doesn't decode.
pub fn to_bytes(files: &[Bytes], format: Format) -> Result<Vec<u8>, DescriptorSetError> {
    let files = in_dependency_order(files)?;
    let binary = encode_set(files.iter().map(|(bytes, _)| bytes));
    match format {
        Format::Binary => Ok(binary),
        Format::Json => to_json(&binary, files.into_iter().map(|(_, file)| file).collect()),
    }
}

/// A set is nothing but its files, each as field 1: their bytes stay as they are.
fn encode_set<'a>(files: impl Iterator<Item = &'a Bytes>) -> Vec<u8> {
    use buffa::encoding::{Tag, WireType, encode_varint};
    let mut set = Vec::new();
    for file in files {
        Tag::new(1, WireType::LengthDelimited).encode(&mut set);
        encode_varint(file.len() as u64, &mut set);
        set.extend_from_slice(file);
    }
    set
}

/// The files, imports before importers and otherwise in the given order; of files with the same
/// name, the first. Import cycles, which no compiler makes, are cut somewhere.
fn in_dependency_order(
    files: &[Bytes],
) -> Result<Vec<(Bytes, FileDescriptorProto)>, DescriptorSetError> {
    let mut decoded = Vec::with_capacity(files.len());
    for (index, bytes) in files.iter().enumerate() {
        let file: FileDescriptorProto = DecodeOptions::new()
            .with_element_memory_limit(512 << 20)
            .decode_from_slice(bytes)
            .map_err(|cause| DescriptorSetError::Decode {
                number: index + 1,
                cause,
            })?;
        decoded.push(file);
    }
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (index, file) in decoded.iter().enumerate() {
        by_name
            .entry(file.name.as_deref().unwrap_or_default())
            .or_insert(index);
    }
    let mut order = Vec::new();
    let mut entered = HashSet::new();
    for file in &decoded {
        // A stack of our own, since a hostile server can send a chain of any depth.
        let mut stack = vec![(by_name[file.name.as_deref().unwrap_or_default()], 0)];
        while let Some((index, next)) = stack.pop() {
            if next == 0 && !entered.insert(index) {
                continue;
            }
            if let Some(import) = decoded[index].dependency.get(next) {
                stack.push((index, next + 1));
                stack.extend(by_name.get(import.as_str()).map(|found| (*found, 0)));
            } else {
                order.push(index);
            }
        }
    }
    let mut decoded: Vec<Option<FileDescriptorProto>> = decoded.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|index| Some((files[index].clone(), decoded[index].take()?)))
        .collect())
}

/// JSON with custom options where the set holds their schema (and then `descriptor.proto`);
/// the compiled-in types know none, so they serve only where nothing better works.
fn to_json(binary: &[u8], files: Vec<FileDescriptorProto>) -> Result<Vec<u8>, DescriptorSetError> {
    let set = FileDescriptorSet {
        file: files,
        ..FileDescriptorSet::default()
    };
    let plain = serde_json::to_vec(&set).map_err(|e| DescriptorSetError::Encode(e.to_string()))?;
    let full = by_own_schema(binary, &set).filter(|full| {
        // An old descriptor.proto in the set may not know all fields: then it would lose some.
        // A new one may know values of enums that the compiled-in types don't: those are no loss.
        let lenient = JsonParseOptions::new().ignore_unknown_enum_values(true);
        with_json_parse_options(&lenient, || {
            serde_json::from_slice::<FileDescriptorSet>(full)
        })
        .ok()
        .and_then(|read| serde_json::to_vec(&read).ok())
        .is_some_and(|read| read == plain)
    });
    Ok(full.unwrap_or(plain))
}

fn by_own_schema(binary: &[u8], set: &FileDescriptorSet) -> Option<Vec<u8>> {
    let pool = Arc::new(DescriptorPool::new(set.clone()).ok()?);
    let index = pool.message_index("google.protobuf.FileDescriptorSet")?;
    let limits = DecodeOptions::new().with_element_memory_limit(1 << 30);
    let message = DynamicMessage::decode_with_options(pool, index, binary, &limits).ok()?;
    serde_json::to_vec(&message).ok()
}

fn pack(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content)?;
    packed.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use buffa::Message as _;

    fn file(name: &str, imports: &[&str]) -> Bytes {
        FileDescriptorProto {
            name: Some(name.to_owned()),
            dependency: imports.iter().map(ToString::to_string).collect(),
            ..FileDescriptorProto::default()
        }
        .encode_to_vec()
        .into()
    }

    fn names(set: &[u8]) -> Vec<String> {
        let set = FileDescriptorSet::decode_from_slice(set).unwrap();
        set.file.into_iter().filter_map(|file| file.name).collect()
    }

    #[test]
    fn imports_come_before_importers() {
        let files = [
            file("a", &["b", "c", "gone"]),
            file("b", &["d"]),
            file("c", &["d"]),
            file("d", &[]),
            file("a", &[]),
        ];
        let set = to_bytes(&files, Format::Binary).unwrap();
        assert_eq!(names(&set), ["d", "b", "c", "a"]);
    }

    #[test]
    fn cycles_and_long_chains_end() {
        let cycle = [file("a", &["b"]), file("b", &["a"])];
        assert_eq!(
            names(&to_bytes(&cycle, Format::Binary).unwrap()),
            ["b", "a"]
        );
        let chain: Vec<Bytes> = (0..20_000)
            .map(|n| file(&n.to_string(), &[&(n + 1).to_string()]))
            .collect();
        let order = names(&to_bytes(&chain, Format::Binary).unwrap());
        assert_eq!(order.len(), 20_000);
        assert_eq!(order[0], "19999");
    }

    #[test]
    fn unknown_bytes_survive_and_garbage_is_refused() {
        let mut odd = file("a", &[]).to_vec();
        odd.extend_from_slice(b"\xd2\xf6\x03\x02\x08\x01");
        let set = to_bytes(&[odd.clone().into()], Format::Binary).unwrap();
        assert!(set.ends_with(&odd));
        let error = to_bytes(&[Bytes::from_static(b"\x0a\x05ab")], Format::Binary).unwrap_err();
        assert!(error.to_string().starts_with("file 1 of"), "{error}");
    }

    #[test]
    fn the_ending_decides() {
        for (name, expected) in [
            ("x.binpb", (Format::Binary, false)),
            ("x", (Format::Binary, false)),
            ("x.json", (Format::Json, false)),
            ("x.JSON.gz", (Format::Json, true)),
            ("x.protoset.gz", (Format::Binary, true)),
        ] {
            assert_eq!(Format::of(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.binpb");
        fs::write(&path, "before").unwrap();
        write(&[Bytes::from_static(b"\x0a\x05ab")], &path).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        write(&[file("a", &[])], &path).unwrap();
        assert_eq!(names(&fs::read(&path).unwrap()), ["a"]);
        let entries = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(entries, 1, "no temporary file is left");
        let error = write(&[file("a", &[])], &dir.path().join("no/out.binpb")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("no/out.binpb: cannot be written")
        );
        let error = write(&[file("a", &[])], dir.path()).unwrap_err();
        assert!(matches!(error, DescriptorSetError::Write { .. }));
    }
}
