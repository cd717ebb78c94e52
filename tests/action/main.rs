//! The GitHub Action and its image, with a real docker engine, and `act` as the runner.
//!
//! Each test that takes an engine runs in namespaces of its own, see `namespace.rs`.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

#[path = "../cluster/bed/mod.rs"]
mod bed;
mod engine;
mod examples;
#[path = "../support/executable.rs"]
mod executable;
mod host;
mod image;
mod in_cluster;
mod inputs;
mod kind;
mod namespace;
mod node;
mod rollouts;
mod runner;
mod workflow;

#[path = "../support/github.rs"]
mod github;
#[path = "../support/servers.rs"]
mod servers;
#[path = "../support/tools.rs"]
mod tools;

/// The module that the test servers serve.
pub const SHOP: &str = "tests/fixtures/modules/shop";

/// The port on which all fixtures serve.
pub const PORT: u16 = 50051;

/// The repository.
pub fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Bytes as checksums are written.
pub fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
