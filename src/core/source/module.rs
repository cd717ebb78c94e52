//! Names of modules on a Buf registry: `HOST/OWNER/MODULE[:LABEL_OR_COMMIT]`.
//!
//! [`ModuleRef::parse`] is strict, since a name may come from a pod's annotation or a pull request
//! and ends up as an argument of a command and in a path of the cache.

use std::fmt;

/// A module on a Buf registry, at a label or commit, or at its default label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleRef {
    /// Host name of the registry, with its port if it has one.
    pub host: String,
    /// User or organisation.
    pub owner: String,
    /// Name of the module.
    pub module: String,
    /// A label or a commit; the registry's default label if `None`.
    pub reference: Option<String>,
}

/// The longest part of a name that is accepted, in bytes; registries allow less.
const LONGEST: usize = 255;

impl ModuleRef {
    /// Whether a text has the shape of a module's name, right or wrong: three parts, of which the
    /// first could be a host.
    pub fn is_meant(text: &str) -> bool {
        let Some((host, rest)) = text.split_once('/') else {
            return false;
        };
        let name = rest.split_once(':').map_or(rest, |(name, _)| name);
        let has_dot = host.trim_matches('.').contains('.');
        (has_dot || host.contains(':') || host == "localhost")
            && !host.starts_with(['.', '~'])
            && name.matches('/').count() == 1
    }

    /// Parses a name.
    ///
    /// # Errors
    /// One sentence that says which part is wrong, and what it may consist of.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            Err(format!(
                "`{}` is no module of a Buf registry: {what}",
                text.escape_debug()
            ))
        };
        let Some((host, rest)) = text.split_once('/') else {
            return wrong("expected HOST/OWNER/MODULE[:LABEL_OR_COMMIT]");
        };
        let (name, reference) = match rest.split_once(':') {
            Some((name, reference)) => (name, Some(reference)),
            None => (rest, None),
        };
        let Some((owner, module)) = name.split_once('/') else {
            return wrong("expected HOST/OWNER/MODULE[:LABEL_OR_COMMIT]");
        };
        if !is_host(host) {
            return wrong("the host is letters, digits, dots and hyphens, perhaps with a :PORT");
        }
        for (part, what) in [(owner, "owner"), (module, "module")] {
            if !is_word(part, "-_.") {
                return wrong(&format!(
                    "the {what} is letters, digits, `-`, `_` and `.`, and begins with a letter or digit"
                ));
            }
        }
        if reference.is_some_and(|reference| !is_word(reference, "-_./")) {
            return wrong(
                "the label or commit is letters, digits, `-`, `_`, `.` and `/`, and begins with a letter or digit",
            );
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            owner: owner.to_owned(),
            module: module.to_owned(),
            reference: reference.map(ToOwned::to_owned),
        })
    }

    /// The name without label or commit.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.host, self.owner, self.module)
    }

    /// The same module at another label or commit.
    #[must_use]
    pub fn at(&self, reference: &str) -> Self {
        Self {
            reference: Some(reference.to_owned()),
            ..self.clone()
        }
    }
}

impl fmt::Display for ModuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.owner, self.module)?;
        match &self.reference {
            Some(reference) => write!(f, ":{reference}"),
            None => Ok(()),
        }
    }
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    is_word(name, "-.")
        && !name.ends_with(['-', '.'])
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

/// Begins with a letter or digit, and has no `..`, which could climb in a path.
fn is_word(text: &str, also: &str) -> bool {
    text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        && !text.contains("..")
        && !text.contains("//")
}

#[cfg(test)]
mod tests {
    use super::ModuleRef;

    #[test]
    fn names_have_a_host_an_owner_and_a_module() {
        let module = ModuleRef::parse("BSR.acme.com:8443/acme/pay-ment:feature/x.1").unwrap();
        assert_eq!(module.host, "bsr.acme.com:8443");
        assert_eq!(module.name(), "bsr.acme.com:8443/acme/pay-ment");
        assert_eq!(module.reference.as_deref(), Some("feature/x.1"));
        assert_eq!(
            module.at("0123").to_string(),
            "bsr.acme.com:8443/acme/pay-ment:0123"
        );
        for text in ["buf.build/acme/payment", "localhost:1/a/b:main"] {
            assert_eq!(ModuleRef::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_could_be_a_flag_a_path_or_a_command_is_refused() {
        for text in [
            "-buf.build/a/b",
            "buf.build/-a/b",
            "buf.build/a/--output=x",
            "buf.build/a/b:-o",
            "buf.build/../b",
            "buf.build/a/..",
            "buf.build/a/b:..",
            "buf.build/a/b:x/../../y",
            "buf.build/a/b c",
            "buf.build/a/b;id",
            "buf.build/a/$(id)",
            "buf.build/a/`id`",
            "buf.build/a/b#format=git",
            "buf.build/a/b:m\nx",
            "buf.build/a/b:",
            "buf.build:0/a/b",
            "buf.build:/a/b",
            "user@buf.build/a/b",
            "buf.build/ä/b",
            "buf.build/a",
        ] {
            let error = ModuleRef::parse(text).unwrap_err();
            assert!(
                error.contains("no module") && !error.contains('\n'),
                "{error}"
            );
        }
    }

    #[test]
    fn a_path_is_not_taken_for_a_module() {
        for text in ["buf.build/a/b:main", "localhost/a/b", "b.c/-x/y:z/../w"] {
            assert!(ModuleRef::is_meant(text), "{text}");
        }
        for text in ["./a/b", "../a/b", "api/a/b", "buf.build/a/b/c", "~/a.b/c"] {
            assert!(!ModuleRef::is_meant(text), "{text}");
        }
    }
}
