//! The certificates and keys of a bed: one authority, made when the bed starts and never reused.
//! [`Pki::write`] puts them into the bed's folder, where `plane.rs` points the processes at them.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// A certificate and its key, as PEM files.
pub struct Identity {
    /// The certificate.
    pub cert: PathBuf,
    /// Its private key (PKCS#8).
    pub key: PathBuf,
}

/// Everything that the processes of a bed and its administrator identify themselves with.
pub struct Pki {
    /// The authority that signed all the others.
    pub ca: PathBuf,
    /// The API server's serving certificate.
    pub api_server: Identity,
    /// A member of `system:masters`.
    pub admin: Identity,
    /// What the API server shows to a kubelet.
    pub kubelet_client: Identity,
    /// kwok's serving certificate, in a kubelet's place.
    pub kwok: Identity,
    /// The key pair that signs service-account tokens; `cert` is the public key.
    pub service_accounts: Identity,
}

impl Pki {
    /// Makes the certificates for servers on `host` and writes them into `folder`. The API server
    /// goes by these names and addresses too.
    pub fn write(folder: &Path, host: Ipv4Addr, names: &[String]) -> Self {
        let authority = Authority::new(folder);
        Self {
            api_server: authority.server("api-server", host, names),
            admin: authority.client("admin", "system:masters"),
            kubelet_client: authority.client("kubelet-client", "system:masters"),
            kwok: authority.server("kwok", host, &[]),
            service_accounts: service_account_keys(folder),
            ca: authority.cert,
        }
    }
}

struct Authority {
    folder: PathBuf,
    cert: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(folder: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = named("protodiff-test-authority", None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let cert = put(folder, "ca.pem", &params.self_signed(&key).unwrap().pem());
        Self {
            folder: folder.to_owned(),
            cert,
            issuer: Issuer::new(params, key),
        }
    }

    fn server(&self, name: &str, host: Ipv4Addr, names: &[String]) -> Identity {
        let mut params = named(name, None);
        let host = host.to_string();
        let names = names.iter().chain([&host]).map(String::as_str);
        params.subject_alt_names = names
            .chain(["localhost"])
            .map(|name| match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.try_into().unwrap()),
            })
            .collect();
        self.sign(name, params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    fn client(&self, name: &str, group: &str) -> Identity {
        self.sign(
            name,
            named(name, Some(group)),
            ExtendedKeyUsagePurpose::ClientAuth,
        )
    }

    // An extended key usage makes it an X.509 v3 certificate, the only kind that rustls accepts.
    fn sign(
        &self,
        name: &str,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Identity {
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            cert: put(&self.folder, &format!("{name}.pem"), &cert.pem()),
            key: put(&self.folder, &format!("{name}.key"), &key.serialize_pem()),
        }
    }
}

fn named(common_name: &str, organization: Option<&str>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    if let Some(organization) = organization {
        params
            .distinguished_name
            .push(DnType::OrganizationName, organization);
    }
    params
}

fn service_account_keys(folder: &Path) -> Identity {
    let pair = KeyPair::generate().unwrap();
    Identity {
        cert: put(folder, "service-accounts.pub", &pair.public_key_pem()),
        key: put(folder, "service-accounts.key", &pair.serialize_pem()),
    }
}

fn put(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}
