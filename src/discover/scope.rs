//! The places that a query looks in.

use crate::core::selection::{Namespaces, PodQuery};

/// One namespace, or all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    /// The whole cluster.
    All,
    /// This namespace.
    Namespace(String),
}

impl Scope {
    /// The scopes of a query, each once, in the order in which they were named.
    pub(super) fn of(query: &PodQuery, default_namespace: &str) -> Vec<Self> {
        match &query.namespaces {
            Namespaces::Context => vec![Self::Namespace(default_namespace.to_owned())],
            Namespaces::All => vec![Self::All],
            Namespaces::Named(names) => {
                let mut scopes: Vec<Self> = Vec::new();
                for name in names {
                    let scope = Self::Namespace(name.clone());
                    if !scopes.contains(&scope) {
                        scopes.push(scope);
                    }
                }
                scopes
            }
        }
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Namespace(name) => Some(name),
        }
    }

    /// A client for a namespaced kind in this scope.
    pub(super) fn api<K>(&self, client: &kube::Client) -> kube::Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        match self {
            Self::All => kube::Api::all(client.clone()),
            Self::Namespace(name) => kube::Api::namespaced(client.clone(), name),
        }
    }
}
