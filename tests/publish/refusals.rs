//! What GitHub does not let a run do: the report is never lost, and the verdict never changes.

use serde_json::json;

use crate::{HEAD, Job, REPO, SHOP, TOKEN, drifted, github, in_sync, ours, pull_event};

#[test]
fn a_forks_run_degrades_to_summary_and_annotations() {
    let github = github();
    github.workflow_token(
        TOKEN,
        &json!({"issues": "read", "pull_requests": "read", "checks": "read"}),
    );
    github.call(
        "pull",
        &json!({"repo": REPO, "number": 7, "head_sha": HEAD, "head_repo": "eve/shop"}),
    );
    let mut job = Job::new(&github, 100);
    job.event("pull_request", &pull_event("eve/shop"));
    let run = job.publish(&drifted());
    // `publish` is there to publish; a scan keeps its verdict (below).
    assert_eq!(run.code, Some(4), "{run:#?}");
    assert!(run.summary.contains("MISMATCH"), "{run:#?}");
    assert_eq!(run.output("verdict"), "MISMATCH");
    let errors = run
        .err
        .lines()
        .filter(|line| line.starts_with("::error file="))
        .count();
    assert_eq!(errors, 2, "{run:#?}");
    assert!(
        run.err
            .contains("::error file=tests/fixtures/modules/shop/shop/orders/v1/orders.proto,line=")
    );
    for part in ["comes from eve/shop", "workflow_run", "github-fork-safe"] {
        assert!(run.err.contains(part), "{part}: {run:#?}");
    }
    assert!(ours(&github).is_empty());
    github.assert_no_violations();
}

#[test]
fn a_scan_keeps_its_verdict_and_strict_makes_it_an_error() {
    let github = github();
    github.workflow_token(TOKEN, &json!({}));
    // Nothing listens there: UNKNOWN, exit 3.
    let scan = ["scan", SHOP, "--target", "grpc://127.0.0.1:1"];
    let run = Job::new(&github, 100).run(&scan);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.summary.contains("⚠️ protodiff: UNKNOWN"), "{run:#?}");
    assert!(run.out.starts_with("UNKNOWN"), "{run:#?}");
    assert!(run.err.contains("checks: write"), "{run:#?}");
    let strict = Job::new(&github, 101)
        .flag(&["--strict-publish"])
        .run(&scan);
    assert_eq!(strict.code, Some(4), "{strict:#?}");
    assert!(
        strict.out.starts_with("UNKNOWN"),
        "the report is printed: {strict:#?}"
    );
    github.assert_no_violations();
}

#[test]
fn unknown_fails_the_check_unless_it_is_only_warned_of() {
    let github = github();
    let scan = ["scan", SHOP, "--target", "grpc://127.0.0.1:1"];
    let run = Job::new(&github, 100).run(&scan);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let run = Job::new(&github, 101)
        .flag(&["--on-unknown", "warn"])
        .run(&scan);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let conclusions: Vec<String> = github
        .check_runs(REPO)
        .iter()
        .map(|check| check["conclusion"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(conclusions, ["failure", "success"]);
    github.assert_no_violations();
}

#[test]
fn a_scan_that_cannot_run_fails_the_check_and_says_why() {
    let github = github();
    Job::new(&github, 99).publish(&in_sync());
    let run =
        Job::new(&github, 100).run(&["scan", "no/such/dir", "--target", "grpc://127.0.0.1:1"]);
    assert_eq!(run.code, Some(4), "{run:#?}");
    assert!(
        run.err
            .contains("::error::no/such/dir: there is no such file"),
        "{run:#?}"
    );
    assert_eq!(run.output("verdict"), "UNKNOWN");
    let checks = github.check_runs(REPO);
    assert_eq!(checks[1]["conclusion"], "failure");
    assert_eq!(checks[1]["title"], "could not run");
    // What the last run said is no longer known to be true.
    let comments = ours(&github);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("could not run") && comments[0].contains("no/such/dir"));
    github.assert_no_violations();
}

#[test]
fn a_locked_or_closed_pull_request_costs_the_comment_at_most() {
    let github = github();
    github.call(
        "pull",
        &json!({"repo": REPO, "number": 7, "head_sha": HEAD, "state": "closed"}),
    );
    let run = Job::new(&github, 100).publish(&drifted());
    assert_eq!((run.code, ours(&github).len()), (Some(1), 1), "{run:#?}");
    github.call(
        "pull",
        &json!({"repo": REPO, "number": 7, "head_sha": HEAD, "locked": true}),
    );
    let run = Job::new(&github, 101)
        .flag(&["--comment", "recreate"])
        .publish(&drifted());
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(
        run.err.contains("::warning::the comment was not posted"),
        "{run:#?}"
    );
    assert_eq!(github.check_runs(REPO)[1]["conclusion"], "failure");
    github.assert_no_violations();
}

#[test]
fn without_a_token_or_with_a_bad_one_the_summary_is_written() {
    let github = github();
    let mut job = Job::new(&github, 100);
    job.set("PROTODIFF_GITHUB_TOKEN", "");
    let run = job.publish(&in_sync());
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(
        run.summary.contains("SYNC") && run.err.contains("no GitHub token"),
        "{run:#?}"
    );
    let mut job = Job::new(&github, 100);
    job.set("PROTODIFF_GITHUB_TOKEN", "ghs_an-expired-token");
    let run = job.run(&["scan", SHOP, "--target", "grpc://127.0.0.1:1"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.err.contains("not valid"), "{run:#?}");
    assert!(!run.err.contains("ghs_an-expired-token"), "{run:#?}");
    // With no API at all, too.
    let mut job = Job::new(&github, 101);
    job.set("GITHUB_API_URL", "http://127.0.0.1:1");
    let run = job.run(&["scan", SHOP, "--target", "grpc://127.0.0.1:1"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.summary.contains("UNKNOWN"), "{run:#?}");
}
