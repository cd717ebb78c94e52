//! Which module each service is built from, for many services at once: the entries of a ConfigMap
//! (`service: module`), from a file or from the cluster, and a template for the others.
//!
//! [`Mapping`] is the entry. A service is known by its pods' label `app`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{ConfigError, source};
use crate::core::selection::is_label_value;
use crate::core::source::Source;

/// The key, and the environment variable, that hold a template.
const TEMPLATE: &str = "DEFAULT_BSR_TEMPLATE";

/// What stands for the service's name in a template.
const PLACE: &str = "{service}";

/// The largest mapping that is read, in bytes; a ConfigMap cannot be larger.
const MAX_BYTES: u64 = 1 << 20;

/// Services and their modules.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// Where it is from, for messages.
    pub origin: String,
    /// By service, the truth of its pods.
    pub modules: BTreeMap<String, Source>,
    /// For services that are not listed.
    pub template: Option<Template>,
}

/// A module's name with `{service}` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Checks a template.
    ///
    /// # Errors
    /// It has no `{service}`, or gives no module; `origin` says where it is written.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let template = Self(text.trim().to_owned());
        if !template.0.contains(PLACE) {
            return Err(ConfigError::new(
                format!("{origin}: the template `{text}` has no {PLACE}"),
                "Write it as buf.build/acme/{service}.",
            ));
        }
        template.fill("service").map_err(|cause| {
            ConfigError::new(
                format!("{origin}: {cause}"),
                "Write it as buf.build/acme/{service}.",
            )
        })?;
        Ok(template)
    }

    /// The module of a service.
    ///
    /// # Errors
    /// The service's name makes no module's name.
    pub fn fill(&self, service: &str) -> Result<Source, String> {
        named_in_cluster(&self.0.replace(PLACE, service))
    }

    /// The one of the predecessor's environment variable, if that is set.
    pub(super) fn from_environment() -> Result<Option<Self>, ConfigError> {
        std::env::var(TEMPLATE)
            .ok()
            .filter(|text| !text.trim().is_empty())
            .map(|text| Self::parse(&text, &format!("environment variable {TEMPLATE}")))
            .transpose()
    }
}

/// A source that a pod's annotation or a ConfigMap names. What is in the cluster may choose among
/// schemas, and not where this process connects to, or which files it reads outside its folder.
///
/// # Errors
/// What is no source, or none that may be named there.
pub fn named_in_cluster(text: &str) -> Result<Source, String> {
    let parsed = Source::parse(text.trim(), Path::is_dir)?;
    let inside = |path: &Path| {
        path.components().all(|part| {
            matches!(
                part,
                std::path::Component::Normal(_) | std::path::Component::CurDir
            )
        })
    };
    let allowed = match &parsed {
        Source::Registry(_) => true,
        Source::Git { path, .. } => path.as_deref().is_none_or(|path| inside(Path::new(path))),
        // A path that leads nowhere was most likely meant as a module's name.
        Source::Directory(path) | Source::ProtoFile(path) | Source::Image(path) => {
            inside(path) && path.exists()
        }
        Source::Grpc { .. } | Source::Pod { .. } | Source::StandardInput => false,
    };
    if allowed {
        Ok(parsed)
    } else {
        Err(format!(
            "`{}` is no module that can be named there; expected HOST/OWNER/MODULE[:LABEL_OR_COMMIT], git:REV[:PATH], or a path below the working directory",
            text.trim().escape_debug()
        ))
    }
}

/// A mapping's file: a ConfigMap as `kubectl get -o yaml` prints it, or its data alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    ConfigMap {
        #[allow(dead_code)]
        kind: Kind,
        data: Option<BTreeMap<String, String>>,
    },
    Data(BTreeMap<String, String>),
}

#[derive(Deserialize)]
enum Kind {
    ConfigMap,
}

