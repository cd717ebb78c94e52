//! JUnit XML, for test reporters: a suite per workload, a case per service that was compared.
//!
//! A case fails by the findings that make the verdict `MISMATCH`, and by no other; those stand in
//! its output. Each suite's first case says whether the workload could be verified.

use std::collections::{BTreeMap, BTreeSet};

use super::unverified::{self, Unverified};
use super::{sentence, workload_name};
use crate::core::level::Level;
use crate::core::report::{Report, ReportedFinding, WorkloadReport};

mod xml;

/// The case that has what could not be verified.
const VERIFIED: &str = "schema can be verified";

/// Findings written out per case; the rest is counted.
const MAX_FINDINGS: usize = 200;

/// A suite, as XML has it.
struct Suite {
    name: String,
    properties: Vec<(&'static str, String)>,
    cases: Vec<Case>,
}

/// A case, as XML has it.
struct Case {
    name: String,
    outcome: Outcome,
    /// What is to be said without failing.
    output: String,
}

enum Outcome {
    Passed,
    Failed(Fault),
    Broken(Fault),
}

/// A failure or an error.
struct Fault {
    message: String,
    kind: String,
    text: String,
}

/// The report as JUnit XML, with a final line break.
///
/// # Errors
/// A defect of the form: it is written to memory.
pub fn render(report: &Report) -> std::io::Result<String> {
    let unverified = unverified::all(report);
    let findings: Vec<Concern> = report.findings.iter().map(Concern::new).collect();
    let mut compared: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for workload in &report.workloads {
        let services = compared.entry(workload_name(workload)).or_default();
        services.extend(services_of(workload));
    }
    let mut suites: Vec<Suite> = report
        .workloads
        .iter()
        .map(|workload| {
            let name = workload_name(workload);
            let mine: Vec<&Concern> = findings
                .iter()
                .filter(|one| one.found.workloads.binary_search(&name).is_ok())
                .collect();
            let mut cases = vec![verified(&name, workload, &unverified)];
            cases.extend(of_services(report, workload, &mine));
            // Two truths for one workload make two suites, and the first of them has the rest.
            if let Some(all) = compared.remove(&name) {
                cases.extend(of_the_rest(report, &all, &mine));
            }
            Suite {
                properties: properties(workload),
                name,
                cases,
            }
        })
        .collect();
    if suites.is_empty() {
        suites.push(nothing());
    }
    xml::write(&suites, report.timing.total_ms)
}

/// A finding, and the services that it may be about.
struct Concern<'a> {
    found: &'a ReportedFinding,
    services: BTreeSet<&'a str>,
}

impl<'a> Concern<'a> {
    fn new(found: &'a ReportedFinding) -> Self {
        let methods = found.finding.methods.iter().map(|method| &method.name);
        let services = methods
            .chain([&found.finding.subject])
            .map(|name| {
                name.split_once('/')
                    .map_or(name.as_str(), |(service, _)| service)
            })
            .collect();
        Self { found, services }
    }
}

fn services_of(workload: &WorkloadReport) -> impl Iterator<Item = &str> {
    let common = workload.versions.iter().map(|version| &version.common);
    common.flatten().map(String::as_str)
}

/// A case per service that was compared.
fn of_services(report: &Report, workload: &WorkloadReport, mine: &[&Concern]) -> Vec<Case> {
    let mut by_service: BTreeMap<&str, Vec<&ReportedFinding>> = services_of(workload)
        .map(|service| (service, Vec::new()))
        .collect();
    for one in mine {
        for service in &one.services {
            if let Some(findings) = by_service.get_mut(service) {
                findings.push(one.found);
            }
        }
    }
    by_service
        .into_iter()
        .map(|(service, findings)| case(report, service, &findings))
        .collect()
}

/// What fails and is about no service that was compared: one that is expected and not served, or a
/// type that only `--scope all` sees.
fn of_the_rest(report: &Report, compared: &BTreeSet<&str>, mine: &[&Concern]) -> Vec<Case> {
    mine.iter()
        .filter(|one| one.services.is_disjoint(compared) && report.fails(one.found))
        .map(|one| case(report, &one.found.finding.subject, &[one.found]))
        .collect()
}

