//! Report → text, Markdown, JSON; rules → their pages. Pure: a value in, a string out.
//!
//! Names in a report come from servers, pods and branches, and none of them can be trusted; each
//! renderer escapes them for where they go.

pub mod annotations;
pub mod json;
pub mod markdown;
pub mod rules;
pub mod text;

/// A count with its noun: `1 pod`, `2 pods`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Text from outside, made safe for a terminal or a single line: control characters, and those
/// that change the direction of text, become visible escapes.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || bidi {
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
    }
}
