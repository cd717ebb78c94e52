//! What `publish::descriptor_set` writes, read again.

use bytes::Bytes;
use protodiff::publish::descriptor_set::write;

use super::*;

fn bytes(truth: &Truth) -> Vec<Bytes> {
    truth.files.iter().map(|file| file.bytes.clone()).collect()
}

#[test]
fn what_is_written_loads_to_the_same() {
    let tree = Tree::new(&[]);
    tree.add("pay.binpb", include_bytes!("fixtures/pay.binpb"));
    let truth = tree.load("pay.binpb").unwrap();
    for name in [
        "out.binpb",
        "out.protoset.gz",
        "out.json",
        "out.json.gz",
        "out.txtpb",
        "out.txtpb.zst",
        "out.bin.zst",
    ] {
        write(&bytes(&truth), &tree.path(name)).unwrap();
        let again = tree.load(name).unwrap();
        assert_eq!(own(&again), own(&truth), "{name}");
        for (a, b) in truth.files.iter().zip(&again.files) {
            let json = |file: &TruthFile| serde_json::to_value(decode(file)).unwrap();
            assert_eq!(json(a), json(b), "{name}");
        }
        let pay = file(&again, "acme/v1/pay.proto");
        assert!(contains(&pay.bytes, b"/v1/charge"), "{name}: custom option");
    }
    let json = fs::read_to_string(tree.path("out.json")).unwrap();
    assert!(
        json.contains(r#""[acme.options.route]":{"get":"/v1/charge","cost":"9007199254740993"}"#)
    );
    assert!(json.contains(r#""edition":"EDITION_2023""#));
}

#[test]
fn compiled_files_are_written_imports_first() {
    let tree = Tree::new(&[
        (
            "p/a.proto",
            "syntax = \"proto3\";\nimport \"z.proto\";\nservice A { rpc Get(Z) returns (Z); }\n",
        ),
        ("p/z.proto", "syntax = \"proto3\";\nmessage Z {}\n"),
    ]);
    let mut files = bytes(&tree.load("p").unwrap());
    files.reverse();
    write(&files, &tree.path("out.binpb")).unwrap();
    let again = tree.load("out.binpb").unwrap();
    let names: Vec<String> = again.files.iter().map(name).collect();
    assert_eq!(names, ["z.proto", "a.proto"]);
    // Without descriptor.proto in the set, JSON is written from the known types alone.
    write(&files, &tree.path("out.json")).unwrap();
    let json = tree.load("out.json").unwrap();
    assert_eq!(bytes(&json), bytes(&again));
}

#[cfg(unix)]
#[test]
fn others_may_read_the_file_and_links_are_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = Tree::new(&[("pay.proto", PAY)]);
    let files = bytes(&tree.load("pay.proto").unwrap());
    tree.add("real.binpb", b"old");
    std::os::unix::fs::symlink("real.binpb", tree.path("link.binpb")).unwrap();
    write(&files, &tree.path("link.binpb")).unwrap();
    assert!(tree.path("link.binpb").is_symlink());
    assert_eq!(own(&tree.load("real.binpb").unwrap()), ["pay.proto"]);
    write(&files, &tree.path("new.binpb")).unwrap();
    let plain = fs::metadata(tree.path("pay.proto"))
        .unwrap()
        .permissions()
        .mode();
    let new = fs::metadata(tree.path("new.binpb"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(new, plain);
}
