//! Cases of rules about messages, enums, oneofs, extensions and methods.

use super::Got::{CannotSend, Lost, Reads, Rejected, Same, Skips};
use super::{Case, request, response};

pub(super) const CASES: &[Case] = &[
    request("method-request-type-changed", r#"{"a":"x","b":1}"#, Lost).messages("Example", "Other"),
    response("method-request-type-changed", "{}", Same).messages("Out", "Out"),
    request("method-response-type-changed", "{}", Same).messages("In", "In"),
    response(
        "method-response-type-changed",
        r#"{"x":"eA==","y":true}"#,
        Lost,
    )
    .messages("Example", "Other"),
    request("type-renamed", r#"{"part":{"a":"x"}}"#, Same),
    response("type-renamed", r#"{"part":{"a":"x"}}"#, Same),
    request(
        "enum-value-missing",
        r#"{"kind":"KIND_NEW"}"#,
        Reads(r#"{"kind":1}"#),
    ),
    request("enum-value-missing", r#"{"kind":"KIND_NEW"}"#, Rejected).json(),
    response("enum-value-missing", "{}", Same),
    request("enum-value-undocumented", "{}", Same),
    response(
        "enum-value-undocumented",
        r#"{"kind":"KIND_NEW"}"#,
        Reads(r#"{"kind":1}"#),
    ),
    response(
        "enum-value-undocumented",
        r#"{"kind":"KIND_NEW"}"#,
        Rejected,
    )
    .json(),
    request(
        "enum-value-number-changed",
        r#"{"kind":"KIND_A"}"#,
        Reads(r#"{"kind":1}"#),
    ),
    response(
        "enum-value-number-changed",
        r#"{"kind":"KIND_A"}"#,
        Reads(r#"{"kind":5}"#),
    ),
    request("enum-value-name-changed", r#"{"kind":"KIND_A"}"#, Rejected).json(),
    response("enum-value-name-changed", r#"{"kind":"KIND_B"}"#, Rejected).json(),
    request("oneof-missing", r#"{"a":"x","b":"y"}"#, CannotSend),
    response(
        "oneof-missing",
        r#"{"a":"x","b":"y"}"#,
        Reads(r#"{"b":"y"}"#),
    ),
    request("oneof-renamed", r#"{"a":"x"}"#, Same),
    response("oneof-renamed", r#"{"a":"x"}"#, Same),
    request("deprecation-changed", r#"{"a":"x"}"#, Same),
    response("deprecation-changed", r#"{"a":"x"}"#, Same),
    request(
        "extension-missing",
        r#"{"[example.v1.note]":"x"}"#,
        Reads("{}"),
    ),
    response(
        "extension-missing",
        r#"{"[example.v1.note]":"x"}"#,
        CannotSend,
    ),
    request("extension-undocumented", "{}", Same),
    response(
        "extension-undocumented",
        r#"{"[example.v1.note]":"x"}"#,
        Skips("{}"),
    ),
    request("extension-range-missing", r#"{"a":"x"}"#, Same),
    response("extension-range-missing", r#"{"a":"x"}"#, Same),
    request("message-reserved-missing", r#"{"a":"x"}"#, Same),
    response("message-reserved-missing", r#"{"a":"x"}"#, Same),
    request("enum-reserved-missing", "{}", Same),
    response("enum-reserved-missing", "{}", Same),
    request("message-json-format-changed", r#"{"a":5}"#, Same),
    response("message-json-format-changed", r#"{"a":5}"#, Same),
    request("message-descriptor-accessor-changed", r#"{"a":"x"}"#, Same),
    response("message-descriptor-accessor-changed", r#"{"a":"x"}"#, Same),
];
