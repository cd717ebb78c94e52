//! Truths that do not load, and files that `fetch` cannot write: exit 4, with object and remedy.

use crate::Place;

const PAY: &str = "syntax = \"proto3\";\npackage acme.v1;\nservice Pay { rpc Charge(Id) returns (Id); }\nmessage Id { string id = 1; }\n";

#[test]
fn each_unusable_truth_is_named_with_a_remedy() {
    let place = Place::new();
    place.write("broken/a.proto", PAY.replace("string id", "strin id"));
    place.write("editions/a.proto", "edition = \"2023\";\npackage acme;\n");
    place.write("none/readme.txt", "no protos");
    place.write("messages/a.proto", "syntax = \"proto3\";\nmessage M {}\n");
    place.write(
        "imports/a.proto",
        PAY.replace(
            "package",
            "import \"google/api/annotations.proto\";\npackage",
        ),
    );
    place.write("buf/buf.yaml", "version: v9\n");
    place.write("buf/a.proto", PAY);
    place.write("empty.binpb", "");
    place.write("noise.binpb", "\u{7}no image");
    place.write("noise.json", "{\"file\": [}");
    place.write("a.txt", "");
    place.write("folder.binpb/x.txt", "");
    // A link to itself is refused to everyone, root included.
    std::os::unix::fs::symlink("loop.binpb", place.path("loop.binpb")).unwrap();
    for (truth, parts, help) in [
        (
            "gone",
            &["gone: there is no such file"][..],
            "Expected a directory",
        ),
        (
            "gone.proto",
            &["gone.proto: there is no such file"],
            "Expected",
        ),
        (
            "gone.binpb",
            &["gone.binpb: there is no such file"],
            "Expected",
        ),
        ("broken", &["broken/a.proto:4:14: ", "strin"], ""),
        (
            "editions",
            &[
                "editions/a.proto:1: ",
                "edition 2023 is compiled by buf, which is not on PATH",
            ],
            "nstall buf",
        ),
        (
            "none",
            &["none: holds no .proto files"],
            "directory of the protobuf module",
        ),
        (
            "messages",
            &["messages: declares no service"],
            "module that defines the services",
        ),
        (
            "imports",
            &["imports/a.proto:2:1: import `google/api/annotations.proto`"],
            "buf build",
        ),
        ("buf", &["buf/buf.yaml:1:10: unknown version `v9`"], ""),
        ("empty.binpb", &["empty.binpb: ", "empty"], "buf build"),
        (
            "noise.binpb",
            &["noise.binpb: is not a descriptor set"],
            "buf build",
        ),
        ("noise.json", &["noise.json"], "buf build"),
        ("loop.binpb", &["loop.binpb: cannot be read"], "readable"),
        ("a.txt", &["a.txt: is a file"], "descriptor set"),
        (
            "folder.binpb",
            &["folder.binpb: holds no .proto files"],
            "directory",
        ),
    ] {
        for words in [
            format!("diff --live modules/shop --truth {truth}"),
            format!("scan {truth} --target grpc://127.0.0.1:1 --quiet"),
        ] {
            let outcome = place.run(&words);
            outcome.fails(4, parts);
            if truth != "broken" {
                outcome.helps(help);
            }
        }
    }
}

#[test]
fn a_truncated_image_is_no_image() {
    let place = Place::new();
    place.run("fetch modules/shop -o whole.binpb --quiet");
    let whole = std::fs::read(place.path("whole.binpb")).unwrap();
    place
        .run("diff --live modules/shop --truth whole.binpb")
        .reports(0);
    place.write("cut.binpb", &whole[..whole.len() - 7]);
    place
        .run("diff --live modules/shop --truth cut.binpb")
        .fails(4, &["cut.binpb: "])
        .helps("buf build");
}

#[test]
fn sources_that_cannot_be_parsed_are_usage_errors() {
    let place = Place::new();
    for (source, part) in [
        ("git:", "no revision"),
        ("git:main:/etc", "inside the repository"),
        ("buf.build/-acme/pay", "the owner is letters"),
        ("buf.build/acme/pay:$(id)", "the label or commit is letters"),
        ("k8s://only", "NAMESPACE/POD"),
        ("grpc://h", "no port"),
        ("http://h:1", "unknown scheme"),
    ] {
        place
            .run(&format!("diff --live modules/shop --truth {source}"))
            .fails(2, &[source, part])
            .helps("kinds of source");
    }
}

#[test]
fn fetched_sets_are_sources_again() {
    let place = Place::new();
    for file in [
        "a.binpb",
        "a.pb.gz",
        "a.json",
        "a.json.gz",
        "a.txtpb.zst",
        "a.yaml",
    ] {
        let outcome = place.run(&format!("fetch modules/shop -o {file}"));
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (Some(0), ""),
            "{outcome:#?}"
        );
        assert!(
            outcome.err.contains(&format!("files to {file}")),
            "{outcome:#?}"
        );
        place
            .run(&format!(
                "diff --live {file} --truth modules/shop --fail-on info"
            ))
            .reports(0);
        place
            .run(&format!("diff --live modules/shop-drifted --truth {file}"))
            .reports(1);
    }
}

#[test]
fn fetch_names_what_it_cannot_write() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder.binpb")).unwrap();
    for file in ["gone/x.binpb", "folder.binpb"] {
        let outcome = place.run(&format!("fetch modules/shop -o {file}"));
        outcome
            .fails(4, &[&format!("{file}: cannot be written")])
            .helps("folder that exists");
        assert!(!outcome.err.contains(".protodiff-"), "{outcome:#?}");
    }
    place
        .run("fetch modules/shop -o x.txt")
        .fails(2, &["--output x.txt"])
        .helps(".binpb");
    assert!(!place.path("x.txt").exists());
    place
        .run("fetch gone -o x.binpb")
        .fails(4, &["gone: there is no"]);
    assert!(!place.path("x.binpb").exists());
}
