//! What is written is read by the real `buf` and `grpcurl`, whatever it was made from.

use protodiff::publish::descriptor_set::write;
use protodiff::truth::{Buf, load_with};

use crate::rich::{self, SERVICES, buf, tool};

use super::*;

const WRITTEN: [&str; 8] = [
    "out.binpb",
    "out.bin.gz",
    "out.binpb.zst",
    "out.json",
    "out.json.zst",
    "out.txtpb",
    "out.txtpb.gz",
    "out.yaml",
];

/// Writes a truth in all forms, and has the tools read each.
fn check(tree: &Tree, truth: &Truth, services: &[&str]) {
    let files: Vec<_> = truth.files.iter().map(|file| file.bytes.clone()).collect();
    let here = tree.path(".");
    // Importers first, as some servers send them.
    let reversed: Vec<_> = files.iter().rev().cloned().collect();
    for name in WRITTEN {
        write(&reversed, &tree.path(name)).unwrap();
        buf(&here, &["build", name, "-o", "/dev/null"]);
        buf(&here, &["breaking", name, "--against", "out.binpb"]);
        let listed = tree.load(name).unwrap();
        assert_eq!(listed.files.len(), truth.files.len(), "{name}");
    }
    write(&reversed, &tree.path("out.protoset")).unwrap();
    let list = tool(&here, "grpcurl", &["-protoset", "out.protoset", "list"]);
    let list = String::from_utf8(list).unwrap();
    assert_eq!(list.lines().collect::<Vec<_>>(), services);
    for service in services {
        let words = ["-protoset", "out.protoset", "describe", service];
        let described = String::from_utf8(tool(&here, "grpcurl", &words)).unwrap();
        assert!(described.contains("is a service"), "{described}");
    }
}

/// A module in proto3 whose files lie in reverse order of their imports.
fn layered(tree: &Tree) {
    tree.add("p/buf.yaml", b"version: v2\n");
    tree.add(
        "p/a/a.proto",
        b"syntax = \"proto3\";\npackage a;\nimport \"b/b.proto\";\nimport \"google/protobuf/timestamp.proto\";\nimport \"z/options.proto\";\nservice A { rpc Get(b.B) returns (google.protobuf.Timestamp) { option (z.note) = { text: \"kept\" }; } }\n",
    );
    tree.add(
        "p/b/b.proto",
        b"syntax = \"proto3\";\npackage b;\nimport \"z/options.proto\";\nmessage B { z.Note note = 1; }\n",
    );
    tree.add(
        "p/z/options.proto",
        b"syntax = \"proto3\";\npackage z;\nimport \"google/protobuf/descriptor.proto\";\nmessage Note { string text = 1; }\nextend google.protobuf.MethodOptions { Note note = 50001; }\n",
    );
}

#[test]
fn from_a_directory_with_dependencies() {
    let tree = Tree::new(&[]);
    layered(&tree);
    let truth = tree.load("p").unwrap();
    check(&tree, &truth, &["a.A"]);
    let words = ["build", "out.txtpb", "-o", "-#format=json"];
    let seen = String::from_utf8(buf(&tree.path("."), &words)).unwrap();
    assert!(seen.contains(r#""[z.note]":{"text":"kept"}"#), "{seen}");
}

#[test]
fn from_an_image() {
    let tree = Tree::new(&[]);
    rich::module(&tree.path("module"));
    buf(&tree.path("module"), &["build", "-o", "../image.txtpb.zst"]);
    check(&tree, &tree.load("image.txtpb.zst").unwrap(), &SERVICES);
}

/// `buf` itself loses these where it writes names.
#[test]
fn options_that_are_delimited_are_kept() {
    let tree = Tree::new(&[]);
    rich::module(&tree.path("module"));
    buf(&tree.path("module"), &["build", "-o", "../image.binpb"]);
    let truth = tree.load("image.binpb").unwrap();
    check(&tree, &truth, &SERVICES);
    for name in WRITTEN.into_iter().filter(|name| !name.contains("yaml")) {
        let again = tree.load(name).unwrap();
        let ed = file(&again, "acme/ed/ed.proto");
        assert!(contains(&ed.bytes, b"\x0a\x09delimited"), "{name}");
    }
}

#[test]
fn from_editions_that_buf_compiles() {
    let tree = Tree::new(&[]);
    rich::module(&tree.path("module"));
    let source = Source::Directory(tree.path("module"));
    let truth = load_with(&source, &Buf::at(tools::buf())).unwrap();
    check(&tree, &truth, &SERVICES);
}
