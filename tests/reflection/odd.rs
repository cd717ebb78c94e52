//! Descriptors that no compiler would write, and that real servers send.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorProto};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::scan::{SHOP, scan};
use crate::schema::{field, files, message};
use crate::{Act, ORDERS, PAYMENTS, Server, Shop};

fn serve(shop: Shop) -> Server {
    Server::v1(move |_, question| shop.answer(question))
}

/// `common.v1.Money` in place of `.shop.common.v1.Money`, all through a message.
fn relative(message: &mut DescriptorProto) {
    for field in &mut message.field {
        // As Node does it: the presence of `optional` is a oneof without the flag.
        field.proto3_optional = None;
        field.json_name = None;
        if let Some(name) = &mut field.type_name {
            *name = name
                .trim_start_matches(".shop.")
                .trim_start_matches('.')
                .to_owned();
        }
    }
    message.nested_type.iter_mut().for_each(relative);
    // Map entries are named after the field.
    for nested in &mut message.nested_type {
        let old = nested.name().to_owned();
        if let Some(short) = old.strip_suffix("Entry") {
            let new = short.to_owned();
            for field in &mut message.field {
                if let Some(name) = &mut field.type_name
                    && name.ends_with(&old)
                {
                    name.clone_from(&new);
                }
            }
            nested.name = Some(new);
        }
    }
}

/// One file for each package, rebuilt from parsed objects.
fn synthetic(shop: &mut Shop) {
    let mut rebuilt = Vec::new();
    for file in shop.files.values() {
        let mut file = file.clone();
        file.options = None;
        file.name = Some(format!("{}.proto", file.package().replace('.', "_")));
        for import in &mut file.dependency {
            let of = shop.files[import.as_str()].package();
            *import = format!("{}.proto", of.replace('.', "_"));
        }
        file.dependency.dedup();
        file.message_type.iter_mut().for_each(relative);
        for method in file.service.iter_mut().flat_map(|s| &mut s.method) {
            for name in [&mut method.input_type, &mut method.output_type] {
                let short = name.as_deref().unwrap().rsplit('.').next().unwrap();
                *name = Some(short.to_owned());
            }
        }
        rebuilt.push(file);
    }
    shop.files.clear();
    for file in rebuilt {
        let name = file.name().to_owned();
        match shop.files.get_mut(&name) {
            Some(known) => {
                known.message_type.extend(file.message_type);
                known.enum_type.extend(file.enum_type);
            }
            None => {
                shop.files.insert(name, file);
            }
        }
    }
}

/// As older versions do it: maps lose the option that marks them.
fn without_options(message: &mut DescriptorProto) {
    message.options = None;
    message.nested_type.iter_mut().for_each(without_options);
}

#[test]
fn files_rebuilt_from_parsed_objects_are_in_sync() {
    let mut shop = Shop::new();
    synthetic(&mut shop);
    let outcome = scan(SHOP, &serve(shop.clone()).url(), &[]);
    outcome.assert_sync();
    assert!(outcome.notes()[0].contains("not compared"));
    for file in shop.files.values_mut() {
        file.message_type.iter_mut().for_each(without_options);
    }
    scan(SHOP, &serve(shop).url(), &[]).assert_sync();
}

/// What Node's loader makes of names, with its default options.
fn camel_case(message: &mut DescriptorProto) {
    for field in &mut message.field {
        let mut parts = field.name().split('_').map(str::to_owned);
        let mut name = parts.next().unwrap();
        for part in parts {
            name.push_str(&part[..1].to_uppercase());
            name.push_str(&part[1..]);
        }
        field.name = Some(name);
    }
    message.nested_type.iter_mut().for_each(camel_case);
}

