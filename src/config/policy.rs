//! The `policy` section of `.protodiff.yaml`: its form, and what it means once checked.
//!
//! [`PolicySection`] is what is written; [`PolicySection::policy`] gives the value that the core
//! judges by, or the first mistake with line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use globset::Glob;
use jiff::civil::Date;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use super::ConfigError;
use crate::core::level::{FailOn, Level, OnUnknown};
use crate::core::policy::{Ignore, Policy};
use crate::core::rules;

/// The `policy` section.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicySection {
    /// As `--fail-on`.
    #[serde(default, deserialize_with = "parsed")]
    pub fail_on: Option<FailOn>,
    /// As `--on-unknown`.
    #[serde(default, deserialize_with = "parsed")]
    pub on_unknown: Option<OnUnknown>,
    /// Rule id → level.
    #[serde(default)]
    levels: Levels,
    /// Findings that count for nothing.
    #[serde(default)]
    ignore: Vec<Spanned<IgnoreEntry>>,
}

/// `levels`, with the place of each key and value.
#[derive(Debug, Default)]
struct Levels(Vec<(Spanned<String>, Spanned<String>)>);

/// One entry of `ignore`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreEntry {
    /// A rule id, or a glob over ids.
    rule: Option<Spanned<String>>,
    /// A glob over subjects.
    subject: Option<Spanned<String>>,
    /// Why.
    reason: Option<Spanned<String>>,
    /// The last day.
    until: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Levels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of rule ids to levels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Levels, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Levels(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A value in the notation of its flag.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A mistake at a place of a file.
fn wrong(path: &Path, at: Location, message: &str, help: &str) -> ConfigError {
    ConfigError::new(
        format!(
            "{}:{}:{}: {message}",
            path.display(),
            at.line(),
            at.column()
        ),
        help,
    )
}

impl PolicySection {
    /// The policy on a day, checked; `path` is the file's.
    ///
    /// # Errors
    /// An unknown rule or level, an ignore without a reason or without anything to match, a date
    /// that is none.
    pub fn policy(&self, path: &Path, today: Date) -> Result<Policy, ConfigError> {
        let mut levels = BTreeMap::new();
        for (rule, level) in &self.levels.0 {
            if rules::Rule::named(&rule.value).is_none() {
                return Err(unknown_rule(path, rule, "levels"));
            }
            let chosen = Level::ALL
                .into_iter()
                .find(|known| known.as_str() == level.value)
                .ok_or_else(|| {
                    wrong(
                        path,
                        level.referenced,
                        &format!(
                            "levels: `{}` is no level; expected breaking, drift or info",
                            level.value
                        ),
                        "To take findings out altogether, list them under `ignore`, with a reason.",
                    )
                })?;
            levels.insert(rule.value.clone(), chosen);
        }
        let ignores = self
            .ignore
            .iter()
            .map(|entry| entry.value.ignore(path, entry.referenced))
            .collect::<Result<_, _>>()?;
        Ok(Policy {
            levels,
            ignores,
            today,
        })
    }
}

impl IgnoreEntry {
    fn ignore(&self, path: &Path, at: Location) -> Result<Ignore, ConfigError> {
        if self.rule.is_none() && self.subject.is_none() {
            return Err(wrong(
                path,
                at,
                "ignore: neither `rule` nor `subject` says what is ignored",
                "Name a rule, a subject or both: `subject: acme.payment.v1.Charge.memo`.",
            ));
        }
        for (key, text) in [("rule", &self.rule), ("subject", &self.subject)] {
            if let Some(text) = text.as_ref().filter(|text| text.value.trim().is_empty()) {
                return Err(wrong(
                    path,
                    text.referenced,
                    &format!("ignore: `{key}` is empty"),
                    "Name what is ignored, or leave the key out.",
                ));
            }
        }
        let reason = self.reason(path, at)?;
        let until = self
            .until
            .as_ref()
            .map(|text| date(path, text))
            .transpose()?;
        if let Some(rule) = &self.rule {
            check_rule(path, rule)?;
        }
        let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        let origin = format!("{}:{}", path.display(), at.line());
        Ignore::new(text(&self.rule), text(&self.subject), reason, until, origin).map_err(|error| {
            let place = self.subject.as_ref().or(self.rule.as_ref());
            wrong(
                path,
                place.map_or(at, |text| text.referenced),
                &format!("ignore: {error}"),
                "`*` stands for any characters: `acme.payment.*`.",
            )
        })
    }

    fn reason(&self, path: &Path, at: Location) -> Result<String, ConfigError> {
        let help = "Say why these findings may pass, for those who read the report.";
        match &self.reason {
            None => Err(wrong(path, at, "ignore: there is no `reason`", help)),
            Some(text) if text.value.trim().is_empty() => Err(wrong(
                path,
                text.referenced,
                "ignore: `reason` is empty",
                help,
            )),
            Some(text) => Ok(text.value.trim().to_owned()),
        }
    }
}

/// The day that is written as `YYYY-MM-DD`, and in no other way.
fn date(path: &Path, text: &Spanned<String>) -> Result<Date, ConfigError> {
    Some(text.value.trim())
        .filter(|text| text.len() == "YYYY-MM-DD".len())
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            wrong(
                path,
                text.referenced,
                &format!("ignore: `until`: `{}` is no date", text.value),
                "Write the last day on which it holds as YYYY-MM-DD: `until: 2027-01-31`.",
            )
        })
}

