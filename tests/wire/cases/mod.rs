//! The cases: what one side sends, and what the other makes of it.

mod fields;
mod types;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The client.
    Request,
    /// The server.
    Response,
}

/// How it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// Protobuf's own form.
    Binary,
    /// The JSON mapping.
    Json,
}

/// What the other side makes of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Got {
    /// Exactly what was sent.
    Same,
    /// This, because the rest is nothing that it knows.
    Skips(&'static str),
    /// This, which is not what was sent.
    Reads(&'static str),
    /// An error.
    Rejected,
    /// An error or something else, depending on the runtime.
    Lost,
    /// The same bytes, in which this field has another value.
    MeansAnother(&'static str),
    /// The sender has no way to send it, and the reader could read it.
    CannotSend,
}

/// One message on its way.
pub(crate) struct Case {
    pub(crate) rule: &'static str,
    pub(crate) way: Way,
    pub(crate) form: Form,
    /// The client's and the server's schema, if not the rule's example.
    pub(crate) schemas: Option<(&'static str, &'static str)>,
    /// The client's and the server's message.
    pub(crate) messages: (&'static str, &'static str),
    /// In JSON.
    pub(crate) sent: &'static str,
    pub(crate) got: Got,
}

/// Sent by the client in binary form, between the messages `Example` of the rule's example.
const fn request(rule: &'static str, sent: &'static str, got: Got) -> Case {
    Case {
        rule,
        way: Way::Request,
        form: Form::Binary,
        schemas: None,
        messages: ("Example", "Example"),
        sent,
        got,
    }
}

/// The same, sent by the server.
const fn response(rule: &'static str, sent: &'static str, got: Got) -> Case {
    Case {
        way: Way::Response,
        ..request(rule, sent, got)
    }
}

impl Case {
    /// In JSON instead.
    const fn json(self) -> Self {
        Self {
            form: Form::Json,
            ..self
        }
    }

    /// Between other schemas, the client's and the server's.
    const fn between(self, client: &'static str, server: &'static str) -> Self {
        Self {
            schemas: Some((client, server)),
            ..self
        }
    }

    /// Between other messages, the client's and the server's.
    const fn messages(self, client: &'static str, server: &'static str) -> Self {
        Self {
            messages: (client, server),
            ..self
        }
    }
}

/// All cases.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    fields::CASES.iter().chain(types::CASES)
}

/// Rules that no message can show here, and why.
pub(crate) const NOT_HERE: &[(&str, &str)] = &[
    (
        "service-missing",
        "a call that is not routed: tests/verdicts.rs and tests/cli have it",
    ),
    ("service-undocumented", "nobody calls it"),
    ("method-missing", "a call that is not routed"),
    ("method-undocumented", "nobody calls it"),
    (
        "method-streaming-changed",
        "how many messages follow, not how one is written",
    ),
    (
        "method-idempotency-changed",
        "a promise about calls, not sent",
    ),
    (
        "method-http-changed",
        "where a gateway listens, not how a message is written",
    ),
    (
        "enum-openness-changed",
        "prost-reflect treats every enum as open",
    ),
    (
        "enum-json-format-changed",
        "a promise about JSON, not its form",
    ),
    (
        "field-utf8-validation-changed",
        "Rust has no text that is not UTF-8, so prost-reflect rejects it on both sides",
    ),
    (
        "message-set-changed",
        "prost-reflect does not write message sets",
    ),
    ("message-missing", "no call reaches it"),
    ("enum-missing", "no call reaches it"),
    ("package-missing", "names of packages are not sent"),
    ("file-package-changed", "names of packages are not sent"),
    (
        "file-syntax-changed",
        "what a syntax means for a field is judged field by field",
    ),
    (
        "file-option-changed",
        "options of files touch generated code only",
    ),
];
