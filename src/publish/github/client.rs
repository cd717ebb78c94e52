//! Calls to GitHub's REST API: each with a deadline, all together within a budget, repeated only as
//! GitHub asks for it.
//!
//! octocrab's own retry repeats a POST that has already taken effect, so it is not built in; whoever calls
//! [`Client::call`] looks for the effect before writing again ([`Failure::may_have_happened`]).
//! Limits: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::context::Context;

/// The largest answer that is read: a page of 100 comments at their largest, and some.
const MAX_ANSWER: usize = 32 << 20;

/// How patient the client is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one call.
    pub call: Duration,
    /// For all calls of a run, pauses included.
    pub total: Duration,
    /// The first pause at a secondary limit that names none; GitHub asks for a minute at least.
    pub secondary: Duration,
    /// The first pause after an error of the server; it doubles.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(15),
            total: Duration::from_secs(180),
            secondary: Duration::from_secs(60),
            pause: Duration::from_secs(1),
        }
    }
}

/// How often a call is made at most.
const TRIES: u32 = 4;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct Failure {
    /// The verb and the path.
    pub what: String,
    /// GitHub's words, or what went wrong on the way.
    pub cause: String,
    /// HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// Whether a write may have taken effect nevertheless.
    pub may_have_happened: bool,
}

impl Failure {
    /// The token may not do this.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.status, Some(401 | 403))
    }
}

/// A client of one repository.
#[derive(Debug, Clone)]
pub(super) struct Client {
    octocrab: Octocrab,
    patience: Patience,
    until: Instant,
    token: String,
    graphql_url: String,
}

/// What to do about an answer.
enum Next {
    Done(Value),
    Failed(Failure),
    Again { pause: Duration, failure: Failure },
}

impl Client {
    pub(super) fn new(context: &Context, token: &str, patience: Patience) -> Result<Self, String> {
        Ok(Self {
            octocrab: octocrab("GITHUB_API_URL", &context.api_url, token)?,
            patience,
            until: Instant::now() + patience.total,
            token: token.to_owned(),
            graphql_url: context.graphql_url.clone(),
        })
    }

    /// Makes a change through GraphQL, whose refusals have status 200.
    pub(super) async fn graphql(&self, query: &str, variables: &Value) -> Result<(), Failure> {
        let refused = |cause: &str| Failure {
            what: format!("POST {}", self.graphql_url),
            cause: cause.to_owned(),
            status: None,
            may_have_happened: false,
        };
        // A client's calls all begin with its base, and an enterprise server's GraphQL is not below
        // that of its REST API.
        let (base, name) = self
            .graphql_url
            .rsplit_once('/')
            .ok_or_else(|| refused("GITHUB_GRAPHQL_URL is no URL"))?;
        let beside = Self {
            octocrab: octocrab("GITHUB_GRAPHQL_URL", base, &self.token)
                .map_err(|cause| refused(&cause))?,
            ..self.clone()
        };
        let body = json!({"query": query, "variables": variables});
        let answer = beside
            .call(Verb::Post, &format!("/{name}"), Some(&body))
            .await?;
        match answer.pointer("/errors/0/message") {
            None => Ok(()),
            Some(message) => Err(refused(message.as_str().unwrap_or("no reason given"))),
        }
    }

    /// Makes a call, and again where GitHub asks to wait or a read fails. A write whose effect is
    /// uncertain is not repeated here.
    pub(super) async fn call(
        &self,
        verb: Verb,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let mut tries = 1;
        loop {
            let (pause, failure) = match self.once(verb, path, body, tries).await {
                Next::Done(value) => return Ok(value),
                Next::Failed(failure) => return Err(failure),
                Next::Again { pause, failure } => (pause, failure),
            };
            if tries == TRIES || Instant::now() + pause >= self.until {
                return Err(failure);
            }
            tokio::time::sleep(pause).await;
            tries += 1;
        }
    }

    async fn once(&self, verb: Verb, path: &str, body: Option<&Value>, tries: u32) -> Next {
        let deadline = (Instant::now() + self.patience.call).min(self.until);
        let failure = |status: Option<StatusCode>, cause: String| Failure {
            what: format!("{} {path}", verb.as_str()),
            cause: cause.replace(self.token.as_str(), "***"),
            status: status.map(|status| status.as_u16()),
            may_have_happened: verb != Verb::Get
                && status.is_none_or(|status| status.is_server_error()),
        };
        let doubled = self.patience.pause * 2_u32.pow(tries - 1);
        let retry = |failure: Failure| {
            // A read, or a change that is the same twice, may simply be tried again.
            if matches!(verb, Verb::Get | Verb::Delete) {
                Next::Again {
                    pause: doubled,
                    failure,
                }
            } else {
                Next::Failed(failure)
            }
        };
        let (status, headers, text) = match timeout_at(deadline, self.send(verb, path, body)).await
        {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) => return retry(failure(None, cause)),
            Err(_) => return retry(failure(None, "no answer in time".to_owned())),
        };
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            if text.is_empty() || !value.is_null() {
                return Next::Done(value);
            }
            let mut broken = failure(Some(status), "the answer is not JSON".to_owned());
            broken.may_have_happened = verb != Verb::Get;
            return retry(broken);
        }
        let message = value["message"].as_str().unwrap_or("no reason given");
        let failed = failure(Some(status), format!("{status}: {message}"));
        if let Some(pause) = self.limited(status, &headers, message, tries) {
            return Next::Again {
                pause,
                failure: failed,
            };
        }
        if status.is_server_error() {
            return retry(failed);
        }
        Next::Failed(failed)
    }

    /// How long GitHub wants to be left alone, if that is what the answer says.
    fn limited(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        message: &str,
        tries: u32,
    ) -> Option<Duration> {
        if !matches!(status.as_u16(), 403 | 429) {
            return None;
        }
        let header = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        if let Some(seconds) = header("retry-after") {
            return Some(Duration::from_secs(seconds.max(1)));
        }
        if header("x-ratelimit-remaining") == Some(0) {
            let reset = Duration::from_secs(header("x-ratelimit-reset")?);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            // The second itself counts as before the reset.
            return Some(reset.saturating_sub(now) + Duration::from_secs(1));
        }
        let secondary = message.to_lowercase().contains("secondary rate limit");
        (secondary || status == StatusCode::TOO_MANY_REQUESTS)
            .then(|| self.patience.secondary * 2_u32.pow(tries - 1))
    }

    async fn send(
        &self,
        verb: Verb,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, HeaderMap, String), String> {
        let answer = match verb {
            Verb::Get => self.octocrab._get(path).await,
            Verb::Post => self.octocrab._post(path, body).await,
            Verb::Patch => self.octocrab._patch(path, body).await,
            Verb::Delete => self.octocrab._delete(path, body).await,
        }
        .map_err(|error| chain(&error))?;
        let (parts, body) = answer.into_parts();
        let bytes = Limited::new(body, MAX_ANSWER)
            .collect()
            .await
            .map_err(|error| error.to_string())?
            .to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok((parts.status, parts.headers, text))
    }
}

/// A client whose calls begin with the URL that a variable holds.
fn octocrab(variable: &str, url: &str, token: &str) -> Result<Octocrab, String> {
    Octocrab::builder()
        .base_uri(url)
        .map_err(|_| format!("{variable} `{url}` is no URL"))?
        .personal_token(token.to_owned())
        .build()
        .map_err(|error| error.to_string())
}

impl Verb {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// An error with its causes: the outermost of octocrab's says only where it came from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    match causes.last() {
        Some(deepest) => deepest.clone(),
        None => error.to_string(),
    }
}
