//! Against real listeners on loopback: each way to fail gives its own reason.

mod forward;
mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use super::{ConnStats, ConnectOptions, Connector, TlsOptions};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::target::{Address, PortCandidate, Target, VersionKey, WorkloadRef};

const DEADLINE: Duration = Duration::from_millis(400);
/// An empty SETTINGS frame.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

fn target(port: u16, tls: bool) -> Target {
    Target {
        workload: WorkloadRef {
            namespace: String::new(),
            kind: "Endpoint".to_owned(),
            name: "x".to_owned(),
        },
        version: VersionKey::default(),
        name: "x".to_owned(),
        address: Address::Static {
            host: "127.0.0.1".to_owned(),
            port,
            tls,
        },
        ports: vec![PortCandidate {
            port,
            why: String::new(),
        }],
        entry: None,
        module: None,
        service: String::new(),
    }
}

/// Asks for the list of services as `reflect` would, and explains a failure.
async fn ask(tls: Option<TlsOptions>, port: u16) -> Result<usize, Reason> {
    let connector = Connector::new(ConnectOptions {
        tls,
        ..ConnectOptions::default()
    })
    .unwrap();
    let stats = ConnStats::new(port);
    let exchange = async {
        let target = target(port, false);
        let connected = connector.connect(&target, port, &stats).await?;
        let mut client = ServerReflectionClient::new(connected.channel);
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let answered = async {
            let mut stream = client
                .server_reflection_info(futures::stream::iter([request]))
                .await?
                .into_inner();
            stream.message().await
        };
        match answered.await {
            Ok(message) => Ok(usize::from(message.is_some())),
            Err(answer) => Err(stats
                .explain(false)
                .unwrap_or_else(|| Reason::new(ReasonKind::Other, answer.message()))),
        }
    };
    match tokio::time::timeout(DEADLINE, exchange).await {
        Ok(result) => result,
        Err(_) => Err(stats.explain(true).unwrap()),
    }
}

/// A listener that does this with each connection.
async fn serve<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    port
}

/// Answers the client's first bytes with these, then keeps silent.
async fn answering(bytes: &'static [u8]) -> u16 {
    serve(move |mut stream| async move {
        let mut buffer = [0; 1024];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(bytes).await;
        while matches!(stream.read(&mut buffer).await, Ok(n) if n > 0) {}
    })
    .await
}

fn expect(result: Result<usize, Reason>, kind: ReasonKind, message: &str, hint: &str) {
    let reason = result.unwrap_err();
    assert_eq!(reason.kind, kind, "{reason:?}");
    assert!(reason.message.contains(message), "{reason:?}");
    assert!(reason.hint.contains(hint), "{reason:?}");
}

#[tokio::test]
async fn a_refused_port() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let message = format!("connection refused on port {port}");
    expect(
        ask(None, port).await,
        ReasonKind::Refused,
        &message,
        "--port",
    );
}

#[tokio::test]
async fn a_listener_that_never_answers() {
    let port = serve(|stream| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    expect(
        ask(None, port).await,
        ReasonKind::SilentTcp,
        "sent nothing",
        "",
    );
    let tls = Some(TlsOptions::default());
    expect(
        ask(tls, port).await,
        ReasonKind::SilentTcp,
        "sent nothing",
        "",
    );
}

#[tokio::test]
async fn http2_without_an_answer_to_reflection() {
    let port = answering(&SETTINGS).await;
    expect(
        ask(None, port).await,
        ReasonKind::SilentReflection,
        "speaks HTTP/2",
        "--pod-timeout",
    );
}

#[tokio::test]
async fn http1_and_other_protocols() {
    let http = answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    expect(
        ask(None, http).await,
        ReasonKind::NotGrpc,
        "HTTP/1",
        "--port",
    );
    let redis = answering(b"-ERR unknown command 'PRI'\r\n").await;
    expect(
        ask(None, redis).await,
        ReasonKind::NotGrpc,
        "does not speak gRPC",
        "--port",
    );
}

#[tokio::test]
async fn a_connection_closed_without_a_word() {
    let port = serve(|stream| async move { drop(stream) }).await;
    expect(
        ask(None, port).await,
        ReasonKind::Disconnected,
        &port.to_string(),
        "--tls",
    );
}

#[tokio::test]
async fn tls_to_a_plain_text_server() {
    let port = answering(&SETTINGS).await;
    let tls = || Some(TlsOptions::default());
    expect(
        ask(tls(), port).await,
        ReasonKind::NotGrpc,
        "plain HTTP/2",
        "without --tls",
    );
    let http = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    expect(
        ask(tls(), http).await,
        ReasonKind::NotGrpc,
        "HTTP/1",
        "--port",
    );
}

#[tokio::test]
async fn a_server_that_reflects() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    drop(listener);
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .build_v1()
        .unwrap();
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(reflection)
            .serve(address),
    );
    for _ in 0..50 {
        if TcpStream::connect(address).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ask(None, address.port()).await, Ok(1));
}
