//! Everything that can go wrong on the way to a module: exit 4, its name, the cause and the remedy.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::registry::Registry;
use crate::{Place, Run};

fn fetch(place: &Place, module: &str) -> Run {
    place.run(None, &["fetch", module, "-o", "x.binpb"])
}

#[test]
fn what_the_registry_does_not_have_is_named() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let module = registry.module("acme/nope");
    fetch(&place, &module).fails(4, &[&module, "does not exist", "buf registry module info"]);
    let label = registry.module("acme/shop:nope");
    fetch(&place, &label).fails(
        4,
        &[
            &label,
            "does not exist",
            "`nope`",
            "buf registry module label list",
        ],
    );
    let commit = registry.module("acme/shop:0123456789abcdef0123456789abcdef");
    fetch(&place, &commit).fails(4, &[&commit, "label or commit"]);
}

#[test]
fn a_registry_that_is_down_is_named() {
    let place = Place::new();
    let module = {
        let registry = Registry::of_fixtures();
        registry.module("acme/shop")
    };
    fetch(&place, &module).fails(4, &[&module, "unavailable", "can be reached"]);
    fetch(&place, "registry.invalid/acme/shop")
        .fails(4, &["registry.invalid/acme/shop", "unavailable"]);
}

#[test]
fn a_registry_that_hangs_is_left_at_the_deadline() {
    let registry = Registry::of_fixtures();
    let module = registry.module("acme/shop");
    for rpc in ["GetCommits", "Download"] {
        registry.fault(&json!({"kind": "hang", "rpc": rpc}));
        let place = Place::new();
        let started = Instant::now();
        // Nothing listens there: the truth alone decides.
        let scan = [
            "scan",
            &module,
            "--target",
            "grpc://127.0.0.1:1",
            "--timeout",
            "3s",
        ];
        let run = place.run(None, &scan);
        run.fails(4, &[&module, "did not answer buf within 3s", "--timeout"]);
        assert!(started.elapsed() < Duration::from_secs(30), "{rpc}");
        registry.clear_faults();
    }
}

#[test]
fn what_arrives_damaged_is_not_used_and_not_kept() {
    let registry = Registry::of_fixtures();
    let module = registry.module("acme/shop");
    let place = Place::new();
    for (kind, words) in [
        ("tampered", "Digest verification failed"),
        ("truncated", "unexpected EOF"),
    ] {
        registry.fault(&json!({"kind": kind, "rpc": "Download", "module": "acme/shop"}));
        fetch(&place, &module).fails(4, &[&module, words, "not what it promised"]);
        registry.clear_faults();
    }
    for kind in ["unavailable", "internal", "bad_gateway", "exhausted"] {
        registry.fault(&json!({"kind": kind}));
        fetch(&place, &module).fails(4, &[&module, "help: "]);
        registry.clear_faults();
    }
    let run = fetch(&place, &module);
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[test]
fn without_buf_the_remedy_is_to_install_it() {
    let mut place = Place::new();
    place.buf = "/nonexistent/buf".into();
    fetch(&place, "buf.build/acme/shop").fails(
        4,
        &["buf.build/acme/shop", "PROTODIFF_BUF", "`/nonexistent/buf`"],
    );
    let run = place.run_with(
        None,
        &[("PROTODIFF_BUF", ""), ("PATH", "/nonexistent")],
        &["fetch", "buf.build/acme/shop", "-o", "x.binpb"],
    );
    run.fails(4, &["buf.build/acme/shop", "not on PATH", "Install buf"]);
}

#[cfg(unix)]
#[test]
fn a_buf_that_is_too_old_or_no_buf_is_refused() {
    let registry = Registry::of_fixtures();
    let module = registry.module("acme/shop");
    let mut place = Place::new();
    place.wrap(r#"[ "$1" = --version ] && { echo 1.46.0; exit 0; }; exec "$BUF" "$@""#);
    fetch(&place, &module).fails(4, &[&module, "is buf 1.46", "1.47 or newer", "newer one"]);
    place.wrap("echo hello");
    fetch(&place, &module).fails(4, &[&module, "printed no version", "PROTODIFF_BUF"]);
    place.wrap(r#"[ "$1" = --version ] && exec "$BUF" "$@"; echo nothing"#);
    fetch(&place, &module).fails(4, &[&module, "resolved it to no commit: nothing"]);
}

#[cfg(unix)]
#[test]
fn a_buf_that_is_killed_or_prints_half_is_no_truth() {
    let registry = Registry::of_fixtures();
    let module = registry.module("acme/shop");
    let mut place = Place::new();
    place.wrap(r#"[ "$1" = build ] && kill -KILL $$; exec "$BUF" "$@""#);
    fetch(&place, &module).fails(4, &[&module, "signal"]);
    place.wrap(r#"[ "$1" = build ] && { "$BUF" "$@" | head -c 300; exit 0; }; exec "$BUF" "$@""#);
    fetch(&place, &module).fails(4, &[&module, "without a file of the module"]);
    place.wrap(r#"[ "$1" = build ] && exit 0; exec "$BUF" "$@""#);
    fetch(&place, &module).fails(4, &[&module, "without a file of the module"]);
    assert!(!place.path("x.binpb").exists());
    // Nothing of it was kept.
    place.wrap(r#"exec "$BUF" "$@""#);
    let run = fetch(&place, &module);
    assert_eq!(run.code, Some(0), "{run:#?}");
}
