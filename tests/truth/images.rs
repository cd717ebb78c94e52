//! Descriptor sets and Buf images. `fixtures/pay.json` and `fixtures/pay.binpb` were made by buf
//! 1.75 from `fixtures/pay` with `buf build --exclude-source-info -o`.

use std::io::Write as _;

use bytes::Bytes;
use protodiff::core::image_form::Encoding;
use protodiff::publish::descriptor_set::to_bytes;

use super::*;

const JSON: &[u8] = include_bytes!("fixtures/pay.json");
const BINARY: &[u8] = include_bytes!("fixtures/pay.binpb");
/// `(acme.options.route)` as serialised: its fields 1 and 2.
const ROUTE: &[u8] = b"\x0a\x0a/v1/charge\x10\x81\x80\x80\x80\x80\x80\x80\x10";

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn check_pay(truth: &Truth) {
    assert_eq!(
        own(truth),
        ["acme/options/options.proto", "acme/v1/pay.proto"]
    );
    assert_eq!(imported(truth), ["google/protobuf/descriptor.proto"]);
    assert!(truth.notes.is_empty(), "{:?}", truth.notes);
    let pay = file(truth, "acme/v1/pay.proto");
    assert_eq!(pay.path, None);
    assert!(contains(&pay.bytes, ROUTE), "the custom option is kept");
    let pay = serde_json::to_value(decode(pay)).unwrap();
    assert_eq!(pay["edition"], "EDITION_2023");
    assert_eq!(pay["options"]["features"]["fieldPresence"], "IMPLICIT");
    let id = &pay["messageType"][0]["field"][0];
    assert_eq!(id["options"]["features"]["fieldPresence"], "EXPLICIT");
}

#[test]
fn binary_and_json_say_the_same_in_every_wrapping() {
    let tree = Tree::new(&[]);
    tree.add("a.binpb", BINARY);
    tree.add("a.json", JSON);
    tree.add("a.protoset.gz", &gzip(BINARY));
    tree.add("a.json.gz", &gzip(JSON));
    // Endings may lie; the content decides.
    tree.add("b.bin", &gzip(JSON));
    tree.add("b.json", BINARY);
    tree.add("b.pb", &[b"\xef\xbb\xbf \n", JSON].concat());
    for name in [
        "a.binpb",
        "a.json",
        "a.protoset.gz",
        "a.json.gz",
        "b.bin",
        "b.json",
        "b.pb",
    ] {
        check_pay(&tree.load(name).unwrap());
    }
}

#[test]
fn json_options_without_their_schema_are_tolerated() {
    let set = r#"{"file": [{
        "name": "a.proto", "syntax": "editions", "edition": "EDITION_2023", "futureField": {"x": [1]},
        "options": {"features": {"fieldPresence": "IMPLICIT", "[pb.go]": {"apiLevel": 1}}},
        "service": [{"name": "Pay", "method": [{"name": "Get", "inputType": ".M", "outputType": ".M",
            "options": {"[google.api.http]": {"get": "/v1"}, "deprecated": true}}]}],
        "messageType": [{"name": "M"}],
        "bufExtension": {"isImport": false, "unusedDependency": []}}]}"#;
    let tree = Tree::new(&[("a.json", set)]);
    let truth = tree.load("a.json").unwrap();
    let file = serde_json::to_value(decode(file(&truth, "a.proto"))).unwrap();
    assert_eq!(file["edition"], "EDITION_2023");
    assert_eq!(file["options"]["features"]["fieldPresence"], "IMPLICIT");
    assert_eq!(
        file["service"][0]["method"][0]["options"]["deprecated"],
        true
    );
}

#[test]
fn an_edition_from_the_future_is_noted() {
    let set = r#"{"file": [{"name": "a.proto", "syntax": "editions", "edition": "EDITION_2097",
        "service": [{"name": "Pay"}]}]}"#;
    let tree = Tree::new(&[("a.json", set)]);
    // name, syntax, edition 2097 and a service of that name.
    let file = b"\x0a\x07a.proto\x62\x08editions\x70\xb1\x10\x32\x05\x0a\x03Pay";
    let set = [&[0x0a, u8::try_from(file.len()).unwrap()], file.as_slice()].concat();
    tree.add("a.binpb", &set);
    for name in ["a.json", "a.binpb"] {
        let notes = tree.load(name).unwrap().notes;
        assert_eq!(notes.len(), 1, "{name}: {notes:?}");
        assert!(
            notes[0].contains("`a.proto` is written in an edition"),
            "{notes:?}"
        );
    }
}

