//! Reads a descriptor set or Buf image, from a file or standard input: binary, JSON, text or YAML,
//! perhaps packed.
//!
//! Binary files are cut out of the set as they are, so nothing in them is lost; from the forms with
//! names [`super::image_json`] and [`super::image_text`] encode each anew.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::{Edition, FileDescriptorProto, FileDescriptorSet};
use bytes::Bytes;
use protox::file::{FileResolver as _, GoogleFileResolver};

use crate::core::image_form::{Encoding, ImageForm};
use crate::core::truth::{TruthFile, set_of_files};

use super::compile::Limits;
use super::image_json::{self, Part};
use super::packing::{self, PackingError};
use super::place::Places;
use super::{TruthError, image_text, image_yaml, wire};

/// How standard input is called in messages.
const STANDARD_INPUT: &str = "standard input";

/// The files of an image, and notes on what it lacks.
pub(super) fn load(given: &Path) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
    let (places, path) = Places::new(given)?;
    load_at(&places, &path)
}

/// The same for an absolute path.
pub(super) fn load_at(
    places: &Places,
    path: &Path,
) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
    let shown = places.show(path);
    if path
        .file_name()
        .is_some_and(|name| name == "buf.yaml" || name == "buf.work.yaml")
    {
        return Err(TruthError::WrongKind {
            path: shown,
            message: "is the configuration of a module; its directory was expected",
        });
    }
    let image = Image { shown: &shown };
    let file = fs::File::open(path).map_err(|cause| image.io(cause))?;
    let bytes = packing::read(file, Limits::DEFAULT.bytes).map_err(|e| image.packing(e))?;
    let named = ImageForm::of(path).map_or(Encoding::Binary, |form| form.encoding);
    let encoding = match named {
        // These two are never taken for one another, so their endings may lie.
        Encoding::Binary | Encoding::Json if image_json::text(&bytes).is_some() => Encoding::Json,
        Encoding::Binary | Encoding::Json => Encoding::Binary,
        Encoding::Text | Encoding::Yaml => named,
    };
    image.load(&bytes, encoding)
}

/// The same from standard input, where only the content tells what it is.
pub(super) fn load_standard_input() -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
    let wrong = |message| Err(TruthError::StandardInput { message });
    let input = io::stdin();
    if input.is_terminal() {
        return wrong("is a terminal");
    }
    let image = Image {
        shown: STANDARD_INPUT,
    };
    let bytes = packing::read(input.lock(), Limits::DEFAULT.bytes).map_err(|e| image.packing(e))?;
    if bytes.is_empty() {
        return wrong("is empty");
    }
    image.load(&bytes, image.guess(&bytes))
}

/// The image in question, for its messages.
pub(super) struct Image<'a> {
    pub(super) shown: &'a str,
}

