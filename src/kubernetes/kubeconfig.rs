//! Reads the kubeconfig and checks what would otherwise fail later and less clearly.

use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Kubeconfig, KubeconfigError, NamedContext};

use super::errors::{ClusterError, ClusterErrorKind};

/// A kubeconfig and where it came from, for messages.
pub(super) struct Loaded {
    /// The merged document.
    pub(super) config: Kubeconfig,
    /// The file, or the files of `KUBECONFIG`.
    pub(super) origin: String,
}

/// Loads `--kubeconfig`, else the files of `KUBECONFIG`, else `~/.kube/config`. `None` if none of
/// the latter two exists or all are empty.
pub(super) fn load(flag: Option<&Path>) -> Result<Option<Loaded>, ClusterError> {
    if let Some(content) = flag.and_then(Path::to_str).filter(|text| is_content(text)) {
        let config =
            Kubeconfig::from_yaml(content).map_err(|error| invalid(Path::new(CONTENT), &error))?;
        return Ok(Some(Loaded {
            config,
            origin: CONTENT.to_owned(),
        }));
    }
    if let Some(path) = flag {
        let config = read(path)?.ok_or_else(|| missing(path, "--kubeconfig"))?;
        return Ok(Some(Loaded {
            config,
            origin: path.display().to_string(),
        }));
    }
    if let Some(value) = std::env::var_os("KUBECONFIG") {
        let paths: Vec<PathBuf> = std::env::split_paths(&value)
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        if !paths.is_empty() {
            return merge(&paths).map(Some);
        }
    }
    let Some(path) = std::env::home_dir().map(|home| home.join(".kube").join("config")) else {
        return Ok(None);
    };
    let config = read(&path)?.filter(|config| !config.contexts.is_empty());
    Ok(config.map(|config| Loaded {
        config,
        origin: path.display().to_string(),
    }))
}

/// What messages call a kubeconfig that was given as text.
const CONTENT: &str = "(given as text)";

/// Whether this is a kubeconfig itself and not its path: pipelines keep one in a secret.
fn is_content(text: &str) -> bool {
    text.contains('\n')
        || text.trim_start().starts_with(['{', '\u{feff}'])
        || text.contains("apiVersion:")
}

/// Merges the files of `KUBECONFIG`; as with kubectl, a missing one is skipped if another exists.
fn merge(paths: &[PathBuf]) -> Result<Loaded, ClusterError> {
    let mut merged: Option<Kubeconfig> = None;
    let mut found = Vec::new();
    for path in paths {
        let Some(config) = read(path)? else { continue };
        found.push(path.display().to_string());
        merged = Some(match merged {
            None => config,
            Some(first) => first.merge(config).map_err(|error| invalid(path, &error))?,
        });
    }
    match merged {
        Some(config) => Ok(Loaded {
            config,
            origin: found.join(", "),
        }),
        None => Err(missing(&paths[0], "KUBECONFIG")),
    }
}

fn missing(path: &Path, named_by: &str) -> ClusterError {
    ClusterError::new(
        ClusterErrorKind::Config,
        format!("kubeconfig {}", path.display()),
        format!("no such file (named by {named_by})"),
        "name an existing file with --kubeconfig or the variable KUBECONFIG",
    )
}

/// Reads one file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Kubeconfig>, ClusterError> {
    match Kubeconfig::read_from(path) {
        Ok(config) => Ok(Some(config)),
        Err(KubeconfigError::ReadConfig(error, _))
            if error.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(None)
        }
        Err(error) => Err(invalid(path, &error)),
    }
}

/// A YAML error is given by position only: the parser's own text quotes the file, tokens included.
fn invalid(path: &Path, error: &KubeconfigError) -> ClusterError {
    let cause = match error {
        KubeconfigError::ReadConfig(error, _) => format!("cannot be read: {error}"),
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!(
                "not a valid kubeconfig: YAML error at line {}, column {}",
                at.line(),
                at.column()
            ),
            None => "not a valid kubeconfig: YAML error".to_owned(),
        },
        other => other.to_string(),
    };
    ClusterError::new(
        ClusterErrorKind::Config,
        format!("kubeconfig {}", path.display()),
        cause,
        "check it with `kubectl config view --kubeconfig FILE`",
    )
}

