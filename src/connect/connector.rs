//! Makes a gRPC channel to one port of one target.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use hyper_util::rt::TokioIo;
use kube::Client;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

use super::diagnose::gone;
use super::forward::Forward;
use super::permission::Permissions;
use super::stats::{ConnStats, Failure};
use super::tls::{Tls, TlsOptions, TlsOptionsError};
use super::watched::{Place, Watched};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::target::{Address, Target};
use crate::kubernetes::{Action, ClusterErrorKind, describe};

/// HTTP/2 windows: a schema of a few MiB should not wait for window updates over a slow road.
const WINDOW: u32 = 4 << 20;

/// `--connect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectMode {
    /// Direct inside the cluster, by port-forward outside it.
    #[default]
    Auto,
    /// To the pod's address.
    Direct,
    /// Through the API server.
    PortForward,
}

/// How the bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
    /// To the address.
    Direct,
    /// Through the API server.
    PortForward,
}

/// What a [`Connector`] is made from.
#[derive(Clone, Default)]
pub struct ConnectOptions {
    /// `--connect`.
    pub mode: ConnectMode,
    /// Whether this runs in the cluster that is scanned.
    pub in_cluster: bool,
    /// The API server client; needed for port-forwards only.
    pub client: Option<Client>,
    /// TLS to every target, if asked for.
    pub tls: Option<TlsOptions>,
}

/// A channel, ready for calls. It holds one connection and makes no second one.
#[derive(Debug)]
pub struct Connected {
    /// The channel.
    pub channel: Channel,
    /// What is seen on the connection.
    pub stats: Arc<ConnStats>,
    /// How the bytes go.
    pub road: Road,
}

/// Connects to targets.
pub struct Connector {
    mode: ConnectMode,
    in_cluster: bool,
    client: Option<Client>,
    tls: Option<Tls>,
    default_tls: OnceLock<Result<Tls, String>>,
    permissions: Permissions,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
type Io = Box<dyn Stream>;

impl Connector {
    /// Reads the TLS files.
    ///
    /// # Errors
    /// Names the flag and the file.
    pub fn new(options: ConnectOptions) -> Result<Self, TlsOptionsError> {
        Ok(Self {
            mode: options.mode,
            in_cluster: options.in_cluster,
            client: options.client,
            tls: options.tls.as_ref().map(Tls::load).transpose()?,
            default_tls: OnceLock::new(),
            permissions: Permissions::default(),
        })
    }

    /// The road that a connection to this address takes.
    pub fn road(&self, address: &Address) -> Road {
        match (address, self.mode) {
            (Address::Static { .. }, _) | (_, ConnectMode::Direct) => Road::Direct,
            (_, ConnectMode::Auto) if self.in_cluster => Road::Direct,
            (_, ConnectMode::Auto | ConnectMode::PortForward) => Road::PortForward,
        }
    }

    /// Connects to the port that `stats` was made for. Has no deadline of its own: the caller's
    /// covers connecting and calling, and [`ConnStats::explain`] still works after it has passed.
    ///
    /// # Errors
    /// Why there is no connection. In port-forward mode a refused port may show only when the
    /// channel is used; `explain` then gives the same reason as here.
    pub async fn connect(
        &self,
        target: &Target,
        port: u16,
        stats: &Arc<ConnStats>,
    ) -> Result<Connected, Reason> {
        debug_assert_eq!(port, stats.port);
        let tls = self.tls_for(&target.address)?;
        if let Some(tls) = &tls {
            stats.tls.store(true, Ordering::Relaxed);
            stats
                .client_certificate
                .store(tls.has_identity, Ordering::Relaxed);
        }
        let road = self.road(&target.address);
        let raw: Io = match road {
            Road::Direct => Box::new(dial(&target.address, port, stats).await?),
            Road::PortForward => Box::new(self.forward(&target.address, stats).await?),
        };
        let wire = Watched::new(raw, Arc::clone(stats), Place::Wire);
        let host = host_of(&target.address);
        let io: Io = match &tls {
            None => Box::new(wire),
            Some(tls) => Box::new(handshake(tls, &host, wire, stats).await?),
        };
        let name = tls.as_ref().and_then(|tls| tls.server_name.as_ref());
        let name = name.map_or_else(|| host.clone(), |name| name.to_str().into_owned());
        let channel = channel(io, &name, port, tls.is_some(), stats).await?;
        Ok(Connected {
            channel,
            stats: Arc::clone(stats),
            road,
        })
    }

    fn tls_for(&self, address: &Address) -> Result<Option<Tls>, Reason> {
        if let Some(tls) = &self.tls {
            return Ok(Some(tls.clone()));
        }
        if !matches!(address, Address::Static { tls: true, .. }) {
            return Ok(None);
        }
        self.default_tls
            .get_or_init(|| Tls::load(&TlsOptions::default()).map_err(|error| error.to_string()))
            .clone()
            .map(Some)
            .map_err(|error| Reason::new(ReasonKind::Tls, error))
    }