fn properties(workload: &WorkloadReport) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("verdict", workload.verdict.to_string()),
        ("truth", workload.module.clone()),
    ];
    let images: BTreeSet<&String> = workload
        .versions
        .iter()
        .flat_map(|version| &version.images)
        .collect();
    properties.extend(images.into_iter().map(|image| ("image", image.clone())));
    properties
}

/// A scan of nothing must not look like a scan without failures.
fn nothing() -> Suite {
    let fault = Fault {
        message: "nothing was scanned".to_owned(),
        kind: unverified::RULE.to_owned(),
        text: "The selection is empty.".to_owned(),
    };
    Suite {
        name: "protodiff".to_owned(),
        properties: Vec::new(),
        cases: vec![Case {
            name: VERIFIED.to_owned(),
            outcome: Outcome::Broken(fault),
            output: String::new(),
        }],
    }
}

fn verified(name: &str, workload: &WorkloadReport, unverified: &[Unverified]) -> Case {
    let reasons: Vec<&Unverified> = unverified
        .iter()
        .filter(|one| one.workload == name && one.module == workload.module)
        .collect();
    let outcome = match reasons.first() {
        None => Outcome::Passed,
        Some(first) => {
            let kinds: BTreeSet<String> = reasons
                .iter()
                .map(|one| unverified::kind(one.reason.kind))
                .collect();
            let lines: Vec<String> = reasons
                .iter()
                .take(MAX_FINDINGS)
                .map(|one| format!("- {}\n", sentence::of_reason(one, Some("  | "))))
                .collect();
            Outcome::Broken(Fault {
                message: sentence::reason_fact(first),
                kind: kinds.into_iter().collect::<Vec<_>>().join(","),
                text: format!("{}{}", lines.concat(), left_out(reasons.len())),
            })
        }
    };
    Case {
        name: VERIFIED.to_owned(),
        outcome,
        output: String::new(),
    }
}

fn case(report: &Report, name: &str, findings: &[&ReportedFinding]) -> Case {
    let (failing, other): (Vec<&ReportedFinding>, Vec<&ReportedFinding>) =
        findings.iter().partition(|found| report.fails(found));
    let outcome = match failing.first() {
        None => Outcome::Passed,
        Some(first) => {
            let rules: BTreeSet<&str> = failing.iter().map(|found| found.finding.rule).collect();
            Outcome::Failed(Fault {
                message: format!("{}; {}", counts(&failing), sentence::fact(first)),
                kind: rules.into_iter().collect::<Vec<_>>().join(","),
                text: list(&failing),
            })
        }
    };
    Case {
        name: name.to_owned(),
        outcome,
        output: list(&other),
    }
}

/// `2 breaking, 1 drift`.
fn counts(findings: &[&ReportedFinding]) -> String {
    let counts: Vec<String> = Level::ALL
        .into_iter()
        .filter_map(|level| {
            let count = findings
                .iter()
                .filter(|found| found.finding.level == level)
                .count();
            (count > 0).then(|| format!("{count} {level}"))
        })
        .collect();
    counts.join(", ")
}

/// Findings, a block each; the text of each begins with a mark, so that no name begins a line.
fn list(findings: &[&ReportedFinding]) -> String {
    let mut text = String::new();
    for found in findings.iter().take(MAX_FINDINGS) {
        let finding = &found.finding;
        text.push_str(&format!(
            "- {} [{}] {}\n",
            finding.level,
            finding.rule,
            sentence::of_finding(found)
        ));
        for (side, what) in [("truth", &finding.truth), ("live", &finding.live)] {
            if let Some(what) = what {
                text.push_str(&format!("  {side}: {}\n", sentence::short(what)));
            }
        }
        if let Some(at) = &finding.location {
            text.push_str(&format!(
                "  declared in {}:{}\n",
                sentence::short(&at.file),
                at.line.max(1)
            ));
        }
    }
    text + &left_out(findings.len())
}

fn left_out(count: usize) -> String {
    match count.saturating_sub(MAX_FINDINGS) {
        0 => String::new(),
        more => format!("- and {more} more (--format json has them all)\n"),
    }
}
