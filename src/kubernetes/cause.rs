//! Finds out why a request never got an answer, by walking the chain of error sources.

use std::error::Error;
use std::io;

use tower::BoxError;

/// A request that got no answer, with the server that it was for. The client wraps every failure
/// of its transport in it.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {server}")]
pub(super) struct Unanswered {
    /// The API server's address.
    pub(super) server: String,
    /// The host of the proxy on the way, if there is one.
    pub(super) proxy: Option<String>,
    /// What happened.
    pub(super) source: BoxError,
}

impl Unanswered {
    /// The one in an error's chain of sources.
    pub(super) fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(current) = next {
            if let Some(found) = current.downcast_ref::<Self>() {
                return Some(found);
            }
            next = current.source();
        }
        None
    }
}

/// Why the transport to a server failed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TransportCause {
    /// The connection was refused.
    Refused,
    /// The host name did not resolve.
    Dns,
    /// No answer in time.
    TimedOut,
    /// TLS failed, with rustls' own words.
    Tls(rustls::Error),
    /// Something else, in the words of the innermost error.
    Other(String),
}

/// The most telling cause in an error's chain of sources.
pub(super) fn transport_cause(error: &(dyn Error + 'static)) -> TransportCause {
    let mut innermost = error.to_string();
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return TransportCause::Tls(tls.clone());
        }
        if let Some(io) = current.downcast_ref::<io::Error>() {
            if let Some(cause) = io_cause(io) {
                return cause;
            }
            // `source` of a wrapping io::Error skips the error that it wraps.
            if let Some(inner) = io.get_ref() {
                let inner: &(dyn Error + 'static) = inner;
                innermost = inner.to_string();
                next = Some(inner);
                continue;
            }
        }
        innermost = current.to_string();
        if innermost.starts_with("dns error") {
            return TransportCause::Dns;
        }
        next = current.source();
    }
    TransportCause::Other(innermost)
}

fn io_cause(error: &io::Error) -> Option<TransportCause> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(TransportCause::Refused),
        io::ErrorKind::TimedOut => Some(TransportCause::TimedOut),
        _ => error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .map(|tls| TransportCause::Tls(tls.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_error_is_found_inside_an_io_error() {
        let error = io::Error::other(io::Error::new(
            io::ErrorKind::InvalidData,
            rustls::Error::NoCertificatesPresented,
        ));
        assert_eq!(
            transport_cause(&error),
            TransportCause::Tls(rustls::Error::NoCertificatesPresented)
        );
    }

    #[test]
    fn refusal_and_silence_are_told_apart() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(transport_cause(&refused), TransportCause::Refused);
        let silent = io::Error::from(io::ErrorKind::TimedOut);
        assert_eq!(transport_cause(&silent), TransportCause::TimedOut);
    }
}
