//! Type names, resolved the way the protobuf language scopes them.
//!
//! Descriptors should carry absolute names (`.pkg.Type`). Some servers send relative ones
//! (`common.v1.Money` inside `shop.orders.v1`), which mean the innermost scope that has them.

use std::collections::HashSet;

/// Resolves `name` as written inside `scope` (a full message name or a package).
///
/// A relative name never means what `skip` says. Returns the full name without a leading dot, or `None` if no scope has it.
pub(super) fn resolve<'a>(
    name: &'a str,
    scope: &str,
    known: &HashSet<String>,
    skip: &dyn Fn(&str) -> bool,
) -> Option<std::borrow::Cow<'a, str>> {
    if let Some(absolute) = name.strip_prefix('.') {
        return known.contains(absolute).then_some(absolute.into());
    }
    let mut scope = scope;
    loop {
        if scope.is_empty() {
            return known.contains(name).then_some(name.into());
        }
        let candidate = format!("{scope}.{name}");
        if known.contains(&candidate) && !skip(&candidate) {
            return Some(candidate.into());
        }
        scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_scope_wins() {
        let known: HashSet<String> = ["a.Money", "a.b.Money", "Money"]
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            resolve("Money", "a.b.Order", &known, &|_| false).as_deref(),
            Some("a.b.Money")
        );
        assert_eq!(
            resolve("Money", "a.Order", &known, &|_| false).as_deref(),
            Some("a.Money")
        );
        assert_eq!(
            resolve("b.Money", "a.c", &known, &|_| false).as_deref(),
            Some("a.b.Money")
        );
        assert_eq!(
            resolve(".Money", "a.b", &known, &|_| false).as_deref(),
            Some("Money")
        );
        let skip = |name: &str| name == "a.b.Money";
        assert_eq!(
            resolve("Money", "a.b.Order", &known, &skip).as_deref(),
            Some("a.Money")
        );
        assert_eq!(resolve("Nothing", "a.b", &known, &|_| false), None);
    }
}
