//! Which files come with an answer, on which stream, and what is asked for again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use prost_types::FileDescriptorProto;
use tonic::Status;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::scan::{SHOP, scan};
use crate::schema::{files, list, raw};
use crate::scripted::not_found;
use crate::{Act, ORDERS, PAYMENTS, Server, Shop};

#[test]
fn imports_are_fetched_by_name_on_one_stream() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| shop.answer(question));
    scan(SHOP, &server.url(), &[]).assert_sync();
    assert_eq!(server.streams(), 1);
    // The list, two services, and the three files that they import.
    assert_eq!(server.seen.questions.load(Ordering::Relaxed), 6);
}

/// As the C++ library does it: each answer has the closure and all that came before on its stream.
#[test]
fn answers_that_repeat_the_whole_stream_stay_linear() {
    let mut shop = Shop::new();
    let services = 40;
    for number in 0..services {
        let mut file = shop.files["shop/payments/v1/payments.proto"].clone();
        file.name = Some(format!("copy{number}.proto"));
        file.package = Some(format!("copy{number}"));
        let package = format!(".copy{number}.");
        for method in &mut file.service[0].method {
            for name in [&mut method.input_type, &mut method.output_type] {
                *name = Some(name.take().unwrap().replace(".shop.payments.v1.", &package));
            }
        }
        shop.listed.push(format!("copy{number}.PaymentService"));
        shop.files.insert(file.name().to_owned(), file);
    }
    let file = &shop.files["shop/payments/v1/payments.proto"];
    let closure: usize = shop
        .closure(file)
        .iter()
        .map(prost::Message::encoded_len)
        .sum();
    let sent: Mutex<BTreeMap<usize, Vec<FileDescriptorProto>>> = Mutex::default();
    let server = Server::v1(move |stream, question| match question {
        MessageRequest::FileContainingSymbol(symbol) => {
            let mut sent = sent.lock().unwrap();
            let sent = sent.entry(stream).or_default();
            sent.extend(shop.closure(shop.declaring(symbol).unwrap()));
            Act::Answer(files(sent))
        }
        other => shop.answer(other),
    });
    let outcome = scan(SHOP, &server.url(), &[]);
    assert_eq!(outcome.verdict(), "SYNC", "{:#}", outcome.report);
    let bytes = server.seen.bytes.load(Ordering::Relaxed);
    assert!(
        bytes < (services + 6) * (closure + 2000),
        "{bytes} bytes for closures of {closure}"
    );
    assert!(
        server.streams() <= services + 3,
        "{} streams",
        server.streams()
    );
}

#[test]
fn a_stream_that_ends_at_an_unknown_symbol_costs_only_that_service() {
    let shop = Shop::new().without_watch();
    let server = Server::v1(move |_, question| match question {
        MessageRequest::ListServices(_) => {
            Act::Answer(list([ORDERS, "lost.v1.Lost", PAYMENTS].map(str::to_owned)))
        }
        MessageRequest::FileContainingSymbol(symbol) if symbol == "lost.v1.Lost" => {
            Act::Fail(Status::not_found("symbol 'lost.v1.Lost' not found"))
        }
        other => shop.answer(other),
    });
    let outcome = scan(SHOP, &server.url(), &[]);
    assert_eq!(outcome.verdict(), "MISMATCH");
    assert_eq!(
        outcome.findings(),
        [("method-missing", "shop.orders.v1.OrderService/Watch")]
    );
    let reasons = outcome.reasons();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert_eq!(reasons[0].0, "unresolved");
    assert!(reasons[0].1.contains("`lost.v1.Lost`"), "{}", reasons[0].1);
}

/// What comes in place of a service's file.
type Lost = fn(&Shop) -> Act;

