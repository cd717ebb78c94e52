//! Where in a repository a finding is shown, for the forms that need a place for each entry.
//! [`Places`] is the entry.
//!
//! A finding without a place of its own is shown at its truth, if that lies in the working
//! directory, and else at the configuration; [`Place::stand_in`] says that it is no more than that.

use std::collections::BTreeMap;

use super::workload_name;
use crate::core::report::{Report, ReportedFinding};
use crate::core::source::Source;

/// The file that names truths, and that is the place of last resort.
const CONFIGURATION: &str = ".protodiff.yaml";

/// A place in a repository.
pub(super) struct Place {
    /// Relative to the working directory where possible, with `/`.
    pub(super) path: String,
    /// Counted from 1.
    pub(super) line: u32,
    /// If nothing declares it there: what this place is instead.
    pub(super) stand_in: Option<&'static str>,
}

/// The places of a report's findings.
pub(super) struct Places<'a> {
    /// The truth of each workload.
    modules: BTreeMap<String, &'a str>,
}

impl<'a> Places<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let modules = report
            .workloads
            .iter()
            .map(|workload| (workload_name(workload), workload.module.as_str()))
            .collect();
        Self { modules }
    }

    /// Where the truth declares it, or a stand-in.
    pub(super) fn of(&self, found: &ReportedFinding) -> Place {
        if let Some(at) = &found.finding.location {
            return Place {
                path: tidy(&at.file),
                line: at.line.max(1),
                stand_in: None,
            };
        }
        let module = found
            .workloads
            .iter()
            .find_map(|name| self.modules.get(name));
        Self::of_module(module.copied().unwrap_or_default())
    }

    /// The truth as a whole, or a stand-in.
    pub(super) fn of_module(module: &str) -> Place {
        let path = match Source::parse(module, |_| false) {
            Ok(Source::Directory(path) | Source::ProtoFile(path) | Source::Image(path)) => {
                tidy(&path.to_string_lossy())
            }
            _ => String::new(),
        };
        if path.is_empty() || path == "." {
            return Place {
                path: CONFIGURATION.to_owned(),
                line: 1,
                stand_in: Some(
                    "no file of the repository declares this; shown at the configuration",
                ),
            };
        }
        Place {
            path,
            line: 1,
            stand_in: Some("no line of the truth declares this; shown at the truth as a whole"),
        }
    }
}

/// Without `./` before it or `/` after it, which readers of reports do not take.
fn tidy(path: &str) -> String {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    if path.len() > 1 {
        path = path.trim_end_matches('/');
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truth_stands_in_where_it_lies_in_the_repository() {
        for (module, path) in [
            ("proto", "proto"),
            ("./proto/", "proto"),
            ("shop.binpb", "shop.binpb"),
            (".", ".protodiff.yaml"),
            ("./", ".protodiff.yaml"),
            ("", ".protodiff.yaml"),
            ("-", ".protodiff.yaml"),
            ("git:main:proto", ".protodiff.yaml"),
            ("buf.build/acme/payment", ".protodiff.yaml"),
            ("grpc://localhost:1", ".protodiff.yaml"),
        ] {
            assert_eq!(Places::of_module(module).path, path, "{module}");
            assert!(Places::of_module(module).stand_in.is_some());
        }
    }
}
