//! The formats through the binary: to standard output, and to files beside it.

use std::path::Path;

use protodiff::core::format::Format;

use crate::judges::judge_file;

/// Runs the binary in a folder, on the fixture modules.
fn diff(folder: &Path, words: &str) -> (Option<i32>, String, String) {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/modules");
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_protodiff"))
        .arg("diff")
        .arg("--live")
        .arg(modules.join("shop-drifted"))
        .arg("--truth")
        .arg(modules.join("shop"))
        .args(words.split(' ').filter(|word| !word.is_empty()))
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn every_format_goes_to_standard_output_and_to_a_file_alike() {
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let (code, out, err) = diff(
            folder.path(),
            &format!("--format {format} --report {format}=report"),
        );
        assert_eq!(code, Some(1), "{err}");
        // Both are one run's, times included.
        assert_eq!(
            out,
            std::fs::read_to_string(folder.path().join("report")).unwrap()
        );
        assert!(
            out.contains("shop.orders.v1.OrderService"),
            "{format}: {out}"
        );
    }
}

#[test]
fn what_the_binary_writes_is_what_the_judges_want() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = diff(
        folder.path(),
        "--report sarif=r.sarif,junit=r.xml,html=r.html,gitlab=r.json",
    );
    assert_eq!(code, Some(1), "{err}");
    for (script, file) in [
        ("sarif.mjs", "r.sarif"),
        ("junit.mjs", "r.xml"),
        ("page.mjs", "r.html"),
    ] {
        judge_file(script, &folder.path().join(file));
    }
    let issues = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    assert!(
        serde_json::from_str::<Vec<serde_json::Value>>(&issues)
            .unwrap()
            .len()
            > 1
    );
}

#[test]
fn an_unknown_format_is_told_from_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = diff(folder.path(), "--format xml");
    assert_eq!(code, Some(2));
    for format in Format::ALL {
        assert!(err.contains(format.as_str()), "{err}");
    }
}

#[test]
fn pages_of_rules_have_forms_of_their_own() {
    for (format, code, part) in [
        ("json", 0, "\"field-missing\""),
        (
            "sarif",
            2,
            "`sarif` is a form of reports; expected text, markdown or json",
        ),
        (
            "xml",
            2,
            "unknown format `xml`; expected text, markdown or json",
        ),
    ] {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(["explain", "field-missing", "--format", format])
            .env_clear()
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let said = [output.stdout, output.stderr].concat();
        assert!(
            String::from_utf8_lossy(&said).contains(part),
            "{format}: {part}"
        );
    }
}
