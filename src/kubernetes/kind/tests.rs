//! The calls to the engine, against one that answers as it is told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::node::Endpoint;
use super::*;

/// An engine that answers as it is told, and remembers what it was asked.
struct Fake {
    socket: PathBuf,
    asked: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

impl Fake {
    /// `answers` are the start of a request line each, with status, version header and body.
    fn start(answers: Vec<(&'static str, u16, &'static str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut lines = Vec::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    lines.push(line.trim().to_ascii_lowercase());
                }
                if lines.is_empty() {
                    continue;
                }
                let length = lines
                    .iter()
                    .find_map(|line| line.strip_prefix("content-length: "));
                let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                reader.read_exact(&mut body).unwrap();
                let request = lines[0].trim_end_matches(" http/1.1").to_owned();
                let (_, status, answer) = answers
                    .iter()
                    .find(|(start, _, _)| request.starts_with(start))
                    .copied()
                    .unwrap_or(("", 404, "{\"message\":\"page not found\"}"));
                log.lock().unwrap().push(request);
                let (header, body) = match answer.strip_prefix("api ") {
                    Some(version) => (format!("Api-Version: {version}\r\n"), "OK"),
                    None => (String::new(), answer),
                };
                let text = format!(
                    "HTTP/1.1 {status} X\r\n{header}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(text.as_bytes()).unwrap();
            }
        });
        Self {
            socket,
            asked,
            _folder: folder,
        }
    }

    async fn engine(&self) -> Engine {
        Engine::at(self.socket.clone(), "").await.unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        network: "kind".to_owned(),
        network_id: "net".to_owned(),
        address: "127.0.0.1:6443".parse().unwrap(),
    }
}

#[tokio::test]
async fn old_and_new_engines_are_spoken_to_in_a_version_that_they_know() {
    const OLDEST: &str = r#"{"ApiVersion": "1.60", "MinAPIVersion": "1.50"}"#;
    for (newest, version, used) in [
        ("api 1.41", OLDEST, "/v1.41/"),
        ("api 1.44", OLDEST, "/v1.44/"),
        (
            "api 1.52",
            r#"{"ApiVersion": "1.52", "MinAPIVersion": "1.44"}"#,
            "/v1.44/",
        ),
        ("api 1.60", OLDEST, "/v1.50/"),
        ("no header", OLDEST, "/v1.44/"),
    ] {
        let fake = Fake::start(vec![
            ("get /_ping", 200, newest),
            ("get /version", 200, version),
            ("get /v1", 200, "[]"),
        ]);
        let error = node::find(&fake.engine().await, "demo").await.unwrap_err();
        assert!(error.to_string().contains("no kind cluster at all"));
        let last = fake.asked().pop().unwrap();
        assert!(
            last.starts_with(&format!("get {used}containers/json?")),
            "{newest}: {last}"
        );
    }
}

#[tokio::test]
async fn what_was_attached_is_detached_once() {
    let fake = Fake::start(vec![
        ("get /_ping", 200, "api 1.41"),
        ("post /v1.41/networks/net/connect", 200, ""),
        (
            "post /v1.41/networks/net/disconnect",
            404,
            r#"{"message":"container x is not connected to network kind"}"#,
        ),
    ]);
    let attachment = Attachment::make(&fake.engine().await, "me", &endpoint())
        .await
        .unwrap();
    assert_eq!(fake.asked().len(), 2);
    drop(attachment);
    assert_eq!(fake.asked()[2..], ["post /v1.41/networks/net/disconnect"]);
}

#[tokio::test]
async fn what_was_attached_before_or_could_not_be_stays_as_it_is() {
    for (status, message, fails) in [
        (
            403,
            r#"{"message":"endpoint with name me already exists in network kind"}"#,
            false,
        ),
        (
            400,
            r#"{"message":"container cannot be connected to host network"}"#,
            true,
        ),
    ] {
        let fake = Fake::start(vec![
            ("get /_ping", 200, "api 1.41"),
            ("post /v1.41/networks/net/connect", status, message),
        ]);
        let made = Attachment::make(&fake.engine().await, "me", &endpoint()).await;
        assert_eq!(made.is_err(), fails, "{made:?}");
        assert!(made.ok().flatten().is_none());
        assert_eq!(fake.asked().len(), 2);
    }
}

#[tokio::test]
async fn an_order_that_was_given_up_is_undone() {
    // Nobody waits for the engine's answer.
    let fake = Fake::start(vec![
        ("get /_ping", 200, "api 1.41"),
        ("post /v1.41/networks/net/disconnect", 200, ""),
    ]);
    let engine = fake.engine().await;
    let endpoint = endpoint();
    let order = Attachment::make(&engine, "me", &endpoint);
    assert!(futures::FutureExt::now_or_never(order).is_none());
    let last = fake.asked().pop().unwrap();
    assert_eq!(last, "post /v1.41/networks/net/disconnect");
}
