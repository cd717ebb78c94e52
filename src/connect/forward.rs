//! A stream through the API server to a pod's port, with the kubelet's own error.
//!
//! The kubelet dials the port only after the API server has accepted the forward, and reports a
//! refused port in an error channel beside the data. Reading fails with that error as soon as it
//! comes, so that nobody waits for bytes that never will.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use kube::api::Portforwarder;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::stats::{ConnStats, Failure};

/// How long a forward may take to say goodbye once its stream is dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// A forwarded port as a stream; keeps the forward alive.
pub(super) struct Forward {
    data: DuplexStream,
    error: Option<BoxFuture<'static, Option<String>>>,
    forwarder: Option<Portforwarder>,
    stats: Arc<ConnStats>,
}

impl Forward {
    /// Asks the API server to forward; the answer to this request is not yet the pod's.
    pub(super) async fn open(
        client: &kube::Client,
        namespace: &str,
        pod: &str,
        stats: &Arc<ConnStats>,
    ) -> Result<Self, kube::Error> {
        let port = stats.port;
        let pods: kube::Api<Pod> = kube::Api::namespaced(client.clone(), namespace);
        let mut forwarder = pods.portforward(pod, &[port]).await?;
        stats.connected.store(true, Ordering::Relaxed);
        let error = forwarder.take_error(port);
        let data = forwarder
            .take_stream(port)
            .ok_or_else(|| kube::Error::Service("the forward has no stream for the port".into()))?;
        Ok(Self {
            data,
            error: error.map(|error| Box::pin(error) as BoxFuture<'static, Option<String>>),
            forwarder: Some(forwarder),
            stats: Arc::clone(stats),
        })
    }

    /// The kubelet's error, if it has come.
    fn poll_error(&mut self, cx: &mut Context<'_>) -> Option<io::Error> {
        let Poll::Ready(result) = self.error.as_mut()?.as_mut().poll(cx) else {
            return None;
        };
        self.error = None;
        let text = result?;
        let refused = text.contains("connection refused");
        self.stats.fail(Failure::Forward(text));
        Some(io::Error::new(
            if refused {
                io::ErrorKind::ConnectionRefused
            } else {
                io::ErrorKind::Other
            },
            "the port-forward failed",
        ))
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        // Dropping the data stream makes the forward send its closing frame; a peer that doesn't
        // answer that must not keep the connection open.
        let Some(forwarder) = self.forwarder.take() else {
            return;
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    tokio::time::sleep(FAREWELL).await;
                    forwarder.abort();
                });
            }
            Err(_) => forwarder.abort(),
        }
    }
}

impl AsyncRead for Forward {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(error) = self.poll_error(cx) {
            return Poll::Ready(Err(error));
        }
        let before = buf.filled().len();
        let result = Pin::new(&mut self.data).poll_read(cx, buf);
        // The error is sent before the stream is closed: look again before calling it an end.
        if matches!(result, Poll::Ready(Ok(())))
            && buf.filled().len() == before
            && let Some(error) = self.poll_error(cx)
        {
            return Poll::Ready(Err(error));
        }
        result
    }
}

impl AsyncWrite for Forward {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.data).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.data).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.data).poll_shutdown(cx)
    }
}
