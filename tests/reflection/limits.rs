//! Sizes, counts and nesting that no usual server has.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorProto};
use protodiff::connect::{ConnStats, ConnectOptions, Connector};
use protodiff::core::observation::{LiveDescriptors, ReasonKind};
use protodiff::discover::static_target;
use protodiff::reflect::{self, Limits, ReflectError};
use tonic::metadata::MetadataMap;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::scan::{SHOP, scan};
use crate::schema::{field, list, message, raw, service};
use crate::scripted::{ONE_SECOND, RUNTIME, SOON};
use crate::{Act, ORDERS, Server, Shop};

fn read(server: &Server, limits: Limits) -> Result<LiveDescriptors, ReflectError> {
    let connector = Connector::new(ConnectOptions::default()).unwrap();
    let port = server.address.port();
    let target = static_target("127.0.0.1", port, false);
    RUNTIME.block_on(async {
        let stats = ConnStats::new(port);
        let connected = connector.connect(&target, port, &stats).await.unwrap();
        reflect::read(connected.channel, &MetadataMap::new(), limits, &|_| true).await
    })
}

fn assert_too_large(result: Result<LiveDescriptors, ReflectError>, words: &str) {
    let reason = result.unwrap_err().into_reason();
    assert_eq!(reason.kind, ReasonKind::TooLarge, "{reason:?}");
    assert!(reason.message.contains(words), "{reason:?}");
}

/// Answers with these bytes in place of the orders file.
fn with_orders(bytes: Vec<u8>) -> Server {
    let shop = Shop::new();
    Server::v1(move |_, question| match question {
        MessageRequest::FileContainingSymbol(symbol) if symbol == ORDERS => {
            Act::Answer(raw(vec![bytes.clone()]))
        }
        other => shop.answer(other),
    })
}

/// A length-delimited field.
fn delimited(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

#[test]
fn an_answer_of_more_than_four_mebibytes_is_read() {
    let mut shop = Shop::new();
    let many = (0..150_000).map(|n| message(&format!("Unused{n:0>30}"), Vec::new()));
    shop.orders().message_type.extend(many);
    assert!(shop.orders().encoded_len() > 5 << 20);
    let server = Server::v1(move |_, question| shop.answer(question));
    scan(SHOP, &server.url(), &[]).assert_sync();
}

#[test]
fn each_limit_is_a_reason() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| shop.answer(question));
    let all = Limits::default();
    assert_eq!(read(&server, all).unwrap().files.len(), 5);
    let limits = Limits {
        message_bytes: 1000,
        ..all
    };
    assert_too_large(read(&server, limits), "an answer is too large");
    let limits = Limits {
        total_bytes: 1000,
        ..all
    };
    assert_too_large(read(&server, limits), "of descriptors");
    let limits = Limits { files: 2, ..all };
    assert_too_large(read(&server, limits), "more than 2 files");
    let limits = Limits { services: 1, ..all };
    assert_too_large(read(&server, limits), "lists 2 services");
}

#[test]
fn repeats_have_a_wider_limit_than_new_files() {
    let shop = Shop::new();
    let files = shop.files();
    let closure: usize = files.iter().map(Vec::len).sum();
    // Each answer is the whole closure again, as some servers send it.
    let server = Server::v1(move |_, question| match question {
        MessageRequest::ListServices(_) => shop.answer(question),
        _ => Act::Answer(raw(files.clone())),
    });
    let exact = Limits {
        total_bytes: closure,
        ..Limits::default()
    };
    assert!(read(&server, exact).is_ok());
    let small = Limits {
        total_bytes: closure - 1,
        ..Limits::default()
    };
    assert_too_large(read(&server, small), "of descriptors");
}

#[test]
fn a_compressed_answer_is_as_large_as_what_comes_out_of_it() {
    let shop = Shop::new();
    let script = move |_: usize, question: &MessageRequest| match question {
        MessageRequest::ListServices(_) => shop.answer(question),
        _ => Act::Answer(raw(vec![vec![0; 8 << 20]])),
    };
    let server = Server::start(crate::scripted::Scripts {
        v1: Some(std::sync::Arc::new(script)),
        v1alpha: None,
        gzip: true,
    });
    let limits = Limits {
        message_bytes: 1 << 20,
        ..Limits::default()
    };
    assert_too_large(read(&server, limits), "an answer is too large");
}

#[test]
fn an_endless_chain_of_imports_ends_at_the_limit() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| match question {
        MessageRequest::FileByFilename(name) => {
            let number: u64 = name.trim_start_matches("chain").parse().unwrap_or(0);
            let file = FileDescriptorProto {
                name: Some(name.clone()),
                dependency: vec![format!("chain{}", number + 1)],
                ..FileDescriptorProto::default()
            };
            Act::Answer(raw(vec![file.encode_to_vec()]))
        }
        other => shop.answer(other),
    });
    let limits = Limits {
        files: 200,
        ..Limits::default()
    };
    assert_too_large(read(&server, limits), "more than 200 files");
    let outcome = scan(SHOP, &server.url(), &ONE_SECOND);
    assert_eq!(outcome.verdict(), "UNKNOWN");
    let kind = outcome.reasons()[0].0;
    assert!(["too-large", "silent-reflection"].contains(&kind), "{kind}");
    assert!(outcome.took < SOON, "{:?}", outcome.took);
}

