//! What GitHub Actions says about the run: which commit the check belongs to, and which pull
//! request, if any, the comment. From the runner's variables and the event's payload; nothing of it
//! comes from a report.
//!
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>;
//! payloads: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

use std::path::PathBuf;

use serde_json::Value;

/// The largest event payload that is read; GitHub caps them at 25 MB.
const MAX_EVENT: u64 = 32 << 20;

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// `OWNER/REPO` that the workflow runs in.
    pub repository: String,
    /// `https://github.com`, or that of an enterprise server.
    pub server_url: String,
    /// `https://api.github.com`, or `https://HOST/api/v3`.
    pub api_url: String,
    /// `https://api.github.com/graphql`, or `https://HOST/api/graphql`.
    pub graphql_url: String,
    /// Name of the event.
    pub event: String,
    /// Id of the run, which grows with time.
    pub run_id: u64,
    /// How often the run was started.
    pub run_attempt: u64,
    /// The commit that the check run is posted on.
    pub head_sha: String,
    /// The pull request, where the event names one.
    pub pull_number: Option<u64>,
    /// `OWNER/REPO` that the head commit lies in; a fork's, or the repository itself.
    pub head_repository: String,
    /// The head's branch, where the event names one.
    pub head_branch: Option<String>,
    /// Whether a pull request is worth looking for that has the commit as its head.
    pub find_pull: bool,
    /// Who caused the event.
    pub actor: String,
    /// The checkout.
    pub workspace: Option<PathBuf>,
}

impl Context {
    /// That of this process; `None` outside of GitHub Actions.
    ///
    /// # Errors
    /// What is missing or unreadable, in one sentence.
    pub fn from_environment() -> Option<Result<Self, String>> {
        let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        (get("GITHUB_ACTIONS").as_deref() == Some("true")).then(|| Self::read(&get))
    }

    fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let need = |name: &str| get(name).ok_or_else(|| format!("{name} is not set"));
        let event = match get("GITHUB_EVENT_PATH") {
            Some(path) => payload(&path)?,
            None => Value::Null,
        };
        Self::new(&need, get, &event)
    }

    fn new(
        need: &dyn Fn(&str) -> Result<String, String>,
        get: &dyn Fn(&str) -> Option<String>,
        event: &Value,
    ) -> Result<Self, String> {
        let server_url = get("GITHUB_SERVER_URL").unwrap_or("https://github.com".to_owned());
        let repository = need("GITHUB_REPOSITORY")?;
        if repository.split('/').filter(|part| is_name(part)).count() != 2 {
            return Err("GITHUB_REPOSITORY is not OWNER/REPO".to_owned());
        }
        let api_url = get("GITHUB_API_URL").unwrap_or("https://api.github.com".to_owned());
        let graphql = || {
            format!(
                "{}/graphql",
                api_url.strip_suffix("/v3").unwrap_or(&api_url)
            )
        };
        let mut context = Self {
            graphql_url: get("GITHUB_GRAPHQL_URL").unwrap_or_else(graphql),
            api_url,
            server_url: server_url.trim_end_matches('/').to_owned(),
            event: need("GITHUB_EVENT_NAME")?,
            run_id: number(&need("GITHUB_RUN_ID")?)?,
            run_attempt: get("GITHUB_RUN_ATTEMPT")
                .and_then(|text| text.parse().ok())
                .unwrap_or(1),
            head_sha: need("GITHUB_SHA")?,
            head_repository: repository.clone(),
            actor: get("GITHUB_ACTOR").unwrap_or_default(),
            workspace: get("GITHUB_WORKSPACE").map(PathBuf::from),
            repository,
            ..Self::default()
        };
        context.place(event);
        if !(context.head_sha.len() >= 40
            && context.head_sha.chars().all(|c| c.is_ascii_hexdigit()))
        {
            return Err("the event names no commit".to_owned());
        }
        Ok(context)
    }

    /// Finds commit and pull request by the kind of event.
    fn place(&mut self, event: &Value) {
        let text = |path: &str| {
            event
                .pointer(path)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        match self.event.as_str() {
            // The merge commit of GITHUB_SHA is not what people look at.
            "pull_request" | "pull_request_target" | "pull_request_review" => {
                self.pull_number = event
                    .pointer("/pull_request/number")
                    .and_then(Value::as_u64);
                self.head_sha = text("/pull_request/head/sha").unwrap_or(self.head_sha.clone());
                self.head_branch = text("/pull_request/head/ref");
                // The head's repository is null once a fork is deleted.
                self.head_repository =
                    text("/pull_request/head/repo/full_name").unwrap_or_default();
            }
            "merge_group" => {
                self.head_sha = text("/merge_group/head_sha").unwrap_or(self.head_sha.clone());
            }
            // What caused the other run is in its event, which GitHub wrote.
            "workflow_run" => {
                self.head_sha = text("/workflow_run/head_sha").unwrap_or(self.head_sha.clone());
                self.head_branch = text("/workflow_run/head_branch");
                self.head_repository =
                    text("/workflow_run/head_repository/full_name").unwrap_or_default();
                self.find_pull = text("/workflow_run/event").as_deref() != Some("merge_group");
            }
            "push"
            | "workflow_dispatch"
            | "repository_dispatch"
            | "deployment"
            | "deployment_status" => {
                self.find_pull = true;
            }
            _ => {}
        }
    }

    /// Whether the head lies in another repository, whose pull requests get no secrets and a
    /// read-only token.
    pub fn is_fork(&self) -> bool {
        self.head_repository != self.repository
    }

    /// Whether Dependabot caused the event, which is treated like a fork.
    pub fn is_dependabot(&self) -> bool {
        self.actor == "dependabot[bot]"
    }

    /// The page of the run.
    pub fn run_url(&self) -> String {
        format!(
            "{}/{}/actions/runs/{}",
            self.server_url, self.repository, self.run_id
        )
    }

    /// Where files of the head commit can be looked at.
    pub fn files_url(&self) -> String {
        let repository = match self.head_repository.as_str() {
            "" => &self.repository,
            head => head,
        };
        format!("{}/{repository}/blob/{}", self.server_url, self.head_sha)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "GITHUB_RUN_ID is not a number".to_owned())
}

