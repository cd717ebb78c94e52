//! What the documented RBAC allows, and what is said where it lacks something.

use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding};

use crate::bed::TestBed;
use crate::bed::access::{Scope, rule};
use crate::scan::SHOP;
use crate::{PORT, pod, scan_with, tonic_server};

/// The rules of a Role in `examples/rbac.yaml`, whose binding grants it to the same account.
fn rules_of(name: &str) -> Vec<PolicyRule> {
    let text = include_str!("../../examples/rbac.yaml");
    let documents: Vec<&str> = text.split("\n---\n").collect();
    assert_eq!(documents.len(), 4);
    let (roles, bindings): (Vec<_>, Vec<_>) = documents
        .chunks(2)
        .map(|pair| {
            let role: Role = serde_saphyr::from_str(pair[0]).unwrap();
            let binding: RoleBinding = serde_saphyr::from_str(pair[1]).unwrap();
            assert_eq!(role.metadata.namespace, binding.metadata.namespace);
            assert_eq!(role.metadata.name.as_ref(), Some(&binding.role_ref.name));
            (role, binding.subjects)
        })
        .unzip();
    assert_eq!(bindings[0], bindings[1]);
    let role = roles
        .into_iter()
        .find(|role| role.metadata.name.as_deref() == Some(name));
    role.unwrap().rules.unwrap()
}

/// What `examples/rbac.yaml`, which the README asks for, grants for a scan.
pub fn documented() -> Vec<PolicyRule> {
    rules_of("protodiff")
}

/// What it grants for reading a mapping, in the namespace of the ConfigMap.
pub fn for_mapping() -> Vec<PolicyRule> {
    rules_of("protodiff-mapping")
}

/// The same without the rule that only `--wait` needs.
fn without_waiting() -> Vec<PolicyRule> {
    let mut rules = documented();
    rules.retain(|rule| rule.api_groups.as_ref().unwrap() == &[String::new()]);
    assert_eq!(rules.len(), 2);
    rules
}

async fn namespace_with_a_pod(prefix: &str) -> String {
    let bed = TestBed::start();
    let ns = bed.namespace(prefix).await;
    let started = bed.start_pod(&pod(&ns, "shop")).await;
    tonic_server::serve(SHOP, started.address(PORT)).await;
    ns
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_documented_rights_suffice() {
    let ns = namespace_with_a_pod("rights").await;
    let account = TestBed::start()
        .service_account(&ns, "gate", Scope::Namespace, &documented())
        .await;
    let scanned = scan_with(&account, &[SHOP, "-n", &ns]);
    assert_eq!(scanned.code, 0, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(
        scanned.report()["notes"].as_array().unwrap().len(),
        0,
        "{}",
        scanned.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_takes_rights_on_workloads() {
    let ns = namespace_with_a_pod("rights-wait").await;
    let bed = TestBed::start();
    let account = bed
        .service_account(&ns, "gate", Scope::Namespace, &without_waiting())
        .await;
    let without = scan_with(&account, &[SHOP, "-n", &ns, "--wait", "5s"]);
    assert_eq!(without.code, 3, "{}{}", without.stdout, without.stderr);
    assert!(
        without.stdout.contains("list deployments") && without.stdout.contains(&ns),
        "{}",
        without.stdout
    );
    let account = bed
        .service_account(&ns, "waiter", Scope::Namespace, &documented())
        .await;
    let with = scan_with(&account, &[SHOP, "-n", &ns, "--wait", "5s"]);
    assert_eq!(with.code, 0, "{}{}", with.stdout, with.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_port_forward_the_missing_right_is_named() {
    let ns = namespace_with_a_pod("rights-forward").await;
    let bed = TestBed::start();
    let list = || rule("", &["pods"], &["get", "list", "watch"]);
    let accounts = [
        ("none", vec![list()], "get"),
        (
            "no-create",
            vec![list(), rule("", &["pods/portforward"], &["get"])],
            "create",
        ),
        (
            "no-get",
            vec![list(), rule("", &["pods/portforward"], &["create"])],
            "get",
        ),
    ];
    for (name, rules, verb) in accounts {
        let account = bed
            .service_account(&ns, name, Scope::Namespace, &rules)
            .await;
        let scanned = scan_with(&account, &[SHOP, "-n", &ns]);
        assert_eq!(
            scanned.code, 3,
            "{name}: {}{}",
            scanned.stdout, scanned.stderr
        );
        let reason = &scanned.workload("shop")["reason"];
        assert_eq!(reason["kind"], "forbidden", "{reason:#}");
        let message = reason["message"].as_str().unwrap();
        for part in [verb, "pods/portforward", &ns] {
            assert!(message.contains(part), "{name}: {message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_namespace_is_said_and_does_not_end_the_scan() {
    let ns = namespace_with_a_pod("rights-allowed").await;
    let other = namespace_with_a_pod("rights-forbidden").await;
    let account = TestBed::start()
        .service_account(&ns, "gate", Scope::Namespace, &documented())
        .await;
    let both = scan_with(&account, &[SHOP, "-n", &ns, "-n", &other]);
    assert_eq!(both.code, 3, "{}{}", both.stdout, both.stderr);
    assert_eq!(both.workload("shop")["verdict"], "SYNC");
    let report = both.report();
    let gap = report["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["kind"] == "Selection")
        .unwrap();
    let message = gap["reason"]["message"].as_str().unwrap();
    assert!(
        message.contains("list pods") && message.contains(&other),
        "{message}"
    );

    let only = scan_with(&account, &[SHOP, "-n", &other]);
    assert_eq!(only.code, 4, "{}{}", only.stdout, only.stderr);
    assert!(only.stdout.is_empty());
    for part in ["list", "pods", other.as_str()] {
        assert!(only.stderr.contains(part), "{}", only.stderr);
    }
    let everywhere = scan_with(&account, &[SHOP, "-A"]);
    assert_eq!(
        everywhere.code, 4,
        "{}{}",
        everywhere.stdout, everywhere.stderr
    );
    assert!(everywhere.stderr.contains("-n"), "{}", everywhere.stderr);
}
