//! Each mistake gives one error that names the object, then the cause, and a help.

use super::*;

#[test]
fn a_missing_path_is_named() {
    let tree = Tree::new(&[("a/b.txt", "")]);
    let (text, help) = tree.error("no/such");
    assert_eq!(text, "no/such: there is no such file or directory");
    assert!(help.contains("directory"), "{help}");
    assert!(
        tree.error("gone.proto")
            .0
            .starts_with("gone.proto: there is no")
    );
    assert!(
        tree.error("gone.binpb")
            .0
            .starts_with("gone.binpb: there is no")
    );
    assert!(tree.error("a/b.txt").0.starts_with("a/b.txt: is a file"));
    let (text, help) = tree.error("a");
    assert_eq!(text, "a: holds no .proto files");
    assert!(help.contains("module"), "{help}");
}

#[test]
fn a_module_whose_files_are_all_excluded_says_so() {
    let tree = Tree::new(&[
        ("buf.yaml", "version: v1\nbuild: {excludes: [a]}\n"),
        ("a/pay.proto", PAY),
    ]);
    let text = tree.load(".").unwrap_err().to_string();
    assert!(
        text.ends_with("holds no .proto files of the module: buf.yaml excludes all 1"),
        "{text}"
    );
}

#[test]
fn live_servers_are_not_loaded_here() {
    let source = Source::parse("grpc://localhost:1", Path::is_dir).unwrap();
    assert!(matches!(load(&source), Err(TruthError::NotLocal { .. })));
    let source = Source::parse("k8s://shop/cart", Path::is_dir).unwrap();
    let error = load(&source).unwrap_err();
    assert!(
        error.to_string().starts_with("k8s://shop/cart: "),
        "{error}"
    );
}

#[test]
fn a_compile_error_names_file_line_and_column() {
    for (content, expected) in [
        (
            "syntax = \"proto3\";\nmessage M {\n  strin id = 1;\n}\n",
            "p/a.proto:3:3: ",
        ),
        (
            "syntax = \"proto3\";\nmessage M {\n  string id = ;\n}\n",
            "p/a.proto:3:15: ",
        ),
        ("syntax = \"proto3\";\nmessage M {\n", "p/a.proto:2: "),
        (
            "syntax = \"proto3\";\nmessage M {\n  string a = 1;\n  string b = 1;\n}\n",
            "p/a.proto:4:14: ",
        ),
        ("syntax = \"proto4\";\n", "p/a.proto:1:10: "),
    ] {
        let tree = Tree::new(&[("p/a.proto", content)]);
        let (text, _) = tree.error("p");
        assert!(text.starts_with(expected), "{expected} not in {text}");
        assert!(!text.contains('\n'), "{text}");
        assert_eq!(tree.error("p/a.proto").0, text);
    }
}

#[test]
fn text_that_is_no_utf_8_is_said_with_its_line() {
    let tree = Tree::new(&[]);
    tree.add("p/a.proto", b"syntax = \"proto3\";\n// caf\xe9\n");
    assert_eq!(tree.error("p").0, "p/a.proto:2: is not UTF-8 text");
}

#[test]
fn an_unresolved_import_names_its_module_and_what_to_do() {
    let with = |import: &str| {
        format!(
            "syntax = \"proto3\";\n\nimport \"{import}\";\n{}",
            &PAY[19..]
        )
    };
    let tree = Tree::new(&[
        ("p/buf.yaml", "version: v2\n"),
        ("p/acme/a.proto", &with("google/api/annotations.proto")),
    ]);
    let (text, help) = tree.error("p");
    assert_eq!(
        text,
        "p/acme/a.proto:3:1: import `google/api/annotations.proto` was not found"
    );
    assert!(help.contains("buf.build/googleapis/googleapis"), "{help}");
    assert!(help.contains("buf build -o truth.binpb"), "{help}");

    let tree = Tree::new(&[("p/a.proto", &with("gone/b.proto"))]);
    let (text, help) = tree.error("p");
    assert!(
        text.ends_with("import `gone/b.proto` was not found"),
        "{text}"
    );
    assert!(help.contains("searched below: "), "{help}");

    // The folder above a module: its name is the likely remedy.
    let tree = Tree::new(&[
        ("repo/proto/buf.yaml", "version: v2\n"),
        ("repo/proto/a.proto", &with("b.proto")),
        ("repo/proto/b.proto", "syntax = \"proto3\";\n"),
    ]);
    let (text, help) = tree.error("repo");
    assert_eq!(
        text,
        "repo/proto/a.proto:3:1: import `b.proto` was not found"
    );
    assert!(
        help.contains("name the folder ") && help.contains("repo/proto as the truth"),
        "{help}"
    );
    assert!(tree.load("repo/proto").is_ok());
}

