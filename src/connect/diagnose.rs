//! From what was seen on a connection to a reason with a hint.
//!
//! The texts hold neither the road nor a local port: a scan says the same by port-forward as it
//! does directly.

use std::io;
use std::sync::atomic::Ordering;

use rustls::{AlertDescription, CertificateError};

use super::stats::{ConnStats, Failure};
use crate::core::observation::{Reason, ReasonKind};

/// What the first bytes of an answer look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Nothing,
    Http2,
    Http1,
    Tls,
    Unknown,
}

/// Advice where the port is the wrong one.
const NAME_THE_PORT: &str = "name the gRPC port (a pod's with the annotation protodiff.dev/port or with --port, an endpoint's in its URL)";

/// A pod that has ended between being listed and being asked.
pub(super) fn gone() -> Reason {
    Reason::new(
        ReasonKind::Disconnected,
        "the pod ended after it was listed",
    )
    .with_hint("A rollout is probably under way: scan again when it has finished, or use --wait.")
}

impl ConnStats {
    /// Why a connection or a call on it failed, as far as the bytes tell. `timed_out` says that a
    /// deadline cancelled it. `None` if the transport looks sound: then the call's own status is
    /// the best there is to say.
    pub fn explain(&self, timed_out: bool) -> Option<Reason> {
        match self.failure() {
            Some(Failure::Forward(text)) => return Some(self.forward(&text)),
            Some(Failure::Tls(error)) => return Some(self.tls(&error)),
            _ => {}
        }
        if let Some(reason) = self.wrong_protocol() {
            return Some(reason);
        }
        if timed_out {
            return Some(self.silence());
        }
        match self.failure() {
            Some(Failure::Io(kind, text)) => Some(self.io(kind, &text)),
            _ if self.closed.load(Ordering::Relaxed) => Some(self.disconnected()),
            _ => None,
        }
    }

    fn tls_tried(&self) -> bool {
        self.tls.load(Ordering::Relaxed)
    }

    fn handshaken(&self) -> bool {
        self.handshaken.load(Ordering::Relaxed)
    }

    fn wrong_protocol(&self) -> Option<Reason> {
        let within_tls = self.tls_tried() && self.handshaken();
        let layer = if within_tls { &self.inner } else { &self.wire };
        let speech = speech(&layer.head());
        let port = self.port;
        let not_grpc = |message: String, hint: &str| {
            Some(Reason::new(ReasonKind::NotGrpc, message).with_hint(hint))
        };
        match speech {
            Speech::Http1 => not_grpc(
                format!("port {port} speaks HTTP/1, not gRPC"),
                NAME_THE_PORT,
            ),
            Speech::Tls if !self.tls_tried() => not_grpc(
                format!("port {port} speaks TLS, and plain text was tried"),
                "use --tls (and --cacert, if its certificate is from a private CA)",
            ),
            Speech::Http2 if self.tls_tried() && !within_tls => not_grpc(
                format!("port {port} speaks plain HTTP/2, and TLS was tried"),
                "scan it without --tls (grpc:// instead of grpcs://)",
            ),
            Speech::Unknown => not_grpc(format!("port {port} does not speak gRPC"), NAME_THE_PORT),
            _ => None,
        }
    }

    fn silence(&self) -> Reason {
        let port = self.port;
        if !self.connected.load(Ordering::Relaxed) {
            return Reason::new(
                ReasonKind::TimedOut,
                format!("no connection to port {port} before the deadline"),
            )
            .with_hint("Check network policies and firewalls on the way, or allow more time with --pod-timeout.");
        }
        if self.wire.bytes() == 0 && self.closed.load(Ordering::Relaxed) {
            return self.disconnected();
        }
        if self.wire.bytes() == 0 {
            return Reason::new(
                ReasonKind::SilentTcp,
                format!("port {port} accepted the connection and sent nothing before the deadline"),
            )
            .with_hint(format!(
                "the process may hang, or this is no gRPC port: {NAME_THE_PORT}"
            ));
        }
        if self.tls_tried() && !self.handshaken() {
            return Reason::new(
                ReasonKind::Tls,
                format!("the TLS handshake on port {port} did not finish before the deadline"),
            );
        }
        Reason::new(
            ReasonKind::SilentReflection,
            format!("port {port} speaks HTTP/2, and reflection did not answer before the deadline"),
        )
        .with_hint("The server may be overloaded or hang; allow more time with --pod-timeout.")
    }

