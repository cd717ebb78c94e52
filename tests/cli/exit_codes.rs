//! Each documented exit code, from `scan` and from `diff`.

use std::time::{Duration, Instant};

use crate::Place;
use crate::servers::{Refused, Serving, Silent};

#[test]
fn diff_ends_with_each_code() {
    let place = Place::new();
    place
        .run("diff --live modules/shop --truth modules/shop")
        .reports(0)
        .says("SYNC");
    place
        .run("diff --live modules/shop-drifted --truth modules/shop")
        .reports(1)
        .says("MISMATCH")
        .says("method-missing");
    place
        .run("diff --live modules/shop")
        .fails(2, &["--truth <SOURCE>"]);
    place
        .run("diff --live modules/other --truth modules/shop")
        .reports(3)
        .says("UNKNOWN")
        .says("no service in common");
    place
        .run("diff --live modules/shop --truth gone")
        .fails(4, &["gone: there is no such file or directory"])
        .helps("directory");
}

#[test]
fn scan_ends_with_each_code() {
    let place = Place::new();
    let synced = Serving::module(&place.path("modules/shop"));
    let drifted = Serving::module(&place.path("modules/shop-drifted"));
    let scan = |url: &str| place.run(&format!("scan modules/shop --target {url}"));
    scan(&synced.url()).reports(0).says("SYNC");
    scan(&drifted.url()).reports(1).says("MISMATCH");
    scan("http://h:1")
        .fails(2, &["--target `http://h:1`"])
        .helps("grpc://HOST:PORT");
    let refused = Refused::new();
    scan(&refused.to_string())
        .reports(3)
        .says("connection refused")
        .says("→ Nothing listens there");
    place
        .run(&format!("scan gone --target {}", synced.url()))
        .fails(4, &["gone: there is no such file or directory"])
        .helps("directory");
}

#[test]
fn a_server_without_reflection_is_unknown_with_the_code_to_add() {
    let place = Place::new();
    let server = Serving::without_reflection();
    place
        .run(&format!("scan modules/shop --target {}", server.url()))
        .reports(3)
        .says("has no reflection service")
        .says("reflection.Register(server)");
}

#[test]
fn a_server_that_never_answers_is_unknown_within_the_deadline() {
    let place = Place::new();
    let silent = Silent::new();
    let start = Instant::now();
    place
        .run(&format!(
            "scan modules/shop --target {} --pod-timeout 1s",
            silent.url()
        ))
        .reports(3)
        .says("sent nothing before the deadline")
        .says("→ The process may hang");
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn one_endpoints_failure_hides_no_other_result() {
    let place = Place::new();
    let drifted = Serving::module(&place.path("modules/shop-drifted"));
    let refused = Refused::new();
    place
        .run(&format!(
            "scan modules/shop --target {refused} --target {}",
            drifted.url()
        ))
        .reports(1)
        .says("MISMATCH  2 workloads")
        .says("connection refused")
        .says("method-missing");
}

#[test]
fn a_live_source_that_does_not_answer_is_a_verdict_and_a_truth_is_not() {
    let place = Place::new();
    let refused = Refused::new();
    let url = refused.to_string();
    place
        .run(&format!("diff --live {url} --truth modules/shop"))
        .reports(3)
        .says("connection refused");
    place
        .run(&format!("diff --live modules/shop --truth {url}"))
        .fails(4, &[&url, "connection refused"])
        .helps("Nothing listens there");
    place
        .run(&format!("fetch {url} -o x.binpb"))
        .fails(4, &[&url, "connection refused"]);
    assert!(!place.path("x.binpb").exists());
}

#[test]
fn what_unknown_does_is_chosen() {
    let place = Place::new();
    let refused = Refused::new();
    let scan = format!("scan modules/shop --target {refused} --on-unknown");
    place.run(&format!("{scan} fail")).reports(3);
    let warned = place.run(&format!("{scan} warn"));
    warned.reports(0).says("UNKNOWN");
    assert!(warned.err.contains("warning: "), "{warned:#?}");
    let ignored = place.run(&format!("{scan} ignore --quiet"));
    ignored.reports(0).says("UNKNOWN");
    assert_eq!(ignored.err, "");
}

#[test]
fn the_level_that_fails_is_chosen() {
    let place = Place::new();
    place.write("a/a.proto", "syntax = \"proto3\"; package a; service S { rpc C(M) returns (M); } message M { string a = 1; string b = 2; }");
    place.write("b/a.proto", "syntax = \"proto3\"; package a; service S { rpc C(M) returns (M); } message M { string a = 1; }");
    place.write("c/a.proto", "syntax = \"proto3\"; package a; service S { rpc C(N) returns (N); } message N { string a = 1; }");
    // A field that is dropped is drift; another name of a message is info.
    for (live, level, code) in [
        ("b", "breaking", 0),
        ("b", "drift", 1),
        ("b", "info", 1),
        ("b", "never", 0),
        ("modules/shop-drifted", "breaking", 1),
        ("modules/shop-drifted", "never", 0),
    ] {
        let truth = if live == "b" { "a" } else { "modules/shop" };
        let outcome = place.run(&format!(
            "diff --live {live} --truth {truth} --fail-on {level}"
        ));
        outcome.reports(code);
    }
    place
        .run("diff --live c --truth b")
        .reports(0)
        .says("type-renamed");
    place
        .run("diff --live c --truth b --fail-on info")
        .reports(1);
}
