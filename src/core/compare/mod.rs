//! Server against client: the differences, and the methods that each one touches.
//!
//! [`compare`] is the entry. It starts at the methods of the services that both sides have, and
//! walks pairs of message types by field number, since that is how two peers meet on the wire; so
//! a type that only changed its name or its file is followed, not reported as lost. Each change is
//! recorded once, at the pair where it is, and the methods that reach the pair are found backwards.

mod declare;
mod enums;
mod fields;
mod methods;
mod options;
mod recorder;
mod walk;
mod whole;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use crate::core::change::Change;
use crate::core::schema::{Location, Schema};

/// Which side something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The running server.
    Server,
    /// What clients are built from.
    Client,
}

/// A type that could not be looked into because a side's descriptors lack it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unverified {
    /// Whose descriptors lack it.
    pub side: Side,
    /// Full name of the type.
    pub type_name: String,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Services that both sides have; these were compared.
    pub common: Vec<String>,
    /// Services that only server has.
    pub server_only: Vec<String>,
    /// Services that only client has, imported files' left out.
    pub client_only: Vec<String>,
    /// Where client declares the services that only it has.
    pub locations: BTreeMap<String, Location>,
    /// The differences, in a fixed order.
    pub changes: Vec<Change>,
    /// Types that a common service reaches and one side's descriptors lack.
    pub unverified: BTreeSet<Unverified>,
    /// Differences beyond the number that is kept; if there are any, the comparison is not whole.
    pub omitted: usize,
}

impl Comparison {
    /// Where client declares a service that only it has.
    pub fn location_of(&self, service: &str) -> Option<Location> {
        self.locations.get(service).cloned()
    }
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// What the calls of common services reach.
    #[default]
    Services,
    /// Besides, every type, package and file that the client has (`--scope all`).
    All,
}

/// What to compare.
#[derive(Clone, Copy)]
pub struct CompareOptions<'a> {
    /// Whether a service is to be compared.
    pub include: &'a dyn Fn(&str) -> bool,
    /// How much is compared.
    pub scope: Scope,
}

impl Default for CompareOptions<'_> {
    fn default() -> Self {
        Self {
            include: &|_| true,
            scope: Scope::Services,
        }
    }
}

/// Compares what a server serves with what its clients are built from.
pub fn compare(server: &Schema, client: &Schema, options: &CompareOptions<'_>) -> Comparison {
    let include = options.include;
    let mut result = Comparison::default();
    for (name, service) in &client.services {
        // What a module only imports is not its own to promise.
        if service.imported || !include(name) {
            continue;
        }
        if server.services.contains_key(name) {
            result.common.push(name.clone());
            continue;
        }
        result.client_only.push(name.clone());
        if let Some(location) = &service.location {
            result.locations.insert(name.clone(), location.clone());
        }
    }
    for (name, service) in &server.services {
        let known = client.services.get(name).is_some_and(|own| !own.imported);
        if service.imported || known || !include(name) {
            continue;
        }
        result.server_only.push(name.clone());
        if let Some(location) = &service.location {
            result.locations.insert(name.clone(), location.clone());
        }
    }
    let mut walk = walk::Walk::new(server, client);
    for name in &result.common {
        methods::compare(
            &mut walk,
            name,
            &server.services[name],
            &client.services[name],
        );
    }
    walk.visit();
    if options.scope == Scope::All {
        whole::types(&mut walk, server, client);
        whole::files(&mut walk, server, client);
    }
    let walked = walk.finish();
    result.changes = walked.changes;
    result.unverified = walked.unverified;
    result.omitted = walked.omitted;
    result
}
