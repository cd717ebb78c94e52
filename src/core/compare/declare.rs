//! Declarations as a `.proto` file writes them, for messages.

use crate::core::schema::{Cardinality, EnumValue, Field, Kind, Schema};

/// `repeated int32 ids = 3`, `map<string, int64> counts = 4`.
pub(super) fn field(schema: &Schema, field: &Field) -> String {
    let label = match field.cardinality {
        Cardinality::Singular
            if field.presence && field.oneof.is_none() && is_plain(&field.kind) =>
        {
            "optional "
        }
        Cardinality::Singular => "",
        Cardinality::Required => "required ",
        Cardinality::Repeated => "repeated ",
        Cardinality::Map => return map(schema, field),
    };
    format!("{label}{} {} = {}", field.kind, field.name, field.number)
}

fn is_plain(kind: &Kind) -> bool {
    matches!(kind, Kind::Scalar(_) | Kind::Enum(_))
}

fn map(schema: &Schema, field: &Field) -> String {
    let entry = schema.messages.get(field.kind.as_str());
    let part = |number: i32| {
        entry
            .and_then(|entry| entry.fields.get(&number))
            .map_or_else(|| "?".to_owned(), |field| field.kind.to_string())
    };
    format!(
        "map<{}, {}> {} = {}",
        part(1),
        part(2),
        field.name,
        field.number
    )
}

/// `KIND_NEW = 3`.
pub(super) fn value(value: &EnumValue) -> String {
    format!("{} = {}", value.name, value.number)
}

/// `2, 5 to 9, "old"`.
pub(super) fn reserved(ranges: &[(i32, i32)], names: &[&String]) -> String {
    let numbers = ranges.iter().map(|(start, end)| match (start, end) {
        (start, end) if start == end => start.to_string(),
        (start, &i32::MAX | 536_870_911) => format!("{start} to max"),
        (start, end) => format!("{start} to {end}"),
    });
    let names = names.iter().map(|name| format!("\"{name}\""));
    numbers.chain(names).collect::<Vec<_>>().join(", ")
}

/// What `wanted` covers and `given` does not; both sorted, their parts apart from each other.
pub(super) fn uncovered(wanted: &[(i32, i32)], given: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut out = Vec::new();
    for &(start, end) in wanted {
        let mut next = Some(start);
        for &(from, to) in given
            .iter()
            .filter(|(from, to)| *to >= start && *from <= end)
        {
            let Some(at) = next else { break };
            if from > at {
                out.push((at, from - 1));
            }
            next = to.checked_add(1).filter(|at| *at <= end);
        }
        if let Some(at) = next {
            out.push((at, end));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_covered_is_left() {
        assert_eq!(uncovered(&[(1, 10)], &[]), [(1, 10)]);
        assert_eq!(uncovered(&[(1, 10)], &[(1, 10)]), []);
        assert_eq!(uncovered(&[(1, 10)], &[(3, 4), (8, 20)]), [(1, 2), (5, 7)]);
        assert_eq!(uncovered(&[(5, i32::MAX)], &[(0, 6)]), [(7, i32::MAX)]);
        assert_eq!(uncovered(&[(1, i32::MAX)], &[(0, i32::MAX)]), []);
        assert_eq!(uncovered(&[(1, 2), (5, 6)], &[(2, 5)]), [(1, 1), (6, 6)]);
    }

    #[test]
    fn reserved_numbers_and_names_read_as_in_a_file() {
        let old = "old".to_owned();
        assert_eq!(
            reserved(&[(2, 2), (5, 9), (100, 536_870_911)], &[&old]),
            "2, 5 to 9, 100 to max, \"old\""
        );
    }
}
