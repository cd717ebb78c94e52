//! Every form in which the real `buf` writes an image says the same as the binary one: schema, and
//! down to each custom option, what `buf` itself makes of it.

use bytes::Bytes;
use protodiff::core::compare::{CompareOptions, Scope, compare};
use protodiff::core::schema::{FileInput, Schema};
use protodiff::publish::descriptor_set::write;

use crate::rich::{self, FORMS, SERVICES, buf};

use super::*;

fn schema(truth: &Truth) -> Schema {
    let inputs = truth.files.iter().map(|file| FileInput {
        bytes: &file.bytes,
        path: None,
        imported: file.imported,
    });
    Schema::load(inputs).unwrap()
}

/// The module, and its image in all forms, as `image.FORM`.
fn images() -> Tree {
    let tree = Tree::new(&[]);
    let module = tree.path("module");
    rich::module(&module);
    for form in FORMS {
        buf(&module, &["build", "-o", &format!("../image.{form}")]);
    }
    tree
}

/// What `buf` makes of a descriptor set: its JSON, which has custom options and Buf's own field.
fn as_buf_sees(tree: &Tree, files: &[Bytes]) -> serde_json::Value {
    write(files, &tree.path("seen.binpb")).unwrap();
    let json = buf(
        &tree.path("."),
        &["build", "seen.binpb", "-o", "-#format=json"],
    );
    serde_json::from_slice(&json).unwrap()
}

fn bytes(truth: &Truth) -> Vec<Bytes> {
    truth.files.iter().map(|file| file.bytes.clone()).collect()
}

