//! Flags and their twins in the environment.

use clap::CommandFactory as _;
use protodiff::cli::Cli;

use crate::Place;
use crate::servers::{Refused, Serving};

#[test]
fn every_flag_has_a_twin_in_the_environment() {
    let mut command = Cli::command();
    command.build();
    let mut seen = 0;
    for subcommand in command.get_subcommands() {
        for arg in subcommand.get_arguments() {
            let Some(flag) = arg.get_long() else { continue };
            if flag == "help" || flag == "version" {
                continue;
            }
            let expected = format!("PROTODIFF_{}", flag.to_uppercase().replace('-', "_"));
            let twin = arg.get_env().and_then(|name| name.to_str());
            assert_eq!(
                twin,
                Some(expected.as_str()),
                "{} --{flag}",
                subcommand.get_name()
            );
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} flags were looked at");
}

#[test]
fn a_whole_diff_can_come_from_the_environment() {
    let place = Place::new()
        .with("PROTODIFF_LIVE", "modules/shop-drifted")
        .with("PROTODIFF_TRUTH", "modules/shop")
        .with("PROTODIFF_FORMAT", "json")
        .with("PROTODIFF_REPORT", "markdown=r.md,text=r.txt")
        .with("PROTODIFF_FAIL_ON", "never")
        .with("PROTODIFF_QUIET", "true");
    let outcome = place.run("diff");
    outcome.reports(0);
    assert_eq!(outcome.json()["verdict"], "SYNC");
    assert!(place.read("r.md").contains("protodiff"));
    assert!(place.read("r.txt").starts_with("SYNC"));
    // A flag wins.
    place
        .run("diff --fail-on drift --format text")
        .reports(1)
        .says("MISMATCH");
}

#[test]
fn a_whole_scan_can_come_from_the_environment() {
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop"));
    let refused = Refused::new();
    let targets = format!("{},{refused}", server.url());
    let place = place
        .with("PROTODIFF_TRUTH", "modules/shop")
        .with("PROTODIFF_TARGET", &targets)
        .with("PROTODIFF_ON_UNKNOWN", "ignore")
        .with("PROTODIFF_HEADER", "x-a: 1\nx-b: 2");
    place
        .run("scan")
        .reports(0)
        .says("2 workloads")
        .says("connection refused");
}

#[test]
fn empty_variables_are_not_set_and_switches_can_be_off() {
    let place = Place::new()
        .with("PROTODIFF_WAIT", "")
        .with("PROTODIFF_NAMESPACE", "")
        .with("PROTODIFF_PORT", "")
        .with("PROTODIFF_REPORT", "")
        .with("PROTODIFF_CACERT", "")
        .with("PROTODIFF_TLS", "false")
        .with("PROTODIFF_QUIET", "")
        .with("PROTODIFF_ALL_NAMESPACES", "false");
    let server = Serving::module(&place.path("modules/shop"));
    place
        .run(&format!("scan modules/shop --target {}", server.url()))
        .reports(0);
    place
        .run("scan modules/shop -n shop")
        .fails(2, &["no kubeconfig"]);
}

#[test]
fn a_wrong_variable_is_named() {
    let place = Place::new().with("PROTODIFF_FAIL_ON", "loud");
    place
        .run("diff --live modules/shop --truth modules/shop")
        .fails(
            2,
            &[
                "'loud'",
                "--fail-on",
                "PROTODIFF_FAIL_ON",
                "breaking, drift, info or never",
            ],
        );
    let place = Place::new().with("PROTODIFF_NAMESPACE", "shop");
    place.run("scan modules/shop -A").fails(
        2,
        &["--namespace", "--all-namespaces", "PROTODIFF_NAMESPACE"],
    );
}

#[test]
fn wrong_flags_and_values_are_usage_errors() {
    let place = Place::new();
    for (words, parts) in [
        ("scan --frob", &["--frob", "Usage:"][..]),
        ("frob", &["'frob'", "Usage:"]),
        (
            "scan --fail-on x",
            &["--fail-on", "'x'", "breaking, drift, info or never"],
        ),
        (
            "scan --on-unknown x",
            &["--on-unknown", "'x'", "fail, warn or ignore"],
        ),
        (
            "scan --format x",
            &[
                "--format",
                "'x'",
                "text, markdown, json, sarif, junit, gitlab or html",
            ],
        ),
        (
            "scan --connect x",
            &["--connect", "'x'", "auto, direct, port-forward"],
        ),
        ("scan --sample x", &["--sample", "'x'", "all, version"]),
        ("scan --port 0", &["--port", "'0'", "1 to 65535"]),
        ("scan --port 65536", &["--port", "'65536'", "1 to 65535"]),
        (
            "scan --port A_B",
            &["--port", "'A_B'", "name of a container port"],
        ),
        ("scan --workload x", &["--workload", "'x'", "KIND/NAME"]),
        (
            "scan --workload svc/x",
            &["--workload", "`svc`", "deployment"],
        ),
        ("scan --wait x", &["--wait", "'x'", "30s or 5m"]),
        ("scan --timeout 0", &["--timeout", "'0'", "above zero"]),
        ("scan --timeout 25h", &["--timeout", "'25h'", "at most 24h"]),
        ("scan --pod-timeout -1s", &["-1"]),
        (
            "scan --concurrency 0",
            &["--concurrency", "'0'", "1..=1000"],
        ),
        ("scan --report x", &["--report", "'x'", "FORMAT=PATH"]),
        (
            "scan --report x=y",
            &[
                "--report",
                "`x`",
                "text, markdown, json, sarif, junit, gitlab or html",
            ],
        ),
        ("scan --report json=", &["--report", "FORMAT=PATH"]),
        (
            "scan -n a -A",
            &["--namespace", "--all-namespaces", "cannot be used with"],
        ),
        (
            "scan t --target grpc://h:1 -n a",
            &["--target", "--namespace", "cannot be used with"],
        ),
        (
            "scan t --target grpc://h:1 -l a=b",
            &["--target", "--selector", "cannot be used with"],
        ),
        (
            "scan t --target grpc://h:1 --wait 1m",
            &["--target", "--wait", "cannot be used with"],
        ),
        (
            "scan t --target grpc://h:1 --port 1",
            &["--target", "--port", "cannot be used with"],
        ),
        ("scan t --cert c.pem", &["--key <FILE>", "required"]),
        ("scan t --key k.pem", &["--cert <FILE>", "required"]),
        ("fetch modules/shop", &["--output <FILE>", "required"]),
        ("completions tcsh", &["'tcsh'", "bash", "zsh", "fish"]),
    ] {
        place.run(words).fails(2, parts);
    }
}

#[test]
fn targets_are_endpoints() {
    let place = Place::new();
    for (target, part) in [
        ("grpc://h", "no port"),
        ("grpc://:1", "no usable host"),
        ("grpc://h:0", "1 to 65535"),
        ("k8s://a/b", "is no endpoint"),
        ("modules/shop", "is no endpoint"),
        ("ftp://h:1", "unknown scheme"),
    ] {
        place
            .run(&format!("scan modules/shop --target {target}"))
            .fails(2, &["--target", target, part])
            .helps("Write grpc://HOST:PORT or grpcs://HOST:PORT.");
    }
}

#[test]
fn tls_files_are_named_with_their_flag() {
    let place = Place::new();
    place.write("no.pem", "nothing\n");
    for (flags, parts) in [
        (
            "--cacert gone.pem",
            &["--cacert gone.pem", "No such file"][..],
        ),
        ("--cacert no.pem", &["--cacert no.pem", "PEM"]),
        (
            "--cert gone.pem --key gone.pem",
            &["--cert gone.pem", "No such file"],
        ),
        ("--cert no.pem --key no.pem", &["--cert no.pem", "PEM"]),
        ("--server-name a\u{a0}b", &["--server-name `a b`"]),
    ] {
        place
            .run(&format!("scan modules/shop --target grpcs://h:1 {flags}"))
            .fails(2, parts)
            .helps("");
    }
}

#[test]
fn headers_are_checked_and_their_values_never_shown() {
    const SECRET: &str = "s3cret-v4lue";
    let place = Place::new();
    let server = Serving::module(&place.path("modules/shop-drifted"));
    let (closed, open) = (Refused::new(), server.url());
    let scan = format!("scan modules/shop --target {open} -H");
    place
        .run(&format!("{scan} {SECRET}"))
        .fails(2, &["header 1 has no colon"])
        .helps("-H 'name: value'");
    place
        .run(&format!("{scan} a\u{a0}b:{SECRET}"))
        .fails(2, &["header 1 has no valid name"])
        .helps("-H");
    place
        .run(&format!("{scan} x:{SECRET}\u{7}"))
        .fails(2, &["header `x`"])
        .helps("-H");
    let variable = Place::new().with("PROTODIFF_HEADER", &format!("authorization: {SECRET}"));
    let header = format!("-H authorization:\u{a0}{SECRET}");
    for outcome in [
        place.run(&format!("{scan} {SECRET}")),
        place.run(&format!("{scan} x:{SECRET}\u{7}")),
        place.run(&format!("{scan} x:{SECRET} --frob")),
        place.run(&format!("scan gone {header} --target {closed}")),
        place.run(&format!(
            "scan modules/shop {header} --target {closed},{open} --format json"
        )),
        place.run(&format!(
            "diff --live {closed} --truth modules/shop {header}"
        )),
        place.run(&format!("fetch {closed} -o x.json {header}")),
        place.run(&format!("scan modules/shop {header} --fail-on x")),
        variable.run("scan --help"),
        variable.run("scan modules/shop --format x"),
        variable.run("scan modules/shop"),
    ] {
        assert!(
            !outcome.out.contains(SECRET) && !outcome.err.contains(SECRET),
            "{outcome:#?}"
        );
    }
}

#[test]
fn every_shell_has_a_completion_script() {
    let place = Place::new();
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef protodiff"),
        ("fish", "complete -c protodiff"),
    ] {
        let outcome = place.run(&format!("completions {shell}"));
        outcome.reports(0).says(part).says("pod-timeout");
        assert_eq!(outcome.err, "");
    }
}
