//! When a report is posted as a comment (`--comment`).

use std::str::FromStr;

/// When there is a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentMode {
    /// One comment, which each run updates.
    Update,
    /// One comment, which each run posts anew at the end of the conversation.
    Recreate,
    /// None until a run fails; then one, which each run updates, and which is folded while none fails.
    OnFailure,
    /// None.
    Never,
}

impl FromStr for CommentMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "update" => Ok(Self::Update),
            "recreate" => Ok(Self::Recreate),
            "on-failure" => Ok(Self::OnFailure),
            "never" => Ok(Self::Never),
            _ => Err("expected update, recreate, on-failure or never".to_owned()),
        }
    }
}