    async fn forward(&self, address: &Address, stats: &Arc<ConnStats>) -> Result<Forward, Reason> {
        let Address::Pod {
            namespace, name, ..
        } = address
        else {
            return Err(Reason::new(
                ReasonKind::Other,
                "only pods can be port-forwarded",
            ));
        };
        let client = self.client.as_ref().ok_or_else(|| {
            Reason::new(
                ReasonKind::Other,
                "a port-forward needs access to the API server",
            )
            .with_hint("Name a kubeconfig with --kubeconfig, or use --connect direct.")
        })?;
        let error = match Forward::open(client, namespace, name, stats).await {
            Ok(forward) => return Ok(forward),
            Err(error) => error,
        };
        let action = Action {
            verb: "create",
            group: "",
            resource: "pods/portforward",
            namespace: Some(namespace),
        };
        let described = describe(&error, &action);
        Err(match described.kind {
            ClusterErrorKind::Forbidden => self.permissions.explain(client, namespace).await,
            ClusterErrorKind::NotFound => gone(),
            // The kubelet knows of the end before the API server does, and says so with a 500.
            _ if described.cause.contains("pod not found") => gone(),
            ClusterErrorKind::Unauthenticated => {
                Reason::new(ReasonKind::Unauthenticated, described.cause).with_hint(described.help)
            }
            _ => Reason::new(
                ReasonKind::Other,
                format!("{}: {}", described.object, described.cause),
            )
            .with_hint(described.help),
        })
    }
}

/// A TCP connection without Nagle's algorithm.
async fn dial(address: &Address, port: u16, stats: &ConnStats) -> Result<TcpStream, Reason> {
    let result = match address {
        Address::Static { host, .. } => TcpStream::connect((host.as_str(), port)).await,
        Address::Pod { ip: Some(ip), .. } => TcpStream::connect(SocketAddr::new(*ip, port)).await,
        Address::Pod { ip: None, .. } => {
            return Err(Reason::new(ReasonKind::Other, "the pod has no address yet")
                .with_hint("Use --connect port-forward, or --wait."));
        }
    };
    match result.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
        Ok(stream) => {
            stats.connected.store(true, Ordering::Relaxed);
            Ok(stream)
        }
        Err(error) => {
            if let Address::Static { host, .. } = address
                && host.parse::<IpAddr>().is_err()
                && error.raw_os_error().is_none()
            {
                return Err(Reason::new(
                    ReasonKind::Other,
                    format!("the host name `{host}` does not resolve"),
                ));
            }
            stats.fail(Failure::Io(error.kind(), error.to_string()));
            Err(broken(stats, &error.to_string()))
        }
    }
}

/// The host that TLS verifies and that `:authority` names: the static host, else the pod's
/// address, else its name. The same on both roads.
fn host_of(address: &Address) -> String {
    match address {
        Address::Static { host, .. } => host.clone(),
        Address::Pod { ip: Some(ip), .. } => ip.to_string(),
        Address::Pod { name, .. } => name.clone(),
    }
}

async fn handshake(
    tls: &Tls,
    host: &str,
    wire: Watched<Io>,
    stats: &Arc<ConnStats>,
) -> Result<Watched<tokio_rustls::client::TlsStream<Watched<Io>>>, Reason> {
    let name = match &tls.server_name {
        Some(name) => name.clone(),
        None => ServerName::try_from(host.to_owned()).map_err(|_| {
            Reason::new(
                ReasonKind::Tls,
                format!("`{host}` is no name that TLS can verify"),
            )
            .with_hint("Give the name in the server's certificate with --server-name.")
        })?,
    };
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(&tls.config));
    match connector.connect(name, wire).await {
        Ok(stream) => {
            stats.handshaken.store(true, Ordering::Relaxed);
            Ok(Watched::new(stream, Arc::clone(stats), Place::Inner))
        }
        Err(error) => {
            stats.fail_io(&error);
            Err(broken(stats, &error.to_string()))
        }
    }
}

async fn channel(
    io: Io,
    host: &str,
    port: u16,
    tls: bool,
    stats: &ConnStats,
) -> Result<Channel, Reason> {
    let scheme = if tls { "https" } else { "http" };
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{host}:{port}"))
        .map_err(|_| {
            Reason::new(
                ReasonKind::Other,
                format!("`{host}` is not a usable host name"),
            )
        })?
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    // One stream, given away once: a second connection would not be the one that was watched.
    let mut once = Some(TokioIo::new(io));
    let connector = tower::service_fn(move |_| {
        let stream = once.take();
        std::future::ready(stream.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted)))
    });
    endpoint
        .connect_with_connector(connector)
        .await
        .map_err(|error| broken(stats, &error.to_string()))
}

/// The reason as the bytes tell it, else in the error's words.
fn broken(stats: &ConnStats, words: &str) -> Reason {
    stats
        .explain(false)
        .unwrap_or_else(|| Reason::new(ReasonKind::Disconnected, words))
}
