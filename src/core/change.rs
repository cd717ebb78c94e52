//! Changes: the facts that a comparison finds, before any rule has judged them.

use std::collections::BTreeMap;

use crate::core::schema::Location;

/// What kind of difference it is. Each kind is judged by exactly one rule of the same name
/// ([`crate::core::rules`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// A service that only the client has.
    ServiceMissing,
    /// A service that only the server has.
    ServiceUndocumented,
    /// A method that only the client has.
    MethodMissing,
    /// A method that only the server has.
    MethodUndocumented,
    /// A method streams differently.
    MethodStreamingChanged,
    /// A method takes an unrelated message.
    MethodRequestTypeChanged,
    /// A method returns an unrelated message.
    MethodResponseTypeChanged,
    /// A message or enum of another name has taken its place, with a like shape.
    TypeRenamed,
    /// A field that only the client has.
    FieldMissing,
    /// A field that only the server has.
    FieldUndocumented,
    /// A required field that only the client has.
    RequiredFieldMissing,
    /// A required field that only the server has.
    RequiredFieldUndocumented,
    /// A field of the same name has another number.
    FieldNumberChanged,
    /// A field of the same number has another name, and a type that can be read.
    FieldNameChanged,
    /// A field of the same number has another name, and the same name in JSON.
    FieldNameChangedCompatibly,
    /// A field number serves another field altogether.
    FieldNumberReused,
    /// A field's type can't be read by the other side.
    FieldTypeChanged,
    /// A field's type changed to one of the same encoding.
    FieldTypeChangedCompatibly,
    /// A field's type has a smaller range on the server, in the same encoding.
    FieldTypeNarrower,
    /// A field's type has a larger range on the server, in the same encoding.
    FieldTypeWider,
    /// A field's cardinality can't be read by the other side.
    FieldCardinalityChanged,
    /// A field's cardinality changed, and single values still arrive.
    FieldCardinalityChangedCompatibly,
    /// A field is required by the server and not by the client.
    FieldRequiredByServer,
    /// A field is required by the client and not by the server.
    FieldRequiredByClient,
    /// An enum value that only the client has.
    EnumValueMissing,
    /// An enum value that only the server has.
    EnumValueUndocumented,
    /// An enum value of the same name has another number.
    EnumValueNumberChanged,
    /// An enum value of the same number has another name.
    EnumValueNameChanged,
    /// A method's idempotency level differs.
    MethodIdempotencyChanged,
    /// A method is bound to another HTTP path, verb or body.
    MethodHttpChanged,
    /// A field has another name in JSON alone.
    FieldJsonNameChanged,
    /// Only one side can tell an unset field from a default one.
    FieldPresenceChanged,
    /// A field has another default.
    FieldDefaultChanged,
    /// A field is in a oneof on one side only, or in another one.
    FieldOneofChanged,
    /// A oneof of the client is no oneof on the server.
    OneofMissing,
    /// A oneof has another name and the same members.
    OneofRenamed,
    /// A repeated field is packed on one side only.
    FieldPackingChanged,
    /// Only one side checks text to be UTF-8.
    FieldUtf8ValidationChanged,
    /// A field has another `jstype`.
    FieldJstypeChanged,
    /// A field has another C++ string type.
    FieldCppStringTypeChanged,
    /// A field has another UTF-8 check in Java.
    FieldJavaUtf8ValidationChanged,
    /// Something is deprecated on one side only.
    DeprecationChanged,
    /// An extension that only the client has.
    ExtensionMissing,
    /// An extension that only the server has.
    ExtensionUndocumented,
    /// Numbers are open for extensions for the client only.
    ExtensionRangeMissing,
    /// Numbers or names of a message are reserved for the client only.
    MessageReservedMissing,
    /// A message is a message set on one side only.
    MessageSetChanged,
    /// A message supports JSON on one side as far as it goes only.
    MessageJsonFormatChanged,
    /// A message has a standard descriptor accessor on one side only.
    MessageDescriptorAccessorChanged,
    /// An enum is open on one side and closed on the other.
    EnumOpennessChanged,
    /// An enum supports JSON on one side as far as it goes only.
    EnumJsonFormatChanged,
    /// Numbers or names of an enum are reserved for the client only.
    EnumReservedMissing,
    /// A message that no call reaches, and that only the client has.
    MessageMissing,
    /// An enum that no call reaches, and that only the client has.
    EnumMissing,
    /// A package that only the client has.
    PackageMissing,
    /// A file declares another package.
    FilePackageChanged,
    /// A file has another syntax or edition.
    FileSyntaxChanged,
    /// A file has another value of an option.
    FileOptionChanged,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 58] = [
        Self::FieldTypeNarrower,
        Self::FieldTypeWider,
        Self::FieldNameChangedCompatibly,
        Self::ServiceMissing,
        Self::ServiceUndocumented,
        Self::MethodMissing,
        Self::MethodUndocumented,
        Self::MethodStreamingChanged,
        Self::MethodRequestTypeChanged,
        Self::MethodResponseTypeChanged,
        Self::TypeRenamed,
        Self::FieldMissing,
        Self::FieldUndocumented,
        Self::RequiredFieldMissing,
        Self::RequiredFieldUndocumented,
        Self::FieldNumberChanged,
        Self::FieldNameChanged,
        Self::FieldNumberReused,
        Self::FieldTypeChanged,
        Self::FieldTypeChangedCompatibly,
        Self::FieldCardinalityChanged,
        Self::FieldCardinalityChangedCompatibly,
        Self::FieldRequiredByServer,
        Self::FieldRequiredByClient,
        Self::EnumValueMissing,
        Self::EnumValueUndocumented,
        Self::EnumValueNumberChanged,
        Self::EnumValueNameChanged,
        Self::MethodIdempotencyChanged,
        Self::MethodHttpChanged,
        Self::FieldJsonNameChanged,
        Self::FieldPresenceChanged,
        Self::FieldDefaultChanged,
        Self::FieldOneofChanged,
        Self::OneofMissing,
        Self::OneofRenamed,
        Self::FieldPackingChanged,
        Self::FieldUtf8ValidationChanged,
        Self::FieldJstypeChanged,
        Self::FieldCppStringTypeChanged,
        Self::FieldJavaUtf8ValidationChanged,
        Self::DeprecationChanged,
        Self::ExtensionMissing,
        Self::ExtensionUndocumented,
        Self::ExtensionRangeMissing,
        Self::MessageReservedMissing,
        Self::MessageSetChanged,
        Self::MessageJsonFormatChanged,
        Self::MessageDescriptorAccessorChanged,
        Self::EnumOpennessChanged,
        Self::EnumJsonFormatChanged,
        Self::EnumReservedMissing,
        Self::MessageMissing,
        Self::EnumMissing,
        Self::PackageMissing,
        Self::FilePackageChanged,
        Self::FileSyntaxChanged,
        Self::FileOptionChanged,
    ];
}

