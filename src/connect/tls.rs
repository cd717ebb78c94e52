//! TLS to targets: files are read once, with errors that name the flag and the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// `--tls` and its companions.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// `--cacert`: the only CAs to trust. Without it: those of `SSL_CERT_FILE` or of the system,
    /// and where there are none (a scratch image) Mozilla's, compiled in.
    pub ca: Option<PathBuf>,
    /// `--cert` and `--key`.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// `--server-name`: the name to verify, instead of the host or the pod's address.
    pub server_name: Option<String>,
    /// `--insecure-skip-verify`.
    pub insecure_skip_verify: bool,
}

/// TLS options that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsOptionsError {
    /// A file that is missing, unreadable, or holds no PEM.
    #[error("{flag} {}: {cause}; expected a PEM file with {expected}", path.display())]
    File {
        /// The flag that names it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
        /// What should be in it.
        expected: &'static str,
    },
    /// Certificate and key don't fit.
    #[error("--cert {} with --key {}: {cause}; give the certificate chain and the key that belongs to it", cert.display(), key.display())]
    Identity {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// Not a host name or address.
    #[error("--server-name `{0}` is neither a host name nor an address")]
    ServerName(String),
    /// The TLS library refuses.
    #[error("TLS: {0}")]
    Library(String),
}

/// TLS options, loaded.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) server_name: Option<ServerName<'static>>,
    pub(super) has_identity: bool,
}

impl Tls {
    pub(super) fn load(options: &TlsOptions) -> Result<Self, TlsOptionsError> {
        let library = |error: rustls::Error| TlsOptionsError::Library(error.to_string());
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(library)?;
        let builder = if options.insecure_skip_verify {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(TrustAnyone(provider)))
        } else {
            builder.with_root_certificates(roots(options.ca.as_deref())?)
        };
        let mut config = match &options.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let chain = certificates("--cert", cert)?;
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| file_error("--key", key, &error, "a private key"))?;
                builder
                    .with_client_auth_cert(chain, private)
                    .map_err(|error| TlsOptionsError::Identity {
                        cert: cert.clone(),
                        key: key.clone(),
                        cause: identity_cause(&error),
                    })?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let server_name = options
            .server_name
            .as_ref()
            .map(|name| {
                ServerName::try_from(name.clone())
                    .map_err(|_| TlsOptionsError::ServerName(name.clone()))
            })
            .transpose()?;
        Ok(Self {
            config: Arc::new(config),
            server_name,
            has_identity: options.identity.is_some(),
        })
    }
}

fn identity_cause(error: &rustls::Error) -> String {
    let text = error.to_string();
    if text.contains("UnsupportedCertVersion") {
        "the certificate is X.509 version 1, and only version 3 is supported".to_owned()
    } else {
        text
    }
}

fn file_error(
    flag: &'static str,
    path: &Path,
    error: &rustls::pki_types::pem::Error,
    expected: &'static str,
) -> TlsOptionsError {
    use rustls::pki_types::pem::Error as Pem;
    let cause = match error {
        Pem::Io(error) => error.to_string(),
        Pem::NoItemsFound => "nothing usable in it".to_owned(),
        _ => "not valid PEM".to_owned(),
    };
    TlsOptionsError::File {
        flag,
        path: path.to_owned(),
        cause,
        expected,
    }
}

fn certificates(
    flag: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsOptionsError> {
    let wrong = |error: &_| file_error(flag, path, error, "certificates");
    let certs: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(|error| wrong(&error))?
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(&error))?;
    if certs.is_empty() {
        return Err(wrong(&rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(certs)
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, TlsOptionsError> {
    let mut store = RootCertStore::empty();
    if let Some(path) = ca {
        for cert in certificates("--cacert", path)? {
            store.add(cert).map_err(|error| TlsOptionsError::File {
                flag: "--cacert",
                path: path.to_owned(),
                cause: identity_cause(&error),
                expected: "certificates",
            })?;
        }
        return Ok(store);
    }
    // System stores hold an odd certificate now and then; one that doesn't parse is no loss.
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(store)
}

/// `--insecure-skip-verify`: any certificate will do; signatures are still checked.
#[derive(Debug)]
struct TrustAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
