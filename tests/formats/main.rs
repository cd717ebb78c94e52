//! The report in the formats of others, held against their own judges: the JSON schema of SARIF,
//! the XML schema of JUnit, and a browser with an accessibility checker; and against what an enemy
//! could name a thing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod command_line;
mod gitlab;
mod hostile;
mod html;
mod judges;
mod junit;
mod reports;
mod sarif;
