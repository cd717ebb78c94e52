//! What must hold for any schema and any change to it.
//!
//! Schemas are drawn at random and built as descriptors; changes come from the mutations that the
//! comparison with `buf` uses, so that here every one of them is tried at every place.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "oracle/mutate/mod.rs"]
mod mutate;
#[path = "support/schemas.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod schemas;
#[path = "support/set.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod set;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use protodiff::core::judge::judge;
use protodiff::core::level::Level;
use protodiff::core::perspective::Perspective;
use schemas::Scope;
use set::Set;

/// Types that a random field may have; `M` and `E` stand for a random message and enum.
const TYPES: [&str; 10] = [
    "int32", "uint64", "sint32", "bool", "string", "bytes", "double", "fixed32", "M", "E",
];

/// One field: type, label, number's distance from the one before.
type Drawn = (usize, usize, u8);

/// A proto3 source with these messages' fields and these enums' sizes.
fn source(messages: &[Vec<Drawn>], enums: &[u8]) -> String {
    let mut text = "syntax = \"proto3\";\npackage drawn.v1;\n".to_owned();
    for (index, size) in enums.iter().enumerate() {
        write!(text, "enum E{index} {{ E{index}_NONE = 0;").unwrap();
        for value in 1..=*size {
            write!(text, " E{index}_V{value} = {value};").unwrap();
        }
        text.push_str(" }\n");
    }
    for (index, fields) in messages.iter().enumerate() {
        writeln!(text, "message M{index} {{").unwrap();
        let mut number = 0;
        for (at, (kind, label, step)) in fields.iter().enumerate() {
            number += u32::from(*step) + 1;
            let kind = match TYPES[kind % TYPES.len()] {
                "M" => format!("M{}", (index + at) % messages.len()),
                "E" => format!("E{}", at % enums.len()),
                scalar => scalar.to_owned(),
            };
            let whole = match label % 5 {
                0 => format!("repeated {kind}"),
                1 => format!("optional {kind}"),
                2 => format!("map<string, {kind}>"),
                _ => kind,
            };
            writeln!(text, "  {whole} f_{at} = {number};").unwrap();
        }
        text.push_str("  oneof choice { string first = 1000; int32 second = 1001; }\n}\n");
    }
    text.push_str("service Svc { rpc Call(M0) returns (M0); rpc Last(stream M0) returns (M0); }\n");
    text
}

/// Drawn as a source, so that a failure shows one.
fn drawn() -> impl Strategy<Value = String> {
    let field = (0..TYPES.len(), 0..5_usize, 0..4_u8);
    let message = prop::collection::vec(field, 1..7);
    let messages = prop::collection::vec(message, 1..5);
    let enums = prop::collection::vec(1..4_u8, 1..3);
    (messages, enums).prop_map(|(messages, enums)| source(&messages, &enums))
}

fn compiled(source: &str) -> Set {
    schemas::compile(&[("a.proto", source)])
}

/// Level and fingerprint of each change.
fn judged(server: &Set, client: &Set, scope: Scope) -> Vec<(Level, String)> {
    let mut all: Vec<(Level, String)> = schemas::differences(server, client, scope)
        .iter()
        .map(|change| judge(change, Perspective::After))
        .map(|finding| (finding.level, finding.fingerprint))
        .collect();
    all.sort();
    all
}

/// The same declarations backwards, as far as order means nothing.
fn backwards(set: &Set) -> Set {
    let mut other = set.clone();
    other.reverse();
    for file in &mut other {
        file.message_type.reverse();
        file.enum_type.reverse();
        file.service.reverse();
        for message in &mut file.message_type {
            message.nested_type.reverse();
            message.field.reverse();
            set::gather_oneofs(message);
        }
    }
    other
}

/// Mutations that mean nothing in some places, or nothing that a rule is about: how they begin, and
/// why.
const SILENT: &[(&str, &str)] = &[
    (
        "add-alias",
        "a second name for a number that both sides know",
    ),
    (
        "add-nested-message",
        "a message that only the server has, and that nothing refers to",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_schema_does_not_differ_from_itself(set in drawn()) {
        let set = compiled(&set);
        for scope in [Scope::Services, Scope::All] {
            prop_assert_eq!(schemas::differences(&set, &set, scope), vec![]);
            prop_assert_eq!(schemas::differences(&set, &backwards(&set), scope), vec![]);
        }
    }

    #[test]
    fn judgement_does_not_depend_on_order(one in drawn(), two in drawn()) {
        let (one, two) = (compiled(&one), compiled(&two));
        for scope in [Scope::Services, Scope::All] {
            let straight = judged(&one, &two, scope);
            prop_assert_eq!(&straight, &judged(&backwards(&one), &two, scope));
            prop_assert_eq!(&straight, &judged(&one, &backwards(&two), scope));
            prop_assert_eq!(&straight, &judged(&backwards(&one), &backwards(&two), scope));
        }
    }

    #[test]
    fn the_wider_scope_finds_at_least_as_much(one in drawn(), two in drawn()) {
        let (one, two) = (compiled(&one), compiled(&two));
        let all = schemas::differences(&one, &two, Scope::All);
        for change in schemas::differences(&one, &two, Scope::Services) {
            let wider = all.iter().any(|other| {
                other.kind == change.kind && other.subject == change.subject
            });
            prop_assert!(wider, "{:?} is missing", change);
        }
    }

    #[test]
    fn every_single_change_is_found(set in drawn(), pick in any::<prop::sample::Index>()) {
        let set = compiled(&set);
        let mutations = mutate::all(&set);
        let mutation = pick.get(&mutations);
        let mutant = mutation.of(&set);
        let found = schemas::differences(&mutant, &set, Scope::All);
        let silent = SILENT.iter().any(|(kind, _)| mutation.kind.starts_with(kind));
        if mutation.neutral {
            prop_assert_eq!(found, vec![]);
        } else if !silent {
            prop_assert!(!found.is_empty(), "{} at {}", mutation.kind, mutation.place);
        }
    }
}

/// The written schemas have constructs that the drawn ones have not.
#[test]
fn every_mutation_of_a_rich_schema_is_found() {
    macro_rules! rich {
        ($($path:literal),*) => {
            [$(($path, include_str!(concat!("oracle/protos/", $path)))),*]
        };
    }
    let set = schemas::compile(&rich![
        "rich/api/v1/api.proto",
        "rich/api/v1/more.proto",
        "rich/extra/v1/extra.proto",
        "rich/extra/v1/plain.proto",
        "rich/legacy/v1/legacy.proto",
        "rich/types/v1/types.proto"
    ]);
    let client = schemas::schema_of(&set);
    let mut missed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut tried = 0;
    for mutation in mutate::all(&set) {
        let silent = SILENT
            .iter()
            .any(|(kind, _)| mutation.kind.starts_with(kind));
        let nth = tried % 3 == 0 || !mutation.kind.starts_with("retype");
        tried += 1;
        if silent || mutation.neutral || mutation.place.starts_with("google") || !nth {
            continue;
        }
        let server = schemas::schema_of(&mutation.of(&set));
        if schemas::changes(&server, &client, Scope::All).is_empty() {
            missed
                .entry(mutation.kind)
                .or_default()
                .push(mutation.place);
        }
    }
    assert!(
        missed.is_empty(),
        "of {tried} mutations, nothing is found for {missed:#?}"
    );
}
