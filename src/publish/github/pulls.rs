//! Finds the pull request whose head a commit is, for events that don't name one.

use serde_json::Value;

use super::client::{Client, Failure, Verb};
use super::context::Context;

/// The number of the pull request with this head, an open one before others.
pub(super) async fn find(client: &Client, context: &Context) -> Result<Option<u64>, Failure> {
    if let Some(number) = context.pull_number {
        return Ok(Some(number));
    }
    if !context.find_pull {
        return Ok(None);
    }
    let Context {
        repository,
        head_sha,
        ..
    } = context;
    // A fork's commit is not known to be part of a pull request here; its branch is.
    let path = match (
        &context.head_branch,
        context.head_repository.split_once('/'),
    ) {
        (Some(branch), Some((owner, _))) => {
            format!(
                "/repos/{repository}/pulls?state=all&per_page=100&head={}",
                super::encoded(&format!("{owner}:{branch}"))
            )
        }
        _ => format!("/repos/{repository}/commits/{head_sha}/pulls?per_page=100"),
    };
    let listed = client.call(Verb::Get, &path, None).await?;
    let mut pulls: Vec<(bool, u64)> = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter(|pull| pull.pointer("/head/sha").and_then(Value::as_str) == Some(head_sha.as_str()))
        .filter_map(|pull| {
            let open = pull["state"].as_str() == Some("open");
            Some((open, pull["number"].as_u64()?))
        })
        .collect();
    pulls.sort_unstable();
    Ok(pulls.last().map(|(_, number)| *number))
}
