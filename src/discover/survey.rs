//! Answers the queries of a scan: lists, filters, chooses ports.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Pod, Service};
use tokio::time::Instant;

use super::gaps;
use super::grpc_services::services;
use super::list::{PODS, list};
use super::ports::{self, Declared};
use super::scope::Scope;
use super::workload::{self, State};
use super::{DiscoverError, Discovery, Gap, selector};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::selection::{Namespaces, PodQuery};
use crate::core::target::{Target, WorkloadRef};
use crate::kubernetes::{ClusterError, ClusterErrorKind};

/// Lists that run at a time.
const AT_ONCE: usize = 8;

/// The pods of one scope and selector, or the refusal to list them.
type Listed = Result<Vec<Pod>, ClusterError>;

/// What one query found.
pub(super) struct Selection<'a> {
    pub(super) query: &'a PodQuery,
    /// The query in words, with the namespace's name.
    pub(super) words: String,
    /// Pods that match labels and workloads.
    pub(super) pods: Vec<&'a Pod>,
    /// Pods that match the labels alone; for suggestions.
    pub(super) nearby: Vec<&'a Pod>,
    /// Scopes that may not be listed.
    pub(super) forbidden: Vec<(Scope, &'a ClusterError)>,
    /// Scopes that were listed.
    pub(super) listed: Vec<Scope>,
}

/// Finds the pods that the queries ask for.
///
/// A pod becomes one target for each configuration entry that selects it; the command line's own
/// query (`entry: None`) adds only pods that no entry selects.
///
/// # Errors
/// A malformed selector, an unusable cluster, or that everything is forbidden. What concerns a
/// part is a [`Gap`].
pub async fn pods(
    client: &kube::Client,
    default_namespace: &str,
    queries: &[PodQuery],
    deadline: Instant,
) -> Result<Discovery, DiscoverError> {
    for query in queries {
        selector::check(query.labels.as_deref().unwrap_or_default())?;
    }
    let lists = fetch(client, default_namespace, queries, deadline).await?;
    refuse_if_all_forbidden(&lists)?;
    let mut selections: Vec<Selection<'_>> = queries
        .iter()
        .map(|query| select(query, default_namespace, &lists))
        .collect();
    // Entries first: they win over the command line's own query.
    selections.sort_by_key(|selection| selection.query.entry.map_or((1, 0), |entry| (0, entry)));
    let mut notes = BTreeSet::new();
    let mut gaps: Vec<Gap> = Vec::new();
    for selection in &selections {
        gaps.extend(gaps::of(selection));
        notes.extend(gaps::empty_namespaces(selection));
    }
    let pending = choose(&selections, &mut notes, &mut gaps);
    let silent: BTreeSet<String> = pending
        .iter()
        .filter(|pending| pending.declared == Declared::Nothing)
        .map(|pending| workload::namespace(pending.pod).to_owned())
        .collect();
    let services = services(client, silent, deadline, &mut notes).await;
    let mut targets: Vec<Target> = pending
        .into_iter()
        .map(|pending| pending.into_target(&services))
        .collect();
    targets.sort_by(|a, b| (&a.workload, &a.name, a.entry).cmp(&(&b.workload, &b.name, b.entry)));
    Ok(Discovery {
        targets,
        gaps,
        notes: notes.into_iter().collect(),
    })
}

type Key = (Scope, Option<String>);

/// Lists each scope and selector once. Only refusals are kept as errors: any other failure means
/// that the cluster cannot be used.
async fn fetch(
    client: &kube::Client,
    default_namespace: &str,
    queries: &[PodQuery],
    deadline: Instant,
) -> Result<BTreeMap<Key, Listed>, DiscoverError> {
    let keys: BTreeSet<Key> = queries
        .iter()
        .flat_map(|query| {
            let scopes = Scope::of(query, default_namespace);
            scopes
                .into_iter()
                .map(|scope| (scope, query.labels.clone()))
        })
        .collect();
    let mut calls = futures::stream::iter(keys)
        .map(|key| async move {
            let result = list::<Pod>(client, PODS, &key.0, key.1.as_deref(), deadline).await;
            (key, result)
        })
        .buffer_unordered(AT_ONCE);
    let mut lists = BTreeMap::new();
    while let Some((key, result)) = calls.next().await {
        let listed = match result {
            Ok(pods) => Ok(pods),
            Err(failed) if failed.error.kind == ClusterErrorKind::Forbidden => Err(failed.error),
            Err(failed) if failed.error.kind == ClusterErrorKind::BadRequest => {
                return Err(DiscoverError::Selector {
                    selector: key.1.unwrap_or_default(),
                    cause: failed.error.cause,
                });
            }
            Err(failed) => return Err(failed.error.into()),
        };
        lists.insert(key, listed);
    }
    Ok(lists)
}