impl Mapping {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no mapping.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let origin = path.display().to_string();
        let wrong = |cause: String| {
            ConfigError::new(
                format!("{origin}: {cause}"),
                "--mapping names a YAML file with lines `service: module`, or a ConfigMap with them as its data.",
            )
        };
        let size = std::fs::metadata(path)
            .map_err(|e| wrong(e.to_string()))?
            .len();
        if size > MAX_BYTES {
            return Err(wrong("larger than 1 MiB".to_owned()));
        }
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        let file: File = serde_saphyr::from_str(&text).map_err(|error| {
            let error = error.without_snippet();
            let place = error
                .location()
                .map_or(String::new(), |at| format!("line {}: ", at.line()));
            wrong(format!("{place}no mapping of services to modules"))
        })?;
        let data = match file {
            File::ConfigMap { data, .. } => data.unwrap_or_default(),
            File::Data(data) => data,
        };
        Self::new(&origin, data, |text| {
            source(text, path.parent()).map_err(|e| e.to_string())
        })
    }

    /// The data of a ConfigMap in the cluster.
    ///
    /// # Errors
    /// An entry that is no service, or no module.
    pub fn of_config_map(
        origin: &str,
        data: BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        Self::new(origin, data, named_in_cluster)
    }

    fn new(
        origin: &str,
        mut data: BTreeMap<String, String>,
        source: impl Fn(&str) -> Result<Source, String>,
    ) -> Result<Self, ConfigError> {
        let template = data
            .remove(TEMPLATE)
            .map(|text| Template::parse(&text, &format!("{origin}: {TEMPLATE}")))
            .transpose()?;
        let mut modules = BTreeMap::new();
        for (service, module) in data {
            let wrong = |cause: String| {
                ConfigError::new(
                    format!("{origin}: `{}`: {cause}", service.escape_debug()),
                    "Each entry is a service (the value of its pods' label `app`) and its module.",
                )
            };
            if !is_label_value(&service) {
                return Err(wrong("is no value that a label can have".to_owned()));
            }
            modules.insert(service.clone(), source(module.trim()).map_err(wrong)?);
        }
        Ok(Self {
            origin: origin.to_owned(),
            modules,
            template,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Mapping, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.yaml");
        std::fs::write(&path, text).unwrap();
        Mapping::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_config_map_and_its_data_alone_read_the_same() {
        let data = "user-service: buf.build/acme/user\norder: buf.build/acme/order:main\nDEFAULT_BSR_TEMPLATE: 'buf.build/acme/{service}'\n";
        let whole = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: protodiff-mapping, labels: {{a: b}}}}\ndata:\n  {}",
            data.replace('\n', "\n  ")
        );
        for text in [data, &whole] {
            let mapping = read(text).unwrap();
            let names: Vec<String> = mapping.modules.values().map(ToString::to_string).collect();
            assert_eq!(names, ["buf.build/acme/order:main", "buf.build/acme/user"]);
            let filled = mapping.template.unwrap().fill("cart").unwrap();
            assert_eq!(filled.to_string(), "buf.build/acme/cart");
        }
    }

    #[test]
    fn mistakes_name_the_entry() {
        for (text, parts) in [
            ("a: 'buf.build/-x/y'\n", ["`a`", "owner"]),
            ("-a: buf.build/x/y\n", ["`-a`", "label"]),
            (
                "DEFAULT_BSR_TEMPLATE: buf.build/x/y\n",
                ["TEMPLATE", "no {service}"],
            ),
            (
                "DEFAULT_BSR_TEMPLATE: '{service}'\n",
                ["TEMPLATE", "no module"],
            ),
            ("[a, b]\n", ["mapping.yaml", "no mapping"]),
            ("a: {b: c}\n", ["mapping.yaml", "no mapping"]),
        ] {
            let error = read(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{text}: {error}");
            }
        }
        assert!(
            read("kind: ConfigMap\nmetadata: {name: x}\n")
                .unwrap()
                .modules
                .is_empty()
        );
    }

    #[test]
    fn the_cluster_names_schemas_and_nothing_else() {
        for text in [
            "buf.build/acme/user",
            " localhost:1/a/b:main ",
            "git:v1:proto",
            "src",
        ] {
            assert!(named_in_cluster(text).is_ok(), "{text}");
        }
        for text in [
            "grpc://10.0.0.1:1",
            "k8s://a/b",
            "-",
            "/etc",
            "../src",
            "src/../../x",
            "git:v1:../x",
            "no/such/path/here",
            "buf.build/acme/$(id)",
            "https://evil.example/x",
        ] {
            assert!(named_in_cluster(text).is_err(), "{text}");
        }
    }
}
