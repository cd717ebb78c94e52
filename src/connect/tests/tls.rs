//! TLS: certificates, names, client certificates, files.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{SETTINGS, answering, ask, expect, serve};
use crate::connect::{ConnectOptions, Connector, TlsOptions};
use crate::core::observation::ReasonKind;

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
