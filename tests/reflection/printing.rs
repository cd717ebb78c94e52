//! Names and words of a hostile server, in what people read.

use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::scan::{SHOP, run, scan};
use crate::schema::{list, message, service};
use crate::scripted::not_found;
use crate::{Act, ORDERS, PAYMENTS, Server, Shop};

/// ANSI escapes, a new line with a heading, HTML, a mention, an image, a code fence, and text that
/// runs backwards.
const EVIL: &str = "x\u{1b}[31m\r\n# y<img src=a onerror=b>@team![z](http://z)```\u{202e}|";

/// The report in both forms for people, each checked for what must never be in it.
fn printed(server: &Server) -> [String; 2] {
    ["text", "markdown"].map(|format| {
        let args = ["scan", SHOP, "--target", &server.url(), "--format", format];
        let (output, _) = run(&args);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            !text.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        for c in text.chars() {
            assert!(c == '\n' || !c.is_control(), "{c:?} in {text}");
            assert!(c != '\u{202e}', "{text}");
        }
        assert!(!text.contains("\n# y"), "{text}");
        assert!(text.len() < 64 << 10, "{} bytes of {format}", text.len());
        text
    })
}

/// Markdown without what stands in code spans and fences, where nothing is markup.
fn outside_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fence = !fence;
        } else if !fence {
            let mut rest = line;
            while let Some(open) = rest.find('`').filter(|at| !rest[..*at].ends_with('\\')) {
                let ticks = rest[open..].chars().take_while(|c| *c == '`').count();
                let after = &rest[open + ticks..];
                let Some(close) = after.find(&"`".repeat(ticks)) else {
                    break;
                };
                out.push_str(&rest[..open]);
                rest = &after[close + ticks..];
            }
            out.push_str(rest);
            out.push('\n');
        }
    }
    out
}

fn assert_inert(markdown: &str) {
    let plain = outside_code(markdown);
    assert!(!plain.contains("<img"), "{plain}");
    assert!(!plain.contains("@team"), "{plain}");
    assert!(!plain.contains("![z]"), "{plain}");
}

#[test]
fn names_of_services_are_made_harmless() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| match question {
        MessageRequest::ListServices(_) => {
            Act::Answer(list([EVIL, ORDERS, PAYMENTS].map(str::to_owned)))
        }
        MessageRequest::FileContainingSymbol(symbol) if symbol == EVIL => {
            Act::Answer(not_found(EVIL))
        }
        other => shop.answer(other),
    });
    let outcome = scan(SHOP, &server.url(), &[]);
    outcome.assert_unknown("unresolved", EVIL);
    let [text, markdown] = printed(&server);
    assert!(text.contains("\\u{1b}[31m"), "{text}");
    assert_inert(&markdown);
}

#[test]
fn names_in_descriptors_are_made_harmless() {
    let mut shop = Shop::new();
    let orders = shop.orders();
    let mut method = orders.service[0].method[0].clone();
    method.name = Some(EVIL.to_owned());
    orders.service[0].method.push(method);
    orders.message_type.push(message("Extra", Vec::new()));
    orders
        .service
        .push(service(EVIL, EVIL, ".shop.orders.v1.Extra"));
    orders.dependency.push(EVIL.to_owned());
    let evil = format!("shop.orders.v1.{EVIL}");
    shop.listed.push(evil.clone());
    let field = &mut shop.message("GetResponse").field[1];
    field.name = Some(EVIL.to_owned());
    field.json_name = None;
    let server = Server::v1(move |_, question| shop.answer(question));
    let outcome = scan(SHOP, &server.url(), &[]);
    assert_eq!(outcome.verdict(), "MISMATCH", "{:#}", outcome.report);
    let found = outcome.findings();
    assert!(
        found.contains(&("service-undocumented", &evil)),
        "{found:?}"
    );
    let method = format!("{ORDERS}/{EVIL}");
    assert!(
        found.contains(&("method-undocumented", &method)),
        "{found:?}"
    );
    let field = "shop.orders.v1.GetResponse.revision";
    assert!(found.contains(&("field-name-changed", field)), "{found:?}");
    let [text, markdown] = printed(&server);
    assert!(text.contains("\\u{1b}[31m"), "{text}");
    assert_inert(&markdown);
}

#[test]
fn endless_names_and_words_are_cut() {
    let long = "a".repeat(1 << 20);
    let shop = Shop::new();
    let endless = long.clone();
    let server = Server::v1(move |_, question| match question {
        MessageRequest::ListServices(_) => Act::Answer(list(
            [endless.as_str(), "lost.v1.Lost", ORDERS].map(str::to_owned),
        )),
        MessageRequest::FileContainingSymbol(symbol) if symbol == "lost.v1.Lost" => {
            Act::Answer(not_found(&endless))
        }
        other => shop.answer(other),
    });
    let outcome = scan(SHOP, &server.url(), &[]);
    assert_eq!(outcome.verdict(), "UNKNOWN");
    assert_eq!(outcome.reasons().len(), 2);
    assert!(outcome.report.to_string().len() < 64 << 10);
    printed(&server);

    let change: [fn(&mut Shop, &str); 4] = [
        |shop, long| shop.orders().service[0].method[0].name = Some(long.to_owned()),
        |shop, long| shop.message("Order").field[0].name = Some(long.to_owned()),
        |shop, long| shop.message("Order").field[3].type_name = Some(format!(".{long}")),
        |shop, long| shop.orders().dependency.push(long.to_owned()),
    ];
    for (number, change) in change.into_iter().enumerate() {
        let mut shop = Shop::new();
        change(&mut shop, &long);
        let server = Server::v1(move |_, question| shop.answer(question));
        let outcome = scan(SHOP, &server.url(), &[]);
        assert!(outcome.report.to_string().len() < 64 << 10, "{number}");
        match number {
            3 => outcome.assert_sync(),
            _ => outcome.assert_unknown("invalid-descriptors", "a name of more than 2000 bytes"),
        }
        printed(&server);
    }
}
