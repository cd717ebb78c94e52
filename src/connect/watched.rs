//! A stream that writes down what passes through it, below TLS or inside it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stats::ConnStats;

/// Which layer of [`ConnStats`] a stream records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// As the bytes come from the peer.
    Wire,
    /// Inside TLS.
    Inner,
}

/// A stream and its record.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    stats: Arc<ConnStats>,
    place: Place,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, stats: Arc<ConnStats>, place: Place) -> Self {
        Self {
            stream,
            stats,
            place,
        }
    }

    fn record(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.stats.closed.store(true, Ordering::Relaxed);
            return;
        }
        match self.place {
            Place::Wire => {
                self.stats.mark_first_byte();
                self.stats.wire.record(bytes);
            }
            Place::Inner => self.stats.inner.record(bytes),
        }
    }
}

fn keep<T>(stats: &ConnStats, result: io::Result<T>) -> io::Result<T> {
    if let Err(error) = &result {
        stats.fail_io(error);
    }
    result
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        keep(&self.stats, result)?;
        self.record(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        Poll::Ready(keep(&self.stats, result))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bytes));
        Poll::Ready(keep(&self.stats, result))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        Poll::Ready(keep(&self.stats, result))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
