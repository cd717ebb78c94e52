//! Reads messages in protobuf's text format by a schema, and passes over what the schema does not
//! have. [`Reader`] is the entry; the tokens are `buffa`'s, and it caps their nesting.

use std::collections::BTreeSet;
use std::sync::Arc;

use buffa::text::{NameKind, ParseError, ScalarKind, TokenKind, Tokenizer};
use buffa_descriptor::{
    DescriptorPool, DynamicMessage, FieldDescriptor, FieldKind, MapValue, ReflectMessageMut as _,
    ScalarType, SingularKind, Value,
};

use super::text_scalar;

/// Memory for the values of one message.
const VALUE_MEMORY: usize = 512 << 20;

/// Names of unknown fields and values that a note can hold.
const NAMED: usize = 5;

/// Reads text by a schema, and passes over what the schema does not have.
pub(super) struct Reader {
    pub(super) pool: Arc<DescriptorPool>,
    memory: usize,
    /// Names of fields and values that the schema does not have.
    pub(super) unknown: BTreeSet<String>,
}

/// A token where another one belongs, or one that does not say what it should.
pub(super) enum Wrong {
    /// As the tokens say.
    Syntax(ParseError),
    /// At this byte of the text.
    At(usize, String),
    /// In no place of its own.
    Whole(&'static str),
}

impl From<ParseError> for Wrong {
    fn from(error: ParseError) -> Self {
        Self::Syntax(error)
    }
}

type Tokens<'t> = Tokenizer<'t>;

impl Reader {
    pub(super) fn new(pool: Arc<DescriptorPool>) -> Self {
        Self {
            pool,
            memory: VALUE_MEMORY,
            unknown: BTreeSet::new(),
        }
    }

    /// Begins a message of its own, with all the memory.
    pub(super) fn begin(&mut self) {
        self.memory = VALUE_MEMORY;
    }

    /// Calls `read` for the one value that follows, or for each in a list.
    pub(super) fn each(
        &mut self,
        tokens: &mut Tokens<'_>,
        mut read: impl FnMut(&mut Self, &mut Tokens<'_>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        if tokens.peek()?.kind != TokenKind::ListOpen {
            return read(self, tokens);
        }
        tokens.read()?;
        while tokens.peek()?.kind != TokenKind::ListClose {
            read(self, tokens)?;
        }
        tokens.read()?;
        Ok(())
    }

    /// The fields between braces, added to `message`.
    pub(super) fn message(
        &mut self,
        tokens: &mut Tokens<'_>,
        message: &mut DynamicMessage,
    ) -> Result<(), Wrong> {
        let open = tokens.read()?;
        if open.kind != TokenKind::MessageOpen {
            return Err(expected(open.pos, "`{`"));
        }
        loop {
            let name = tokens.read()?;
            match name.kind {
                TokenKind::MessageClose => return Ok(()),
                TokenKind::Name => {}
                _ => return Err(expected(name.pos, "the name of a field or `}`")),
            }
            let pool = Arc::clone(&self.pool);
            let own = pool.message(message.message_index());
            if name.name_kind == NameKind::TypeName {
                let bracketed = inside(name.raw);
                if own.full_name() == "google.protobuf.Any" {
                    self.any(tokens, message, &bracketed)?;
                    continue;
                }
                let extension = pool
                    .extension_by_name(&bracketed)
                    .filter(|extension| extension.extendee() == message.message_index());
                if let Some(extension) = extension {
                    self.field(tokens, message, extension.field())?;
                } else {
                    // A custom option whose schema is not at hand.
                    skip(tokens)?;
                }
                continue;
            }
            let named = own.fields().iter().find(|field| field.name() == name.raw);
            if let Some(field) = named.or_else(|| group(&pool, own.fields(), name.raw)) {
                self.field(tokens, message, field)?;
            } else {
                self.note(own.full_name(), name.raw);
                skip(tokens)?;
            }
        }
    }

    /// One occurrence of a field: repeated ones add to what is there, messages are merged.
    fn field(
        &mut self,
        tokens: &mut Tokens<'_>,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
    ) -> Result<(), Wrong> {
        let position = tokens.peek()?.pos;
        // Found values grow in place: setting a list checks each of its elements.
        let value = match (field.kind(), message.field_mut(field)) {
            (FieldKind::Singular(SingularKind::Message(_)), Some(Value::Message(inner))) => {
                return self.message(tokens, inner);
            }
            (FieldKind::Singular(kind), _) => self.value(tokens, kind)?,
            (FieldKind::List(kind), Some(Value::List(items))) => {
                return self.each(tokens, |reader, tokens| {
                    items.extend(reader.value(tokens, kind)?);
                    Ok(())
                });
            }
            (FieldKind::List(kind), _) => {
                let mut items = Vec::new();
                self.each(tokens, |reader, tokens| {
                    items.extend(reader.value(tokens, kind)?);
                    Ok(())
                })?;
                (!items.is_empty()).then_some(Value::List(items))
            }
            (FieldKind::Map { key, value }, found) => {
                let mut entries = match found {
                    Some(Value::Map(entries)) => std::mem::take(entries),
                    _ => MapValue::default(),
                };
                self.each(tokens, |reader, tokens| {
                    reader.entry(tokens, key, value, &mut entries)
                })?;
                Some(Value::Map(entries))
            }
        };
        let Some(value) = value else {
            return Ok(());
        };
        let refused = |e| Wrong::At(position, format!("`{}`: {e}", field.name()));
        message.try_set(field, value).map_err(refused)
    }

