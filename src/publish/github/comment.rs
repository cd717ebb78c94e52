//! The comment on a pull request: one for each check and head repository, found by its marker.
//!
//! Every write is preceded by a look at what is there, so that a repeated call posts nothing twice,
//! and an older run never overwrites what a newer one wrote.

use serde_json::{Value, json};

use super::client::{Client, Failure, Verb};
use super::context::Context;
use super::fold::fold;
use super::marker::Marker;
use crate::core::comment_mode::CommentMode;

/// Comments per page; GitHub's maximum.
const PER_PAGE: usize = 100;

/// Pages that are looked through.
const PAGES: usize = 100;

/// How often a write is tried whose effect was uncertain.
const TRIES: usize = 3;

/// What became of the comment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Posted {
    pub(super) url: Option<String>,
    /// Why there is none, if that needs saying.
    pub(super) note: Option<String>,
}

/// A comment of ours.
#[derive(Debug, Clone)]
struct Ours {
    id: u64,
    /// By which GraphQL knows it.
    node_id: String,
    url: String,
    marker: Marker,
}

/// What is to be said, where, and when.
pub(super) struct Comment<'a> {
    pub(super) client: &'a Client,
    pub(super) context: &'a Context,
    pub(super) pull: u64,
    pub(super) marker: Marker,
    pub(super) mode: CommentMode,
    /// Whether the run failed.
    pub(super) failed: bool,
}

