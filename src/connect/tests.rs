//! Against real listeners on loopback: each way to fail gives its own reason.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
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
            Err(status) => Err(stats
                .explain(false)
                .unwrap_or_else(|| Reason::new(ReasonKind::Other, status.message()))),
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

/// A CA, a server certificate for `cart.shop.svc`, and a TLS server that uses it.
struct Pki {
    dir: tempfile::TempDir,
    ca: CertifiedIssuer<'static, KeyPair>,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), ca.pem()).unwrap();
        Self { dir, ca }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn issue(&self, names: &[&str], expired: bool) -> (rcgen::Certificate, KeyPair) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        if expired {
            params.not_before = rcgen::date_time_ymd(2001, 1, 1);
            params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        assert!(!key.der_bytes().is_empty());
        (params.signed_by(&key, &self.ca).unwrap(), key)
    }

    /// A TLS server that says SETTINGS and no more.
    async fn serve(&self, names: &[&str], expired: bool, wants_client: bool) -> u16 {
        let (cert, key) = self.issue(names, expired);
        let builder = rustls::ServerConfig::builder();
        let builder = if wants_client {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(self.ca.der().clone()).unwrap();
            let verifier = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots));
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![CertificateDer::from(cert.der().to_vec())];
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        serve(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let _ = stream.write_all(&SETTINGS).await;
                let _ = stream.flush().await;
                let mut buffer = [0; 1024];
                while matches!(stream.read(&mut buffer).await, Ok(n) if n > 0) {}
            }
        })
        .await
    }

    fn trusting(&self) -> TlsOptions {
        TlsOptions {
            ca: Some(self.path("ca.pem")),
            server_name: Some("cart.shop.svc".to_owned()),
            ..TlsOptions::default()
        }
    }
}

#[tokio::test]
async fn certificates_that_are_not_trusted() {
    let pki = Pki::new();
    let port = pki.serve(&["cart.shop.svc"], false, false).await;
    let unknown = Some(TlsOptions::default());
    expect(
        ask(unknown, port).await,
        ReasonKind::Tls,
        "unknown issuer",
        "--cacert",
    );
    let wrong_name = Some(TlsOptions {
        server_name: None,
        ..pki.trusting()
    });
    expect(
        ask(wrong_name, port).await,
        ReasonKind::Tls,
        "not valid for `127.0.0.1`, but for cart.shop.svc",
        "--server-name cart.shop.svc",
    );
    let expired = pki.serve(&["cart.shop.svc"], true, false).await;
    expect(
        ask(Some(pki.trusting()), expired).await,
        ReasonKind::Tls,
        "has expired",
        "",
    );
    let sound = ask(Some(pki.trusting()), port).await;
    expect(sound, ReasonKind::SilentReflection, "speaks HTTP/2", "");
    let anyone = Some(TlsOptions {
        insecure_skip_verify: true,
        ..TlsOptions::default()
    });
    expect(
        ask(anyone, expired).await,
        ReasonKind::SilentReflection,
        "",
        "",
    );
}

#[tokio::test]
async fn client_certificates() {
    let pki = Pki::new();
    let port = pki.serve(&["cart.shop.svc"], false, true).await;
    expect(
        ask(Some(pki.trusting()), port).await,
        ReasonKind::Tls,
        "wants a client certificate",
        "--cert FILE --key FILE",
    );
    let (cert, key) = pki.issue(&["client"], false);
    std::fs::write(pki.path("c.pem"), cert.pem()).unwrap();
    std::fs::write(pki.path("k.pem"), key.serialize_pem()).unwrap();
    let with = |pki: &Pki| TlsOptions {
        identity: Some((pki.path("c.pem"), pki.path("k.pem"))),
        ..pki.trusting()
    };
    expect(
        ask(Some(with(&pki)), port).await,
        ReasonKind::SilentReflection,
        "",
        "",
    );
    let (cert, key) = Pki::new().issue(&["client"], false);
    std::fs::write(pki.path("c.pem"), cert.pem()).unwrap();
    std::fs::write(pki.path("k.pem"), key.serialize_pem()).unwrap();
    expect(
        ask(Some(with(&pki)), port).await,
        ReasonKind::Tls,
        "did not accept the client certificate",
        "--cert",
    );
}

#[tokio::test]
async fn plain_text_to_a_tls_server() {
    // Some servers send an alert …
    let port = answering(&[0x15, 3, 3, 0, 2, 2, 10]).await;
    expect(
        ask(None, port).await,
        ReasonKind::NotGrpc,
        "speaks TLS",
        "--tls",
    );
    // … others, rustls and Go's crypto/tls among them, just close.
    let pki = Pki::new();
    let port = pki.serve(&["cart.shop.svc"], false, false).await;
    expect(
        ask(None, port).await,
        ReasonKind::Disconnected,
        "without a word",
        "--tls",
    );
}

#[test]
fn tls_files_are_named_with_their_flag() {
    let pki = Pki::new();
    let load = |options: TlsOptions| {
        let options = ConnectOptions {
            tls: Some(options),
            ..ConnectOptions::default()
        };
        Connector::new(options).err().unwrap().to_string()
    };
    let error = load(TlsOptions {
        ca: Some(pki.path("none.pem")),
        ..TlsOptions::default()
    });
    assert!(
        error.starts_with("--cacert ") && error.contains("none.pem"),
        "{error}"
    );
    std::fs::write(pki.path("empty.pem"), "nothing").unwrap();
    let error = load(TlsOptions {
        ca: Some(pki.path("empty.pem")),
        ..TlsOptions::default()
    });
    assert!(error.contains("empty.pem: nothing usable"), "{error}");
    let (cert, _) = pki.issue(&["client"], false);
    let (_, other) = pki.issue(&["client"], false);
    std::fs::write(pki.path("c.pem"), cert.pem()).unwrap();
    std::fs::write(pki.path("k.pem"), other.serialize_pem()).unwrap();
    let error = load(TlsOptions {
        identity: Some((pki.path("c.pem"), pki.path("k.pem"))),
        ..TlsOptions::default()
    });
    assert!(
        error.starts_with("--cert ") && error.contains("k.pem"),
        "{error}"
    );
    let error = load(TlsOptions {
        server_name: Some("not a name".to_owned()),
        ..TlsOptions::default()
    });
    assert!(error.starts_with("--server-name"), "{error}");
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
