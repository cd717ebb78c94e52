//! What the API server refuses, in words: the object, the cause, and what to do.

use kube::client::AuthError;
use rustls::CertificateError;

use super::action::{Action, role_rule};
use super::cause::{TransportCause, Unanswered, transport_cause};

/// The class of a [`ClusterError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterErrorKind {
    /// The kubeconfig is missing, unreadable, or lacks what is asked of it.
    Config,
    /// No connection to the API server, or no answer in time.
    Unreachable,
    /// TLS to the API server could not be established.
    Tls,
    /// The API server did not accept the credentials, or there are none to be had.
    Unauthenticated,
    /// RBAC forbids the call.
    Forbidden,
    /// The object does not exist.
    NotFound,
    /// The API server did not understand the request.
    BadRequest,
    /// Anything else.
    Other,
}

/// Why the cluster cannot be used. Never contains a token, a password or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{object}: {cause}{}{help}", if help.is_empty() { "" } else { "\n" })]
pub struct ClusterError {
    /// The class.
    pub kind: ClusterErrorKind,
    /// What it is about: a file, a context, a server, a call.
    pub object: String,
    /// What happened.
    pub cause: String,
    /// What to do; may have several lines.
    pub help: String,
}

impl ClusterError {
    pub(crate) fn new(
        kind: ClusterErrorKind,
        object: impl Into<String>,
        cause: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            object: object.into(),
            cause: cause.into(),
            help: help.into(),
        }
    }
}

/// Classifies a failed call.
pub fn describe(error: &kube::Error, action: &Action<'_>) -> ClusterError {
    match error {
        kube::Error::Api(status) => describe_status(status.code, &status.message, action),
        kube::Error::Auth(auth) => describe_auth(auth),
        kube::Error::UpgradeConnection(kube::client::UpgradeConnectionError::ProtocolSwitch(
            code,
        )) => describe_status(code.as_u16(), "", action),
        kube::Error::Service(inner) => inner
            .downcast_ref::<AuthError>()
            .map_or_else(|| describe_transport(error), describe_auth),
        kube::Error::SerdeError(_) => ClusterError::new(
            ClusterErrorKind::Other,
            "API server",
            format!(
                "the answer to {} is not what a Kubernetes API server sends",
                action.phrase()
            ),
            "check the kubeconfig's `server`: it must be the address of a Kubernetes API server",
        ),
        _ => describe_transport(error),
    }
}

fn subject(unanswered: Option<&Unanswered>) -> String {
    match unanswered {
        None => "API server".to_owned(),
        Some(Unanswered { server, proxy, .. }) => match proxy {
            None => format!("API server {server}"),
            Some(proxy) => format!("API server {server} through the proxy {proxy}"),
        },
    }
}

fn describe_status(code: u16, message: &str, action: &Action<'_>) -> ClusterError {
    let phrase = action.phrase();
    match code {
        401 => ClusterError::new(
            ClusterErrorKind::Unauthenticated,
            phrase,
            "the API server did not accept the credentials (401)",
            "the token or certificate may have expired: renew the credentials of the kubeconfig's user",
        ),
        403 => {
            let user = user_of(message).map(|user| format!(" (user {user})"));
            ClusterError::new(
                ClusterErrorKind::Forbidden,
                "forbidden",
                format!("{phrase}{}", user.unwrap_or_default()),
                role_rule(
                    action.group,
                    action.resource,
                    &[action.verb],
                    action.namespace,
                ),
            )
        }
        404 => ClusterError::new(
            ClusterErrorKind::NotFound,
            phrase,
            if message.is_empty() {
                "not found"
            } else {
                message
            },
            "",
        ),
        400 => ClusterError::new(ClusterErrorKind::BadRequest, phrase, message, ""),
        _ => ClusterError::new(
            ClusterErrorKind::Other,
            phrase,
            format!("the API server answered {code}: {}", one_line(message)),
            "",
        ),
    }
}

/// The user in `pods is forbidden: User "x" cannot list resource …`.
fn user_of(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User \"")?;
    let (user, _) = rest.split_once('"')?;
    (!user.is_empty()).then_some(user)
}

/// The first line, cut to a length that fits a message.
fn one_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect()
}

/// Credentials that could not be made. A plugin's output is never repeated: it may hold a token.
fn describe_auth(error: &AuthError) -> ClusterError {
    let (object, cause) = match error {
        AuthError::AuthExecStart(io) => {
            ("credential plugin", format!("could not be started: {io}"))
        }
        // Its command line comes with the environment that the kubeconfig sets: not repeated.
        AuthError::AuthExecRun { out, .. } => {
            let words = one_line(String::from_utf8_lossy(&out.stderr).trim());
            let words = if words.is_empty() {
                words
            } else {
                format!(": {words}")
            };
            let cause = format!("failed ({}){words}", out.status);
            ("credential plugin", cause)
        }
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => (
            "credential plugin",
            "its output is not an ExecCredential with a status".to_owned(),
        ),
        AuthError::ReadTokenFile(io, path) => ("token file", format!("{}: {io}", path.display())),
        AuthError::InvalidBearerToken(_) => (
            "token",
            "it holds characters that an HTTP header cannot carry, perhaps a line break".to_owned(),
        ),
        AuthError::InvalidBasicAuth(_) => ("user name and password", "not usable".to_owned()),
        AuthError::MissingCommand => ("credential plugin", "`exec` has no `command`".to_owned()),
        AuthError::AuthExec(text) => ("credentials", one_line(text)),
        _ => ("credentials", "could not be obtained".to_owned()),
    };
    ClusterError::new(
        ClusterErrorKind::Unauthenticated,
        object,
        cause,
        "run `kubectl get pods` with the same kubeconfig, or use one with a short-lived token",
    )
}

