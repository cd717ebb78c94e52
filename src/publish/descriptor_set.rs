//! Writes descriptors as one `FileDescriptorSet`: binary, JSON, text or YAML, perhaps packed.
//!
//! Entry: [`write`], or [`print`] for standard output; [`to_bytes`] gives the same content without a file. Files are put in
//! dependency order, imports before importers, as protoc does and as its readers (`grpcurl
//! -protoset`, `buf`) expect.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::FileDescriptorProto;
use bytes::Bytes;

use super::{set_names, whole_file};
use crate::core::image_form::{Compression, Encoding, ImageForm};
use crate::core::truth::set_of_files;

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
    let form = ImageForm::of(path).unwrap_or(ImageForm {
        encoding: Encoding::Binary,
        compression: Compression::None,
    });
    let content = to_bytes(files, form.encoding)?;
    let refused = |cause| DescriptorSetError::Write {
        path: path.display().to_string(),
        cause,
    };
    let content = pack(content, form.compression).map_err(refused)?;
    whole_file::replace(path, &content).map_err(refused)
}

/// Writes the same, binary, to standard output.
///
/// # Errors
/// A descriptor that doesn't decode, or a stream that cannot be written. A closed pipe is no error:
/// the reader has what it wanted.
pub fn print(files: &[Bytes]) -> Result<(), DescriptorSetError> {
    let content = to_bytes(files, Encoding::Binary)?;
    let mut out = io::stdout().lock();
    match out.write_all(&content).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            let path = "standard output".to_owned();
            Err(DescriptorSetError::Write { path, cause })
        }
        _ => Ok(()),
    }
}

/// The same content as [`write`], not packed.
///
/// # Errors
/// A descriptor that doesn't decode.
pub fn to_bytes(files: &[Bytes], encoding: Encoding) -> Result<Vec<u8>, DescriptorSetError> {
    let files = in_dependency_order(files)?;
    let binary = set_of_files(files.iter().map(|(bytes, _)| bytes));
    let files: Vec<_> = files.into_iter().map(|(_, file)| file).collect();
    match encoding {
        Encoding::Binary => Ok(binary),
        Encoding::Json => set_names::to_json(&binary, files),
        Encoding::Yaml => set_names::to_yaml(&files),
        Encoding::Text => set_names::to_text(&binary, files),
    }
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

fn pack(content: Vec<u8>, compression: Compression) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(content),
        Compression::Gzip => {
            let mut packed =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(&content)?;
            packed.finish()
        }
        Compression::Zstd => Ok(ruzstd::encoding::compress_to_vec(
            content.as_slice(),
            ruzstd::encoding::CompressionLevel::Fastest,
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use buffa::Message as _;
    use buffa_descriptor::generated::descriptor::FileDescriptorSet;

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
        let set = to_bytes(&files, Encoding::Binary).unwrap();
        assert_eq!(names(&set), ["d", "b", "c", "a"]);
    }

    #[test]
    fn cycles_and_long_chains_end() {
        let cycle = [file("a", &["b"]), file("b", &["a"])];
        assert_eq!(
            names(&to_bytes(&cycle, Encoding::Binary).unwrap()),
            ["b", "a"]
        );
        let chain: Vec<Bytes> = (0..20_000)
            .map(|n| file(&n.to_string(), &[&(n + 1).to_string()]))
            .collect();
        let order = names(&to_bytes(&chain, Encoding::Binary).unwrap());
        assert_eq!(order.len(), 20_000);
        assert_eq!(order[0], "19999");
    }

    #[test]
    fn unknown_bytes_survive_and_garbage_is_refused() {
        let mut odd = file("a", &[]).to_vec();
        odd.extend_from_slice(b"\xd2\xf6\x03\x02\x08\x01");
        let set = to_bytes(&[odd.clone().into()], Encoding::Binary).unwrap();
        assert!(set.ends_with(&odd));
        let error = to_bytes(&[Bytes::from_static(b"\x0a\x05ab")], Encoding::Binary).unwrap_err();
        assert!(error.to_string().starts_with("file 1 of"), "{error}");
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
