//! A truth in Editions through the binary: compiled by the real `buf`, and equal to its proto3 twin.

use crate::{Place, tools};

/// What proto3 means, in the words of edition 2023.
const AS_PROTO3: &str = "edition = \"2023\";\noption features.field_presence = IMPLICIT;\noption features.enum_type = OPEN;\noption features.repeated_field_encoding = PACKED;\noption features.utf8_validation = VERIFY;\noption features.message_encoding = LENGTH_PREFIXED;\noption features.json_format = ALLOW;\n";

/// A proto3 file as its twin. Its `optional` fields have no options of their own.
fn twin(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line == "syntax = \"proto3\";" {
            out.push_str(AS_PROTO3);
        } else if let Some(field) = line.trim().strip_prefix("optional ") {
            let field = field.trim_end_matches(';');
            out.push_str(&format!(
                "  {field} [features.field_presence = EXPLICIT];\n"
            ));
        } else {
            // Editions reserve identifiers, not strings.
            let bare = line.trim().starts_with("reserved");
            let line = if bare {
                line.replace('"', "")
            } else {
                line.to_owned()
            };
            out.push_str(&format!("{line}\n"));
        }
    }
    assert!(out.contains("edition"), "{text}");
    out
}

/// Writes the twin of each file of a module below `modules`; with a `buf.yaml`, or without.
fn write_twin(place: &Place, module: &str, into: &str, configured: bool) {
    for name in ["common", "orders", "payments"] {
        let path = format!("shop/{name}/v1/{name}.proto");
        let text = twin(&place.read(&format!("modules/{module}/{path}")));
        place.write(&format!("{into}/{path}"), text);
    }
    if configured {
        place.write(&format!("{into}/buf.yaml"), "version: v2\n");
    }
}

fn with_buf() -> Place {
    Place::new().with("PROTODIFF_BUF", &tools::buf().display().to_string())
}

#[test]
fn a_module_and_its_editions_twin_are_in_sync() {
    let place = with_buf();
    write_twin(&place, "shop", "twin", true);
    write_twin(&place, "shop", "plain", false);
    for (live, truth) in [
        ("modules/shop", "twin"),
        ("twin", "modules/shop"),
        ("plain", "modules/shop"),
        ("modules/shop", "plain/shop/orders/v1/orders.proto"),
    ] {
        let outcome = place.run(&format!(
            "diff --live {live} --truth {truth} --fail-on info --format json"
        ));
        outcome.reports(0);
        let report = outcome.json();
        assert_eq!(report["verdict"], "SYNC");
        // A truth of one file knows one of the two services; the other one is named.
        let whole = place.path(truth).is_dir();
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.is_empty() || !whole, "{outcome:#?}");
        assert!(findings.iter().all(|f| f["rule"] == "service-undocumented"));
        assert_eq!(
            report["summary"]["services_compared"],
            if whole { 2 } else { 1 }
        );
    }
}

#[test]
fn findings_point_into_the_editions_file() {
    let place = with_buf();
    write_twin(&place, "shop", "twin", true);
    let outcome = place.run("diff --live modules/shop-drifted --truth twin --format json");
    outcome.reports(1);
    let report = outcome.json();
    let findings = report["findings"].as_array().unwrap();
    let method = findings
        .iter()
        .find(|finding| finding["rule"] == "method-missing")
        .unwrap();
    let location = &method["location"];
    assert_eq!(location["file"], "twin/shop/orders/v1/orders.proto");
    let line = usize::try_from(location["line"].as_u64().unwrap()).unwrap();
    let text = place.read("twin/shop/orders/v1/orders.proto");
    assert!(text.lines().nth(line - 1).unwrap().contains("rpc Watch"));
}

#[test]
fn features_are_resolved_before_they_are_compared() {
    let place = with_buf();
    write_twin(&place, "shop", "twin", true);
    let path = "twin/shop/orders/v1/orders.proto";
    let required = "string note = 5 [features.field_presence = LEGACY_REQUIRED];";
    let text = place.read(path).replace("string note = 5;", required);
    place.write(path, text);
    let outcome = place.run("diff --live modules/shop --truth twin --format json");
    let report = outcome.json();
    let [finding] = report["findings"].as_array().unwrap().as_slice() else {
        panic!("{outcome:#?}");
    };
    assert_eq!(finding["rule"], "field-required-by-client");
    assert_eq!(finding["subject"], "shop.orders.v1.CreateRequest.note");
}

#[test]
fn an_edition_is_fetched_and_is_a_source_again() {
    let place = with_buf();
    write_twin(&place, "shop", "twin", true);
    let outcome = place.run("fetch twin -o twin.binpb --quiet");
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    let place = Place {
        environment: Vec::new(),
        ..place
    };
    place
        .run("diff --live twin.binpb --truth modules/shop --fail-on info")
        .reports(0);
}

#[test]
fn buf_is_found_on_path_or_where_the_variable_says() {
    let folder = tools::buf().parent().unwrap().display().to_string();
    let place = Place::new().with("PATH", &folder).with("PROTODIFF_BUF", "");
    write_twin(&place, "shop", "twin", true);
    place
        .run("diff --live modules/shop --truth twin")
        .reports(0);

    let place = Place::new()
        .with("PATH", &folder)
        .with("PROTODIFF_BUF", "gone/buf");
    write_twin(&place, "shop", "twin", true);
    for words in [
        "diff --live modules/shop --truth twin",
        "scan twin --target grpc://127.0.0.1:1 --quiet",
    ] {
        place
            .run(words)
            .fails(
                4,
                &[
                    "twin/shop/common/v1/common.proto:1: edition 2023",
                    "PROTODIFF_BUF names `gone/buf`",
                ],
            )
            .helps("unset it");
    }
}
