//! Which pods and endpoints to ask: lists pods, groups them into workloads and versions, chooses
//! ports, and waits for rollouts.
//!
//! [`pods`] answers the queries of a scan with [`Target`]s and with [`Gap`]s for what could not be
//! verified; [`rollout::wait`] comes before it; [`pod`] and [`static_target`] name a single target.
//! Talks to the API server through `kubernetes`, and hands plain `core` values over.

mod error;
mod gaps;
mod grpc_services;
mod list;
mod mapping;
mod ports;
pub mod rollout;
mod rollout_status;
mod scope;
mod selector;
mod single;
mod survey;
#[cfg(test)]
mod tests;
mod workload;

use crate::core::observation::Reason;
use crate::core::target::{Target, WorkloadRef};

pub use error::DiscoverError;
pub use mapping::config_map;
pub use selector::check as check_selector;
pub use single::{pod, static_target};
pub use survey::pods;

/// What a scan will ask, and what it cannot.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// Pods to ask, sorted by workload and name.
    pub targets: Vec<Target>,
    /// What could not be verified.
    pub gaps: Vec<Gap>,
    /// What a reader should know, each once.
    pub notes: Vec<String>,
}

/// Something that was asked for and cannot be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Index of the configuration's `workloads` entry; `None` for the command line.
    pub entry: Option<usize>,
    /// The workload, if it is known.
    pub workload: Option<WorkloadRef>,
    /// The query, in words.
    pub query: String,
    /// Why, and what to do.
    pub reason: Reason,
}
