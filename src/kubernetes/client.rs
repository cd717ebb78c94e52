//! Makes the client: kubeconfig or service account, proxy, TLS, credentials, timeouts.
//!
//! kube's default stack leaves Nagle's algorithm on, which stalls a port-forward by 40 ms at a
//! time; so the stack is put together here, with a connector that turns it off.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tower::{BoxError, Service, ServiceBuilder};

use super::action::Action;
use super::cause::Unanswered;
use super::errors::{ClusterError, ClusterErrorKind, describe};
use super::kind::{self, Attachment, Reached};
use super::{container, kubeconfig};

/// How long a connection to the API server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a credential plugin may take; some open a browser.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_mins(1);

/// Which cluster, and how patient to be with it.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--kind`: the kind cluster of this name on the docker engine of this machine, and no
    /// kubeconfig.
    pub kind: Option<String>,
    /// The longest silence on one connection to the API server before it counts as broken. A
    /// watch or a port-forward is cut by it too, so it must exceed the deadline of a scan.
    pub timeout: Duration,
}

/// A cluster that can be asked. Making it asks nothing of the API server.
#[derive(Clone)]
pub struct Cluster {
    /// The client.
    pub client: kube::Client,
    /// The namespace of the context, or of the pod that this runs in.
    pub namespace: String,
    /// Whether this runs in a pod of the cluster, with its service account.
    pub in_cluster: bool,
    /// The API server's address, for messages.
    pub server: String,
    /// Detached with the last clone.
    _attachment: Option<Arc<Attachment>>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("server", &self.server)
            .field("namespace", &self.namespace)
            .field("in_cluster", &self.in_cluster)
            .finish_non_exhaustive()
    }
}

/// Makes a client of the kind cluster, else from `--kubeconfig`, else `KUBECONFIG` or `~/.kube/config`, else the service
/// account of the pod that this runs in.
///
/// # Errors
/// What is wrong with the kubeconfig or the credentials, or keeps from the kind cluster. The API
/// server is not asked yet.
pub async fn client(options: &ClusterOptions) -> Result<Cluster, ClusterError> {
    let Chosen {
        config,
        origin,
        in_cluster,
        own_proxy,
        plugin,
        attachment,
    } = load(options).await?;
    let server = shown(&config.cluster_url);
    let namespace = config.default_namespace.clone();
    let timeout = options.timeout;
    // The node is on this machine, where no proxy has business.
    let proxy = match &options.kind {
        Some(_) => None,
        None => proxy_for(&config, own_proxy, &server)?,
    };
    if proxy.is_none() && !in_cluster {
        container::explain_loopback(&config.cluster_url, &origin).await?;
    }
    // A credential plugin is run in here, and blocks.
    let built = tokio::task::spawn_blocking(move || build(&config, proxy, timeout));
    let built = tokio::time::timeout(CREDENTIALS_TIMEOUT, built).await;
    let client = match built {
        Ok(Ok(Ok(client))) => client,
        Ok(Ok(Err(error))) => {
            let action = Action {
                verb: "get",
                group: "",
                resource: "pods",
                namespace: Some(&namespace),
            };
            return Err(about(describe(&error, &action), &server, plugin.as_deref()));
        }
        Ok(Err(_)) | Err(_) => {
            return Err(ClusterError::new(
                ClusterErrorKind::Unauthenticated,
                plugin.unwrap_or_else(|| "credential plugin".to_owned()),
                format!("no credentials after {} s", CREDENTIALS_TIMEOUT.as_secs()),
                "run `kubectl get pods` with the same kubeconfig; a plugin that asks questions needs a terminal",
            ));
        }
    };
    Ok(Cluster {
        client,
        namespace,
        in_cluster,
        server,
        _attachment: attachment.map(Arc::new),
    })
}

/// Names the server or the plugin that a failure to make the client is about.
fn about(mut error: ClusterError, server: &str, plugin: Option<&str>) -> ClusterError {
    if error.kind == ClusterErrorKind::Unauthenticated {
        if let Some(plugin) = plugin {
            plugin.clone_into(&mut error.object);
        }
    } else {
        error.object = format!("API server {server}");
    }
    error
}

/// Where the configuration comes from, and what it says.
struct Chosen {
    config: kube::Config,
    /// For messages.
    origin: String,
    /// Whether it is the service account's.
    in_cluster: bool,
    /// The kubeconfig's `proxy-url`.
    own_proxy: Option<String>,
    /// The credential plugin, for messages.
    plugin: Option<String>,
    /// What makes a kind cluster reachable.
    attachment: Option<Attachment>,
}

async fn load(options: &ClusterOptions) -> Result<Chosen, ClusterError> {
    if let Some(cluster) = &options.kind {
        return of_kind(cluster).await;
    }
    let Some(loaded) = kubeconfig::load(options.kubeconfig.as_deref())? else {
        return in_cluster(options).map(|config| Chosen {
            config,
            origin: "of the pod's service account".to_owned(),
            in_cluster: true,
            own_proxy: None,
            plugin: None,
            attachment: None,
        });
    };
    let context = kubeconfig::choose_context(&loaded, options.context.as_deref())?;
    let mut plugin = None;
    if let Some((user, info)) = kubeconfig::user_of(&loaded.config, context) {
        let command = info.exec.as_ref().and_then(|exec| exec.command.as_deref());
        plugin = command.map(|command| format!("credential plugin `{command}` of user `{user}`"));
        kubeconfig::check_exec_plugin(user, info, |command| which::which(command).is_ok())?;
    }
    let cluster = context.context.as_ref().map_or("", |c| c.cluster.as_str());
    let own_proxy = loaded
        .config
        .clusters
        .iter()
        .find(|named| named.name == cluster)
        .and_then(|named| named.cluster.as_ref()?.proxy_url.clone())
        .filter(|url| !url.is_empty());
    let context = Some(context.name.clone());
    let origin = loaded.origin;
    Ok(Chosen {
        config: configured(loaded.config, context, &origin).await?,
        origin,
        in_cluster: false,
        own_proxy,
        plugin,
        attachment: None,
    })
}

