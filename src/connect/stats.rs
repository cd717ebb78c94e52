//! What was seen on one connection: counts, the first bytes, and the first error.
//!
//! hyper's HTTP/2 handshake returns before the server's SETTINGS arrive, and tonic turns every
//! transport failure into much the same status. So what a peer did is read from its bytes.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How many of the first bytes are kept.
const HEAD: usize = 16;

/// The record of one connection. Made by the caller of
/// [`Connector::connect`](super::Connector::connect), so that it is still at hand after a deadline
/// has cancelled the connection.
#[derive(Debug)]
pub struct ConnStats {
    pub(super) port: u16,
    pub(super) tls: AtomicBool,
    pub(super) client_certificate: AtomicBool,
    /// A road to the peer exists: TCP was accepted, or the API server has begun to forward.
    pub(super) connected: AtomicBool,
    pub(super) handshaken: AtomicBool,
    pub(super) closed: AtomicBool,
    /// Bytes as they come from the peer.
    pub(super) wire: Layer,
    /// Bytes inside TLS.
    pub(super) inner: Layer,
    started: Instant,
    first_byte: OnceLock<Duration>,
    failure: Mutex<Option<Failure>>,
}

/// The first thing that went wrong on a connection.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// TLS, in rustls' terms.
    Tls(rustls::Error),
    /// Reading or writing.
    Io(io::ErrorKind, String),
    /// The kubelet's words about the forwarded port.
    Forward(String),
}

/// Bytes read at one layer.
#[derive(Debug, Default)]
pub(super) struct Layer {
    bytes: AtomicU64,
    head: Mutex<Vec<u8>>,
}

impl Layer {
    pub(super) fn record(&self, bytes: &[u8]) {
        let before = self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if before < HEAD as u64 {
            let mut head = lock(&self.head);
            let room = HEAD.saturating_sub(head.len()).min(bytes.len());
            head.extend_from_slice(&bytes[..room]);
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn head(&self) -> Vec<u8> {
        lock(&self.head).clone()
    }
}

impl ConnStats {
    /// A record for one connection to this port.
    pub fn new(port: u16) -> Arc<Self> {
        Arc::new(Self {
            port,
            tls: AtomicBool::new(false),
            client_certificate: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            handshaken: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            wire: Layer::default(),
            inner: Layer::default(),
            started: Instant::now(),
            first_byte: OnceLock::new(),
            failure: Mutex::new(None),
        })
    }

    /// Bytes that came from the peer, TLS included.
    pub fn bytes_read(&self) -> u64 {
        self.wire.bytes()
    }

    /// Time from the making of this record to the peer's first byte.
    pub fn first_byte(&self) -> Option<Duration> {
        self.first_byte.get().copied()
    }

    pub(super) fn mark_first_byte(&self) {
        self.first_byte.get_or_init(|| self.started.elapsed());
    }

    /// Keeps the first failure, except that words about TLS or from the kubelet tell more than
    /// the broken pipe that follows from them.
    pub(super) fn fail(&self, failure: Failure) {
        let mut kept = lock(&self.failure);
        let replace = match (&*kept, &failure) {
            (None, _) => true,
            (Some(Failure::Io(..)), failure) => !matches!(failure, Failure::Io(..)),
            _ => false,
        };
        if replace {
            *kept = Some(failure);
        }
    }

    /// Keeps an error of reading or writing.
    pub(super) fn fail_io(&self, error: &io::Error) {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        self.fail(match tls {
            Some(tls) => Failure::Tls(tls.clone()),
            None => Failure::Io(error.kind(), error.to_string()),
        });
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        lock(&self.failure).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
