//! A byte stream to a target: direct or through the API server's port-forward, with or without
//! TLS, made into a gRPC channel.
//!
//! The entry type is [`Connector`]. [`ConnStats`] watches the bytes of one connection and says,
//! when a call fails, what the peer really did: the same words whichever road the bytes took.
//! `reflect` uses this room; it uses `kubernetes` and `core`.

mod connector;
mod diagnose;
mod forward;
mod permission;
mod stats;
#[cfg(test)]
mod tests;
mod tls;
mod watched;

pub use connector::{ConnectMode, ConnectOptions, Connected, Connector, Road};
pub use stats::ConnStats;
pub use tls::{TlsOptions, TlsOptionsError};

/// The client that port-forwards need, and how to make it.
pub mod cluster {
    pub use crate::kubernetes::{Cluster, ClusterError, ClusterErrorKind, ClusterOptions, client};
}