#[test]
fn import_cycles_and_doubles_are_errors() {
    let tree = Tree::new(&[
        ("p/a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\n"),
        ("p/b.proto", "syntax = \"proto3\";\nimport \"a.proto\";\n"),
    ]);
    let (text, _) = tree.error("p");
    assert!(
        text.contains("cycle") && text.starts_with("p/a.proto"),
        "{text}"
    );
    let tree = Tree::new(&[
        (
            "p/a.proto",
            "syntax = \"proto3\";\nimport \"b.proto\";\nimport \"b.proto\";\n",
        ),
        ("p/b.proto", "syntax = \"proto3\";\n"),
    ]);
    assert!(
        tree.error("p").0.starts_with("p/a.proto:3:1: "),
        "{}",
        tree.error("p").0
    );
}

#[test]
fn a_truth_without_services_is_no_truth() {
    let message = "syntax = \"proto3\";\nmessage M {}\n";
    let tree = Tree::new(&[("p/a.proto", message)]);
    let (text, help) = tree.error("p");
    assert!(
        text.ends_with("p: declares no service, so there is nothing to compare"),
        "{text}"
    );
    assert!(help.contains("only imported"), "{help}");
    // A service that is only imported is not the truth's own.
    let tree = Tree::new(&[
        ("q/a.proto", "syntax = \"proto3\";\nimport \"pay.proto\";\n"),
        ("q/pay.proto", PAY),
    ]);
    assert!(matches!(
        tree.load("q/a.proto"),
        Err(TruthError::NoServices { .. })
    ));
}

#[test]
fn unusable_buf_files_are_named_with_their_line() {
    for (name, content, expected) in [
        (
            "buf.yaml",
            "version: v3\n",
            "p/buf.yaml:1:10: unknown version `v3`",
        ),
        (
            "buf.yaml",
            "version: v1beta1\n",
            "p/buf.yaml:1:10: unknown version `v1beta1`",
        ),
        ("buf.yaml", "lint: {}\n", "p/buf.yaml: has no `version`"),
        ("buf.yaml", "", "p/buf.yaml: has no `version`"),
        ("buf.yaml", "version: v2\nmodules: 5\n", "p/buf.yaml:2:10: "),
        ("buf.yaml", "version: v2\nmodules: [\n", "p/buf.yaml:"),
        (
            "buf.yaml",
            "version: v2\nmodules:\n  - path: gone\n",
            "p/buf.yaml:3:11: `gone` is no directory",
        ),
        (
            "buf.yaml",
            "version: v2\nmodules:\n  - path: ../x\n",
            "p/buf.yaml:3:11: `../x` leaves",
        ),
        (
            "buf.yaml",
            "version: v2\nmodules:\n  - path: a\n    excludes: [old]\n",
            "p/buf.yaml:4:16: `old` is not inside the module `a`",
        ),
        (
            "buf.work.yaml",
            "version: v1\n",
            "p/buf.work.yaml: lists no `directories`",
        ),
        (
            "buf.work.yaml",
            "version: v2\n",
            "p/buf.work.yaml:1:10: unknown version `v2`",
        ),
        (
            "buf.work.yaml",
            "version: v1\ndirectories: [gone]\n",
            "p/buf.work.yaml:2:15: `gone`",
        ),
    ] {
        let tree = Tree::new(&[("p/a/a.proto", PAY), (&format!("p/{name}"), content)]);
        let (text, help) = tree.error("p");
        assert!(text.starts_with(expected), "{expected} not in {text}");
        assert!(!text.contains('\n') && !help.is_empty(), "{text}\n{help}");
    }
}

#[test]
fn two_modules_must_not_share_an_import_name() {
    let tree = Tree::new(&[
        (
            "p/buf.yaml",
            "version: v2\nmodules: [{path: a}, {path: b}]\n",
        ),
        ("p/a/pay.proto", PAY),
        ("p/b/pay.proto", PAY),
    ]);
    assert_eq!(
        tree.error("p").0,
        "p/b/pay.proto: has the same import name `pay.proto` as p/a/pay.proto"
    );
}

#[cfg(unix)]
#[test]
fn an_unreadable_place_gives_the_systems_words() {
    use std::os::unix::fs::PermissionsExt as _;
    // A link to itself is refused to everyone, root included.
    let tree = Tree::new(&[("p/a.proto", PAY)]);
    std::os::unix::fs::symlink("loop.proto", tree.path("p/loop.proto")).unwrap();
    let (text, _) = tree.error("p");
    assert!(text.starts_with("p/loop.proto: cannot be read: "), "{text}");
    fs::remove_file(tree.path("p/loop.proto")).unwrap();
    tree.add("p/closed/b.proto", PAY.as_bytes());
    let closed = tree.path("p/closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let refused = fs::read_dir(&closed).is_err();
    let outcome = tree.load("p");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    if refused {
        let error = outcome.unwrap_err();
        assert!(matches!(error, TruthError::Io { .. }), "{error}");
    } else {
        // Root reads everything: then both files define the same names.
        assert!(matches!(outcome, Err(TruthError::Compile { .. })));
    }
}