/// The chosen context, checked to exist together with its cluster.
pub(super) fn choose_context<'a>(
    loaded: &'a Loaded,
    flag: Option<&str>,
) -> Result<&'a NamedContext, ClusterError> {
    let names: Vec<&str> = loaded
        .config
        .contexts
        .iter()
        .map(|context| context.name.as_str())
        .collect();
    let known = if names.is_empty() {
        "it has no contexts".to_owned()
    } else {
        format!("its contexts: {}", names.join(", "))
    };
    let wrong = |cause: String| {
        let object = format!("kubeconfig {}", loaded.origin);
        ClusterError::new(
            ClusterErrorKind::Config,
            object,
            cause,
            format!("choose one with --context; {known}"),
        )
    };
    let name = flag
        .or(loaded.config.current_context.as_deref())
        .filter(|name| !name.is_empty())
        .ok_or_else(|| wrong("no current context is set".to_owned()))?;
    let context = loaded
        .config
        .contexts
        .iter()
        .find(|context| context.name == name)
        .ok_or_else(|| wrong(format!("no context named `{name}`")))?;
    let cluster = context.context.as_ref().map_or("", |c| c.cluster.as_str());
    if loaded.config.clusters.iter().any(|c| c.name == cluster) {
        Ok(context)
    } else {
        Err(wrong(format!(
            "context `{name}` names the cluster `{cluster}`, which is not there"
        )))
    }
}

/// The credentials of a context's user.
pub(super) fn user_of<'a>(
    config: &'a Kubeconfig,
    context: &NamedContext,
) -> Option<(&'a str, &'a AuthInfo)> {
    let user = context.context.as_ref()?.user.as_deref()?;
    config
        .auth_infos
        .iter()
        .find(|named| named.name == user)
        .and_then(|named| {
            named
                .auth_info
                .as_ref()
                .map(|info| (named.name.as_str(), info))
        })
}

/// Fails if the user's credential plugin is not installed, which is the rule in a container.
pub(super) fn check_exec_plugin(
    user: &str,
    info: &AuthInfo,
    installed: impl Fn(&str) -> bool,
) -> Result<(), ClusterError> {
    // Inline credentials take precedence over the plugin, so it would not be run.
    if info.token.is_some() || info.token_file.is_some() || info.username.is_some() {
        return Ok(());
    }
    let Some(exec) = &info.exec else {
        return Ok(());
    };
    let Some(command) = exec.command.as_deref() else {
        return Ok(());
    };
    if installed(command) {
        return Ok(());
    }
    let mut help = format!(
        "install `{command}` on this machine, or write a kubeconfig with a short-lived token (for example from `kubectl create token`), which needs no plugin"
    );
    if let Some(hint) = exec
        .install_hint
        .as_deref()
        .and_then(|hint| hint.trim().lines().next())
    {
        help.push_str("\nthe kubeconfig says: ");
        help.push_str(hint);
    }
    Err(ClusterError::new(
        ClusterErrorKind::Config,
        format!("kubeconfig user `{user}`"),
        format!("its credential plugin `{command}` is not installed here"),
        help,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r"
apiVersion: v1
kind: Config
current-context: gone
clusters: [{name: c, cluster: {server: 'https://h:1'}}]
contexts:
- {name: a, context: {cluster: c, user: u}}
- {name: b, context: {cluster: missing, user: u}}
users:
- name: u
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: gke-gcloud-auth-plugin, installHint: 'see example'}}
";

    fn loaded() -> Loaded {
        Loaded {
            config: Kubeconfig::from_yaml(TEXT).unwrap(),
            origin: "FILE".to_owned(),
        }
    }

    #[test]
    fn an_unknown_context_lists_the_known_ones() {
        let loaded = loaded();
        let error = choose_context(&loaded, None).unwrap_err().to_string();
        assert!(
            error.contains("`gone`") && error.contains("a, b"),
            "{error}"
        );
        let error = choose_context(&loaded, Some("b")).unwrap_err().to_string();
        assert!(error.contains("`missing`"), "{error}");
        assert_eq!(choose_context(&loaded, Some("a")).unwrap().name, "a");
    }

    #[test]
    fn a_missing_plugin_is_named_before_any_connection() {
        let loaded = loaded();
        let context = choose_context(&loaded, Some("a")).unwrap();
        let (user, info) = user_of(&loaded.config, context).unwrap();
        let error = check_exec_plugin(user, info, |_| false)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`gke-gcloud-auth-plugin`") && error.contains("token"),
            "{error}"
        );
        assert!(error.contains("see example"), "{error}");
        check_exec_plugin(user, info, |_| true).unwrap();
    }

    #[test]
    fn a_missing_file_and_broken_yaml_name_the_file_and_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        let error = load(Some(&path)).err().unwrap().to_string();
        assert!(
            error.contains("no such file") && error.contains("--kubeconfig"),
            "{error}"
        );
        std::fs::write(
            &path,
            "users:\n- name: u\n  user: {token: s3cret, exec: [\n",
        )
        .unwrap();
        let error = load(Some(&path)).err().unwrap().to_string();
        assert!(error.contains("config: not a valid kubeconfig"), "{error}");
        assert!(error.contains("line"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
