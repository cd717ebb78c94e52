//! The life of a comment and a check run over several runs.

use serde_json::json;

use crate::{DRIFTED, HEAD, Job, REPO, SHOP, drifted, github, in_sync, ours, report};

#[test]
fn a_first_run_posts_a_comment_and_a_check_run() {
    let github = github();
    let job = Job::new(&github, 100);
    let run = job.publish(&drifted());
    assert_eq!(run.code, Some(1), "{run:#?}");
    let comments = github.comments(REPO);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    let body = comments[0]["body"].as_str().unwrap();
    for part in [
        "## ❌ protodiff: MISMATCH",
        "```diff\n  service shop.orders.v1.OrderService\n",
        "https://github.example/acme/shop/blob/1111111111111111111111111111111111111111/tests/fixtures/modules/shop/shop/orders/v1/orders.proto#L",
        "[run 100](https://github.example/acme/shop/actions/runs/100) on 1111111",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let checks = github.check_runs(REPO);
    assert_eq!(checks.len(), 1, "{checks:#?}");
    let check = &checks[0];
    assert_eq!(check["name"], "protodiff");
    assert_eq!(check["head_sha"], HEAD);
    assert_eq!(check["status"], "completed");
    assert_eq!(check["conclusion"], "failure");
    assert_eq!(check["title"], "MISMATCH: 2 breaking, 2 drift");
    assert!(check["summary"].as_str().unwrap().contains("MISMATCH"));
    assert_eq!(
        check["annotations"].as_array().unwrap().len(),
        4,
        "{check:#?}"
    );
    assert_eq!(run.output("verdict"), "MISMATCH");
    assert_eq!(
        (
            run.output("breaking"),
            run.output("drift"),
            run.output("unknown")
        ),
        ("2", "2", "0")
    );
    let id = comments[0]["id"].to_string();
    assert!(
        run.output("comment-url")
            .ends_with(&format!("/7#issuecomment-{id}")),
        "{run:#?}"
    );
    assert!(
        run.output("check-url").contains(&check["id"].to_string()),
        "{run:#?}"
    );
    for (name, start) in [("report-json", "{"), ("report-markdown", "## ")] {
        let text = std::fs::read_to_string(run.output(name)).unwrap();
        assert!(text.starts_with(start), "{text}");
    }
    assert!(
        run.summary.contains("## ❌ protodiff: MISMATCH"),
        "{}",
        run.summary
    );
    // In progress first, completed last.
    let writes: Vec<String> = github
        .log()
        .iter()
        .filter(|call| call["method"] != "GET")
        .map(|call| format!("{} {}", call["method"], call["path"]))
        .collect();
    assert!(
        writes[0].contains("POST") && writes[0].contains("check-runs"),
        "{writes:#?}"
    );
    assert_eq!(writes.len(), 3, "{writes:#?}");
    github.assert_no_violations();
}

#[test]
fn a_second_run_updates_the_comment_and_says_when_the_drift_is_gone() {
    let github = github();
    let first = Job::new(&github, 100).publish(&drifted());
    let second = Job::new(&github, 101).publish(&in_sync());
    assert_eq!(second.code, Some(0), "{second:#?}");
    assert_eq!(first.output("comment-url"), second.output("comment-url"));
    let comments = ours(&github);
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].contains("## ✅ protodiff: SYNC"),
        "{}",
        comments[0]
    );
    assert!(comments[0].contains("What this comment reported before is gone"));
    let third = Job::new(&github, 102).publish(&in_sync());
    assert_eq!(third.code, Some(0));
    assert!(!ours(&github)[0].contains("reported before"));
    assert_eq!(
        github.check_runs(REPO).last().unwrap()["conclusion"],
        "success"
    );
    github.assert_no_violations();
}

#[test]
fn an_older_run_does_not_overwrite_a_newer_one() {
    let github = github();
    Job::new(&github, 200).publish(&in_sync());
    let older = Job::new(&github, 150).publish(&drifted());
    assert_eq!(older.code, Some(1), "{older:#?}");
    let comments = ours(&github);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("SYNC") && !comments[0].contains("MISMATCH"));
    assert!(older.err.contains("run 200 is newer"), "{older:#?}");
    github.assert_no_violations();
}

#[test]
fn the_run_of_a_commit_that_was_replaced_does_not_comment() {
    let github = github();
    github.pull(REPO, 7, "2222222222222222222222222222222222222222");
    let run = Job::new(&github, 100).publish(&drifted());
    assert!(ours(&github).is_empty(), "{run:#?}");
    assert!(run.err.contains("has moved on from 1111111"), "{run:#?}");
    github.assert_no_violations();
}