#[test]
fn messages_nested_without_end_do_not_overflow_the_stack() {
    // Each level wraps the one within: name = 1, nested_type = 3. Built from the inside out would
    // be quadratic, so the lengths are worked out first and written from the outside in.
    let depth = 100_000;
    let name = delimited(1, b"M");
    let mut lengths = vec![name.len()];
    for level in 0..depth {
        let inner: usize = lengths[level];
        lengths.push(name.len() + 1 + prost::encoding::encoded_len_varint(inner as u64) + inner);
    }
    let mut nested = Vec::new();
    for inner in lengths.iter().rev().skip(1) {
        nested.extend(&name);
        nested.push(3 << 3 | 2);
        prost::encoding::encode_varint(*inner as u64, &mut nested);
    }
    nested.extend(&name);
    let service = Shop::new().orders().service[0].encode_to_vec();
    let mut file = delimited(1, b"orders.proto");
    file.extend(delimited(2, b"shop.orders.v1"));
    file.extend(delimited(4, &nested));
    file.extend(delimited(6, &service));
    let outcome = scan(SHOP, &with_orders(file).url(), &[]);
    outcome.assert_unknown("invalid-descriptors", "does not decode");
}

#[test]
fn groups_nested_without_end_do_not_overflow_the_stack() {
    let mut file = Shop::new().orders().encode_to_vec();
    // Unknown field 15, start group, again and again.
    file.extend(std::iter::repeat_n(15 << 3 | 3, 1 << 20));
    let outcome = scan(SHOP, &with_orders(file).url(), &[]);
    outcome.assert_unknown("invalid-descriptors", "does not decode");
}

#[test]
fn damaged_descriptors_are_invalid() {
    let whole = Shop::new().orders().encode_to_vec();
    for length in [1, 7, whole.len() / 2, whole.len() - 1] {
        let server = with_orders(whole[..length].to_vec());
        let outcome = scan(SHOP, &server.url(), &[]);
        outcome.assert_unknown("invalid-descriptors", "does not decode");
    }
    // A fixed sequence that looks random.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..8 {
        let noise = (0..3000).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        });
        let server = with_orders(noise.collect());
        let outcome = scan(SHOP, &server.url(), &[]);
        assert_eq!(outcome.verdict(), "UNKNOWN", "{:#}", outcome.report);
    }
    // No bytes at all are a file without a name.
    scan(SHOP, &with_orders(Vec::new()).url(), &[]).assert_unknown("unresolved", ORDERS);
}

#[test]
fn a_list_of_a_hundred_thousand_services_is_refused() {
    let server = Server::v1(|_, _| Act::Answer(list((0..100_000).map(|n| format!("s{n}.v1.S")))));
    let outcome = scan(SHOP, &server.url(), &[]);
    outcome.assert_unknown("too-large", "100000 services");
}

#[test]
fn wide_descriptors_are_read_in_time() {
    // What is linear for a usual schema must not be quadratic for this one.
    let mut shop = Shop::new();
    let wide = 100_000;
    let entries: Vec<DescriptorProto> = (0..wide)
        .map(|n| message(&format!("E{n}"), Vec::new()))
        .collect();
    let fields = (1..=wide).map(|n| {
        let mut field = field(
            &format!("f{n}"),
            n,
            Type::Message,
            Some(&format!("E{}", wide - n)),
        );
        field.set_label(Label::Repeated);
        field
    });
    let mut broad = message("Broad", fields.collect());
    broad.nested_type = entries;
    let orders = shop.orders();
    orders.message_type.push(broad.clone());
    let mut copy = orders.clone();
    copy.name = Some("copy.proto".to_owned());
    orders.dependency.push("copy.proto".to_owned());
    shop.files.insert("copy.proto".to_owned(), copy);
    let server = Server::v1(move |_, question| shop.answer(question));
    let outcome = scan(SHOP, &server.url(), &[]);
    outcome.assert_sync();
    assert!(
        outcome.took < std::time::Duration::from_mins(1),
        "{:?}",
        outcome.took
    );
}

#[test]
fn a_chain_of_types_in_place_of_one_ends() {
    let truth = tempfile::tempdir().unwrap();
    let proto = "syntax = \"proto3\"; package list.v1;\n\
        message Node { Node next = 1; }\n\
        service Lists { rpc Get(Node) returns (Node); }\n";
    std::fs::write(truth.path().join("list.proto"), proto).unwrap();
    let links = 100_000;
    let link = |number| {
        if number == 0 {
            "Node".to_owned()
        } else {
            format!("Node{number}")
        }
    };
    let chain = (0..links).map(|number| {
        let next = format!(".list.v1.{}", link((number + 1) % links));
        message(
            &link(number),
            vec![field("next", 1, Type::Message, Some(&next))],
        )
    });
    let file = FileDescriptorProto {
        name: Some("list.proto".to_owned()),
        package: Some("list.v1".to_owned()),
        message_type: chain.collect(),
        service: vec![service("Lists", "Get", ".list.v1.Node")],
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    };
    let mut shop = Shop::new();
    shop.listed = vec!["list.v1.Lists".to_owned()];
    shop.files.insert("list.proto".to_owned(), file);
    let server = Server::v1(move |_, question| shop.answer(question));
    let outcome = scan(truth.path().to_str().unwrap(), &server.url(), &[]);
    assert_eq!(outcome.verdict(), "MISMATCH", "{:#}", outcome.report);
    assert!(outcome.findings().len() < 100);
    assert!(outcome.took < SOON * 3, "{:?}", outcome.took);
}
