//! `protodiff demo`: the whole scan against embedded gRPC servers on loopback.
//!
//! Nothing is simulated: the truth is a protobuf module on disk, the servers are real ones with
//! real reflection, and the scan is the one that `protodiff scan` runs.

mod servers;

use std::net::SocketAddr;
use std::path::Path;

use crate::cli::{self, Command};
use crate::config::Thresholds;
use crate::core::report::Report;
use crate::pipeline::progress::Progress;
use crate::pipeline::{RunError, scan};

/// The module that clients are built from.
const TRUTH: &str = include_str!("truth/shop/orders/v1/orders.proto");

/// The same module as an older build serves it.
const DRIFTED: &str = include_str!("drifted/shop/orders/v1/orders.proto");

/// Where the file lies in its module.
const FILE: &str = "shop/orders/v1/orders.proto";

/// What a demo gives.
#[derive(Debug)]
pub struct Demo {
    /// The report of the scan.
    pub report: Report,
    /// The thresholds it was judged by.
    pub thresholds: Thresholds,
    /// The servers, with a word on each.
    pub servers: Vec<(SocketAddr, &'static str)>,
    /// The scan's command line, as a user would write it.
    pub command: String,
}

/// Starts the servers, scans them, and stops them.
///
/// # Errors
/// No loopback port or temporary folder is to be had, or the scan fails.
pub async fn demo(progress: &dyn Progress) -> Result<Demo, RunError> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| RunError::Demo(format!("the demo's {what}: {error}"))
    };
    let folder = tempfile::Builder::new()
        .prefix("protodiff-demo-")
        .tempdir()
        .map_err(failed("temporary folder"))?;
    let truth = folder.path().join("proto");
    let drifted = folder.path().join("older");
    write_module(&truth, TRUTH).map_err(failed("module"))?;
    write_module(&drifted, DRIFTED).map_err(failed("module"))?;
    let servers = vec![
        (
            servers::with_reflection(&truth).await?,
            "in sync: built from the module",
        ),
        (
            servers::with_reflection(&drifted).await?,
            "drifted: an older build, without CancelOrder and note",
        ),
        (
            servers::without_reflection().await?,
            "a gRPC server without reflection",
        ),
    ];
    let mut words = vec![
        "protodiff".to_owned(),
        "scan".to_owned(),
        truth.display().to_string(),
    ];
    for (address, _) in &servers {
        words.extend(["--target".to_owned(), format!("grpc://{address}")]);
    }
    let command = words.join(" ");
    // A configuration in the current folder must not change what the demo shows.
    let config = folder.path().join("protodiff.yaml");
    std::fs::write(&config, "version: 1\n").map_err(failed("configuration"))?;
    words.extend(["--config".to_owned(), config.display().to_string()]);
    let (report, thresholds) = scan_with(&words, progress).await?;
    Ok(Demo {
        report,
        thresholds,
        servers,
        command,
    })
}

async fn scan_with(
    words: &[String],
    progress: &dyn Progress,
) -> Result<(Report, Thresholds), RunError> {
    let cli =
        cli::parse_without_environment(words).map_err(|error| RunError::Demo(error.to_string()))?;
    match cli.command {
        Command::Scan(args) => scan::scan(&args, progress).await,
        _ => Err(RunError::Demo(
            "the demo's command line is no scan".to_owned(),
        )),
    }
}

fn write_module(root: &Path, text: &str) -> std::io::Result<()> {
    let path = root.join(FILE);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(root.join("buf.yaml"), "version: v2\n")?;
    std::fs::write(path, text)
}