/// A request that got no answer.
fn describe_transport(error: &kube::Error) -> ClusterError {
    let unanswered = Unanswered::find(error);
    let object = subject(unanswered);
    match transport_cause(error) {
        TransportCause::Refused => ClusterError::new(
            ClusterErrorKind::Unreachable,
            object,
            "connection refused",
            refused_help(unanswered),
        ),
        TransportCause::Dns => ClusterError::new(
            ClusterErrorKind::Unreachable,
            object,
            "the host name does not resolve",
            "check the kubeconfig's `server`, and whether this machine needs a VPN or a proxy (HTTPS_PROXY)",
        ),
        TransportCause::TimedOut => ClusterError::new(
            ClusterErrorKind::Unreachable,
            object,
            "no answer in time",
            "check that this machine may reach it: firewall, VPN, authorised networks, proxy (HTTPS_PROXY, NO_PROXY)",
        ),
        TransportCause::Tls(tls) => describe_tls(&tls, object),
        TransportCause::Other(text) => ClusterError::new(
            ClusterErrorKind::Unreachable,
            object,
            one_line(&text),
            "check the kubeconfig's `server`, and any proxy (HTTPS_PROXY, NO_PROXY)",
        ),
    }
}

fn refused_help(unanswered: Option<&Unanswered>) -> &'static str {
    if unanswered.is_some_and(|unanswered| unanswered.proxy.is_some()) {
        return "is the proxy right (`proxy-url`, HTTPS_PROXY)? if the server is to be reached without it, add its host to NO_PROXY";
    }
    let uri = unanswered.and_then(|unanswered| unanswered.server.parse::<http::Uri>().ok());
    let host = uri
        .as_ref()
        .and_then(http::Uri::host)
        .map(|host| host.trim_matches(['[', ']']));
    match host {
        Some("localhost" | "127.0.0.1" | "::1") => {
            "is the cluster running? inside a container, a loopback address is the container itself: use the host's network, or a server address that the container can reach"
        }
        _ => "is the cluster running, and is the kubeconfig's `server` still right?",
    }
}

fn describe_tls(error: &rustls::Error, object: String) -> ClusterError {
    let (cause, help) = match error {
        _ if error.to_string().contains("UnsupportedCertVersion") => (
            "a certificate is X.509 version 1, which is not supported".to_owned(),
            "issue the certificate as version 3, with an extension such as extendedKeyUsage",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => (
            "its certificate is not trusted: unknown issuer".to_owned(),
            "the kubeconfig's `certificate-authority` must be the CA that signed it",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (
            "its certificate is not trusted: it is for another name".to_owned(),
            "use a name that the certificate covers as `server`, or set `tls-server-name`",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => (
            "its certificate is not trusted: it has expired".to_owned(),
            "renew it, and check this machine's clock",
        ),
        rustls::Error::AlertReceived(_) => (
            format!("it refused the TLS connection: {error}"),
            "the client certificate may have expired or be signed by another CA",
        ),
        _ => (
            format!("TLS failed: {error}"),
            "check the kubeconfig's `server`, `certificate-authority` and client certificate",
        ),
    };
    ClusterError::new(ClusterErrorKind::Tls, object, cause, help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;

    const LIST_PODS: Action<'_> = Action {
        verb: "list",
        group: "",
        resource: "pods",
        namespace: Some("shop"),
    };

    fn api(code: u16, message: &str) -> ClusterError {
        let status = Status::failure(message, "").with_code(code).boxed();
        describe(&kube::Error::Api(status), &LIST_PODS)
    }

    #[test]
    fn forbidden_names_verb_resource_namespace_user_and_rule() {
        let error = api(
            403,
            "pods is forbidden: User \"system:serviceaccount:ci:gate\" cannot list resource \"pods\"",
        );
        let text = error.to_string();
        assert!(
            text.starts_with(
                "forbidden: list pods in namespace shop (user system:serviceaccount:ci:gate)"
            ),
            "{text}"
        );
        assert!(
            text.contains("resources: [\"pods\"]\n  verbs: [\"list\"]"),
            "{text}"
        );
    }

    #[test]
    fn unauthorized_is_about_credentials() {
        let error = api(401, "Unauthorized");
        assert_eq!(error.kind, ClusterErrorKind::Unauthenticated);
        assert!(error.cause.contains("credentials"));
    }

    #[test]
    fn a_plugins_output_is_not_repeated() {
        use std::os::unix::process::ExitStatusExt;
        let out = std::process::Output {
            status: std::process::ExitStatus::from_raw(256),
            stdout: b"{\"token\": \"s3cret\"}".to_vec(),
            stderr: b"login first\nmore".to_vec(),
        };
        let error = kube::Error::Auth(AuthError::AuthExecRun {
            cmd: "KEY=\"s3cret\" \"aws\" eks".to_owned(),
            out: Box::new(out),
        });
        let text = describe(&error, &LIST_PODS).to_string();
        assert!(
            text.contains("failed (exit status: 1): login first"),
            "{text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn version_one_certificates_are_named() {
        let inner = rustls::OtherError(std::sync::Arc::new(std::io::Error::other(
            "UnsupportedCertVersion",
        )));
        let tls = rustls::Error::InvalidCertificate(CertificateError::Other(inner));
        let error = describe_tls(&tls, "API server".to_owned());
        assert!(error.cause.contains("version 1"), "{error}");
    }
}
