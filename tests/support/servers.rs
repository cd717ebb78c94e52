//! Starts the servers of `tests/fixtures/servers`. Included by test targets with `#[path]`.
//!
//! [`start`] is the entry. The first call builds the servers, which takes minutes once and nothing
//! afterwards; a server ends when its [`Server`] is dropped.

#[path = "built.rs"]
#[allow(clippy::duplicate_mod, reason = "each of these stands alone")]
mod built;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A JVM on a loaded machine takes its time.
const START: Duration = Duration::from_mins(1);

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// The folder with the built servers.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| built::folder("tests/fixtures/servers/build.sh", "server"))
}

/// Starts a server on a free port of 127.0.0.1, and waits until it listens.
pub(crate) fn start(stack: &str, args: &[&str]) -> Server {
    start_at(stack, "127.0.0.1:0", args)
}

/// Starts one Go server that listens on the same port of so many addresses, from `first` on.
pub(crate) fn start_many(first: &str, count: usize, args: &[&str]) -> Server {
    let count = count.to_string();
    let mut all = vec!["--address-count", count.as_str()];
    all.extend(args);
    start_at("go", first, &all)
}

/// Starts a server on this address, and waits until it listens.
pub(crate) fn start_at(stack: &str, listen: &str, args: &[&str]) -> Server {
    let mut process = Command::new(folder().join("run"))
        .args([stack, "--listen", listen])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let Some(address) = line.strip_prefix("listening on ") else {
                continue;
            };
            // Later lines are read too, so that the server never waits for a reader.
            let _ = sender.send(address.to_owned());
        }
    });
    let mut server = Server {
        process,
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
    };
    let address = receiver
        .recv_timeout(START)
        .unwrap_or_else(|error| panic!("{stack} {args:?} did not start to listen: {error}"));
    server.address = address.parse().unwrap();
    server
}

impl Server {
    /// As a target of a scan.
    pub(crate) fn url(&self) -> String {
        format!("grpc://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