fn refuse_if_all_forbidden(lists: &BTreeMap<Key, Listed>) -> Result<(), DiscoverError> {
    let mut refusals = Vec::new();
    for ((scope, _), listed) in lists {
        match listed {
            Ok(_) => return Ok(()),
            Err(error) => refusals.push((scope, error)),
        }
    }
    let Some((scope, error)) = refusals.first() else {
        return Ok(());
    };
    let mut causes: Vec<&str> = refusals
        .iter()
        .map(|(_, error)| error.cause.as_str())
        .collect();
    causes.dedup();
    Err(DiscoverError::Forbidden {
        message: format!("forbidden: {}", causes.join("; ")),
        help: gaps::forbidden_help(scope, error),
    })
}

fn select<'a>(
    query: &'a PodQuery,
    default_namespace: &str,
    lists: &'a BTreeMap<Key, Listed>,
) -> Selection<'a> {
    let mut selection = Selection {
        query,
        words: in_words(query, default_namespace),
        pods: Vec::new(),
        nearby: Vec::new(),
        forbidden: Vec::new(),
        listed: Vec::new(),
    };
    for scope in Scope::of(query, default_namespace) {
        match lists.get(&(scope.clone(), query.labels.clone())) {
            Some(Ok(pods)) => {
                selection.nearby.extend(pods);
                selection.listed.push(scope);
            }
            Some(Err(error)) => selection.forbidden.push((scope, error)),
            None => {}
        }
    }
    selection.pods = selection
        .nearby
        .iter()
        .copied()
        .filter(|pod| {
            query.workloads.is_empty()
                || query
                    .workloads
                    .iter()
                    .any(|wanted| workload::is_named(pod, wanted))
        })
        .collect();
    selection
}

/// The query in words, with the default namespace's name.
pub(super) fn in_words(query: &PodQuery, default_namespace: &str) -> String {
    if query.namespaces != Namespaces::Context {
        return query.to_string();
    }
    PodQuery {
        namespaces: Namespaces::Named(vec![default_namespace.to_owned()]),
        ..query.clone()
    }
    .to_string()
}

/// A target whose ports are not settled yet.
struct Pending<'a> {
    pod: &'a Pod,
    workload: WorkloadRef,
    entry: Option<usize>,
    declared: Declared,
}

/// Takes each running pod once for each entry, and reads what it declares about ports.
fn choose<'a>(
    selections: &[Selection<'a>],
    notes: &mut BTreeSet<String>,
    gaps: &mut Vec<Gap>,
) -> Vec<Pending<'a>> {
    let mut taken: BTreeSet<(Option<usize>, &str, &str)> = BTreeSet::new();
    let mut by_entry: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut pending = Vec::new();
    for selection in selections {
        let entry = selection.query.entry;
        for pod in &selection.pods {
            let id = (workload::namespace(pod), workload::name(pod));
            if workload::state(pod) != State::Running
                || (entry.is_none() && by_entry.contains(&id))
                || !taken.insert((entry, id.0, id.1))
            {
                continue;
            }
            if entry.is_some() {
                by_entry.insert(id);
            }
            let workload = workload::workload(pod);
            let mut note = |text: String| {
                notes.insert(format!("{workload}: {text}"));
            };
            let declared = ports::declared(pod, selection.query.port.as_ref(), &mut note);
            if let Declared::NoSuchPort(message) = declared {
                let gap = no_such_port(selection, workload, message);
                if !gaps.contains(&gap) {
                    gaps.push(gap);
                }
                continue;
            }
            pending.push(Pending {
                pod,
                workload,
                entry,
                declared,
            });
        }
    }
    pending
}

fn no_such_port(selection: &Selection<'_>, workload: WorkloadRef, message: String) -> Gap {
    Gap {
        entry: selection.query.entry,
        workload: Some(workload),
        query: selection.words.clone(),
        reason: Reason::new(ReasonKind::Other, message)
            .with_hint("Give a declared name or a number with --port or the entry's `port`."),
    }
}

impl Pending<'_> {
    fn into_target(self, services: &BTreeMap<String, Vec<Service>>) -> Target {
        let ports = match self.declared {
            Declared::Ports(ports) => ports,
            Declared::Nothing | Declared::NoSuchPort(_) => {
                let known = services.get(workload::namespace(self.pod));
                let ports = known.map(|known| ports::by_services(self.pod, known));
                ports
                    .filter(|ports| !ports.is_empty())
                    .unwrap_or_else(|| ports::undeclared(self.pod))
            }
        };
        Target {
            workload: self.workload,
            version: workload::version(self.pod),
            name: workload::name(self.pod).to_owned(),
            address: workload::address(self.pod),
            ports,
            entry: self.entry,
            module: workload::module(self.pod),
            service: workload::service(self.pod),
        }
    }
}
