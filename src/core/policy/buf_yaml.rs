//! The `breaking` section of a module's `buf.yaml`, applied to findings: what a team has told
//! `buf breaking` to let pass is not brought up again here.
//!
//! buf would report a finding through any of the rule ids that correspond to it ([`Rule::buf`]), so
//! it is ignored when none of those that are in use there can report it. Findings whose rule has no
//! counterpart in buf, and what `expect` demands, are none of buf's business.

use super::buf_categories::covers;
use super::{By, Ignored};
use crate::core::judge::Finding;
use crate::core::level::Level;
use crate::core::rules::Rule;
use crate::core::truth::BufBreaking;

/// What buf uses where `use` is not written.
const DEFAULT_USE: &str = "FILE";

/// Whether the section lets a finding pass, and by what.
pub(super) fn ignored(breaking: &BufBreaking, finding: &Finding) -> Option<Ignored> {
    let ids = Rule::named(finding.rule)?.buf;
    if ids.is_empty() || finding.expected {
        return None;
    }
    let reason = by_path(breaking, finding)
        .or_else(|| by_package(breaking, finding))
        .or_else(|| by_rule(breaking, ids, finding))
        .or_else(|| by_use(breaking, ids, finding))?;
    Some(Ignored {
        by: By::BufYaml,
        reason,
        until: None,
        origin: breaking.origin.clone(),
    })
}

/// `ignore`: the file, or a folder that it is in.
fn by_path(breaking: &BufBreaking, finding: &Finding) -> Option<String> {
    let file = &finding.location.as_ref()?.file;
    let path = breaking.ignore.iter().find(|path| within(file, path))?;
    Some(format!("`ignore` has {path}"))
}

/// `ignore_unstable_packages`: the package's last part is a version such as `v1beta1`.
fn by_package(breaking: &BufBreaking, finding: &Finding) -> Option<String> {
    let unstable = breaking.ignore_unstable_packages && finding.subject.split('.').any(is_unstable);
    unstable.then(|| "`ignore_unstable_packages` is set".to_owned())
}

/// `v1alpha`, `v1alpha2`, `v1beta1`, `v1p1beta1`, `v1test`. (Source: buf's documentation of package
/// versions.) A message or method of such a name would have to begin with a lower-case v.
fn is_unstable(part: &str) -> bool {
    let Some(rest) = part.strip_prefix('v') else {
        return false;
    };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let Some(word) = ["alpha", "beta", "test"]
        .into_iter()
        .find(|word| rest.contains(word))
    else {
        return false;
    };
    let Some((major, minor)) = rest.split_once(word) else {
        return false;
    };
    let (major, patch) = major.split_once('p').unwrap_or((major, "0"));
    !major.is_empty() && digits(major) && digits(patch) && (word == "test" || digits(minor))
}

/// `except` and `ignore_only`, which name rules.
fn by_rule(breaking: &BufBreaking, ids: &[&str], finding: &Finding) -> Option<String> {
    let file = finding.location.as_ref().map(|at| &at.file);
    let excepted = |id: &&str| breaking.except.iter().find(|name| covers(name, id));
    let only = |id: &&str| {
        let file = file?;
        let named = |(name, paths): &(&String, &Vec<String>)| {
            covers(name, id) && paths.iter().any(|path| within(file, path))
        };
        breaking
            .ignore_only
            .iter()
            .find(named)
            .map(|(name, _)| name)
    };
    let mut reasons: Vec<String> = Vec::new();
    for id in in_use(breaking, ids) {
        let reason = match (excepted(&id), only(&id)) {
            (Some(name), _) => format!("`except` has {name}"),
            (None, Some(name)) => format!("`ignore_only` has {name} for this file"),
            (None, None) => return None,
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Some(reasons.join(", "))
}

/// `use`: buf looks for nothing of the kind. A category is chosen for what buf can see, files or
/// the wire; that gRPC calls fail is beyond all of them (`WIRE` lets a method go). So what breaks
/// calls is never dropped by `use` alone, but only where somebody named the rule or the file.
fn by_use(breaking: &BufBreaking, ids: &[&str], finding: &Finding) -> Option<String> {
    let worst = finding
        .level
        .max(finding.default_level.unwrap_or(Level::Info));
    if breaking.uses.is_empty() || worst == Level::Breaking {
        return None;
    }
    let used = ids
        .iter()
        .any(|id| breaking.uses.iter().any(|name| covers(name, id)));
    (!used).then(|| {
        format!(
            "`use` is {}, without {}",
            breaking.uses.join(", "),
            ids.join(", ")
        )
    })
}

/// The ids through which buf would report it; all of them if it would not at all, so that a rule
/// outside `use` can still be excepted by name.
fn in_use<'a>(breaking: &BufBreaking, ids: &[&'a str]) -> Vec<&'a str> {
    let used = |id: &&str| {
        if breaking.uses.is_empty() {
            covers(DEFAULT_USE, id)
        } else {
            breaking.uses.iter().any(|name| covers(name, id))
        }
    };
    let some: Vec<&str> = ids.iter().copied().filter(used).collect();
    if some.is_empty() { ids.to_vec() } else { some }
}

/// Whether a file is this path, or in this folder.
fn within(file: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path == "."
        || file
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unstable_versions_are_told_from_others() {
        for part in [
            "v1alpha",
            "v1alpha2",
            "v2beta1",
            "v1p1beta1",
            "v1test",
            "v1testing",
        ] {
            assert!(is_unstable(part), "{part}");
        }
        for part in [
            "v1", "valpha", "alpha", "v1p1", "vbeta1", "v1gamma", "Order", "v1beta1x",
        ] {
            assert!(!is_unstable(part), "{part}");
        }
    }
}
