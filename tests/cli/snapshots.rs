//! Reports and help texts, whole. `INSTA_UPDATE=always cargo test --test cli` writes them anew.

use insta::assert_snapshot;

use crate::Place;
use crate::servers::{Refused, Serving};

/// Scans one server for both cases, in one form, with its port taken out.
fn scanned(url: &str, place: &Place, format: &str) -> String {
    let address = url.trim_start_matches("grpc://");
    let port = address.rsplit(':').next().unwrap();
    place
        .run(&format!(
            "scan modules/shop --target {url} --format {format}"
        ))
        .out
        .replace(address, "HOST:PORT")
        .replace(&format!("port {port}"), "port PORT")
}

#[test]
fn a_mismatch() {
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop-drifted"));
    assert_snapshot!("mismatch_text", scanned(&server.url(), &place, "text"));
    assert_snapshot!(
        "mismatch_markdown",
        scanned(&server.url(), &place, "markdown")
    );
}

#[test]
fn an_unknown() {
    let place = Place::new();
    let server = Serving::without_reflection();
    assert_snapshot!("no_reflection_text", scanned(&server.url(), &place, "text"));
    assert_snapshot!(
        "no_reflection_markdown",
        scanned(&server.url(), &place, "markdown")
    );
    let refused = Refused::new();
    assert_snapshot!(
        "refused_text",
        scanned(&refused.to_string(), &place, "text")
    );
}

#[test]
fn help() {
    let place = Place::new();
    for command in [
        "",
        "scan",
        "diff",
        "fetch",
        "demo",
        "explain",
        "completions",
    ] {
        let outcome = place.run(&format!("{command} --help"));
        outcome.reports(0);
        assert_eq!(outcome.err, "");
        let name = if command.is_empty() {
            "protodiff"
        } else {
            command
        };
        assert_snapshot!(format!("help_{name}"), outcome.out);
    }
}
