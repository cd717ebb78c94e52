//! The same module served by seven gRPC stacks: each says the same, however its reflection answers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(
    clippy::print_stdout,
    reason = "shown when a test fails: which stack it was"
)]

#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/buf.rs"]
mod buf;
#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/scan.rs"]
mod scan;
#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/servers.rs"]
mod servers;

mod agree;
mod dialects;
mod tonic_server;
mod unreadable;

/// The stacks with a server process of their own; tonic runs in the test's process.
const STACKS: [&str; 6] = ["go", "connect", "python", "node", "java", "cpp"];

/// A server of one stack, as the tests see it.
enum Running {
    Process(servers::Server),
    Tonic(tonic_server::Server),
}

impl Running {
    fn start(stack: &str, variant: &str) -> Self {
        if stack == "tonic" {
            Self::Tonic(tonic_server::Server::start(variant))
        } else {
            Self::Process(servers::start(stack, &["--variant", variant]))
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Process(server) => server.url(),
            Self::Tonic(server) => server.url(),
        }
    }
}

/// All seven, one after the other.
fn stacks() -> impl Iterator<Item = &'static str> {
    STACKS.into_iter().chain(["tonic"])
}
