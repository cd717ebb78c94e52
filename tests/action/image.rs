//! The image by itself: by hand, in another CI system, as Kubernetes runs it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use k8s_openapi::ByteString;

use crate::engine::{IMAGE, Said};
use crate::namespace::inside;
use crate::{SHOP, hex, root, servers};

/// As Kubernetes runs it under a strict policy, with an emptyDir.
const STRICT: [&str; 7] = [
    "--user=65532",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp",
    "--network=host",
    "--env=PROTODIFF_QUIET=1",
];

#[test]
fn the_image_runs_as_anybody_and_holds_what_it_should() {
    inside(
        "image::the_image_runs_as_anybody_and_holds_what_it_should",
        |engine| {
            let version = format!("protodiff {}", env!("CARGO_PKG_VERSION"));
            for options in [&[][..], &STRICT] {
                let _ = engine
                    .run(options, &["--version"])
                    .ends(0)
                    .says(&[&version]);
            }
            let _ = engine.run(&STRICT, &["demo"]).ends(0).says(&["MISMATCH"]);

            let made = engine.works(&["create", IMAGE]);
            let tar = engine
                .command()
                .args(["export", &made])
                .output()
                .unwrap()
                .stdout;
            let mut files: Vec<(String, u32)> = tar::Archive::new(tar.as_slice())
                .entries()
                .unwrap()
                .map(|entry| {
                    let entry = entry.unwrap();
                    let path = entry.path().unwrap().display().to_string();
                    (path, entry.header().mode().unwrap() & 0o7777)
                })
                // What the engine itself puts into every container.
                .filter(|(path, _)| {
                    !["dev", "proc", "sys", ".dockerenv"]
                        .iter()
                        .any(|own| path.starts_with(own))
                        && !["etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"]
                            .contains(&path.as_str())
                })
                .collect();
            files.sort();
            let expected = [
                ("buf", 0o755),
                ("etc/", 0o755),
                ("etc/ssl/", 0o755),
                ("etc/ssl/certs/", 0o755),
                ("etc/ssl/certs/ca-certificates.crt", 0o644),
                ("protodiff", 0o755),
                ("tmp/", 0o1777),
            ];
            let expected = expected.map(|(path, mode)| (path.to_owned(), mode));
            assert_eq!(files, expected);
            let size: u64 = engine
                .works(&["image", "inspect", "-f", "{{.Size}}", IMAGE])
                .parse()
                .unwrap();
            let (protodiff, buf) = [crate::engine::binary(), crate::tools::buf()]
                .map(|path| path.metadata().unwrap().len())
                .into();
            eprintln!("image {size} bytes: protodiff {protodiff}, buf {buf}");
            assert!(
                size < protodiff + buf + 1_000_000,
                "{size}: something else is in the image"
            );
        },
    );
}

#[test]
fn a_scan_runs_without_rights_and_with_buf() {
    inside("image::a_scan_runs_without_rights_and_with_buf", |engine| {
        let volume = format!("--volume={}:/work:ro", root().display());
        let strict = [&STRICT[..], &[&volume, "--workdir=/work"]].concat();
        let sync = servers::start("go", &["--variant", "shop"]);
        let drifted = servers::start("go", &["--variant", "shop-drifted"]);
        let begun = Instant::now();
        let _ = engine
            .run(&strict, &["scan", SHOP, "--target", &sync.url()])
            .ends(0)
            .says(&["SYNC"]);
        eprintln!(
            "a scan with the container's start took {:?}",
            begun.elapsed()
        );
        let _ = engine
            .run(&strict, &["scan", SHOP, "--target", &drifted.url()])
            .ends(1)
            .says(&["MISMATCH", "method-missing"]);

        // Editions take `buf`, whose cache must find a place: in /tmp, and nowhere else.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("a.proto"),
            "edition = \"2023\"; package a; message M { string b = 1; } service S { rpc C(M) returns (M); }",
        )
        .unwrap();
        std::fs::set_permissions(
            folder.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        let volume = format!("--volume={}:/edition:ro", folder.path().display());
        let args = ["diff", "--live", "/edition", "--truth", "/edition"];
        let _ = engine
            .run(&[&strict[..], &[&volume]].concat(), &args)
            .ends(0)
            .says(&["SYNC"]);
        // And without a place of its own, in the image's /tmp.
        let _ = engine
            .run(&["--user=65532", &volume], &args)
            .ends(0)
            .says(&["SYNC"]);
    });
}

#[test]
fn the_binary_is_made_of_what_the_dockerfile_copies() {
    let text = std::fs::read_to_string(root().join("Dockerfile")).unwrap();
    let (_, stage) = text.split_once(" AS compile\n").unwrap();
    let (stage, _) = stage.split_once("\nFROM ").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for line in stage.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let (what, into) = line.rsplit_once(' ').unwrap();
        for path in what.split(' ') {
            let copied = Command::new("cp")
                .arg("-r")
                .arg(root().join(path))
                .arg(folder.path().join(into))
                .status();
            assert!(copied.unwrap().success(), "{line}");
        }
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let checked = Command::new(env!("CARGO"))
        .args(["check", "--locked", "--offline", "--bin=protodiff"])
        .current_dir(folder.path())
        .env("CARGO_TARGET_DIR", target)
        .output();
    let _ = Said::of(&checked.unwrap()).ends(0);
}

/// The value of an `ARG` in the Dockerfile.
fn pinned(name: &str) -> String {
    let text = std::fs::read_to_string(root().join("Dockerfile")).unwrap();
    let start = format!("ARG {name}=");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no ARG {name}")).to_owned()
}

#[test]
fn what_the_dockerfile_pins_is_what_the_tests_run_with() {
    let lock = std::fs::read_to_string(root().join("tests/tools/node/package-lock.json")).unwrap();
    let lock: serde_json::Value = serde_json::from_str(&lock).unwrap();
    for (name, package) in [("AMD64", "buf-linux-x64"), ("ARM64", "buf-linux-aarch64")] {
        let locked = &lock["packages"][format!("node_modules/@bufbuild/{package}")];
        assert_eq!(locked["version"], pinned("BUF_VERSION"));
        let base64 = locked["integrity"]
            .as_str()
            .unwrap()
            .strip_prefix("sha512-");
        let bytes: ByteString = serde_json::from_value(base64.into()).unwrap();
        let hex = hex(&bytes.0);
        assert_eq!(hex, pinned(&format!("BUF_SHA512_{name}")), "{package}");
    }
    let toolchain = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let image = pinned("RUST_IMAGE");
    let version = image
        .trim_start_matches("rust:")
        .trim_end_matches("-alpine");
    assert!(
        toolchain.contains(&format!("channel = \"{version}\"")),
        "{image}"
    );
}
