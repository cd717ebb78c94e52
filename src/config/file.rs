//! `.protodiff.yaml`: its form, and errors that point at line and key.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ConfigError;
use super::policy::PolicySection;
use crate::core::selection::{PortSpec, WorkloadName};

/// The largest configuration that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Version of the form; 1.
    pub version: u32,
    /// Default truth, a SOURCE relative to the file's folder.
    pub module: Option<String>,
    /// Workloads with a truth, a port or expectations of their own. They select pods: a static
    /// endpoint belongs to none of them.
    #[serde(default)]
    pub workloads: Vec<Entry>,
    /// How to judge.
    #[serde(default)]
    pub policy: PolicySection,
}

/// One workload.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name for messages; without a selector also the value of the label `app`.
    pub name: String,
    /// Label selector.
    pub selector: Option<String>,
    /// Name of a Deployment.
    pub deployment: Option<String>,
    /// Name of a `StatefulSet`.
    pub statefulset: Option<String>,
    /// Name of a `DaemonSet`.
    pub daemonset: Option<String>,
    /// Name of an Argo Rollout.
    pub rollout: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Truth for this workload.
    pub module: Option<String>,
    /// gRPC port, by number or name.
    pub port: Option<PortValue>,
    /// Compare only services that match one of these globs.
    #[serde(default)]
    pub services: Vec<String>,
    /// Services that must be served.
    #[serde(default)]
    pub expect: Vec<String>,
}

/// A port in YAML: a number or a string.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum PortValue {
    /// `50051`
    Number(u64),
    /// `grpc`
    Name(String),
}

impl ConfigFile {
    /// Reads `path`; `Ok(None)` if the default file is not there.
    ///
    /// # Errors
    /// A file that cannot be read or is not of the form; the message has path, line and key.
    pub fn read(path: Option<&Path>) -> Result<Option<(PathBuf, Self)>, ConfigError> {
        let default = Path::new(".protodiff.yaml");
        let (path, named) = path.map_or((default, false), |path| (path, true));
        let shown = path.display();
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => {
                return Ok(None);
            }
            Err(error) => {
                return Err(ConfigError::new(
                    format!("{shown}: {error}"),
                    "Name an existing file with --config.",
                ));
            }
            Ok(meta) if meta.len() > MAX_BYTES => {
                return Err(ConfigError::new(
                    format!("{shown}: larger than 1 MiB"),
                    "This is no configuration of protodiff.",
                ));
            }
            Ok(_) => {}
        }
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError::new(
                format!("{shown}: {error}"),
                "Name a readable UTF-8 file with --config.",
            )
        })?;
        Self::parse(&text, path).map(|file| Some((path.to_owned(), file)))
    }

    /// Parses the text of `path`.
    ///
    /// # Errors
    /// As [`ConfigFile::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let file: Self = serde_saphyr::from_str(text).map_err(|error| {
            let error = error.without_snippet();
            let mut place = error.location().map_or(String::new(), |at| {
                format!(":{}:{}", at.line(), at.column())
            });
            let cause = error.to_string();
            // The parser may repeat the position at the end of its message.
            let cause = cause.split(" at line ").next().unwrap_or(&cause);
            if let Some(key) = error.location().and_then(|at| key_at(text, at.line()))
                && !cause.contains(key)
            {
                place = format!("{place}: `{key}`");
            }
            ConfigError::new(format!("{}{place}: {cause}", path.display()), advice(cause))
        })?;
        if file.version != 1 {
            return Err(ConfigError::new(
                format!(
                    "{}: version {} is not supported",
                    path.display(),
                    file.version
                ),
                "Write `version: 1`.",
            ));
        }
        Ok(file)
    }
}

impl Entry {
    /// The workload that the entry names, if it does so by kind.
    ///
    /// # Errors
    /// More than one of `selector`, `deployment`, `statefulset`, `daemonset`, `rollout`.
    pub fn workload(&self) -> Result<Option<WorkloadName>, ConfigError> {
        let named: Vec<(&str, &String)> = [
            ("Deployment", &self.deployment),
            ("StatefulSet", &self.statefulset),
            ("DaemonSet", &self.daemonset),
            ("Rollout", &self.rollout),
        ]
        .into_iter()
        .filter_map(|(kind, name)| name.as_ref().map(|name| (kind, name)))
        .collect();
        if named.len() + usize::from(self.selector.is_some()) > 1 {
            return Err(ConfigError::new(
                format!(
                    "workload `{}` in the configuration is selected in more than one way",
                    self.name
                ),
                "Keep one of selector, deployment, statefulset, daemonset and rollout.",
            ));
        }
        Ok(named.first().map(|(kind, name)| WorkloadName {
            kind: (*kind).to_owned(),
            name: (*name).clone(),
        }))
    }

    /// The port, checked.
    ///
    /// # Errors
    /// What is no port.
    pub fn port(&self) -> Result<Option<PortSpec>, ConfigError> {
        let text = match &self.port {
            None => return Ok(None),
            Some(PortValue::Number(number)) => number.to_string(),
            Some(PortValue::Name(name)) => name.clone(),
        };
        text.parse().map(Some).map_err(|error: String| {
            ConfigError::new(
                format!(
                    "workload `{}` in the configuration: port {error}",
                    self.name
                ),
                "Write a number from 1 to 65535, or the name of a container port.",
            )
        })
    }
}

/// The key that stands on a line, counted from 1.
fn key_at(text: &str, line: u64) -> Option<&str> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let (key, _) = text.lines().nth(index)?.split_once(':')?;
    let key = key.trim_start_matches([' ', '-', '{', '[']).trim_end();
    (!key.is_empty()).then_some(key)
}

/// For an unknown key, the known one that it is nearest to.
fn advice(cause: &str) -> String {
    let unknown = cause
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once("`, expected "));
    let nearest = unknown.and_then(|(unknown, known)| {
        known
            .trim_start_matches("one of ")
            .split(", ")
            .map(|key| (strsim::jaro_winkler(unknown, key), key))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
    });
    match nearest {
        Some((_, key)) => format!("Did you mean `{key}`?"),
        None => "See the section on configuration in the README.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        ConfigFile::parse(text, Path::new("p.yaml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn mistakes_have_line_and_key() {
        let unknown = error("version: 1\nworkloads:\n  - name: a\n    selektor: app=a\n");
        assert!(
            unknown.starts_with("p.yaml:4:") && unknown.contains("selektor"),
            "{unknown}"
        );
        let wrong_type = error("version: 1\nworkloads:\n  - name: a\n    expect: {}\n");
        assert!(wrong_type.starts_with("p.yaml:4:"), "{wrong_type}");
        let syntax = error("version: 1\n  workloads: [\n");
        assert!(syntax.starts_with("p.yaml:"), "{syntax}");
        assert!(error("version: 2\n").contains("version 2"));
        assert!(error("module: proto\n").contains("version"));
    }

    #[test]
    fn a_workload_is_selected_in_one_way() {
        let file = ConfigFile::parse(
            "version: 1\nworkloads:\n  - {name: a, deployment: a, selector: app=a}\n",
            Path::new("p.yaml"),
        )
        .unwrap();
        assert!(file.workloads[0].workload().is_err());
    }
}
