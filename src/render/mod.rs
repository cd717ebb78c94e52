//! Report → text, Markdown, JSON, SARIF, JUnit, Code Quality, HTML; rules → their pages. Pure: a
//! value in, a string out.
//!
//! Names in a report come from servers, pods and branches, and none of them can be trusted; each
//! renderer escapes them for where they go.

pub mod annotations;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod place;
pub mod rules;
pub mod sarif;
mod sentence;
pub mod text;
mod unverified;

use std::borrow::Cow;

use crate::core::change::{Direction, MethodReach};
use crate::core::report::WorkloadReport;

/// A count with its noun: `1 pod`, `2 pods`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `namespace/Kind/name`, as findings name a workload.
fn workload_name(workload: &WorkloadReport) -> String {
    let place = if workload.namespace.is_empty() {
        String::new()
    } else {
        format!("{}/", workload.namespace)
    };
    format!("{place}{}/{}", workload.kind, workload.name)
}

/// Which way a change travels in a method's calls, in words.
fn way(method: &MethodReach, subject: &str) -> &'static str {
    match method.direction {
        Direction::Both if method.name == subject => "all calls",
        Direction::Both => "request and response",
        one => one.as_str(),
    }
}

/// The first characters of a text, and how many more there are.
fn clipped(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            Cow::Owned(format!("{} … ({more} more characters)", &text[..end]))
        }
    }
}

/// Text from outside, made safe for a terminal or a single line: control characters, and those
/// that change the direction of text, break a line or stand for no character, become visible
/// escapes.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        let breaks = matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}');
        let none = u32::from(c) & 0xfffe == 0xfffe;
        if c.is_control() || bidi || breaks || none {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(printable("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(printable("a\u{2028}\u{ffff}b"), "a\\u{2028}\\u{ffff}b");
    }

    #[test]
    fn what_is_clipped_is_counted() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöüß", 2), "äö … (2 more characters)");
    }
}
