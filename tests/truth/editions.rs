//! Truths that are written in Editions: compiled by the real `buf`, by one that misbehaves, and
//! refused where there is none.

use std::time::{Duration, Instant};

use buffa_descriptor::generated::descriptor::Edition;
use protodiff::truth::{Buf, load_with};

use super::*;
use crate::executable;
use crate::tools;

const PAY_2024: &str = "edition = \"2024\";\npackage acme.v1;\nimport \"acme/money.proto\";\nservice Pay { rpc Charge(acme.Money) returns (acme.Money); }\n";
const MONEY_2023: &str =
    "// Money.\nedition = \"2023\";\npackage acme;\nmessage Money { int64 units = 1; }\n";

fn load(tree: &Tree, path: &str, buf: &Buf) -> Result<Truth, TruthError> {
    let text = tree.path(path).display().to_string();
    load_with(&Source::parse(&text, Path::is_dir).unwrap(), buf)
}

fn real() -> Buf {
    Buf::at(tools::buf())
}

/// Text and help of the error, with the temporary folder's name taken out.
#[track_caller]
fn error(tree: &Tree, path: &str, buf: &Buf) -> (String, String) {
    let error = load(tree, path, buf).expect_err("this truth must not load");
    let strip = |text: String| text.replace(&format!("{}/", tree.path(".").display()), "");
    (
        strip(error.to_string()),
        strip(error.help().unwrap_or_default()),
    )
}

/// A `buf` that is this shell script.
fn fake(tree: &Tree, script: &str) -> Buf {
    let path = tree.path("bin/buf");
    executable::write(&path, format!("#!/bin/sh\n{script}\n").as_bytes());
    Buf::at(path)
}

/// As a finding shows it.
fn shown(tree: &Tree, path: &str) -> String {
    tree.path(path).display().to_string()
}

#[test]
fn a_plain_folder_compiles_with_positions_and_places() {
    let tree = Tree::new(&[
        ("proto/acme/v1/pay.proto", PAY_2024),
        ("proto/acme/money.proto", MONEY_2023),
        ("proto/.cache/broken.proto", "not protobuf"),
        ("proto/node_modules/x/broken.proto", "not protobuf"),
        (
            "buf.yaml",
            "this is no concern of a folder below another's repository",
        ),
        ("proto/.git/HEAD", ""),
    ]);
    std::os::unix::fs::symlink("acme", tree.path("proto/alias")).unwrap();
    let truth = load(&tree, "proto", &real()).unwrap();
    assert_eq!(own(&truth), ["acme/money.proto", "acme/v1/pay.proto"]);
    assert!(imported(&truth).is_empty());
    assert_eq!((&truth.notes[..], truth.breaking.clone()), (&[][..], None));
    for (name, edition) in [
        ("acme/v1/pay.proto", Edition::EDITION_2024),
        ("acme/money.proto", Edition::EDITION_2023),
    ] {
        let found = file(&truth, name);
        assert_eq!(found.path, Some(shown(&tree, &format!("proto/{name}"))));
        let descriptor = decode(found);
        assert_eq!(descriptor.edition, Some(edition));
        assert!(descriptor.source_code_info.is_set());
    }
}

#[test]
fn a_sub_folder_or_file_is_the_truth_and_the_rest_is_imported() {
    let tree = Tree::new(&[
        ("proto/.git/HEAD", ""),
        ("proto/acme/v1/pay.proto", PAY_2024),
        ("proto/acme/money.proto", MONEY_2023),
        ("proto/other/broken.proto", "not protobuf"),
    ]);
    for named in ["proto/acme/v1", "proto/acme/v1/pay.proto"] {
        for configured in [false, true] {
            if configured {
                tree.add("proto/buf.yaml", b"version: v2\n");
            }
            let truth = load(&tree, named, &real()).unwrap();
            assert_eq!(own(&truth), ["acme/v1/pay.proto"], "{named}");
            assert_eq!(imported(&truth), ["acme/money.proto"], "{named}");
            let money = file(&truth, "acme/money.proto");
            assert_eq!(money.path, Some(shown(&tree, "proto/acme/money.proto")));
        }
        fs::remove_file(tree.path("proto/buf.yaml")).unwrap();
    }
}

#[test]
fn workspaces_of_both_versions_resolve_across_their_modules() {
    let files = [
        (".git/HEAD", ""),
        ("apis/api/acme/v1/pay.proto", PAY_2024),
        ("apis/api/old/broken.proto", "not protobuf"),
        ("apis/shared/acme/money.proto", MONEY_2023),
        ("no-module/broken.proto", "not protobuf"),
    ];
    let v2 = Tree::new(&files);
    v2.add(
        "buf.yaml",
        b"version: v2\nmodules:\n  - path: apis/api\n    excludes: [apis/api/old]\n  - path: apis/shared\n",
    );
    let v1 = Tree::new(&files);
    v1.add(
        "buf.work.yaml",
        b"version: v1\ndirectories: [apis/api, apis/shared]\n",
    );
    v1.add(
        "apis/api/buf.yaml",
        b"version: v1\nbuild: {excludes: [old]}\n",
    );
    for tree in [v2, v1] {
        for whole in [".", "apis"] {
            let truth = load(&tree, whole, &real()).unwrap();
            assert_eq!(own(&truth), ["acme/money.proto", "acme/v1/pay.proto"]);
        }
        for part in ["apis/api", "apis/api/acme", "apis/api/acme/v1/pay.proto"] {
            let truth = load(&tree, part, &real()).unwrap();
            assert_eq!(own(&truth), ["acme/v1/pay.proto"], "{part}");
            assert_eq!(imported(&truth), ["acme/money.proto"], "{part}");
            let pay = file(&truth, "acme/v1/pay.proto");
            assert_eq!(pay.path, Some(shown(&tree, "apis/api/acme/v1/pay.proto")));
            let money = file(&truth, "acme/money.proto");
            assert_eq!(
                money.path,
                Some(shown(&tree, "apis/shared/acme/money.proto"))
            );
        }
    }
}