#[test]
fn names_that_node_makes_ambiguous_are_understood() {
    let truth = tempfile::tempdir().unwrap();
    let proto = "syntax = \"proto2\"; package purse.v1;\n\
        service Purses { rpc Put(Purse) returns (Money); }\n\
        message Money { optional int64 units = 1; required string long_name = 2; }\n\
        message Purse {\n\
          map<string, Money> money = 1;\n\
          optional Money total = 2;\n\
          repeated Money spare_money = 3;\n\
          map<string, Purse> purse = 4;\n\
          extensions 100 to 200;\n\
        }\n";
    std::fs::write(truth.path().join("purse.proto"), proto).unwrap();
    let mut shop = Shop::load(truth.path(), &["purse.v1.Purses"]);
    synthetic(&mut shop);
    let file = shop.file("purse_v1.proto");
    for message in &mut file.message_type {
        let fields = message.field.iter_mut();
        fields
            .filter(|f| f.label() == Label::Required)
            .for_each(|f| f.set_label(Label::Optional));
        let absolute = ["Money", "Purse"].map(|name| format!("purse.v1.{name}"));
        for field in message
            .nested_type
            .iter_mut()
            .flat_map(|n| &mut n.field)
            .chain(&mut message.field)
        {
            if let Some(name) = &mut field.type_name
                && absolute.contains(name)
            {
                *name = name.rsplit('.').next().unwrap().to_owned();
            }
        }
        camel_case(message);
    }
    let extension = field(".purse.v1.extra", 101, Type::String, None);
    let purse = file.message_type.iter_mut().find(|m| m.name() == "Purse");
    purse.unwrap().field.push(extension);
    file.syntax = Some("proto3".to_owned());
    let truth = truth.path().to_str().unwrap();
    scan(truth, &serve(shop.clone()).url(), &[]).assert_sync();

    // A rename and a new type are still seen.
    let money = &mut shop.file("purse_v1.proto").message_type[0];
    money.field[1].name = Some("shortName".to_owned());
    money.field[0].set_type(Type::String);
    let outcome = scan(truth, &serve(shop).url(), &[]);
    assert_eq!(
        outcome.findings(),
        [
            ("field-type-changed", "purse.v1.Money.units"),
            ("field-name-changed", "purse.v1.Money.long_name"),
        ]
    );
}

#[test]
fn files_rebuilt_from_parsed_objects_still_show_what_is_gone() {
    let mut shop = Shop::new().without_watch();
    shop.message("CreateRequest")
        .field
        .retain(|f| f.name() != "note");
    synthetic(&mut shop);
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    assert_eq!(outcome.verdict(), "MISMATCH");
    assert_eq!(
        outcome.findings(),
        [
            ("method-missing", "shop.orders.v1.OrderService/Watch"),
            ("field-missing", "shop.orders.v1.CreateRequest.note"),
        ]
    );
}

#[test]
fn a_missing_import_that_no_compared_type_needs_is_noted() {
    let mut shop = Shop::new();
    shop.orders()
        .dependency
        .push("validate/validate.proto".to_owned());
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    outcome.assert_sync();
    assert!(
        outcome.notes()[0].contains("`validate/validate.proto`"),
        "{:?}",
        outcome.notes()
    );
}

#[test]
fn a_missing_import_that_a_compared_type_needs_is_unknown_and_hides_nothing() {
    let mut shop = Shop::new().without_watch();
    shop.files.remove("shop/common/v1/common.proto");
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    assert_eq!(outcome.verdict(), "MISMATCH");
    assert_eq!(
        outcome.findings(),
        [("method-missing", "shop.orders.v1.OrderService/Watch")]
    );
    assert_eq!(outcome.reasons()[0].0, "unresolved");

    let mut shop = Shop::new();
    shop.files.remove("shop/common/v1/common.proto");
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    outcome.assert_unknown("unresolved", "`shop.common.v1.Address`");
    assert!(outcome.findings().is_empty());
}

#[test]
fn a_request_type_that_is_missing_is_unknown() {
    let mut shop = Shop::new();
    let messages = &mut shop.orders().message_type;
    messages.retain(|message| message.name() != "GetRequest");
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    outcome.assert_unknown("unresolved", "`shop.orders.v1.GetRequest`");
}

