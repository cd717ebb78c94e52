//! The notation for a place that a schema comes from, the same wherever one is named.

mod module;

use std::fmt;
use std::path::{Path, PathBuf};

pub use module::ModuleRef;

use super::image_form::ImageForm;

/// A parsed SOURCE.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A directory with `.proto` files, perhaps a Buf module or workspace.
    Directory(PathBuf),
    /// A single `.proto` file.
    ProtoFile(PathBuf),
    /// A descriptor set or Buf image.
    Image(PathBuf),
    /// `-`: a descriptor set or Buf image on standard input.
    StandardInput,
    /// A revision of the repository that contains the working directory: `git:REV[:PATH]`.
    Git {
        /// As git writes it (`HEAD~1`, `v1.2`, `origin/main`), or `merge-base(REV)`.
        revision: String,
        /// Below the repository's root, or below the working directory if it begins with `./` or
        /// `../`; the whole tree if `None`.
        path: Option<String>,
    },
    /// A module on a Buf registry: `HOST/OWNER/MODULE[:LABEL_OR_COMMIT]`.
    Registry(ModuleRef),
    /// A live server: `grpc://HOST:PORT` or `grpcs://HOST:PORT`.
    Grpc {
        /// Host without brackets.
        host: String,
        /// TCP port.
        port: u16,
        /// `grpcs`.
        tls: bool,
    },
    /// A pod: `k8s://NAMESPACE/POD[:PORT]`.
    Pod {
        /// Kubernetes namespace.
        namespace: String,
        /// Pod name.
        pod: String,
        /// Port number or name, if given.
        port: Option<String>,
    },
}

impl Source {
    /// Parses the notation. `is_dir` says whether a path is a directory, so that this stays pure.
    ///
    /// # Errors
    /// One sentence that says what was expected.
    pub fn parse(text: &str, is_dir: impl Fn(&Path) -> bool) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the source is empty; expected a directory, a .proto file, a descriptor set, -, git:REV[:PATH], HOST/OWNER/MODULE, grpc://HOST:PORT or k8s://NAMESPACE/POD".to_owned());
        }
        if text == "-" {
            return Ok(Self::StandardInput);
        }
        if let Some(rest) = text.strip_prefix("grpc://") {
            return parse_endpoint(text, rest, false);
        }
        if let Some(rest) = text.strip_prefix("grpcs://") {
            return parse_endpoint(text, rest, true);
        }
        if let Some(rest) = text.strip_prefix("k8s://") {
            return parse_pod(text, rest);
        }
        if let Some(rest) = text.strip_prefix("git:") {
            return parse_git(text, rest);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(format!(
                "`{text}`: unknown scheme `{scheme}`; expected grpc://, grpcs:// or k8s://"
            ));
        }
        let path = PathBuf::from(text);
        if is_dir(&path) {
            return Ok(Self::Directory(path));
        }
        if ImageForm::of(&path).is_some() {
            return Ok(Self::Image(path));
        }
        if path.extension().is_some_and(|ending| ending == "proto") {
            return Ok(Self::ProtoFile(path));
        }
        if ModuleRef::is_meant(text) {
            return ModuleRef::parse(text).map(Self::Registry);
        }
        // A directory that does not exist: let the loader say so with the path.
        Ok(Self::Directory(path))
    }

    /// This as what `truth` was before a change: a revision that names no path is meant at the
    /// truth's own, not as the whole tree. `truth` is relative to the working directory.
    #[must_use]
    pub fn before(self, truth: &Self) -> Self {
        let Self::Git {
            revision,
            path: None,
        } = self
        else {
            return self;
        };
        let path = match truth {
            Self::Directory(path) | Self::ProtoFile(path) | Self::Image(path) => path
                .to_str()
                .filter(|_| path.is_relative())
                .map(|path| match path.trim_end_matches('/') {
                    path if path == ".." || path.starts_with("./") || path.starts_with("../") => {
                        path.to_owned()
                    }
                    "" => "./.".to_owned(),
                    path => format!("./{path}"),
                }),
            Self::Git { path, .. } => path.clone(),
            Self::StandardInput | Self::Registry(_) | Self::Grpc { .. } | Self::Pod { .. } => None,
        };
        Self::Git { revision, path }
    }
}

/// A revision never holds a colon, so the first one ends it.
fn parse_git(text: &str, rest: &str) -> Result<Source, String> {
    let (revision, path) = match rest.split_once(':') {
        Some((revision, path)) => (revision, Some(path)),
        None => (rest, None),
    };
    if revision.trim().is_empty() || revision.contains(char::is_control) {
        return Err(format!(
            "`{}` names no revision; expected git:REV or git:REV:PATH, for example git:origin/main:proto",
            text.escape_debug()
        ));
    }
    if path.is_some_and(|path| path.contains('\0') || Path::new(path).is_absolute()) {
        return Err(format!(
            "`{}`: the path is one inside the repository, for example git:{revision}:proto",
            text.escape_debug()
        ));
    }
    Ok(Source::Git {
        revision: revision.to_owned(),
        path: path
            .map(|path| path.trim_end_matches('/').to_owned())
            .filter(|path| !path.is_empty()),
    })
}

