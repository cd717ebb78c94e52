//! Methods of one service that both sides have.

use super::options;
use super::walk::Walk;
use crate::core::change::{Change, ChangeKind, Direction, MethodReach};
use crate::core::schema::{Location, Method, Service};

/// Compares the methods of `service` and starts the walk at their requests and responses.
pub(super) fn compare<'a>(
    walk: &mut Walk<'a>,
    service: &str,
    server: &'a Service,
    client: &'a Service,
) {
    if !walk.lossy() && server.deprecated != client.deprecated {
        let word = |is| Some(options::deprecated(is).to_owned());
        let at = client.location.as_ref().or(server.location.as_ref());
        walk.settle(Change {
            methods: Vec::new(),
            ..change(
                ChangeKind::DeprecationChanged,
                service,
                word(server.deprecated),
                word(client.deprecated),
                at,
            )
        });
    }
    for (name, method) in &client.methods {
        let full = format!("{service}/{name}");
        match server.methods.get(name) {
            Some(other) => compare_method(walk, &full, other, method),
            None => walk.settle(change(
                ChangeKind::MethodMissing,
                &full,
                None,
                Some(signature(name, method)),
                method.location.as_ref().or(server.location.as_ref()),
            )),
        }
    }
    for (name, method) in &server.methods {
        if !client.methods.contains_key(name) {
            walk.settle(change(
                ChangeKind::MethodUndocumented,
                &format!("{service}/{name}"),
                Some(signature(name, method)),
                None,
                method.location.as_ref().or(client.location.as_ref()),
            ));
        }
    }
}

fn compare_method<'a>(walk: &mut Walk<'a>, full: &str, server: &'a Method, client: &'a Method) {
    let at = client.location.as_ref().or(server.location.as_ref());
    if server.streaming() != client.streaming() {
        let (a, b) = (server.streaming().to_owned(), client.streaming().to_owned());
        walk.settle(change(
            ChangeKind::MethodStreamingChanged,
            full,
            Some(a),
            Some(b),
            at,
        ));
    }
    beside(walk, full, server, client);
    let method = walk.method(full.to_owned());
    let parts = [
        (
            Direction::Request,
            ChangeKind::MethodRequestTypeChanged,
            &server.input,
            &client.input,
        ),
        (
            Direction::Response,
            ChangeKind::MethodResponseTypeChanged,
            &server.output,
            &client.output,
        ),
    ];
    for (direction, kind, server, client) in parts {
        if walk.alike_messages(server, client) {
            walk.root(method, direction, server, client);
        } else {
            let mut change = change(kind, full, Some(server.clone()), Some(client.clone()), at);
            for reach in &mut change.methods {
                reach.direction = direction;
            }
            walk.settle(change);
        }
    }
}

/// What a method declares beside its types.
fn beside(walk: &mut Walk<'_>, full: &str, server: &Method, client: &Method) {
    if walk.lossy() {
        return;
    }
    let at = client.location.as_ref().or(server.location.as_ref());
    let mut differ = |kind: ChangeKind, a: &str, b: &str| {
        if a != b {
            walk.settle(change(
                kind,
                full,
                Some(a.to_owned()),
                Some(b.to_owned()),
                at,
            ));
        }
    };
    differ(
        ChangeKind::MethodIdempotencyChanged,
        server.idempotency,
        client.idempotency,
    );
    let deprecated = (
        options::deprecated(server.deprecated),
        options::deprecated(client.deprecated),
    );
    differ(ChangeKind::DeprecationChanged, deprecated.0, deprecated.1);
    // Custom options may have been stripped: only two bindings can differ.
    if let (Some(a), Some(b)) = (&server.http, &client.http) {
        differ(ChangeKind::MethodHttpChanged, a, b);
    }
}

fn change(
    kind: ChangeKind,
    full: &str,
    server: Option<String>,
    client: Option<String>,
    location: Option<&Location>,
) -> Change {
    Change {
        kind,
        subject: full.to_owned(),
        server,
        client,
        location: location.cloned(),
        methods: vec![MethodReach {
            name: full.to_owned(),
            direction: Direction::Both,
        }],
    }
}

/// As a `.proto` file writes it.
fn signature(name: &str, method: &Method) -> String {
    let stream = |streams: bool| if streams { "stream " } else { "" };
    format!(
        "rpc {name}({}{}) returns ({}{})",
        stream(method.client_streaming),
        method.input,
        stream(method.server_streaming),
        method.output
    )
}
