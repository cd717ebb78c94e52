//! A descriptor set or Buf image in YAML → the same in JSON, value by value, without a tree between
//! them. [`to_json`] is the entry; [`super::image_json`] reads the result.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::MessageFormatter as _;
use serde_saphyr::options::{MergeKeyPolicy, NonFiniteFloatPolicy};

/// Sequences and mappings inside one another; the reader of JSON has the same limit.
const DEPTH: usize = 120;

/// The parser takes much of a stack for each level.
const STACK: usize = 64 << 20;

/// The same document as JSON.
///
/// # Errors
/// What is wrong with the text, with line and column, or that the result would be larger than
/// `limit` bytes.
pub(super) fn to_json(text: &str, limit: u64) -> Result<Vec<u8>, String> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("yaml".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || convert(text, limit))
            .map_err(|cause| format!("no thread to read it with: {cause}"))?
            .join()
            .unwrap_or_else(|_| Err("its reader did not finish".to_owned()))
    })
}

fn convert(text: &str, limit: u64) -> Result<Vec<u8>, String> {
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    // The text is in memory already, so its own size bounds all but what aliases repeat.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH,
            max_documents: 1,
            max_events: size,
            max_nodes: size,
            max_total_scalar_bytes: size,
            max_total_comment_bytes: size,
        },
        merge_keys: MergeKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let out = RefCell::new(Limited {
        bytes: Vec::new(),
        limit: size,
    });
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        Node(&out).deserialize(yaml)
    });
    read.map_err(|error: serde_saphyr::Error| {
        let error = error.without_snippet();
        let words = serde_saphyr::DefaultMessageFormatter.format_message(error);
        match error.location() {
            Some(at) => format!("line {}, column {}: {words}", at.line(), at.column()),
            None => words.into_owned(),
        }
    })?;
    Ok(out.into_inner().bytes)
}

/// Whether a descriptor set that is no binary begins as YAML does and text does not: with a marker,
/// a quoted key, or a key `file` whose value is a list on lines of its own.
pub(super) fn begins_like_yaml(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    let first = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let mut lines = text.lines().filter(first).map(str::trim);
    match lines.next() {
        Some("file:") => lines.next().is_some_and(|next| next.starts_with('-')),
        Some(line) => line.starts_with(['%', '\'', '"']) || line.starts_with("---"),
        None => false,
    }
}

/// Never grows beyond the limit.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Limited {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.limit {
            return Err(io::Error::other(
                "is too large once its aliases are expanded",
            ));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the node that it is given.
#[derive(Clone, Copy)]
struct Node<'o>(&'o RefCell<Limited>);

impl Node<'_> {
    fn raw<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0
            .borrow_mut()
            .write_all(text.as_bytes())
            .map_err(E::custom)
    }

    fn scalar<E: serde::de::Error>(self, value: impl serde::Serialize) -> Result<(), E> {
        serde_json::to_writer(&mut *self.0.borrow_mut(), &value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, node: D) -> Result<(), D::Error> {
        node.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has too")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.raw("null")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.raw("null")
    }

    fn visit_some<D: Deserializer<'de>>(self, node: D) -> Result<(), D::Error> {
        node.deserialize_any(self)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        match value {
            // As protobuf's JSON spells them; JSON itself has no such numbers.
            f64::INFINITY => self.scalar("Infinity"),
            f64::NEG_INFINITY => self.scalar("-Infinity"),
            _ if value.is_nan() => self.scalar("NaN"),
            _ => self.scalar(value),
        }
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.raw("[")?;
        let mut first = true;
        while items
            .next_element_seed(Item { node: self, first })?
            .is_some()
        {
            first = false;
        }
        self.raw("]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.raw("{")?;
        let mut first = true;
        while let Some(key) = entries.next_key::<String>()? {
            if !std::mem::take(&mut first) {
                self.raw(",")?;
            }
            self.scalar(&key)?;
            self.raw(":")?;
            entries.next_value_seed(self)?;
        }
        self.raw("}")
    }
}

/// An element of a sequence, with the comma before it.
struct Item<'o> {
    node: Node<'o>,
    first: bool,
}

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, node: D) -> Result<(), D::Error> {
        if !self.first {
            self.node.raw(",").map_err(D::Error::custom::<D::Error>)?;
        }
        self.node.deserialize(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind() {
        let yaml = "a: 1\nb: '1'\nc: [yes, true, ~, 1_0, 007, \"x\\ny\"]\n'[d.e]': {f: .inf, g: -1.5, h: 18446744073709551615}\n";
        let json = to_json(yaml, 1 << 20).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"a":1,"b":"1","c":["yes",true,null,"1_0","007","x\ny"],"[d.e]":{"f":"Infinity","g":-1.5,"h":18446744073709551615}}"#
        );
    }

    #[test]
    fn yaml_and_text_begin_differently() {
        for yaml in [
            "---\nfile: []",
            "# a\n\nfile:\n  - name: a",
            "file:\n- name: a",
            "'file': []",
        ] {
            assert!(begins_like_yaml(yaml), "{yaml}");
        }
        for text in [
            "",
            "# a\nfile {\n",
            "file: {\n name: \"a\" }",
            "file:\n{\n",
            "file: [{}]",
        ] {
            assert!(!begins_like_yaml(text), "{text}");
        }
    }

    #[test]
    fn aliases_depth_and_size_are_capped() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        assert!(to_json(&bomb, 1 << 28).is_err());
        assert!(to_json(&"- ".repeat(100_000), 1 << 28).is_err());
        assert!(to_json(&"[".repeat(100_000), 1 << 28).is_err());
        assert!(to_json("a: xxxxxxxxxxxxxxxxxxxx", 10).is_err());
    }
}