async fn of_kind(cluster: &str) -> Result<Chosen, ClusterError> {
    let Reached {
        kubeconfig,
        origin,
        attachment,
    } = kind::reach(cluster).await?;
    Ok(Chosen {
        config: configured(kubeconfig, None, &origin).await?,
        origin,
        in_cluster: false,
        own_proxy: None,
        plugin: None,
        attachment,
    })
}

async fn configured(
    kubeconfig: Kubeconfig,
    context: Option<String>,
    origin: &str,
) -> Result<kube::Config, ClusterError> {
    let chosen = KubeConfigOptions {
        context,
        ..KubeConfigOptions::default()
    };
    kube::Config::from_custom_kubeconfig(kubeconfig, &chosen)
        .await
        .map_err(|error| {
            ClusterError::new(
                ClusterErrorKind::Config,
                format!("kubeconfig {origin}"),
                error.to_string(),
                "check the context's cluster and user entries",
            )
        })
}

fn in_cluster(options: &ClusterOptions) -> Result<kube::Config, ClusterError> {
    let none = |cause: String| {
        ClusterError::new(
            ClusterErrorKind::Config,
            "Kubernetes",
            cause,
            "name a kubeconfig with --kubeconfig or the variable KUBECONFIG; to scan without Kubernetes use --target grpc://HOST:PORT",
        )
    };
    if let Some(context) = &options.context {
        return Err(none(format!(
            "--context {context} was given, and there is no kubeconfig"
        )));
    }
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(none(
            "there is no kubeconfig, and this does not run inside a cluster".to_owned(),
        ));
    }
    let mut config = kube::Config::incluster()
        .map_err(|error| none(format!("the pod's service account is not usable: {error}")))?;
    config.default_namespace = config.default_namespace.trim().to_owned();
    Ok(config)
}

fn shown(url: &Uri) -> String {
    url.to_string().trim_end_matches('/').to_owned()
}

/// A proxy to tunnel through.
struct Proxy {
    uri: Uri,
    auth: Option<http::HeaderValue>,
}

/// The kubeconfig's `proxy-url`, else what `HTTPS_PROXY` and `NO_PROXY` say about the server.
fn proxy_for(
    config: &kube::Config,
    own: Option<String>,
    server: &str,
) -> Result<Option<Proxy>, ClusterError> {
    let matcher = match own {
        Some(url) => Matcher::builder().all(url).build(),
        None => Matcher::from_env(),
    };
    let Some(intercept) = matcher.intercept(&config.cluster_url) else {
        return Ok(None);
    };
    // The address alone: a proxy's URL may hold a password.
    let shown = intercept.uri().host().unwrap_or_default().to_owned();
    if intercept.uri().scheme_str() != Some("http") {
        return Err(ClusterError::new(
            ClusterErrorKind::Config,
            format!("proxy {shown}"),
            "only proxies with http:// are supported",
            format!(
                "set an http:// proxy in `proxy-url` or HTTPS_PROXY, or add the host of {server} to NO_PROXY"
            ),
        ));
    }
    Ok(Some(Proxy {
        uri: intercept.uri().clone(),
        auth: intercept.basic_auth().cloned(),
    }))
}

fn build(
    config: &kube::Config,
    proxy: Option<Proxy>,
    timeout: Duration,
) -> Result<kube::Client, kube::Error> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    match proxy {
        None => assemble(
            config,
            None,
            config.rustls_https_connector_with_connector(http)?,
            timeout,
        ),
        Some(proxy) => {
            let host = proxy.uri.host().map(str::to_owned);
            let mut tunnel = Tunnel::new(proxy.uri, http);
            if let Some(auth) = proxy.auth {
                tunnel = tunnel.with_auth(auth);
            }
            let https = config.rustls_https_connector_with_connector(tunnel)?;
            assemble(config, host, https, timeout)
        }
    }
}

/// The layers of kube's default stack that matter here.
fn assemble<C>(
    config: &kube::Config,
    proxy: Option<String>,
    https: HttpsConnector<C>,
    timeout: Duration,
) -> Result<kube::Client, kube::Error>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    let mut connector = TimeoutConnector::new(https);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_read_timeout(Some(timeout));
    connector.set_write_timeout(Some(timeout));
    // A pooled connection that sat idle must not count its idle time against the next answer.
    connector.set_reset_reader_on_write(true);
    let hyper: HyperClient<_, Body> = HyperClient::builder(TokioExecutor::new()).build(connector);
    let server = shown(&config.cluster_url);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(move |source: hyper_util::client::legacy::Error| {
            BoxError::from(Unanswered {
                server: server.clone(),
                proxy: proxy.clone(),
                source: source.into(),
            })
        })
        .service(hyper);
    Ok(ClientBuilder::new(service, config.default_namespace.clone()).build())
}
