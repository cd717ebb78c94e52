//! Rules and changes hold each other: every kind of change has one rule, every rule's example fires
//! it and nothing else, and what is no drift fires nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/twin.rs"]
mod twin;

use std::collections::BTreeSet;
use std::sync::Arc;

use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use protodiff::core::assemble::assemble;
use protodiff::core::change::ChangeKind;
use protodiff::core::compare::{CompareOptions, Comparison, Scope, compare};
use protodiff::core::inputs::{Compared, Inputs, PodResult};
use protodiff::core::level::FailOn;
use protodiff::core::report::Report;
use protodiff::core::rules;
use protodiff::core::schema::{FileInput, Schema};
use protodiff::core::target::{Address, Target, VersionKey, WorkloadRef};

/// A fragment as a whole file.
fn whole(fragment: &str) -> String {
    let syntax = if fragment.contains("syntax =") {
        ""
    } else {
        "syntax = \"proto3\";\n"
    };
    // The declaration of syntax must come first, also in a fragment that has one.
    let (head, body) = match fragment.split_once(';') {
        Some((head, body)) if head.contains("syntax =") => (format!("{head};\n"), body),
        _ => (String::new(), fragment),
    };
    let service = if fragment.contains("service ") {
        ""
    } else {
        "\nservice Svc { rpc Call(Example) returns (Example); }"
    };
    format!("{syntax}{head}package example.v1;\n{body}{service}\n")
}

/// Compiles files (name, content), the last one importing what it names.
fn compile(files: &[(&str, &str)]) -> FileDescriptorSet {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    protox::compile(names, [folder.path()]).unwrap_or_else(|error| panic!("{error:?}\n{files:#?}"))
}

fn schema_of(set: &FileDescriptorSet) -> Schema {
    let bytes: Vec<Vec<u8>> = set
        .file
        .iter()
        .map(FileDescriptorProto::encode_to_vec)
        .collect();
    Schema::load(bytes.iter().map(|bytes| FileInput {
        bytes,
        path: Some("a.proto"),
        imported: false,
    }))
    .unwrap()
}

/// `google.protobuf.FileDescriptorSet` with its files as they are.
#[derive(Clone, PartialEq, prost::Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// The part of `google.api.http` that the examples use.
const HTTP: &str =
    "syntax = \"proto3\"; package google.api; import \"google/protobuf/descriptor.proto\";
extend google.protobuf.MethodOptions { HttpRule http = 72295728; }
message HttpRule { string get = 2; }";

/// A fragment's schema, custom options included.
fn schema(fragment: &str) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("google/api")).unwrap();
    std::fs::write(folder.path().join("google/api/annotations.proto"), HTTP).unwrap();
    std::fs::write(folder.path().join("a.proto"), whole(fragment)).unwrap();
    let mut compiler = protox::Compiler::new([folder.path()]).unwrap();
    compiler.include_imports(true);
    compiler
        .open_file("a.proto")
        .unwrap_or_else(|error| panic!("{error:?}\n{fragment}"));
    let set = RawSet::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap();
    Schema::load(set.file.iter().map(|bytes| FileInput {
        bytes,
        path: Some("a.proto"),
        imported: false,
    }))
    .unwrap()
}

fn changes(live: &Schema, truth: &Schema) -> Comparison {
    compare(live, truth, &CompareOptions::default())
}

/// A report on one endpoint with this comparison.
fn report_of(comparison: Comparison, fail_on: FailOn) -> Report {
    let target = Target {
        workload: WorkloadRef {
            namespace: String::new(),
            kind: "Endpoint".to_owned(),
            name: "e".to_owned(),
        },
        version: VersionKey::default(),
        name: "e".to_owned(),
        address: Address::Static {
            host: String::new(),
            port: 1,
            tls: false,
        },
        ports: Vec::new(),
        entry: None,
        module: None,
        service: String::new(),
    };
    assemble(Inputs {
        pods: vec![PodResult {
            target,
            module: "m".to_owned(),
            port: None,
            outcome: Ok(Compared {
                comparison: Arc::new(comparison),
                ..Compared::default()
            }),
        }],
        fail_on,
        ..Inputs::default()
    })
}

