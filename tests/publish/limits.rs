//! Rate limits, errors of the server, and answers that never come.

use std::time::{Duration, Instant};

use protodiff::core::comment_mode::CommentMode;
use protodiff::core::report::Report;
use protodiff::publish::github::{Context, End, Patience, Published, Session, Settings};
use protodiff::render::json::read;
use serde_json::{Value, json};

use crate::github::GitHub;
use crate::{HEAD, REPO, TOKEN, drifted, github, ours};

/// Short enough for a test; the pauses that GitHub names are kept as they are.
const PATIENCE: Patience = Patience {
    call: Duration::from_millis(700),
    total: Duration::from_secs(20),
    secondary: Duration::from_millis(300),
    pause: Duration::from_millis(20),
};

fn saved() -> Report {
    read(drifted().to_string().as_bytes()).unwrap()
}

/// Publishes as a run of the workflow, through the library.
fn publish(github: &GitHub, run: u64, patience: Patience) -> Published {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        comment: CommentMode::Update,
        check_name: "protodiff".to_owned(),
        report_dir: Some(folder.path().join("reports")),
        patience,
    };
    let context = Context {
        repository: REPO.to_owned(),
        server_url: "https://github.example".to_owned(),
        api_url: github.url(),
        event: "pull_request".to_owned(),
        run_id: run,
        run_attempt: 1,
        head_sha: HEAD.to_owned(),
        pull_number: Some(7),
        head_repository: REPO.to_owned(),
        workspace: Some(env!("CARGO_MANIFEST_DIR").into()),
        ..Context::default()
    };
    let report = saved();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let session = Session::with(settings, context, Some(TOKEN.to_owned())).await;
        session.finish(End::Report(&report, true)).await
    })
}

fn assert_whole(github: &GitHub, published: &Published) {
    assert!(published.warnings.is_empty(), "{published:#?}");
    assert_eq!(ours(github).len(), 1, "{published:#?}");
    let checks = github.check_runs(REPO);
    assert_eq!(checks.len(), 1, "{checks:#?}");
    assert_eq!(checks[0]["conclusion"], "failure");
    let annotations = checks[0]["annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), 4, "annotations were lost or doubled");
    github.assert_no_violations();
}

#[test]
fn what_github_asks_to_wait_for_is_waited_for() {
    for (fault, least) in [
        (
            json!({"action": "secondary", "status": 403, "retry_after": 1}),
            1_000,
        ),
        (
            json!({"action": "secondary", "status": 429, "retry_after": 1}),
            1_000,
        ),
        (json!({"action": "secondary", "status": 403}), 300),
        (
            json!({"action": "primary", "status": 403, "reset_in": 1}),
            900,
        ),
    ] {
        for method in ["GET", "POST", "PATCH"] {
            let github = github();
            let mut fault = fault.clone();
            fault["method"] = json!(method);
            fault["path"] = json!(".*");
            github.fault(&fault);
            let started = Instant::now();
            let published = publish(&github, 100, PATIENCE);
            assert_whole(&github, &published);
            let took = started.elapsed();
            assert!(
                took >= Duration::from_millis(least),
                "{method} {fault}: {took:?}"
            );
        }
    }
}

#[test]
fn errors_of_the_server_repeat_no_write_that_happened() {
    for when in ["before", "after"] {
        for action in [
            json!({"action": "status", "status": 502}),
            json!({"action": "reset"}),
            json!({"action": "hang"}),
            json!({"action": "malformed"}),
        ] {
            for (method, path) in [
                ("POST", "/repos/acme/shop/check-runs"),
                ("PATCH", "/repos/acme/shop/check-runs/.*"),
                ("POST", "/repos/acme/shop/issues/7/comments"),
                ("GET", "/repos/acme/shop/issues/7/comments"),
                ("GET", "/repos/acme/shop/pulls/7"),
            ] {
                let github = github();
                let mut fault = action.clone();
                fault["method"] = json!(method);
                fault["path"] = json!(path);
                fault["when"] = json!(when);
                github.fault(&fault);
                let published = publish(&github, 100, PATIENCE);
                assert_whole(&github, &published);
            }
        }
    }
}

#[test]
fn an_update_whose_answer_was_lost_is_not_doubled() {
    let github = github();
    publish(&github, 100, PATIENCE);
    github.fault(
        &json!({"method": "PATCH", "path": "/repos/acme/shop/issues/comments/.*",
        "action": "status", "status": 500, "when": "after"}),
    );
    let published = publish(&github, 101, PATIENCE);
    assert!(published.warnings.is_empty(), "{published:#?}");
    let comments = ours(&github);
    assert!(
        comments.len() == 1 && comments[0].contains("[run 101]"),
        "{comments:#?}"
    );
    github.assert_no_violations();
}

#[test]
fn patience_ends() {
    let github = github();
    for fault in [
        json!({"action": "hang"}),
        json!({"action": "secondary", "status": 403, "retry_after": 3600}),
        json!({"action": "status", "status": 503}),
    ] {
        let mut fault: Value = fault;
        fault["path"] = json!(".*");
        fault["method"] = json!(".*");
        fault["times"] = json!(1_000);
        github.fault(&fault);
        let patience = Patience {
            total: Duration::from_secs(2),
            ..PATIENCE
        };
        let started = Instant::now();
        let published = publish(&github, 100, patience);
        assert!(started.elapsed() < Duration::from_secs(15), "{fault}");
        assert!(!published.warnings.is_empty(), "{published:#?}");
        assert_eq!(
            published.commands.len(),
            4,
            "the findings are annotations of the step: {published:#?}"
        );
        github.call("clear-faults", &json!({}));
    }
}

#[test]
fn slow_answers_are_waited_for() {
    let github = github();
    github.fault(
        &json!({"method": ".*", "path": ".*", "action": "none", "delay_ms": 300, "times": 100}),
    );
    assert_whole(&github, &publish(&github, 100, PATIENCE));
}
