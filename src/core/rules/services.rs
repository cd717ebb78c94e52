//! Rules about services, methods and the types that they name.

use super::{Example, Rule, effect};
use crate::core::change::ChangeKind as Kind;
use crate::core::level::Level::{Breaking, Drift, Info};

/// The rules, in the order in which documents list them.
pub(super) static RULES: &[Rule] = &[
    Rule {
        kind: Kind::ServiceMissing,
        id: "service-missing",
        summary: "a service that clients know is not served",
        fact: "service is not served",
        request: effect(Info, "clients get UNIMPLEMENTED if they call it here"),
        response: effect(Info, "clients get UNIMPLEMENTED if they call it here"),
        fix: "If this workload should serve it, name it under `expect` in .protodiff.yaml, so that its absence fails the gate.",
        fix_before: "Keep the service until no caller is left.",
        buf: &["PACKAGE_SERVICE_NO_DELETE", "SERVICE_NO_DELETE"],
        example: Example {
            client: "message Example {} service Kept { rpc Call(Example) returns (Example); } service Gone { rpc Call(Example) returns (Example); }",
            server: "message Example {} service Kept { rpc Call(Example) returns (Example); }",
        },
    },
    Rule {
        kind: Kind::ServiceUndocumented,
        id: "service-undocumented",
        summary: "a service is served that clients do not know",
        fact: "service is served, and clients do not know it",
        request: effect(Info, "clients cannot call what they do not know"),
        response: effect(Info, "clients cannot call what they do not know"),
        fix: "Add it to the module if clients should use it.",
        fix_before: "Nothing: callers that run now are not touched.",
        buf: &[],
        example: Example {
            client: "message Example {} service Kept { rpc Call(Example) returns (Example); }",
            server: "message Example {} service Kept { rpc Call(Example) returns (Example); } service Extra { rpc Call(Example) returns (Example); }",
        },
    },
    Rule {
        kind: Kind::MethodMissing,
        id: "method-missing",
        summary: "a method that clients know is not served",
        fact: "method is not served",
        request: effect(Breaking, "calls fail with UNIMPLEMENTED"),
        response: effect(Breaking, "calls fail with UNIMPLEMENTED"),
        fix: "Roll out a build that serves the method, or hold back the clients that call it.",
        fix_before: "Keep the method until no caller is left.",
        buf: &["RPC_NO_DELETE"],
        example: Example {
            client: "message Example {} service Svc { rpc Call(Example) returns (Example); rpc Gone(Example) returns (Example); }",
            server: "message Example {} service Svc { rpc Call(Example) returns (Example); }",
        },
    },
    Rule {
        kind: Kind::MethodUndocumented,
        id: "method-undocumented",
        summary: "a method is served that clients do not know",
        fact: "method is served, and clients do not know it",
        request: effect(Drift, "clients cannot call what they do not know"),
        response: effect(Drift, "clients cannot call what they do not know"),
        fix: "Push the module that this build was made from, or roll back to a build of the module.",
        fix_before: "Nothing: callers that run now are not touched.",
        buf: &[],
        example: Example {
            client: "message Example {} service Svc { rpc Call(Example) returns (Example); }",
            server: "message Example {} service Svc { rpc Call(Example) returns (Example); rpc Extra(Example) returns (Example); }",
        },
    },
    Rule {
        kind: Kind::MethodStreamingChanged,
        id: "method-streaming-changed",
        summary: "a method streams differently",
        fact: "method is {server} on the server and {client} for clients",
        request: effect(
            Breaking,
            "the two sides disagree on how many messages follow, and calls fail or hang",
        ),
        response: effect(
            Breaking,
            "the two sides disagree on how many messages follow, and calls fail or hang",
        ),
        fix: "Give the new kind of streaming a new method; roll out a build of the module.",
        fix_before: "Give the new kind of streaming a new method, and keep this one.",
        buf: &["RPC_SAME_CLIENT_STREAMING", "RPC_SAME_SERVER_STREAMING"],
        example: Example {
            client: "message Example {} service Svc { rpc Call(Example) returns (stream Example); }",
            server: "message Example {} service Svc { rpc Call(Example) returns (Example); }",
        },
    },
    Rule {
        kind: Kind::MethodRequestTypeChanged,
        id: "method-request-type-changed",
        summary: "a method takes an unrelated message",
        fact: "method takes `{server}` on the server and `{client}` for clients",
        request: effect(Breaking, "the server reads the request as another message"),
        response: effect(Info, "responses are not touched"),
        fix: "Roll out a build of the module, or give the new request a new method.",
        fix_before: "Give the new request a new method, and keep this one.",
        buf: &["RPC_SAME_REQUEST_TYPE"],
        example: Example {
            client: "message Example { string a = 1; int32 b = 2; } message Out {} service Svc { rpc Call(Example) returns (Out); }",
            server: "message Other { bytes x = 3; bool y = 4; } message Out {} service Svc { rpc Call(Other) returns (Out); }",
        },
    },
    Rule {
        kind: Kind::MethodResponseTypeChanged,
        id: "method-response-type-changed",
        summary: "a method returns an unrelated message",
        fact: "method returns `{server}` on the server and `{client}` for clients",
        request: effect(Info, "requests are not touched"),
        response: effect(Breaking, "clients read the response as another message"),
        fix: "Roll out a build of the module, or give the new response a new method.",
        fix_before: "Give the new response a new method, and keep this one.",
        buf: &["RPC_SAME_RESPONSE_TYPE"],
        example: Example {
            client: "message Example { string a = 1; int32 b = 2; } message In {} service Svc { rpc Call(In) returns (Example); }",
            server: "message Other { bytes x = 3; bool y = 4; } message In {} service Svc { rpc Call(In) returns (Other); }",
        },
    },
    Rule {
        kind: Kind::TypeRenamed,
        id: "type-renamed",
        summary: "a message or enum has another name and a like shape",
        fact: "type is named `{server}` on the server",
        request: effect(
            Info,
            "names of types are not sent, except inside google.protobuf.Any",
        ),
        response: effect(
            Info,
            "names of types are not sent, except inside google.protobuf.Any",
        ),
        fix: "Push the module that this build was made from, so that both sides use one name.",
        fix_before: "Nothing, unless the type travels inside google.protobuf.Any.",
        buf: &[
            "PACKAGE_MESSAGE_NO_DELETE",
            "MESSAGE_NO_DELETE",
            "PACKAGE_ENUM_NO_DELETE",
            "ENUM_NO_DELETE",
            "RPC_SAME_REQUEST_TYPE",
            "RPC_SAME_RESPONSE_TYPE",
            "FIELD_SAME_TYPE",
            "FIELD_WIRE_COMPATIBLE_TYPE",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
        example: Example {
            client: "message Example { Part part = 1; } message Part { string a = 1; }",
            server: "message Example { Piece part = 1; } message Piece { string a = 1; }",
        },
    },
    Rule {
        kind: Kind::MethodIdempotencyChanged,
        id: "method-idempotency-changed",
        summary: "a method's idempotency level differs",
        fact: "idempotency level is {server} on the server and {client} for clients",
        request: effect(
            Info,
            "gRPC calls are not touched; Connect clients choose between GET and POST by it",
        ),
        response: effect(
            Info,
            "gRPC calls are not touched; Connect clients choose between GET and POST by it",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        fix_before: "Keep the level while Connect clients call the method by GET.",
        buf: &["RPC_SAME_IDEMPOTENCY_LEVEL"],
        example: Example {
            client: "message Example {} service Svc { rpc Call(Example) returns (Example) { option idempotency_level = NO_SIDE_EFFECTS; } }",
            server: "message Example {} service Svc { rpc Call(Example) returns (Example); }",
        },
    },
    Rule {
        kind: Kind::MethodHttpChanged,
        id: "method-http-changed",
        summary: "a method is bound to another HTTP path, verb or body",
        fact: "method is bound to `{server}` on the server and to `{client}` for clients",
        request: effect(
            Drift,
            "gRPC calls are not touched; REST clients and the gateway disagree on where the call goes",
        ),
        response: effect(
            Drift,
            "gRPC calls are not touched; REST clients and the gateway disagree on where the call goes",
        ),
        fix: "Push the module that this build was made from, or roll out a build of the module.",
        fix_before: "Keep the old binding among `additional_bindings` while REST clients use it.",
        buf: &[],
        example: Example {
            client: r#"import "google/api/annotations.proto"; message Example {} service Svc { rpc Call(Example) returns (Example) { option (google.api.http) = { get: "/v1/example" }; } }"#,
            server: r#"import "google/api/annotations.proto"; message Example {} service Svc { rpc Call(Example) returns (Example) { option (google.api.http) = { get: "/v2/example" }; } }"#,
        },
    },
];
