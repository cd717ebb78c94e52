//! Arbitrary bytes as the descriptors of a server and of its clients: loading and comparing must end
//! without a panic, whatever they are.
//!
//! `cargo +nightly fuzz run compare fuzz/corpus/compare fuzz/seeds -- -rss_limit_mb=1024`

#![no_main]

use libfuzzer_sys::fuzz_target;
use protodiff::core::compare::{CompareOptions, Scope, compare};
use protodiff::core::judge::judge;
use protodiff::core::perspective::Perspective;
use protodiff::core::schema::{FileInput, Schema};

/// One side: files, each preceded by its length in two bytes.
fn load(mut bytes: &[u8]) -> Option<Schema> {
    let mut files = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (file, rest) = rest.split_at(length);
        files.push(file);
        bytes = rest;
    }
    let inputs = files.iter().map(|bytes| FileInput {
        bytes,
        path: Some("a.proto"),
        imported: false,
    });
    Schema::load(inputs).ok()
}

fuzz_target!(|data: &[u8]| {
    // The first two bytes say where the server's side ends.
    let Some((at, rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let (server, client) = rest.split_at(usize::from(u16::from_le_bytes(*at)).min(rest.len()));
    let (Some(server), Some(client)) = (load(server), load(client)) else {
        return;
    };
    for scope in [Scope::Services, Scope::All] {
        let options = CompareOptions {
            scope,
            ..CompareOptions::default()
        };
        for change in compare(&server, &client, &options).changes {
            judge(&change, Perspective::After);
        }
        // A message with two fields of one name differs from itself, so nothing is asserted of this.
        compare(&client, &client, &options);
    }
});
