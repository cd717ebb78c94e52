//! Scans through a real API server: pods of every kind of server, both roads, rollouts, rights, and
//! which truth each pod is held against.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout
)]

mod annotations;
#[path = "../cluster/bed/mod.rs"]
mod bed;
mod broken_truths;
mod documents;
#[path = "../support/executable.rs"]
mod executable;
mod gitlab;
mod hanging;
mod many;
mod mapping;
mod mapping_sources;
mod place;
#[path = "../support/registry.rs"]
mod registry;
mod rights;
mod roads;
mod rollouts;
#[path = "../support/scan.rs"]
mod scan;
#[path = "../support/servers.rs"]
mod servers;
#[path = "../support/tonic_server.rs"]
mod tonic_server;
#[path = "../support/tools.rs"]
mod tools;
mod truths;

use std::path::Path;

use serde_json::Value;

use bed::TestBed;
use bed::pods::{ContainerPlan, PodPlan};

/// The port on which all fixtures serve.
pub const PORT: u16 = 50051;

/// A container that declares its gRPC port by name.
pub fn app(image: &str) -> ContainerPlan {
    ContainerPlan::new("app", image).port("grpc", PORT)
}

/// A bare pod labelled `app=NAME`.
pub fn pod(namespace: &str, name: &str) -> PodPlan {
    PodPlan::new(namespace, name)
        .label("app", name)
        .container(app("registry.test/app:1"))
}

/// What a scan through the API server said.
pub struct Scanned {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Scanned {
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "no report ({error}), exit {}: {}{}",
                self.code, self.stdout, self.stderr
            )
        })
    }

    /// The report without what differs from run to run.
    pub fn timeless(&self) -> Value {
        let mut report = self.report();
        report.as_object_mut().unwrap().remove("timing");
        report
    }

    /// The workload of that name.
    pub fn workload(&self, name: &str) -> Value {
        let report = self.report();
        let workloads = report["workloads"].as_array().unwrap();
        workloads
            .iter()
            .find(|workload| workload["name"] == name)
            .unwrap_or_else(|| panic!("no workload {name} in {report:#}"))
            .clone()
    }
}

/// Runs `protodiff scan … --format json` with a kubeconfig.
pub fn scan_with(kubeconfig: &Path, args: &[&str]) -> Scanned {
    let kubeconfig = kubeconfig.to_str().unwrap();
    let mut all = vec!["scan", "--kubeconfig", kubeconfig, "--format", "json"];
    all.extend(args);
    let (output, _) = scan::run(&all);
    Scanned {
        code: output.status.code().expect("the scan was killed"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The same as the bed's administrator.
pub fn scan(args: &[&str]) -> Scanned {
    scan_with(TestBed::start().kubeconfig(), args)
}
