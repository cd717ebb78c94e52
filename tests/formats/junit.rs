//! JUnit XML: valid by Jenkins's schema, with counts that are right, and true to the verdict.

use protodiff::core::format::Format;
use protodiff::core::level::{FailOn, Level};
use protodiff::core::report::Report;

use crate::judges::{judge, rendered};
use crate::reports::{PAYMENTS, everything, in_sync, many, nothing};

fn xml(report: &Report) -> String {
    rendered(report, Format::Junit)
}

/// A suite, its first line first.
#[track_caller]
fn suite<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml
        .find(&format!("<testsuite name=\"{name}\""))
        .unwrap_or_else(|| panic!("{name} is not in\n{xml}"));
    let end = xml[start..].find("</testsuite>").unwrap();
    &xml[start..start + end]
}

/// A case of a suite, with what is in it.
#[track_caller]
fn case<'a>(suite: &'a str, name: &str) -> &'a str {
    let start = suite
        .find(&format!(" name=\"{name}\""))
        .unwrap_or_else(|| panic!("{name} is not in\n{suite}"));
    let rest = &suite[start..];
    rest.find("<testcase ").map_or(rest, |end| &rest[..end])
}

#[test]
fn it_is_valid_by_the_schema_of_jenkins_and_its_counts_are_right() {
    for report in [
        everything(false),
        everything(true),
        in_sync(),
        nothing(),
        many(2_000, 70_000),
    ] {
        judge("junit.mjs", "report.xml", &xml(&report));
    }
}

#[test]
fn services_pass_or_fail_and_what_is_unknown_is_an_error() {
    let xml = xml(&everything(false));
    assert!(
        xml.contains("<testsuites name=\"protodiff\" time=\"2.113\" "),
        "{xml}"
    );
    let payment = suite(&xml, "shop/Deployment/payment");
    let service = case(payment, PAYMENTS);
    for part in [
        "type=\"field-missing,field-type-changed,method-missing,method-undocumented\"",
        "message=\"2 breaking, 3 drift; acme.payment.v1.Money.units: field is",
        "- breaking [method-missing] acme.payment.v1.PaymentService/CancelOrder: method is not",
        "  truth: int64 units = 2\n  live: string units = 2\n  declared in proto/acme/payment/v1/payment.proto:48\n",
        "<system-out>- info [",
    ] {
        assert!(service.contains(part), "{part} is not in\n{service}");
    }
    assert!(case(payment, "grpc.health.v1.Health").contains("/>"));
    let verified = case(payment, "schema can be verified");
    assert!(verified.contains("<error type=\"forbidden\""), "{verified}");
    assert!(verified.contains("| Grant it with a Role."), "{verified}");
    // A service that is expected and not served is no service that was compared.
    let expected = case(payment, "acme.payment.v1.DisputeService");
    assert!(
        expected.contains("<failure type=\"service-missing\""),
        "{expected}"
    );
    let ledger = suite(&xml, "shop/Deployment/ledger");
    assert!(
        ledger.contains("tests=\"3\" failures=\"0\" errors=\"0\""),
        "{ledger}"
    );
    let gap = suite(&xml, "shop/Selection/app=fraud");
    assert!(
        case(gap, "schema can be verified").contains("type=\"no-pods\""),
        "{gap}"
    );
    assert!(suite(&xml, "shop/Deployment/invoice").contains("(invoice-1, invoice-2)"));
}

#[test]
fn only_what_makes_the_verdict_fails() {
    let failures = |report: &Report| xml(report).matches("<failure ").count();
    let mut report = everything(false);
    assert_eq!(failures(&report), 4);
    report.fail_on = FailOn::Never;
    assert_eq!(failures(&report), 0);
    report
        .findings
        .retain(|one| one.finding.level == Level::Info);
    report.fail_on = FailOn::Drift;
    assert_eq!(failures(&report), 0);
    report.fail_on = FailOn::Info;
    assert!(failures(&report) > 0);
    // What was there before the change fails nothing.
    let mut before = everything(true);
    before
        .findings
        .retain(|one| one.finding.subject.contains("Request.note"));
    assert_eq!(before.findings.len(), 1);
    assert_eq!(failures(&before), 0);
    assert!(xml(&before).contains("<system-out>- drift [field-missing]"));
}

#[test]
fn a_scan_of_nothing_does_not_pass() {
    let xml = xml(&nothing());
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
}
