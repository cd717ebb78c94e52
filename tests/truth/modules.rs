//! Which files belong to a truth, and where their imports begin.

use super::*;

const IMPORTS_MONEY: &str = "syntax = \"proto3\";\npackage acme.v1;\nimport \"acme/money.proto\";\nservice Pay { rpc Charge(acme.Money) returns (acme.Money); }\n";
const MONEY: &str = "syntax = \"proto3\";\npackage acme;\nmessage Money { int64 units = 1; }\n";

#[test]
fn a_plain_folder_is_the_root_of_its_imports() {
    let tree = Tree::new(&[
        ("proto/acme/v1/pay.proto", IMPORTS_MONEY),
        ("proto/acme/money.proto", MONEY),
        ("proto/.cache/broken.proto", "not protobuf"),
        ("proto/node_modules/x/broken.proto", "not protobuf"),
        ("proto/README.md", "not protobuf"),
    ]);
    let truth = tree.load("proto").unwrap();
    assert_eq!(own(&truth), ["acme/money.proto", "acme/v1/pay.proto"]);
    assert!(imported(&truth).is_empty());
    assert_eq!(truth.source, tree.path("proto").display().to_string());
    let shown = tree.path("proto/acme/v1/pay.proto").display().to_string();
    assert_eq!(file(&truth, "acme/v1/pay.proto").path, Some(shown));
    assert!(
        decode(file(&truth, "acme/v1/pay.proto"))
            .source_code_info
            .is_set()
    );
}

#[test]
fn paths_are_relative_to_the_working_directory() {
    // Tests run in the package's folder, and this folder is below it.
    let tree = Tree::within(
        Path::new(env!("CARGO_TARGET_TMPDIR")),
        &[("p/a.proto", PAY)],
    );
    let truth = tree.load("p").unwrap();
    let shown = file(&truth, "a.proto").path.clone().unwrap();
    let cwd = std::env::current_dir().unwrap();
    assert_eq!(cwd.join(&shown), tree.path("p/a.proto"));
    assert!(Path::new(&shown).is_relative(), "{shown}");
}

#[test]
fn a_sub_folder_of_a_module_imports_from_the_module_root() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        ("proto/buf.yaml", "version: v1\nlint:\n  use: [STANDARD]\n"),
        ("proto/acme/v1/pay.proto", IMPORTS_MONEY),
        ("proto/acme/money.proto", MONEY),
        ("proto/other/other.proto", PAY),
    ]);
    let truth = tree.load("proto/acme/v1").unwrap();
    assert_eq!(own(&truth), ["acme/v1/pay.proto"]);
    assert_eq!(imported(&truth), ["acme/money.proto"]);
    let path = file(&truth, "acme/money.proto").path.clone().unwrap();
    assert!(path.ends_with("proto/acme/money.proto"), "{path}");
}

#[test]
fn a_plain_sub_folder_finds_the_root_above_it() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        ("proto/acme/v1/pay.proto", IMPORTS_MONEY),
        ("proto/acme/money.proto", MONEY),
    ]);
    let truth = tree.load("proto/acme/v1").unwrap();
    assert_eq!(own(&truth), ["acme/v1/pay.proto"]);
    assert_eq!(imported(&truth), ["acme/money.proto"]);
}

#[test]
fn v1_excludes_are_relative_to_the_module() {
    let tree = Tree::new(&[
        (
            "proto/buf.yaml",
            "version: v1\nbuild:\n  excludes:\n    - old\n",
        ),
        ("proto/pay.proto", PAY),
        ("proto/old/broken.proto", "not protobuf"),
        ("proto/older/a.proto", "syntax = \"proto3\";"),
    ]);
    let truth = tree.load("proto").unwrap();
    assert_eq!(own(&truth), ["older/a.proto", "pay.proto"]);
}

#[test]
fn a_v2_workspace_resolves_across_its_modules() {
    let tree = Tree::new(&[
        (
            "buf.yaml",
            "version: v2\nmodules:\n  - path: api\n    excludes: [api/old]\n  - path: shared\n  - path: extra\n    includes: [extra/in]\ndeps:\n  - buf.build/acme/x\n",
        ),
        ("api/acme/v1/pay.proto", IMPORTS_MONEY),
        ("api/old/broken.proto", "not protobuf"),
        ("shared/acme/money.proto", MONEY),
        ("extra/in/a.proto", "syntax = \"proto3\";"),
        ("extra/out/broken.proto", "not protobuf"),
        ("no-module/broken.proto", "not protobuf"),
        (".git/HEAD", ""),
    ]);
    let truth = tree.load(".").unwrap();
    assert_eq!(
        own(&truth),
        ["acme/money.proto", "acme/v1/pay.proto", "in/a.proto"]
    );
    // One module of the workspace, named alone: its neighbours are imports.
    let truth = tree.load("api").unwrap();
    assert_eq!(own(&truth), ["acme/v1/pay.proto"]);
    assert_eq!(imported(&truth), ["acme/money.proto"]);
}

