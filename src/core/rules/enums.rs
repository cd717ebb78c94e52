//! Rules about enums.

use super::{Example, Rule, effect};
use crate::core::change::ChangeKind as Kind;
use crate::core::level::Level::{Breaking, Drift, Info};

/// The rules, in the order in which documents list them.
pub(super) static RULES: &[Rule] = &[
    Rule {
        kind: Kind::EnumValueMissing,
        id: "enum-value-missing",
        summary: "an enum value that clients know is unknown to the server",
        fact: "enum value `{client}` is unknown to the server",
        request: effect(
            Drift,
            "the server does not know the value when clients send it",
        ),
        response: effect(Info, "the server never sends it"),
        fix: "Roll out a build that knows the value, or hold back the clients that send it.",
        fix_before: "Keep the value until no caller sends it, and reserve its number and name afterwards.",
        buf: &[
            "ENUM_VALUE_NO_DELETE",
            "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
            "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        ],
        example: Example {
            client: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_NEW = 1; }",
            server: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }",
        },
    },
    Rule {
        kind: Kind::EnumValueUndocumented,
        id: "enum-value-undocumented",
        summary: "an enum value is served that clients do not know",
        fact: "enum value `{server}` is only on the server",
        request: effect(Info, "clients never send it"),
        response: effect(
            Drift,
            "clients do not know the value when the server sends it",
        ),
        fix: "Push the module that this build was made from.",
        fix_before: "Send the new value only to callers that know it.",
        buf: &[],
        example: Example {
            client: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }",
            server: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_NEW = 1; }",
        },
    },
    Rule {
        kind: Kind::EnumValueNumberChanged,
        id: "enum-value-number-changed",
        summary: "an enum value has another number",
        fact: "enum value is `{server}` on the server and `{client}` for clients",
        request: effect(
            Breaking,
            "the server reads the number that clients send as another value, or as none",
        ),
        response: effect(
            Breaking,
            "clients read the number that the server sends as another value, or as none",
        ),
        fix: "Give the value its old number back; numbers must never change once clients exist.",
        fix_before: "Give the value its old number back; numbers must never change once clients exist.",
        buf: &[
            "ENUM_VALUE_NO_DELETE",
            "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
            "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "ENUM_VALUE_SAME_NAME",
        ],
        example: Example {
            client: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }",
            server: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 5; }",
        },
    },
    Rule {
        kind: Kind::EnumValueNameChanged,
        id: "enum-value-name-changed",
        summary: "an enum value has another name under the same number",
        fact: "enum value is `{server}` on the server and `{client}` for clients",
        request: effect(
            Drift,
            "binary calls are not touched; in JSON the server does not know the name that clients send",
        ),
        response: effect(
            Drift,
            "binary calls are not touched; in JSON clients do not know the name that the server sends",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        fix_before: "Keep the old name as an alias while callers use JSON.",
        buf: &[
            "ENUM_VALUE_SAME_NAME",
            "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
        ],
        example: Example {
            client: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }",
            server: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_B = 1; }",
        },
    },
    Rule {
        kind: Kind::EnumOpennessChanged,
        id: "enum-openness-changed",
        summary: "an enum is open on one side and closed on the other",
        fact: "enum is {server} on the server and {client} for clients",
        request: effect(
            Drift,
            "a value that one side does not know is kept in the field on one side, and set aside on the other",
        ),
        response: effect(
            Drift,
            "a value that one side does not know is kept in the field on one side, and set aside on the other",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        fix_before: "Keep the enum as it is.",
        buf: &["ENUM_SAME_TYPE"],
        example: Example {
            client: r#"syntax = "proto3"; message Example { optional Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }"#,
            server: r#"syntax = "proto2"; message Example { optional Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }"#,
        },
    },
    Rule {
        kind: Kind::EnumJsonFormatChanged,
        id: "enum-json-format-changed",
        summary: "an enum supports JSON on one side only as far as it goes",
        fact: "JSON is {server} on the server and {client} for clients",
        request: effect(
            Info,
            "calls are not touched; JSON is no longer promised to work",
        ),
        response: effect(
            Info,
            "calls are not touched; JSON is no longer promised to work",
        ),
        fix: "Push the module that this build was made from.",
        fix_before: "Keep `json_format` as it is.",
        buf: &["ENUM_SAME_JSON_FORMAT"],
        example: Example {
            client: r#"syntax = "proto3"; message Example { optional Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }"#,
            server: r#"syntax = "proto2"; message Example { optional Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }"#,
        },
    },
    Rule {
        kind: Kind::EnumReservedMissing,
        id: "enum-reserved-missing",
        summary: "numbers or names of an enum are reserved for clients only",
        fact: "`{client}` is reserved for clients, and not on the server",
        request: effect(
            Info,
            "calls are not touched; the number or name could be used again by mistake",
        ),
        response: effect(
            Info,
            "calls are not touched; the number or name could be used again by mistake",
        ),
        fix: "Push the module that this build was made from.",
        fix_before: "Keep what is reserved.",
        buf: &["RESERVED_ENUM_NO_DELETE"],
        example: Example {
            client: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; reserved 5; }",
            server: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }",
        },
    },
];