#[test]
fn an_edition_that_is_only_imported_is_enough() {
    let importer = PAY.replace("package", "import \"money.proto\";\npackage");
    let tree = Tree::new(&[("p/money.proto", MONEY_2023), ("p/pay.proto", &importer)]);
    let truth = load(&tree, "p/pay.proto", &real()).unwrap();
    assert_eq!(own(&truth), ["pay.proto"]);
    assert_eq!(imported(&truth), ["money.proto"]);
}

#[test]
fn names_that_buf_would_take_for_something_else_are_paths() {
    for folder in ["-o", "a#format=zip", "a.zip", "x.git", "a,b", "a \"b\""] {
        let pay = format!("{folder}/sub,-/#pay.proto");
        let money = format!("{folder}/acme/money.proto");
        let tree = Tree::new(&[(&pay, PAY_2024), (&money, MONEY_2023)]);
        tree.add(&format!("{folder}/.git/HEAD"), b"");
        for named in [folder, &format!("{folder}/sub,-"), &pay] {
            let truth = load(&tree, named, &real()).unwrap_or_else(|e| panic!("{named}: {e}"));
            assert!(own(&truth).contains(&"sub,-/#pay.proto".to_owned()));
        }
    }
}

#[test]
fn mistakes_have_a_place_on_disk() {
    let tree = Tree::new(&[(
        "p/a.proto",
        "edition = \"2023\";\nmessage M {\n  strin id = 1;\n  strin b = 2;\n}\n",
    )]);
    let (text, _) = error(&tree, "p", &real());
    assert_eq!(
        text,
        "p/a.proto:3:3: cannot find `strin` in this scope (and 1 more)"
    );
    assert_eq!(error(&tree, "p/a.proto", &real()).0, text);

    let tree = Tree::new(&[("p/a.proto", "edition = \"2099\";\nmessage M {}\n")]);
    let (text, help) = error(&tree, "p", &real());
    assert!(
        text.starts_with("p/a.proto:1:11: unrecognized `edition`"),
        "{text}"
    );
    assert!(help.contains("newer one"), "{help}");

    // A module whose neighbour is at fault.
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        (
            "buf.yaml",
            "version: v2\nmodules: [{path: api}, {path: shared}]\n",
        ),
        ("api/pay.proto", PAY_2024),
        (
            "shared/acme/money.proto",
            "edition = \"2023\";\npackage acme;\nmessage Money { strin a = 1; }\n",
        ),
    ]);
    assert_eq!(
        error(&tree, "api", &real()).0,
        "shared/acme/money.proto:3:17: cannot find `strin` in this scope"
    );
}

#[test]
fn an_unresolved_import_is_named() {
    let tree = Tree::new(&[(
        "p/a.proto",
        "edition = \"2023\";\nimport \"google/type/money.proto\";\nmessage M { google.type.Money a = 1; }\n",
    )]);
    for configured in [false, true] {
        if configured {
            tree.add("p/buf.yaml", b"version: v2\n");
        }
        let (text, help) = error(&tree, "p", &real());
        assert_eq!(
            text,
            "p/a.proto:2:1: import `google/type/money.proto` was not found"
        );
        assert!(help.contains("buf.build/googleapis/googleapis"), "{help}");
        assert!(help.contains("buf dep update"), "{help}");
    }
}

#[test]
fn without_buf_the_way_out_is_said() {
    let edition = "// about\nedition = \"2023\";\npackage acme;\n";
    let tree = Tree::new(&[
        ("p/a.proto", edition),
        ("p/b.proto", edition),
        ("p/c.proto", PAY),
    ]);
    let (text, help) = error(&tree, "p", &Buf::absent());
    assert_eq!(
        text,
        "p/a.proto:2: edition 2023 is compiled by buf, which is not on PATH (1 more file of this truth needs it)"
    );
    assert!(
        help.contains("https://buf.build/docs/cli/installation"),
        "{help}"
    );
    assert!(help.contains("buf build -o truth.binpb"), "{help}");
    // Only imported, and only seen on the way.
    let importer = PAY.replace("package", "import \"a.proto\";\npackage");
    let tree = Tree::new(&[("p/a.proto", edition), ("p/z.proto", &importer)]);
    assert_eq!(
        error(&tree, "p/z.proto", &Buf::absent()).0,
        "p/a.proto:2: edition 2023 is compiled by buf, which is not on PATH"
    );
    // Where no file is written in an edition, none is needed.
    let tree = Tree::new(&[("p/c.proto", PAY)]);
    assert!(load(&tree, "p", &Buf::absent()).is_ok());
    assert!(load(&tree, "p", &Buf::at("/gone/buf")).is_ok());
}

