//! How modules are named, and what a report says of them.

use crate::Place;
use crate::registry::Registry;

#[test]
fn labels_commits_and_the_default_label_name_a_module() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let newest = registry.module("acme/shop:v2");
    let old = registry.commit("acme/shop", "main");
    for name in ["acme/shop", "acme/shop:main", &format!("acme/shop:{old}")] {
        let report = place.diff(None, &newest, &registry.module(name)).report(1);
        assert_eq!(report["truth"]["resolved"], old.as_str(), "{name}");
        assert_eq!(report["truth"]["source"], registry.module(name).as_str());
        let rules: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect();
        assert_eq!(rules, ["method-missing", "field-type-wider"]);
        // Services of a dependency are not the module's own.
        assert_eq!(
            report["workloads"][0]["versions"][0]["truth_only"].to_string(),
            "[]"
        );
    }
    let text = place.run(None, &["diff", "--live", &newest, "--truth", &newest]);
    assert_eq!(text.code, Some(0), "{text:#?}");
    let commit = &registry.commit("acme/shop", "v2")[..12];
    assert!(
        text.out.contains(&format!("truth: {newest} ({commit})")),
        "{text:#?}"
    );
}

#[test]
fn editions_and_dependencies_arrive_whole() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    for (module, files) in [("acme/ledger", 1), ("acme/shop", 2)] {
        let set = place.path("set.binpb");
        let run = place.run(
            None,
            &[
                "fetch",
                &registry.module(module),
                "-o",
                set.to_str().unwrap(),
            ],
        );
        assert_eq!(run.code, Some(0), "{run:#?}");
        assert!(
            run.err.contains(&format!("wrote {files} files")),
            "{run:#?}"
        );
        let same = place.diff(None, "set.binpb", &registry.module(module));
        assert_eq!(same.report(0)["findings"].to_string(), "[]");
    }
}

#[test]
fn a_label_is_looked_up_each_time() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let (live, truth) = (
        registry.module("acme/shop:v1"),
        registry.module("acme/shop:main"),
    );
    place.diff(None, &live, &truth).report(0);
    registry.move_label("acme/shop", "main", "v2");
    let report = place.diff(None, &live, &truth).report(1);
    let moved = registry.commit("acme/shop", "v2");
    assert_eq!(report["truth"]["resolved"], moved.as_str());
}

#[test]
fn a_name_that_could_do_harm_reaches_no_command() {
    let mut place = Place::new();
    place.wrap(r#"echo ran >> "$(dirname "$0")/ran"; exec "$BUF" "$@""#);
    let registry = Registry::of_fixtures();
    let host = registry.host();
    for name in [
        "-acme/shop",
        "acme/--output=x",
        "acme/../../shop",
        "acme/shop:..",
        "acme/shop:-o",
        "acme/shop:a/../../b",
        "acme/shop x",
        "acme/shop;touch x",
        "acme/$(touch x)",
        "acme/`touch x`",
        "acme/shop#format=git",
        "acme/shop:main|x",
        "acme/shop:\u{202e}x",
    ] {
        let module = format!("{host}/{name}");
        let run = place.run(None, &["fetch", &module, "-o", "x.binpb"]);
        assert!(matches!(run.code, Some(2 | 4)), "{run:#?}");
        assert!(!run.err.contains('\u{202e}'), "{run:#?}");
        assert!(!place.path("x").exists() && !place.path("x.binpb").exists());
    }
    assert!(!place.path("wrapped/ran").exists(), "buf was run");
    assert!(crate::files(&place.path("cache")).is_empty());
    let run = place.run(
        None,
        &["fetch", &format!("{host}/acme/ledger"), "-o", "x.binpb"],
    );
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(place.path("wrapped/ran").exists());
}

#[test]
fn the_baseline_may_be_a_module_or_an_image() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let (old, new) = (
        registry.module("acme/shop:v1"),
        registry.module("acme/shop:v2"),
    );
    let fetched = place.run(None, &["fetch", &old, "-o", "old.binpb"]);
    assert_eq!(fetched.code, Some(0), "{fetched:#?}");
    // What runs is v2. Against v1 there were differences, and the change (to v2) fixes them.
    for baseline in [old.as_str(), "old.binpb"] {
        let args = [
            "diff",
            "--live",
            &new,
            "--truth",
            &new,
            "--baseline",
            baseline,
            "--format",
            "json",
        ];
        let report = place.run(None, &args).report(0);
        assert_eq!(report["summary"]["introduced"], 0, "{report:#}");
        assert_eq!(report["summary"]["fixed"], 2, "{report:#}");
        let args = [
            "diff",
            "--live",
            &new,
            "--truth",
            &old,
            "--baseline",
            baseline,
            "--format",
            "json",
        ];
        let report = place.run(None, &args).report(0);
        assert_eq!(report["summary"]["existing"], 2, "{report:#}");
    }
}
