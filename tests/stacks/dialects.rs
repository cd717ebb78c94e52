//! Proto2 and Editions on every stack: what a module says of itself, in whatever notation, is no
//! difference, and one that is made in the truth is found on each stack that can tell.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scan::scan;
use crate::{Running, buf, stacks};

/// Changes of the proto2 module, and what each of them leads to.
const LEGACY: [Change; 15] = [
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

/// The same of the module in Editions.
const EDITIONS: [Change; 9] = [
    Change(
        "string implicit = 1",
        "bytes implicit = 1",
        ANYWHERE,
        &["field-type-changed-compatibly AskRequest.implicit"],
    ),
    Change(
        "length_prefixed = 7",
        "length_prefixed = 7 [features.message_encoding = DELIMITED]",
        FAITHFUL,
        &["field-type-changed AskRequest.length_prefixed"],
    ),
    Change(
        "many = 9 [features.message_encoding = DELIMITED]",
        "many = 9",
        FAITHFUL,
        &["field-type-changed AskRequest.many"],
    ),
    Change(
        "implicit = 1",
        "implicit = 1 [features.field_presence = EXPLICIT]",
        FAITHFUL,
        &["field-presence-changed AskRequest.implicit"],
    ),
    Change(
        ", default = 7",
        "",
        FAITHFUL,
        &["field-default-changed AskRequest.started"],
    ),
    Change(
        "packed = 5",
        "packed = 5 [features.repeated_field_encoding = EXPANDED]",
        FAITHFUL,
        &["field-packing-changed AskRequest.packed"],
    ),
    Change(
        "= LEGACY_REQUIRED",
        "= EXPLICIT",
        FAITHFUL,
        &["field-required-by-server AskRequest.required"],
    ),
    Change(
        "  CLOSED_TWO = 2;",
        "  CLOSED_ZERO = 0; CLOSED_TWO = 2;",
        ANYWHERE,
        &["enum-value-missing Closed.CLOSED_ZERO"],
    ),
    Change(
        "edition = \"2023\";\n",
        "edition = \"2023\"; option features.enum_type = CLOSED;\n",
        FAITHFUL,
        &["enum-openness-changed Open"],
    ),
];

const ANYWHERE: bool = true;
const FAITHFUL: bool = false;

/// From and to, whether stacks that rebuild their descriptors can tell, and the findings.
struct Change(&'static str, &'static str, bool, &'static [&'static str]);

impl Change {
    /// The module with the change made.
    fn made(&self, name: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let below = Path::new(name).join("v1");
        let into = folder.path().join(&below);
        fs::create_dir_all(&into).unwrap();
        let mut changed = 0;
        for entry in fs::read_dir(module(name).join(below)).unwrap() {
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

fn module(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/fixtures/modules").join(name)
}

/// A module as the truth of a scan, which has no `buf` for Editions here.
fn truth(module: &Path, image: &tempfile::TempDir) -> String {
    let path = image.path().join("truth.binpb");
    buf::run(module, &["build", "-o", path.to_str().unwrap()], &[0]).unwrap();
    path.display().to_string()
}

/// The stacks that serve a module.
fn serving(name: &str) -> impl Iterator<Item = &'static str> {
    // The compiler of the system's C++ may be older than Editions.
    let without = if name == "editions" { "cpp" } else { "" };
    stacks().filter(move |stack| *stack != without)
}

fn is_in_sync(name: &str) {
    let image = tempfile::tempdir().unwrap();
    let truth = truth(&module(name), &image);
    for stack in serving(name) {
        let server = Running::start(stack, name);
        for scope in ["services", "all"] {
            println!("{stack} {scope}");
            let outcome = scan(&truth, &server.url(), &["--scope", scope]);
            outcome.assert_sync();
        }
    }
}

fn is_compared(name: &str, changes: &[Change]) {
    let changed: Vec<_> = changes.iter().map(|change| change.made(name)).collect();
    let truths: Vec<_> = changed
        .iter()
        .map(|folder| truth(folder.path(), folder))
        .collect();
    let package = format!("{name}.v1.");
    for stack in serving(name) {
        let server = Running::start(stack, name);
        for (Change(_, to, anywhere, expected), truth) in changes.iter().zip(&truths) {
            let outcome = scan(truth, &server.url(), &[]);
            let found: Vec<String> = outcome
                .findings()
                .iter()
                .map(|(rule, subject)| {
                    format!("{rule} {}", subject.strip_prefix(&package).unwrap())
                })
                .collect();
            if *anywhere || stack != "node" {
                assert_eq!(found, *expected, "{stack}: {to}");
            } else {
                assert!(found.is_empty(), "{stack}: {to}: {found:?}");
                assert!(outcome.notes()[0].contains("these are not compared"));
            }
        }
    }
}

#[test]
fn a_proto2_module_is_in_sync_on_every_stack() {
    is_in_sync("legacy");
}

#[test]
fn what_proto2_has_is_compared_on_every_stack_that_can_tell() {
    is_compared("legacy", &LEGACY);
}

#[test]
fn a_module_in_editions_is_in_sync_on_every_stack() {
    is_in_sync("editions");
}

#[test]
fn what_editions_decide_is_compared_on_every_stack_that_can_tell() {
    is_compared("editions", &EDITIONS);
}
