//! Whole surveys: pages, gaps, refusals, entries.

use serde_json::json;

use super::{forbidden, items, pod_of, query, soon, stand_in, with, with_ports};
use crate::core::observation::ReasonKind;
use crate::core::selection::{Namespaces, PodQuery};
use crate::discover::{DiscoverError, Discovery, pod, pods};

async fn survey(client: &kube::Client, queries: &[PodQuery]) -> Result<Discovery, DiscoverError> {
    pods(client, "shop", queries, soon()).await
}

#[tokio::test]
async fn pages_are_followed_and_pods_that_do_not_run_are_gaps() {
    let pending = with(pod_of("slow", "1", "a"), "/status/phase", json!("Pending"));
    let going = with(
        pod_of("slow", "1", "b"),
        "/metadata/deletionTimestamp",
        json!("2026-01-01T00:00:00Z"),
    );
    let done = with(pod_of("job", "1", "a"), "/status/phase", json!("Succeeded"));
    let (client, asked) = stand_in(move |uri| {
        if uri.contains("/services") {
            forbidden("services")
        } else if uri.contains("continue=more") {
            items(&[pending.clone(), going.clone(), done.clone()])
        } else {
            let (code, mut page) = items(&[pod_of("cart", "7d9f", "x")]);
            page["metadata"]["continue"] = json!("more");
            (code, page)
        }
    });
    let found = survey(&client, &[query("")]).await.unwrap();
    assert_eq!(found.targets.len(), 1);
    assert_eq!(found.targets[0].ports[0].why, "default");
    assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    assert_eq!(found.gaps[0].reason.kind, ReasonKind::NoPods);
    assert_eq!(
        found.gaps[0].reason.message,
        "no running pod: 1 Pending, 1 terminating"
    );
    assert_eq!(found.gaps[0].workload.as_ref().unwrap().name, "slow");
    assert!(
        found.notes[0].contains("list services in namespace shop"),
        "{:?}",
        found.notes
    );
    assert!(asked.lock().unwrap()[0].contains("limit=500"));
}

#[tokio::test]
async fn what_matches_nothing_is_named_and_near_names_are_suggested() {
    let (client, _) = stand_in(|uri| {
        if uri.contains("labelSelector=app%3Dnone") {
            items(&[])
        } else {
            items(&[pod_of("payment", "7d9f", "x")])
        }
    });
    let misspelt = PodQuery {
        workloads: vec!["deploy/paymnet".parse().unwrap()],
        entry: Some(0),
        ..PodQuery::default()
    };
    let found = survey(&client, &[query("app=none"), misspelt])
        .await
        .unwrap();
    assert!(found.targets.is_empty());
    let texts: Vec<String> = found
        .gaps
        .iter()
        .map(|gap| format!("{}|{}", gap.reason.message, gap.reason.hint))
        .collect();
    assert!(
        texts[0].contains("no pods of Deployment/paymnet"),
        "{texts:?}"
    );
    assert!(
        texts[0].contains("Did you mean Deployment/payment?"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("selector `app=none` in namespace `shop`"),
        "{texts:?}"
    );
}

#[tokio::test]
async fn a_forbidden_namespace_is_a_gap_and_all_of_them_an_error() {
    let (client, _) = stand_in(|uri| {
        if uri.contains("/namespaces/shop/pods") {
            items(&[with_ports(json!([{"name": "grpc", "containerPort": 1}]))])
        } else {
            forbidden("pods")
        }
    });
    let named = |names: &[&str]| PodQuery {
        namespaces: Namespaces::Named(names.iter().map(|name| (*name).to_owned()).collect()),
        ..PodQuery::default()
    };
    let found = survey(&client, &[named(&["shop", "vault"])]).await.unwrap();
    assert_eq!(found.targets.len(), 1);
    assert_eq!(found.gaps[0].reason.kind, ReasonKind::Forbidden);
    assert_eq!(
        found.gaps[0].reason.message,
        "forbidden: list pods in namespace vault (user gate)"
    );
    let error = survey(&client, &[named(&["vault"])]).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Forbidden { .. }), "{error}");
    let all = PodQuery {
        namespaces: Namespaces::All,
        ..PodQuery::default()
    };
    let error = survey(&client, &[all]).await.unwrap_err().to_string();
    assert!(
        error.contains("in all namespaces") && error.contains("-n"),
        "{error}"
    );
}

#[tokio::test]
async fn entries_each_take_a_pod_and_the_command_line_only_what_is_left() {
    let cart = with_ports(json!([{"name": "grpc", "containerPort": 1}]));
    let (client, _) = stand_in(move |_| items(std::slice::from_ref(&cart)));
    let entry = |index: usize| PodQuery {
        entry: Some(index),
        ..query("app=cart")
    };
    let found = survey(&client, &[query(""), entry(0), entry(1)])
        .await
        .unwrap();
    let entries: Vec<_> = found.targets.iter().map(|target| target.entry).collect();
    assert_eq!(entries, [Some(0), Some(1)]);
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
}

#[tokio::test]
async fn a_malformed_selector_is_refused_before_any_call() {
    let (client, asked) = stand_in(|_| items(&[]));
    let error = survey(&client, &[query("app in a")]).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Selector { .. }), "{error}");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_pod_by_name() {
    let (client, _) = stand_in(|uri| {
        if uri.ends_with("/pods/cart") {
            (
                200,
                with_ports(json!([{"name": "grpc", "containerPort": 7000}])),
            )
        } else {
            (
                404,
                json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": "not found"}),
            )
        }
    });
    let target = pod(&client, "shop", "cart", None, soon()).await.unwrap();
    assert_eq!(target.ports[0].port, 7000);
    let error = pod(&client, "shop", "nope", None, soon())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("pod shop/nope: does not exist"),
        "{error}"
    );
    let error = pod(&client, "shop", "cart", Some("http"), soon())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`http`") && error.contains("grpc (7000)"),
        "{error}"
    );
}
