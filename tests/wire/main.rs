//! What the rules claim, seen on the wire: one side's schema writes a message, the other's reads it.
//!
//! Every rule about encoding has a case per direction ([`cases::all`]); the harness fails for a rule
//! without one, unless it is listed with the reason in [`cases::NOT_HERE`]. The schemas are the
//! rules' own examples, where these can show it. A direction of level `info` must lose nothing; one
//! of a higher level must fail, lose or change something.
//!
//! `prost-reflect` differs from the specification: it does not check required fields (the harness
//! does), it keeps unknown numbers also in closed enums, it rejects a field of another wire type
//! where most runtimes skip it as unknown, and it checks UTF-8 in proto2 as well.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cases;

use cases::{Case, Form, Got, NOT_HERE, Way};
use prost::Message as _;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage as _,
    SerializeOptions,
};
use protodiff::core::level::Level;
use protodiff::core::rules::{self, Rule};
use serde_json::Value;

/// A fragment as the pool of a whole file.
fn pool(fragment: &str) -> DescriptorPool {
    let (head, body) = match fragment.split_once(';') {
        Some((head, body)) if head.contains("syntax =") => (format!("{head};"), body),
        _ => ("syntax = \"proto3\";".to_owned(), fragment),
    };
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{head}\npackage example.v1;\n{body}\n");
    std::fs::write(folder.path().join("a.proto"), &text).unwrap();
    let set = protox::compile(["a.proto"], [folder.path()])
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    DescriptorPool::from_file_descriptor_set(set).unwrap()
}

fn message(fragment: &str, name: &str) -> MessageDescriptor {
    pool(fragment)
        .get_message_by_name(&format!("example.v1.{name}"))
        .unwrap()
}

fn parse(of: &MessageDescriptor, json: &str) -> Result<DynamicMessage, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    DynamicMessage::deserialize(of.clone(), &mut reader).map_err(|error| error.to_string())
}

fn write(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new();
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .unwrap()
}

/// The name of a required field that is not set.
fn unset_required(message: &DynamicMessage) -> Option<String> {
    message
        .descriptor()
        .fields()
        .find(|field| field.cardinality() == Cardinality::Required && !message.has_field(field))
        .map(|field| field.name().to_owned())
}

/// One side's message as the other side reads it.
fn transmit(
    sent: &DynamicMessage,
    to: &MessageDescriptor,
    form: Form,
) -> Result<DynamicMessage, String> {
    let read = match form {
        Form::Binary => DynamicMessage::decode(to.clone(), sent.encode_to_vec().as_slice())
            .map_err(|error| error.to_string())?,
        Form::Json => parse(to, &write(sent).to_string())?,
    };
    match unset_required(&read) {
        Some(field) => Err(format!("required field {field} is not set")),
        None => Ok(read),
    }
}

/// Whether what was seen is what the case says; `Err` tells both.
fn check(case: &Case, rule: &Rule) -> Result<(), String> {
    let (client, server) = case
        .schemas
        .unwrap_or((rule.example.client, rule.example.server));
    let (client, server) = (
        message(client, case.messages.0),
        message(server, case.messages.1),
    );
    let (from, to) = match case.way {
        Way::Request => (client, server),
        Way::Response => (server, client),
    };
    let sent = match (parse(&from, case.sent), case.got) {
        (Err(_), Got::CannotSend) => {
            return parse(&to, case.sent)
                .map(drop)
                .map_err(|error| format!("nobody can: {error}"));
        }
        (sent, Got::CannotSend) => {
            let sent = sent?;
            // Two members of a oneof: the later one wins already at the sender.
            let kept: Value = serde_json::from_str(case.sent).unwrap();
            return if write(&sent) == kept {
                Err("it can be sent".to_owned())
            } else {
                Ok(())
            };
        }
        (sent, _) => sent?,
    };
    let wanted: Value = serde_json::from_str(case.sent).unwrap();
    let read = transmit(&sent, &to, case.form);
    let seen = read.as_ref().map(write);
    let fits = match case.got {
        Got::Same => seen == Ok(wanted),
        Got::Reads(json) => {
            let json: Value = serde_json::from_str(json).unwrap();
            json != wanted && seen == Ok(json)
        }
        Got::Skips(json) => seen == Ok(serde_json::from_str(json).unwrap()),
        Got::Rejected => seen.is_err(),
        Got::Lost => seen != Ok(wanted),
        Got::MeansAnother(field) => {
            let value = |message: &DynamicMessage| {
                message
                    .get_field_by_name(field)
                    .map(std::borrow::Cow::into_owned)
            };
            read.as_ref().is_ok_and(|read| value(read) != value(&sent))
        }
        Got::CannotSend => unreachable!(),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("seen: {seen:?}"))
    }
}

#[test]
fn what_rules_claim_is_seen_on_the_wire() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let Some(rule) = Rule::named(case.rule) else {
            wrong.push(format!("{}: no such rule", case.rule));
            continue;
        };
        let level = match case.way {
            Way::Request => rule.request.level,
            Way::Response => rule.response.level,
        };
        let harmless = matches!(case.got, Got::Same | Got::Skips(_));
        if harmless != (level == Level::Info) {
            wrong.push(format!(
                "{} {:?}: {level:?} and {:?}",
                case.rule, case.way, case.got
            ));
        }
        if let Err(seen) = check(case, rule) {
            wrong.push(format!(
                "{} {:?} {:?}: {} should give {:?}; {seen}",
                case.rule, case.way, case.form, case.sent, case.got
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_has_a_case_per_direction_or_a_reason() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let excused = NOT_HERE
            .iter()
            .any(|(id, reason)| *id == rule.id && !reason.is_empty());
        for way in [Way::Request, Way::Response] {
            let shown = cases::all().any(|case| case.rule == rule.id && case.way == way);
            if shown == excused {
                wrong.push(format!(
                    "{} {way:?}: case {shown}, reason {excused}",
                    rule.id
                ));
            }
        }
    }
    for (id, _) in NOT_HERE {
        if Rule::named(id).is_none() {
            wrong.push(format!("{id}: no such rule"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
