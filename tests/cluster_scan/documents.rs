//! The example in `docs/sources.md`: what it shows is what a scan prints.

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

use crate::bed::TestBed;
use crate::bed::workloads::WorkloadPlan;
use crate::place::{Place, module};
use crate::registry::Registry;
use crate::scan::SHOP;
use crate::{PORT, app, tonic_server};

const DOCUMENT: &str = include_str!("../../docs/sources.md");
const OTHER: &str = "tests/fixtures/modules/other";

/// The block of the document that is fenced with these words.
fn block(fence: &str) -> &'static str {
    let (_, rest) = DOCUMENT
        .split_once(&format!("```{fence}\n"))
        .unwrap_or_else(|| panic!("no block `{fence}`"));
    rest.split_once("```\n").unwrap().0
}

/// The registry of the example; `buf.example` is its name, by way of a proxy.
fn registry() -> Registry {
    let main = |name: &str, folder: &str| {
        json!({"name": name,
            "commits": [{"dir": module(folder), "labels": ["main", "v1.9"]}]})
    };
    Registry::start(&json!({"modules": [
        main("acme/orders", "shop"), main("acme/billing", "other"),
        main("acme/cart", "shop"), main("acme/search", "other"),
    ]}))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_prints_what_the_document_shows() {
    let bed = TestBed::start();
    bed.named_namespace("staging", &[]).await;
    bed.named_namespace("protodiff-system", &[]).await;
    for (name, served, labelled, annotation) in [
        ("orders", "tests/fixtures/modules/shop-drifted", false, None),
        ("billing", OTHER, false, Some("buf.example/acme/invoices")),
        ("cart", SHOP, true, Some("buf.example/acme/cart:main")),
        ("search", OTHER, true, None),
        ("wishlist", SHOP, true, None),
    ] {
        let image = format!("registry.example/{name}:1.8");
        let mut plan = WorkloadPlan::new("staging", name, app(&image));
        if labelled {
            plan = plan.label("grpc-service", "true");
        }
        if let Some(module) = annotation {
            plan = plan.annotation("protodiff.dev/module", module);
        }
        let (_, made) = bed.settled_deployment(&plan).await;
        for pod in made.pods {
            tonic_server::serve(served, pod.address(PORT)).await;
        }
    }
    let map: Value = serde_saphyr::from_str(block("yaml mapping")).unwrap();
    bed.create::<ConfigMap>(Some("protodiff-system"), map).await;
    let registry = registry();
    let mut place = Place::new();
    place.write(".protodiff.yaml", block("yaml configuration"));
    place.set("HTTP_PROXY", &format!("http://{}", registry.address));
    let (command, shown) = block("console").split_once('\n').unwrap();
    let args: Vec<&str> = command
        .strip_prefix("$ protodiff scan ")
        .unwrap()
        .split_whitespace()
        .collect();
    let scanned = place.scan(&[args.as_slice(), &["--format", "text"]].concat());
    assert_eq!(scanned.code, 1, "{}{}", scanned.stdout, scanned.stderr);
    // The document leaves out the findings between the workloads and the notes.
    let parts: Vec<&str> = shown.split("…\n").collect();
    assert_eq!(parts.len(), 2, "{shown}");
    assert!(
        scanned.stdout.starts_with(parts[0])
            && scanned.stdout.trim_end().ends_with(parts[1].trim()),
        "{}",
        scanned.stdout
    );
}
