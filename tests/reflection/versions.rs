//! Versions of the reflection protocol, and what proxies answer for the one that is missing.

use std::sync::Arc;

use tonic::{Code, Status};

use crate::scan::{SHOP, scan};
use crate::scripted::{Act, Script, Scripts};
use crate::{Server, Shop};

fn honest() -> Script {
    let shop = Shop::new();
    Arc::new(move |_, question| shop.answer(question))
}

fn refusing(code: Code) -> Script {
    Arc::new(move |_, _| Act::Fail(Status::new(code, "not here")))
}

fn server(v1: impl Into<Option<Script>>, v1alpha: impl Into<Option<Script>>) -> Server {
    Server::start(Scripts {
        v1: v1.into(),
        v1alpha: v1alpha.into(),
        gzip: false,
    })
}

#[test]
fn either_version_alone_is_read() {
    let server_v1 = server(honest(), None);
    scan(SHOP, &server_v1.url(), &[]).assert_sync();
    let server_v1alpha = server(None, honest());
    scan(SHOP, &server_v1alpha.url(), &[]).assert_sync();
}

#[test]
fn whatever_a_proxy_answers_to_v1_the_older_version_is_tried() {
    for code in [
        Code::Unavailable,
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::NotFound,
        Code::Internal,
        Code::Unknown,
    ] {
        let server = server(refusing(code), honest());
        let outcome = scan(SHOP, &server.url(), &[]);
        assert_eq!(outcome.verdict(), "SYNC", "{code:?}: {:#}", outcome.report);
    }
}

#[test]
fn neither_version_is_a_server_without_reflection() {
    let server = server(None, None);
    let outcome = scan(SHOP, &server.url(), &[]);
    outcome.assert_unknown("no-reflection", "v1 and v1alpha are unimplemented");
    assert!(outcome.reasons()[0].2.contains("enable_server_reflection"));
}

#[test]
fn a_refusal_says_more_than_a_missing_version() {
    for (v1, v1alpha) in [
        (Some(refusing(Code::Unauthenticated)), None),
        (None, Some(refusing(Code::Unauthenticated))),
        (
            Some(refusing(Code::Unauthenticated)),
            Some(refusing(Code::Unavailable)),
        ),
    ] {
        let outcome = scan(SHOP, &server(v1, v1alpha).url(), &[]);
        outcome.assert_unknown("unauthenticated", "not here");
        assert!(outcome.reasons()[0].2.contains("-H"));
    }
    let outcome = scan(SHOP, &server(refusing(Code::Internal), None).url(), &[]);
    outcome.assert_unknown("other", "Internal: not here");
}

#[test]
fn an_error_in_place_of_the_list_is_told() {
    let words = "registry is empty";
    let script: Script = Arc::new(move |_, _| Act::Answer(crate::scripted::not_found(words)));
    let both = server(Arc::clone(&script), script);
    scan(SHOP, &both.url(), &[]).assert_unknown("other", words);
}

#[test]
fn compressed_answers_are_read() {
    let server = Server::start(Scripts {
        v1: Some(honest()),
        v1alpha: None,
        gzip: true,
    });
    scan(SHOP, &server.url(), &[]).assert_sync();
}