/// A rule id must exist, and a glob must mean at least one rule.
fn check_rule(path: &Path, rule: &Spanned<String>) -> Result<(), ConfigError> {
    let glob = Glob::new(&rule.value).map_err(|error| {
        wrong(
            path,
            rule.referenced,
            &format!("ignore: `rule`: {error}"),
            "`*` stands for any characters: `field-*`.",
        )
    })?;
    let glob = glob.compile_matcher();
    if rules::all().any(|known| glob.is_match(known.id)) {
        Ok(())
    } else {
        Err(unknown_rule(path, rule, "ignore"))
    }
}

fn unknown_rule(path: &Path, rule: &Spanned<String>, section: &str) -> ConfigError {
    let nearest = rules::all()
        .map(|known| (strsim::jaro_winkler(&rule.value, known.id), known.id))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let help = nearest.map_or_else(
        || "The report shows a finding's rule in brackets after its subject.".to_owned(),
        |(_, id)| format!("Did you mean `{id}`?"),
    );
    let message = format!("{section}: there is no rule `{}`", rule.value);
    wrong(path, rule.referenced, &message, &help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<Policy, ConfigError> {
        let section: PolicySection = serde_saphyr::from_str(text).unwrap();
        section.policy(Path::new("p.yaml"), "2027-01-31".parse().unwrap())
    }

    #[test]
    fn levels_and_ignores_are_read() {
        let policy = policy(
            "levels: {method-undocumented: info}\nignore:\n  - rule: field-*\n    reason: ' PAY-1 '\n    until: 2027-01-31\n  - {subject: a.B, reason: x}\n",
        )
        .unwrap();
        assert_eq!(policy.levels["method-undocumented"], Level::Info);
        let [first, second] = &policy.ignores[..] else {
            panic!("{policy:?}");
        };
        assert_eq!((first.rule(), first.subject()), (Some("field-*"), None));
        assert_eq!(
            (first.reason.as_str(), first.origin.as_str()),
            ("PAY-1", "p.yaml:3")
        );
        assert!(!first.expired(policy.today));
        assert_eq!(second.origin, "p.yaml:6");
    }

    #[test]
    fn mistakes_have_line_and_column() {
        for (text, place, words, help) in [
            (
                "levels:\n  method-mising: info\n",
                "2:3",
                "no rule `method-mising`",
                "`method-missing`",
            ),
            (
                "levels:\n  method-missing: off\n",
                "2:19",
                "`off` is no level",
                "ignore",
            ),
            (
                "ignore:\n  - {rule: filed-missing, reason: x}\n",
                "2:12",
                "no rule `filed-missing`",
                "`field-missing`",
            ),
            (
                "ignore:\n  - {rule: 'zzz*', reason: x}\n",
                "2:12",
                "no rule `zzz*`",
                "brackets",
            ),
            (
                "ignore:\n  - rule: field-missing\n",
                "2:5",
                "no `reason`",
                "why",
            ),
            (
                "ignore:\n  - rule: field-missing\n    reason: ' '\n",
                "3:13",
                "`reason` is empty",
                "why",
            ),
            (
                "ignore:\n  - reason: x\n",
                "2:5",
                "neither `rule` nor `subject`",
                "subject:",
            ),
            (
                "ignore:\n  - subject: ''\n    reason: x\n",
                "2:14",
                "`subject` is empty",
                "leave",
            ),
            (
                "ignore:\n  - subject: 'a.['\n    reason: x\n",
                "2:14",
                "`a.[` is no pattern",
                "`*`",
            ),
            (
                "ignore:\n  - rule: '['\n    reason: x\n",
                "2:11",
                "`rule`",
                "`*`",
            ),
        ] {
            let error = policy(text).unwrap_err();
            let message = error.to_string();
            assert!(
                message.starts_with(&format!("p.yaml:{place}: ")),
                "{message}"
            );
            assert!(message.contains(words), "{message}");
            assert!(error.help().unwrap().contains(help), "{error:?}");
        }
    }

    #[test]
    fn only_a_day_is_a_date() {
        for date in [
            "2027-02-30",
            "31.01.2027",
            "2027-1-31",
            "tomorrow",
            "2027-01-31T00:00",
            "20270131",
        ] {
            let error = policy(&format!(
                "ignore:\n  - subject: a\n    reason: x\n    until: {date}\n"
            ))
            .unwrap_err();
            let message = error.to_string();
            assert!(
                message.starts_with("p.yaml:4:12: ") && message.contains(date),
                "{message}"
            );
            assert!(error.help().unwrap().contains("YYYY-MM-DD"), "{error:?}");
        }
    }
}
