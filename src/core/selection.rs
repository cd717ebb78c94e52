//! Which pods a scan asks for: the plain form of `-n`, `-A`, `-l`, `--workload`, `--port` and of
//! the `workloads` section of `.protodiff.yaml`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The namespaces to look in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Namespaces {
    /// The namespace of the kubeconfig's context (or of the pod that this runs in).
    #[default]
    Context,
    /// All of them (`-A`).
    All,
    /// These; never empty.
    Named(Vec<String>),
}

/// A port by number or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortSpec {
    /// TCP port number.
    Number(u16),
    /// Name of a container port.
    Name(String),
}

impl FromStr for PortSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().all(|c| c.is_ascii_digit()) && !text.is_empty() {
            return match text.parse::<u16>() {
                Ok(port) if port != 0 => Ok(Self::Number(port)),
                _ => Err(format!(
                    "`{text}` is not a port; expected a number from 1 to 65535 or the name of a container port"
                )),
            };
        }
        let named = !text.is_empty()
            && text.len() <= 63
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if named {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is not a port; expected a number from 1 to 65535 or the name of a container port"
            ))
        }
    }
}

impl fmt::Display for PortSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(port) => write!(f, "{port}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Whether a text is a value that a Kubernetes label can have, the empty one left out.
pub fn is_label_value(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().last())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// A workload as `--workload KIND/NAME` names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkloadName {
    /// The Kubernetes kind in its canonical spelling: `Deployment`, `StatefulSet`, `DaemonSet`,
    /// `Rollout`, `ReplicaSet`, `Job`, `Pod`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// Kinds that own pods, with the short forms that kubectl knows.
const KINDS: [(&str, &[&str]); 7] = [
    ("Deployment", &["deployment", "deployments", "deploy"]),
    ("StatefulSet", &["statefulset", "statefulsets", "sts"]),
    ("DaemonSet", &["daemonset", "daemonsets", "ds"]),
    ("Rollout", &["rollout", "rollouts", "ro"]),
    ("ReplicaSet", &["replicaset", "replicasets", "rs"]),
    ("Job", &["job", "jobs"]),
    ("Pod", &["pod", "pods", "po"]),
];

impl FromStr for WorkloadName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = text
            .split_once('/')
            .filter(|(_, name)| !name.is_empty() && !name.contains('/'))
            .ok_or_else(|| {
                format!("`{text}`: expected KIND/NAME, for example deployment/payment")
            })?;
        let lower = kind.to_ascii_lowercase();
        let kind = KINDS
            .iter()
            .find(|(_, forms)| forms.contains(&lower.as_str()))
            .map(|(kind, _)| *kind)
            .ok_or_else(|| {
                format!("`{kind}` owns no pods that protodiff knows; expected deployment, statefulset, daemonset, rollout, replicaset, job or pod")
            })?;
        Ok(Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for WorkloadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// One question to the API server: these pods, please.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodQuery {
    /// Index of the configuration entry that this stands for; `None` for the command line.
    pub entry: Option<usize>,
    /// Where to look.
    pub namespaces: Namespaces,
    /// A label selector in kubectl's notation.
    pub labels: Option<String>,
    /// Only pods of these workloads; all if empty.
    pub workloads: Vec<WorkloadName>,
    /// Overrides the choice of port, except a pod's own annotation.
    pub port: Option<PortSpec>,
    /// Whether it is well that nothing matches.
    pub optional: bool,
}

/// Where a mapping of services to modules is: `FILE` or `configmap/NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingPlace {
    /// A YAML file.
    File(PathBuf),
    /// A ConfigMap in the cluster.
    ConfigMap {
        /// Kubernetes namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl FromStr for MappingPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = ["configmap/", "configmaps/", "cm/"]
            .iter()
            .find_map(|kind| text.strip_prefix(kind))
        else {
            return Ok(Self::File(PathBuf::from(text)));
        };
        let is_name = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
        };
        match rest.split_once('/') {
            Some((namespace, name)) if is_name(namespace) && is_name(name) => Ok(Self::ConfigMap {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(format!(
                "`{text}`: expected configmap/NAMESPACE/NAME, for example configmap/protodiff-system/protodiff-mapping"
            )),
        }
    }
}

impl fmt::Display for PodQuery {
    /// For messages: "selector `app=x` in namespace `y`".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.labels, self.workloads.as_slice()) {
            (Some(labels), []) => write!(f, "selector `{labels}`")?,
            (None, []) => write!(f, "all pods")?,
            (labels, workloads) => {
                let names: Vec<String> = workloads.iter().map(ToString::to_string).collect();
                write!(f, "workload {}", names.join(", "))?;
                if let Some(labels) = labels {
                    write!(f, " with selector `{labels}`")?;
                }
            }
        }
        match &self.namespaces {
            Namespaces::Context => write!(f, " in the context's namespace"),
            Namespaces::All => write!(f, " in all namespaces"),
            Namespaces::Named(names) if names.len() == 1 => {
                write!(f, " in namespace `{}`", names[0])
            }
            Namespaces::Named(names) => write!(f, " in namespaces `{}`", names.join("`, `")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_take_kubectl_short_forms() {
        let name: WorkloadName = "deploy/payment".parse().unwrap();
        assert_eq!(name.to_string(), "Deployment/payment");
        assert!(
            "payment"
                .parse::<WorkloadName>()
                .unwrap_err()
                .contains("KIND/NAME")
        );
        assert!(
            "svc/payment"
                .parse::<WorkloadName>()
                .unwrap_err()
                .contains("`svc`")
        );
    }

    #[test]
    fn a_mapping_is_a_file_or_a_config_map() {
        assert_eq!(
            "configmap/a/b".parse(),
            Ok(MappingPlace::ConfigMap {
                namespace: "a".into(),
                name: "b".into()
            })
        );
        assert_eq!("m.yaml".parse(), Ok(MappingPlace::File("m.yaml".into())));
        assert!("configmap/b".parse::<MappingPlace>().is_err());
        assert!("cm/a/../b".parse::<MappingPlace>().is_err());
    }

    #[test]
    fn ports_are_numbers_or_names() {
        assert_eq!("50051".parse(), Ok(PortSpec::Number(50051)));
        assert_eq!("grpc-web".parse(), Ok(PortSpec::Name("grpc-web".into())));
        assert!("70000".parse::<PortSpec>().is_err());
        assert!("A b".parse::<PortSpec>().is_err());
    }
}
