//! Reads a descriptor set or Buf image in protobuf's text format.
//!
//! As with JSON, two readings are combined: one by the schema of descriptors that is compiled in,
//! which knows every field up to the newest edition and no custom option, and one by the schema
//! that the set brings for itself. The second is used for a file only if it lost nothing that the
//! first has. [`parts`] is the entry; [`super::text_reader`] reads single messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use buffa::text::{NameKind, TokenKind, Tokenizer};
use buffa_descriptor::{DescriptorPool, DynamicMessage};
use bytes::Bytes;

use super::image_json::{Part, says_all};
use super::text_reader::{Reader, Wrong, expected, skip};
use super::{image, wire};
use crate::core::descriptor_schema;

/// The files of the set, and the names of fields and values that nothing is known about.
///
/// # Errors
/// What is wrong with the text, with line and column.
pub(super) fn parts(text: &str, limit: usize) -> Result<(Vec<Part>, BTreeSet<String>), String> {
    let builtin = descriptor_schema::builtin().ok_or("the schema of descriptors is missing")?;
    let mut reader = Reader::new(builtin);
    let files = files(&mut reader, text, limit)?;
    let decoded = image::decode_all(&files).map_err(|e| e.to_string())?;
    let full = descriptor_schema::of_image(decoded.clone())
        .and_then(|own| files_by(own, text, limit))
        .unwrap_or_default();
    let parts = files.into_iter().zip(&decoded).enumerate();
    let parts = parts.map(|(index, (plain, file))| {
        let full = full.get(index).filter(|full| says_all(full, file));
        Part {
            imported: wire::is_buf_import(&plain),
            bytes: full.cloned().unwrap_or(plain),
        }
    });
    Ok((parts.collect(), reader.unknown))
}

fn files_by(pool: Arc<DescriptorPool>, text: &str, limit: usize) -> Option<Vec<Bytes>> {
    files(&mut Reader::new(pool), text, limit).ok()
}

/// Each file of the set, serialised as soon as it is read.
fn files(reader: &mut Reader, text: &str, limit: usize) -> Result<Vec<Bytes>, String> {
    let mut tokens = Tokenizer::new(text);
    set(reader, &mut tokens, limit).map_err(|wrong| match wrong {
        Wrong::Syntax(error) => {
            format!("line {}, column {}: {}", error.line, error.col, error.kind)
        }
        Wrong::Whole(message) => message.to_owned(),
        Wrong::At(position, message) => {
            let (line, column) = tokens.line_col(position);
            format!("line {line}, column {column}: {message}")
        }
    })
}

fn set(reader: &mut Reader, tokens: &mut Tokenizer<'_>, limit: usize) -> Result<Vec<Bytes>, Wrong> {
    let index = reader
        .pool
        .message_index("google.protobuf.FileDescriptorProto");
    let index = index.ok_or(Wrong::Whole("it has no schema"))?;
    let mut files = Vec::new();
    loop {
        let name = tokens.read()?;
        match name.kind {
            TokenKind::Eof if files.is_empty() && name.pos > 0 => {
                return Err(Wrong::Whole("it has no field `file`"));
            }
            TokenKind::Eof => return Ok(files),
            TokenKind::Name if name.raw == "file" => {}
            TokenKind::Name => {
                if name.name_kind == NameKind::Ident {
                    reader.note("FileDescriptorSet", name.raw);
                }
                skip(tokens)?;
                continue;
            }
            _ => return Err(expected(name.pos, "the name of a field")),
        }
        reader.each(tokens, |reader, tokens| {
            if files.len() > limit {
                return Err(Wrong::At(name.pos, format!("more than {limit} files")));
            }
            reader.begin();
            let mut file = DynamicMessage::new(Arc::clone(&reader.pool), index);
            reader.message(tokens, &mut file)?;
            let bytes = file.try_encode_to_vec();
            files.push(
                bytes
                    .map_err(|e| Wrong::At(name.pos, e.to_string()))?
                    .into(),
            );
            Ok(())
        })?;
    }
}
