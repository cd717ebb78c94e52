//! The API server client: making it, and naming what the API server refuses.
//!
//! [`client`] turns a kubeconfig or the service account of the pod that this runs in into a
//! [`Cluster`]; [`describe`] turns a failed call into a [`ClusterError`] with object, cause and
//! help. A kind cluster is reached over the docker socket, see `kind.rs`. Both `connect` (port-forward) and `discover` (lists) use this room; it knows neither.

mod action;
mod cause;
mod client;
mod container;
mod errors;
mod kind;
mod kubeconfig;

pub use action::{Action, role_rule};
pub use client::{Cluster, ClusterOptions, client};
pub use errors::{ClusterError, ClusterErrorKind, describe};
