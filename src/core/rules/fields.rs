//! Rules about what a field is: its number, name, type and cardinality.

use super::{Example, Rule, effect};
use crate::core::change::ChangeKind as Kind;
use crate::core::level::Level::{Breaking, Drift, Info};

/// The rules, in the order in which documents list them.
pub(super) static RULES: &[Rule] = &[
    Rule {
        kind: Kind::FieldMissing,
        id: "field-missing",
        summary: "a field that clients know is unknown to the server",
        fact: "field `{client}` is unknown to the server",
        request: effect(Drift, "what clients send in it is dropped"),
        response: effect(
            Drift,
            "the server never sets it, so clients see its default",
        ),
        fix: "Roll out a build that has the field, or hold back the clients that rely on it.",
        fix_before: "Keep the field until no caller relies on it, and reserve its number and name afterwards.",
        buf: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        ],
        example: Example {
            client: "message Example { string a = 1; string note = 2; }",
            server: "message Example { string a = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldUndocumented,
        id: "field-undocumented",
        summary: "a field is served that clients do not know",
        fact: "field `{server}` is only on the server",
        request: effect(Info, "clients never set it"),
        response: effect(Info, "clients skip it"),
        fix: "Push the module that this build was made from if clients should use the field.",
        fix_before: "Nothing: callers that run now are not touched.",
        buf: &[],
        example: Example {
            client: "message Example { string a = 1; }",
            server: "message Example { string a = 1; string note = 2; }",
        },
    },
    Rule {
        kind: Kind::RequiredFieldMissing,
        id: "required-field-missing",
        summary: "a required field that clients know is unknown to the server",
        fact: "required field `{client}` is unknown to the server",
        request: effect(Drift, "what clients send in it is dropped"),
        response: effect(
            Breaking,
            "the server never sets it, and clients reject the message",
        ),
        fix: "Roll out a build that has the field; in the module, make it optional first.",
        fix_before: "Keep the field until no caller requires it.",
        buf: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        example: Example {
            client: r#"syntax = "proto2"; message Example { optional string a = 1; required string note = 2; }"#,
            server: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
        },
    },
    Rule {
        kind: Kind::RequiredFieldUndocumented,
        id: "required-field-undocumented",
        summary: "the server requires a field that clients do not know",
        fact: "field `{server}` is only on the server, and required there",
        request: effect(
            Breaking,
            "clients cannot set it, and the server rejects the message",
        ),
        response: effect(Info, "clients skip it"),
        fix: "Make the field optional in the server's schema, or roll back.",
        fix_before: "Make the field optional: callers that run now cannot set it.",
        buf: &["MESSAGE_SAME_REQUIRED_FIELDS"],
        example: Example {
            client: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
            server: r#"syntax = "proto2"; message Example { optional string a = 1; required string note = 2; }"#,
        },
    },
    Rule {
        kind: Kind::FieldNumberChanged,
        id: "field-number-changed",
        summary: "a field has another number",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(
            Breaking,
            "the server looks for it under another number, and what clients send is lost or read as another field",
        ),
        response: effect(
            Breaking,
            "clients look for it under another number, and what the server sends is lost or read as another field",
        ),
        fix: "Give the field its old number back; numbers must never change once clients exist.",
        fix_before: "Give the field its old number back; numbers must never change once clients exist.",
        buf: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "FIELD_SAME_NAME",
        ],
        example: Example {
            client: "message Example { string a = 1; }",
            server: "message Example { string a = 7; }",
        },
    },
    Rule {
        kind: Kind::FieldNameChanged,
        id: "field-name-changed",
        summary: "a field has another name under the same number",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(
            Drift,
            "binary calls are not touched; in JSON the server does not know the name that clients send",
        ),
        response: effect(
            Drift,
            "binary calls are not touched; in JSON clients do not know the name that the server sends",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        fix_before: "Keep the old name, or give the field `json_name`, while callers use JSON.",
        buf: &[
            "FIELD_SAME_NAME",
            "FIELD_SAME_JSON_NAME",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
        ],
        example: Example {
            client: "message Example { string memo = 1; }",
            server: "message Example { string note = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldNumberReused,
        id: "field-number-reused",
        summary: "a field number serves another field of another type",
        fact: "field number is `{server}` on the server and `{client}` for clients",
        request: effect(
            Breaking,
            "the server reads what clients send as another field",
        ),
        response: effect(
            Breaking,
            "clients read what the server sends as another field",
        ),
        fix: "Give the new field a number of its own, and reserve the old one.",
        fix_before: "Give the new field a number of its own, and reserve the old one.",
        buf: &[
            "FIELD_SAME_NAME",
            "FIELD_SAME_JSON_NAME",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
        example: Example {
            client: "message Example { string memo = 1; }",
            server: "message Example { double rate = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldTypeChanged,
        id: "field-type-changed",
        summary: "a field has a type that the other side cannot read",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(Breaking, "the server cannot read what clients send in it"),
        response: effect(Breaking, "clients cannot read what the server sends in it"),
        fix: "Give the new type a new field, and roll out a build of the module.",
        fix_before: "Give the new type a new field, and keep this one.",
        buf: &[
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
        example: Example {
            client: "message Example { int32 count = 1; }",
            server: "message Example { string count = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldTypeChangedCompatibly,
        id: "field-type-changed-compatibly",
        summary: "a field has another type of the same encoding",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(
            Drift,
            "the server may truncate or reinterpret what clients send in it",
        ),
        response: effect(
            Drift,
            "clients may truncate or reinterpret what the server sends in it",
        ),
        fix: "Roll out a build of the module, so that both sides agree on the range of values.",
        fix_before: "Send only values that both types can hold while old callers run.",
        buf: &[
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
        example: Example {
            client: "message Example { int64 count = 1; }",
            server: "message Example { int32 count = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldCardinalityChanged,
        id: "field-cardinality-changed",
        summary: "a field holds one value on one side and several on the other",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(Breaking, "the server cannot read what clients send in it"),
        response: effect(Breaking, "clients cannot read what the server sends in it"),
        fix: "Give the new cardinality a new field, and roll out a build of the module.",
        fix_before: "Give the new cardinality a new field, and keep this one.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
        example: Example {
            client: "message Example { repeated int32 ids = 1; }",
            server: "message Example { int32 ids = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldCardinalityChangedCompatibly,
        id: "field-cardinality-changed-compatibly",
        summary: "a field holds one value on one side and several on the other, in one encoding",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(
            Drift,
            "of several values only the last arrives, or they are merged; JSON calls fail",
        ),
        response: effect(
            Drift,
            "of several values only the last arrives, or they are merged; JSON calls fail",
        ),
        fix: "Give the new cardinality a new field, and roll out a build of the module.",
        fix_before: "Give the new cardinality a new field, and keep this one.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
        example: Example {
            client: "message Example { repeated string tags = 1; }",
            server: "message Example { string tags = 1; }",
        },
    },
    Rule {
        kind: Kind::FieldRequiredByServer,
        id: "field-required-by-server",
        summary: "the server requires a field that clients may leave out",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(
            Breaking,
            "the server rejects messages in which clients leave it out",
        ),
        response: effect(Info, "clients read it as before"),
        fix: "Make the field optional in the server's schema, or roll back.",
        fix_before: "Keep the field optional: callers that run now may leave it out.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        example: Example {
            client: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
            server: r#"syntax = "proto2"; message Example { required string a = 1; }"#,
        },
    },
    Rule {
        kind: Kind::FieldRequiredByClient,
        id: "field-required-by-client",
        summary: "clients require a field that the server may leave out",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(Info, "the server reads it as before"),
        response: effect(
            Breaking,
            "clients reject messages in which the server leaves it out",
        ),
        fix: "Make the field optional in the module, or roll out a build of the module.",
        fix_before: "Always set the field while callers that require it run.",
        buf: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        example: Example {
            client: r#"syntax = "proto2"; message Example { required string a = 1; }"#,
            server: r#"syntax = "proto2"; message Example { optional string a = 1; }"#,
        },
    },
    Rule {
        kind: Kind::FieldNameChangedCompatibly,
        id: "field-name-changed-compatibly",
        summary: "a field has another name and the same name in JSON",
        fact: "field is `{server}` on the server and `{client}` for clients",
        request: effect(
            Info,
            "neither the binary form nor JSON carries the name that changed",
        ),
        response: effect(
            Info,
            "neither the binary form nor JSON carries the name that changed",
        ),
        fix: "Push the module that this build was made from, so that both sides use one name.",
        fix_before: "Nothing: callers that run now are not touched.",
        buf: &["FIELD_SAME_NAME", "FIELD_NO_DELETE_UNLESS_NAME_RESERVED"],
        example: Example {
            client: "message Example { string memo = 1; }",
            server: r#"message Example { string note = 1 [json_name = "memo"]; }"#,
        },
    },
];
