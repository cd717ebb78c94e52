//! The page, as a browser and an accessibility checker see it, and what stands in it.

use protodiff::core::format::Format;

use crate::judges::{judge, rendered};
use crate::reports::{everything, in_sync, many, nothing};

#[test]
fn a_browser_and_an_accessibility_checker_find_nothing_wrong() {
    let reports = [
        ("everything", everything(false)),
        ("baseline", everything(true)),
        ("in-sync", in_sync()),
        ("nothing", nothing()),
    ];
    for (name, report) in reports {
        let page = rendered(&report, Format::Html);
        if let Some(folder) = std::env::var_os("PROTODIFF_PAGES") {
            let path = std::path::Path::new(&folder).join(format!("{name}.html"));
            std::fs::write(path, &page).unwrap();
        }
        judge("page.mjs", &format!("{name}.html"), &page);
    }
}

#[test]
fn a_reader_finds_everything() {
    let page = rendered(&everything(false), Format::Html);
    for part in [
        "<title>MISMATCH: protodiff, 5 workloads</title>",
        "What runs is not what clients are built from.",
        "registry.example&#x2f;payment:1.8.2",
        "version 2 of 2",
        "payment-7f44-ccccc:9090",
        "container port named grpc",
        "acme.payment.v1.PaymentService&#x2f;CancelOrder",
        "proto&#x2f;acme&#x2f;payment&#x2f;v1&#x2f;payment.proto:21",
        "<del><code>int64 units = 2</code></del>",
        "<ins><code>string units = 2</code></ins>",
        "(request and response)",
        "until 2030-01-31, by policy, <code>.protodiff.yaml:12</code>",
        "see <code>PAY-1423</code>",
        "expired on 2020-05-01; it would match 1 finding",
        "matches nothing that was compared",
        "user <code>ci</code> may not create",
        "reflection.Register(server)",
        "acme.debug.v1.Profiler",
        "3 pods of finished jobs were left out",
        "resolved to <code>&#x2f;src&#x2f;shop&#x2f;proto (buf.yaml)</code>",
        "in all 2.113 s",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("There before the change"));
}

#[test]
fn one_cause_is_one_entry_wherever_it_was_found() {
    let report = everything(false);
    let page = rendered(&report, Format::Html);
    let entries = page.matches("<details class=\"finding").count();
    assert_eq!(entries, report.findings.len());
}

#[test]
fn a_baseline_sets_apart_what_was_there_before() {
    let report = everything(true);
    let page = rendered(&report, Format::Html);
    let at = |part: &str| {
        page.find(part)
            .unwrap_or_else(|| panic!("{part} is not in\n{page}"))
    };
    let introduced = at("Introduced by the change");
    let existing = at("There before the change, not counted <span");
    let fixed = at("Fixed by the change <span");
    let note = at("CaptureRequest.note</code>");
    assert!(introduced < existing && existing < note && note < fixed);
    assert!(fixed < at("CaptureRequest.amount_cents</code>"));
    at("4f1c2d9e7b of git");
}

#[test]
fn a_page_that_a_browser_cannot_bear_is_cut_and_says_so() {
    let page = rendered(&many(2_500, 70_000), Format::Html);
    assert_eq!(page.matches("<details class=\"finding").count(), 2_000);
    assert!(
        page.contains("500 more are left out"),
        "the rest is not counted"
    );
    assert!(
        page.contains("more characters)"),
        "the long message is not cut"
    );
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
    judge(
        "page.mjs",
        "many.html",
        &rendered(&many(50, 70_000), Format::Html),
    );
}
