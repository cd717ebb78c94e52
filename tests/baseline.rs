//! `--baseline`: what a change introduces, what was there before, and what it fixes; through the
//! binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[allow(dead_code, unreachable_pub)]
#[path = "cli/api.rs"]
mod api;
#[allow(dead_code, unreachable_pub)]
#[path = "cli/servers.rs"]
mod servers;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use servers::Serving;

const HEAD: &str = "syntax = \"proto3\";\npackage a.v1;\n";

/// What runs: it lacks `GetRequest.old` and `GetRequest.new`.
const LIVE: &str = "service S { rpc Get(GetRequest) returns (GetResponse); }
message GetRequest { string id = 1; }
message GetResponse { string id = 1; }
";

/// Before the change: one field that live lacks, and one that the change takes out again.
const BASE: &str = "service S { rpc Get(GetRequest) returns (GetResponse); }
message GetRequest { string id = 1; string old = 2; string gone = 3; }
message GetResponse { string id = 1; }
";

/// After it.
const TRUTH: &str = "service S { rpc Get(GetRequest) returns (GetResponse); }
message GetRequest { string id = 1; string old = 2; string new = 4; }
message GetResponse { string id = 1; }
";

struct Place(tempfile::TempDir);

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new(modules: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (path, text) in modules {
            place.write(path, &format!("{HEAD}{text}"));
        }
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, words: &str) -> Outcome {
        let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .env_clear()
            .current_dir(self.0.path())
            .args(words.split(' '))
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn report(&self, words: &str, code: i32) -> Value {
        let outcome = self.run(&format!("{words} --format json"));
        assert_eq!(outcome.code, code, "{}{}", outcome.out, outcome.err);
        serde_json::from_str(&outcome.out).unwrap()
    }
}

fn usual() -> Place {
    Place::new(&[
        ("live/a.proto", LIVE),
        ("base/a.proto", BASE),
        ("truth/a.proto", TRUTH),
    ])
}

const DIFF: &str = "diff --live live --truth truth";
const BASED: &str = "diff --live live --truth truth --baseline base";

/// Subjects and statuses.
fn statuses(report: &Value) -> Vec<(&str, &str)> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["subject"]
                    .as_str()
                    .unwrap()
                    .trim_start_matches("a.v1."),
                finding["status"].as_str().unwrap(),
            )
        })
        .collect()
}

fn subjects(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one["subject"].as_str().unwrap().trim_start_matches("a.v1."))
        .collect()
}

