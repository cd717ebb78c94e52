//! What kind of failure `buf` speaks of when it fetches from a registry.

/// Kinds of failures that have a remedy of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Unauthenticated,
    Forbidden,
    NotFound,
    Unreachable,
    Damaged,
    Other,
}

/// Words of `buf` and of the registry's API, in lower case; the first that fits counts.
const SIGNS: [(&str, Failure); 18] = [
    ("unauthenticated", Failure::Unauthenticated),
    ("not authenticated", Failure::Unauthenticated),
    ("authentication", Failure::Unauthenticated),
    ("logged in", Failure::Unauthenticated),
    ("permission", Failure::Forbidden),
    ("not authorized", Failure::Forbidden),
    ("digest", Failure::Damaged),
    ("unexpected eof", Failure::Damaged),
    ("no such host", Failure::Unreachable),
    ("connection refused", Failure::Unreachable),
    ("unavailable", Failure::Unreachable),
    ("dial tcp", Failure::Unreachable),
    ("tls:", Failure::Unreachable),
    ("x509", Failure::Unreachable),
    ("timeout", Failure::Unreachable),
    ("deadline", Failure::Unreachable),
    ("not found", Failure::NotFound),
    ("does not exist", Failure::NotFound),
];

impl Failure {
    /// The kind that these words of `buf` tell of.
    pub(super) fn of(said: &str) -> Self {
        let lower = said.to_lowercase();
        SIGNS
            .iter()
            .find(|(sign, _)| lower.contains(sign))
            .map_or(Self::Other, |(_, failure)| *failure)
    }

    /// What to do when the `deps` of a `buf.yaml` are not had.
    pub(super) fn remedy_for_deps(self, deps: &[String]) -> Option<String> {
        if deps.is_empty() {
            return None;
        }
        let deps = deps.join(", ");
        let remedy = match self {
            Self::Unauthenticated => format!(
                "set BUF_TOKEN (or BSR_TOKEN) to a token that may read {deps}; in CI, from a secret"
            ),
            Self::Forbidden => format!("use a token of a user or bot that may read {deps}"),
            Self::NotFound => format!(
                "check the names under `deps` in buf.yaml ({deps}), and run `buf dep update`; a private module without a valid token in BUF_TOKEN looks the same"
            ),
            Self::Unreachable => format!(
                "check that the registry of {deps} can be reached from here, or name a file that `buf build -o truth.binpb` made elsewhere"
            ),
            Self::Damaged => "what the registry sent is not what buf.lock promised: run `buf dep update`, and tell the registry's operator if it lasts".to_owned(),
            Self::Other => return None,
        };
        Some(remedy)
    }
}
