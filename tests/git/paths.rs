//! What a path in a revision stands for, and how files in it are shown.

use std::process::Command;

use crate::{Place, schema};

/// Two modules, one of which imports from the other.
fn workspace(place: &Place, folder: &str) {
    place.write(
        &format!("{folder}/buf.yaml"),
        "version: v2\nmodules:\n  - path: api/proto\n  - path: common\n",
    );
    place.write(
        &format!("{folder}/common/common/v1/id.proto"),
        "syntax = \"proto3\";\npackage common.v1;\nmessage Id { string id = 1; }\n",
    );
    place.write(
        &format!("{folder}/api/proto/pay/v1/pay.proto"),
        "syntax = \"proto3\";\npackage pay.v1;\nimport \"common/v1/id.proto\";\nservice Pay { rpc Get(common.v1.Id) returns (common.v1.Id); }\n",
    );
}

fn in_workspace() -> Place {
    let place = Place::with_commits(0);
    workspace(&place, "repo/services/pay");
    place.commit("repo", "one");
    // The work tree must not matter.
    std::fs::remove_dir_all(place.path("repo/services/pay/common")).unwrap();
    place
}

#[test]
fn the_context_above_a_path_counts() {
    let place = in_workspace();
    let expected = ["common/v1/id.proto", "pay/v1/pay.proto"];
    for (folder, source) in [
        ("repo", "git:HEAD:services/pay"),
        ("repo", "git:HEAD:services/pay/api/proto"),
        ("repo", "git:HEAD:services/pay/api/proto/"),
        ("repo", "git:HEAD:services/pay/api/proto/pay/v1/pay.proto"),
        ("repo", "git:HEAD:services/../services/pay/api"),
        ("repo/services/pay", "git:HEAD:./api/proto"),
        ("repo/services/pay", "git:HEAD:."),
        ("repo/services/pay/api", "git:HEAD:../api/proto"),
    ] {
        assert_eq!(place.names(folder, source), expected, "{source}");
    }
    let (error, _) = place.error("repo", "git:HEAD:services/pay/common");
    assert!(error.contains("declares no service"), "{error}");
}

#[test]
fn imports_of_plain_folders_are_found_from_the_root() {
    let place = Place::with_commits(0);
    place.write("repo/lib/id.proto", "syntax = \"proto3\";\nmessage Id {}\n");
    place.write(
        "repo/api/a.proto",
        "syntax = \"proto3\";\nimport \"lib/id.proto\";\nservice S { rpc Get(Id) returns (Id); }\n",
    );
    place.write("repo/.hidden/broken.proto", "broken");
    place.write("repo/node_modules/x/broken.proto", "broken");
    place.commit("repo", "one");
    assert_eq!(
        place.names("repo", "git:HEAD:api"),
        ["api/a.proto", "lib/id.proto"]
    );
    assert_eq!(
        place.names("repo/api", "git:HEAD:./a.proto"),
        ["api/a.proto", "lib/id.proto"]
    );
    assert_eq!(
        place.names("repo", "git:HEAD"),
        ["api/a.proto", "lib/id.proto"]
    );
    // What is named is read, wherever it lies.
    let (error, _) = place.error("repo", "git:HEAD:.hidden");
    assert!(error.contains(".hidden/broken.proto:1"), "{error}");
}

#[test]
fn a_path_that_is_not_there() {
    let place = in_workspace();
    let short = place.git("repo", "rev-parse --short HEAD");
    for (folder, path, cause, remedy) in [
        (
            "repo",
            "services/pya",
            format!("there is no `services/pya` at HEAD ({short})"),
            "Did you mean git:HEAD:services/pay?",
        ),
        (
            "repo",
            "service",
            format!("there is no `service` at HEAD ({short})"),
            "Did you mean git:HEAD:services?",
        ),
        (
            "repo",
            "zzz",
            format!("there is no `zzz` at HEAD ({short})"),
            "`git ls-tree -r --name-only ",
        ),
        (
            "repo/services",
            "pay",
            format!("there is no `pay` at HEAD ({short})"),
            "name git:HEAD:services/pay, or git:HEAD:./pay",
        ),
        (
            "repo",
            "services/pay/buf.yaml/x",
            "`services/pay/buf.yaml` is a file there".to_owned(),
            "the folder that holds",
        ),
        (
            "repo",
            "../x",
            "`../x` leads out of the repository".to_owned(),
            "inside the repository",
        ),
        (
            "repo/services",
            "../../x",
            "`../../x` leads out of the repository".to_owned(),
            "inside the repository",
        ),
    ] {
        let (error, help) = place.error(folder, &format!("git:HEAD:{path}"));
        assert!(error.starts_with(&format!("git:HEAD:{path}: ")), "{error}");
        assert!(error.contains(&cause), "{error}");
        assert!(help.contains(remedy), "{help}");
    }
}