/// With `--scope all`.
fn whole_changes(server: &Schema, client: &Schema) -> Comparison {
    let options = CompareOptions {
        scope: Scope::All,
        ..CompareOptions::default()
    };
    compare(server, client, &options)
}

/// The rules of a report on one endpoint with this comparison.
fn fired(comparison: Comparison) -> BTreeSet<&'static str> {
    report_of(comparison, FailOn::Drift)
        .findings
        .iter()
        .map(|found| found.finding.rule)
        .collect()
}

#[test]
fn every_kind_of_change_has_exactly_one_rule() {
    for kind in ChangeKind::ALL {
        let rules: Vec<&str> = rules::all()
            .filter(|r| r.kind == kind)
            .map(|r| r.id)
            .collect();
        assert_eq!(rules.len(), 1, "{kind:?}: {rules:?}");
    }
    assert_eq!(rules::all().count(), ChangeKind::ALL.len());
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    for rule in rules::all() {
        assert!(seen.insert(rule.id), "{} twice", rule.id);
        assert!(
            rule.id.split('-').all(|word| !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())),
            "{}",
            rule.id
        );
        assert_eq!(rules::Rule::named(rule.id).map(|r| r.kind), Some(rule.kind));
    }
}

#[test]
fn every_rule_says_why_and_what_to_do() {
    for rule in rules::all() {
        for text in [
            rule.summary,
            rule.fact,
            rule.fix,
            rule.request.why,
            rule.response.why,
        ] {
            assert!(!text.trim().is_empty(), "{}", rule.id);
        }
        assert!(
            rule.fix.ends_with('.') && !rule.summary.ends_with('.'),
            "{}",
            rule.id
        );
    }
}

/// What a change of syntax brings with it, besides what it is an example for.
const OF_SYNTAX: [&str; 5] = [
    "field-utf8-validation-changed",
    "enum-openness-changed",
    "enum-json-format-changed",
    "message-json-format-changed",
    "file-syntax-changed",
];

/// Rules that one file cannot show; the tests below do.
const OF_SEVERAL_FILES: [ChangeKind; 2] =
    [ChangeKind::PackageMissing, ChangeKind::FilePackageChanged];

#[test]
fn every_example_fires_its_rule_and_nothing_else() {
    for rule in rules::all().filter(|rule| !OF_SEVERAL_FILES.contains(&rule.kind)) {
        let server = schema(rule.example.server);
        let client = schema(rule.example.client);
        let mut fired_here = fired(changes(&server, &client));
        if !fired_here.contains(rule.id) {
            fired_here = fired(whole_changes(&server, &client));
        }
        assert!(
            fired_here.remove(rule.id),
            "{} did not fire: {fired_here:?}",
            rule.id
        );
        let syntax = |text: &str| text.contains("proto2");
        if syntax(rule.example.server) != syntax(rule.example.client) {
            fired_here.retain(|id| !OF_SYNTAX.contains(id));
        }
        assert!(
            fired_here.is_empty(),
            "{} fired also {fired_here:?}",
            rule.id
        );
    }
}

#[test]
fn packages_and_the_packages_of_files_are_compared_with_scope_all() {
    let kept = "syntax = \"proto3\"; package kept; message M {}";
    let client = schema_of(&compile(&[
        ("a.proto", kept),
        ("b.proto", "syntax = \"proto3\"; package gone; message M {}"),
    ]));
    let server = schema_of(&compile(&[
        ("a.proto", kept),
        (
            "b.proto",
            "syntax = \"proto3\"; package moved; message M {}",
        ),
    ]));
    let found = fired(whole_changes(&server, &client));
    assert_eq!(
        found,
        BTreeSet::from(["message-missing", "package-missing", "file-package-changed"])
    );
    assert!(changes(&server, &client).changes.is_empty());
}

#[test]
fn no_example_differs_from_itself() {
    for rule in rules::all().filter(|rule| !OF_SEVERAL_FILES.contains(&rule.kind)) {
        for side in [rule.example.server, rule.example.client] {
            let comparison = changes(&schema(side), &schema(side));
            assert!(comparison.changes.is_empty(), "{}: {comparison:?}", rule.id);
            assert!(
                comparison.unverified.is_empty(),
                "{}: {comparison:?}",
                rule.id
            );
            assert!(fired(comparison).is_empty(), "{}", rule.id);
        }
    }
}

