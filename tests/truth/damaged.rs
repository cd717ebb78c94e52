//! Input damaged at random gives an error or a truth: never a panic, never a hang.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use proptest::prelude::*;
use protodiff::publish::descriptor_set::write;

use super::*;

const JSON: &[u8] = include_bytes!("fixtures/pay.json");
const BINARY: &[u8] = include_bytes!("fixtures/pay.binpb");
const RICH: &str = r#"syntax = "proto2";
package acme.v1;
import public "google/protobuf/any.proto";
import "google/protobuf/descriptor.proto";
option java_package = "com.acme";
extend google.protobuf.FieldOptions { optional Rule rule = 50001; repeated int32 list = 50002; }
message Rule { optional string name = 1; optional Rule inner = 2; extensions 100 to max; }
enum Kind { option allow_alias = true; KIND_A = 0; KIND_B = 0; reserved 5 to 9; reserved "KIND_C"; }
message M {
  required string id = 1 [(rule) = { name: "x" inner { name: "y" } }, (list) = 1, json_name = "ID"];
  optional Kind kind = 2 [default = KIND_B];
  map<string, M> more = 3;
  oneof one { int64 a = 4; google.protobuf.Any b = 5; }
  repeated group G = 6 { optional double d = 1 [default = -1.5e3]; }
  reserved 100 to 200, 300; reserved "old";
}
service Pay { rpc Charge(stream M) returns (stream .acme.v1.M) { option deprecated = true; } }
"#;

/// Cuts, overwrites or repeats parts of `whole`.
fn damage(whole: &[u8], edits: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for (at, kind, value) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = at % bytes.len();
        let end = (at + 1 + usize::from(*value)).min(bytes.len());
        match kind % 4 {
            0 => bytes[at] = *value,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes.truncate(bytes.len() - (bytes.len() - at) / 16),
        }
    }
    bytes
}

/// A message or an error of one line; either way it comes back.
fn load_damaged(name: &str, whole: &[u8], edits: &[(usize, u8, u8)]) {
    let tree = Tree::new(&[]);
    tree.add(name, &damage(whole, edits));
    if let Err(error) = tree.load(name) {
        let text = error.to_string();
        assert!(!text.contains("did not finish"), "{text}");
        assert!(!text.is_empty());
    }
}

/// The image in another form.
fn packed(name: &str) -> Vec<u8> {
    static FORMS: OnceLock<Mutex<HashMap<String, Vec<u8>>>> = OnceLock::new();
    let mut forms = FORMS.get_or_init(Mutex::default).lock().unwrap();
    let made = forms.entry(name.to_owned()).or_insert_with(|| {
        let tree = Tree::new(&[]);
        tree.add("a.binpb", BINARY);
        let truth = tree.load("a.binpb").unwrap();
        let files: Vec<_> = truth.files.into_iter().map(|file| file.bytes).collect();
        write(&files, &tree.path(name)).unwrap();
        fs::read(tree.path(name)).unwrap()
    });
    made.clone()
}

proptest! {
    #[test]
    fn binary_images(edits in prop::collection::vec(any::<(usize, u8, u8)>(), 1..4)) {
        load_damaged("a.binpb", BINARY, &edits);
    }

    #[test]
    fn json_images(edits in prop::collection::vec(any::<(usize, u8, u8)>(), 1..3)) {
        load_damaged("a.json", JSON, &edits);
    }

    #[test]
    fn text_images(edits in prop::collection::vec(any::<(usize, u8, u8)>(), 1..3)) {
        load_damaged("a.txtpb", &packed("a.txtpb"), &edits);
    }

    #[test]
    fn yaml_images(edits in prop::collection::vec(any::<(usize, u8, u8)>(), 1..3)) {
        load_damaged("a.yaml", &packed("a.yaml"), &edits);
    }

    #[test]
    fn zstd_images(edits in prop::collection::vec(any::<(usize, u8, u8)>(), 1..4)) {
        load_damaged("a.binpb", &packed("a.binpb.zst"), &edits);
    }

    #[test]
    fn sources(edits in prop::collection::vec(any::<(usize, u8, u8)>(), 1..4)) {
        load_damaged("a.proto", RICH.as_bytes(), &edits);
    }
}

#[test]
fn the_undamaged_source_compiles() {
    let tree = Tree::new(&[("a.proto", RICH)]);
    assert_eq!(own(&tree.load("a.proto").unwrap()), ["a.proto"]);
}
