//! Methods of one service that both sides have.

use super::walk::Walk;
use crate::core::change::{Change, ChangeKind, Direction, MethodReach};
use crate::core::schema::{Location, Method, Service};

/// Compares the methods of `service` and starts the walk at their requests and responses.
pub(super) fn compare<'a>(
    walk: &mut Walk<'a>,
    service: &str,
    live: &'a Service,
    truth: &'a Service,
) {
    for (name, method) in &truth.methods {
        let full = format!("{service}/{name}");
        match live.methods.get(name) {
            Some(other) => compare_method(walk, &full, other, method),
            None => walk.settle(change(
                ChangeKind::MethodMissing,
                &full,
                None,
                Some(signature(name, method)),
                method.location.as_ref(),
            )),
        }
    }
    for (name, method) in &live.methods {
        if !truth.methods.contains_key(name) {
            walk.settle(change(
                ChangeKind::MethodUndocumented,
                &format!("{service}/{name}"),
                Some(signature(name, method)),
                None,
                truth.location.as_ref(),
            ));
        }
    }
}

fn compare_method<'a>(walk: &mut Walk<'a>, full: &str, live: &'a Method, truth: &'a Method) {
    let at = truth.location.as_ref();
    if live.streaming() != truth.streaming() {
        let (a, b) = (live.streaming().to_owned(), truth.streaming().to_owned());
        walk.settle(change(
            ChangeKind::MethodStreamingChanged,
            full,
            Some(a),
            Some(b),
            at,
        ));
    }
    let method = walk.method(full.to_owned());
    let parts = [
        (
            Direction::Request,
            ChangeKind::MethodRequestTypeChanged,
            &live.input,
            &truth.input,
        ),
        (
            Direction::Response,
            ChangeKind::MethodResponseTypeChanged,
            &live.output,
            &truth.output,
        ),
    ];
    for (direction, kind, live, truth) in parts {
        if walk.alike_messages(live, truth) {
            walk.root(method, direction, live, truth);
        } else {
            let mut change = change(kind, full, Some(live.clone()), Some(truth.clone()), at);
            for reach in &mut change.methods {
                reach.direction = direction;
            }
            walk.settle(change);
        }
    }
}

fn change(
    kind: ChangeKind,
    full: &str,
    live: Option<String>,
    truth: Option<String>,
    location: Option<&Location>,
) -> Change {
    Change {
        kind,
        subject: full.to_owned(),
        live,
        truth,
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
