//! Flags of reaching things: the API server, and the servers behind it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::duration;

/// How to reach the API server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// The kubeconfig, its path or its content; default: $KUBECONFIG, ~/.kube/config, or the pod's
    /// service account
    #[arg(
        long,
        value_name = "PATH",
        env = "PROTODIFF_KUBECONFIG",
        hide_env_values = true
    )]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; default: its current one
    #[arg(long, value_name = "NAME", env = "PROTODIFF_CONTEXT")]
    pub context: Option<String>,
    /// The kind cluster of this name, over the docker socket; works inside a container too
    #[arg(long, value_name = "NAME", env = "PROTODIFF_KIND", conflicts_with_all = ["kubeconfig", "context"])]
    pub kind: Option<String>,
    /// The way to pods; auto: direct inside the cluster, else through the API server
    #[arg(long, value_enum, default_value_t = ConnectArg::Auto, env = "PROTODIFF_CONNECT")]
    pub connect: ConnectArg,
}

/// How to speak to servers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection to servers")]
pub struct TransportArgs {
    /// For one pod or endpoint, all tries included
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s", env = "PROTODIFF_POD_TIMEOUT")]
    pub pod_timeout: Duration,
    /// Speak TLS
    #[arg(long, env = "PROTODIFF_TLS", value_parser = clap::builder::FalseyValueParser::new())]
    pub tls: bool,
    /// CA certificates to trust (PEM); implies --tls
    #[arg(long, value_name = "FILE", env = "PROTODIFF_CACERT")]
    pub cacert: Option<PathBuf>,
    /// Client certificate (PEM); implies --tls
    #[arg(long, value_name = "FILE", requires = "key", env = "PROTODIFF_CERT")]
    pub cert: Option<PathBuf>,
    /// Client key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", env = "PROTODIFF_KEY")]
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must carry; implies --tls
    #[arg(long, value_name = "NAME", env = "PROTODIFF_SERVER_NAME")]
    pub server_name: Option<String>,
    /// Accept any server certificate; implies --tls
    #[arg(long, env = "PROTODIFF_INSECURE_SKIP_VERIFY", value_parser = clap::builder::FalseyValueParser::new())]
    pub insecure_skip_verify: bool,
    /// A header for reflection calls, as 'name: value'
    #[arg(
        long = "header",
        short = 'H',
        value_name = "HEADER",
        env = "PROTODIFF_HEADER",
        value_delimiter = '\n',
        hide_env_values = true
    )]
    pub headers: Vec<String>,
}

/// `--connect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ConnectArg {
    Auto,
    Direct,
    PortForward,
}
