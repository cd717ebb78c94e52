//! What `buf.yaml` says about breaking changes, in both versions, with paths as findings show them.

use std::collections::BTreeMap;

use protodiff::core::truth::BufBreaking;

use super::*;

/// Strings, owned.
fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The section of the truth at `path`, with the temporary folder's name taken out.
fn section(tree: &Tree, path: &str) -> Option<BufBreaking> {
    let whole = tree.path(".").display().to_string();
    let strip = |text: String| match text.strip_prefix(&whole) {
        Some("") => ".".to_owned(),
        Some(rest) => rest.trim_start_matches('/').to_owned(),
        None => text,
    };
    let all = |paths: Vec<String>| paths.into_iter().map(strip).collect();
    tree.load(path).unwrap().breaking.map(|found| BufBreaking {
        origin: strip(found.origin),
        ignore: all(found.ignore),
        ignore_only: found
            .ignore_only
            .into_iter()
            .map(|(rule, paths)| (rule, all(paths)))
            .collect(),
        ..found
    })
}

#[test]
fn version_1_is_relative_to_the_module() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        (
            "proto/buf.yaml",
            "version: v1\nlint:\n  use: [STANDARD]\nbreaking:\n  use: [WIRE_JSON]\n  except:\n    - FIELD_SAME_NAME\n  ignore: [acme/old, ./acme/a.proto]\n  ignore_only:\n    FIELD_NO_DELETE: [acme/v1]\n    PACKAGE:\n  ignore_unstable_packages: true\n",
        ),
        ("proto/acme/v1/pay.proto", PAY),
    ]);
    let expected = BufBreaking {
        origin: "proto/buf.yaml:4".to_owned(),
        uses: list(&["WIRE_JSON"]),
        except: list(&["FIELD_SAME_NAME"]),
        ignore: list(&["proto/acme/old", "proto/acme/a.proto"]),
        ignore_only: BTreeMap::from([
            ("FIELD_NO_DELETE".to_owned(), list(&["proto/acme/v1"])),
            ("PACKAGE".to_owned(), Vec::new()),
        ]),
        ignore_unstable_packages: true,
    };
    for path in ["proto", "proto/acme/v1", "proto/acme/v1/pay.proto"] {
        assert_eq!(section(&tree, path), Some(expected.clone()), "{path}");
    }
}

#[test]
fn paths_are_in_the_form_of_a_files_path() {
    let tree = Tree::within(
        Path::new(env!("CARGO_TARGET_TMPDIR")),
        &[
            ("p/buf.yaml", "version: v2\nbreaking: {ignore: [acme]}\n"),
            ("p/acme/pay.proto", PAY),
        ],
    );
    let truth = tree.load("p").unwrap();
    let breaking = truth.breaking.clone().unwrap();
    let path = file(&truth, "acme/pay.proto").path.clone().unwrap();
    assert_eq!(format!("{}/pay.proto", breaking.ignore[0]), path);
    assert!(Path::new(&path).is_relative() && Path::new(&breaking.origin).is_relative());
    assert!(breaking.origin.ends_with("p/buf.yaml:2"));
}

#[test]
fn without_a_section_there_is_none() {
    for content in ["version: v1\n", "version: v2\n", "version: v2\nbreaking:\n"] {
        let tree = Tree::new(&[("p/buf.yaml", content), ("p/pay.proto", PAY)]);
        assert_eq!(section(&tree, "p"), None, "{content}");
    }
    let tree = Tree::new(&[("p/pay.proto", PAY)]);
    assert_eq!(section(&tree, "p"), None);
    let tree = Tree::new(&[
        ("p/buf.yaml", "version: v2\nbreaking:\n  except:\n"),
        ("p/pay.proto", PAY),
    ]);
    let empty = BufBreaking {
        origin: "p/buf.yaml:2".to_owned(),
        ..BufBreaking::default()
    };
    assert_eq!(section(&tree, "p"), Some(empty));
}

