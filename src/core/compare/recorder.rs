//! Records what is found at one pair of types, and leads the walk on from there.

use super::declare;
use super::walk::{NAMESAKES, Pair, Walk};
use crate::core::change::{Change, ChangeKind};
use crate::core::schema::{Enum, Field, Kind, Location, Schema};

/// Records what is found at one pair.
pub(super) struct Recorder<'w, 'a> {
    walk: &'w mut Walk<'a>,
    node: usize,
}

impl<'w, 'a> Recorder<'w, 'a> {
    pub(super) fn at(walk: &'w mut Walk<'a>, node: usize) -> Self {
        Self { walk, node }
    }

    /// Records a change at this pair.
    pub(super) fn change(
        &mut self,
        kind: ChangeKind,
        subject: String,
        server: Option<String>,
        client: Option<String>,
        location: Option<&Location>,
    ) {
        if !self.walk.admits() {
            return;
        }
        self.walk.nodes[self.node].changes.push(Change {
            kind,
            subject,
            server,
            client,
            location: location.cloned(),
            methods: Vec::new(),
        });
    }

    /// Records a change between two facts in words, if they differ.
    pub(super) fn differ(
        &mut self,
        kind: ChangeKind,
        subject: &str,
        (server, client): (&str, &str),
        location: Option<&Location>,
    ) {
        if server != client {
            let both = (Some(server.to_owned()), Some(client.to_owned()));
            self.change(kind, subject.to_owned(), both.0, both.1, location);
        }
    }

    /// Records that the pair's two names differ.
    pub(super) fn renamed(&mut self, pair: &Pair<'a>, location: Option<Location>) {
        // A map's entry is named after its field; servers differ in how.
        let entry =
            |schema: &Schema, name: &str| schema.messages.get(name).is_some_and(|m| m.map_entry);
        let is_entry = entry(self.walk.server, pair.server) || entry(self.walk.client, pair.client);
        if pair.server != pair.client && !is_entry && !self.renamed_with_outer(pair) {
            self.change(
                ChangeKind::TypeRenamed,
                pair.client.to_owned(),
                Some(pair.server.to_owned()),
                Some(pair.client.to_owned()),
                location.as_ref(),
            );
        }
    }

    /// Whether a nested type only has another name because what it is nested in has.
    fn renamed_with_outer(&self, pair: &Pair<'a>) -> bool {
        let (Some((server, a)), Some((client, b))) =
            (pair.server.rsplit_once('.'), pair.client.rsplit_once('.'))
        else {
            return false;
        };
        let outer = Pair {
            server,
            client,
            is_enum: false,
        };
        a == b && self.walk.index.contains_key(&outer)
    }

    /// Whether either side's descriptors have lost facts: which fields are required, and how names
    /// were written.
    pub(super) fn lossy(&self) -> bool {
        self.walk.lossy()
    }

    /// A field as the server declares it.
    pub(super) fn server_declares(&self, field: &Field) -> String {
        declare::field(self.walk.server, field)
    }

    /// A field as the client declares it.
    pub(super) fn client_declares(&self, field: &Field) -> String {
        declare::field(self.walk.client, field)
    }

    /// The enums that two types name, if they are enums.
    pub(super) fn enums(
        &self,
        server: &Kind,
        client: &Kind,
    ) -> (Option<&'a Enum>, Option<&'a Enum>) {
        let (schema, other) = (self.walk.server, self.walk.client);
        (
            schema.enums.get(server.as_str()),
            other.enums.get(client.as_str()),
        )
    }

    /// Whether two fields have one name. Node's loader makes `unit_price` into `unitPrice` unless
    /// told not to, and reports that.
    pub(super) fn same_name(&self, server: &str, client: &str) -> bool {
        let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
        server == client || self.lossy() && plain(server) == plain(client)
    }

    /// Follows a field to a pair of messages; `false` if they are no version of each other.
    pub(super) fn follow_message(&mut self, server: &'a str, client: &'a str) -> bool {
        self.walk.alike_messages(server, client)
            && self.follow(Pair {
                server,
                client,
                is_enum: false,
            })
    }

    /// Follows a field to a pair of enums; `false` if they are no version of each other.
    pub(super) fn follow_enum(&mut self, server: &'a str, client: &'a str) -> bool {
        self.walk.alike_enums(server, client)
            && self.follow(Pair {
                server,
                client,
                is_enum: true,
            })
    }

    fn follow(&mut self, pair: Pair<'a>) -> bool {
        let met = self.walk.met.get(&(pair.client, pair.is_enum));
        let full = met.is_some_and(|met| *met >= NAMESAKES);
        if full && pair.server != pair.client && !self.walk.index.contains_key(&pair) {
            return false;
        }
        let child = self.walk.node(pair);
        let parents = &mut self.walk.nodes[child].parents;
        if parents.last() != Some(&self.node) {
            parents.push(self.node);
        }
        true
    }
}
