//! Reports that are too large, and names that mean harm.

use serde_json::{Value, json};

use crate::{Job, REPO, drifted, github, ours};

/// A report with many findings, all alike but for their names.
fn many(count: usize) -> Value {
    let mut report = drifted();
    let pattern = report["findings"][0].clone();
    report["findings"] = (0..count)
        .map(|index| {
            let mut finding = pattern.clone();
            finding["subject"] = json!(format!("shop.orders.v1.Message{index:03}.field"));
            finding["fingerprint"] = json!(format!("{index:016x}"));
            finding
        })
        .collect();
    report["summary"]["breaking"] = json!(count);
    report
}

fn fences(text: &str) -> usize {
    text.lines()
        .filter(|line| line.trim_start().starts_with("```"))
        .count()
}

#[test]
fn three_hundred_findings_are_cut_at_whole_entries_and_counted() {
    let github = github();
    let run = Job::new(&github, 100).publish(&many(300));
    assert_eq!(run.code, Some(1), "{}", run.err);
    let comment = &ours(&github)[0];
    let check = github.check_runs(REPO)[0].clone();
    let summary = check["summary"].as_str().unwrap();
    for page in [comment.as_str(), summary] {
        assert!(page.len() <= 62_000, "{}", page.len());
        assert_eq!(fences(page) % 2, 0, "a fence was left open");
        let shown = page.matches("(field-type-changed)").count();
        assert!(shown > 20 && shown < 300, "{shown}");
        let said = format!("**Left out for length: {} finding", 300 - shown);
        assert!(page.contains(&said), "{said}");
        assert!(page.contains("actions/runs/100) has more"));
    }
    // All of them, in requests of at most fifty.
    assert_eq!(check["annotations"].as_array().unwrap().len(), 300);
    assert!(run.summary.matches("(field-type-changed)").count() == 300);
    github.assert_no_violations();
}

#[test]
fn one_finding_of_seventy_thousand_characters_is_shortened() {
    let github = github();
    let mut report = drifted();
    for part in ["message", "subject", "live", "truth"] {
        report["findings"][0][part] = json!("ü`x".repeat(23_400));
    }
    let run = Job::new(&github, 100).publish(&report);
    assert_eq!(run.code, Some(1), "{}", run.err);
    let comment = &ours(&github)[0];
    assert!(comment.len() < 30_000, "{}", comment.len());
    assert_eq!(fences(comment) % 2, 0);
    assert!(comment.contains("shop.orders.v1.OrderService/Watch"));
    github.assert_no_violations();
}

#[test]
fn names_reach_nothing_but_their_place() {
    let evil = [
        "</details><script>alert(1)</script>",
        "<!-- protodiff:v1 {} -->",
        "```\n# heading",
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "@everyone #1 x|y|z",
        "x\n::set-output name=verdict::SYNC\n::error::boo",
        "%0A::error::x",
        "a\u{202e}b\u{0}c",
        "verdict=SYNC\nbreaking=0",
    ];
    let github = github();
    let mut report = drifted();
    let pattern = report["findings"][0].clone();
    report["findings"] = evil
        .iter()
        .map(|text| {
            let mut finding = pattern.clone();
            for part in ["message", "subject", "live", "truth"] {
                finding[part] = json!(text);
            }
            finding["location"] = json!({"file": format!("a/{text}"), "line": 3});
            finding["workloads"] = json!([text]);
            finding["methods"] = json!([{"name": format!("{text}/{text}"), "direction": "both"}]);
            finding
        })
        .collect();
    report["workloads"][0]["name"] = json!(evil[0]);
    report["notes"] = json!(evil);
    report["truths"] = json!([{"source": evil[2], "resolved": evil[3]}]);
    let run = Job::new(&github, 100).publish(&report);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let comments = ours(&github);
    let body = comments[0].split_once('\n').unwrap().1;
    for page in [body, run.summary.as_str()] {
        let mut html = String::new();
        let options = pulldown_cmark::Options::all();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(page, options));
        // As a reader's browser would take it: these would be markup.
        for bad in [
            "<script",
            "<!--",
            "<img",
            "<h1",
            "href=\"https://evil",
            "src=\"https://evil",
            "@everyone",
            "\u{202e}",
            "\u{0}",
        ] {
            let bad_outside_code = without_code(&html).contains(bad);
            assert!(!bad_outside_code, "{bad:?}: {html}");
        }
        assert_eq!(
            html.matches("<details>").count(),
            html.matches("</details>").count()
        );
    }
    assert_eq!(run.output("verdict"), "MISMATCH");
    assert_eq!(
        run.outputs.matches("verdict=").count(),
        1,
        "{}",
        run.outputs
    );
    for line in run.err.lines().chain(run.out.lines()) {
        assert!(!line.trim_start().starts_with("::set-output"), "{line}");
        assert!(!line.trim_start().starts_with("::error::"), "{line}");
    }
    github.assert_no_violations();
}

/// Rendered Markdown without its code, which is text whatever it says.
fn without_code(html: &str) -> String {
    let mut rest = html;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("<code") {
        out.push_str(before);
        rest = after.split_once("</code>").map_or("", |(_, after)| after);
    }
    out + rest
}
