//! What all stacks agree on: no finding where nothing differs, and the same findings where it does.

use serde_json::{Value, json};

use crate::scan::{SHOP, scan};
use crate::{Running, servers, stacks};

/// A place in shop's orders.
fn at(line: u32) -> Value {
    json!({"file": "tests/fixtures/modules/shop/shop/orders/v1/orders.proto", "line": line})
}

fn reach(methods: &[(&str, &str)]) -> Value {
    let method = |(name, direction): &(&str, &str)| json!({"name": format!("shop.orders.v1.OrderService/{name}"), "direction": direction});
    methods.iter().map(method).collect()
}

/// The four differences of `shop-drifted`, without the words.
fn expected() -> Value {
    json!([
        {
            "rule": "field-type-changed",
            "level": "breaking",
            "subject": "shop.orders.v1.GetResponse.revision",
            "methods": reach(&[("Get", "response")]),
            "live": "int32 revision = 2",
            "truth": "string revision = 2",
            "location": at(76),
        },
        {
            "rule": "method-missing",
            "level": "breaking",
            "subject": "shop.orders.v1.OrderService/Watch",
            "methods": reach(&[("Watch", "both")]),
            "live": null,
            "truth": "rpc Watch(shop.orders.v1.WatchRequest) returns (stream shop.orders.v1.WatchResponse)",
            "location": at(16),
        },
        {
            "rule": "field-missing",
            "level": "drift",
            "subject": "shop.orders.v1.CreateRequest.note",
            "methods": reach(&[("Create", "request")]),
            "live": null,
            "truth": "string note = 5",
            "location": at(63),
        },
        {
            "rule": "enum-value-missing",
            "level": "drift",
            "subject": "shop.orders.v1.OrderStatus.ORDER_STATUS_REFUNDED",
            "methods": reach(&[("Create", "both"), ("Get", "response")]),
            "live": null,
            "truth": "ORDER_STATUS_REFUNDED = 5",
            "location": at(28),
        },
    ])
}

/// Findings without what names the endpoint.
fn anonymous(report: &Value) -> Vec<Value> {
    let mut findings = report["findings"].as_array().unwrap().clone();
    for finding in &mut findings {
        let finding = finding.as_object_mut().unwrap();
        assert_eq!(finding.remove("pods"), Some(json!(1)));
        assert_eq!(finding["workloads"].as_array().unwrap().len(), 1);
        finding.remove("workloads");
    }
    findings
}

#[test]
fn the_same_module_is_in_sync_on_every_stack() {
    for stack in stacks() {
        let server = Running::start(stack, "shop");
        let outcome = scan(SHOP, &server.url(), &[]);
        println!("{stack}");
        outcome.assert_sync();
        assert_eq!(
            outcome.report["workloads"][0]["versions"][0]["common"],
            json!([
                "shop.orders.v1.OrderService",
                "shop.payments.v1.PaymentService"
            ]),
            "{stack}"
        );
    }
}

#[test]
fn an_older_build_gives_the_same_findings_on_every_stack() {
    let mut first: Option<Vec<Value>> = None;
    for stack in stacks() {
        let server = Running::start(stack, "shop-drifted");
        let outcome = scan(SHOP, &server.url(), &[]);
        assert_eq!(
            outcome.verdict(),
            "MISMATCH",
            "{stack}: {:#}",
            outcome.report
        );
        assert!(
            outcome.reasons().is_empty(),
            "{stack}: {:#}",
            outcome.report
        );
        let findings = anonymous(&outcome.report);
        if let Some(first) = &first {
            assert_eq!(&findings, first, "{stack}");
            continue;
        }
        let mut plain = findings.clone();
        for finding in &mut plain {
            let finding = finding.as_object_mut().unwrap();
            for words in ["message", "hint", "fingerprint"] {
                let words = finding.remove(words).unwrap();
                assert!(!words.as_str().unwrap().is_empty());
            }
        }
        assert_eq!(Value::Array(plain), expected(), "{stack}");
        first = Some(findings);
    }
}

#[test]
fn another_module_has_nothing_in_common_on_any_stack() {
    for stack in stacks() {
        let server = Running::start(stack, "other");
        let outcome = scan(SHOP, &server.url(), &[]);
        println!("{stack}");
        outcome.assert_unknown("nothing-in-common", "shop.orders.v1.OrderService");
        assert!(outcome.findings().is_empty(), "{stack}");
    }
}

#[test]
fn a_server_without_reflection_is_told_how_to_enable_it() {
    for stack in stacks() {
        let server = Running::start(stack, "none");
        let outcome = scan(SHOP, &server.url(), &[]);
        println!("{stack}");
        outcome.assert_unknown("no-reflection", "no reflection service");
        let hint = outcome.reasons()[0].2;
        assert!(hint.contains("reflection.Register(server)"), "{hint}");
    }
}

#[test]
fn either_version_of_the_protocol_will_do() {
    for version in ["v1", "v1alpha", "both"] {
        let server = servers::start("go", &["--variant", "shop", "--reflection", version]);
        println!("{version}");
        scan(SHOP, &server.url(), &[]).assert_sync();
    }
}

#[test]
fn many_addresses_of_one_server_are_one_finding_each() {
    let server = servers::start_many("127.0.0.2:0", 3, &["--variant", "shop-drifted"]);
    let port = server.address.port();
    let targets: Vec<String> = (2..5)
        .map(|n| format!("grpc://127.0.0.{n}:{port}"))
        .collect();
    let outcome = scan(SHOP, &targets.join(","), &[]);
    assert_eq!(outcome.verdict(), "MISMATCH");
    let findings = outcome.report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 4, "{:#}", outcome.report);
    for finding in findings {
        assert_eq!(finding["pods"], 3, "{finding:#}");
    }
}
