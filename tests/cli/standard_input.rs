//! `-`: a descriptor set or Buf image from standard input, and one to standard output.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::rich::{self, FORMS, SERVICES, buf, tool};
use crate::servers::Serving;
use crate::{Outcome, Place};

/// Runs the binary with this on standard input.
fn run(place: &Place, words: &str, input: &[u8]) -> Outcome {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .args(words.split(' '))
        .current_dir(place.path(""))
        .env_clear()
        .env("HOME", place.path("home"))
        .env("PATH", place.path("home"))
        .timeout(Duration::from_mins(1))
        .write_stdin(input)
        .output()
        .unwrap();
    Outcome {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn every_form_is_recognised() {
    let place = Place::new();
    let module = place.path("rich");
    rich::module(&module);
    for form in FORMS {
        buf(&module, &["build", "-o", &format!("../image.{form}")]);
    }
    for form in FORMS {
        let image = fs::read(place.path(&format!("image.{form}"))).unwrap();
        for words in [
            "diff --live - --truth image.binpb",
            "diff --live image.binpb --truth -",
        ] {
            let words = format!("{words} --scope all --fail-on info --format json");
            let outcome = run(&place, &words, &image);
            let report = outcome.reports(0).json();
            assert_eq!(
                report["findings"].as_array().unwrap().len(),
                0,
                "{form}: {outcome:#?}"
            );
            let compared = &report["workloads"][0]["versions"][0]["common"];
            assert_eq!(*compared, serde_json::json!(SERVICES), "{form}");
        }
        let outcome = run(&place, "fetch - -o again.binpb --quiet", &image);
        assert_eq!(
            (outcome.code, outcome.err.as_str()),
            (Some(0), ""),
            "{form}"
        );
    }
}

#[test]
fn it_is_a_truth_and_a_baseline_of_a_scan() {
    let place = Place::new();
    place.run("fetch modules/shop -o shop.binpb --quiet");
    let shop = fs::read(place.path("shop.binpb")).unwrap();
    let server = Serving::module(&place.path("modules/shop"));
    let url = server.url();
    let scan = run(
        &place,
        &format!("scan - --target {url} --quiet --format json"),
        &shop,
    );
    let report = scan.reports(0).json();
    assert_eq!(report["truth"]["source"], "-");
    run(
        &place,
        &format!("scan modules/shop --baseline - --target {url} --quiet"),
        &shop,
    )
    .reports(0);
}

#[test]
fn it_can_be_named_once() {
    let place = Place::new();
    place.write(
        "twice.yaml",
        "version: 1\nmodule: modules/shop\nworkloads:\n  - name: a\n    module: '-'\n",
    );
    for (words, first, second) in [
        ("diff --live - --truth -", "--live", "--truth"),
        (
            "diff --live - --truth modules/shop --baseline -",
            "--live",
            "--baseline",
        ),
        (
            "diff --live modules/shop --truth - --baseline -",
            "--truth",
            "--baseline",
        ),
        (
            "scan - --baseline - --target grpc://127.0.0.1:1",
            "the truth",
            "--baseline",
        ),
        (
            "scan --config twice.yaml --baseline -",
            "the truth",
            "--baseline",
        ),
    ] {
        let outcome = run(&place, words, b"");
        let expected = format!("{first} and {second} are both `-`");
        outcome
            .fails(2, &[&expected, "only once"])
            .helps("to a file");
    }
}

#[test]
fn what_is_no_image_says_what_was_expected() {
    let place = Place::new();
    for (input, part) in [
        (&b""[..], "standard input: is empty"),
        (b"\n", "standard input: "),
        (
            b"hello, world",
            "standard input: is not a descriptor set or Buf image: line 1, column ",
        ),
        (
            b"syntax = \"proto3\";",
            "standard input: is not a descriptor set or Buf image",
        ),
        (
            b"file {",
            "standard input: is not a descriptor set or Buf image: line 1, column ",
        ),
        (
            b"file:\n  - name: [",
            "standard input: is not a descriptor set or Buf image: line 2, column ",
        ),
        (
            b"{\"file\": [",
            "standard input: is not a descriptor set or Buf image: EOF",
        ),
        (
            b"\x0a\x03\x0a\x05a",
            "standard input: is not a descriptor set or Buf image",
        ),
        (
            b"\x28\xb5\x2f\xfd\x00",
            "standard input: is damaged zstd data",
        ),
        (b"\x1f\x8b\x08", "standard input: is damaged gzip data"),
    ] {
        let outcome = run(&place, "diff --live modules/shop --truth -", input);
        outcome.fails(4, &[part]).helps("buf build -o");
    }
}

/// Both ends of a new terminal.
fn terminal() -> (std::os::fd::OwnedFd, std::os::fd::OwnedFd) {
    let ends = nix::pty::openpty(None, None).unwrap();
    (ends.master, ends.slave)
}

#[test]
fn a_terminal_is_neither_read_from_nor_written_to() {
    let place = Place::new();
    let (_master, end) = terminal();
    let command = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_protodiff"));
        command
            .args(words.split(' '))
            .current_dir(place.path(""))
            .env_clear();
        command
    };
    let output = command("diff --live modules/shop --truth -")
        .stdin(Stdio::from(end.try_clone().unwrap()))
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.contains("standard input: is a terminal\n"), "{error}");
    assert!(
        error.contains("help: `-` reads a descriptor set"),
        "{error}"
    );
    let output = command("fetch modules/shop -o -")
        .stdin(Stdio::null())
        .stdout(Stdio::from(end))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("standard output is a terminal"), "{error}");
}

#[test]
fn a_set_goes_to_standard_output() {
    let place = Place::new();
    let shop = "fetch modules/shop -o";
    place.run(&format!("{shop} shop.binpb --quiet"));
    let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .args(["fetch", "modules/shop", "-o", "-"])
        .current_dir(place.path(""))
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, fs::read(place.path("shop.binpb")).unwrap());
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.ends_with("files to standard output\n"), "{words}");
    assert!(!place.path("-").exists());
}

#[test]
fn what_a_live_server_says_is_read_by_the_tools() {
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop"));
    let here = place.path("");
    let words = ["-protoset", "live.binpb", "list"];
    for file in ["live.binpb", "live.json.zst", "live.txtpb", "live.yaml.gz"] {
        let outcome = place.run(&format!("fetch {} -o {file}", server.url()));
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        buf(&here, &["build", file, "-o", "/dev/null"]);
        buf(&here, &["breaking", file, "--against", "live.binpb"]);
    }
    let listed = String::from_utf8(tool(&here, "grpcurl", &words)).unwrap();
    assert!(listed.contains("shop.orders.v1."), "{listed}");
    let service = listed
        .lines()
        .find(|line| line.contains("shop.orders.v1."))
        .unwrap();
    let words = ["-protoset", "live.binpb", "describe", service];
    let described = String::from_utf8(tool(&here, "grpcurl", &words)).unwrap();
    assert!(described.contains("is a service"), "{described}");
}
