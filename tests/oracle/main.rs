//! The real `buf breaking` as oracle: whatever it finds between two schemas is found here.
//!
//! Schemas of many kinds ([`bases`]) are changed in one place at a time ([`mutate`]); `buf` and the
//! comparison judge each pair, the old schema being the clients' and the new one the server's. What
//! is on purpose not alike is listed in [`documents::DELIBERATE`], and in `docs/buf.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(
    clippy::print_stderr,
    reason = "the summary is what a reader of a failure needs"
)]

mod apart;
mod bases;
#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/buf.rs"]
mod buf;
mod documents;
mod judges;
mod mutate;
#[path = "../support/schemas.rs"]
mod schemas;
#[path = "../support/set.rs"]
mod set;
mod summary;

use judges::Seen;
use summary::Summary;

/// What `buf` breaks on and what the comparison finds, over all mutations.
#[test]
fn whatever_buf_finds_is_found_here() {
    let pairs = bases::pairs();
    let seen: Vec<Seen> = judges::all(&pairs);
    let summary = Summary::of(&pairs, &seen);
    eprintln!("{summary}");
    assert!(
        summary.failures.is_empty(),
        "buf could not judge {} pairs: {:#?}",
        summary.failures.len(),
        summary.failures
    );
    assert!(
        summary.false_alarms.is_empty(),
        "changes where nothing has changed: {:#?}",
        summary.false_alarms
    );
    assert!(
        summary.unseen.is_empty(),
        "no mutation makes buf say {:?}: the oracle is not complete",
        summary.unseen
    );
    assert!(
        summary.idle.is_empty(),
        "differences that are listed as deliberate and that nothing shows: {:?}",
        summary.idle
    );
    assert!(
        summary.gaps.is_empty(),
        "{} kinds of findings of buf have no change here; they are listed above",
        summary.gaps.len()
    );
}

#[test]
fn the_same_schema_gives_nothing() {
    for base in bases::all() {
        let changes = schemas::differences(&base.files, &base.files, schemas::Scope::All);
        assert!(changes.is_empty(), "{}: {changes:#?}", base.name);
    }
}

/// A mutation that changes nothing would prove nothing.
#[test]
fn every_mutation_changes_something() {
    for base in bases::all() {
        for mutation in mutate::all(&base.files) {
            assert_ne!(
                mutation.of(&base.files),
                *base.files,
                "{}: {} at {}",
                base.name,
                mutation.kind,
                mutation.place
            );
        }
    }
}
