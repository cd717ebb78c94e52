//! Cases of rules about fields.

use super::Got::{CannotSend, Lost, MeansAnother, Reads, Rejected, Same, Skips};
use super::{Case, request, response};

pub(super) const CASES: &[Case] = &[
    request(
        "field-missing",
        r#"{"a":"x","note":"n"}"#,
        Reads(r#"{"a":"x"}"#),
    ),
    response("field-missing", r#"{"a":"x","note":"n"}"#, CannotSend),
    request("field-undocumented", r#"{"a":"x"}"#, Same),
    response(
        "field-undocumented",
        r#"{"a":"x","note":"n"}"#,
        Skips(r#"{"a":"x"}"#),
    ),
    request(
        "required-field-missing",
        r#"{"a":"x","note":"n"}"#,
        Reads(r#"{"a":"x"}"#),
    ),
    response("required-field-missing", r#"{"a":"x"}"#, Rejected),
    request("required-field-undocumented", r#"{"a":"x"}"#, Rejected),
    response(
        "required-field-undocumented",
        r#"{"a":"x","note":"n"}"#,
        Skips(r#"{"a":"x"}"#),
    ),
    request("field-number-changed", r#"{"a":"x"}"#, Reads("{}")),
    response("field-number-changed", r#"{"a":"x"}"#, Reads("{}")),
    request("field-name-changed", r#"{"memo":"x"}"#, Rejected).json(),
    response("field-name-changed", r#"{"note":"x"}"#, Rejected).json(),
    request("field-name-changed-compatibly", r#"{"memo":"x"}"#, Same),
    response("field-name-changed-compatibly", r#"{"memo":"x"}"#, Same),
    request("field-name-changed-compatibly", r#"{"memo":"x"}"#, Same).json(),
    response("field-name-changed-compatibly", r#"{"memo":"x"}"#, Same).json(),
    request("field-number-reused", r#"{"memo":"x"}"#, Lost),
    response("field-number-reused", r#"{"rate":1.5}"#, Lost),
    request("field-type-changed", r#"{"count":5}"#, Lost),
    response("field-type-changed", r#"{"count":"x"}"#, Lost),
    request(
        "field-type-changed-compatibly",
        r#"{"count":4294967295}"#,
        Reads(r#"{"count":-1}"#),
    ),
    response("field-type-changed-compatibly", r#"{"count":-1}"#, Lost),
    request(
        "field-type-narrower",
        r#"{"count":"4294967301"}"#,
        Reads(r#"{"count":5}"#),
    ),
    response(
        "field-type-narrower",
        r#"{"count":-5}"#,
        Skips(r#"{"count":"-5"}"#),
    ),
    request(
        "field-type-wider",
        r#"{"count":-5}"#,
        Skips(r#"{"count":"-5"}"#),
    ),
    response(
        "field-type-wider",
        r#"{"count":"4294967301"}"#,
        Reads(r#"{"count":5}"#),
    ),
    request("field-cardinality-changed", r#"{"ids":[1,2]}"#, Lost),
    response("field-cardinality-changed", r#"{"ids":5}"#, Rejected).json(),
    request(
        "field-cardinality-changed-compatibly",
        r#"{"tags":["a","b"]}"#,
        Reads(r#"{"tags":"b"}"#),
    ),
    response(
        "field-cardinality-changed-compatibly",
        r#"{"tags":"b"}"#,
        Rejected,
    )
    .json(),
    request("field-required-by-server", "{}", Rejected),
    response("field-required-by-server", r#"{"a":"x"}"#, Same),
    request("field-required-by-client", r#"{"a":"x"}"#, Same),
    response("field-required-by-client", "{}", Rejected),
    request("field-json-name-changed", r#"{"words":"x"}"#, Rejected)
        .json()
        .between(
            r#"message Example { string memo = 1 [json_name = "words"]; }"#,
            r#"message Example { string memo = 1 [json_name = "note"]; }"#,
        ),
    response("field-json-name-changed", r#"{"note":"x"}"#, Rejected).json(),
    request("field-presence-changed", r#"{"count":0}"#, Reads("{}")),
    response("field-presence-changed", r#"{"count":0}"#, Reads("{}")),
    request("field-default-changed", "{}", MeansAnother("count")),
    response("field-default-changed", "{}", MeansAnother("count")),
    request(
        "field-oneof-changed",
        r#"{"a":"x","c":"y"}"#,
        Reads(r#"{"c":"y"}"#),
    ),
    response("field-oneof-changed", r#"{"a":"x","c":"y"}"#, CannotSend),
    request("field-packing-changed", r#"{"ids":[1,2]}"#, Same),
    response("field-packing-changed", r#"{"ids":[1,2]}"#, Same),
    request("field-jstype-changed", r#"{"id":"5"}"#, Same),
    response("field-jstype-changed", r#"{"id":"5"}"#, Same),
    request("field-cpp-string-type-changed", r#"{"a":"x"}"#, Same),
    response("field-cpp-string-type-changed", r#"{"a":"x"}"#, Same),
    request("field-java-utf8-validation-changed", r#"{"a":"x"}"#, Same),
    response("field-java-utf8-validation-changed", r#"{"a":"x"}"#, Same),
];