    /// A single value; `None` for that of an enum which the schema does not have.
    fn value(
        &mut self,
        tokens: &mut Tokens<'_>,
        kind: SingularKind,
    ) -> Result<Option<Value>, Wrong> {
        let token = tokens.peek()?;
        self.memory = self
            .memory
            .checked_sub(size_of::<Value>())
            .ok_or_else(|| Wrong::At(token.pos, "the file holds too many values".to_owned()))?;
        if let SingularKind::Message(index) = kind {
            let mut inner = DynamicMessage::new(Arc::clone(&self.pool), index);
            self.message(tokens, &mut inner)?;
            return Ok(Some(Value::Message(inner)));
        }
        tokens.read()?;
        if token.kind != TokenKind::Scalar {
            return Err(expected(token.pos, "a value"));
        }
        let wrong = |words| Wrong::At(token.pos, words);
        match kind {
            SingularKind::Scalar(scalar) => {
                text_scalar::read(&token, scalar).map(Some).map_err(wrong)
            }
            SingularKind::Enum(index) if token.scalar_kind == ScalarKind::Literal => {
                let pool = Arc::clone(&self.pool);
                let own = pool.enumeration(index);
                let Some(value) = own.value_by_name(token.raw) else {
                    self.note(own.full_name(), token.raw);
                    return Ok(None);
                };
                Ok(Some(Value::EnumNumber(value.number())))
            }
            _ => text_scalar::enum_number(&token).map(Some).map_err(wrong),
        }
    }

    /// An entry of a map: a message with fields `key` and `value`, either of which may be absent.
    fn entry(
        &mut self,
        tokens: &mut Tokens<'_>,
        key: ScalarType,
        value: SingularKind,
        entries: &mut MapValue,
    ) -> Result<(), Wrong> {
        let open = tokens.read()?;
        if open.kind != TokenKind::MessageOpen {
            return Err(expected(open.pos, "`{`"));
        }
        let (mut found_key, mut found) = (None, None);
        loop {
            let name = tokens.read()?;
            match (name.kind, name.raw) {
                (TokenKind::MessageClose, _) => break,
                (TokenKind::Name, "key") => {
                    found_key = self.value(tokens, SingularKind::Scalar(key))?;
                }
                (TokenKind::Name, "value") => found = self.value(tokens, value)?,
                _ => return Err(expected(name.pos, "`key`, `value` or `}`")),
            }
        }
        let found_key = found_key.unwrap_or_else(|| text_scalar::default(key));
        let found = found.unwrap_or_else(|| match value {
            SingularKind::Scalar(kind) => text_scalar::default(kind),
            SingularKind::Enum(_) => Value::EnumNumber(0),
            SingularKind::Message(index) => {
                Value::Message(DynamicMessage::new(Arc::clone(&self.pool), index))
            }
        });
        if let Some(key) = text_scalar::map_key(found_key) {
            entries.insert(key, found);
        }
        Ok(())
    }

    /// `[type.googleapis.com/acme.Rule] { … }` inside an `Any`: its two fields.
    fn any(
        &mut self,
        tokens: &mut Tokens<'_>,
        message: &mut DynamicMessage,
        url: &str,
    ) -> Result<(), Wrong> {
        let position = tokens.peek()?.pos;
        let name = url.rsplit('/').next().unwrap_or(url);
        let Some(index) = self.pool.message_index(name) else {
            return skip(tokens);
        };
        let mut inner = DynamicMessage::new(Arc::clone(&self.pool), index);
        self.message(tokens, &mut inner)?;
        let wrong = |e: String| Wrong::At(position, e);
        let bytes = inner
            .try_encode_to_vec()
            .map_err(|e| wrong(e.to_string()))?;
        let pool = Arc::clone(&self.pool);
        let own = pool.message(message.message_index());
        for (number, value) in [(1, Value::String(url.to_owned())), (2, Value::Bytes(bytes))] {
            if let Some(field) = own.field(number) {
                message
                    .try_set(field, value)
                    .map_err(|e| wrong(e.to_string()))?;
            }
        }
        Ok(())
    }

    /// Remembers a name that the schema does not have.
    pub(super) fn note(&mut self, owner: &str, name: &str) {
        let owner = owner.rsplit('.').next().unwrap_or(owner);
        if self.unknown.len() < NAMED {
            self.unknown.insert(format!("{owner}.{name}"));
        }
    }
}

pub(super) fn expected(position: usize, what: &str) -> Wrong {
    Wrong::At(position, format!("expected {what}"))
}

/// What stands in brackets, which may hold white space.
fn inside(bracketed: &str) -> String {
    let name = bracketed.trim_start_matches('[').trim_end_matches(']');
    name.split_whitespace().collect()
}

/// The field of a group, which text names after its type.
fn group<'f>(
    pool: &DescriptorPool,
    fields: &'f [FieldDescriptor],
    name: &str,
) -> Option<&'f FieldDescriptor> {
    fields
        .iter()
        .filter(|field| field.is_delimited())
        .find(|field| {
            let (FieldKind::Singular(SingularKind::Message(index))
            | FieldKind::List(SingularKind::Message(index))) = field.kind()
            else {
                return false;
            };
            let full = pool.message(index).full_name();
            full.rsplit('.').next() == Some(name)
        })
}

/// Passes over a value; the tokens themselves are checked, and so is their nesting.
pub(super) fn skip(tokens: &mut Tokens<'_>) -> Result<(), Wrong> {
    let mut depth = 0_usize;
    loop {
        let token = tokens.read()?;
        match token.kind {
            TokenKind::MessageOpen | TokenKind::ListOpen => depth += 1,
            TokenKind::MessageClose | TokenKind::ListClose => depth = depth.saturating_sub(1),
            TokenKind::Eof => return Err(expected(token.pos, "a value")),
            TokenKind::Scalar | TokenKind::Name => {}
        }
        if depth == 0 {
            return Ok(());
        }
    }
}
