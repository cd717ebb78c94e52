//! The rules of `buf breaking` and their categories, as data (`buf config ls-breaking-rules
//! --version v2`); a test compares this table with the real buf.
//!
//! Versions v1 and v1beta1 differ by the category CSR, which they lack, and by older names of rules
//! ([`REPLACED`]).

/// Each rule with its categories, sorted by id.
pub const RULES: &[(&str, &[&str])] = &[
    ("ENUM_NO_DELETE", &["CSR", "FILE"]),
    (
        "ENUM_SAME_JSON_FORMAT",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON"],
    ),
    ("ENUM_SAME_TYPE", &["FILE", "PACKAGE"]),
    ("ENUM_VALUE_NO_DELETE", &["CSR", "FILE", "PACKAGE"]),
    (
        "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
        &["CSR", "WIRE_JSON"],
    ),
    (
        "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        &["CSR", "WIRE_JSON", "WIRE"],
    ),
    (
        "ENUM_VALUE_SAME_NAME",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON"],
    ),
    ("EXTENSION_MESSAGE_NO_DELETE", &["CSR", "FILE", "PACKAGE"]),
    ("EXTENSION_NO_DELETE", &["FILE"]),
    ("FIELD_NO_DELETE", &["CSR", "FILE", "PACKAGE"]),
    (
        "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
        &["CSR", "WIRE_JSON"],
    ),
    (
        "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        &["CSR", "WIRE_JSON", "WIRE"],
    ),
    ("FIELD_SAME_CARDINALITY", &["FILE", "PACKAGE"]),
    ("FIELD_SAME_CPP_STRING_TYPE", &["FILE", "PACKAGE"]),
    (
        "FIELD_SAME_DEFAULT",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    ("FIELD_SAME_JAVA_UTF8_VALIDATION", &["FILE", "PACKAGE"]),
    (
        "FIELD_SAME_JSON_NAME",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON"],
    ),
    ("FIELD_SAME_JSTYPE", &["FILE", "PACKAGE"]),
    ("FIELD_SAME_NAME", &["CSR", "FILE", "PACKAGE", "WIRE_JSON"]),
    (
        "FIELD_SAME_ONEOF",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    ("FIELD_SAME_TYPE", &["CSR", "FILE", "PACKAGE"]),
    ("FIELD_SAME_UTF8_VALIDATION", &["FILE", "PACKAGE"]),
    ("FIELD_WIRE_COMPATIBLE_CARDINALITY", &["WIRE"]),
    ("FIELD_WIRE_COMPATIBLE_TYPE", &["WIRE"]),
    (
        "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        &["CSR", "WIRE_JSON"],
    ),
    ("FIELD_WIRE_JSON_COMPATIBLE_TYPE", &["CSR", "WIRE_JSON"]),
    ("FILE_NO_DELETE", &["CSR", "FILE"]),
    ("FILE_SAME_CC_ENABLE_ARENAS", &["FILE", "PACKAGE"]),
    ("FILE_SAME_CC_GENERIC_SERVICES", &["FILE", "PACKAGE"]),
    ("FILE_SAME_CSHARP_NAMESPACE", &["FILE", "PACKAGE"]),
    ("FILE_SAME_GO_PACKAGE", &["FILE", "PACKAGE"]),
    ("FILE_SAME_JAVA_GENERIC_SERVICES", &["FILE", "PACKAGE"]),
    ("FILE_SAME_JAVA_MULTIPLE_FILES", &["FILE", "PACKAGE"]),
    ("FILE_SAME_JAVA_OUTER_CLASSNAME", &["FILE", "PACKAGE"]),
    ("FILE_SAME_JAVA_PACKAGE", &["FILE", "PACKAGE"]),
    ("FILE_SAME_OBJC_CLASS_PREFIX", &["FILE", "PACKAGE"]),
    ("FILE_SAME_OPTIMIZE_FOR", &["FILE", "PACKAGE"]),
    (
        "FILE_SAME_PACKAGE",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    ("FILE_SAME_PHP_CLASS_PREFIX", &["FILE", "PACKAGE"]),
    ("FILE_SAME_PHP_METADATA_NAMESPACE", &["FILE", "PACKAGE"]),
    ("FILE_SAME_PHP_NAMESPACE", &["FILE", "PACKAGE"]),
    ("FILE_SAME_PY_GENERIC_SERVICES", &["FILE", "PACKAGE"]),
    ("FILE_SAME_RUBY_PACKAGE", &["FILE", "PACKAGE"]),
    ("FILE_SAME_SWIFT_PREFIX", &["FILE", "PACKAGE"]),
    ("FILE_SAME_SYNTAX", &["CSR", "FILE", "PACKAGE"]),
    ("MESSAGE_NO_DELETE", &["CSR", "FILE"]),
    (
        "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
        &["CSR", "FILE", "PACKAGE"],
    ),
    (
        "MESSAGE_SAME_JSON_FORMAT",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON"],
    ),
    (
        "MESSAGE_SAME_REQUIRED_FIELDS",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    ("ONEOF_NO_DELETE", &["CSR", "FILE", "PACKAGE"]),
    ("PACKAGE_ENUM_NO_DELETE", &["PACKAGE"]),
    ("PACKAGE_EXTENSION_NO_DELETE", &["PACKAGE"]),
    ("PACKAGE_MESSAGE_NO_DELETE", &["PACKAGE"]),
    ("PACKAGE_NO_DELETE", &["PACKAGE"]),
    ("PACKAGE_SERVICE_NO_DELETE", &["PACKAGE"]),
    (
        "RESERVED_ENUM_NO_DELETE",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    (
        "RESERVED_MESSAGE_NO_DELETE",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    ("RPC_NO_DELETE", &["FILE", "PACKAGE"]),
    (
        "RPC_SAME_CLIENT_STREAMING",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    (
        "RPC_SAME_IDEMPOTENCY_LEVEL",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    (
        "RPC_SAME_REQUEST_TYPE",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    (
        "RPC_SAME_RESPONSE_TYPE",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    (
        "RPC_SAME_SERVER_STREAMING",
        &["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"],
    ),
    ("SERVICE_NO_DELETE", &["FILE"]),
];

/// Rules of v1 and v1beta1 that are deprecated, and what stands for them.
pub const REPLACED: &[(&str, &[&str])] = &[
    ("FIELD_SAME_CTYPE", &["FIELD_SAME_CPP_STRING_TYPE"]),
    (
        "FIELD_SAME_LABEL",
        &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
    ),
    (
        "FILE_SAME_JAVA_STRING_CHECK_UTF8",
        &["FIELD_SAME_JAVA_UTF8_VALIDATION"],
    ),
];

/// Whether a rule id or category, as `buf.yaml` writes it, means the rule `id`.
pub(super) fn covers(written: &str, id: &str) -> bool {
    let listed = |table: &[(&str, &[&str])], key: &str, value: &str| {
        table
            .iter()
            .any(|(name, values)| *name == key && values.contains(&value))
    };
    written == id || listed(RULES, id, written) || listed(REPLACED, written, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_categories_and_older_names_are_understood() {
        assert!(covers("RPC_NO_DELETE", "RPC_NO_DELETE"));
        assert!(covers("FILE", "RPC_NO_DELETE") && !covers("WIRE", "RPC_NO_DELETE"));
        assert!(covers("FIELD_SAME_LABEL", "FIELD_SAME_CARDINALITY"));
        assert!(!covers("FIELD_SAME_CARDINALITY", "FIELD_SAME_LABEL"));
        assert!(!covers("", "RPC_NO_DELETE") && !covers("rpc_no_delete", "RPC_NO_DELETE"));
    }
}