#[test]
fn an_error_in_a_file_names_the_revision_and_the_place() {
    let place = Place::with_commits(1);
    place.write(
        "repo/proto/a.proto",
        schema(&["one"]).replace("(Req);", "(Rq);"),
    );
    let broken = place.commit("repo", "broken");
    place.write("repo/proto/a.proto", schema(&["one"]));
    place.commit("repo", "fixed");
    let short = &broken[..7];
    for (folder, shown) in [("repo", "proto/a.proto"), ("repo/proto", "a.proto")] {
        let (error, _) = place.error(folder, "git:HEAD~1:proto");
        assert_eq!(
            error,
            format!("git:HEAD~1 ({short}): {shown}:3:35: name 'Rq' is not defined")
        );
    }
    place.write("repo/other/x.txt", "");
    let (error, _) = place.error("repo/other", &format!("git:{broken}:proto"));
    assert!(
        error.starts_with(&format!("git:{short}: ../proto/a.proto:3:35: ")),
        "{error}"
    );
    place.write(
        "repo/proto/a.proto",
        schema(&["one"]).replace("package", "import \"no.proto\";\npackage"),
    );
    place.commit("repo", "import");
    let (error, help) = place.error("repo", "git:HEAD:proto");
    assert!(
        error.contains("proto/a.proto:2:1: import `no.proto` was not found"),
        "{error}"
    );
    assert!(!help.is_empty());
    place.write("repo/proto/buf.yaml", "version: v9\n");
    place.commit("repo", "buf");
    let (error, _) = place.error("repo", "git:HEAD:proto");
    assert!(error.contains("): proto/buf.yaml:1:10: "), "{error}");
    place.clone("--bare ", "bare.git");
    let (error, _) = place.error("bare.git", "git:HEAD:proto");
    assert!(error.contains("): proto/buf.yaml:1:10: "), "{error}");
}

#[test]
fn findings_show_the_paths_that_the_work_tree_has() {
    let place = Place::with_commits(2);
    for (folder, from_git, from_disk) in [
        ("repo", "git:HEAD:proto", "proto"),
        ("repo/proto", "git:HEAD:proto", "."),
        ("repo/proto", "git:HEAD:./a.proto", "a.proto"),
    ] {
        let locations = |truth: &str| {
            let words = format!("diff --live git:HEAD~1:proto --truth {truth} --format json");
            let report = place.run(folder, &words).json();
            let findings = report["findings"].as_array().unwrap().clone();
            assert_eq!(findings.len(), 1, "{report:#}");
            findings[0]["location"].clone()
        };
        assert!(locations(from_git).to_string().contains("a.proto"));
        assert_eq!(locations(from_git), locations(from_disk));
    }
}

#[test]
fn an_image_in_the_tree() {
    let place = Place::with_commits(2);
    let target = place.path("repo/images/api.binpb");
    std::fs::create_dir(place.path("repo/images")).unwrap();
    place.run(
        "repo",
        &format!("fetch git:HEAD~1:proto -o {}", target.display()),
    );
    place.commit("repo", "image");
    std::fs::remove_file(target).unwrap();
    assert_eq!(place.fields("repo", "git:HEAD:images/api.binpb"), ["one"]);
    place.write("repo/images/api.binpb", "\u{7}noise");
    place.commit("repo", "noise");
    let (error, _) = place.error("repo", "git:HEAD:images/api.binpb");
    assert!(
        error.contains("): images/api.binpb: is not a descriptor set"),
        "{error}"
    );
    place.write(
        "repo/images/api.binpb",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    );
    place.commit("repo", "pointer");
    let (error, help) = place.error("repo", "git:HEAD:images/api.binpb");
    assert!(error.contains("is a pointer of Git LFS"), "{error}");
    assert!(help.contains("git lfs"), "{help}");
    let (error, _) = place.error("repo", "git:HEAD:images");
    assert!(
        error.contains("): images: holds no .proto files"),
        "{error}"
    );
}

#[test]
fn names_that_are_no_ascii_and_more_files_than_are_read() {
    let place = Place::with_commits(0);
    place.write("repo/schémas/ä b.proto", schema(&["one"]));
    place.commit("repo", "one");
    assert_eq!(place.names("repo", "git:HEAD:schémas"), ["ä b.proto"]);
    // One blob under 20,001 names, written past the work tree.
    let blob = place.git("repo", "rev-parse HEAD:schémas");
    let tree: Vec<String> = (0..20_001)
        .map(|number| format!("040000 tree {blob}\t{number}"))
        .collect();
    place.write("tree", tree.join("\n") + "\n");
    let made = Command::new("git")
        .args(["mktree"])
        .current_dir(place.path("repo"))
        .stdin(std::fs::File::open(place.path("tree")).unwrap())
        .output()
        .unwrap();
    let tree = String::from_utf8(made.stdout).unwrap();
    let commit = place.git("repo", &format!("commit-tree {} -m many", tree.trim()));
    let (error, help) = place.error("repo", &format!("git:{commit}:0"));
    assert!(
        error.contains("the repository holds more than 20000 files"),
        "{error}"
    );
    assert!(help.contains("buf build -o"), "{help}");
}
