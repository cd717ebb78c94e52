//! The token: where it comes from, whom it is sent to, and that it is shown nowhere.

use std::fs;

use crate::registry::{self, Registry};
use crate::{Place, Run, files};

const SECRET: &str = "a-rather-secret-token";

fn fetch(place: &Place, token: Option<&str>, env: &[(&str, &str)], module: &str) -> Run {
    place.run_with(token, env, &["fetch", module, "-o", "x.binpb"])
}

#[test]
fn either_variable_gives_the_token() {
    let registry = Registry::with_tokens(&[SECRET]);
    let module = registry.module("acme/shop");
    let bound = format!("other-token@buf.build,{SECRET}@{}", registry.host());
    for (token, more) in [
        (Some(SECRET), &[][..]),
        (None, &[("BSR_TOKEN", SECRET)]),
        (Some(&bound), &[]),
    ] {
        let run = fetch(&Place::new(), token, more, &module);
        assert_eq!(run.code, Some(0), "{run:#?}");
    }
}

#[test]
fn a_missing_and_a_wrong_token_are_told_apart() {
    let registry = Registry::with_tokens(&[SECRET]);
    let module = registry.module("acme/shop");
    let place = Place::new();
    fetch(&place, None, &[], &module).fails(4, &[&module, "not authenticated", "Set BUF_TOKEN"]);
    let wrong = fetch(&place, Some("another-wrong-token"), &[], &module);
    wrong.fails(4, &[&module, "is not valid", "refused the token"]);
    assert!(!wrong.err.contains("another-wrong-token"), "{wrong:#?}");
    // `buf` itself would print the first of these.
    let odd = fetch(&place, Some("part-one,part-two"), &[], &module);
    odd.fails(4, &[&module]);
    assert!(!odd.err.contains("part-one"), "{odd:#?}");
}

#[cfg(unix)]
#[test]
fn the_token_is_in_no_output_argument_or_file() {
    let registry = Registry::with_tokens(&[SECRET]);
    let mut place = Place::new();
    place.wrap(r#"echo "$0 $@" >> "$(dirname "$0")/arguments"; exec "$BUF" "$@""#);
    let (live, truth) = (
        registry.module("acme/shop:v2"),
        registry.module("acme/shop"),
    );
    let args = [
        "diff",
        "--live",
        &live,
        "--truth",
        &truth,
        "--report",
        "json=r.json",
        "--report",
        "markdown=r.md",
    ];
    let run = place.run(Some(SECRET), &args);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(
        !run.out.contains(SECRET) && !run.err.contains(SECRET),
        "{run:#?}"
    );
    let mut looked_at = files(place.folder.path());
    looked_at.extend(files(&place.home.cache_dir()));
    assert!(
        looked_at
            .iter()
            .any(|path| path.ends_with("wrapped/arguments"))
    );
    assert!(looked_at.len() > 6, "{looked_at:?}");
    for path in looked_at {
        let content = fs::read(&path).unwrap();
        let found = content
            .windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_pods_own_choice_of_registry_does_not_get_the_token() {
    // One registry that the command line names, and one that it doesn't.
    let named = Registry::with_tokens(&[SECRET]);
    let other = Registry::start(&registry::fixtures());
    let place = Place::new();
    let run = fetch(&place, Some(SECRET), &[], &named.module("acme/shop"));
    assert_eq!(run.code, Some(0), "{run:#?}");
    // As an annotation would: through the library, which is told whom to trust.
    let seen = other.counts().authorizations;
    assert!(seen.is_empty(), "{seen:?}");
    let run = fetch(
        &place,
        Some(&format!("{SECRET}@{}", named.host())),
        &[],
        &other.module("acme/shop"),
    );
    assert_eq!(run.code, Some(0), "{run:#?}");
    let seen: Vec<String> = other
        .counts()
        .authorizations
        .into_values()
        .flatten()
        .collect();
    assert_eq!(
        seen,
        [""],
        "the token went to a registry that it is not for"
    );
}
