//! Reads a saved JSON report of version 1 again, so that another job can publish it.
//!
//! Such a file may come from a pull request's job, which nobody has to trust: its strings are data
//! that renderers escape, rules and advice come from this program's own table, and a verdict that
//! the findings contradict is refused.

use serde::Deserialize;

use crate::core::change::{Direction, MethodReach};
use crate::core::judge::Finding as Judged;
use crate::core::level::{FailOn, Level, Verdict};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::perspective::Perspective;
use crate::core::policy::{By, Ignored as Why};
use crate::core::report::{
    Baseline, IgnoredFinding, PodReport, Report, ReportedFinding, Status, Timing, TruthUsed,
    VersionReport, WorkloadReport,
};
use crate::core::rules::Rule;
use crate::core::schema::Location as Place;

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or not of this form.
    #[error("is no JSON report of protodiff: {0}")]
    Form(#[from] serde_json::Error),
    /// Another version of the form.
    #[error("has schema_version {0}, and this version of protodiff reads 1")]
    Version(u64),
    /// A rule that this program doesn't have.
    #[error("names the rule `{0}`, which this version of protodiff does not know")]
    Rule(String),
    /// It says SYNC, and has what contradicts it.
    #[error("says {verdict}, and {why}")]
    Contradiction {
        /// What it says.
        verdict: &'static str,
        /// What it has.
        why: &'static str,
    },
}

#[derive(Deserialize)]
struct Head {
    schema_version: u64,
}

