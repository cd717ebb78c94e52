//! A stream through the API server to a pod's port, with the kubelet's own error.
//!
//! The kubelet dials the port only after the API server has accepted the forward, and reports a
//! refused port in a frame beside the data. kube's own port-forwarder often loses that frame when
//! the client has written first, as HTTP/2 clients do; so the frames are read here, in the order
//! in which they come. Even the API server loses it now and then: bytes that reach a kubelet that
//! has closed already tear the connection down before the frame is through. So a forward that ends
//! without a word is asked for once more, this time without writing anything. The format (`v4.channel.k8s.io`): a WebSocket message is a channel number and
//! a payload; channel 0 is data, channel 1 errors; the first message of each repeats the port
//! (k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go).

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use futures::{Sink, Stream};
use k8s_openapi::api::core::v1::Pod;
use kube::Resource;
use kube::core::Request;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};

use super::stats::{ConnStats, Failure};

/// The longest payload that is sent in one message.
const CHUNK: usize = 32 << 10;

/// The longest error text that is kept.
const ERROR_TEXT: usize = 4 << 10;

/// How long the second forward waits for the kubelet's error.
const PROBE: Duration = Duration::from_millis(500);

const DATA: u8 = 0;
const ERROR: u8 = 1;

/// A WebSocket connection.
pub(super) trait Messages:
    Stream<Item = Result<Message, WebSocketError>>
    + Sink<Message, Error = WebSocketError>
    + Send
    + Unpin
{
}

impl<T> Messages for T where
    T: Stream<Item = Result<Message, WebSocketError>>
        + Sink<Message, Error = WebSocketError>
        + Send
        + Unpin
{
}

/// A forwarded port as a stream. Dropping it ends the forward.
pub(super) struct Forward {
    socket: Box<dyn Messages>,
    stats: Arc<ConnStats>,
    /// Data that has come and not been read.
    data: VecDeque<Bytes>,
    /// Whether a channel's first message has come.
    opened: [bool; 2],
    ended: bool,
    failed: Option<io::ErrorKind>,
    /// Finds out why a forward ended without a word; taken when it has.
    probe: Option<BoxFuture<'static, Option<String>>>,
}

impl Forward {
    /// Asks the API server to forward; the answer to this request is not yet the pod's.
    pub(super) async fn open(
        client: &kube::Client,
        namespace: &str,
        pod: &str,
        stats: &Arc<ConnStats>,
    ) -> Result<Self, kube::Error> {
        let mut forward = Self::open_once(client, namespace, pod, stats).await?;
        let (client, namespace, pod) = (client.clone(), namespace.to_owned(), pod.to_owned());
        let port = stats.port;
        forward.probe = Some(Box::pin(async move {
            let scratch = ConnStats::new(port);
            let attempt = async {
                let mut again = Self::open_once(&client, &namespace, &pod, &scratch)
                    .await
                    .ok()?;
                again.read(&mut [0; 1]).await.err()?;
                match scratch.failure() {
                    Some(Failure::Forward(text)) => Some(text),
                    _ => None,
                }
            };
            tokio::time::timeout(PROBE, attempt).await.ok().flatten()
        }));
        Ok(forward)
    }

    async fn open_once(
        client: &kube::Client,
        namespace: &str,
        pod: &str,
        stats: &Arc<ConnStats>,
    ) -> Result<Self, kube::Error> {
        let request = Request::new(Pod::url_path(&(), Some(namespace)))
            .portforward(pod, &[stats.port])
            .map_err(kube::Error::BuildRequest)?;
        let socket = client.connect(request).await?.into_stream();
        Ok(Self::new(Box::new(socket), stats))
    }

    pub(super) fn new(socket: Box<dyn Messages>, stats: &Arc<ConnStats>) -> Self {
        stats.connected.store(true, Ordering::Relaxed);
        Self {
            socket,
            stats: Arc::clone(stats),
            data: VecDeque::new(),
            opened: [false; 2],
            ended: false,
            failed: None,
            probe: None,
        }
    }

    /// Takes one message; ready when something has changed.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
            Some(Ok(Message::Binary(bytes))) => self.take(bytes),
            None
            | Some(
                Ok(Message::Close(_))
                | Err(WebSocketError::ConnectionClosed | WebSocketError::AlreadyClosed),
            ) => self.ended = true,
            Some(Ok(_)) => {}
            Some(Err(WebSocketError::Io(error))) => self.failed = Some(error.kind()),
            Some(Err(_)) => self.failed = Some(io::ErrorKind::ConnectionReset),
        }
        Poll::Ready(())
    }

    fn take(&mut self, mut bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let channel = bytes.get_u8();
        let Some(opened) = self.opened.get_mut(usize::from(channel)) else {
            return;
        };
        if !std::mem::replace(opened, true) {
            return;
        }
        if channel == DATA && !bytes.is_empty() {
            self.data.push_back(bytes);
        } else if channel == ERROR {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(ERROR_TEXT)]).into_owned();
            self.fail(text);
        }
    }

    fn fail(&mut self, text: String) {
        self.failed = Some(if text.contains("connection refused") {
            io::ErrorKind::ConnectionRefused
        } else {
            io::ErrorKind::ConnectionAborted
        });
        self.probe = None;
        self.stats.fail(Failure::Forward(text));
    }

    /// Ready once everything is known about why the forward ended.
    fn poll_explained(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.stats.wire.bytes() > 0 {
            self.probe = None;
        }
        if let Some(probe) = &mut self.probe {
            self.stats.closed.store(true, Ordering::Relaxed);
            let text = ready!(probe.as_mut().poll(cx));
            self.probe = None;
            if let Some(text) = text {
                self.fail(text);
            }
        }
        Poll::Ready(())
    }

    /// Why writing failed: the kubelet's error tells more than a broken pipe, and may have come.
    fn poll_write_error(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        while self.failed.is_none() && !self.ended && self.poll_message(cx).is_ready() {}
        ready!(self.poll_explained(cx));
        Poll::Ready(self.failed.unwrap_or(io::ErrorKind::BrokenPipe).into())
    }
}

impl AsyncRead for Forward {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(front) = self.data.front_mut() {
                let count = front.len().min(buf.remaining());
                buf.put_slice(&front.split_to(count));
                if front.is_empty() {
                    self.data.pop_front();
                }
                return Poll::Ready(Ok(()));
            }
            if self.failed.is_some() || self.ended {
                ready!(self.poll_explained(cx));
                return Poll::Ready(self.failed.map_or(Ok(()), |kind| Err(kind.into())));
            }
            ready!(self.poll_message(cx));
        }
    }
}

impl AsyncWrite for Forward {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if ready!(Pin::new(&mut self.socket).poll_ready(cx)).is_err() {
            return self.poll_write_error(cx).map(Err);
        }
        let count = bytes.len().min(CHUNK);
        let mut message = Vec::with_capacity(count + 1);
        message.push(DATA);
        message.extend_from_slice(&bytes[..count]);
        let message = Message::Binary(message.into());
        if Pin::new(&mut self.socket).start_send(message).is_err() {
            return self.poll_write_error(cx).map(Err);
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if ready!(Pin::new(&mut self.socket).poll_flush(cx)).is_err() {
            return self.poll_write_error(cx).map(Err);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A peer that is gone already needs no farewell.
        let _ = ready!(Pin::new(&mut self.socket).poll_close(cx));
        Poll::Ready(Ok(()))
    }
}