#[test]
fn a_buf_that_hangs_is_ended_with_all_that_it_started() {
    let tree = Tree::new(&[("p/a.proto", PAY_2024)]);
    let alive = tree.path("alive").display().to_string();
    // As a wrapper does: the real work is in a child, which holds the streams.
    let buf = fake(&tree, &format!("(sleep 3; touch '{alive}') & wait"));
    let start = Instant::now();
    let (text, help) = error(&tree, "p", &buf.within(Duration::from_millis(500)));
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(
        text.starts_with("p/a.proto:1: edition 2024 is compiled by `buf build` (bin/buf), which did not finish in 500ms"),
        "{text}"
    );
    assert!(help.contains("buf build -o truth.binpb` in p"), "{help}");
    std::thread::sleep(Duration::from_secs(4));
    assert!(!tree.path("alive").exists(), "its child lives on");
}

#[test]
fn a_buf_that_prints_without_end_is_ended() {
    let tree = Tree::new(&[("p/a.proto", PAY_2024)]);
    let buf = fake(&tree, "exec cat /dev/zero");
    let (text, _) = error(&tree, "p", &buf);
    assert!(text.ends_with("and printed more than 256 MiB"), "{text}");
    let buf = fake(&tree, "cat /dev/zero >&2").within(Duration::from_millis(500));
    let (text, _) = error(&tree, "p", &buf);
    assert!(text.ends_with("did not finish in 500ms"), "{text}");
}

#[test]
fn a_buf_that_prints_no_image_is_named() {
    let tree = Tree::new(&[("p/a.proto", PAY_2024)]);
    for (script, part) in [
        (
            "echo 'hello there'",
            "and what it printed is not a descriptor set",
        ),
        (
            "printf '\\007'",
            "and what it printed is not a descriptor set",
        ),
        ("true", "and what it printed is an empty descriptor set"),
    ] {
        let (text, help) = error(&tree, "p", &fake(&tree, script));
        assert!(text.starts_with("p/a.proto:1: edition 2024 "), "{text}");
        assert!(text.contains(part) && text.contains("(bin/buf)"), "{text}");
        assert!(help.contains("PROTODIFF_BUF"), "{help}");
    }
    // An image of something else.
    tree.add("other.binpb", b"\x0a\x09\x0a\x07b.proto");
    let script = format!("cat '{}'", tree.path("other.binpb").display());
    let (text, _) = error(&tree, "p", &fake(&tree, &script));
    assert_eq!(text, "p/a.proto: `buf build` (bin/buf) left this file out");
}

#[test]
fn a_buf_that_fails_is_quoted() {
    let tree = Tree::new(&[("p/a.proto", PAY_2024)]);
    for (script, part) in [
        (
            "echo 'WARN x' >&2; echo 'Failure: no route to the registry' >&2; exit 1",
            "which failed: no route to the registry",
        ),
        ("exit 3", "which failed: it said nothing (exit status: 3)"),
        (
            "kill -9 $$",
            "which failed: it said nothing (signal: 9 (SIGKILL))",
        ),
    ] {
        let (text, help) = error(&tree, "p", &fake(&tree, script));
        assert!(text.ends_with(part), "{text}");
        assert!(help.contains("to see why"), "{help}");
    }
    let (text, help) = error(&tree, "p", &Buf::at("/gone/buf"));
    assert!(
        text.contains("(/gone/buf), which could not be run: "),
        "{text}"
    );
    assert!(help.contains("buf --version"), "{help}");
    // As buf 1.28 says it.
    let old = r#"echo '{"path":"a.proto","start_line":1,"start_column":11,"end_line":1,"end_column":11,"type":"COMPILE","message":"editions are not yet supported; use syntax proto2 or proto3 instead"}' >&2; exit 100"#;
    let (text, help) = error(&tree, "p", &fake(&tree, old));
    assert_eq!(
        text,
        "p/a.proto:1:11: editions are not yet supported; use syntax proto2 or proto3 instead"
    );
    assert!(help.contains("bin/buf is older"), "{help}");
}

#[test]
fn bufs_own_configuration_errors_are_quoted() {
    // Fine for this program, which leaves unknown keys alone, and not for Buf.
    let tree = Tree::new(&[
        ("p/buf.yaml", "version: v2\nno-such-key: 1\n"),
        ("p/acme/v1/pay.proto", PAY_2024),
        ("p/acme/money.proto", MONEY_2023),
    ]);
    let (text, help) = error(&tree, "p", &real());
    assert!(
        text.contains("which failed: ") && text.contains("no-such-key"),
        "{text}"
    );
    assert!(!text.contains('\n'), "{text}");
    assert!(help.contains("buf build -o truth.binpb` in p"), "{help}");
}
