//! Every example of `docs/policy.md`, run.

use std::collections::BTreeMap;
use std::path::Path;

use protodiff::core::change::ChangeKind;
use protodiff::core::truth::BufBreaking;
use serde::Deserialize;

use crate::{NOTE, Place, REFUNDED, REVISION, WATCH, buf_yaml, named};

/// The fenced blocks of the document in this language.
fn examples(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.split(&format!("```{language}\n"))
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0.to_owned())
        .collect()
}

#[test]
fn no_example_is_left_out() {
    assert_eq!((examples("yaml").len(), examples("sh").len()), (3, 1));
}

#[test]
fn levels() {
    let report = Place::with(&examples("yaml")[0]).report(1);
    let of_level = |level: &str| -> Vec<&str> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["level"] == level)
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect()
    };
    assert_eq!(of_level("info"), ["field-missing"]);
    assert!(of_level("breaking").contains(&"enum-value-missing"));
}

#[test]
fn ignores() {
    let report = Place::with(&examples("yaml")[1]).report(1);
    assert_eq!(named(&report["findings"]), [REVISION, REFUNDED]);
    assert_eq!(named(&report["ignored"]), [WATCH, NOTE]);
    assert!(report["stale_ignores"].as_array().unwrap().is_empty());
}

#[test]
fn buf_yaml_section() {
    #[derive(Deserialize)]
    struct Module {
        breaking: Section,
    }
    #[derive(Deserialize)]
    struct Section {
        r#use: Vec<String>,
        except: Vec<String>,
        ignore: Vec<String>,
        ignore_only: BTreeMap<String, Vec<String>>,
    }
    let module: Module = serde_saphyr::from_str(&examples("yaml")[2]).unwrap();
    let section = BufBreaking {
        origin: "buf.yaml:2".to_owned(),
        uses: module.breaking.r#use,
        except: module.breaking.except,
        ignore: module.breaking.ignore,
        ignore_only: module.breaking.ignore_only,
        ignore_unstable_packages: false,
    };
    for (kind, ignored) in [
        (ChangeKind::FieldMissing, 1),
        (ChangeKind::MethodMissing, 0),
    ] {
        let report = buf_yaml::report(kind, section.clone());
        assert_eq!(report.ignored.len(), ignored, "{kind:?}");
    }
}

/// The commands' flags are those of the binary; what they do is tested beside `--baseline`.
#[test]
fn commands() {
    for line in examples("sh")[0].lines() {
        let words: Vec<String> = line.split(' ').map(ToOwned::to_owned).collect();
        protodiff::cli::parse_without_environment(&words).unwrap();
    }
}
