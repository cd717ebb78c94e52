//! What a report is made of: [`Inputs`], the outcome of each pod and what could not be asked.
//!
//! The pipeline gathers them, `core::assemble` judges them.

use std::sync::Arc;

use crate::core::compare::Comparison;
use crate::core::level::FailOn;
use crate::core::observation::Reason;
use crate::core::perspective::Perspective;
use crate::core::policy::Policy;
use crate::core::report::TruthUsed;
use crate::core::target::{Target, WorkloadRef};
use crate::core::truth::BufBreaking;

/// What came of one pod or endpoint.
#[derive(Debug)]
pub struct PodResult {
    /// What was asked.
    pub target: Target,
    /// The truth it is held against, as written.
    pub module: String,
    /// The port that answered, and why it was chosen.
    pub port: Option<(u16, String)>,
    /// The comparison, or why there is none.
    pub outcome: Result<Compared, Reason>,
}

/// A pod whose schema was read and compared.
#[derive(Debug, Default)]
pub struct Compared {
    /// Shared by all pods with the same schema, truth and filters.
    pub comparison: Arc<Comparison>,
    /// Listed services that did not resolve, with the server's words.
    pub unresolved: Vec<(String, String)>,
    /// Services that the configuration expects.
    pub expect: Vec<String>,
    /// What had to be tolerated.
    pub notes: Vec<String>,
    /// The `breaking` section of its truth's `buf.yaml`.
    pub breaking: Option<Arc<BufBreaking>>,
    /// The same schema held against the baseline, where one was given for this truth.
    pub baseline: Option<AgainstBaseline>,
}

/// A pod's schema held against the truth as it was before the change.
#[derive(Debug)]
pub struct AgainstBaseline {
    /// Shared like the comparison with the truth.
    pub comparison: Arc<Comparison>,
    /// The `breaking` section of the baseline's `buf.yaml`.
    pub breaking: Option<Arc<BufBreaking>>,
}

/// A selection that gave no pod, or none that runs.
#[derive(Debug)]
pub struct Gap {
    /// The workload, or `Selection` and the question.
    pub workload: WorkloadRef,
    /// The truth it would have been held against.
    pub module: String,
    /// Why there is nothing.
    pub reason: Reason,
}

/// Everything that a report is made of.
#[derive(Debug, Default)]
pub struct Inputs {
    /// One per target.
    pub pods: Vec<PodResult>,
    /// What could not be asked.
    pub gaps: Vec<Gap>,
    /// The truths, in order of first use.
    pub truths: Vec<TruthUsed>,
    /// Notes on the scan as a whole.
    pub notes: Vec<String>,
    /// The threshold.
    pub fail_on: FailOn,
    /// Which side is the server.
    pub perspective: Perspective,
    /// Levels and ignores.
    pub policy: Policy,
    /// The baseline, if one was given.
    pub baseline: Option<TruthUsed>,
}
