//! A proto2 module on every stack: what it says of itself, in whatever notation, is no difference,
//! and one that is made in the truth is found on each stack that can tell.

use std::fs;
use std::path::Path;

use crate::scan::scan;
use crate::{Running, stacks};

const MODULE: &str = "tests/fixtures/modules/legacy";

/// Changes of the truth, and what each of them leads to.
const CHANGES: [Change; 15] = [
    Change(
        "sint64 low",
        "int64 low",
        ANYWHERE,
        &["field-type-changed Order.low"],
    ),
    Change(
        "required string sku",
        "required bytes sku",
        ANYWHERE,
        &["field-type-changed-compatibly Order.Line.sku"],
    ),
    Change(
        "group Box = 12",
        "group Boxes = 12",
        ANYWHERE,
        &["field-name-changed Order.boxes", "type-renamed Order.Boxes"],
    ),
    Change(
        "  KIND_FAR = 2147483647;\n",
        "",
        ANYWHERE,
        &["enum-value-undocumented Kind.KIND_FAR"],
    ),
    Change(
        "map<string, Money>",
        "map<int32, Money>",
        ANYWHERE,
        &["field-type-changed Order.TotalsEntry.key"],
    ),
    Change(
        "(stream google.protobuf.Any)",
        "(google.protobuf.Any)",
        ANYWHERE,
        &["method-streaming-changed LegacyService/Follow"],
    ),
    Change(
        "repeated Kind kinds",
        "optional Kind kinds",
        ANYWHERE,
        &["field-cardinality-changed PlaceRequest.kinds"],
    ),
    Change(
        "required string id",
        "optional string id",
        FAITHFUL,
        &["field-required-by-server Order.id"],
    ),
    Change(
        "-1.5e-3",
        "-1.5e-2",
        FAITHFUL,
        &["field-default-changed Order.limit"],
    ),
    Change(
        "\\377x",
        "\\376x",
        FAITHFUL,
        &["field-default-changed Order.blob"],
    ),
    Change(
        "= inf",
        "= -inf",
        FAITHFUL,
        &["field-default-changed Order.ratio"],
    ),
    Change(
        "= KIND_BELOW",
        "= KIND_FAR",
        FAITHFUL,
        &["field-default-changed Order.kind"],
    ),
    Change(
        "[default = true]",
        "",
        FAITHFUL,
        &["field-default-changed Order.open"],
    ),
    Change(
        "packed = 9 [packed = true]",
        "packed = 9",
        FAITHFUL,
        &["field-packing-changed Order.packed"],
    ),
    Change(
        "optional string locale",
        "string locale",
        FAITHFUL,
        &["field-presence-changed ConvertRequest.locale"],
    ),
];

const ANYWHERE: bool = true;
const FAITHFUL: bool = false;

/// From and to, whether stacks that rebuild their descriptors can tell, and the findings.
struct Change(&'static str, &'static str, bool, &'static [&'static str]);

impl Change {
    /// The module with the change made.
    fn made(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let (from, into) = (
            Path::new(MODULE).join("legacy/v1"),
            folder.path().join("legacy/v1"),
        );
        fs::create_dir_all(&into).unwrap();
        let mut changed = 0;
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            changed += text.matches(self.0).count();
            fs::write(
                into.join(path.file_name().unwrap()),
                text.replace(self.0, self.1),
            )
            .unwrap();
        }
        assert_eq!(changed, 1, "{}", self.0);
        folder
    }
}

#[test]
fn a_proto2_module_is_in_sync_on_every_stack() {
    for stack in stacks() {
        let server = Running::start(stack, "legacy");
        for scope in ["services", "all"] {
            println!("{stack} {scope}");
            let outcome = scan(MODULE, &server.url(), &["--scope", scope]);
            outcome.assert_sync();
        }
    }
}

#[test]
fn what_proto2_has_is_compared_on_every_stack_that_can_tell() {
    let changed: Vec<_> = CHANGES
        .iter()
        .map(|change| (change, change.made()))
        .collect();
    for stack in stacks() {
        let server = Running::start(stack, "legacy");
        for (change, module) in &changed {
            let outcome = scan(module.path().to_str().unwrap(), &server.url(), &[]);
            let found: Vec<String> = outcome
                .findings()
                .iter()
                .map(|(rule, subject)| format!("{rule} {}", &subject["legacy.v1.".len()..]))
                .collect();
            let Change(_, to, anywhere, expected) = change;
            if *anywhere || stack != "node" {
                assert_eq!(found, *expected, "{stack}: {to}");
            } else {
                assert!(found.is_empty(), "{stack}: {to}: {found:?}");
                assert!(outcome.notes()[0].contains("these are not compared"));
            }
        }
    }
}
