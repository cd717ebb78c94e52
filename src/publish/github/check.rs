//! The check run on the head commit: in progress from the start, completed with a conclusion, a
//! summary and annotations.
//!
//! Annotations are appended by each update, so an update whose effect is uncertain is looked at
//! before it is repeated. Limits: <https://docs.github.com/en/rest/checks/runs>.

use serde_json::{Value, json};

use super::client::{Client, Failure, Verb};
use super::context::Context;
use crate::render::annotations::Annotation;

/// Annotations in one request.
const AT_ONCE: usize = 50;

/// How often a write is tried whose effect was uncertain.
const TRIES: usize = 3;

/// A check run that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Created {
    pub(super) id: u64,
    pub(super) url: String,
}

/// What the check run says at its end.
pub(super) struct Outcome<'a> {
    /// Whether the required check fails.
    pub(super) failed: bool,
    pub(super) title: String,
    /// Markdown, at most 65,535 characters.
    pub(super) summary: String,
    pub(super) annotations: &'a [Annotation],
}

/// The check runs of one commit.
pub(super) struct Checks<'a> {
    pub(super) client: &'a Client,
    pub(super) context: &'a Context,
    pub(super) name: &'a str,
}

impl Checks<'_> {
    fn path(&self) -> String {
        format!("/repos/{}/check-runs", self.context.repository)
    }

    /// By which a check run is recognised as this run's.
    fn external_id(&self) -> String {
        format!(
            "protodiff/{}/{}",
            self.context.run_id, self.context.run_attempt
        )
    }

    /// Creates it, in progress.
    pub(super) async fn begin(&self) -> Result<Created, Failure> {
        let body = json!({
            "name": self.name,
            "head_sha": self.context.head_sha,
            "status": "in_progress",
            "started_at": now(),
            "external_id": self.external_id(),
            "details_url": self.context.run_url(),
        });
        let mut tries = 1;
        loop {
            let failure = match self
                .client
                .call(Verb::Post, &self.path(), Some(&body))
                .await
            {
                Ok(created) => return self.created(&created),
                Err(failure) => failure,
            };
            if !failure.may_have_happened || tries == TRIES {
                return Err(failure);
            }
            if let Some(found) = self.find().await? {
                return Ok(found);
            }
            tries += 1;
        }
    }

    fn created(&self, value: &Value) -> Result<Created, Failure> {
        let id = value["id"].as_u64();
        let url = value["html_url"].as_str().unwrap_or_default().to_owned();
        id.map(|id| Created { id, url }).ok_or_else(|| Failure {
            what: format!("POST {}", self.path()),
            cause: "the answer names no check run".to_owned(),
            status: None,
            may_have_happened: true,
        })
    }

    /// The check run that this run created, if it did.
    async fn find(&self) -> Result<Option<Created>, Failure> {
        let path = format!(
            "/repos/{}/commits/{}/check-runs?check_name={}&filter=all&per_page=100",
            self.context.repository,
            self.context.head_sha,
            encoded(self.name)
        );
        let listed = self.client.call(Verb::Get, &path, None).await?;
        let ours = listed["check_runs"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|run| run["external_id"].as_str() == Some(self.external_id().as_str()));
        ours.map(|run| self.created(run)).transpose()
    }

    /// Completes it.
    pub(super) async fn finish(
        &self,
        created: &Created,
        outcome: &Outcome<'_>,
    ) -> Result<(), Failure> {
        let chunks: Vec<&[Annotation]> = outcome.annotations.chunks(AT_ONCE).collect();
        let (last, earlier) = chunks
            .split_last()
            .map_or((&[][..], &[][..]), |(last, rest)| (*last, rest));
        let mut sent = 0;
        for chunk in earlier {
            sent += chunk.len();
            let body = json!({"output": outcome.output(chunk)});
            self.patch(created, &body, sent, "in_progress").await?;
        }
        let body = json!({
            "status": "completed",
            "conclusion": if outcome.failed { "failure" } else { "success" },
            "completed_at": now(),
            "output": outcome.output(last),
        });
        self.patch(created, &body, sent + last.len(), "completed")
            .await
    }

    /// Completes it as cancelled.
    pub(super) async fn cancel(&self, created: &Created) -> Result<(), Failure> {
        let summary = "The scan was stopped before it was done: nothing was verified.";
        let body = json!({
            "status": "completed",
            "conclusion": "cancelled",
            "completed_at": now(),
            "output": {"title": "stopped", "summary": summary},
        });
        self.patch(created, &body, 0, "completed").await
    }

    async fn patch(
        &self,
        created: &Created,
        body: &Value,
        annotations: usize,
        status: &str,
    ) -> Result<(), Failure> {
        let path = format!("{}/{}", self.path(), created.id);
        let mut tries = 1;
        loop {
            let Err(failure) = self.client.call(Verb::Patch, &path, Some(body)).await else {
                return Ok(());
            };
            if !failure.may_have_happened || tries == TRIES {
                return Err(failure);
            }
            let seen = self.client.call(Verb::Get, &path, None).await?;
            let count = seen.pointer("/output/annotations_count");
            if count.and_then(Value::as_u64) == Some(annotations as u64)
                && seen["status"].as_str() == Some(status)
            {
                return Ok(());
            }
            tries += 1;
        }
    }
}

impl Outcome<'_> {
    fn output(&self, annotations: &[Annotation]) -> Value {
        let annotations: Vec<Value> = annotations
            .iter()
            .map(|annotation| {
                json!({
                    "path": annotation.path,
                    "start_line": annotation.line,
                    "end_line": annotation.line,
                    "annotation_level": annotation.level.of_check(),
                    "title": annotation.title,
                    "message": annotation.message,
                })
            })
            .collect();
        json!({"title": self.title, "summary": self.summary, "annotations": annotations})
    }
}

/// The time as GitHub writes it.
fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second())
        .map_or_else(|_| now.to_string(), |t| t.to_string())
}

/// A value for a query string.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
