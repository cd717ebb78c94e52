//! Text for people at a terminal. Colours are ANSI sequences; the caller's stream strips them where
//! they are not wanted.

mod aside;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{counted, printable, way, workload_name};
use crate::core::change::MethodReach;
use crate::core::judge::Finding;
use crate::core::level::{Level, Verdict};
use crate::core::observation::Reason;
use crate::core::perspective::Perspective;
use crate::core::report::{
    PodReport, Report, ReportedFinding, Status, VersionReport, WorkloadReport,
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// `info` findings beyond this many are counted, not listed: a report is read from the top.
const MAX_INFO: usize = 12;

/// Methods named per finding; the rest is counted.
const MAX_METHODS: usize = 4;

/// Pods named per reason; the rest is counted.
const MAX_PODS: usize = 3;

const fn verdict_style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Sync => AnsiColor::Green,
        Verdict::Mismatch => AnsiColor::Red,
        Verdict::Unknown => AnsiColor::Yellow,
    };
    color.on_default().bold()
}

const fn level_style(level: Level) -> Style {
    match level {
        Level::Breaking => AnsiColor::Red.on_default().bold(),
        Level::Drift => AnsiColor::Yellow.on_default().bold(),
        Level::Info => AnsiColor::Blue.on_default(),
    }
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The report as text with ANSI styles.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    for workload in &report.workloads {
        out.push('\n');
        workload_block(&mut out, workload);
    }
    findings(&mut out, report);
    aside::render(&mut out, report);
    for note in &report.notes {
        let _ = writeln!(out, "\n{} {}", styled(DIM, "note:"), printable(note));
    }
    out
}

fn head(out: &mut String, report: &Report) {
    let summary = report.summary();
    let verdict = styled(verdict_style(report.verdict), report.verdict.as_str());
    let mut facts = vec![
        counted(summary.workloads, "workload"),
        counted(summary.pods, "pod"),
        format!("{} compared", counted(summary.services_compared, "service")),
    ];
    for (count, word) in [
        (summary.breaking, "breaking"),
        (summary.drift, "drift"),
        (summary.info, "info"),
        (summary.unknown, "not verified"),
        (summary.ignored, "ignored"),
    ] {
        if count > 0 {
            facts.push(format!("{count} {word}"));
        }
    }
    let _ = writeln!(out, "{verdict}  {}", facts.join(", "));
    for truth in &report.truths {
        let _ = writeln!(
            out,
            "{} {}",
            styled(DIM, "truth:"),
            printable(&truth.shown())
        );
    }
    if let Some(baseline) = &report.baseline {
        let _ = writeln!(
            out,
            "{} {}  {} introduced, {} existing, {} fixed",
            styled(DIM, "baseline:"),
            printable(&baseline.truth.shown()),
            summary.introduced,
            summary.existing,
            summary.fixed
        );
    }
    question(out, report);
}

/// Which question was asked, where it is not the usual one.
fn question(out: &mut String, report: &Report) {
    if report.perspective == Perspective::Before {
        let words = "would a rollout of the truth break clients built from what runs now?";
        let _ = writeln!(out, "{} {words}", styled(DIM, "asked:"));
    }
}

fn workload_block(out: &mut String, workload: &WorkloadReport) {
    let verdict = styled(
        verdict_style(workload.verdict),
        &format!("{:<8}", workload.verdict.as_str()),
    );
    let name = printable(&workload_name(workload));
    let pods: usize = workload
        .versions
        .iter()
        .map(|version| version.pods.len())
        .sum();
    let count = if pods > 0 {
        format!("  {}", counted(pods, "pod"))
    } else {
        String::new()
    };
    let _ = writeln!(out, "{verdict}  {}{count}", styled(BOLD, &name));
    for reason in &workload.reasons {
        reason_block(out, reason, "", "  ");
    }
    let several = workload.versions.len() > 1;
    for version in &workload.versions {
        version_block(out, version, several);
    }
}

