//! Text from outside, made safe for Markdown: code spans that nothing can leave, plain text without
//! markup, lines of a fence, and places with their links.

use crate::render::printable;

/// The longest text of one entry that is shown, in characters; the whole is in the JSON report.
const LONGEST: usize = 600;

/// A text cut to what an entry may show.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A line inside of a fence: it cannot end one, since it is a single line that begins with a sign.
pub(super) fn fenced(text: &str) -> String {
    printable(&short(text))
}

/// A code span: delimited by more backticks than the text has in a row.
pub(super) fn code(text: &str) -> String {
    let text = printable(&short(text)).replace('|', "\\|");
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let ticks = "`".repeat(longest + 1);
    let pad = if longest > 0 || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Plain text: whatever Markdown or HTML could read as markup is escaped; the code spans that
/// messages have are kept, each closed within the message.
pub(super) fn plain(text: &str) -> String {
    let text = printable(&short(text));
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks would leave a span open: then all of it is plain.
    if parts.len().is_multiple_of(2) {
        return escape(&text);
    }
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            if index % 2 == 0 || part.is_empty() {
                escape(part)
            } else {
                code(part)
            }
        })
        .collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // GitHub looks for mentions and references in the rendered text, so an entity for the
            // sign alone stops none; a zero-width space after it does.
            '@' => out.push_str("@&#8203;"),
            '#' => out.push_str("\\#&#8203;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // GitHub makes links of bare addresses.
    out.replace("://", ":&#8203;//").replace("www.", "www&#46;")
}

/// The target of a link: everything but unreserved characters and slashes is percent-encoded.
pub fn url_path(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_code_span() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("x\n# y"), "`x\\u{a}# y`");
    }

    #[test]
    fn markup_in_plain_text_is_inert() {
        assert_eq!(
            plain("<img> @team [x](y)"),
            "&lt;img&gt; @&#8203;team \\[x\\](y)"
        );
        assert_eq!(plain("field `a_b` is gone"), "field `a_b` is gone");
        assert_eq!(plain("odd ` tick"), "odd \\` tick");
        assert!(!plain("see https://evil.example").contains("://"));
    }

    #[test]
    fn long_texts_are_cut_and_paths_are_encoded() {
        assert_eq!(plain(&"ä".repeat(70_000)).chars().count(), LONGEST + 1);
        assert_eq!(url_path("a b/ö).proto"), "a%20b/%C3%B6%29.proto");
    }
}
