//! What differs, method by method, as a ```` ```diff ```` block for each workload: the first thing that
//! a reader wants to know is which calls are affected.

use std::collections::BTreeMap;

use crate::core::change::{Direction, MethodReach};
use crate::core::level::Level;
use crate::core::report::{Report, ReportedFinding, Status};

use super::escape::fenced;

/// Lines of one block.
const LINES: usize = 40;

/// Causes that one method's line names.
const CAUSES: usize = 3;

/// The block of workloads that share it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// As findings name them.
    pub(super) workloads: Vec<String>,
    /// Lines of the fence.
    pub(super) lines: Vec<String>,
}

/// The blocks of a report, in the order of its workloads; those that share one are put together.
pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut names: Vec<String> = report
        .workloads
        .iter()
        .map(crate::render::workload_name)
        .collect();
    names.dedup();
    for name in names {
        let lines = lines(report.findings.iter().filter(|found| {
            found.status != Some(Status::Existing) && found.workloads.contains(&name)
        }));
        if lines.is_empty() {
            continue;
        }
        match blocks.iter_mut().find(|block| block.lines == lines) {
            Some(block) => block.workloads.push(name),
            None => blocks.push(Block {
                workloads: vec![name],
                lines,
            }),
        }
    }
    blocks
}

/// What is known of one method.
#[derive(Default)]
struct Method<'a> {
    truth: Option<&'a str>,
    live: Option<&'a str>,
    causes: Vec<String>,
}

fn lines<'a>(findings: impl Iterator<Item = &'a ReportedFinding>) -> Vec<String> {
    let mut services: BTreeMap<&str, BTreeMap<&str, Method<'_>>> = BTreeMap::new();
    for found in findings.filter(|found| found.finding.level > Level::Info) {
        let finding = &found.finding;
        for reach in &finding.methods {
            let Some((service, name)) = reach.name.split_once('/') else {
                continue;
            };
            let method = services
                .entry(service)
                .or_default()
                .entry(name)
                .or_default();
            if reach.name == finding.subject {
                method.truth = method.truth.or(finding.truth.as_deref());
                method.live = method.live.or(finding.live.as_deref());
            } else {
                method.causes.push(cause(&finding.subject, reach));
            }
        }
    }
    let mut lines = Vec::new();
    for (service, methods) in services {
        lines.push(format!("  service {}", fenced(service)));
        for (name, method) in methods {
            lines.extend(method.lines(name));
        }
    }
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("  … {more} more lines"));
    }
    lines
}

impl Method<'_> {
    fn lines(&self, name: &str) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.truth.map(|text| format!("-   {}", fenced(text))));
        lines.extend(self.live.map(|text| format!("+   {}", fenced(text))));
        if !self.causes.is_empty() {
            let more = match self.causes.len().saturating_sub(CAUSES) {
                0 => String::new(),
                n => format!(", and {n} more"),
            };
            let shown = &self.causes[..self.causes.len().min(CAUSES)];
            lines.push(format!(
                "!   rpc {}: {}{more}",
                fenced(name),
                shown.join(", ")
            ));
        }
        lines
    }
}

/// `request Create.note`: what differs, with as much of its name as tells it apart here.
fn cause(subject: &str, reach: &MethodReach) -> String {
    let parts: Vec<&str> = subject.rsplitn(3, '.').collect();
    let near: Vec<&str> = parts.iter().take(2).rev().copied().collect();
    let way = match reach.direction {
        Direction::Both => "request and response",
        one => one.as_str(),
    };
    format!("{way} {}", fenced(&near.join(".")))
}