/// A part of `OWNER/REPO`, which becomes a part of a URL.
fn is_name(part: &str) -> bool {
    !part.is_empty()
        && part != ".."
        && part
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn payload(path: &str) -> Result<Value, String> {
    let wrong = |cause: String| format!("the event's payload cannot be read: {cause}");
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if size.len() > MAX_EVENT {
        return Err(wrong("larger than 32 MiB".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
    const MERGE: &str = "fedcba9876543210fedcba9876543210fedcba98";

    fn context(event: &str, payload: &Value) -> Context {
        let get = |name: &str| {
            let value = match name {
                "GITHUB_REPOSITORY" => "acme/shop",
                "GITHUB_EVENT_NAME" => event,
                "GITHUB_RUN_ID" => "77",
                "GITHUB_SHA" => MERGE,
                _ => return None,
            };
            Some(value.to_owned())
        };
        let need = |name: &str| get(name).ok_or_else(|| name.to_owned());
        Context::new(&need, &get, payload).unwrap()
    }

    #[test]
    fn a_pull_request_is_judged_at_its_head() {
        let pull = |repo: Value| json!({"pull_request": {"number": 5, "head": {"sha": SHA, "ref": "x", "repo": repo}}});
        let own = context("pull_request", &pull(json!({"full_name": "acme/shop"})));
        assert_eq!((own.pull_number, own.head_sha.as_str()), (Some(5), SHA));
        assert!(!own.is_fork());
        let fork = context("pull_request", &pull(json!({"full_name": "eve/shop"})));
        assert!(fork.is_fork());
        assert_eq!(
            fork.files_url(),
            format!("https://github.com/eve/shop/blob/{SHA}")
        );
        assert!(context("pull_request", &pull(Value::Null)).is_fork());
    }

    #[test]
    fn other_events_have_a_commit_and_perhaps_a_pull_request() {
        let group = context("merge_group", &json!({"merge_group": {"head_sha": SHA}}));
        assert_eq!((group.pull_number, group.find_pull), (None, false));
        assert_eq!(group.head_sha, SHA);
        let push = context("push", &json!({"after": MERGE}));
        assert_eq!((push.head_sha.as_str(), push.find_pull), (MERGE, true));
        let run = json!({"workflow_run": {"head_sha": SHA, "head_branch": "x", "event": "pull_request",
            "head_repository": {"full_name": "eve/shop"}, "pull_requests": []}});
        let run = context("workflow_run", &run);
        assert_eq!(
            (run.head_sha.as_str(), run.find_pull, run.is_fork()),
            (SHA, true, true)
        );
        let schedule = context("schedule", &json!({}));
        assert_eq!((schedule.pull_number, schedule.find_pull), (None, false));
    }
}