#[test]
fn a_listed_service_without_descriptors_is_never_green() {
    let shop = Shop::new();
    let lost = move |answer: Lost| {
        let shop = shop.clone();
        Server::v1(move |_, question| match question {
            MessageRequest::FileContainingSymbol(symbol) if symbol == PAYMENTS => answer(&shop),
            other => shop.answer(other),
        })
    };
    let cases: [(Lost, &str); 3] = [
        (
            |_| Act::Answer(not_found("symbol not found")),
            "symbol not found",
        ),
        (
            |shop| Act::Answer(files(&[shop.files["shop/common/v1/common.proto"].clone()])),
            "does not declare it",
        ),
        (|_| Act::Answer(raw(Vec::new())), "does not declare it"),
    ];
    for (answer, words) in cases {
        let server = lost(answer);
        let outcome = scan(SHOP, &server.url(), &[]);
        outcome.assert_unknown("unresolved", words);
        assert!(outcome.reasons()[0].1.contains(PAYMENTS));
        let found = outcome.findings();
        assert!(
            found.iter().all(|(rule, _)| *rule != "service-missing"),
            "{found:?}"
        );
    }
}

#[test]
fn a_declared_service_that_is_not_listed_is_not_served() {
    let mut shop = Shop::new();
    let mut extra = shop.files["shop/payments/v1/payments.proto"].service[0].clone();
    extra.method.truncate(1);
    // The file of orders declares another service of truth, which the server does not register.
    shop.listed = vec![ORDERS.to_owned()];
    let file = shop.files["shop/payments/v1/payments.proto"]
        .name()
        .to_owned();
    shop.orders().dependency.push(file);
    let server = Server::v1(move |_, question| shop.answer(question));
    let outcome = scan(SHOP, &server.url(), &[]);
    assert_eq!(outcome.verdict(), "SYNC", "{:#}", outcome.report);
    assert_eq!(outcome.findings(), [("service-missing", PAYMENTS)]);
    assert_eq!(outcome.report["summary"]["services_compared"], 1);
}

#[test]
fn streams_that_end_after_each_answer_are_opened_again() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| match shop.answer(question) {
        Act::Answer(answer) => Act::Last(answer),
        other => other,
    });
    scan(SHOP, &server.url(), &[]).assert_sync();
}

#[test]
fn a_stream_that_ends_without_an_answer_is_a_reason() {
    let server = Server::v1(|_, _| Act::End);
    scan(SHOP, &server.url(), &[]).assert_unknown("other", "without an answer");
    let shop = Shop::new();
    let server = Server::v1(move |_, question| match question {
        MessageRequest::ListServices(_) => shop.answer(question),
        _ => Act::End,
    });
    scan(SHOP, &server.url(), &[]).assert_unknown("other", "without an answer");
}

#[test]
fn answers_of_another_kind_or_none_are_invalid() {
    let shop = Shop::new();
    let server = Server::v1(move |_, _| Act::Answer(shop.list()));
    scan(SHOP, &server.url(), &[]).assert_unknown("invalid-descriptors", "another kind");
    let server = Server::v1(|_, _| Act::Answer(raw(Vec::new())));
    scan(SHOP, &server.url(), &[]).assert_unknown("invalid-descriptors", "another kind");
    let server = Server::v1(|_, _| Act::Empty);
    scan(SHOP, &server.url(), &[]).assert_unknown("other", "without an answer");
}

#[test]
fn an_empty_list_has_nothing_in_common() {
    let server = Server::v1(|_, _| Act::Answer(list([])));
    scan(SHOP, &server.url(), &[]).assert_unknown("nothing-in-common", "live has none");
}

#[test]
fn many_services_without_descriptors_are_counted() {
    let mut shop = Shop::new();
    shop.listed
        .extend((0..5000).map(|n| format!("lost{n}.v1.Lost")));
    let server = Server::v1(move |_, question| shop.answer(question));
    let outcome = scan(SHOP, &server.url(), &["--pod-timeout", "1m"]);
    assert_eq!(outcome.verdict(), "UNKNOWN");
    let reasons = outcome.reasons();
    assert_eq!(reasons.len(), 11);
    assert_eq!(reasons[10].1, "4990 more listed services do not resolve");
    assert_eq!(outcome.report["summary"]["services_compared"], 2);
}