/// Splits `HOST:PORT`, with brackets around an IPv6 address.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn split_host_port(text: &str) -> Result<(String, u16), String> {
    let (host, port) = text
        .rsplit_once(':')
        .ok_or_else(|| format!("`{text}` has no port; expected HOST:PORT"))?;
    let host = host
        .strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host);
    if host.is_empty() || host.contains(['/', '@', '?', '#']) || host.contains(char::is_whitespace)
    {
        return Err(format!("`{text}` has no usable host; expected HOST:PORT"));
    }
    let port: u16 = port
        .parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| format!("`{port}` is not a port; expected a number from 1 to 65535"))?;
    Ok((host.to_owned(), port))
}

fn parse_endpoint(text: &str, rest: &str, tls: bool) -> Result<Source, String> {
    let (host, port) =
        split_host_port(rest.trim_end_matches('/')).map_err(|e| format!("`{text}`: {e}"))?;
    Ok(Source::Grpc { host, port, tls })
}

fn parse_pod(text: &str, rest: &str) -> Result<Source, String> {
    let wrong = || format!("`{text}`: expected k8s://NAMESPACE/POD or k8s://NAMESPACE/POD:PORT");
    let (namespace, pod) = rest.split_once('/').ok_or_else(wrong)?;
    let (pod, port) = match pod.split_once(':') {
        Some((pod, port)) => (pod, Some(port.to_owned())),
        None => (pod, None),
    };
    let is_name = |s: &str| {
        !s.is_empty()
            && s.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
    };
    if !is_name(namespace) || !is_name(pod) || port.as_deref() == Some("") {
        return Err(wrong());
    }
    Ok(Source::Pod {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        port,
    })
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) | Self::ProtoFile(path) | Self::Image(path) => {
                write!(f, "{}", path.display())
            }
            Self::StandardInput => f.write_str("-"),
            Self::Git { revision, path } => {
                write!(f, "git:{revision}")?;
                path.as_ref().map_or(Ok(()), |path| write!(f, ":{path}"))
            }
            Self::Registry(module) => write!(f, "{module}"),
            Self::Grpc { host, port, tls } => {
                let scheme = if *tls { "grpcs" } else { "grpc" };
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}")
                } else {
                    write!(f, "{scheme}://{host}:{port}")
                }
            }
            Self::Pod {
                namespace,
                pod,
                port,
            } => {
                write!(f, "k8s://{namespace}/{pod}")?;
                port.as_ref().map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source, String> {
        Source::parse(text, |path| path == Path::new("proto"))
    }

    #[test]
    fn each_notation_is_recognised() {
        assert_eq!(parse("proto"), Ok(Source::Directory("proto".into())));
        assert_eq!(parse("a.proto"), Ok(Source::ProtoFile("a.proto".into())));
        for image in ["a.json.gz", "b/a.txtpb", "a.yaml.zst"] {
            assert_eq!(parse(image), Ok(Source::Image(image.into())));
        }
        let folder = Source::parse("a.yaml", |_| true);
        assert_eq!(folder, Ok(Source::Directory("a.yaml".into())));
        assert_eq!(
            parse("grpcs://[::1]:443"),
            Ok(Source::Grpc {
                host: "::1".into(),
                port: 443,
                tls: true
            })
        );
        assert_eq!(
            parse("k8s://shop/cart-0:grpc"),
            Ok(Source::Pod {
                namespace: "shop".into(),
                pod: "cart-0".into(),
                port: Some("grpc".into())
            })
        );
    }

    #[test]
    fn what_is_shown_parses_to_the_same() {
        for text in [
            "proto",
            "a.binpb",
            "grpc://localhost:50051",
            "grpcs://[::1]:443",
            "k8s://a/b:9090",
            "k8s://a/b",
            "-",
            "git:HEAD~1",
            "git:merge-base(origin/main):proto",
            "git:v1:./proto",
            "buf.build/acme/payment:main",
            "localhost:8080/acme/payment",
        ] {
            let source = parse(text).unwrap();
            assert_eq!(source.to_string(), text);
        }
    }

    #[test]
    fn a_revision_without_a_path_is_the_truth_before() {
        for (truth, path) in [
            ("proto", "./proto"),
            ("api/", "./api"),
            (".", "./."),
            ("./x", "./x"),
            ("..", ".."),
            ("../x/a.proto", "../x/a.proto"),
            ("images/api.binpb", "./images/api.binpb"),
            ("git:HEAD:proto/v1", "proto/v1"),
        ] {
            let before = parse("git:main").unwrap().before(&parse(truth).unwrap());
            assert_eq!(before.to_string(), format!("git:main:{path}"), "{truth}");
        }
        for (before, truth) in [
            ("git:main", "git:HEAD"),
            ("git:main", "buf.build/acme/payment"),
            ("git:main", "/elsewhere/proto"),
            ("git:main:old", "proto"),
            ("old", "proto"),
        ] {
            let same = parse(before).unwrap().before(&parse(truth).unwrap());
            assert_eq!(same.to_string(), before, "{truth}");
        }
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        for (text, part) in [
            ("", "empty"),
            ("grpc://host", "no port"),
            ("grpc://:1", "no usable host"),
            ("grpc://h:0", "1 to 65535"),
            ("http://h:1", "unknown scheme `http`"),
            ("k8s://only", "NAMESPACE/POD"),
            ("k8s://a/../b", "NAMESPACE/POD"),
            ("git:", "names no revision"),
            ("git::proto", "names no revision"),
            ("git:main:/etc", "inside the repository"),
            ("buf.build/-acme/payment", "the owner is letters"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