#[test]
fn a_v2_file_without_modules_is_one_module() {
    let tree = Tree::new(&[("buf.yaml", "version: v2\n"), ("a/pay.proto", PAY)]);
    assert_eq!(own(&tree.load(".").unwrap()), ["a/pay.proto"]);
}

#[test]
fn a_v1_workspace_joins_the_directories_that_it_lists() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        (
            "buf.work.yaml",
            "version: v1\ndirectories:\n  - api\n  - shared\n",
        ),
        ("api/buf.yaml", "version: v1\nbuild:\n  excludes: [old]\n"),
        ("api/acme/v1/pay.proto", IMPORTS_MONEY),
        ("api/old/broken.proto", "not protobuf"),
        ("shared/acme/money.proto", MONEY),
        ("alone/buf.yaml", "version: v1\n"),
        ("alone/pay.proto", PAY),
    ]);
    let truth = tree.load(".").unwrap();
    assert_eq!(own(&truth), ["acme/money.proto", "acme/v1/pay.proto"]);
    let truth = tree.load("api").unwrap();
    assert_eq!(own(&truth), ["acme/v1/pay.proto"]);
    assert_eq!(imported(&truth), ["acme/money.proto"]);
    // A module that the workspace doesn't list stands for itself.
    assert_eq!(own(&tree.load("alone").unwrap()), ["pay.proto"]);
}

#[test]
fn one_file_is_the_truth_and_the_rest_is_imported() {
    let files = [
        (".git/HEAD", ""),
        ("proto/acme/v1/pay.proto", IMPORTS_MONEY),
        ("proto/acme/money.proto", MONEY),
        ("proto/acme/v1/broken.proto", "not protobuf"),
    ];
    let tree = Tree::new(&files);
    let truth = tree.load("proto/acme/v1/pay.proto").unwrap();
    assert_eq!(own(&truth), ["acme/v1/pay.proto"]);
    assert_eq!(imported(&truth), ["acme/money.proto"]);
    tree.add("buf.yaml", b"version: v2\nmodules: [{path: proto}]\n");
    let truth = tree.load("proto/acme/v1/pay.proto").unwrap();
    assert_eq!(own(&truth), ["acme/v1/pay.proto"]);
    assert_eq!(imported(&truth), ["acme/money.proto"]);
}

#[test]
fn custom_options_survive_compilation() {
    let tree = Tree::new(&[
        (
            "google/api/http.proto",
            "syntax = \"proto3\";\npackage google.api;\nimport \"google/protobuf/descriptor.proto\";\nmessage HttpRule { string get = 2; }\nextend google.protobuf.MethodOptions { HttpRule http = 72295728; }\n",
        ),
        (
            "pay.proto",
            "syntax = \"proto3\";\nimport \"google/api/http.proto\";\nmessage M {}\nservice Pay { rpc Get(M) returns (M) { option (google.api.http).get = \"/v1/get\"; } }\n",
        ),
    ]);
    let truth = tree.load(".").unwrap();
    assert_eq!(imported(&truth), ["google/protobuf/descriptor.proto"]);
    assert_eq!(file(&truth, "google/protobuf/descriptor.proto").path, None);
    // Field 2 of the option, as serialised.
    assert!(contains(
        &file(&truth, "pay.proto").bytes,
        b"\x12\x07/v1/get"
    ));
}

#[test]
fn a_byte_order_mark_is_tolerated() {
    let tree = Tree::new(&[("pay.proto", &format!("\u{feff}{PAY}"))]);
    assert_eq!(own(&tree.load(".").unwrap()), ["pay.proto"]);
}

#[test]
fn a_deep_chain_of_imports_compiles() {
    let tree = Tree::new(&[("pay.proto", PAY)]);
    for n in 0..3_000 {
        let text = format!("syntax = \"proto3\";\nimport \"c{}.proto\";\n", n + 1);
        tree.add(&format!("c{n}.proto"), text.as_bytes());
    }
    tree.add("c3000.proto", b"syntax = \"proto3\";");
    assert_eq!(tree.load(".").unwrap().files.len(), 3_002);
}
