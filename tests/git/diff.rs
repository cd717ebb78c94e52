//! What it is for: comparing revisions, and a gate that knows what a change introduces.

use serde_json::Value;

use crate::{Place, schema};

#[test]
fn two_revisions_are_compared() {
    let place = Place::with_commits(2);
    let commit = place.git("repo", "rev-parse HEAD");
    let words = "diff --live git:HEAD~1:proto --truth git:HEAD:proto";
    let outcome = place.run("repo", words);
    assert_eq!(outcome.code, 1, "{outcome:#?}");
    assert!(outcome.out.contains("a.v1.Req.two"), "{outcome:#?}");
    assert!(
        outcome.out.contains("truth: proto/a.proto:6"),
        "{outcome:#?}"
    );
    let report = place.run("repo", &format!("{words} --format json")).json();
    assert_eq!(
        report["truths"][0]["source"], "git:HEAD:proto",
        "{report:#}"
    );
    assert_eq!(report["truths"][0]["resolved"], commit, "{report:#}");
    let outcome = place.run("repo", "diff --live proto --truth git:HEAD:proto");
    assert_eq!(outcome.code, 0, "{outcome:#?}");
}

#[test]
fn a_gate_knows_what_a_branch_introduces_and_fixes() {
    // `main` asks for `old` and `gone`; what runs has neither, nor the branch's `new`.
    let place = Place::with_commits(0);
    place.write("live/a.proto", schema(&["id"]));
    place.write("repo/proto/a.proto", schema(&["id", "old", "gone"]));
    place.commit("repo", "base");
    place.clone("", "clone");
    place.git("clone", "checkout --quiet --detach HEAD");
    let text = schema(&["id", "old"]).replace("old = 2;", "old = 2;\n  string new = 4;");
    place.write("clone/proto/a.proto", text);
    place.commit("clone", "change");
    for (baseline, meant) in [
        ("git:origin/main:proto", "git:origin/main:proto"),
        (
            "git:merge-base(origin/main):proto",
            "git:merge-base(origin/main):proto",
        ),
        ("git:main:proto", "git:main:proto"),
        ("git:origin/main", "git:origin/main:./proto"),
        (
            "git:merge-base(origin/main)",
            "git:merge-base(origin/main):./proto",
        ),
    ] {
        let words =
            format!("diff --live ../live --truth proto --baseline {baseline} --format json");
        let report = place.run("clone", &words).json();
        assert_eq!(
            statuses(&report),
            [("a.v1.Req.new", "introduced"), ("a.v1.Req.old", "existing")],
            "{report:#}"
        );
        assert_eq!(report["baseline"]["source"], meant, "{report:#}");
        let fixed = report["fixed"].as_array().unwrap();
        assert_eq!(fixed.len(), 1, "{report:#}");
        assert_eq!(fixed[0]["subject"], "a.v1.Req.gone");
    }
    let words = "diff --live ../live --truth proto --baseline git:origin/mian:proto";
    let outcome = place.run("clone", words);
    assert_eq!(outcome.code, 4, "{outcome:#?}");
    assert!(
        outcome
            .err
            .contains("the baseline does not load: git:origin/mian:proto: "),
        "{outcome:#?}"
    );
    assert!(
        outcome.err.contains("id you mean `origin/main`?"),
        "{outcome:#?}"
    );
}

#[test]
fn to_a_module_that_the_change_makes_everything_is_introduced() {
    let place = Place::with_commits(0);
    place.write("live/a.proto", schema(&["id"]));
    place.write("repo/readme", "none yet");
    place.commit("repo", "base");
    place.write("repo/proto/a.proto", schema(&["id", "new"]));
    place.write("repo/none/b.proto", "syntax = \"proto3\";\nmessage M {}\n");
    place.commit("repo", "change");
    let base = place.git("repo", "rev-parse HEAD~1");
    for (baseline, resolved, note) in [
        (
            "git:HEAD~1",
            base.as_str(),
            "there is no `./proto` at HEAD~1",
        ),
        ("git:HEAD~1:prto", &base, "there is no `prto` at HEAD~1"),
        ("none", "none", "none: declares no service"),
    ] {
        let words =
            format!("diff --live ../live --truth proto --baseline {baseline} --format json");
        let outcome = place.run("repo", &words);
        assert_eq!(outcome.code, 1, "{outcome:#?}");
        let report = outcome.json();
        assert_eq!(statuses(&report), [("a.v1.Req.new", "introduced")]);
        assert_eq!(report["baseline"]["resolved"], resolved, "{report:#}");
        let notes = report["notes"].to_string();
        for part in [note, "every finding counts as introduced"] {
            assert!(notes.contains(part), "{part}: {notes}");
        }
    }
    // What is no module's absence is an error still.
    let outcome = place.run("repo", "diff --live ../live --truth proto --baseline gone");
    assert_eq!(outcome.code, 4, "{outcome:#?}");
}

fn statuses(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut statuses: Vec<_> = findings
        .map(|finding| {
            (
                finding["subject"].as_str().unwrap(),
                finding["status"].as_str().unwrap(),
            )
        })
        .collect();
    statuses.sort_unstable();
    statuses
}
