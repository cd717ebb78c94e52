//! Rules about fields of messages.

use super::{Example, Rule, effect};
use crate::core::change::ChangeKind as Kind;
use crate::core::level::Level::{Breaking, Drift, Info};

/// The rules, in the order in which documents list them.
pub(super) static RULES: &[Rule] = &[
    Rule {
        kind: Kind::FieldMissing,
        id: "field-missing",
        summary: "a field of the truth is unknown to live",
        fact: "field `{truth}` is unknown to live",
        request: effect(Drift, "what clients send in it is dropped"),
        response: effect(Drift, "live never sets it, so clients see its default"),
        fix: "Roll out a build that has the field, or hold back the clients that rely on it.",
        buf: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        ],
        example: Example {
            truth: "message Example { string a = 1; string note = 2; }",
            live: "message Example { string a = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldUndocumented,
        id: "field-undocumented",
        summary: "a field is served that the truth does not have",
        fact: "field `{live}` is only live",
        request: effect(Info, "clients built from truth never set it"),
        response: effect(Info, "clients built from truth skip it"),
        fix: "Push the module that this build was made from if clients should use the field.",
        buf: &[],
        example: Example {
            truth: "message Example { string a = 1; }",
            live: "message Example { string a = 1; string note = 2; }",
        },
    },
    Rule {
        kind: Kind::RequiredFieldMissing,
        id: "required-field-missing",
        summary: "a required field of the truth is unknown to live",
        fact: "field `{truth}` is unknown to live",
        request: effect(Drift, "what clients send in it is dropped"),
        response: effect(
            Breaking,
            "live never sets it, and clients reject the message",
        ),
        fix: "Roll out a build that has the field; in the module, make it optional first.",
        buf: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        example: Example {
            truth: r#"syntax = "proto2"; message Example { optional string a = 1; required string note = 2; }"#,
            live: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
        },
    },
    Rule {
        kind: Kind::RequiredFieldUndocumented,
        id: "required-field-undocumented",
        summary: "live requires a field that the truth does not have",
        fact: "field `{live}` is only live, and required there",
        request: effect(
            Breaking,
            "clients built from truth cannot set it, and live rejects the message",
        ),
        response: effect(Info, "clients built from truth skip it"),
        fix: "Make the field optional in the server's schema, or roll back.",
        buf: &["MESSAGE_SAME_REQUIRED_FIELDS"],
        example: Example {
            truth: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
            live: r#"syntax = "proto2"; message Example { optional string a = 1; required string note = 2; }"#,
        },
    },
    Rule {
        kind: Kind::FieldNumberChanged,
        id: "field-number-changed",
        summary: "a field has another number",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(
            Breaking,
            "live looks for it under another number, and what clients send is lost or read as another field",
        ),
        response: effect(
            Breaking,
            "clients look for it under another number, and what live sends is lost or read as another field",
        ),
        fix: "Give the field its old number back; numbers must never change once clients exist.",
        buf: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "FIELD_SAME_NAME",
        ],
        example: Example {
            truth: "message Example { string a = 1; }",
            live: "message Example { string a = 7; }",
        },
    },
    Rule {
        kind: Kind::FieldNameChanged,
        id: "field-name-changed",
        summary: "a field has another name under the same number",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(
            Drift,
            "binary calls are not touched; in JSON live does not know the name that clients send",
        ),
        response: effect(
            Drift,
            "binary calls are not touched; in JSON clients do not know the name that live sends",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        buf: &["FIELD_SAME_NAME", "FIELD_SAME_JSON_NAME"],
        example: Example {
            truth: "message Example { string memo = 1; }",
            live: "message Example { string note = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldNumberReused,
        id: "field-number-reused",
        summary: "a field number serves another field of another type",
        fact: "field number is `{live}` live and `{truth}` in truth",
        request: effect(Breaking, "live reads what clients send as another field"),
        response: effect(Breaking, "clients read what live sends as another field"),
        fix: "Give the new field a number of its own, and reserve the old one.",
        buf: &[
            "FIELD_SAME_NAME",
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "FIELD_SAME_CARDINALITY",
        ],
        example: Example {
            truth: "message Example { string memo = 1; }",
            live: "message Example { double rate = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldTypeChanged,
        id: "field-type-changed",
        summary: "a field has a type that the other side cannot read",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(Breaking, "live cannot read what clients send in it"),
        response: effect(Breaking, "clients cannot read what live sends in it"),
        fix: "Give the new type a new field, and roll out a build of the module.",
        buf: &[
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
        example: Example {
            truth: "message Example { int32 count = 1; }",
            live: "message Example { string count = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldTypeChangedCompatibly,
        id: "field-type-changed-compatibly",
        summary: "a field has another type of the same encoding",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(
            Drift,
            "live may truncate or reinterpret what clients send in it",
        ),
        response: effect(
            Drift,
            "clients may truncate or reinterpret what live sends in it",
        ),
        fix: "Roll out a build of the module, so that both sides agree on the range of values.",
        buf: &[
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
        example: Example {
            truth: "message Example { int64 count = 1; }",
            live: "message Example { int32 count = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldCardinalityChanged,
        id: "field-cardinality-changed",
        summary: "a field holds one value on one side and several on the other",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(Breaking, "live cannot read what clients send in it"),
        response: effect(Breaking, "clients cannot read what live sends in it"),
        fix: "Give the new cardinality a new field, and roll out a build of the module.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
        example: Example {
            truth: "message Example { repeated int32 ids = 1; }",
            live: "message Example { int32 ids = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldCardinalityChangedCompatibly,
        id: "field-cardinality-changed-compatibly",
        summary: "a field holds one value on one side and several on the other, in one encoding",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(
            Drift,
            "of several values only the last arrives, or they are merged; JSON calls fail",
        ),
        response: effect(
            Drift,
            "of several values only the last arrives, or they are merged; JSON calls fail",
        ),
        fix: "Give the new cardinality a new field, and roll out a build of the module.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
        example: Example {
            truth: "message Example { repeated string tags = 1; }",
            live: "message Example { string tags = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldRequiredByLive,
        id: "field-required-by-live",
        summary: "live requires a field that the truth does not",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(
            Breaking,
            "live rejects messages in which clients leave it out",
        ),
        response: effect(Info, "clients read it as before"),
        fix: "Make the field optional in the server's schema, or roll back.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        example: Example {
            truth: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
            live: r#"syntax = "proto2"; message Example { required string a = 1; }"#,
        },
    },
    Rule {
        kind: Kind::FieldRequiredByTruth,
        id: "field-required-by-truth",
        summary: "the truth requires a field that live does not",
        fact: "field is `{live}` live and `{truth}` in truth",
        request: effect(Info, "live reads it as before"),
        response: effect(
            Breaking,
            "clients reject messages in which live leaves it out",
        ),
        fix: "Make the field optional in the module, or roll out a build of the module.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        example: Example {
            truth: r#"syntax = "proto2"; message Example { required string a = 1; }"#,
            live: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
        },
    },
];