/// Which way a changed type travels in a method's calls.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the client to the server.
    Request,
    /// From the server to the client.
    Response,
    /// Both ways.
    Both,
}

impl Direction {
    /// Whether clients send it.
    pub fn is_request(self) -> bool {
        self != Self::Response
    }

    /// Whether clients receive it.
    pub fn is_response(self) -> bool {
        self != Self::Request
    }

    /// The two taken together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    /// As reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Both => "both",
        }
    }
}

/// A method whose calls a change touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodReach {
    /// `package.Service/Method`.
    pub name: String,
    /// Which way the changed type travels.
    pub direction: Direction,
}

impl MethodReach {
    /// Two lists taken together, sorted by name.
    pub fn union(a: Vec<Self>, b: Vec<Self>) -> Vec<Self> {
        let mut all: BTreeMap<String, Direction> = BTreeMap::new();
        for reach in a.into_iter().chain(b) {
            all.entry(reach.name)
                .and_modify(|known| *known = known.and(reach.direction))
                .or_insert(reach.direction);
        }
        all.into_iter()
            .map(|(name, direction)| Self { name, direction })
            .collect()
    }
}

/// One difference between what the server serves and what the client is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of difference.
    pub kind: ChangeKind,
    /// Full name of what differs, as the client names it (as the server does where the client
    /// lacks it):
    /// `pkg.Service`, `pkg.Service/Method`, `pkg.Message.field`, `pkg.Enum.VALUE`.
    pub subject: String,
    /// What the server has, as a `.proto` file would write it; `None` if nothing.
    pub server: Option<String>,
    /// What the client has; `None` if nothing.
    pub client: Option<String>,
    /// Where the truth declares it, or what encloses it there.
    pub location: Option<Location>,
    /// The methods that it touches, sorted by name; empty for a service.
    pub methods: Vec<MethodReach>,
}
