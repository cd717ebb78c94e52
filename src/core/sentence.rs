//! The one form of advice: it begins with a capital and ends with a full stop.

/// Gives advice its form. A name, a flag or a path at its beginning stays as it is, and so does
/// the end of a block of several lines.
pub fn sentence(advice: &str) -> String {
    let first = advice.split([' ', ',', ':']).next().unwrap_or_default();
    let mut text = advice.to_owned();
    if first.chars().all(|c| c.is_ascii_lowercase()) {
        text[..first.len().min(1)].make_ascii_uppercase();
    }
    if !text.is_empty() && !text.contains('\n') && !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn words_are_capitalised_and_names_are_not() {
        assert_eq!(sentence("name a file"), "Name a file.");
        assert_eq!(sentence("proto/a.proto is it"), "proto/a.proto is it.");
        assert_eq!(sentence("--cert is it."), "--cert is it.");
        assert_eq!(sentence("is it up?"), "Is it up?");
        assert_eq!(sentence("add:\n- a"), "Add:\n- a");
        assert_eq!(sentence("éa"), "éa.");
        assert_eq!(sentence(""), "");
    }
}
