//! The hidden line by which a comment is found again, and by which an older run knows that it is
//! the older one.

use serde::{Deserialize, Serialize};

use super::context::Context;

const OPEN: &str = "<!-- protodiff:v1 ";
const CLOSE: &str = " -->";

/// Whose comment it is, and which run wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// Name of the check.
    pub(super) check: String,
    /// `OWNER/REPO` of the head.
    pub(super) head: String,
    pub(super) run: u64,
    pub(super) attempt: u64,
    pub(super) sha: String,
    /// Whether that run failed.
    #[serde(default)]
    pub(super) failed: bool,
    /// Whether its comment is folded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) folded: bool,
}

impl Marker {
    pub(super) fn new(check: &str, context: &Context, failed: bool, folded: bool) -> Self {
        Self {
            check: check.to_owned(),
            head: context.head_repository.clone(),
            run: context.run_id,
            attempt: context.run_attempt,
            sha: context.head_sha.clone(),
            failed,
            folded,
        }
    }

    /// The first line of a comment. Nothing in it can end the HTML comment.
    pub(super) fn line(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        let safe = json
            .replace('-', "\\u002d")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e");
        format!("{OPEN}{safe}{CLOSE}")
    }

    /// The marker that a comment begins with.
    pub(super) fn read(body: &str) -> Option<Self> {
        let rest = body.trim_start().strip_prefix(OPEN)?;
        let (json, _) = rest.split_once(CLOSE)?;
        serde_json::from_str(json).ok()
    }

    /// Whether both are about the same check of the same head repository.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        self.check == other.check && self.head == other.head
    }

    /// When it was written, as far as runs tell.
    pub(super) const fn age(&self) -> (u64, u64) {
        (self.run, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_again_and_nothing_leaves_it() {
        let marker = Marker {
            check: "a --> <b> \"c\" -- \n x".to_owned(),
            head: "acme/shop".to_owned(),
            run: 7,
            attempt: 2,
            sha: "0123".to_owned(),
            failed: true,
            folded: true,
        };
        let line = marker.line();
        assert_eq!(line.matches("-->").count(), 1, "{line}");
        assert_eq!(line.matches("--").count(), 2, "{line}");
        assert!(!line.contains('\n'));
        assert_eq!(Marker::read(&format!("{line}\n## x")), Some(marker));
        assert_eq!(Marker::read("text <!-- protodiff:v1 {} -->"), None);
        assert_eq!(Marker::read("<!-- protodiff:v1 nonsense -->"), None);
    }
}
