//! Parses label selectors in kubectl's notation, so that a mistake is a usage error before any
//! call, and so that workloads can be matched by their pod template's labels.

use kube::core::{Expression, Selector};

use super::error::DiscoverError;
use crate::core::selection::is_label_value;

/// Checks a label selector.
///
/// # Errors
/// [`DiscoverError::Selector`] says what is wrong with it.
pub fn check(text: &str) -> Result<(), DiscoverError> {
    parse(text).map(|_| ())
}

/// Parses a label selector.
pub(super) fn parse(text: &str) -> Result<Selector, DiscoverError> {
    let mut selector = Selector::default();
    if text.trim().is_empty() {
        return Ok(selector);
    }
    for requirement in split(text) {
        let expression =
            expression(requirement.trim()).map_err(|cause| DiscoverError::Selector {
                selector: text.to_owned(),
                cause,
            })?;
        selector.extend(expression);
    }
    Ok(selector)
}

/// Splits at the commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn expression(text: &str) -> Result<Expression, String> {
    if text.is_empty() {
        return Err("there is nothing between two commas, or at an end".to_owned());
    }
    if let Some(set) = text.strip_suffix(')') {
        return set_based(text, set);
    }
    if let Some((name, wanted)) = text.split_once("!=") {
        return Ok(Expression::NotEqual(key(name)?, value(wanted)?));
    }
    if let Some((name, wanted)) = text.split_once('=') {
        let wanted = wanted.strip_prefix('=').unwrap_or(wanted);
        return Ok(Expression::Equal(key(name)?, value(wanted)?));
    }
    if text.contains(['<', '>']) {
        return Err(format!("`{text}`: < and > are not supported"));
    }
    match text.strip_prefix('!') {
        Some(name) => Ok(Expression::DoesNotExist(key(name)?)),
        None => Ok(Expression::Exists(key(text)?)),
    }
}

/// `KEY in (A,B)` and `KEY notin (A,B)`, without the closing parenthesis.
fn set_based(text: &str, set: &str) -> Result<Expression, String> {
    let wrong = || format!("`{text}`: expected KEY in (A,B) or KEY notin (A,B)");
    let (head, values) = set.split_once('(').ok_or_else(wrong)?;
    let mut words = head.split_whitespace();
    let (Some(name), Some(operator), None) = (words.next(), words.next(), words.next()) else {
        return Err(wrong());
    };
    let values = values.split(',').map(value).collect::<Result<_, _>>()?;
    match operator {
        "in" => Ok(Expression::In(key(name)?, values)),
        "notin" => Ok(Expression::NotIn(key(name)?, values)),
        _ => Err(wrong()),
    }
}

fn key(text: &str) -> Result<String, String> {
    let text = text.trim();
    let (prefix, name) = text
        .split_once('/')
        .map_or((None, text), |(p, n)| (Some(p), n));
    let prefix_fits = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
    });
    if is_label_value(name) && prefix_fits {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not a label key"))
    }
}

fn value(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || is_label_value(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not a label value"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::SelectorExt;
    use std::collections::BTreeMap;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels: BTreeMap<String, String> = labels
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        parse(selector).unwrap().matches(&labels)
    }

    #[test]
    fn every_operator_matches_as_kubectl_does() {
        let labels = [
            ("app", "cart"),
            ("app.kubernetes.io/part-of", "shop"),
            ("env", "b"),
        ];
        for yes in [
            "",
            "app=cart",
            "app==cart",
            " app = cart , env in (a, b)",
            "env notin (c)",
            "tier notin (c)",
            "tier!=x",
            "!tier",
            "app",
            "app.kubernetes.io/part-of=shop,app=cart",
        ] {
            assert!(matches(yes, &labels), "{yes}");
        }
        for no in [
            "app=x",
            "app=",
            "!app",
            "tier",
            "env in (a,c)",
            "env!=b",
            "app=cart,tier",
        ] {
            assert!(!matches(no, &labels), "{no}");
        }
    }

    #[test]
    fn mistakes_say_where() {
        for (text, part) in [
            ("app=cart,", "nothing between"),
            ("app in a,b", "`app in a`"),
            ("app within (a)", "KEY in (A,B)"),
            ("app=a b", "`a b`"),
            ("=x", "label key"),
            ("n>1", "not supported"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
