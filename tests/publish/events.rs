//! Events other than a pull request's own: the check run's commit, and a comment only where there is
//! a pull request.

use serde_json::json;

use crate::{HEAD, Job, REPO, drifted, github, in_sync, ours};

#[test]
fn a_merge_group_has_a_check_run_and_no_comment() {
    let github = github();
    let group = "3333333333333333333333333333333333333333";
    github.call("repo", &json!({"full_name": REPO, "commits": [group]}));
    let mut job = Job::new(&github, 100);
    job.event("merge_group", &json!({"merge_group": {"head_sha": group}}));
    let run = job.publish(&drifted());
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(github.check_runs(REPO)[0]["head_sha"], group);
    assert!(ours(&github).is_empty());
    github.assert_no_violations();
}

#[test]
fn a_push_comments_where_its_commit_is_a_pull_requests_head() {
    for (event, commented) in [("push", 1), ("workflow_dispatch", 1), ("schedule", 0)] {
        let github = github();
        let mut job = Job::new(&github, 100);
        job.event(event, &json!({"after": HEAD}));
        let run = job.publish(&drifted());
        assert_eq!(ours(&github).len(), commented, "{event}: {run:#?}");
        assert_eq!(github.check_runs(REPO).len(), 1, "{event}");
        github.assert_no_violations();
    }
    // A commit that is no pull request's head.
    let github = github();
    let other = "4444444444444444444444444444444444444444";
    github.call("repo", &json!({"full_name": REPO, "commits": [other]}));
    let mut job = Job::new(&github, 100);
    job.set("GITHUB_SHA", other);
    job.event("push", &json!({"after": other}));
    let run = job.publish(&drifted());
    assert!(ours(&github).is_empty(), "{run:#?}");
    github.assert_no_violations();
}

#[test]
fn a_forks_report_is_published_from_a_workflow_run() {
    let github = github();
    github.call(
        "pull",
        &json!({"repo": REPO, "number": 8, "head_sha": HEAD, "head_repo": "eve/shop", "head_ref": "fix"}),
    );
    let mut job = Job::new(&github, 100);
    // The job itself runs on the default branch.
    job.set("GITHUB_SHA", "5555555555555555555555555555555555555555");
    job.event(
        "workflow_run",
        &json!({"workflow_run": {"head_sha": HEAD, "head_branch": "fix", "event": "pull_request",
            "head_repository": {"full_name": "eve/shop"}, "pull_requests": []}}),
    );
    let mut report = drifted();
    // What the artefact says about where it belongs is not asked.
    report["pull_number"] = json!(7);
    report["head_sha"] = json!("6666666666666666666666666666666666666666");
    let run = job.publish(&report);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let comments = github.comments(REPO);
    assert_eq!(comments.len(), 1, "{run:#?}");
    assert_eq!(comments[0]["issue"], 8, "{comments:#?}");
    assert_eq!(github.check_runs(REPO)[0]["head_sha"], HEAD);
    github.assert_no_violations();
}

#[test]
fn an_enterprise_server_is_spoken_to_by_its_own_address() {
    let github = github();
    let mut job = Job::new(&github, 100);
    job.set("GITHUB_API_URL", &github.ghes_url());
    let run = job.publish(&in_sync());
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(ours(&github).len(), 1, "{run:#?}");
    assert_eq!(github.check_runs(REPO).len(), 1);
    github.assert_no_violations();
}

#[test]
fn outside_of_github_actions_publish_says_so() {
    let github = github();
    let mut job = Job::new(&github, 100);
    job.set("GITHUB_ACTIONS", "");
    let run = job.publish(&drifted());
    assert_eq!(run.code, Some(4), "{run:#?}");
    assert!(run.err.contains("GITHUB_ACTIONS"), "{run:#?}");
    assert!(github.log().is_empty());
}
