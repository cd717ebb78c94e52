//! Which types and cardinalities can read each other's bytes.
//!
//! Source: "Updating A Message Type" in the protobuf language guide, and the wire types of the
//! encoding specification.

use crate::core::schema::{Cardinality, Kind, Scalar};

/// How two types or cardinalities relate on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compatibility {
    /// The same.
    Same,
    /// Bytes of one are read by the other, perhaps with loss.
    SameEncoding,
    /// Bytes of one mean nothing, or something else, to the other.
    Incompatible,
}

/// The families of scalar types whose members share an encoding.
#[derive(PartialEq, Eq)]
enum Encoding {
    Varint,
    ZigZag,
    Fixed32,
    Fixed64,
    Text,
    Alone(Scalar),
}

fn encoding(scalar: Scalar) -> Encoding {
    match scalar {
        Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 | Scalar::Uint64 | Scalar::Bool => {
            Encoding::Varint
        }
        Scalar::Sint32 | Scalar::Sint64 => Encoding::ZigZag,
        Scalar::Fixed32 | Scalar::Sfixed32 => Encoding::Fixed32,
        Scalar::Fixed64 | Scalar::Sfixed64 => Encoding::Fixed64,
        Scalar::String | Scalar::Bytes => Encoding::Text,
        Scalar::Double | Scalar::Float => Encoding::Alone(scalar),
    }
}

/// Whether every value of one type is a value of the other, under the same encoding, so that a
/// reader of the wider type loses nothing. Negative `int32`s are written with their sign extended,
/// as `int64`s are; `bool`s and enums are small numbers.
pub(super) fn fits(narrow: &Kind, wide: &Kind) -> bool {
    use Scalar::{Bool, Int32, Int64, Uint32, Uint64};
    matches!(
        (narrow, wide),
        (
            Kind::Scalar(Bool),
            Kind::Scalar(Int32 | Int64 | Uint32 | Uint64)
        ) | (Kind::Scalar(Int32) | Kind::Enum(_), Kind::Scalar(Int64))
            | (Kind::Enum(_), Kind::Scalar(Int32))
            | (Kind::Scalar(Uint32), Kind::Scalar(Int64 | Uint64))
            | (Kind::Scalar(Scalar::Sint32), Kind::Scalar(Scalar::Sint64))
    )
}

/// How two types relate; messages of whatever names count as the same here, and so do enums,
/// since their contents are compared on their own.
pub(super) fn kinds(server: &Kind, client: &Kind) -> Compatibility {
    match (server, client) {
        (Kind::Scalar(a), Kind::Scalar(b)) if a == b => Compatibility::Same,
        (Kind::Scalar(a), Kind::Scalar(b)) if encoding(*a) == encoding(*b) => {
            Compatibility::SameEncoding
        }
        (Kind::Scalar(scalar), Kind::Enum(_)) | (Kind::Enum(_), Kind::Scalar(scalar))
            if encoding(*scalar) == Encoding::Varint =>
        {
            Compatibility::SameEncoding
        }
        (Kind::Message(_), Kind::Message(_))
        | (Kind::Group(_), Kind::Group(_))
        | (Kind::Enum(_), Kind::Enum(_)) => Compatibility::Same,
        // What one side doesn't contain can't be judged; the walk reports it as unverified.
        (Kind::Unresolved(_), _) | (_, Kind::Unresolved(_)) => Compatibility::Same,
        _ => Compatibility::Incompatible,
    }
}

/// How two cardinalities of one type relate; `required` counts as singular here.
pub(super) fn cardinalities(
    server: Cardinality,
    client: Cardinality,
    kind: &Kind,
) -> Compatibility {
    let plain = |c: Cardinality| {
        if c == Cardinality::Required {
            Cardinality::Singular
        } else {
            c
        }
    };
    match (plain(server), plain(client)) {
        (a, b) if a == b => Compatibility::Same,
        // A map travels as a repeated message of its entries.
        (Cardinality::Map, Cardinality::Repeated) | (Cardinality::Repeated, Cardinality::Map) => {
            Compatibility::SameEncoding
        }
        // A singular reader takes the last value of several, or merges messages; a packed record
        // has another wire type than a single value, and is skipped.
        (Cardinality::Singular, Cardinality::Repeated)
        | (Cardinality::Repeated, Cardinality::Singular)
            if !kind.packable() =>
        {
            Compatibility::SameEncoding
        }
        _ => Compatibility::Incompatible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_share_an_encoding() {
        let kind = Kind::Scalar;
        assert_eq!(
            kinds(&kind(Scalar::Int32), &kind(Scalar::Int32)),
            Compatibility::Same
        );
        assert_eq!(
            kinds(&kind(Scalar::Int32), &kind(Scalar::Uint64)),
            Compatibility::SameEncoding
        );
        assert_eq!(
            kinds(&kind(Scalar::Int32), &kind(Scalar::Sint32)),
            Compatibility::Incompatible
        );
        assert_eq!(
            kinds(&kind(Scalar::Float), &kind(Scalar::Fixed32)),
            Compatibility::Incompatible
        );
        assert_eq!(
            kinds(&Kind::Enum("E".into()), &kind(Scalar::Int32)),
            Compatibility::SameEncoding
        );
        assert_eq!(
            kinds(&Kind::Group("M".into()), &Kind::Message("M".into())),
            Compatibility::Incompatible
        );
    }

    #[test]
    fn numbers_are_packed_and_strings_are_not() {
        let (one, many) = (Cardinality::Singular, Cardinality::Repeated);
        assert_eq!(
            cardinalities(one, many, &Kind::Scalar(Scalar::Int32)),
            Compatibility::Incompatible
        );
        assert_eq!(
            cardinalities(one, many, &Kind::Scalar(Scalar::String)),
            Compatibility::SameEncoding
        );
        assert_eq!(
            cardinalities(one, Cardinality::Required, &Kind::Scalar(Scalar::Bool)),
            Compatibility::Same
        );
    }
}