#[test]
fn two_runs_that_race_leave_the_newer_ones_comment() {
    for (other, winner) in [(99, "run 100"), (300, "run 300")] {
        let github = github();
        let marker = format!(
            r#"<!-- protodiff:v1 {{"check":"protodiff","head":"acme/shop","run":{other},"attempt":1,"sha":"x","failed":true}} -->"#
        );
        // The other run gets in between this one's look and its write.
        github.fault(&json!({
            "method": "POST", "path": "/repos/acme/shop/issues/7/comments", "action": "none",
            "setup": [["comment", {"repo": REPO, "issue": 7, "login": "github-actions[bot]",
                "body": format!("{marker}\n[run {other}]")}]],
        }));
        let run = Job::new(&github, 100).publish(&drifted());
        let comments = ours(&github);
        assert_eq!(comments.len(), 1, "{comments:#?}");
        assert!(
            comments[0].contains(&format!("[{winner}]")),
            "{winner}: {run:#?}"
        );
        github.assert_no_violations();
    }
}

#[test]
fn our_comment_is_found_behind_many_others_and_a_copied_marker_is_not_ours() {
    let github = github();
    github.call(
        "comment",
        &json!({"repo": REPO, "issue": 7, "count": 130, "body": "comment {i}"}),
    );
    Job::new(&github, 100).publish(&drifted());
    let copied = ours(&github)[0].clone();
    github.call(
        "comment",
        &json!({"repo": REPO, "issue": 7, "count": 120, "body": "more {i}"}),
    );
    let copy = github.comment(REPO, 7, "mallory", &copied);
    let run = Job::new(&github, 101).publish(&in_sync());
    assert_eq!(run.code, Some(0), "{run:#?}");
    let comments = github.comments(REPO);
    assert_eq!(comments.len(), 252);
    let of_mallory = comments.iter().find(|it| it["id"] == copy).unwrap();
    assert_eq!(
        of_mallory["body"],
        copied.as_str(),
        "a person's comment was overwritten"
    );
    assert_eq!(
        ours(&github)
            .iter()
            .filter(|body| body.contains("SYNC"))
            .count(),
        1
    );
    github.assert_no_violations();
}

#[test]
fn the_comment_appears_when_the_mode_says_so() {
    let github = github();
    let run = Job::new(&github, 100)
        .flag(&["--comment", "never"])
        .publish(&drifted());
    assert_eq!((run.output("comment-url"), ours(&github).len()), ("", 0));
    Job::new(&github, 101)
        .flag(&["--comment", "on-failure"])
        .publish(&in_sync());
    assert!(ours(&github).is_empty());
    Job::new(&github, 102)
        .flag(&["--comment", "on-failure"])
        .publish(&drifted());
    Job::new(&github, 103)
        .flag(&["--comment", "on-failure"])
        .publish(&in_sync());
    let comments = ours(&github);
    assert!(
        comments.len() == 1 && comments[0].contains("SYNC"),
        "{comments:#?}"
    );
    github.comment(REPO, 7, "octocat", "a discussion");
    Job::new(&github, 104)
        .flag(&["--comment", "recreate"])
        .publish(&drifted());
    let all = github.comments(REPO);
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(
        all[1]["body"].as_str().unwrap().contains("MISMATCH"),
        "{all:#?}"
    );
    github.assert_no_violations();
}

#[test]
fn each_check_has_a_comment_of_its_own() {
    let github = github();
    Job::new(&github, 100)
        .flag(&["--check-name", "drift (staging)"])
        .publish(&drifted());
    Job::new(&github, 100)
        .flag(&["--check-name", "drift --> (prod)"])
        .publish(&in_sync());
    Job::new(&github, 101)
        .flag(&["--check-name", "drift (staging)"])
        .publish(&in_sync());
    let comments = ours(&github);
    assert_eq!(comments.len(), 2, "{comments:#?}");
    assert!(
        comments[0].contains("## ✅ drift (staging): SYNC"),
        "{}",
        comments[0]
    );
    let names: Vec<String> = github
        .check_runs(REPO)
        .iter()
        .map(|check| check["name"].to_string())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    github.assert_no_violations();
}

#[test]
fn with_a_baseline_what_is_new_stands_apart() {
    let github = github();
    // The base was drifted already; what it lacks is no news.
    let based = report(DRIFTED, SHOP, &["--baseline", SHOP]);
    let run = Job::new(&github, 100).publish(&based);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let body = &ours(&github)[0];
    assert!(body.contains("**0 introduced**, 4 existing"), "{body}");
    assert!(
        body.contains("there before the change, not counted"),
        "{body}"
    );
    let check = &github.check_runs(REPO)[0];
    assert_eq!(check["conclusion"], "success");
    let levels = check.to_string();
    assert!(
        !levels.contains(r#""annotation_level":"failure""#),
        "{levels}"
    );
    github.assert_no_violations();
}