#[test]
fn each_form_says_what_the_binary_one_says() {
    let tree = images();
    let binary = tree.load("image.binpb").unwrap();
    let wanted = schema(&binary);
    let seen = as_buf_sees(&tree, &bytes(&binary));
    let text = seen.to_string();
    for part in [
        r#""[acme.rich.rule]":{"#,
        r#""[acme.rich.more]":"q""#,
        r#""[acme.rich.big]":"-9007199254740993""#,
        r#""[acme.rich.single]":"-Infinity""#,
        r#""[acme.ed.numbers]":[1,2]"#,
        r#""bufExtension":{"isImport":true"#,
    ] {
        assert!(text.contains(part), "{part} is kept in the binary form");
    }
    for form in FORMS {
        let name = format!("image.{form}");
        let truth = tree.load(&name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(truth.notes, binary.notes, "{name}");
        assert_eq!(own(&truth), own(&binary), "{name}");
        assert_eq!(imported(&truth), imported(&binary), "{name}");
        let found = schema(&truth);
        let services: Vec<&String> = found.services.keys().collect();
        assert_eq!(services, SERVICES, "{name}");
        let options = CompareOptions {
            scope: Scope::All,
            ..CompareOptions::default()
        };
        for (server, client) in [(&found, &wanted), (&wanted, &found)] {
            let comparison = compare(server, client, &options);
            assert_eq!(comparison.common.len(), SERVICES.len(), "{name}");
            assert!(
                comparison.changes.is_empty(),
                "{name}: {:#?}",
                comparison.changes
            );
        }
        assert!(
            as_buf_sees(&tree, &bytes(&truth)) == seen,
            "{name}: buf sees something else"
        );
    }
}

#[test]
fn endings_decide_and_content_unpacks() {
    let tree = images();
    // Packed without saying so, and not packed while saying so.
    fs::copy(tree.path("image.txtpb.zst"), tree.path("a.txtpb")).unwrap();
    fs::copy(tree.path("image.yaml"), tree.path("a.yaml.gz")).unwrap();
    fs::copy(tree.path("image.json.gz"), tree.path("a.binpb.zst")).unwrap();
    fs::copy(tree.path("image.txtpb"), tree.path("a.textproto")).unwrap();
    for name in ["a.txtpb", "a.yaml.gz", "a.binpb.zst", "a.textproto"] {
        assert_eq!(own(&tree.load(name).unwrap()).len(), 4, "{name}");
    }
    for (from, to) in [
        ("image.binpb", "b.txtpb"),
        ("image.binpb", "b.yaml"),
        ("image.json", "b.txtpb"),
        ("image.txtpb", "b.yaml"),
        ("image.txtpb", "b.json"),
        ("image.yaml", "b.txtpb"),
        ("image.yaml", "b.binpb"),
    ] {
        fs::copy(tree.path(from), tree.path(to)).unwrap();
        let (text, _) = tree.error(to);
        assert!(
            text.starts_with(&format!("{to}: is not a descriptor set or Buf image: ")),
            "{from}: {text}"
        );
    }
}

#[test]
fn text_is_read_with_all_its_spellings() {
    let text = r#"
        # A comment.
        file <
          name: 'a' ".proto"; package: "acme",
          message_type: { name: "M", field [{ name: "a" number: 0x1 label: 1 type: TYPE_STRING },
                                            { name: "b" number: 02 label: LABEL_REPEATED type: 3 }] }
          service { name: "Pay" method { name: "Get" input_type: ".acme.M" output_type: ".acme.M"
            options { deprecated: t [google.api.http] { get: "/v1" } [unknown.option]: [1, 2] } } }
          future_field { x: 1 y: [{ z: "}" }] }
          syntax: "proto3" options: {} options { java_package: "com" } options { deprecated: true }
          buf_extension { is_import: false unknown: 1 }
        >
        file { name: "b.proto" buf_extension: { is_import: true } }
        other: 1
    "#;
    let tree = Tree::new(&[("a.txtpb", text)]);
    let truth = tree.load("a.txtpb").unwrap();
    assert_eq!(own(&truth), ["a.proto"]);
    assert_eq!(imported(&truth), ["b.proto"]);
    let file = serde_json::to_value(decode(file(&truth, "a.proto"))).unwrap();
    assert_eq!(file["messageType"][0]["field"][0]["number"], 1);
    assert_eq!(file["messageType"][0]["field"][1]["type"], "TYPE_INT64");
    assert_eq!(file["options"]["javaPackage"], "com");
    assert_eq!(file["options"]["deprecated"], true);
    let method = &file["service"][0]["method"][0];
    assert_eq!(method["options"]["deprecated"], true);
    let notes = truth.notes.join("\n");
    for name in [
        "`FileDescriptorProto.future_field`",
        "`FileDescriptorSet.other`",
    ] {
        assert!(notes.contains(name), "{notes}");
    }
    assert_eq!(truth.notes.len(), 3, "{notes}");
}

#[test]
fn yaml_is_read_with_all_its_spellings() {
    let yaml = "# A comment.\n%YAML 1.2\n---\nfile:\n- &a {name: a.proto, package: acme, syntax: proto3, \"message_type\": [{name: M}],\n    service: [{name: Pay, method: [{name: Get, input_type: .acme.M, outputType: .acme.M}]}]}\n- name: >-\n    b.proto\n  bufExtension: {isImport: true}\n  options: ~\n";
    let tree = Tree::new(&[("a.yaml", yaml)]);
    let truth = tree.load("a.yaml").unwrap();
    assert_eq!(own(&truth), ["a.proto"]);
    assert_eq!(imported(&truth), ["b.proto"]);
    assert!(truth.notes.is_empty(), "{:?}", truth.notes);
}

#[test]
fn what_is_no_text_or_yaml_image_is_refused() {
    let deep_text = format!(
        "file {{ message_type {}{} }}",
        "{ nested_type ".repeat(5_000),
        "}".repeat(5_000)
    );
    let deep_list = format!("file: {}", "[".repeat(100_000));
    let deep_yaml = format!("file: [{{messageType: [{}", "{nestedType: [".repeat(5_000));
    let levels: Vec<String> = (0..3_000).map(|n| " ".repeat(n)).collect();
    let deep_block = levels.join(
        "a:
",
    );
    let mut bomb = "file: []\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let before = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let tree = Tree::new(&[
        ("empty.txtpb", ""),
        ("empty.yaml", ""),
        ("empty.json", ""),
        ("comment.txtpb", "# nothing\n"),
        ("prose.txtpb", "hello, world"),
        ("config.txtpb", "port: 1\nname: \"x\"\n"),
        ("wrong.txtpb", "file {\n  name: 5\n}\n"),
        (
            "number.txtpb",
            "file {\n  name: \"a\"\n  public_dependency: 99999999999\n}\n",
        ),
        ("open.txtpb", "file {\n  name: \"a\"\n"),
        ("deep.txtpb", &deep_text),
        ("list.txtpb", &deep_list),
        ("prose.yaml", "hello, world"),
        ("config.yaml", "version: v2\nmodules: []\n"),
        ("wrong.yaml", "file:\n  - name: [a]\n"),
        ("open.yaml", "file:\n  - name: \"a\n"),
        ("two.yaml", "file: []\n---\nfile: []\n"),
        ("tab.yaml", "file:\n\t- name: a\n"),
        ("merge.yaml", "file:\n  - &a {name: a}\n  - <<: *a\n"),
        ("deep.yaml", &deep_yaml),
        ("list.yaml", &deep_list),
        ("block.yaml", &deep_block),
        ("bomb.yaml", &bomb),
    ]);
    tree.add("latin.txtpb", b"file { name: \"\xe9\" }");
    for (name, expected) in [
        ("empty.txtpb", "is an empty descriptor set"),
        ("empty.yaml", "is not a descriptor set"),
        ("empty.json", "is an empty descriptor set"),
        ("comment.txtpb", "it has no field `file`"),
        ("prose.txtpb", "line 1, column "),
        ("config.txtpb", "it has no field `file`"),
        ("wrong.txtpb", "line 2, column 9: expected a string"),
        ("number.txtpb", "line 3, column 22: "),
        ("open.txtpb", "line 3, column 1: "),
        ("deep.txtpb", "recursion limit exceeded"),
        ("list.txtpb", "line 1, column "),
        ("latin.txtpb", "it is not UTF-8 text"),
        ("prose.yaml", "expected struct"),
        ("config.yaml", "it has no list `file`"),
        ("wrong.yaml", "expected"),
        ("open.yaml", "line "),
        ("two.yaml", "is not a descriptor set"),
        ("tab.yaml", "line 2, column "),
        ("merge.yaml", "line 3, column "),
        ("deep.yaml", "is not a descriptor set"),
        ("list.yaml", "is not a descriptor set"),
        ("block.yaml", "is not a descriptor set"),
        ("bomb.yaml", "is not a descriptor set"),
    ] {
        let (text, help) = tree.error(name);
        assert!(text.starts_with(&format!("{name}: ")), "{text}");
        assert!(text.contains(expected), "{expected} not in {text}");
        assert!(!text.contains('\n'), "{text}");
        assert!(help.contains("buf build -o"), "{help}");
    }
}