#[derive(Deserialize)]
struct Document {
    verdict: Verdict,
    perspective: Option<String>,
    fail_on: Option<String>,
    workloads: Vec<Workload>,
    findings: Vec<Finding>,
    #[serde(default)]
    ignored: Vec<Ignored>,
    fixed: Option<Vec<Finding>>,
    #[serde(default)]
    truths: Vec<Truth>,
    baseline: Option<Truth>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct Workload {
    namespace: String,
    kind: String,
    name: String,
    module: String,
    verdict: Verdict,
    reason: Option<ReasonForm>,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    images: Vec<String>,
    #[serde(default)]
    digests: Vec<String>,
    #[serde(default)]
    template: String,
    verdict: Verdict,
    common: Vec<String>,
    live_only: Vec<String>,
    truth_only: Vec<String>,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    pod: String,
    port: Option<u16>,
    port_from: Option<String>,
    verdict: Verdict,
    #[serde(default)]
    reasons: Vec<ReasonForm>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct ReasonForm {
    kind: ReasonKind,
    message: String,
    #[serde(default)]
    hint: String,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    level: Level,
    default_level: Option<Level>,
    subject: String,
    message: String,
    methods: Vec<Method>,
    live: Option<String>,
    truth: Option<String>,
    location: Option<Location>,
    workloads: Vec<String>,
    pods: usize,
    fingerprint: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Ignored {
    rule: String,
    level: Level,
    subject: String,
    message: String,
    reason: String,
    until: Option<jiff::civil::Date>,
    by: String,
    origin: String,
    workloads: Vec<String>,
    pods: usize,
    fingerprint: String,
}

#[derive(Deserialize)]
struct Method {
    name: String,
    direction: Direction,
}

#[derive(Deserialize)]
struct Location {
    file: String,
    line: u32,
}

#[derive(Deserialize)]
struct Truth {
    source: String,
    resolved: String,
}

/// The report that a JSON text of version 1 holds. Ignores that have become idle are not read back.
///
/// # Errors
/// It is no such text, or contradicts itself.
pub fn read(text: &[u8]) -> Result<Report, ReadError> {
    let head: Head = serde_json::from_slice(text)?;
    if head.schema_version != 1 {
        return Err(ReadError::Version(head.schema_version));
    }
    let document: Document = serde_json::from_slice(text)?;
    let perspective = match document.perspective.as_deref() {
        Some("before-rollout") => Perspective::Before,
        _ => Perspective::After,
    };
    let findings = |list: Vec<Finding>| {
        list.into_iter()
            .map(|found| found.reported(perspective))
            .collect::<Result<Vec<_>, _>>()
    };
    let fixed = findings(document.fixed.unwrap_or_default())?;
    let report = Report {
        verdict: document.verdict,
        fail_on: document
            .fail_on
            .and_then(|level| level.parse::<FailOn>().ok())
            .unwrap_or_default(),
        perspective,
        workloads: document
            .workloads
            .into_iter()
            .map(Workload::reported)
            .collect(),
        findings: findings(document.findings)?,
        ignored: document
            .ignored
            .into_iter()
            .map(|ignored| ignored.reported(perspective))
            .collect::<Result<_, _>>()?,
        baseline: document.baseline.map(|truth| Baseline {
            truth: truth.used(),
            fixed,
        }),
        stale_ignores: Vec::new(),
        truths: document.truths.into_iter().map(Truth::used).collect(),
        notes: document.notes,
        timing: Timing::default(),
    };
    consistent(&report)?;
    Ok(report)
}

/// A report that says SYNC must not hide that something was not verified, or nothing was.
fn consistent(report: &Report) -> Result<(), ReadError> {
    let worst = report
        .workloads
        .iter()
        .map(|workload| workload.verdict)
        .max();
    let why = if worst != Some(report.verdict) && worst.is_some() {
        "its workloads have another verdict"
    } else if worst.is_none() && report.verdict != Verdict::Unknown {
        "it has no workload"
    } else if report.verdict == Verdict::Sync && report.summary().services_compared == 0 {
        "no service was compared"
    } else if report.verdict != Verdict::Mismatch
        && report.findings.iter().any(|found| fails(report, found))
    {
        "it has findings that fail"
    } else {
        return Ok(());
    };
    Err(ReadError::Contradiction {
        verdict: report.verdict.as_str(),
        why,
    })
}

/// Whether a finding reaches the threshold. Those of level `info` are left out: that a service is on
/// one side only counts for no threshold.
fn fails(report: &Report, found: &ReportedFinding) -> bool {
    let level = found.finding.level;
    level > Level::Info
        && report.fail_on.reached_by(level)
        && found.status != Some(Status::Existing)
}

impl Workload {
    fn reported(self) -> WorkloadReport {
        let versions: Vec<VersionReport> =
            self.versions.into_iter().map(Version::reported).collect();
        let reason = self.reason.map(ReasonForm::reported);
        // The reason of a single pod is repeated here; it stays with its pod.
        let of_pod = |reason: &Reason| {
            versions
                .iter()
                .flat_map(|version| &version.pods)
                .any(|pod| pod.reasons.contains(reason))
        };
        WorkloadReport {
            namespace: self.namespace,
            kind: self.kind,
            name: self.name,
            module: self.module,
            verdict: self.verdict,
            reasons: reason
                .into_iter()
                .filter(|reason| !of_pod(reason))
                .collect(),
            versions,
        }
    }
}

impl Version {
    fn reported(self) -> VersionReport {
        VersionReport {
            images: self.images,
            digests: self.digests,
            template: self.template,
            pods: self.endpoints.into_iter().map(Endpoint::reported).collect(),
            verdict: self.verdict,
            common: self.common.into_iter().collect(),
            live_only: self.live_only.into_iter().collect(),
            truth_only: self.truth_only.into_iter().collect(),
        }
    }
}

impl Endpoint {
    fn reported(self) -> PodReport {
        PodReport {
            name: self.pod,
            port: self.port.zip(self.port_from),
            verdict: self.verdict,
            reasons: self.reasons.into_iter().map(ReasonForm::reported).collect(),
            notes: self.notes,
        }
    }
}

impl ReasonForm {
    fn reported(self) -> Reason {
        Reason {
            kind: self.kind,
            message: self.message,
            hint: self.hint,
        }
    }
}

fn rule(id: &str) -> Result<&'static Rule, ReadError> {
    Rule::named(id).ok_or_else(|| ReadError::Rule(id.to_owned()))
}

impl Finding {
    fn reported(self, perspective: Perspective) -> Result<ReportedFinding, ReadError> {
        let rule = rule(&self.rule)?;
        Ok(ReportedFinding {
            finding: Judged {
                rule: rule.id,
                level: self.level,
                default_level: self.default_level,
                subject: self.subject,
                message: self.message,
                hint: rule.fix(perspective),
                methods: self
                    .methods
                    .into_iter()
                    .map(|method| MethodReach {
                        name: method.name,
                        direction: method.direction,
                    })
                    .collect(),
                live: self.live,
                truth: self.truth,
                location: self.location.map(|at| Place {
                    file: at.file.into(),
                    line: at.line,
                }),
                counts: true,
                expected: false,
                fingerprint: self.fingerprint,
            },
            workloads: self.workloads,
            pods: self.pods,
            status: self.status,
        })
    }
}

impl Ignored {
    fn reported(self, perspective: Perspective) -> Result<IgnoredFinding, ReadError> {
        let why = Why {
            by: if self.by == By::BufYaml.as_str() {
                By::BufYaml
            } else {
                By::Policy
            },
            reason: self.reason,
            until: self.until,
            origin: self.origin,
        };
        let found = Finding {
            rule: self.rule,
            level: self.level,
            default_level: None,
            subject: self.subject,
            message: self.message,
            methods: Vec::new(),
            live: None,
            truth: None,
            location: None,
            workloads: self.workloads,
            pods: self.pods,
            fingerprint: self.fingerprint,
            status: None,
        };
        Ok(IgnoredFinding {
            found: found.reported(perspective)?,
            why,
        })
    }
}

impl Truth {
    fn used(self) -> TruthUsed {
        TruthUsed {
            source: self.source,
            resolved: self.resolved,
        }
    }
}