const SHOP: &str = "syntax = \"proto3\";
package example.v1;
service Svc { rpc Call(Example) returns (Answer); rpc Watch(Example) returns (stream Answer); }
message Example { string name = 1; optional int32 size = 2; oneof pick { Kind kind = 3; Part part = 4; } map<string, Part> parts = 5; repeated int64 ids = 6; }
message Part { bytes data = 1; Part inner = 2; }
message Answer { Kind kind = 1; repeated Part parts = 2; }
enum Kind { KIND_UNSPECIFIED = 0; KIND_NEW = 1; KIND_OLD = 2; }
";

fn assert_no_drift(a: &Schema, b: &Schema) {
    for (live, truth) in [(a, b), (b, a)] {
        let comparison = changes(live, truth);
        assert_eq!(comparison.common, ["example.v1.Svc"]);
        assert!(comparison.changes.is_empty(), "{:#?}", comparison.changes);
        assert!(fired(comparison).is_empty());
    }
}

#[test]
fn order_comments_and_spelled_out_json_names_are_no_drift() {
    let other = "// Another file.
syntax = \"proto3\";
package example.v1;
enum Kind { KIND_UNSPECIFIED = 0; KIND_OLD = 2; /* old */ KIND_NEW = 1; }
message Answer { repeated Part parts = 2; Kind kind = 1 [json_name = \"kind\"]; }
// A part.
message Part { Part inner = 2; bytes data = 1; }
message Example { repeated int64 ids = 6; map<string, Part> parts = 5; oneof pick { Part part = 4; Kind kind = 3; } optional int32 size = 2; string name = 1; }
service Svc { rpc Watch(Example) returns (stream Answer); rpc Call(Example) returns (Answer); }
";
    let one = schema_of(&compile(&[("a.proto", SHOP)]));
    let two = schema_of(&compile(&[("b.proto", other)]));
    assert_no_drift(&one, &two);
}

#[test]
fn how_files_are_split_is_no_drift() {
    let split = |from: &str, to: &str| {
        SHOP.lines()
            .filter(|line| line.starts_with(from) || line.starts_with(to))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let head = "syntax = \"proto3\";\npackage example.v1;\n";
    let types = format!("{head}{}", split("message Part", "enum Kind"));
    let rest = format!(
        "{head}import \"types.proto\";\n{}\n{}",
        split("service", "message Example"),
        split("message Answer", "message Answer")
    );
    let one = schema_of(&compile(&[("a.proto", SHOP)]));
    let two = schema_of(&compile(&[("types.proto", &types), ("rest.proto", &rest)]));
    assert_no_drift(&one, &two);
}

#[test]
fn a_file_and_its_editions_twin_are_no_drift() {
    let set = compile(&[("a.proto", SHOP)]);
    let bytes = twin::editions_twin(&set.file[0]);
    let twin = Schema::load([FileInput {
        bytes: &bytes,
        path: None,
        imported: false,
    }])
    .unwrap();
    assert!(twin.notes.is_empty(), "{:?}", twin.notes);
    assert_no_drift(&schema_of(&set), &twin);
}

#[test]
fn a_comparison_with_too_many_differences_says_that_it_is_not_whole() {
    let many = |count: usize| {
        let fields: Vec<String> = (1..=count)
            .map(|n| format!(" string f{n} = {n};"))
            .collect();
        let fields = fields.concat();
        schema(&format!(
            "message Example {{ string same = 9000;{fields} }}"
        ))
    };
    let few = changes(&many(100), &many(0));
    assert_eq!((few.changes.len(), few.omitted), (100, 0));
    let flood = changes(&many(2_500), &many(0));
    assert_eq!((flood.changes.len(), flood.omitted), (2_000, 500));
    // What was not judged could be breaking: no verdict may be made of the rest.
    let report = report_of(flood, FailOn::Breaking);
    assert_eq!(report.verdict, protodiff::core::level::Verdict::Unknown);
}