#[test]
fn missing_imports_are_noted_and_well_known_ones_supplied() {
    let set = |more: &str| {
        format!(
            r#"{{"file": [{{"name": "a.proto", "dependency": ["google/protobuf/api.proto", "b.proto"],
            "service": [{{"name": "Pay"}}]}}{more}]}}"#
        )
    };
    let tree = Tree::new(&[
        ("a.json", &set("")),
        ("b.json", &set(r#", {"name": "b.proto"}"#)),
    ]);
    let truth = tree.load("a.json").unwrap();
    assert_eq!(truth.notes.len(), 1);
    let note = &truth.notes[0];
    assert!(
        note.contains("`a.proto` imports `b.proto`") && note.contains("--include_imports"),
        "{note}"
    );
    // api.proto and what it imports itself.
    assert_eq!(
        imported(&truth),
        [
            "google/protobuf/any.proto",
            "google/protobuf/api.proto",
            "google/protobuf/source_context.proto",
            "google/protobuf/type.proto"
        ]
    );
    assert!(tree.load("b.json").unwrap().notes.is_empty());
}

#[test]
fn joined_sets_keep_the_first_of_each_file() {
    let tree = Tree::new(&[]);
    tree.add("twice.binpb", &[BINARY, BINARY].concat());
    check_pay(&tree.load("twice.binpb").unwrap());
    let other = b"\x0a\x15\x0a\x11acme/v1/pay.proto\x12\x00";
    tree.add("other.binpb", &[BINARY, other].concat());
    let truth = tree.load("other.binpb").unwrap();
    assert_eq!(truth.files.len(), 3);
    assert!(
        truth.notes[0].contains("`acme/v1/pay.proto` twice"),
        "{:?}",
        truth.notes
    );
}

#[test]
fn what_is_no_image_is_refused_with_the_way_to_make_one() {
    let tree = Tree::new(&[
        ("text.bin", "hello, world"),
        ("proto.pb", PAY),
        ("empty.binpb", ""),
    ]);
    tree.add("cut.binpb", &BINARY[..BINARY.len() - 7]);
    tree.add("cut.json", &JSON[..JSON.len() - 7]);
    tree.add("cut.binpb.gz", &gzip(BINARY)[..2_000]);
    tree.add("noise.binpb", b"\x0a\x03\x0a\x05a");
    tree.add("other.json", b"{\"version\": 1}");
    tree.add("list.json", b"[1, 2]");
    tree.add("nameless.binpb", b"\x0a\x02\x12\x00");
    tree.add("wrong.json", b"{\"file\": [\n{\"name\": 5}]}");
    for (name, expected) in [
        ("text.bin", "is not a descriptor set or Buf image"),
        ("proto.pb", "is not a descriptor set or Buf image"),
        ("empty.binpb", "is an empty descriptor set"),
        ("cut.binpb", "is not a descriptor set or Buf image"),
        ("cut.json", "line 1 column"),
        ("cut.binpb.gz", "is damaged gzip data"),
        ("noise.binpb", "file 1: "),
        ("other.json", "it has no list `file`"),
        ("list.json", "is not a descriptor set or Buf image"),
        ("nameless.binpb", "file 1 has no name"),
        ("wrong.json", "line 2 column"),
    ] {
        let (text, help) = tree.error(name);
        assert!(text.starts_with(&format!("{name}: ")), "{text}");
        assert!(text.contains(expected), "{expected} not in {text}");
        assert!(
            help.contains("buf build -o") && help.contains("--include_imports"),
            "{help}"
        );
    }
}

#[test]
fn a_gzip_bomb_is_an_error() {
    let tree = Tree::new(&[]);
    // 300 MiB of zeros in 300 small members.
    tree.add("bomb.binpb.gz", &gzip(&vec![0; 1 << 20]).repeat(300));
    assert_eq!(
        tree.error("bomb.binpb.gz").0,
        "bomb.binpb.gz: is more than 256 MiB once unpacked"
    );
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let tree = Tree::new(&[]);
    let open = r#"{"nestedType": ["#.repeat(5_000);
    let close = "]}".repeat(5_000);
    let deep = format!(r#"{{"file": [{{"name": "a", "messageType": [{open}{close}]}}]}}"#);
    tree.add("deep.json", deep.as_bytes());
    let (text, _) = tree.error("deep.json");
    assert!(text.contains("recursion limit"), "{text}");
    let mut message = Vec::new();
    for _ in 0..5_000 {
        // nested_type, field 3 of a message.
        let mut outer = vec![0x1a];
        buffa::encoding::encode_varint(message.len() as u64, &mut outer);
        outer.extend(message);
        message = outer;
    }
    let mut file = b"\x0a\x01a\x22".to_vec();
    buffa::encoding::encode_varint(message.len() as u64, &mut file);
    file.extend(message);
    let set = to_bytes(&[Bytes::from_static(b"\x0a\x01b")], Encoding::Binary).unwrap();
    let mut deep = vec![0x0a];
    buffa::encoding::encode_varint(file.len() as u64, &mut deep);
    deep.extend(file);
    tree.add("deep.binpb", &[set, deep].concat());
    let (text, _) = tree.error("deep.binpb");
    assert!(
        text.contains("file 2: ") && text.contains("recursion"),
        "{text}"
    );
}
