//! Waiting for rollouts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Asked, forbidden, items, pod_of, query, rolling, stand_in};
use crate::core::observation::ReasonKind;
use crate::core::selection::PodQuery;
use crate::discover::rollout;

/// A cluster whose Deployment `cart` goes through these states, one for each look.
fn changing(states: Vec<Value>, live: Vec<Value>) -> (kube::Client, Asked) {
    let looks = Arc::new(Mutex::new(0));
    stand_in(move |uri| {
        if uri.contains("/deployments") {
            let mut look = looks.lock().unwrap();
            let state = states[(*look).min(states.len() - 1)].clone();
            *look += 1;
            if uri.contains("/deployments/") {
                (200, state)
            } else {
                items(&[state])
            }
        } else if uri.contains("/pods") {
            items(&live)
        } else {
            items(&[])
        }
    })
}

fn deployed(updated: i32, observed: i32) -> Value {
    rolling(
        json!({}),
        json!({"observedGeneration": observed, "updatedReplicas": updated,
        "replicas": 3, "availableReplicas": 3}),
    )
}

#[tokio::test]
async fn waiting_ends_when_the_rollout_has_finished() {
    let states = vec![deployed(3, 1), deployed(1, 2), deployed(3, 2)];
    let (client, _) = changing(states, vec![pod_of("cart", "7d9f", "x")]);
    let mut seen = Vec::new();
    let timeout = Duration::from_secs(10);
    let waited = rollout::wait(&client, "shop", &[query("app=cart")], timeout, |progress| {
        seen.push((progress.finished, progress.total));
    })
    .await
    .unwrap();
    assert!(waited.gaps.is_empty(), "{:?}", waited.gaps);
    assert_eq!(seen, [(0, 1), (0, 1), (1, 1)]);
}

#[tokio::test]
async fn a_rollout_that_does_not_finish_is_a_gap() {
    let (client, _) = changing(vec![deployed(1, 2)], Vec::new());
    let named = PodQuery {
        workloads: vec!["deploy/cart".parse().unwrap()],
        ..PodQuery::default()
    };
    let timeout = Duration::from_secs(1);
    let waited = rollout::wait(&client, "shop", &[named], timeout, |_| {})
        .await
        .unwrap();
    assert_eq!(waited.gaps[0].reason.kind, ReasonKind::Rollout);
    assert_eq!(
        waited.gaps[0].reason.message,
        "rollout of shop/Deployment/cart did not finish in 1s: 1 of 3 updated"
    );
}

#[tokio::test]
async fn pods_of_an_older_template_keep_the_waiting_going() {
    let live = vec![pod_of("cart", "old", "x"), pod_of("cart", "new", "y")];
    let (client, _) = changing(vec![deployed(3, 2)], live);
    let timeout = Duration::from_secs(1);
    let waited = rollout::wait(&client, "shop", &[query("")], timeout, |_| {})
        .await
        .unwrap();
    assert!(
        waited.gaps[0].reason.message.contains("2 templates"),
        "{:?}",
        waited.gaps
    );
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_a_gap_that_names_it() {
    let (client, _) = stand_in(|uri| {
        let denied = BTreeMap::from([
            ("/deployments", "deployments"),
            ("/daemonsets", "daemonsets"),
        ]);
        match denied.iter().find(|(path, _)| uri.contains(**path)) {
            Some((_, what)) => forbidden(what),
            None => items(&[]),
        }
    });
    let timeout = Duration::from_secs(5);
    let waited = rollout::wait(&client, "shop", &[query("")], timeout, |_| {})
        .await
        .unwrap();
    let messages: Vec<&str> = waited
        .gaps
        .iter()
        .map(|gap| gap.reason.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "forbidden: list deployments.apps in namespace shop (user gate)",
            "forbidden: list daemonsets.apps in namespace shop (user gate)"
        ]
    );
}
