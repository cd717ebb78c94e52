//! What `buf` finds in its environment: the registry token, and a cache that it can write to.
//!
//! [`Environment::current`] is read once for each [`super::Buf`]. A token that names no host would
//! be sent to whatever host a module is on, so it is bound to the hosts that the user named.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// The variables that hold a token, the first that is set; the last is the GitHub Action's input.
/// `buf` itself knows the first only.
const TOKENS: [&str; 3] = ["BUF_TOKEN", "BSR_TOKEN", "INPUT_BUF-TOKEN"];

/// The host that a token without a host is always meant for.
const PUBLIC_REGISTRY: &str = "buf.build";

/// Variables of this program that may hold secrets and are none of `buf`'s business.
const WITHHELD: [&str; 5] = [
    "PROTODIFF_HEADER",
    "PROTODIFF_GITHUB_TOKEN",
    "GITHUB_TOKEN",
    "INPUT_GITHUB-TOKEN",
    "INPUT_HEADERS",
];

/// Which registries a run may send the token to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audience<'a> {
    /// Whichever the module's own configuration names, as if `buf` were run by hand.
    Configured,
    /// These hosts.
    Hosts(&'a BTreeSet<String>),
}

/// Shared by all runs of one `buf`.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    token: Option<String>,
    /// Stands in for a cache that cannot be written; removed when the last run is over.
    cache: Arc<OnceLock<Option<tempfile::TempDir>>>,
}

impl Environment {
    /// That of this process.
    pub(super) fn current() -> Self {
        let token = TOKENS
            .iter()
            .filter_map(|name| env::var(name).ok())
            .map(|token| token.trim().to_owned())
            .find(|token| !token.is_empty());
        Self {
            token,
            cache: Arc::default(),
        }
    }

    /// Prepares a run.
    pub(super) fn apply(&self, command: &mut Command, audience: Audience<'_>) {
        for name in WITHHELD.into_iter().chain(TOKENS) {
            command.env_remove(name);
        }
        if let Some(token) = self.token_for(audience) {
            command.env(TOKENS[0], token);
        }
        if let Some(folder) = self.cache() {
            command.env("BUF_CACHE_DIR", folder);
        }
    }

    /// Whether there is a token for this host.
    pub(super) fn has_token_for(&self, host: &str, trusted: &BTreeSet<String>) -> bool {
        self.token_for(Audience::Hosts(trusted))
            .is_some_and(|tokens| {
                tokens
                    .split(',')
                    .any(|token| token.rsplit_once('@').is_some_and(|(_, at)| at == host))
            })
    }

    /// Whether there is a token at all.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The token in the form `TOKEN@HOST,…` that binds it to hosts.
    fn token_for(&self, audience: Audience<'_>) -> Option<String> {
        let token = self.token.as_ref()?;
        let hosts = match audience {
            Audience::Hosts(hosts) if !token.contains('@') => hosts,
            _ => return Some(token.clone()),
        };
        let bound: Vec<String> = hosts
            .iter()
            .map(String::as_str)
            .chain((!hosts.contains(PUBLIC_REGISTRY)).then_some(PUBLIC_REGISTRY))
            .map(|host| format!("{token}@{host}"))
            .collect();
        Some(bound.join(","))
    }

    /// A text without the token: what `buf` says is shown to people.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets = self.token.iter().flat_map(|token| {
            let parts = token.split(',').map(|part| part.split('@').next());
            parts.flatten().filter(|part| part.len() >= 4)
        });
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// A folder for the cache, where the usual one cannot be written.
    fn cache(&self) -> Option<&Path> {
        let made = self.cache.get_or_init(|| {
            let usual = usual_cache();
            if usual.is_some_and(|folder| writable(&folder)) {
                return None;
            }
            tempfile::Builder::new()
                .prefix("protodiff-buf-")
                .tempdir()
                .ok()
        });
        made.as_ref().map(tempfile::TempDir::path)
    }
}

/// Where `buf` keeps modules by itself.
fn usual_cache() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let home = || folder("HOME").map(|home| PathBuf::from(home).join(".cache"));
    folder("BUF_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| folder("XDG_CACHE_HOME").map(PathBuf::from).or_else(home))
}

/// Whether files can be made in a folder, or the folder itself.
fn writable(folder: &Path) -> bool {
    std::fs::create_dir_all(folder).is_ok() && tempfile::tempfile_in(folder).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(token: &str) -> Environment {
        Environment {
            token: Some(token.to_owned()),
            ..Environment::default()
        }
    }

    #[test]
    fn a_token_is_bound_to_the_hosts_that_were_named() {
        let named = BTreeSet::from(["bsr.acme.com".to_owned()]);
        let plain = with("s3cret");
        assert_eq!(
            plain.token_for(Audience::Hosts(&named)).as_deref(),
            Some("s3cret@bsr.acme.com,s3cret@buf.build")
        );
        assert!(plain.has_token_for("bsr.acme.com", &named));
        assert!(!plain.has_token_for("evil.example", &named));
        assert_eq!(
            plain.token_for(Audience::Configured).as_deref(),
            Some("s3cret")
        );
        let bound = with("a@x.com,b@y.com");
        assert_eq!(
            bound.token_for(Audience::Hosts(&named)).as_deref(),
            Some("a@x.com,b@y.com")
        );
        assert!(bound.has_token_for("y.com", &named));
    }

    #[test]
    fn what_is_shown_has_no_token() {
        let text = with("t0ken-a@x.com,t0ken-b@y.com").redact("used t0ken-a and t0ken-b@y.com");
        assert_eq!(text, "used *** and ***@y.com");
        assert_eq!(with("abc").redact("an abc"), "an abc");
    }
}
