//! Connections that break, stall or speak something else.

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic_reflection::pb::v1::ServerReflectionResponse;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::proxy::Proxy;
use crate::scan::{SHOP, scan};
use crate::scripted::{ONE_SECOND, SOON};
use crate::{Act, Server, Shop};

fn honest() -> Server {
    let shop = Shop::new();
    Server::v1(move |_, question| shop.answer(question))
}

#[test]
fn silence_ends_at_the_deadline() {
    let list_only = |shop: Shop| {
        Server::v1(move |_, question| match question {
            MessageRequest::ListServices(_) => shop.answer(question),
            _ => Act::Silence,
        })
    };
    for server in [Server::v1(|_, _| Act::Silence), list_only(Shop::new())] {
        let outcome = scan(SHOP, &server.url(), &ONE_SECOND);
        outcome.assert_unknown("silent-reflection", "did not answer");
        assert!(outcome.took < SOON, "{:?}", outcome.took);
    }
    let deaf = Proxy::start(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
        Ok(())
    });
    let outcome = scan(SHOP, &deaf.url(), &ONE_SECOND);
    outcome.assert_unknown("silent-tcp", "sent nothing");
    assert!(outcome.took < SOON, "{:?}", outcome.took);
}

#[test]
fn a_byte_now_and_then_does_not_keep_a_scan_alive() {
    let server = honest();
    let slow = Proxy::drip(server.address, Duration::from_millis(100));
    let outcome = scan(SHOP, &slow.url(), &ONE_SECOND);
    assert_eq!(outcome.verdict(), "UNKNOWN");
    assert!(outcome.took < SOON, "{:?}", outcome.took);
    // Slow and steady arrives, if it may take its time.
    let slow = Proxy::drip(server.address, Duration::from_micros(1));
    scan(SHOP, &slow.url(), &["--pod-timeout", "1m"]).assert_sync();
}

#[test]
fn answers_that_nobody_asked_for_are_not_read_for_ever() {
    let shop = Shop::new();
    let server = Server::v1(move |_, question| match shop.answer(question) {
        Act::Answer(answer) => Act::Flood(answer),
        other => other,
    });
    let outcome = scan(SHOP, &server.url(), &ONE_SECOND);
    outcome.assert_unknown("invalid-descriptors", "another kind");
    assert!(outcome.took < SOON, "{:?}", outcome.took);
}

#[test]
fn a_connection_that_is_cut_is_disconnected_wherever_it_is_cut() {
    let server = honest();
    for after in [1, 9, 40, 100, 300, 1000, 3000] {
        let cut = Proxy::cut(server.address, after);
        let outcome = scan(SHOP, &cut.url(), &[]);
        assert_eq!(
            outcome.verdict(),
            "UNKNOWN",
            "{after}: {:#}",
            outcome.report
        );
        assert_eq!(
            outcome.reasons()[0].0,
            "disconnected",
            "{after}: {:#}",
            outcome.report
        );
    }
    let mute = Proxy::start(|stream| async move {
        drop(stream);
        Ok(())
    });
    let outcome = scan(SHOP, &mute.url(), &[]);
    outcome.assert_unknown("disconnected", "");
}

#[test]
fn other_protocols_are_told_apart() {
    let says = |words: &'static [u8]| {
        Proxy::start(move |mut stream| async move {
            let _ = stream.read(&mut [0; 4096]).await?;
            stream.write_all(words).await?;
            stream.shutdown().await?;
            // As servers do: closing with something unread would take the words back.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
            Ok(())
        })
    };
    let http1 = says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    scan(SHOP, &http1.url(), &[]).assert_unknown("not-grpc", "HTTP/1");
    let redis = says(b"-ERR unknown command\r\n");
    scan(SHOP, &redis.url(), &[]).assert_unknown("not-grpc", "does not speak gRPC");
    let ssh = says(b"SSH-2.0-OpenSSH_9.6\r\n");
    scan(SHOP, &ssh.url(), &[]).assert_unknown("not-grpc", "does not speak gRPC");
}

/// What a server made by hand does after it has answered the list.
#[derive(Debug, Clone, Copy)]
enum Then {
    Reset(h2::Reason),
    GoAway,
    Close,
    Trailers,
}

/// A server on bare HTTP/2.
fn by_hand(then: Then) -> Proxy {
    Proxy::start(move |stream| async move {
        let mut connection = h2::server::handshake(stream).await.map_err(io)?;
        while let Some(request) = connection.accept().await {
            let (_, mut respond) = request.map_err(io)?;
            let response = http::Response::builder()
                .header("content-type", "application/grpc")
                .body(())
                .unwrap();
            let mut send = respond.send_response(response, false).map_err(io)?;
            let answer = ServerReflectionResponse {
                message_response: Some(Shop::new().list()),
                ..ServerReflectionResponse::default()
            };
            let body = answer.encode_to_vec();
            let mut frame = vec![0];
            frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
            frame.extend(body);
            send.send_data(Bytes::from(frame), false).map_err(io)?;
            match then {
                Then::Reset(reason) => send.send_reset(reason),
                Then::GoAway => connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM),
                Then::Trailers => {
                    // Without a status.
                    send.send_trailers(http::HeaderMap::new()).map_err(io)?;
                }
                Then::Close => {
                    // Let the frames out first.
                    let flush = std::future::poll_fn(|cx| connection.poll_closed(cx));
                    let _ = tokio::time::timeout(Duration::from_millis(100), flush).await;
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

fn io(error: h2::Error) -> std::io::Error {
    std::io::Error::other(error)
}

#[test]
fn resets_and_goodbyes_in_mid_stream_are_reasons() {
    for (then, kinds) in [
        (
            Then::Reset(h2::Reason::INTERNAL_ERROR),
            ["other"].as_slice(),
        ),
        (Then::Reset(h2::Reason::CANCEL), &["other"]),
        (Then::GoAway, &["other", "disconnected"]),
        // The end is seen before the next question or after it. If before, the question is asked
        // again, and this server answers any with the list.
        (Then::Trailers, &["invalid-descriptors", "other"]),
        (Then::Close, &["disconnected"]),
    ] {
        let server = by_hand(then);
        let outcome = scan(SHOP, &server.url(), &["--pod-timeout", "3s"]);
        assert_eq!(outcome.verdict(), "UNKNOWN", "{:#}", outcome.report);
        let reasons = outcome.reasons();
        assert!(kinds.contains(&reasons[0].0), "{then:?}: {reasons:?}");
        assert!(outcome.took < SOON, "{:?}", outcome.took);
    }
}
