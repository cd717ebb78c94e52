//! TLS, client certificates and headers.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tonic::{Request, Status};

use crate::proxy::Proxy;
use crate::scan::{SHOP, scan};
use crate::{Server, Shop};

/// A CA and what it has signed, as files.
struct Pki {
    folder: tempfile::TempDir,
}

impl Pki {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        let pki = Self { folder };
        let issuer = Issuer::new(params, key);
        for (name, subject) in [("server", "orders.shop.svc"), ("client", "scanner")] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![subject.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            fs::write(pki.file(&format!("{name}.pem")), certificate.pem()).unwrap();
            fs::write(pki.file(&format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        pki
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn flag(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// TLS in front of a server, with the certificate of `orders.shop.svc`.
    fn front(&self, server: SocketAddr, wants_client: bool) -> Proxy {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if wants_client {
            let mut roots = RootCertStore::empty();
            roots.add(certificate(&self.file("ca.pem"))).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from_pem_file(self.file("server.key")).unwrap();
        let chain = vec![certificate(&self.file("server.pem"))];
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Proxy::tls(config, server)
    }
}

fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

fn honest() -> Server {
    let shop = Shop::new();
    Server::v1(move |_, question| shop.answer(question))
}

const NAME: [&str; 2] = ["--server-name", "orders.shop.svc"];

#[test]
fn a_private_ca_and_a_server_name_will_do() {
    let (pki, server) = (Pki::new(), honest());
    let front = pki.front(server.address, false);
    let ca = pki.flag("ca.pem");
    let named = ["--cacert", &ca, NAME[0], NAME[1]];
    scan(SHOP, &front.tls_url(), &named).assert_sync();
    scan(SHOP, &front.url(), &named).assert_sync();
    scan(SHOP, &front.url(), &["--insecure-skip-verify"]).assert_sync();
}

#[test]
fn certificates_that_do_not_fit_say_which_flag_helps() {
    let (pki, server) = (Pki::new(), honest());
    let front = pki.front(server.address, false);
    let ca = pki.flag("ca.pem");
    let outcome = scan(SHOP, &front.tls_url(), &["--cacert", &ca]);
    outcome.assert_unknown("tls", "not valid for `127.0.0.1`, but for orders.shop.svc");
    assert!(
        outcome.reasons()[0]
            .2
            .contains("--server-name orders.shop.svc")
    );

    let wrong = ["--cacert", &ca, "--server-name", "carts.shop.svc"];
    let outcome = scan(SHOP, &front.tls_url(), &wrong);
    outcome.assert_unknown("tls", "not valid for `carts.shop.svc`");

    let outcome = scan(SHOP, &front.tls_url(), &NAME);
    outcome.assert_unknown("tls", "unknown issuer");
    assert!(outcome.reasons()[0].2.contains("--cacert"));
}

#[test]
fn plain_text_and_tls_are_told_apart() {
    let (pki, server) = (Pki::new(), honest());
    let front = pki.front(server.address, false);
    let outcome = scan(SHOP, &front.url(), &[]);
    outcome.assert_unknown("not-grpc", "speaks TLS");
    assert!(outcome.reasons()[0].2.contains("--tls"));

    let outcome = scan(SHOP, &server.url(), &["--tls"]);
    outcome.assert_unknown("not-grpc", "plain HTTP/2");
    assert!(outcome.reasons()[0].2.contains("without --tls"));
}

#[test]
fn a_client_certificate_is_sent_and_missed() {
    let (pki, server) = (Pki::new(), honest());
    let front = pki.front(server.address, true);
    let [ca, cert, key] = ["ca.pem", "client.pem", "client.key"].map(|name| pki.flag(name));
    let base = ["--cacert", &ca, NAME[0], NAME[1]];
    let with = [&base[..], &["--cert", &cert, "--key", &key]].concat();
    scan(SHOP, &front.tls_url(), &with).assert_sync();

    let outcome = scan(SHOP, &front.tls_url(), &base);
    outcome.assert_unknown("tls", "wants a client certificate");
    assert!(outcome.reasons()[0].2.contains("--cert"));

    let stranger = Pki::new();
    let [cert, key] = ["client.pem", "client.key"].map(|name| stranger.flag(name));
    let with = [&base[..], &["--cert", &cert, "--key", &key]].concat();
    let outcome = scan(SHOP, &front.tls_url(), &with);
    outcome.assert_unknown("tls", "did not accept the client certificate");
}

#[test]
fn a_header_is_sent_and_missed() {
    let guard = |request: Request<()>| match request.metadata().get("authorization") {
        Some(value) if value == "Bearer s3cret" => Ok(request),
        _ => Err(Status::unauthenticated("no token")),
    };
    let shop = Shop::new();
    let server = Server::guarded(move |_, question| shop.answer(question), guard);
    let with = ["-H", "authorization: Bearer s3cret"];
    scan(SHOP, &server.url(), &with).assert_sync();

    let outcome = scan(SHOP, &server.url(), &[]);
    outcome.assert_unknown("unauthenticated", "no token");
    assert!(outcome.reasons()[0].2.contains("-H"));
    let outcome = scan(SHOP, &server.url(), &["-H", "authorization: Bearer wrong"]);
    outcome.assert_unknown("unauthenticated", "no token");
    assert!(!outcome.report.to_string().contains("wrong"));
}
