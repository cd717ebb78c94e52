//! The `breaking` section of `buf.yaml`: each key, where it works and where it does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use protodiff::core::assemble::assemble;
use protodiff::core::change::{Change, ChangeKind, Direction, MethodReach};
use protodiff::core::compare::Comparison;
use protodiff::core::inputs::{Compared, Inputs, PodResult};
use protodiff::core::level::Verdict;
use protodiff::core::policy::By;
use protodiff::core::report::Report;
use protodiff::core::schema::Location;
use protodiff::core::target::{Address, Target, VersionKey, WorkloadRef};
use protodiff::core::truth::BufBreaking;

/// A report on a change in `proto/a/b.proto`, with this section.
pub(crate) fn report(kind: ChangeKind, section: BufBreaking) -> Report {
    let change = Change {
        kind,
        subject: "a.Subject".to_owned(),
        server: None,
        client: Some("declaration".to_owned()),
        location: Some(Location {
            file: "proto/a/b.proto".into(),
            line: 3,
        }),
        methods: vec![MethodReach {
            name: "a.A/Call".to_owned(),
            direction: Direction::Both,
        }],
    };
    let comparison = Comparison {
        common: vec!["a.A".to_owned()],
        changes: vec![change],
        ..Comparison::default()
    };
    let name = || "e".to_owned();
    let target = Target {
        workload: WorkloadRef {
            namespace: String::new(),
            kind: "Endpoint".to_owned(),
            name: name(),
        },
        version: VersionKey::default(),
        name: name(),
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
            module: "proto".to_owned(),
            port: None,
            outcome: Ok(Compared {
                comparison: Arc::new(comparison),
                breaking: Some(Arc::new(section)),
                ..Compared::default()
            }),
        }],
        ..Inputs::default()
    })
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&one| one.to_owned()).collect()
}

fn section(uses: &[&str], except: &[&str], ignore: &[&str]) -> BufBreaking {
    BufBreaking {
        origin: "proto/buf.yaml:4".to_owned(),
        uses: strings(uses),
        except: strings(except),
        ignore: strings(ignore),
        ignore_only: BTreeMap::new(),
        ignore_unstable_packages: false,
    }
}

fn only(name: &str, paths: &[&str]) -> BufBreaking {
    BufBreaking {
        ignore_only: [(name.to_owned(), strings(paths))].into(),
        ..section(&[], &[], &[])
    }
}

/// What ignores the finding; `None` if it counts, and then the verdict says so.
#[track_caller]
fn ignored(kind: ChangeKind, section: BufBreaking) -> Option<String> {
    let report = report(kind, section);
    assert_eq!(report.findings.len() + report.ignored.len(), 1);
    let Some(ignored) = report.ignored.first() else {
        assert_eq!(report.verdict, Verdict::Mismatch);
        return None;
    };
    assert_eq!(report.verdict, Verdict::Sync);
    assert_eq!(ignored.why.by, By::BufYaml);
    assert_eq!(ignored.why.origin, "proto/buf.yaml:4");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note
                .contains("buf.yaml was honoured (proto/buf.yaml:4): it ignores 1 finding")),
        "{:?}",
        report.notes
    );
    Some(ignored.why.reason.clone())
}

use ChangeKind::{EnumValueMissing, FieldMissing, FieldUndocumented, MethodMissing};

#[test]
fn ignore_takes_files_and_folders() {
    for path in ["proto/a/b.proto", "proto/a", "proto/a/", "proto", "."] {
        let reason = ignored(MethodMissing, section(&[], &[], &[path])).unwrap();
        assert_eq!(reason, format!("`ignore` has {path}"));
    }
    for path in ["proto/a/b", "prot", "a", "proto/a/b.proto/c", "proto/c"] {
        assert_eq!(ignored(MethodMissing, section(&[], &[], &[path])), None);
    }
}

#[test]
fn except_takes_ids_and_categories() {
    let reason = ignored(MethodMissing, section(&[], &["RPC_NO_DELETE"], &[])).unwrap();
    assert_eq!(reason, "`except` has RPC_NO_DELETE");
    assert!(ignored(MethodMissing, section(&[], &["PACKAGE"], &[])).is_some());
    assert_eq!(
        ignored(MethodMissing, section(&[], &["FIELD_NO_DELETE"], &[])),
        None
    );
    // Of a field's three ids, the one that is in use decides; without `use` it is that of FILE.
    assert!(ignored(FieldMissing, section(&[], &["FIELD_NO_DELETE"], &[])).is_some());
    assert!(
        ignored(
            FieldMissing,
            section(&["WIRE"], &["FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"], &[])
        )
        .is_some()
    );
    assert_eq!(
        ignored(
            FieldMissing,
            section(&["WIRE_JSON"], &["FIELD_NO_DELETE"], &[])
        ),
        None
    );
}

#[test]
fn ignore_only_takes_both() {
    let reason = ignored(MethodMissing, only("RPC_NO_DELETE", &["proto/a"])).unwrap();
    assert_eq!(reason, "`ignore_only` has RPC_NO_DELETE for this file");
    assert!(ignored(MethodMissing, only("FILE", &["x", "proto/a/b.proto"])).is_some());
    assert_eq!(
        ignored(MethodMissing, only("RPC_NO_DELETE", &["proto/b"])),
        None
    );
    assert_eq!(
        ignored(MethodMissing, only("FIELD_NO_DELETE", &["proto/a"])),
        None
    );
}

#[test]
fn use_alone_drops_nothing_that_breaks_calls() {
    // `WIRE` lets methods go, and gRPC callers would fail: only a name can let that pass.
    assert_eq!(ignored(MethodMissing, section(&["WIRE"], &[], &[])), None);
    assert!(ignored(MethodMissing, section(&["WIRE"], &["RPC_NO_DELETE"], &[])).is_some());
    // A value that WIRE_JSON and WIRE look for, and a single rule does not.
    assert_eq!(
        ignored(EnumValueMissing, section(&["WIRE"], &[], &[])),
        None
    );
    let reason = ignored(EnumValueMissing, section(&["RPC_NO_DELETE"], &[], &[])).unwrap();
    assert!(
        reason.starts_with("`use` is RPC_NO_DELETE, without ENUM_VALUE_"),
        "{reason}"
    );
}

#[test]
fn what_buf_knows_nothing_of_is_left_alone() {
    let report = report(
        FieldUndocumented,
        section(&["WIRE"], &["FILE"], &["proto/a"]),
    );
    assert_eq!((report.findings.len(), report.ignored.len()), (1, 0));
    // The section is there for a reason, and that it was looked at is said.
    assert_eq!(
        report.notes,
        [
            "the `breaking` section of buf.yaml was honoured (proto/buf.yaml:4): it ignores nothing that was found"
        ]
    );
}

#[test]
fn a_section_that_only_chooses_a_category_is_not_spoken_of() {
    assert!(
        report(MethodMissing, section(&["FILE"], &[], &[]))
            .notes
            .is_empty()
    );
}
