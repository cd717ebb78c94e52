//! Server against client: the differences, and the methods that each one touches.
//!
//! [`compare`] is the entry. It starts at the methods of the services that both sides have, and
//! walks pairs of message types by field number, since that is how two peers meet on the wire; so
//! a type that only changed its name or its file is followed, not reported as lost. Each change is
//! recorded once, at the pair where it is, and the methods that reach the pair are found backwards.

mod enums;
mod fields;
mod methods;
mod walk;
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

/// Compares the services that both sides have and `include` admits.
pub fn compare(server: &Schema, client: &Schema, include: &dyn Fn(&str) -> bool) -> Comparison {
    let mut result = Comparison::default();
    for (name, service) in &client.services {
        // What a module only imports is not its own to promise.
        if service.imported || !include(name) {
            continue;
        }
        if server.services.contains_key(name) {
            result.common.push(name.clone());
        } else {
            result.client_only.push(name.clone());
            if let Some(location) = &service.location {
                result.locations.insert(name.clone(), location.clone());
            }
        }
    }
    result.server_only = server
        .services
        .iter()
        .filter(|(name, service)| {
            include(name)
                && !service.imported
                && client.services.get(*name).is_none_or(|own| own.imported)
        })
        .map(|(name, _)| name.clone())
        .collect();
    let mut walk = walk::Walk::new(server, client);
    for name in &result.common {
        methods::compare(
            &mut walk,
            name,
            &server.services[name],
            &client.services[name],
        );
    }
    let walked = walk.finish();
    result.changes = walked.changes;
    result.unverified = walked.unverified;
    result.omitted = walked.omitted;
    result
}