#[test]
fn damaged_and_bombing_zstd_is_an_error() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let tree = images();
    let whole = fs::read(tree.path("image.binpb.zst")).unwrap();
    tree.add("cut.binpb.zst", &whole[..whole.len() / 2]);
    let mut wrong = whole.clone();
    wrong[whole.len() / 2] ^= 0x55;
    tree.add("wrong.binpb.zst", &wrong);
    // 300 MiB of zeros in 300 small frames.
    let frame = compress_to_vec(vec![0; 1 << 20].as_slice(), CompressionLevel::Fastest);
    tree.add("bomb.binpb.zst", &frame.repeat(300));
    for (name, expected) in [
        ("cut.binpb.zst", "cut.binpb.zst: is damaged zstd data: "),
        ("wrong.binpb.zst", "wrong.binpb.zst: is damaged zstd data: "),
        (
            "bomb.binpb.zst",
            "bomb.binpb.zst: is more than 256 MiB once unpacked",
        ),
    ] {
        let (text, _) = tree.error(name);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn a_configuration_is_no_image() {
    let tree = Tree::new(&[("m/buf.yaml", "version: v2\n"), ("m/a.proto", PAY)]);
    let (text, help) = tree.error("m/buf.yaml");
    assert!(
        text.starts_with("m/buf.yaml: is the configuration of a module"),
        "{text}"
    );
    assert!(help.contains("directory"), "{help}");
}

/// What the readers of names go by is the schema that this `buf` has, too.
#[test]
fn the_schema_of_descriptors_is_that_of_buf() {
    let import = "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage M { google.protobuf.FileDescriptorSet s = 1; }\n";
    let tree = Tree::new(&[("m/a.proto", import)]);
    let args = [
        "build",
        "--as-file-descriptor-set",
        "--exclude-source-info",
        "-o",
        "-",
    ];
    let set = buf(&tree.path("m"), &args);
    let set = buffa_descriptor::generated::descriptor::FileDescriptorSet::decode_from_slice(&set);
    let name = "google/protobuf/descriptor.proto";
    let files = set.unwrap().file;
    let file = files
        .iter()
        .find(|file| file.name.as_deref() == Some(name))
        .unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core/descriptor.binpb");
    if std::env::var_os("UPDATE_GENERATED").is_some_and(|value| !value.is_empty()) {
        fs::write(&path, file.encode_to_vec()).unwrap();
    }
    let kept = FileDescriptorProto::decode_from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(
        kept == *file,
        "{} is stale: run this test with UPDATE_GENERATED=1, and commit what it writes",
        path.display()
    );
}
