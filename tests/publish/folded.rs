//! `--comment on-failure`: a comment whose failure is over is folded, and shown again when it fails
//! once more.

use serde_json::{Value, json};

use crate::github::GitHub;
use crate::{Job, REPO, TOKEN, drifted, github, in_sync};

/// Publishes as the run of this number, with a mode; the notes of it.
fn publish(job: Job, mode: &'static str, report: &Value) -> String {
    let failed = report["verdict"] == "MISMATCH";
    let run = job.flag(&["--comment", mode]).publish(report);
    assert_eq!(run.code, Some(i32::from(failed)), "{run:#?}");
    assert!(!run.err.contains(TOKEN), "{run:#?}");
    run.err
}

/// A job on github.com or with an enterprise server.
fn job(github: &GitHub, run: u64, enterprise: bool) -> Job {
    let mut job = Job::new(github, run);
    if enterprise {
        job.set("GITHUB_API_URL", &github.ghes_url());
    }
    job
}

/// Why the only comment is folded, if it is.
fn folded(github: &GitHub) -> Value {
    let mut comments = github.comments(REPO);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    comments[0]["minimized"].take()
}

#[test]
fn what_is_over_is_folded_until_it_is_back() {
    for enterprise in [false, true] {
        let github = github();
        let job = |run| {
            let mut job = job(&github, run, enterprise);
            let graphql = if enterprise {
                github.ghes_graphql_url()
            } else {
                github.graphql_url()
            };
            job.set("GITHUB_GRAPHQL_URL", &graphql);
            job
        };
        for (run, mode, report, now) in [
            (100, "on-failure", drifted(), Value::Null),
            (101, "on-failure", in_sync(), json!("resolved")),
            // It is folded already: no further call.
            (102, "on-failure", in_sync(), json!("resolved")),
            (103, "on-failure", drifted(), Value::Null),
            (104, "on-failure", in_sync(), json!("resolved")),
            // A failure must be seen, whatever the mode was before.
            (105, "update", drifted(), Value::Null),
        ] {
            let err = publish(job(run), mode, &report);
            assert_eq!(folded(&github), now, "run {run}: {err}");
        }
        let asked = github
            .log()
            .iter()
            .filter(|entry| entry["path"].as_str().unwrap().ends_with("/graphql"))
            .count();
        assert_eq!(asked, 4);
        github.assert_no_violations();
    }
}

#[test]
fn without_the_variable_graphql_is_beside_the_rest_api() {
    for enterprise in [false, true] {
        let github = github();
        publish(job(&github, 100, enterprise), "on-failure", &drifted());
        let err = publish(job(&github, 101, enterprise), "on-failure", &in_sync());
        assert_eq!(folded(&github), "resolved", "{err}");
        github.assert_no_violations();
    }
}

#[test]
fn a_comment_that_cannot_be_folded_says_the_same_unfolded() {
    for fault in [
        json!({"action": "status", "status": 200, "body": {"data": null,
            "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]}}),
        json!({"action": "status", "status": 502}),
        json!({"action": "malformed"}),
        json!({"action": "reset"}),
        json!({"action": "primary"}),
    ] {
        let github = github();
        publish(Job::new(&github, 100), "on-failure", &drifted());
        let mut fault = fault;
        fault["path"] = json!(".*/graphql");
        github.fault(&fault);
        let err = publish(Job::new(&github, 101), "on-failure", &in_sync());
        assert!(
            err.contains("note: the comment was not folded: POST"),
            "{fault}: {err}"
        );
        assert_eq!(folded(&github), Value::Null);
        let body = &github.comments(REPO)[0]["body"];
        assert!(body.as_str().unwrap().contains("SYNC"), "{body}");
        // It is tried once; the next failure has nothing to show again but tries.
        let err = publish(Job::new(&github, 102), "on-failure", &drifted());
        assert!(!err.contains("not shown again"), "{err}");
        github.assert_no_violations();
    }
}