    fn refused(&self) -> Reason {
        Reason::new(
            ReasonKind::Refused,
            format!("connection refused on port {}", self.port),
        )
        .with_hint(format!("nothing listens there: {NAME_THE_PORT}"))
    }

    fn disconnected(&self) -> Reason {
        let port = self.port;
        if self.wire.bytes() > 0 {
            return Reason::new(
                ReasonKind::Disconnected,
                format!("port {port} broke the connection off"),
            );
        }
        let hint = if self.tls_tried() {
            "if the server speaks plain text, scan it without --tls"
        } else {
            "if the server speaks TLS, use --tls"
        };
        Reason::new(
            ReasonKind::Disconnected,
            format!("port {port} closed the connection without a word"),
        )
        .with_hint(hint)
    }

    fn io(&self, kind: io::ErrorKind, text: &str) -> Reason {
        let port = self.port;
        match kind {
            io::ErrorKind::ConnectionRefused => self.refused(),
            io::ErrorKind::TimedOut => Reason::new(
                ReasonKind::TimedOut,
                format!("no connection to port {port}: timed out"),
            ),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Reason::new(ReasonKind::Other, format!("no route to port {port}"))
                    .with_hint("Outside the cluster use --connect port-forward.")
            }
            _ if self.connected.load(Ordering::Relaxed) => self.disconnected(),
            _ => Reason::new(
                ReasonKind::Other,
                format!("no connection to port {port}: {text}"),
            ),
        }
    }

    /// The kubelet's error. Its text names sandboxes and ports that differ from run to run.
    fn forward(&self, text: &str) -> Reason {
        let port = self.port;
        if text.contains("connection refused") {
            self.refused()
        } else if text.contains("i/o timeout") || text.contains("timed out") {
            self.io(io::ErrorKind::TimedOut, text)
        } else if text.contains("no route to host") || text.contains("network is unreachable") {
            self.io(io::ErrorKind::HostUnreachable, text)
        } else if text.contains("reset by peer") || text.contains("broken pipe") {
            self.disconnected()
        } else if text.contains("not found") || text.contains("not running") {
            gone()
        } else {
            let text: String = text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(300)
                .collect();
            Reason::new(
                ReasonKind::Other,
                format!("no connection to port {port}: {text}"),
            )
        }
    }

    fn tls(&self, error: &rustls::Error) -> Reason {
        // A peer that doesn't speak TLS at all sends bytes that rustls calls corrupt.
        if !self.handshaken()
            && speech(&self.wire.head()) != Speech::Tls
            && let Some(reason) = self.wrong_protocol()
        {
            return reason;
        }
        let (message, hint) = match error {
            rustls::Error::InvalidCertificate(error) => certificate(error),
            rustls::Error::AlertReceived(alert) => self.alert(*alert),
            other => (format!("TLS failed: {other}"), String::new()),
        };
        Reason::new(ReasonKind::Tls, message).with_hint(hint)
    }

    fn alert(&self, alert: AlertDescription) -> (String, String) {
        let presented = self.client_certificate.load(Ordering::Relaxed);
        match alert {
            AlertDescription::NoApplicationProtocol => (
                "the TLS server does not offer HTTP/2".to_owned(),
                NAME_THE_PORT.to_owned(),
            ),
            AlertDescription::UnrecognisedName => (
                "the server has no certificate for this name".to_owned(),
                "give the name that it serves with --server-name".to_owned(),
            ),
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::HandshakeFailure
            | AlertDescription::AccessDenied
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::DecryptError
            | AlertDescription::UnsupportedCertificate => {
                if presented {
                    (
                        format!("the server did not accept the client certificate ({alert:?})"),
                        "--cert and --key must be from a CA that the server trusts, and not expired".to_owned(),
                    )
                } else {
                    (
                        "the server wants a client certificate".to_owned(),
                        "give one with --cert FILE --key FILE".to_owned(),
                    )
                }
            }
            other => (
                format!("the server ended TLS with an alert: {other:?}"),
                String::new(),
            ),
        }
    }
}

