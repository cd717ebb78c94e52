//! Calls to the API server in words, and the RBAC rules that allow them.

/// One call to the API server, for messages and RBAC rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action<'a> {
    /// RBAC verb.
    pub verb: &'a str,
    /// API group; empty for the core group.
    pub group: &'a str,
    /// Plural resource name, with its subresource: `pods`, `pods/portforward`.
    pub resource: &'a str,
    /// The namespace; `None` for the whole cluster.
    pub namespace: Option<&'a str>,
}

impl Action<'_> {
    /// `list deployments.apps in namespace shop`.
    pub fn phrase(&self) -> String {
        let mut text = format!("{} {}", self.verb, self.resource);
        if !self.group.is_empty() {
            text = format!("{text}.{}", self.group);
        }
        match self.namespace {
            Some(namespace) => format!("{text} in namespace {namespace}"),
            None => format!("{text} in all namespaces"),
        }
    }
}

/// The lines to add to a Role (or, without a namespace, to a `ClusterRole`).
pub fn role_rule(group: &str, resource: &str, verbs: &[&str], namespace: Option<&str>) -> String {
    let place = namespace.map_or_else(
        || "a ClusterRole bound to these credentials".to_owned(),
        |namespace| format!("a Role bound to these credentials in namespace {namespace}"),
    );
    format!(
        "add to the rules of {place}:\n- apiGroups: [\"{group}\"]\n  resources: [\"{resource}\"]\n  verbs: [\"{}\"]",
        verbs.join("\", \"")
    )
}
