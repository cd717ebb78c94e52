//! The parts of a page: each a [`Section`] of whole entries.

use minijinja::{Environment, Value, context};

use crate::core::level::Level;
use crate::core::observation::Reason;
use crate::core::perspective::Perspective;
use crate::core::report::{Report, ReportedFinding, WorkloadReport};

use super::escape::{code, url_path};
use super::page::Section;
use super::{Style, methods, workload_name};
use crate::render::way;

/// Names that one line lists.
const NAMES: usize = 6;

/// Reasons that one workload lists.
const REASONS: usize = 5;

type Rendered<T> = Result<T, minijinja::Error>;

/// What the parts are made from.
pub(super) struct Parts<'a> {
    pub(super) templates: &'a Environment<'a>,
    pub(super) style: &'a Style,
    pub(super) report: &'a Report,
}

impl Parts<'_> {
    fn render(&self, template: &str, values: Value) -> Rendered<String> {
        self.templates.get_template(template)?.render(values)
    }

    /// The table.
    pub(super) fn workloads(&self) -> Rendered<Section> {
        let rows = self.report.workloads.iter().map(|workload| {
            let pods = workload.versions.iter().flat_map(|version| &version.pods);
            let mut compared: Vec<&String> = workload
                .versions
                .iter()
                .flat_map(|version| &version.common)
                .collect();
            compared.sort();
            compared.dedup();
            let name = workload_name(workload);
            self.render(
                "row",
                context! {
                    verdict => workload.verdict.as_str(),
                    name => &name,
                    pods => pods.count(),
                    versions => workload.versions.len(),
                    compared => compared.len(),
                    differs => self.differs(&name),
                },
            )
        });
        Ok(Section {
            before: "| | workload | pods | versions | services compared | differences |\n| --- | --- | ---: | ---: | ---: | --- |\n".to_owned(),
            entries: rows.collect::<Rendered<_>>()?,
            after: "\n".to_owned(),
            noun: "workload",
        })
    }

    /// "1 breaking, 2 drift" of one workload.
    fn differs(&self, workload: &str) -> String {
        let count = |level: Level| {
            self.report
                .findings
                .iter()
                .filter(|found| found.finding.level == level)
                .filter(|found| found.workloads.iter().any(|name| name == workload))
                .count()
        };
        let counts =
            [Level::Breaking, Level::Drift, Level::Info].map(|level| (count(level), level));
        let parts: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, level)| format!("{count} {}", level.as_str()))
            .collect();
        parts.join(", ")
    }

    /// Why workloads could not be verified.
    pub(super) fn unverified(&self) -> Rendered<Section> {
        let mut entries = Vec::new();
        for workload in &self.report.workloads {
            let reasons = reasons(workload);
            if reasons.is_empty() {
                continue;
            }
            let shown: Vec<Value> = reasons
                .iter()
                .take(REASONS)
                .map(|reason| context! { message => &reason.message, hint => &reason.hint })
                .collect();
            entries.push(self.render(
                "unverified",
                context! {
                    name => workload_name(workload),
                    reasons => shown,
                    more => reasons.len().saturating_sub(REASONS),
                },
            )?);
        }
        Ok(Section {
            before: "\n".to_owned(),
            entries,
            after: "\n".to_owned(),
            noun: "workload that could not be verified",
        })
    }

    /// The methods that differ, for each workload.
    pub(super) fn methods(&self) -> Rendered<Section> {
        let blocks = methods::blocks(self.report);
        let entries = blocks.iter().map(|block| {
            let shown = block.workloads.len().min(NAMES);
            self.render(
                "methods",
                context! {
                    workloads => block.workloads[..shown].to_vec(),
                    more => block.workloads.len() - shown,
                    lines => &block.lines,
                },
            )
        });
        let legend = match self.report.perspective {
            Perspective::After => {
                "`-` what clients call and no pod serves so, `+` what pods serve instead, `!` what is lost or changed on the way"
            }
            Perspective::Before => {
                "`-` the truth, `+` what runs now, `!` what is lost or changed on the way"
            }
        };
        Ok(Section {
            before: format!("### Methods\n\n{legend}\n\n"),
            entries: entries.collect::<Rendered<_>>()?,
            after: "### Findings\n\n".to_owned(),
            noun: "workload's methods",
        })
    }

    /// Findings in full.
    pub(super) fn findings(&self, of: impl Fn(&&ReportedFinding) -> bool) -> Rendered<Section> {
        let findings = self.report.findings.iter().filter(of);
        Ok(Section {
            entries: findings
                .map(|found| self.finding(found))
                .collect::<Rendered<_>>()?,
            noun: "finding",
            ..Section::default()
        })
    }

    fn finding(&self, found: &ReportedFinding) -> Rendered<String> {
        let finding = &found.finding;
        let mut diff = Vec::new();
        diff.extend(finding.truth.as_ref().map(|text| format!("- {text}")));
        diff.extend(finding.live.as_ref().map(|text| format!("+ {text}")));
        let methods: Vec<Value> = finding
            .methods
            .iter()
            .take(NAMES)
            .map(|reach| context! { name => &reach.name, way => way(reach, &finding.subject) })
            .collect();
        let workloads = found.workloads.len().min(NAMES);
        self.render(
            "finding",
            context! {
                level => finding.level.as_str(),
                default_level => finding.default_level.map(Level::as_str),
                rule => finding.rule,
                subject => &finding.subject,
                message => &finding.message,
                hint => finding.hint,
                sides => "declarations: <code>-</code> truth, <code>+</code> live",
                diff => diff,
                methods => methods,
                more_methods => finding.methods.len().saturating_sub(NAMES),
                place => self.place(found),
                workloads => found.workloads[..workloads].to_vec(),
                more_workloads => found.workloads.len() - workloads,
                pods => found.pods,
            },
        )
    }

    /// Findings in a line each.
    pub(super) fn short(
        &self,
        findings: &[&ReportedFinding],
        (before, after): (String, String),
    ) -> Rendered<Section> {
        let entries = findings.iter().map(|found| {
            let finding = &found.finding;
            self.render(
                "short",
                context! {
                    level => finding.level.as_str(),
                    rule => finding.rule,
                    subject => &finding.subject,
                    message => &finding.message,
                },
            )
        });
        Ok(Section {
            before,
            entries: entries.collect::<Rendered<_>>()?,
            after,
            noun: "finding",
        })
    }

    /// What is ignored, and why.
    pub(super) fn ignored(&self, (before, after): (String, String)) -> Rendered<Section> {
        let entries = self.report.ignored.iter().map(|ignored| {
            let finding = &ignored.found.finding;
            self.render(
                "ignored",
                context! {
                    level => finding.level.as_str(),
                    rule => finding.rule,
                    subject => &finding.subject,
                    reason => &ignored.why.reason,
                    until => ignored.why.until.map(|day| day.to_string()),
                    origin => &ignored.why.origin,
                },
            )
        });
        Ok(Section {
            before,
            entries: entries.collect::<Rendered<_>>()?,
            after,
            noun: "ignored finding",
        })
    }

    /// Where the truth declares it; a link where the file can be looked at.
    fn place(&self, found: &ReportedFinding) -> Option<String> {
        let at = found.finding.location.as_ref()?;
        let shown = if at.line > 0 {
            code(&format!("{}:{}", at.file, at.line))
        } else {
            code(&at.file)
        };
        // A path that leaves the repository has no page there.
        let inside = !at.file.starts_with('/') && !at.file.split('/').any(|part| part == "..");
        let Some(files) = self.style.files.as_ref().filter(|_| inside) else {
            return Some(shown);
        };
        let line = match at.line {
            0 => String::new(),
            line => format!("#L{line}"),
        };
        let path = url_path(at.file.trim_start_matches("./"));
        Some(format!("[{shown}]({files}/{path}{line})"))
    }
}

/// Each reason of a workload once, its own before its pods'.
fn reasons(workload: &WorkloadReport) -> Vec<&Reason> {
    let of_pods = workload
        .versions
        .iter()
        .flat_map(|version| &version.pods)
        .flat_map(|pod| &pod.reasons);
    let mut reasons: Vec<&Reason> = Vec::new();
    for reason in workload.reasons.iter().chain(of_pods) {
        let same = |known: &&Reason| known.message == reason.message && known.hint == reason.hint;
        if !reasons.iter().any(same) {
            reasons.push(reason);
        }
    }
    reasons
}
