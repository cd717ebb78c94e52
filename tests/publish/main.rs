//! What is published, and how: saved reports, and (see the modules) GitHub.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod saved;