#[test]
fn in_version_2_a_modules_section_replaces_the_workspaces() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        (
            "buf.yaml",
            "version: v2\nmodules:\n  - path: a\n    breaking:\n      except: [RPC_NO_DELETE, FIELD_SAME_NAME]\n      ignore: [a/old]\n  - path: b\n  - path: c\nbreaking:\n  use: [PACKAGE]\n  except: [FIELD_SAME_NAME]\n  ignore_unstable_packages: true\n",
        ),
        ("a/a.proto", PAY),
        (
            "b/b.proto",
            "syntax = \"proto3\";\npackage b;\nmessage M {}\nservice S { rpc Get(M) returns (M); }\n",
        ),
        ("c/c.proto", "syntax = \"proto3\";\n"),
    ]);
    let own = section(&tree, "a").unwrap();
    assert_eq!(own.origin, "buf.yaml:4");
    assert_eq!(own.except, list(&["RPC_NO_DELETE", "FIELD_SAME_NAME"]));
    assert_eq!(own.ignore, list(&["a/old"]));
    assert!(own.uses.is_empty() && !own.ignore_unstable_packages);
    let default = section(&tree, "b").unwrap();
    assert_eq!(default.origin, "buf.yaml:9");
    assert_eq!(default.uses, list(&["PACKAGE"]));
    assert!(default.ignore_unstable_packages);
    // All together: what holds for one module is bound to its folder.
    let joined = section(&tree, ".").unwrap();
    assert_eq!(joined.except, list(&["FIELD_SAME_NAME"]));
    assert_eq!(joined.ignore, list(&["a/old"]));
    assert_eq!(
        joined.ignore_only,
        BTreeMap::from([("RPC_NO_DELETE".to_owned(), list(&["a"]))])
    );
    assert_eq!(joined.uses, list(&["PACKAGE"]));
    assert!(!joined.ignore_unstable_packages);
}

#[test]
fn each_module_of_a_version_1_workspace_has_its_own() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        ("buf.work.yaml", "version: v1\ndirectories: [a, b]\n"),
        (
            "a/buf.yaml",
            "version: v1\nbreaking:\n  except: [RPC_NO_DELETE]\n  ignore_only: {FIELD_NO_DELETE: [x.proto]}\n",
        ),
        ("a/a.proto", PAY),
        (
            "b/b.proto",
            "syntax = \"proto3\";\npackage b;\nmessage M {}\nservice S { rpc Get(M) returns (M); }\n",
        ),
    ]);
    let own = section(&tree, "a").unwrap();
    assert_eq!(own.except, list(&["RPC_NO_DELETE"]));
    assert_eq!(own.ignore_only["FIELD_NO_DELETE"], list(&["a/x.proto"]));
    assert_eq!(section(&tree, "b"), None);
    let joined = section(&tree, ".").unwrap();
    assert_eq!(joined.origin, "a/buf.yaml:2");
    assert!(joined.except.is_empty());
    assert_eq!(joined.ignore_only["RPC_NO_DELETE"], list(&["a"]));
    assert_eq!(joined.ignore_only["FIELD_NO_DELETE"], list(&["a/x.proto"]));
}

#[test]
fn wrong_types_and_paths_are_errors_with_a_line() {
    for (section, expected) in [
        ("breaking: 5", "p/buf.yaml:2:11: "),
        ("breaking: [WIRE]", "p/buf.yaml:2:11: "),
        ("breaking:\n  use: WIRE", "p/buf.yaml:3:8: "),
        ("breaking:\n  except: {a: b}", "p/buf.yaml:3:11: "),
        ("breaking:\n  ignore:\n    - [a]", "p/buf.yaml:4:7: "),
        ("breaking:\n  ignore_only: [a]", "p/buf.yaml:3:16: "),
        (
            "breaking:\n  ignore_only:\n    WIRE: a.proto",
            "p/buf.yaml:4:11: ",
        ),
        (
            "breaking:\n  ignore_unstable_packages: maybe",
            "p/buf.yaml:3:29: ",
        ),
        (
            "breaking:\n  ignore: [../x]",
            "p/buf.yaml:3:12: `../x` leaves the folder",
        ),
        (
            "breaking:\n  ignore_only: {WIRE: [/etc]}",
            "p/buf.yaml:3:24: `/etc` leaves",
        ),
        (
            "modules:\n  - path: .\n    breaking:\n      ignore: x",
            "p/buf.yaml:5:15: ",
        ),
    ] {
        let content = format!("version: v2\n{section}\n");
        let tree = Tree::new(&[("p/a.proto", PAY), ("p/buf.yaml", &content)]);
        let (text, help) = tree.error("p");
        assert!(text.starts_with(expected), "{expected} not in {text}");
        assert!(!text.contains('\n') && !help.is_empty(), "{text}\n{help}");
    }
}
