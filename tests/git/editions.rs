//! A revision that is written in Editions, which the real `buf` compiles where it was exported.

use crate::{Place, tools};

const EDITION: &str = "edition = \"2023\";\npackage a.v1;\nimport \"id.proto\";\nservice S { rpc Get(Id) returns (Id); }\n";

#[test]
fn buf_compiles_it_and_its_folder_is_never_shown() {
    let buf = tools::buf().display().to_string();
    let environment = [("PROTODIFF_BUF", &*buf), ("HOME", "/nonexistent")];
    let place = Place::with_commits(0);
    place.write(
        "repo/buf.yaml",
        "version: v2\nmodules:\n  - path: proto\n  - path: lib\n",
    );
    place.write(
        "repo/lib/id.proto",
        "edition = \"2023\";\npackage a.v1;\nmessage Id { string id = 1; }\n",
    );
    place.write("repo/proto/a.proto", EDITION);
    place.commit("repo", "one");
    place.write(
        "repo/proto/a.proto",
        EDITION.replace("returns (Id)", "returns (Od)"),
    );
    place.commit("repo", "type");
    place.write(
        "repo/proto/a.proto",
        EDITION.replace("id.proto", "od.proto"),
    );
    place.commit("repo", "import");
    place.write(
        "repo/buf.yaml",
        "version: v2\nmodules:\n  - path: proto\n  - path: lib\ndeps:\n  - nothing\n",
    );
    place.write("repo/proto/a.proto", EDITION);
    place.commit("repo", "configuration");
    let run = |revision: &str| {
        let words = format!("diff --live git:{revision}:proto --truth git:HEAD~3:proto");
        place.run_with("repo", &words, &environment)
    };
    assert_eq!(run("HEAD~3").code, 0);
    for (revision, part) in [
        ("HEAD~2", "proto/a.proto:4:34: "),
        (
            "HEAD~1",
            "proto/a.proto:3:1: import `od.proto` was not found",
        ),
        (
            "HEAD",
            "proto/a.proto:1: edition 2023 is compiled by `buf build`",
        ),
    ] {
        let outcome = run(revision);
        assert_eq!(outcome.code, 4, "{outcome:#?}");
        assert!(
            outcome.err.contains(&format!("git:{revision} (")),
            "{outcome:#?}"
        );
        assert!(outcome.err.contains(part), "{outcome:#?}");
    }
}