fn version_block(out: &mut String, version: &VersionReport, several: bool) {
    let images = version.images.join(", ");
    if several {
        let verdict = styled(verdict_style(version.verdict), version.verdict.as_str());
        let what = if images.is_empty() {
            version.template.clone()
        } else {
            images
        };
        let _ = writeln!(
            out,
            "  {verdict}  {}  {}",
            printable(&what),
            counted(version.pods.len(), "pod")
        );
    } else if !images.is_empty() {
        let _ = writeln!(out, "  {} {}", styled(DIM, "image:"), printable(&images));
    }
    if !version.common.is_empty() {
        let names: Vec<&str> = version.common.iter().map(String::as_str).collect();
        let _ = writeln!(
            out,
            "  {} {}",
            styled(DIM, "compared:"),
            printable(&names.join(", "))
        );
    }
    for (reason, pods) in by_reason(&version.pods) {
        let mut names = pods
            .iter()
            .take(MAX_PODS)
            .map(|pod| pod_name(pod))
            .collect::<Vec<_>>()
            .join(", ");
        if pods.len() > MAX_PODS {
            let _ = write!(names, " and {} more", pods.len() - MAX_PODS);
        }
        reason_block(out, reason, &names, "  ");
    }
    let mut notes: Vec<&String> = version.pods.iter().flat_map(|pod| &pod.notes).collect();
    notes.sort();
    notes.dedup();
    for note in notes {
        let _ = writeln!(out, "  {} {}", styled(DIM, "note:"), printable(note));
    }
}

fn pod_name(pod: &PodReport) -> String {
    match &pod.port {
        Some((port, _)) if !pod.name.ends_with(&format!(":{port}")) => {
            format!("{}:{port}", pod.name)
        }
        _ => pod.name.clone(),
    }
}

/// Pods that share a reason stand together.
fn by_reason(pods: &[PodReport]) -> Vec<(&Reason, Vec<&PodReport>)> {
    let mut groups: Vec<(&Reason, Vec<&PodReport>)> = Vec::new();
    for pod in pods {
        for reason in &pod.reasons {
            match groups.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, pods)) => pods.push(pod),
                None => groups.push((reason, vec![pod])),
            }
        }
    }
    groups
}

fn reason_block(out: &mut String, reason: &Reason, pods: &str, indent: &str) {
    let whose = if pods.is_empty() {
        String::new()
    } else {
        format!("{}: ", printable(pods))
    };
    let _ = writeln!(out, "{indent}{whose}{}", printable(&reason.message));
    for (index, line) in reason.hint.lines().enumerate() {
        let mark = if index == 0 {
            styled(DIM, "→ ")
        } else {
            "  ".to_owned()
        };
        let _ = writeln!(out, "{indent}  {mark}{}", printable(line));
    }
}

fn findings(out: &mut String, report: &Report) {
    let mut infos = 0;
    let shown = report
        .findings
        .iter()
        .filter(|found| found.status != Some(Status::Existing));
    for found in shown {
        if found.finding.level == Level::Info {
            infos += 1;
            if infos > MAX_INFO {
                continue;
            }
        }
        out.push('\n');
        finding_block(out, found, report.workloads.len() > 1);
    }
    if infos > MAX_INFO {
        let _ = writeln!(
            out,
            "\n… and {} more of level info (--format json has them all)",
            infos - MAX_INFO
        );
    }
}

fn finding_block(out: &mut String, found: &ReportedFinding, name_workloads: bool) {
    let finding = &found.finding;
    let level = styled(
        level_style(finding.level),
        &format!("{:<8}", finding.level.as_str()),
    );
    let _ = writeln!(
        out,
        "{level}  {}  {}",
        styled(BOLD, &printable(&finding.subject)),
        rule(finding)
    );
    let _ = writeln!(out, "  {}", printable(&finding.message));
    if !finding.methods.is_empty() {
        let _ = writeln!(
            out,
            "  {} {}",
            styled(DIM, "affects:"),
            methods(&finding.methods, &finding.subject)
        );
    }
    if name_workloads {
        let pods = counted(found.pods, "pod");
        let _ = writeln!(
            out,
            "  {} {} ({pods})",
            styled(DIM, "in:"),
            printable(&found.workloads.join(", "))
        );
    }
    if let Some(at) = &finding.location {
        let line = if at.line > 0 {
            format!(":{}", at.line)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "  {} {}{line}",
            styled(DIM, "truth:"),
            printable(&at.file)
        );
    }
    if finding.level > Level::Info {
        let _ = writeln!(out, "  {}{}", styled(DIM, "→ "), finding.hint);
    }
}

/// The rule, and its own level where the policy gives it another.
fn rule(finding: &Finding) -> String {
    let usual = finding
        .default_level
        .map_or(String::new(), |level| format!(", by default {level}"));
    styled(DIM, &format!("[{}{usual}]", finding.rule))
}

fn methods(methods: &[MethodReach], subject: &str) -> String {
    let mut names: Vec<String> = methods
        .iter()
        .take(MAX_METHODS)
        .map(|method| printable(&format!("{} ({})", method.name, way(method, subject))))
        .collect();
    if methods.len() > MAX_METHODS {
        names.push(format!("{} more", methods.len() - MAX_METHODS));
    }
    names.join(", ")
}