/// grpc-go's stand-in for an import that its registry lacks.
#[test]
fn a_placeholder_file_counts_as_missing() {
    let placeholder = |name: &str| FileDescriptorProto {
        name: Some(name.to_owned()),
        syntax: Some("<unknown:0>".to_owned()),
        ..FileDescriptorProto::default()
    };
    let mut shop = Shop::new();
    let option = "validate/validate.proto".to_owned();
    shop.orders().dependency.push(option.clone());
    shop.files.insert(option.clone(), placeholder(&option));
    scan(SHOP, &serve(shop.clone()).url(), &[]).assert_sync();

    let common = "shop/common/v1/common.proto";
    shop.files.insert(common.to_owned(), placeholder(common));
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    outcome.assert_unknown("unresolved", "`shop.common.v1.Address`");
}

#[test]
fn two_files_of_one_name_are_noted_and_the_first_counts() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| match question {
        MessageRequest::FileContainingSymbol(symbol) if symbol == PAYMENTS => {
            let file = shop.declaring(symbol).unwrap();
            let mut other = shop.declaring(ORDERS).unwrap().clone();
            other.service.clear();
            Act::Answer(files(&[other, file.clone()]))
        }
        other => shop.answer(other),
    });
    let outcome = scan(SHOP, &server.url(), &[]);
    outcome.assert_sync();
    assert!(outcome.notes()[0].contains("two different files named"));
}

#[test]
fn a_symbol_that_two_files_declare_alike_is_one_and_unlike_is_none() {
    let mut shop = Shop::new();
    let mut copy = shop.files["shop/common/v1/common.proto"].clone();
    copy.name = Some("proto/shop/common/v1/common.proto".to_owned());
    shop.orders().dependency.push(copy.name().to_owned());
    shop.files.insert(copy.name().to_owned(), copy.clone());
    scan(SHOP, &serve(shop.clone()).url(), &[]).assert_sync();

    copy.message_type[0].field[0] = field("amount", 9, Type::Int64, None);
    shop.files.insert(copy.name().to_owned(), copy);
    let outcome = scan(SHOP, &serve(shop).url(), &[]);
    outcome.assert_unknown("invalid-descriptors", "is declared twice");
}

#[test]
fn duplicates_within_a_file_are_survived() {
    let mut shop = Shop::new();
    let twice = shop.orders().message_type[0].clone();
    shop.orders().message_type.push(twice);
    let again = shop.orders().service[0].clone();
    shop.orders().service.push(again);
    scan(SHOP, &serve(shop).url(), &[]).assert_sync();
}

#[test]
fn cyclic_imports_and_cyclic_messages_end() {
    let mut shop = Shop::new();
    let orders = shop.orders().name().to_owned();
    let common = shop.file("shop/common/v1/common.proto");
    common.dependency.push(orders);
    common.dependency.push(common.name().to_owned());
    let money = ".shop.common.v1.Money";
    common.message_type.push(message(
        "Loop",
        vec![
            field("again", 1, Type::Message, Some(".shop.common.v1.Loop")),
            field("money", 2, Type::Message, Some(money)),
        ],
    ));
    scan(SHOP, &serve(shop).url(), &[]).assert_sync();
}

#[test]
fn names_of_files_and_their_order_do_not_matter() {
    let mut shop = Shop::new();
    let old = "shop/common/v1/common.proto";
    let mut common = shop.files.remove(old).unwrap();
    common.name = Some("zzz/renamed.proto".to_owned());
    common.message_type.reverse();
    for file in shop.files.values_mut() {
        for import in &mut file.dependency {
            if import == old {
                common.name().clone_into(import);
            }
        }
    }
    shop.files.insert(common.name().to_owned(), common);
    scan(SHOP, &serve(shop).url(), &[]).assert_sync();
}

#[test]
fn unknown_fields_and_options_are_no_difference() {
    let mut shop = Shop::new();
    for file in shop.files.values_mut() {
        file.options = None;
    }
    let server = Server::v1(move |_, question| {
        let found = match question {
            MessageRequest::FileContainingSymbol(symbol) => shop.declaring(symbol),
            MessageRequest::FileByFilename(name) => shop.files.get(name),
            _ => return shop.answer(question),
        };
        let mut bytes = found.unwrap().encode_to_vec();
        // Field 1000, a varint.
        bytes.extend([0xc0, 0x3e, 1]);
        Act::Answer(crate::schema::raw(vec![bytes]))
    });
    scan(SHOP, &server.url(), &[]).assert_sync();
}
