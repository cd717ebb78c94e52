//! Changes → findings: each change judged by its rule.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::core::change::{Change, ChangeKind, MethodReach};
use crate::core::level::Level;
use crate::core::perspective::Perspective;
use crate::core::rules::Rule;
use crate::core::schema::Location;

/// A change that a rule has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad it is for the methods that it touches.
    pub level: Level,
    /// The level that the rule gives it, if the policy gives it another.
    pub default_level: Option<Level>,
    /// Full name of what differs.
    pub subject: String,
    /// What breaks, in one sentence without a final full stop.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
    /// The methods that it touches.
    pub methods: Vec<MethodReach>,
    /// What live has.
    pub live: Option<String>,
    /// What truth has.
    pub truth: Option<String>,
    /// Where truth declares it, or what encloses it.
    pub location: Option<Location>,
    /// Whether its level can make a verdict `MISMATCH`: a service on one side only cannot.
    pub counts: bool,
    /// Whether the configuration expects the service, which no truth and no policy can undo.
    pub expected: bool,
    /// The same across runs, pods and file moves.
    pub fingerprint: String,
}

/// Judges one change.
pub fn judge(change: &Change, perspective: Perspective) -> Finding {
    let rule = Rule::of(change.kind);
    let effects = rule.effects(&change.methods);
    let why: Vec<&str> = effects
        .iter()
        .filter(|effect| effect.level > Level::Info || effects.len() == 1)
        .map(|effect| effect.why)
        .collect();
    let why = if why.is_empty() {
        effects.iter().map(|e| e.why).collect()
    } else {
        why
    };
    let fact = rule
        .fact
        .replace("{server}", change.server.as_deref().unwrap_or("nothing"))
        .replace("{client}", change.client.as_deref().unwrap_or("nothing"));
    let (live, truth) = perspective.swap(change.server.clone(), change.client.clone());
    Finding {
        rule: rule.id,
        level: rule.level(&change.methods),
        default_level: None,
        subject: change.subject.clone(),
        message: format!("{fact}: {}", why.join("; ")),
        hint: rule.fix(perspective),
        methods: change.methods.clone(),
        live,
        truth,
        location: change.location.clone(),
        counts: !matches!(
            change.kind,
            ChangeKind::ServiceMissing | ChangeKind::ServiceUndocumented
        ),
        expected: false,
        fingerprint: fingerprint(rule.id, change),
    }
}

/// A service that configuration expects to be served, and that is not.
pub fn judge_expected(
    service: &str,
    location: Option<Location>,
    perspective: Perspective,
) -> Finding {
    let change = whole_service(ChangeKind::ServiceMissing, service, location);
    Finding {
        level: Level::Breaking,
        message: "service is expected by the configuration, and not served: calls fail with UNIMPLEMENTED".to_owned(),
        hint: "Roll out a build that serves it, or take it off `expect` in .protodiff.yaml.",
        counts: true,
        expected: true,
        ..judge(&change, perspective)
    }
}

/// The change that a whole service is on one side only.
pub fn whole_service(kind: ChangeKind, service: &str, location: Option<Location>) -> Change {
    Change {
        kind,
        subject: service.to_owned(),
        server: None,
        client: None,
        location,
        methods: Vec::new(),
    }
}

/// Over what makes a finding the same: rule, subject and both declarations.
fn fingerprint(rule: &str, change: &Change) -> String {
    fingerprint_of(&[
        rule,
        &change.subject,
        change.server.as_deref().unwrap_or(""),
        change.client.as_deref().unwrap_or(""),
    ])
}

/// 16 hexadecimal digits over texts.
pub(crate) fn fingerprint_of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(8)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
