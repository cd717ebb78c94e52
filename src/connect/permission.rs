//! Which right is missing when the API server refuses a port-forward.
//!
//! A forward over WebSocket needs `get` and `create` on `pods/portforward`. The refusal of one of
//! them comes with no useful text, so the API server is asked which, once per namespace.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use tokio::sync::Mutex;

use crate::core::observation::{Reason, ReasonKind};
use crate::kubernetes::role_rule;

/// How long one access review may take.
const REVIEW_TIMEOUT: Duration = Duration::from_secs(5);

/// The verbs that a forward needs.
const VERBS: [&str; 2] = ["get", "create"];

/// Answers per namespace.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    missing: Mutex<HashMap<String, Vec<&'static str>>>,
}

impl Permissions {
    /// The reason for a refused forward in this namespace.
    pub(super) async fn explain(&self, client: &kube::Client, namespace: &str) -> Reason {
        // The lock is held while asking, so that a hundred pods ask once.
        let mut known = self.missing.lock().await;
        let missing = if let Some(missing) = known.get(namespace) {
            missing.clone()
        } else {
            let missing = missing_verbs(client, namespace).await;
            known.insert(namespace.to_owned(), missing.clone());
            missing
        };
        drop(known);
        reason(&missing, namespace)
    }
}

fn reason(missing: &[&'static str], namespace: &str) -> Reason {
    let (verbs, note) = if missing.is_empty() {
        ("get and create".to_owned(), " (both verbs are needed)")
    } else {
        (missing.join(" and "), "")
    };
    Reason::new(
        ReasonKind::Forbidden,
        format!("forbidden: {verbs} pods/portforward in namespace {namespace}{note}"),
    )
    .with_hint(role_rule("", "pods/portforward", &VERBS, Some(namespace)))
}

/// The verbs that are not allowed; empty if the reviews don't tell.
async fn missing_verbs(client: &kube::Client, namespace: &str) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for verb in VERBS {
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    namespace: Some(namespace.to_owned()),
                    verb: Some(verb.to_owned()),
                    resource: Some("pods".to_owned()),
                    subresource: Some("portforward".to_owned()),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let api: kube::Api<SelfSubjectAccessReview> = kube::Api::all(client.clone());
        let params = PostParams::default();
        let answer = tokio::time::timeout(REVIEW_TIMEOUT, api.create(&params, &review)).await;
        match answer {
            Ok(Ok(review)) => {
                if !review.status.is_some_and(|status| status.allowed) {
                    missing.push(verb);
                }
            }
            Ok(Err(_)) | Err(_) => return Vec::new(),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_verb_is_named_and_the_rule_has_both() {
        let reason = reason(&["create"], "shop");
        assert_eq!(
            reason.message,
            "forbidden: create pods/portforward in namespace shop"
        );
        assert!(
            reason.hint.contains("verbs: [\"get\", \"create\"]"),
            "{}",
            reason.hint
        );
        assert!(
            super::reason(&[], "shop")
                .message
                .contains("get and create")
        );
    }
}