fn certificate(error: &CertificateError) -> (String, String) {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            "the server's certificate is not trusted: unknown issuer".to_owned(),
            "name the CA that signed it with --cacert FILE".to_owned(),
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
            let example = names.first().map_or("NAME", String::as_str);
            (
                format!(
                    "the server's certificate is not valid for `{}`, but for {}",
                    expected.to_str(),
                    if names.is_empty() {
                        "no name".to_owned()
                    } else {
                        names.join(", ")
                    },
                ),
                format!("say which name to verify with --server-name {example}"),
            )
        }
        CertificateError::NotValidForName => (
            "the server's certificate is not valid for its address".to_owned(),
            "say which name to verify with --server-name NAME".to_owned(),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "the server's certificate has expired".to_owned(),
            "renew it; --insecure-skip-verify reads the schema all the same".to_owned(),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "the server's certificate is not valid yet".to_owned(),
            "check the clocks; --insecure-skip-verify reads the schema all the same".to_owned(),
        ),
        other => (
            format!("the server's certificate is not trusted: {other}"),
            "--insecure-skip-verify reads the schema all the same".to_owned(),
        ),
    }
}

/// `cart.shop.svc` from rustls' `DnsName("cart.shop.svc")`.
fn plain_name(name: &str) -> String {
    match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            name[open + 1..close].trim_matches('"').to_owned()
        }
        _ => name.to_owned(),
    }
}

/// An HTTP/2 server's first frame is SETTINGS (RFC 9113, section 3.4): type 4, on stream 0; some
/// end at once with GOAWAY (7).
fn speech(head: &[u8]) -> Speech {
    if head.is_empty() {
        return Speech::Nothing;
    }
    if head.starts_with(b"HTTP/1") {
        return Speech::Http1;
    }
    if head.len() >= 2 && matches!(head[0], 0x14..=0x17) && head[1] == 3 {
        return Speech::Tls;
    }
    match head.get(3) {
        Some(4 | 7) | None if head[0] == 0 => Speech::Http2,
        _ if b"HTTP/1".starts_with(head) => Speech::Http1,
        _ => Speech::Unknown,
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn first_bytes_tell_the_protocol() {
        assert_eq!(speech(b""), Speech::Nothing);
        assert_eq!(speech(&[0, 0, 6, 4, 0, 0, 0, 0, 0]), Speech::Http2);
        assert_eq!(speech(b"HTTP/1.1 400 Bad"), Speech::Http1);
        assert_eq!(speech(&[0x15, 3, 1, 0, 2, 2, 10]), Speech::Tls);
        assert_eq!(speech(b"-ERR unknown\r\n"), Speech::Unknown);
        assert_eq!(speech(b"SSH-2.0-OpenSSH"), Speech::Unknown);
    }

    #[test]
    fn the_kubelets_words_give_the_reason_of_a_direct_dial() {
        let kubelet = ConnStats::new(50051);
        kubelet.connected.store(true, Ordering::Relaxed);
        kubelet.fail(Failure::Forward(
            "error forwarding port 50051 to pod abc, uid : dial tcp4 127.0.0.1:50051: connect: connection refused".to_owned(),
        ));
        let direct = ConnStats::new(50051);
        direct.fail_io(&io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(kubelet.explain(false), direct.explain(false));
        assert_eq!(kubelet.explain(false).unwrap().kind, ReasonKind::Refused);
    }

    #[test]
    fn names_lose_their_wrapping() {
        assert_eq!(plain_name("DnsName(\"a.svc\")"), "a.svc");
        assert_eq!(plain_name("10.0.0.1"), "10.0.0.1");
    }
}
