//! Lists objects page by page, within a deadline and a cap.

use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::error::{Failed, within};
use super::scope::Scope;
use crate::kubernetes::{Action, ClusterError, ClusterErrorKind};

/// Objects per page.
const PAGE: u32 = 500;

/// More objects than this are refused: no scan of that size is meant.
const CAP: usize = 50_000;

/// What is listed, for messages and RBAC rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resource {
    pub(super) group: &'static str,
    pub(super) plural: &'static str,
}

impl Resource {
    pub(super) fn action<'a>(&self, verb: &'a str, scope: &'a Scope) -> Action<'a> {
        Action {
            verb,
            group: self.group,
            resource: self.plural,
            namespace: scope.namespace(),
        }
    }
}

pub(super) const PODS: Resource = Resource {
    group: "",
    plural: "pods",
};
pub(super) const SERVICES: Resource = Resource {
    group: "",
    plural: "services",
};

/// Lists all objects of a kind in a scope, sorted as the API server does.
pub(super) async fn list<K>(
    client: &kube::Client,
    resource: Resource,
    scope: &Scope,
    labels: Option<&str>,
    deadline: Instant,
) -> Result<Vec<K>, Failed>
where
    K: kube::Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
    K::DynamicType: Default,
{
    let action = resource.action("list", scope);
    let api: kube::Api<K> = scope.api(client);
    let mut params = ListParams::default().limit(PAGE);
    params.label_selector = labels
        .filter(|labels| !labels.is_empty())
        .map(str::to_owned);
    let mut objects: Vec<K> = Vec::new();
    let mut restarted = false;
    loop {
        let page = match within(deadline, &action, api.list(&params)).await {
            Ok(page) => page,
            // The snapshot behind the continuation has expired: begin again, once.
            Err(failed) if failed.gone && !restarted => {
                restarted = true;
                params.continue_token = None;
                objects.clear();
                continue;
            }
            Err(failed) => return Err(failed),
        };
        for mut object in page.items {
            // Often the largest part of an object, and of no use here.
            object.meta_mut().managed_fields = None;
            objects.push(object);
        }
        if objects.len() > CAP {
            return Err(Failed {
                gone: false,
                error: ClusterError {
                    kind: ClusterErrorKind::Other,
                    object: action.phrase(),
                    cause: format!("more than {CAP} objects"),
                    help: "narrow the scan with -n or -l".to_owned(),
                },
            });
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params.continue_token = Some(token),
            None => return Ok(objects),
        }
    }
}
