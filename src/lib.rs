//! protodiff tells whether the gRPC servers that run on Kubernetes still serve the schema that
//! their clients are built from.
//!
//! The rooms, in the order in which a scan passes through them:
//!
//! ```text
//! cli → config → pipeline:  discover → connect → reflect ┐
//!                                                        ├→ core: compare → judge → report → render → publish
//!                                                  truth ┘
//! ```
//!
//! [`kubernetes`] is the API server client that `discover` and `connect` share.
//! [`pipeline`] is the only room that knows the order; the adapters don't know each other, and
//! [`core`] knows none of them.

pub mod cli;
pub mod config;
pub mod connect;
pub mod core;
pub mod demo;
pub mod discover;
pub mod interrupt;
pub mod kubernetes;
pub mod pipeline;
pub mod progress;
pub mod publish;
pub mod reflect;
pub mod render;
pub mod run;
pub mod truth;