impl Image<'_> {
    fn io(&self, cause: io::Error) -> TruthError {
        let path = self.shown.to_owned();
        match cause.kind() {
            io::ErrorKind::NotFound => TruthError::NotFound {
                path,
                expected: "a descriptor set or Buf image",
            },
            _ => TruthError::Io { path, cause },
        }
    }

    fn packing(&self, error: PackingError) -> TruthError {
        let path = self.shown.to_owned();
        let message = error.to_string();
        match error {
            PackingError::Io(cause) => self.io(cause),
            PackingError::TooLarge { .. } => TruthError::TooLarge { path, message },
            PackingError::Damaged { .. } => TruthError::Image { path, message },
        }
    }

    /// What the content is. A binary set is one that decodes: no text does.
    fn guess(&self, bytes: &Bytes) -> Encoding {
        let is_binary = || {
            let parts = self.binary(bytes).unwrap_or_default();
            !parts.is_empty() && parts.iter().all(|part| decode(&part.bytes).is_ok())
        };
        if image_json::text(bytes).is_some() {
            return Encoding::Json;
        }
        let control = |c: char| c.is_control() && !c.is_whitespace();
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(control) && !is_binary() => {
                if image_yaml::begins_like_yaml(text) {
                    Encoding::Yaml
                } else {
                    Encoding::Text
                }
            }
            _ => Encoding::Binary,
        }
    }

    fn load(
        &self,
        bytes: &Bytes,
        encoding: Encoding,
    ) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
        let utf8 = || std::str::from_utf8(bytes).map_err(|_| self.wrong("it is not UTF-8 text"));
        let mut unread = BTreeSet::new();
        let parts = match encoding {
            Encoding::Binary => self.binary(bytes)?,
            Encoding::Json => self.json(image_json::text(bytes).unwrap_or(bytes))?,
            Encoding::Yaml => {
                let json = image_yaml::to_json(utf8()?, Limits::DEFAULT.bytes);
                // Positions in the JSON that was made of it would mislead.
                let wrong = |e: TruthError| match e {
                    TruthError::Image { path, message } => TruthError::Image {
                        path,
                        message: image_json::without_position(message),
                    },
                    other => other,
                };
                self.json(&json.map_err(|e| self.wrong(e))?)
                    .map_err(wrong)?
            }
            Encoding::Text => {
                let read = image_text::parts(utf8()?, Limits::DEFAULT.files);
                let (parts, unknown) = read.map_err(|e| self.wrong(e))?;
                unread = unknown;
                parts
            }
        };
        let (files, mut notes) = self.check(parts)?;
        notes.extend(unread.into_iter().map(|name| {
            format!(
                "{}: `{name}` is not known to this version of protodiff and was passed over",
                self.shown
            )
        }));
        Ok((files, notes))
    }

    fn wrong(&self, cause: impl std::fmt::Display) -> TruthError {
        TruthError::Image {
            path: self.shown.to_owned(),
            message: format!("is not a descriptor set or Buf image: {cause}"),
        }
    }

    pub(super) fn binary(&self, bytes: &Bytes) -> Result<Vec<Part>, TruthError> {
        let files = wire::files_of_set(bytes).map_err(|error| self.wrong(error))?;
        if files.is_empty() && !bytes.is_empty() {
            return Err(self.wrong("it holds no file descriptors"));
        }
        let parts = files.into_iter().map(|bytes| Part {
            imported: wire::is_buf_import(&bytes),
            bytes,
        });
        Ok(parts.collect())
    }

    fn json(&self, text: &[u8]) -> Result<Vec<Part>, TruthError> {
        self.count(image_json::count(text).map_err(|error| self.wrong(error))?)?;
        image_json::parts(text).map_err(|error| self.wrong(error))
    }

    fn count(&self, files: usize) -> Result<(), TruthError> {
        Limits::DEFAULT.check(files, 0, || self.shown.to_owned())
    }

    /// Decodes every file once, so that a damaged image fails here and not in the middle of a scan.
    pub(super) fn check(
        &self,
        parts: Vec<Part>,
    ) -> Result<(Vec<TruthFile>, Vec<String>), TruthError> {
        if parts.is_empty() {
            return Err(TruthError::Image {
                path: self.shown.to_owned(),
                message: "is an empty descriptor set".to_owned(),
            });
        }
        self.count(parts.len())?;
        let mut files = Vec::new();
        let mut notes = Vec::new();
        let mut known: HashMap<String, Bytes> = HashMap::new();
        let mut imports: Vec<(String, String)> = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let file = decode(&part.bytes)
                .map_err(|error| self.wrong(format_args!("file {}: {error}", index + 1)))?;
            let name = file
                .name
                .filter(|name| !name.is_empty())
                .ok_or_else(|| self.wrong(format_args!("file {} has no name", index + 1)))?;
            // Values of enums that the compiled-in types don't know are not kept as such.
            let edition = file.edition.unwrap_or_default();
            if file.syntax.as_deref() == Some("editions") && edition == Edition::EDITION_UNKNOWN {
                notes.push(format!(
                    "{}: `{name}` is written in an edition that this version of protodiff does not know; differences in its features may be missed",
                    self.shown
                ));
            }
            // Sets that were joined end to end repeat the files that both need.
            if let Some(first) = known.get(&name) {
                if *first != part.bytes {
                    notes.push(format!(
                        "{}: holds `{name}` twice with different content; the first is used",
                        self.shown
                    ));
                }
                continue;
            }
            imports.extend(
                file.dependency
                    .into_iter()
                    .map(|import| (name.clone(), import)),
            );
            known.insert(name.clone(), part.bytes.clone());
            files.push(TruthFile {
                bytes: part.bytes,
                path: None,
                imported: part.imported || name.starts_with("google/protobuf/"),
            });
        }
        self.complete(imports, &known, &mut files, &mut notes);
        Ok((files, notes))
    }

    /// Adds well-known files that the set leaves out, and notes other imports that are missing.
    fn complete(
        &self,
        imports: Vec<(String, String)>,
        known: &HashMap<String, Bytes>,
        files: &mut Vec<TruthFile>,
        notes: &mut Vec<String>,
    ) {
        let mut wanted: HashSet<String> = known.keys().cloned().collect();
        let google = GoogleFileResolver::new();
        let mut queue = imports;
        while let Some((importer, import)) = queue.pop() {
            if !wanted.insert(import.clone()) {
                continue;
            }
            let Ok(found) = google.open_file(&import) else {
                notes.push(format!(
                    "{}: `{importer}` imports `{import}`, which is not in the set; make it with --include_imports",
                    self.shown
                ));
                continue;
            };
            let descriptor = found.file_descriptor_proto();
            let further = descriptor.dependency.iter();
            queue.extend(further.map(|next| (import.clone(), next.clone())));
            files.push(TruthFile {
                bytes: prost::Message::encode_to_vec(descriptor).into(),
                path: None,
                imported: true,
            });
        }
        notes.sort();
    }
}

fn decode(bytes: &Bytes) -> Result<FileDescriptorProto, buffa::DecodeError> {
    limits().decode_from_slice(bytes)
}

/// All files, within the limits of one.
pub(super) fn decode_all(files: &[Bytes]) -> Result<Vec<FileDescriptorProto>, buffa::DecodeError> {
    let set: FileDescriptorSet = limits().decode_from_slice(&set_of_files(files.iter()))?;
    Ok(set.file)
}

fn limits() -> DecodeOptions {
    DecodeOptions::new()
        .with_recursion_limit(100)
        .with_element_memory_limit(512 << 20)
}
