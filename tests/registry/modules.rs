//! Modules with dependencies, by label, commit and default label; what each costs in requests.

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::registry::{BufHome, Registry};
use crate::{Run, buf};

const BUILD: [&str; 4] = ["build", "--as-file-descriptor-set", "-o", "-"];

fn build(home: &BufHome, module: &str) -> Run {
    let args: Vec<&str> = BUILD.iter().copied().chain([module]).collect();
    buf(home, None, &args)
}

/// The names of the files, and the methods of the services, that a module was built to.
fn contents(home: &BufHome, module: &str) -> (Vec<String>, Vec<String>) {
    let set = FileDescriptorSet::decode(build(home, module).ok().as_slice()).unwrap();
    let files = set.file.iter().map(|file| file.name().to_owned());
    let methods = set.file.iter().flat_map(|file| &file.service);
    let methods = methods.flat_map(|service| &service.method);
    (
        files.collect(),
        methods.map(|method| method.name().to_owned()).collect(),
    )
}

#[test]
fn a_module_is_built_with_its_dependencies() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    let second = registry.commit("acme/shop", "v2");
    let files = ["acme/common/v1/money.proto", "acme/shop/v1/shop.proto"];
    for (name, methods) in [
        ("acme/shop".to_owned(), vec!["Create", "Get", "Cancel"]),
        ("acme/shop:main".to_owned(), vec!["Create", "Get", "Cancel"]),
        ("acme/shop:v2".to_owned(), vec!["Create", "Get"]),
        (format!("acme/shop:{second}"), vec!["Create", "Get"]),
    ] {
        let (built, found) = contents(&home, &registry.module(&name));
        assert_eq!(built, files, "{name}");
        assert_eq!(found, methods, "{name}");
    }
    let (built, _) = contents(&home, &registry.module("acme/ledger"));
    assert_eq!(built, ["acme/ledger/v1/ledger.proto"]);
}

#[test]
fn each_commit_is_downloaded_once_and_asked_about_every_time() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    let module = registry.module(&format!("acme/shop:{}", registry.commit("acme/shop", "v1")));
    build(&home, &module).ok();
    let cold = registry.counts();
    assert_eq!(cold.downloads["acme/shop"], 1);
    assert_eq!(cold.downloads["acme/common"], 1);
    assert_eq!(cold.rpcs["DownloadService/Download"], 2);
    assert_eq!(cold.downloaded_commits.len(), 2);

    registry.reset_counts();
    build(&home, &module).ok();
    let warm = registry.counts();
    assert!(warm.downloads.is_empty(), "{warm:?}");
    // Even a commit, which never changes, is resolved again.
    assert_eq!(
        warm.requests,
        [
            "CommitService/GetCommits acme/shop",
            "GraphService/GetGraph acme/shop",
            "ModuleService/GetModules acme/common",
            "OwnerService/GetOwners",
        ]
    );
}

#[test]
fn a_label_can_be_resolved_and_moved() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    let label = registry.module("acme/shop:main");
    let resolve = ["registry", "module", "commit", "resolve", label.as_str()];
    let resolved = || String::from_utf8(buf(&home, None, &resolve).ok()).unwrap();
    let at = |commit: String| registry.module(&format!("acme/shop:{commit}\n"));
    assert_eq!(
        resolved().trim_end(),
        at(registry.commit("acme/shop", "v1")).trim_end()
    );
    assert_eq!(contents(&home, &label).1.len(), 3);

    registry.move_label("acme/shop", "main", "v2");
    let second = registry.commit("acme/shop", "v2");
    assert_eq!(registry.commit("acme/shop", "main"), second);
    assert_eq!(resolved().trim_end(), at(second).trim_end());
    assert_eq!(contents(&home, &label).1.len(), 2);
}

#[test]
fn a_workspace_pins_a_module_and_builds_without_the_registry() {
    let registry = Registry::of_fixtures();
    let home = BufHome::new();
    let work = home.work_dir();
    let deps = registry.module("acme/common");
    std::fs::write(
        work.join("buf.yaml"),
        format!("version: v2\ndeps:\n  - {deps}\n"),
    )
    .unwrap();
    std::fs::write(
        work.join("app.proto"),
        "syntax = \"proto3\";\nimport \"acme/common/v1/money.proto\";\n\
         message App { acme.common.v1.Money price = 1; }\n",
    )
    .unwrap();
    buf(&home, None, &["dep", "update"]).ok();
    let lock = std::fs::read_to_string(work.join("buf.lock")).unwrap();
    assert!(
        lock.contains(&registry.commit("acme/common", "main")),
        "{lock}"
    );

    registry.reset_counts();
    assert_eq!(
        contents(&home, ".").0,
        ["acme/common/v1/money.proto", "app.proto"]
    );
    assert!(registry.counts().requests.is_empty());
}
