//! One ignore of `.protodiff.yaml`: what it matches, and how long.

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;

use crate::core::judge::Finding;

/// One entry of `policy.ignore`.
#[derive(Debug, Clone)]
pub struct Ignore {
    rule: Option<Pattern>,
    subject: Option<Pattern>,
    /// Why.
    pub reason: String,
    /// The last day on which it works, in UTC.
    pub until: Option<Date>,
    /// Where it is written, as `path:line`.
    pub origin: String,
}

/// A glob as written; `*` matches any characters, dots and slashes among them.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    glob: GlobMatcher,
}

/// A glob that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no pattern: {cause}")]
pub struct PatternError {
    text: String,
    cause: String,
}

impl Pattern {
    fn new(text: String) -> Result<Self, PatternError> {
        // Names have no separators that a `*` would have to stop at; on every system alike.
        let glob = GlobBuilder::new(&text)
            .literal_separator(false)
            .backslash_escape(true)
            .build()
            .map_err(|error| PatternError {
                text: text.clone(),
                cause: error.kind().to_string(),
            })?;
        Ok(Self {
            glob: glob.compile_matcher(),
            text,
        })
    }
}

impl Ignore {
    /// An ignore of findings whose rule and subject match these globs; a missing one matches all.
    ///
    /// # Errors
    /// A text that is no glob.
    pub fn new(
        rule: Option<String>,
        subject: Option<String>,
        reason: String,
        until: Option<Date>,
        origin: String,
    ) -> Result<Self, PatternError> {
        Ok(Self {
            rule: rule.map(Pattern::new).transpose()?,
            subject: subject.map(Pattern::new).transpose()?,
            reason,
            until,
            origin,
        })
    }

    /// The rule's id or glob, as written.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_ref().map(|pattern| pattern.text.as_str())
    }

    /// The subject's glob, as written.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_ref().map(|pattern| pattern.text.as_str())
    }

    /// Whether its last day is over.
    pub fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| today > until)
    }

    /// Whether it is about this finding.
    pub fn matches(&self, finding: &Finding) -> bool {
        self.matches_rule(finding.rule)
            && self
                .subject
                .as_ref()
                .is_none_or(|pattern| pattern.glob.is_match(&finding.subject))
    }

    /// Whether it is about this rule.
    pub fn matches_rule(&self, rule: &str) -> bool {
        self.rule
            .as_ref()
            .is_none_or(|pattern| pattern.glob.is_match(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::change::ChangeKind;
    use crate::core::judge::{judge, whole_service};
    use crate::core::perspective::Perspective;

    fn ignore(rule: &str, subject: &str) -> Ignore {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ignore::new(
            some(rule),
            some(subject),
            "why".to_owned(),
            None,
            "p.yaml:1".to_owned(),
        )
        .unwrap()
    }

    #[test]
    fn rule_and_subject_are_globs_and_both_must_match() {
        let change = whole_service(ChangeKind::ServiceMissing, "acme.pay.v1.Payments", None);
        let finding = judge(&change, Perspective::After);
        for (rule, subject, expected) in [
            ("service-missing", "", true),
            ("service-*", "", true),
            ("", "acme.pay.v1.Payments", true),
            ("", "acme.*", true),
            ("", "*.Payments", true),
            ("service-missing", "acme.*.Payments", true),
            ("service-missing", "acme.pay", false),
            ("field-*", "acme.*", false),
            ("service-missing", "other.*", false),
            ("", "acme.{pay,bill}.v?.P*", true),
            ("", "ACME.*", false),
        ] {
            assert_eq!(
                ignore(rule, subject).matches(&finding),
                expected,
                "{rule} {subject}"
            );
        }
    }

    #[test]
    fn the_last_day_still_works() {
        let mut one = ignore("*", "");
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert!(!one.expired(day("2999-01-01")));
        one.until = Some(day("2027-01-31"));
        assert!(!one.expired(day("2027-01-31")));
        assert!(one.expired(day("2027-02-01")));
    }

    #[test]
    fn what_is_no_glob_is_said() {
        let error = Ignore::new(
            None,
            Some("a.[".to_owned()),
            String::new(),
            None,
            String::new(),
        )
        .unwrap_err();
        assert!(error.to_string().contains("`a.[`"), "{error}");
    }
}
