//! The walk over pairs of types, and the way back from a change to the methods that reach it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::recorder::Recorder;
use super::{Side, Unverified, enums, fields};
use crate::core::change::{Change, Direction, MethodReach};
use crate::core::schema::Schema;

/// A pair of types that meet on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pair<'a> {
    pub(super) server: &'a str,
    pub(super) client: &'a str,
    pub(super) is_enum: bool,
}

/// Server types that one client type may meet under other names. A schema has one or two; a server
/// that sends an endless chain of them must not make the walk endless.
pub(super) const NAMESAKES: usize = 16;

/// What is known of a pair.
#[derive(Default)]
pub(super) struct Node {
    /// Pairs that refer to this one by a field.
    pub(super) parents: Vec<usize>,
    /// Methods that have it as request or response.
    roots: Vec<(usize, Direction)>,
    pub(super) changes: Vec<Change>,
}

/// The state of one comparison.
pub(super) struct Walk<'a> {
    pub(super) server: &'a Schema,
    pub(super) client: &'a Schema,
    pub(super) index: HashMap<Pair<'a>, usize>,
    /// Per client type, how many server types it meets.
    pub(super) met: HashMap<(&'a str, bool), usize>,
    pub(super) nodes: Vec<Node>,
    queue: VecDeque<(usize, Pair<'a>)>,
    methods: Vec<String>,
    /// Changes that carry their methods already.
    settled: Vec<Change>,
    unverified: BTreeSet<Unverified>,
    recorded: usize,
}

/// Differences recorded per comparison. Schemas that differ more are not versions of each other,
/// or were made to exhaust their reader; the comparison then says that it is not complete.
pub(super) const MAX_CHANGES: usize = 2_000;

/// What a walk gives.
pub(super) struct Walked {
    pub(super) changes: Vec<Change>,
    pub(super) unverified: BTreeSet<Unverified>,
    /// Differences beyond the limit.
    pub(super) omitted: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(server: &'a Schema, client: &'a Schema) -> Self {
        Self {
            server,
            client,
            index: HashMap::new(),
            met: HashMap::new(),
            nodes: Vec::new(),
            queue: VecDeque::new(),
            methods: Vec::new(),
            settled: Vec::new(),
            unverified: BTreeSet::new(),
            recorded: 0,
        }
    }

    /// Whether either side's descriptors have lost facts.
    pub(super) fn lossy(&self) -> bool {
        self.server.lossy || self.client.lossy
    }

    /// Registers a method of a common service, to name it in [`Walk::root`].
    pub(super) fn method(&mut self, name: String) -> usize {
        self.methods.push(name);
        self.methods.len() - 1
    }

    /// Counts a change; `false` beyond the limit.
    pub(super) fn admits(&mut self) -> bool {
        self.recorded += 1;
        self.recorded <= MAX_CHANGES
    }

    /// Adds a change that is complete as it is.
    pub(super) fn settle(&mut self, change: Change) {
        if self.admits() {
            self.settled.push(change);
        }
    }

    /// Whether two messages are alike enough to be one message under two names; a name that either
    /// side lacks is taken as alike, and noted as unverified when the walk comes to it.
    pub(super) fn alike_messages(&self, server: &str, client: &str) -> bool {
        if server == client {
            return true;
        }
        match (
            self.server.messages.get(server),
            self.client.messages.get(client),
        ) {
            (Some(a), Some(b)) => short(server) == short(client) || fields::alike(a, b),
            _ => true,
        }
    }

    pub(super) fn alike_enums(&self, server: &str, client: &str) -> bool {
        match (self.server.enums.get(server), self.client.enums.get(client)) {
            (Some(a), Some(b)) => {
                server == client || short(server) == short(client) || enums::alike(a, b)
            }
            _ => true,
        }
    }

    /// A method's request or response is the pair of these messages.
    pub(super) fn root(
        &mut self,
        method: usize,
        direction: Direction,
        server: &'a str,
        client: &'a str,
    ) {
        let node = self.node(Pair {
            server,
            client,
            is_enum: false,
        });
        self.nodes[node].roots.push((method, direction));
    }

    pub(super) fn node(&mut self, pair: Pair<'a>) -> usize {
        if let Some(&node) = self.index.get(&pair) {
            return node;
        }
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        *self.met.entry((pair.client, pair.is_enum)).or_default() += 1;
        self.index.insert(pair.clone(), node);
        self.queue.push_back((node, pair));
        node
    }

    /// Whether the walk has come to this message of the client.
    pub(super) fn met_message(&self, client: &'a str) -> bool {
        self.met.contains_key(&(client, false))
    }

    /// Whether the walk has come to this enum of the client.
    pub(super) fn met_enum(&self, client: &'a str) -> bool {
        self.met.contains_key(&(client, true))
    }

    /// Compares a message that no call reaches.
    pub(super) fn visit_message(&mut self, name: &'a str) {
        self.node(Pair {
            server: name,
            client: name,
            is_enum: false,
        });
    }

    /// Compares an enum that no call reaches.
    pub(super) fn visit_enum(&mut self, name: &'a str) {
        self.node(Pair {
            server: name,
            client: name,
            is_enum: true,
        });
    }

    /// Visits every pair that the roots reach.
    pub(super) fn visit(&mut self) {
        while let Some((node, pair)) = self.queue.pop_front() {
            let (server, client) = (self.server, self.client);
            if pair.is_enum {
                if let Some((a, b)) = self.both(&server.enums, &client.enums, &pair) {
                    let mut recorder = Recorder::at(self, node);
                    recorder.renamed(&pair, b.location.clone());
                    enums::compare(&mut recorder, pair.client, a, b);
                }
            } else if let Some((a, b)) = self.both(&server.messages, &client.messages, &pair) {
                let mut recorder = Recorder::at(self, node);
                recorder.renamed(&pair, b.location.clone());
                fields::compare(&mut recorder, pair.client, a, b);
            }
        }
    }

    /// Both sides' declarations, or a note of which side lacks it.
    fn both<T>(
        &mut self,
        server: &'a BTreeMap<String, T>,
        client: &'a BTreeMap<String, T>,
        pair: &Pair<'a>,
    ) -> Option<(&'a T, &'a T)> {
        let found = (server.get(pair.server), client.get(pair.client));
        if found.0.is_none() {
            self.unverified.insert(Unverified {
                side: Side::Server,
                type_name: pair.server.to_owned(),
            });
        }
        if found.1.is_none() {
            self.unverified.insert(Unverified {
                side: Side::Client,
                type_name: pair.client.to_owned(),
            });
        }
        Some((found.0?, found.1?))
    }

    /// Ends the walk: every change with the methods that reach it, in a fixed order.
    pub(super) fn finish(mut self) -> Walked {
        self.visit();
        let mut changes = std::mem::take(&mut self.settled);
        for node in 0..self.nodes.len() {
            let found = std::mem::take(&mut self.nodes[node].changes);
            if found.is_empty() {
                continue;
            }
            let methods = self.reached_from(node);
            changes.extend(found.into_iter().map(|change| Change {
                methods: methods.clone(),
                ..change
            }));
        }
        changes.sort_by(|a, b| {
            (&a.subject, a.kind, &a.server, &a.client)
                .cmp(&(&b.subject, b.kind, &b.server, &b.client))
        });
        Walked {
            changes: merge(changes),
            unverified: self.unverified,
            omitted: self.recorded.saturating_sub(MAX_CHANGES),
        }
    }

    /// The methods from which a pair can be reached, with the direction in which it travels.
    fn reached_from(&self, node: usize) -> Vec<MethodReach> {
        let mut seen = vec![false; self.nodes.len()];
        let mut stack = vec![node];
        let mut found: BTreeMap<&str, Direction> = BTreeMap::new();
        while let Some(node) = stack.pop() {
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            for &(method, direction) in &self.nodes[node].roots {
                found
                    .entry(&self.methods[method])
                    .and_modify(|known| *known = known.and(direction))
                    .or_insert(direction);
            }
            stack.extend(&self.nodes[node].parents);
        }
        found
            .into_iter()
            .map(|(name, direction)| MethodReach {
                name: name.to_owned(),
                direction,
            })
            .collect()
    }
}

/// One client type may meet the same difference at two server types; it stays one change.
fn merge(changes: Vec<Change>) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        match merged.last_mut() {
            Some(last)
                if last.kind == change.kind
                    && last.subject == change.subject
                    && last.server == change.server
                    && last.client == change.client =>
            {
                let known = std::mem::take(&mut last.methods);
                last.methods = MethodReach::union(known, change.methods);
            }
            _ => merged.push(change),
        }
    }
    merged
}

/// The last part of a full name.
fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}
