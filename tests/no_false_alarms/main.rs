//! What is no drift gives nothing: the same schema in another order, in other files, spelled out or
//! left to defaults, stripped of what no call can see, or written in another syntax.
//!
//! Each [`Rewriting`] is applied to several schemas and compared in both directions and both scopes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/buf.rs"]
mod buf;
mod files;
mod order;
#[path = "../support/schemas.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod schemas;
#[path = "../support/set.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod set;
mod spelling;
mod twins;

use schemas::Scope;
use set::Set;

/// Another way to write the same schema.
type Rewriting = (&'static str, fn(&mut Set));

macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../oracle/protos/", $path)))),*]
    };
}

fn schemas() -> Vec<(&'static str, Set)> {
    let rich = sources![
        "rich/api/v1/api.proto",
        "rich/api/v1/more.proto",
        "rich/extra/v1/extra.proto",
        "rich/extra/v1/plain.proto",
        "rich/legacy/v1/legacy.proto",
        "rich/types/v1/types.proto",
    ];
    let edition = sources!["rich/edition/v1/edition.proto"];
    vec![
        ("rich", schemas::compile(&rich)),
        ("edition", schemas::decode(&buf::build(&edition))),
        (
            "grpc",
            schemas::decode(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET),
        ),
    ]
}

/// The changes between two writings, in both directions and scopes, one line each.
fn alarms(what: &str, one: &[schemas::File], two: &[schemas::File]) -> Vec<String> {
    let mut found = Vec::new();
    for scope in [Scope::Services, Scope::All] {
        for (way, server, client) in [("", two, one), (", the other way", one, two)] {
            for change in schemas::differences(server, client, scope) {
                found.push(format!("{what}{way}, {scope:?}: {change:?}"));
            }
        }
    }
    found
}

fn assert_quiet(rewritings: &[Rewriting]) {
    let schemas = schemas();
    let mut found = Vec::new();
    for (name, rewrite) in rewritings {
        let mut applied = false;
        for (base, set) in &schemas {
            let mut other = set.clone();
            rewrite(&mut other);
            applied |= &other != set;
            found.extend(alarms(&format!("{name} ({base})"), set, &other));
        }
        assert!(applied, "{name} rewrites nothing");
    }
    assert!(
        found.is_empty(),
        "{} false alarms:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn the_order_of_declarations() {
    assert_quiet(order::REWRITINGS);
}

#[test]
fn the_layout_of_files() {
    assert_quiet(files::REWRITINGS);
}

#[test]
fn what_is_spelled_out_or_stripped() {
    assert_quiet(spelling::REWRITINGS);
}

#[test]
fn the_same_schema_in_another_syntax() {
    let mut found = Vec::new();
    for (what, one, two) in twins::TWINS {
        let [one, two] = [one, two]
            .map(|source| schemas::decode(&buf::build(&[("twin/v1/twin.proto", source)])));
        // That the file was rewritten is a fact about the file, which only `--scope all` looks at;
        // what it declares is the same.
        let syntax = |alarm: &String| alarm.contains("All: Change { kind: FileSyntaxChanged");
        found.extend(
            alarms(what, &one, &two)
                .into_iter()
                .filter(|alarm| !syntax(alarm)),
        );
    }
    assert!(
        found.is_empty(),
        "{} false alarms:\n{}",
        found.len(),
        found.join("\n")
    );
}
