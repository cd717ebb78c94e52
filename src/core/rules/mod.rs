//! Rules: what each kind of change means for a call, as data.
//!
//! To add one: add a [`ChangeKind`], let `core::compare` record it, and add its entry to the table
//! in `services.rs`, `fields.rs`, `options.rs`, `enums.rs` or `files.rs`. Tests hold that every kind has exactly one rule and
//! that each rule's example fires it, and nothing else.

mod enums;
mod fields;
mod files;
mod options;
mod services;

use crate::core::change::{ChangeKind, Direction, MethodReach};
use crate::core::level::Level;
use crate::core::perspective::Perspective;

/// Every rule, in the order in which documents list them.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        services::RULES,
        fields::RULES,
        options::RULES,
        enums::RULES,
        files::RULES,
    ]
    .into_iter()
    .flatten()
}

/// The judgement of one kind of change.
#[derive(Debug)]
pub struct Rule {
    /// The change it judges.
    pub kind: ChangeKind,
    /// Stable kebab-case name.
    pub id: &'static str,
    /// One line: the fact.
    pub summary: &'static str,
    /// The fact in one change's own terms; `{server}` and `{client}` stand for the declarations.
    pub fact: &'static str,
    /// What it does to a request, which the client sends.
    pub request: Effect,
    /// What it does to a response, which the server sends.
    pub response: Effect,
    /// What to do about it when the server runs already.
    pub fix: &'static str,
    /// What to do about it before the server is rolled out.
    pub fix_before: &'static str,
    /// Ids of the `buf breaking` rules that see the same change.
    pub buf: &'static [&'static str],
    /// Declarations that fire it.
    pub example: Example,
}

/// The level in one direction, and why.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// How bad it is.
    pub level: Level,
    /// What happens, as the end of "…: ".
    pub why: &'static str,
}

/// Shorthand for the tables.
const fn effect(level: Level, why: &'static str) -> Effect {
    Effect { level, why }
}

/// Two schemas that differ by the rule's change. A fragment without a `service` is completed with
/// one whose only method takes and returns the message `Example`.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// What clients are built from.
    pub client: &'static str,
    /// What the server serves.
    pub server: &'static str,
}

/// How many rules of a table judge a kind.
const fn judging(kind: ChangeKind, rules: &[Rule]) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < rules.len() {
        if rules[at].kind as usize == kind as usize {
            found += 1;
        }
        at += 1;
    }
    found
}

// A kind of change without a rule, or with two, does not compile; nor does a kind missing in `ALL`.
const _: () = {
    let mut kind = 0;
    while kind < ChangeKind::ALL.len() {
        let of = ChangeKind::ALL[kind];
        let count = judging(of, services::RULES)
            + judging(of, fields::RULES)
            + judging(of, options::RULES)
            + judging(of, enums::RULES)
            + judging(of, files::RULES);
        assert!(count == 1, "every kind of change has exactly one rule");
        kind += 1;
    }
    assert!(ChangeKind::ALL.len() == ChangeKind::FileOptionChanged as usize + 1);
};

impl Rule {
    /// The rule that judges a kind of change.
    ///
    /// # Panics
    /// Never: that every kind has a rule is checked when this is compiled.
    #[allow(clippy::expect_used)]
    pub fn of(kind: ChangeKind) -> &'static Self {
        all()
            .find(|rule| rule.kind == kind)
            .expect("every kind of change has a rule")
    }

    /// What to do about it.
    pub fn fix(&self, perspective: Perspective) -> &'static str {
        match perspective {
            Perspective::After => self.fix,
            Perspective::Before => self.fix_before,
        }
    }

    /// The rule of that id.
    pub fn named(id: &str) -> Option<&'static Self> {
        all().find(|rule| rule.id == id)
    }

    /// The level for a change that touches these methods: the worst over the directions in which
    /// it travels. A change that touches none (a whole service) has the request's level.
    pub fn level(&self, methods: &[MethodReach]) -> Level {
        self.effects(methods)
            .into_iter()
            .map(|effect| effect.level)
            .max()
            .unwrap_or(self.request.level)
    }

    /// The effects in the directions in which a change travels, worst first, each once.
    pub fn effects(&self, methods: &[MethodReach]) -> Vec<Effect> {
        let travels = |way: fn(Direction) -> bool| {
            methods.is_empty() || methods.iter().any(|m| way(m.direction))
        };
        let mut effects = Vec::new();
        if travels(Direction::is_request) {
            effects.push(self.request);
        }
        if travels(Direction::is_response)
            && !effects.iter().any(|e: &Effect| e.why == self.response.why)
        {
            effects.push(self.response);
        }
        effects.sort_by_key(|effect| std::cmp::Reverse(effect.level));
        effects
    }
}
