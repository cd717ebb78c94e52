//! Rules about values of enums.

use super::{Example, Rule, effect};
use crate::core::change::ChangeKind as Kind;
use crate::core::level::Level::{Breaking, Drift, Info};

/// The rules, in the order in which documents list them.
pub(super) static RULES: &[Rule] = &[
    Rule {
        kind: Kind::EnumValueMissing,
        id: "enum-value-missing",
        summary: "an enum value of the truth is unknown to live",
        fact: "enum value `{truth}` is unknown to live",
        request: effect(Drift, "live does not know the value when clients send it"),
        response: effect(Info, "live never sends it"),
        fix: "Roll out a build that knows the value, or hold back the clients that send it.",
        buf: &[
            "ENUM_VALUE_NO_DELETE",
            "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
            "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        ],
        example: Example {
            truth: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_NEW = 1; }",
            live: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }",
        },
    },
    Rule {
        kind: Kind::EnumValueUndocumented,
        id: "enum-value-undocumented",
        summary: "an enum value is served that the truth does not have",
        fact: "enum value `{live}` is only live",
        request: effect(Info, "clients built from truth never send it"),
        response: effect(Drift, "clients do not know the value when live sends it"),
        fix: "Push the module that this build was made from.",
        buf: &[],
        example: Example {
            truth: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; }",
            live: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_NEW = 1; }",
        },
    },
    Rule {
        kind: Kind::EnumValueNumberChanged,
        id: "enum-value-number-changed",
        summary: "an enum value has another number",
        fact: "enum value is `{live}` live and `{truth}` in truth",
        request: effect(
            Breaking,
            "live reads the number that clients send as another value, or as none",
        ),
        response: effect(
            Breaking,
            "clients read the number that live sends as another value, or as none",
        ),
        fix: "Give the value its old number back; numbers must never change once clients exist.",
        buf: &[
            "ENUM_VALUE_NO_DELETE",
            "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "ENUM_VALUE_SAME_NAME",
        ],
        example: Example {
            truth: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }",
            live: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 5; }",
        },
    },
    Rule {
        kind: Kind::EnumValueNameChanged,
        id: "enum-value-name-changed",
        summary: "an enum value has another name under the same number",
        fact: "enum value is `{live}` live and `{truth}` in truth",
        request: effect(
            Drift,
            "binary calls are not touched; in JSON live does not know the name that clients send",
        ),
        response: effect(
            Drift,
            "binary calls are not touched; in JSON clients do not know the name that live sends",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        buf: &["ENUM_VALUE_SAME_NAME"],
        example: Example {
            truth: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }",
            live: "message Example { Kind kind = 1; } enum Kind { KIND_UNSPECIFIED = 0; KIND_B = 1; }",
        },
    },
];
