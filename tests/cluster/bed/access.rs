//! Who may do what in a bed: kubeconfigs, and service accounts with exactly the rules that a test
//! gives them ([`TestBed::service_account`]).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding};
use kube::Client;
use kube::api::{Api, PostParams};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use super::TestBed;

/// Where the rules of a service account hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In its own namespace: a Role and a RoleBinding.
    Namespace,
    /// Everywhere: a ClusterRole and a ClusterRoleBinding.
    Cluster,
}

/// A rule for resources of the core group (`""`) or another one.
pub fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> PolicyRule {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(owned(resources)),
        verbs: owned(verbs),
        ..PolicyRule::default()
    }
}

impl TestBed {
    /// Makes a service account that may do what `rules` say and nothing else, waits until the API
    /// server knows, and returns a kubeconfig with a token of it.
    pub async fn service_account(
        &self,
        namespace: &str,
        name: &str,
        scope: Scope,
        rules: &[PolicyRule],
    ) -> PathBuf {
        let account = json!({"metadata": {"name": name, "namespace": namespace}});
        self.create::<ServiceAccount>(Some(namespace), account)
            .await;
        if !rules.is_empty() {
            self.grant(namespace, name, scope, rules).await;
        }
        let kubeconfig = write_kubeconfig(
            &self.folder().join(format!("{namespace}.{name}.kubeconfig")),
            self.url(),
            self.ca(),
            namespace,
            &json!({"token": self.token(namespace, name).await}),
        );
        let client = client(&kubeconfig).await;
        for wanted in rules
            .iter()
            .flat_map(|rule| attributes(rule, namespace, scope))
        {
            wait_until_allowed(&client, &wanted).await;
        }
        kubeconfig
    }

    async fn grant(&self, namespace: &str, name: &str, scope: Scope, rules: &[PolicyRule]) {
        let subject = json!([{"kind": "ServiceAccount", "name": name, "namespace": namespace}]);
        let role_ref = |kind: &str, role: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role});
        match scope {
            Scope::Namespace => {
                let meta = json!({"name": name, "namespace": namespace});
                let role = json!({"metadata": meta, "rules": rules});
                self.create::<Role>(Some(namespace), role).await;
                let binding = json!({
                    "metadata": meta, "subjects": subject, "roleRef": role_ref("Role", name),
                });
                self.create::<RoleBinding>(Some(namespace), binding).await;
            }
            Scope::Cluster => {
                let role_name = format!("{namespace}.{name}");
                let meta = json!({"name": role_name});
                let role = json!({"metadata": meta, "rules": rules});
                self.create::<ClusterRole>(None, role).await;
                let binding = json!({
                    "metadata": meta, "subjects": subject,
                    "roleRef": role_ref("ClusterRole", &role_name),
                });
                self.create::<ClusterRoleBinding>(None, binding).await;
            }
        }
    }

    /// A token of a service account, good for an hour.
    pub async fn token(&self, namespace: &str, account: &str) -> String {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await, namespace);
        let request: TokenRequest =
            serde_json::from_value(json!({"spec": {"audiences": []}})).unwrap();
        let answer = accounts
            .create_token_request(account, &PostParams::default(), &request)
            .await;
        answer
            .unwrap_or_else(|e| panic!("token of {namespace}/{account}: {e}"))
            .status
            .unwrap()
            .token
            .unwrap()
    }
}

/// Writes a kubeconfig for one user of one cluster and returns its path.
pub fn write_kubeconfig(
    path: &Path,
    url: &str,
    ca: &Path,
    namespace: &str,
    user: &Value,
) -> PathBuf {
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "bed",
        "clusters": [{"name": "bed", "cluster": {"server": url, "certificate-authority": ca}}],
        "users": [{"name": "bed", "user": user}],
        "contexts": [{"name": "bed", "context": {
            "cluster": "bed", "user": "bed", "namespace": namespace,
        }}],
    });
    std::fs::write(path, format!("{text:#}\n")).unwrap();
    path.to_owned()
}

/// A client for a kubeconfig. It belongs to the runtime that it is made in.
pub async fn client(kubeconfig: &Path) -> Client {
    let read = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
    Client::try_from(config.unwrap()).unwrap()
}

// One entry for each thing that a rule allows, as an access review asks for it.
fn attributes(rule: &PolicyRule, namespace: &str, scope: Scope) -> Vec<Value> {
    let mut all = Vec::new();
    for group in rule.api_groups.iter().flatten() {
        for resource in rule.resources.iter().flatten() {
            for verb in &rule.verbs {
                let (resource, subresource) =
                    resource.split_once('/').unwrap_or((resource.as_str(), ""));
                let name = rule.resource_names.iter().flatten().next();
                all.push(json!({
                    "group": group, "resource": resource, "subresource": subresource,
                    "verb": verb, "name": name,
                    "namespace": (scope == Scope::Namespace).then_some(namespace),
                }));
            }
        }
    }
    all
}

// The authorizer learns of new roles by a watch, some milliseconds later.
async fn wait_until_allowed(client: &Client, attributes: &Value) {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let review: SelfSubjectAccessReview =
        serde_json::from_value(json!({"spec": {"resourceAttributes": attributes}})).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = reviews
            .create(&PostParams::default(), &review)
            .await
            .unwrap();
        if answer.status.is_some_and(|status| status.allowed) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "the rule does not take effect: {attributes}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
