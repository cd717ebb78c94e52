//! Single changes of every kind to a schema, at every place where they are possible.
//!
//! [`all`] is the entry. A mutation leaves a set of files that a compiler could have made: what is
//! taken away takes along whatever refers to it.

mod enums;
mod extensions;
mod features;
mod fields;
mod files;
mod labels;
mod messages;
mod oneofs;
mod services;

use buffa_descriptor::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::set::{EnumPlace, MessagePlace, Set};

/// One change to a schema.
pub(crate) struct Mutation {
    pub(crate) kind: String,
    /// What is changed.
    pub(crate) place: String,
    /// Whether it changes nothing that a schema means.
    pub(crate) neutral: bool,
    change: Box<dyn Fn(&mut Set) + Send + Sync>,
}

impl Mutation {
    /// The schema after the change.
    pub(crate) fn of(&self, base: &Set) -> Set {
        let mut set = base.clone();
        (self.change)(&mut set);
        set
    }
}

/// How a file says what its fields mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Proto2,
    Proto3,
    Editions,
}

impl Syntax {
    pub(crate) fn of(file: &FileDescriptorProto) -> Self {
        match file.syntax.as_deref() {
            Some("proto3") => Self::Proto3,
            Some("editions") => Self::Editions,
            _ => Self::Proto2,
        }
    }
}

/// Collects mutations.
#[derive(Default)]
pub(crate) struct Mutations(Vec<Mutation>);

impl Mutations {
    fn add(
        &mut self,
        kind: impl Into<String>,
        place: impl Into<String>,
        change: impl Fn(&mut Set) + Send + Sync + 'static,
    ) {
        self.0.push(Mutation {
            kind: kind.into(),
            place: place.into(),
            neutral: false,
            change: Box::new(change),
        });
    }

    fn neutral(
        &mut self,
        kind: impl Into<String>,
        place: impl Into<String>,
        change: impl Fn(&mut Set) + Send + Sync + 'static,
    ) {
        self.add(kind, place, change);
        self.0.last_mut().unwrap().neutral = true;
    }

    fn message(
        &mut self,
        kind: impl Into<String>,
        place: &MessagePlace,
        change: impl Fn(&mut DescriptorProto) + Send + Sync + 'static,
    ) {
        let at = place.clone();
        self.add(kind, &place.name, move |set| change(at.of_mut(set)));
    }

    fn field(
        &mut self,
        kind: impl Into<String>,
        place: &MessagePlace,
        (index, name): (usize, &str),
        change: impl Fn(&mut FieldDescriptorProto) + Send + Sync + 'static,
    ) {
        let at = place.clone();
        self.add(kind, format!("{}.{name}", place.name), move |set| {
            change(&mut at.of_mut(set).field[index]);
        });
    }

    fn enumeration(
        &mut self,
        kind: impl Into<String>,
        place: &EnumPlace,
        change: impl Fn(&mut EnumDescriptorProto) + Send + Sync + 'static,
    ) {
        let at = place.clone();
        self.add(kind, &place.name, move |set| change(at.of_mut(set)));
    }

    fn file(
        &mut self,
        kind: impl Into<String>,
        (index, file): (usize, &FileDescriptorProto),
        change: impl Fn(&mut FileDescriptorProto) + Send + Sync + 'static,
    ) {
        let name = file.name.clone().unwrap();
        self.add(kind, name, move |set| change(&mut set[index]));
    }
}

/// Every mutation that a schema admits.
pub(crate) fn all(set: &Set) -> Vec<Mutation> {
    let mut mutations = Mutations::default();
    fields::collect(set, &mut mutations);
    extensions::collect(set, &mut mutations);
    labels::collect(set, &mut mutations);
    oneofs::collect(set, &mut mutations);
    enums::collect(set, &mut mutations);
    messages::collect(set, &mut mutations);
    services::collect(set, &mut mutations);
    files::collect(set, &mut mutations);
    features::collect(set, &mut mutations);
    mutations.0
}