impl Comment<'_> {
    /// Posts or updates the comment. `body` is what follows the marker; it is told whether an
    /// earlier comment reported something.
    pub(super) async fn publish(&self, body: impl Fn(bool) -> String) -> Result<Posted, Failure> {
        if let Some(note) = self.outdated().await? {
            return Ok(Posted {
                url: None,
                note: Some(note),
            });
        }
        let known = self.find().await?;
        if let Some(newer) = self.newer(&known) {
            return Ok(newer);
        }
        if known.is_empty() && self.mode == CommentMode::OnFailure && !self.failed {
            return Ok(Posted::default());
        }
        let resolved = known.last().is_some_and(|ours| ours.marker.failed) && !self.failed;
        let text = format!("{}\n{}", self.marker.line(), body(resolved));
        match known.last() {
            Some(last) if self.mode != CommentMode::Recreate => self.update(last, &text).await?,
            _ => self.create(&text).await?,
        }
        let Some(last) = self.tidy(&known).await? else {
            return Ok(Posted::default());
        };
        if let Some(newer) = self.newer(std::slice::from_ref(&last)) {
            return Ok(newer);
        }
        let was_folded = known.last().is_some_and(|ours| ours.marker.folded);
        Ok(Posted {
            note: self.fold(&last, was_folded).await,
            url: Some(last.url),
        })
    }

    /// Folds the comment or shows it again, where that changes. It says the same either way, so a
    /// refusal is only noted.
    async fn fold(&self, last: &Ours, was_folded: bool) -> Option<String> {
        let folded = self.marker.folded;
        if folded == was_folded || (!folded && self.mode == CommentMode::Recreate) {
            return None;
        }
        let failure = fold(self.client, &last.node_id, folded).await.err()?;
        let what = if folded { "folded" } else { "shown again" };
        Some(format!("the comment was not {what}: {failure}"))
    }

    /// Whether the pull request has another head by now; then the run of that head comments.
    async fn outdated(&self) -> Result<Option<String>, Failure> {
        let path = format!("/repos/{}/pulls/{}", self.context.repository, self.pull);
        let pull = self.client.call(Verb::Get, &path, None).await?;
        let head = pull.pointer("/head/sha").and_then(Value::as_str);
        Ok(head.filter(|head| *head != self.context.head_sha).map(|_| {
            format!(
                "pull request #{} has moved on from {}, so this run does not comment",
                self.pull,
                short(&self.context.head_sha)
            )
        }))
    }

    /// What to answer if a newer run has commented.
    fn newer(&self, known: &[Ours]) -> Option<Posted> {
        let last = known.last()?;
        (last.marker.age() > self.marker.age()).then(|| Posted {
            url: Some(last.url.clone()),
            note: Some(format!(
                "run {} is newer and has commented, so this run does not",
                last.marker.run
            )),
        })
    }

    /// Our comments, the newest run's last.
    async fn find(&self) -> Result<Vec<Ours>, Failure> {
        let mut found = Vec::new();
        let mut viewer: Option<Option<String>> = None;
        for page in 1..=PAGES {
            let path = format!(
                "/repos/{}/issues/{}/comments?per_page={PER_PAGE}&page={page}",
                self.context.repository, self.pull
            );
            let listed = self.client.call(Verb::Get, &path, None).await?;
            let comments = listed.as_array().map(Vec::as_slice).unwrap_or_default();
            for comment in comments {
                let Some(ours) = self.ours(comment) else {
                    continue;
                };
                // Anybody can copy a marker; what people wrote is not overwritten.
                if comment.pointer("/user/type").and_then(Value::as_str) != Some("Bot") {
                    if viewer.is_none() {
                        viewer = Some(self.viewer().await);
                    }
                    let login = comment.pointer("/user/login").and_then(Value::as_str);
                    if login.is_none() || login != viewer.as_ref().and_then(Option::as_deref) {
                        continue;
                    }
                }
                found.push(ours);
            }
            if comments.len() < PER_PAGE {
                break;
            }
        }
        found.sort_by_key(|ours| (ours.marker.age(), std::cmp::Reverse(ours.id)));
        Ok(found)
    }

    fn ours(&self, comment: &Value) -> Option<Ours> {
        let marker = Marker::read(comment["body"].as_str()?)?;
        marker.same_place(&self.marker).then_some(Ours {
            id: comment["id"].as_u64()?,
            node_id: comment["node_id"].as_str().unwrap_or_default().to_owned(),
            url: comment["html_url"].as_str()?.to_owned(),
            marker,
        })
    }

    /// Who the token belongs to; an app's has no user.
    async fn viewer(&self) -> Option<String> {
        let user = self.client.call(Verb::Get, "/user", None).await.ok()?;
        Some(user["login"].as_str()?.to_owned())
    }

    async fn update(&self, last: &Ours, text: &str) -> Result<(), Failure> {
        let path = format!(
            "/repos/{}/issues/comments/{}",
            self.context.repository, last.id
        );
        let body = json!({"body": text});
        let mut tries = 1;
        loop {
            let failure = match self.client.call(Verb::Patch, &path, Some(&body)).await {
                Ok(_) => return Ok(()),
                // Somebody has deleted it meanwhile.
                Err(failure) if failure.status == Some(404) => return self.create(text).await,
                Err(failure) => failure,
            };
            if !failure.may_have_happened || tries == TRIES {
                return Err(failure);
            }
            let known = self.find().await?;
            if known.iter().any(|ours| ours.marker == self.marker) || self.newer(&known).is_some() {
                return Ok(());
            }
            tries += 1;
        }
    }

    async fn create(&self, text: &str) -> Result<(), Failure> {
        let path = format!(
            "/repos/{}/issues/{}/comments",
            self.context.repository, self.pull
        );
        let body = json!({"body": text});
        let mut tries = 1;
        loop {
            let Err(failure) = self.client.call(Verb::Post, &path, Some(&body)).await else {
                return Ok(());
            };
            if !failure.may_have_happened || tries == TRIES {
                return Err(failure);
            }
            let known = self.find().await?;
            if known.iter().any(|ours| ours.marker == self.marker) {
                return Ok(());
            }
            tries += 1;
        }
    }

    /// Leaves the newest run's comment alone and removes the others: two runs that found none at
    /// the same time have both posted one.
    async fn tidy(&self, before: &[Ours]) -> Result<Option<Ours>, Failure> {
        let mut known = self.find().await?;
        let last = known.pop();
        for other in known {
            // What was there before and is older goes too: `recreate` has replaced it.
            let path = format!(
                "/repos/{}/issues/comments/{}",
                self.context.repository, other.id
            );
            match self.client.call(Verb::Delete, &path, None).await {
                Ok(_) => {}
                Err(failure) if failure.status == Some(404) => {}
                Err(failure) if before.iter().all(|ours| ours.id != other.id) => {
                    return Err(failure);
                }
                // An old duplicate that cannot be removed is a blemish, not a failure.
                Err(_) => {}
            }
        }
        Ok(last)
    }
}

/// As much of a commit as people write.
pub(super) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