#[test]
fn findings_are_introduced_existing_or_fixed() {
    let place = usual();
    let report = place.report(BASED, 1);
    assert_eq!(
        statuses(&report),
        [
            ("GetRequest.new", "introduced"),
            ("GetRequest.old", "existing")
        ]
    );
    assert_eq!(subjects(&report["fixed"]), ["GetRequest.gone"]);
    let summary = &report["summary"];
    assert_eq!(
        (
            &summary["introduced"],
            &summary["existing"],
            &summary["fixed"]
        ),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(report["baseline"]["source"], "base");
    // Without a baseline there is nothing of it.
    let report = place.report(DIFF, 1);
    for key in ["fixed", "baseline"] {
        assert!(report.get(key).is_none(), "{report:#}");
    }
    assert!(report["findings"][0].get("status").is_none());
    assert!(report["summary"].get("introduced").is_none());
}

#[test]
fn only_what_is_introduced_fails() {
    let place = usual();
    // Nothing changed: what was there stays, and does not count.
    let report = place.report("diff --live live --truth truth --baseline truth", 0);
    assert_eq!(report["verdict"], "SYNC");
    assert_eq!(
        statuses(&report),
        [
            ("GetRequest.new", "existing"),
            ("GetRequest.old", "existing")
        ]
    );
    assert!(subjects(&report["fixed"]).is_empty());
    place.report(&format!("{BASED} --fail-on breaking"), 0);
    place.report(&format!("{BASED} --fail-on never"), 0);
    place.report(DIFF, 1);
}

#[test]
fn text_and_markdown_show_them_apart() {
    let place = usual();
    let text = place.run(BASED).out;
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(text.contains("baseline: base  1 introduced, 1 existing, 1 fixed"));
    let order = [
        at("drift     a.v1.GetRequest.new  [field-missing]\n"),
        at("there before the change, not counted:"),
        at("  drift     a.v1.GetRequest.old  [field-missing]  field"),
        at("fixed by the change:"),
        at("  drift     a.v1.GetRequest.gone"),
    ];
    assert!(order.is_sorted(), "{text}");
    let markdown = place.run(&format!("{BASED} --format markdown")).out;
    let at = |part: &str| {
        markdown
            .find(part)
            .unwrap_or_else(|| panic!("{part}: {markdown}"))
    };
    let order = [
        at("Since `base`: **1 introduced**, 1 existing, 1 fixed"),
        at("**drift** `a.v1.GetRequest.new` (field-missing)\n"),
        at("<details><summary>1 there before the change, not counted</summary>"),
        at("- **drift** `a.v1.GetRequest.old`"),
        at("**Fixed by the change**"),
        at("- **drift** `a.v1.GetRequest.gone`"),
    ];
    assert!(order.is_sorted(), "{markdown}");
}

#[test]
fn order_files_and_folders_do_not_matter() {
    let place = usual();
    place.write(
        "moved/proto/x/request.proto",
        &format!("{HEAD}\n\nmessage GetRequest {{ string gone = 3; /* . */ string old = 2;\n string id = 1; }}\n"),
    );
    place.write(
        "moved/proto/y/service.proto",
        &format!("{HEAD}import \"x/request.proto\";\nmessage GetResponse {{ string id = 1; }}\nservice S {{ rpc Get(GetRequest) returns (GetResponse); }}\n"),
    );
    let report = place.report(&format!("{DIFF} --baseline moved/proto"), 1);
    let straight = place.report(BASED, 1);
    assert_eq!(report["findings"], straight["findings"]);
    assert_eq!(
        report["fixed"][0]["fingerprint"],
        straight["fixed"][0]["fingerprint"]
    );
}

#[test]
fn a_changed_declaration_is_another_finding() {
    let place = usual();
    place.write(
        "truth/a.proto",
        &format!("{HEAD}{}", TRUTH.replace("string old", "bytes old")),
    );
    assert!(statuses(&place.report(BASED, 1)).contains(&("GetRequest.old", "introduced")));
}

#[test]
fn what_has_become_worse_is_introduced() {
    // The value is harmless in a response; the change makes clients send it.
    let module = |request: &str, value: &str| {
        format!(
            "service S {{ rpc Get(Q) returns (R); }} message Q {{ string id = 1; {request} }} message R {{ E e = 1; }} enum E {{ A = 0; {value} }}"
        )
    };
    let place = Place::new(&[
        ("live/a.proto", &module("E e = 2;", "")),
        ("base/a.proto", &module("", "B = 1;")),
        ("truth/a.proto", &module("E e = 2;", "B = 1;")),
    ]);
    let report = place.report(BASED, 1);
    assert_eq!(statuses(&report), [("E.B", "introduced")]);
    let report = place.report("diff --live live --truth base --baseline base", 0);
    assert!(statuses(&report).contains(&("E.B", "existing")));
}

#[test]
fn a_baseline_that_does_not_load_ends_the_command() {
    let place = usual();
    place.write("broken/a.proto", "syntax = \"proto3\";\nmessage {\n");
    let server = Serving::module(&place.path("live"));
    for command in [
        DIFF.to_owned(),
        format!("scan truth --target {}", server.url()),
    ] {
        for (baseline, words) in [
            ("gone", "gone: there is no such file"),
            ("broken", "broken/a.proto:2"),
            ("grpc://127.0.0.1:1", "refused"),
        ] {
            let outcome = place.run(&format!("{command} --baseline {baseline}"));
            assert_eq!((outcome.code, outcome.out.as_str()), (4, ""));
            assert!(
                outcome.err.contains("the baseline does not load: ") && outcome.err.contains(words),
                "{}",
                outcome.err
            );
        }
        let outcome = place.run(&format!("{command} --baseline http://x"));
        assert_eq!(outcome.code, 2, "{}", outcome.err);
    }
}

#[test]
fn a_scan_takes_a_baseline_and_stays_unknown_where_nothing_answers() {
    let place = usual();
    let server = Serving::module(&place.path("live"));
    let scan = format!("scan truth --target {} --baseline base", server.url());
    let report = place.report(&scan, 1);
    assert_eq!(
        statuses(&report),
        [
            ("GetRequest.new", "introduced"),
            ("GetRequest.old", "existing")
        ]
    );
    assert_eq!(subjects(&report["fixed"]), ["GetRequest.gone"]);
    let silent = Serving::without_reflection();
    let scan = format!("scan truth --target {} --baseline truth", silent.url());
    let report = place.report(&scan, 3);
    assert_eq!(report["verdict"], "UNKNOWN");
    assert!(subjects(&report["fixed"]).is_empty());
    // What is no baseline's: a live server is one.
    let report = place.report(&format!("{DIFF} --baseline {}", server.url()), 1);
    assert!(statuses(&report).iter().all(|(_, s)| *s == "introduced"));
}

#[test]
fn entries_with_a_module_of_their_own_have_no_baseline() {
    let place = usual();
    place.write("own/a.proto", &format!("{HEAD}{TRUTH}"));
    let server = Serving::module(&place.path("live"));
    place.write(
        "kc.yaml",
        &api::kubeconfig(&[("cart", server.port), ("bill", server.port)]),
    );
    let scan = "scan --kubeconfig kc.yaml --connect direct --baseline truth";
    let write = |entries: &str| {
        place.write(
            ".protodiff.yaml",
            &format!("version: 1\nmodule: truth\nworkloads:\n{entries}"),
        );
    };
    write("- {name: cart}\n- {name: bill, module: truth}\n");
    let report = place.report(scan, 0);
    assert!(statuses(&report).iter().all(|(_, s)| *s == "existing"));
    write("- {name: cart}\n- {name: bill, module: own}\n");
    let report = place.report(scan, 1);
    let verdicts: Vec<(&str, &str)> = report["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| {
            (
                w["module"].as_str().unwrap(),
                w["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(
        verdicts.contains(&("own", "MISMATCH")) && verdicts.contains(&("truth", "SYNC")),
        "{verdicts:?}"
    );
    let notes = report["notes"].to_string();
    assert!(notes.contains("count as introduced: `bill`"), "{notes}");
    place.write(
        ".protodiff.yaml",
        "version: 1\nworkloads: [{name: bill, module: own}]\n",
    );
    let outcome = place.run(scan);
    assert_eq!(outcome.code, 2, "{}", outcome.err);
    assert!(outcome.err.contains("--baseline"), "{}", outcome.err);
}

#[test]
fn what_is_expected_and_not_served_counts_whatever_the_baseline() {
    let place = usual();
    let server = Serving::module(&place.path("live"));
    place.write("kc.yaml", &api::kubeconfig(&[("cart", server.port)]));
    place.write(
        ".protodiff.yaml",
        "version: 1\nmodule: live\nworkloads: [{name: cart, expect: [a.v1.Gone]}]\npolicy: {levels: {service-missing: info}}\n",
    );
    let report = place.report(
        "scan --kubeconfig kc.yaml --connect direct --baseline live",
        1,
    );
    assert_eq!(statuses(&report), [("Gone", "introduced")]);
    assert_eq!(report["findings"][0]["level"], "breaking");
}

#[test]
fn ignores_come_after_the_baseline() {
    let place = usual();
    place.write(
        ".protodiff.yaml",
        "version: 1\npolicy:\n  ignore:\n    - {subject: a.v1.GetRequest.new, reason: x}\n    - {subject: a.v1.GetRequest.gone, reason: y}\n",
    );
    let report = place.report(BASED, 0);
    assert_eq!(statuses(&report), [("GetRequest.old", "existing")]);
    assert_eq!(subjects(&report["ignored"]), ["GetRequest.new"]);
    assert!(subjects(&report["fixed"]).is_empty());
    // The field that is gone needs no ignore any more.
    assert_eq!(subjects(&report["stale_ignores"]), ["GetRequest.gone"]);
}

#[test]
fn the_environment_names_it_too() {
    let place = usual();
    let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .env_clear()
        .env("PROTODIFF_BASELINE", Path::new("truth"))
        .current_dir(place.0.path())
        .args(DIFF.split(' '))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
