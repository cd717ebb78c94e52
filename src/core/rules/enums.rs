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
];
