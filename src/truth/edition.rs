//! Recognises a file that is written in an edition, before the compiler trips over it.

/// The line (from 1) and the name of the edition, if the file's first statement declares one.
pub(super) fn declared(text: &str) -> Option<(usize, String)> {
    let rest = skip_blank(text.trim_start_matches('\u{feff}'))?;
    let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
    let rest = skip_blank(rest.strip_prefix("edition")?)?;
    let rest = skip_blank(rest.strip_prefix('=')?)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = rest[1..].split_once(quote)?;
    Some((line, name.to_owned()))
}

/// What follows white space and comments; `None` if a comment does not end.
fn skip_blank(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        if let Some(comment) = text.strip_prefix("//") {
            text = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = text.strip_prefix("/*") {
            text = comment.split_once("*/")?.1;
        } else {
            return Some(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn only_a_first_statement_counts() {
        let found = |line, name: &str| Some((line, name.to_owned()));
        assert_eq!(declared("edition = \"2023\";"), found(1, "2023"));
        assert_eq!(
            declared("// edition = \"1\";\n/* a\n b */ edition/**/='2024';"),
            found(3, "2024")
        );
        assert_eq!(declared("\u{feff}\nedition = \"2023\";"), found(2, "2023"));
        assert_eq!(
            declared("syntax = \"proto3\"; // edition = \"2023\";"),
            None
        );
        assert_eq!(declared("message edition {}"), None);
        assert_eq!(declared("/* edition = \"2023\";"), None);
        assert_eq!(declared(""), None);
    }
}
