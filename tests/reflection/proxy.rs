//! What stands between a client and a server: TLS, a slow line, a cut one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::scripted::RUNTIME;

/// A listener of the test's; it ends when this is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Gives each connection to `serve`.
    pub(crate) fn start<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + 'static,
        R: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let task = RUNTIME.spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
            }
        });
        Self { address, task }
    }

    /// Speaks TLS in front of a server.
    pub(crate) fn tls(config: rustls::ServerConfig, server: SocketAddr) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut outer = acceptor.accept(stream).await?;
                let mut inner = TcpStream::connect(server).await?;
                copy_bidirectional(&mut outer, &mut inner).await?;
                Ok(())
            }
        })
    }

    /// Lets one byte of the server's through, then waits.
    pub(crate) fn drip(server: SocketAddr, pause: Duration) -> Self {
        Self::start(move |outer| async move {
            let inner = TcpStream::connect(server).await?;
            let (mut from_client, mut to_client) = outer.into_split();
            let (mut from_server, mut to_server) = inner.into_split();
            let up = async { tokio::io::copy(&mut from_client, &mut to_server).await };
            let down = async {
                loop {
                    let byte = from_server.read_u8().await?;
                    to_client.write_u8(byte).await?;
                    tokio::time::sleep(pause).await;
                }
            };
            tokio::select! {
                result = up => result.map(|_| ()),
                result = down => result,
            }
        })
    }

    /// Lets so many bytes of the server's through, then closes the connection.
    pub(crate) fn cut(server: SocketAddr, after: u64) -> Self {
        Self::start(move |outer| async move {
            let inner = TcpStream::connect(server).await?;
            let (mut from_client, mut to_client) = outer.into_split();
            let (from_server, mut to_server) = inner.into_split();
            let mut first = from_server.take(after);
            tokio::select! {
                result = tokio::io::copy(&mut from_client, &mut to_server) => result.map(|_| ()),
                result = tokio::io::copy(&mut first, &mut to_client) => result.map(|_| ()),
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("grpc://{}", self.address)
    }

    pub(crate) fn tls_url(&self) -> String {
        format!("grpcs://{}", self.address)
    }
}
