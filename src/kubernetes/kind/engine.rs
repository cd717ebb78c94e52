//! The docker engine behind its socket: the few calls that reaching a kind cluster takes.
//!
//! [`Engine::open`] is the entry. Each call is one connection with a deadline of its own, and an
//! answer of a bounded size.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::errors::{ClusterError, ClusterErrorKind};

/// Where engines listen when nothing else is said.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The newest version of the API that the calls here were written for.
const NEWEST_KNOWN: Version = Version(1, 44);

/// For one call. Attaching to a network can take the engine a second or two.
const CALL: Duration = Duration::from_secs(15);

/// The inspection of a container is some 20 KB, a list of hundreds a few times that.
const LARGEST_ANSWER: usize = 8 << 20;

/// A version of the engine's API, such as 1.41.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.trim().split_once('.')?;
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }

    /// What to speak with an engine that speaks `oldest` to `newest`.
    fn negotiate(newest: Option<Self>, oldest: Option<Self>) -> Self {
        let spoken = newest.map_or(NEWEST_KNOWN, |newest| newest.min(NEWEST_KNOWN));
        oldest.map_or(spoken, |oldest| oldest.max(spoken))
    }
}

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    /// The socket cannot be used.
    #[error("{0}")]
    Socket(io::Error),
    /// No answer in time.
    #[error("no answer after {} s", CALL.as_secs())]
    Silent,
    /// The engine says no.
    #[error("{message} ({status})")]
    Refused { status: u16, message: String },
    /// What came is no answer of an engine.
    #[error("an answer that is not a docker engine's: {0}")]
    Unreadable(String),
}

impl EngineError {
    /// The status of an answer that says no.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the engine's words have this in them.
    pub(super) fn says(&self, words: &str) -> bool {
        matches!(self, Self::Refused { message, .. } if message.contains(words))
    }
}

/// An engine that answered.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    socket: PathBuf,
    version: Version,
}

/// `GET /version`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spoken {
    api_version: Option<String>,
    #[serde(rename = "MinAPIVersion")]
    min_api_version: Option<String>,
}

/// What an engine says no with.
#[derive(Deserialize)]
struct No {
    message: String,
}

impl Engine {
    /// The engine of `DOCKER_HOST`, else of the usual socket.
    pub(super) async fn open() -> Result<Self, ClusterError> {
        let host = std::env::var("DOCKER_HOST").unwrap_or_default();
        let by = if host.is_empty() {
            ""
        } else {
            " (named by DOCKER_HOST)"
        };
        Self::at(socket_of(&host)?, by).await
    }

    /// The engine that listens there; `by` says where the socket is named.
    pub(super) async fn at(socket: PathBuf, by: &str) -> Result<Self, ClusterError> {
        let mut engine = Self {
            socket,
            version: NEWEST_KNOWN,
        };
        let newest = match engine.ping().await {
            Ok(newest) => newest,
            Err(error) => return Err(engine.unusable(&error, by)),
        };
        // An engine that speaks nothing older than what is known here says so elsewhere.
        let oldest = match newest {
            Some(newest) if newest > NEWEST_KNOWN => engine.oldest().await,
            _ => None,
        };
        engine.version = Version::negotiate(newest, oldest);
        Ok(engine)
    }

    /// For messages.
    pub(super) fn object(&self) -> String {
        format!("docker engine at {}", self.socket.display())
    }

    /// Asks for JSON.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, EngineError> {
        let (_, body) = self.call(Method::GET, &self.versioned(path), None).await?;
        parse(&body)
    }

    /// Asks for bytes.
    pub(super) async fn download(&self, path: &str) -> Result<Bytes, EngineError> {
        let (_, body) = self.call(Method::GET, &self.versioned(path), None).await?;
        Ok(body)
    }

    /// Orders something.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<(), EngineError> {
        let path = self.versioned(path);
        self.call(Method::POST, &path, Some(body.to_string()))
            .await
            .map(|_| ())
    }

    fn versioned(&self, path: &str) -> String {
        format!("/v{}.{}{path}", self.version.0, self.version.1)
    }

    async fn ping(&self) -> Result<Option<Version>, EngineError> {
        let (headers, _) = self.call(Method::GET, "/_ping", None).await?;
        let spoken = headers
            .get("api-version")
            .and_then(|value| value.to_str().ok());
        Ok(spoken.and_then(Version::parse))
    }

    async fn oldest(&self) -> Option<Version> {
        let (_, body) = self.call(Method::GET, "/version", None).await.ok()?;
        let spoken: Spoken = parse(&body).ok()?;
        // Without the first it is another thing's version that came.
        spoken.api_version?;
        Version::parse(&spoken.min_api_version?)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<(http::HeaderMap, Bytes), EngineError> {
        tokio::time::timeout(CALL, self.exchange(method, path, body))
            .await
            .unwrap_or(Err(EngineError::Silent))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<(http::HeaderMap, Bytes), EngineError> {
        let unreadable = |error: hyper::Error| EngineError::Unreadable(error.to_string());
        let stream = connect(&self.socket).await.map_err(EngineError::Socket)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(unreadable)?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::HOST, "docker")
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|error| EngineError::Unreadable(error.to_string()))?;
        let answer = async {
            let answer = sender.send_request(request).await.map_err(unreadable)?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await;
            let body = body.map_err(|error| EngineError::Unreadable(error.to_string()))?;
            Ok((head, body.to_bytes()))
        };
        let (answer, connection) = (std::pin::pin!(answer), std::pin::pin!(connection));
        let (head, body) = match futures::future::select(answer, connection).await {
            futures::future::Either::Left((answer, _)) => answer?,
            // A connection that ends first has handed over all that there is to read.
            futures::future::Either::Right((_, answer)) => answer.await?,
        };
        if head.status.is_success() || head.status == StatusCode::NOT_MODIFIED {
            return Ok((head.headers, body));
        }
        Err(EngineError::Refused {
            status: head.status.as_u16(),
            message: refusal(&body),
        })
    }

    fn unusable(&self, error: &EngineError, by: &str) -> ClusterError {
        let socket = self.socket.display();
        let (cause, help) = match error {
            EngineError::Socket(error) => match error.kind() {
                io::ErrorKind::NotFound => (
                    "it is not there".to_owned(),
                    "a container action on a GitHub-hosted runner has it; with `docker run` add `-v /var/run/docker.sock:/var/run/docker.sock`; on a machine of your own start docker, or name its socket with DOCKER_HOST=unix:///PATH",
                ),
                io::ErrorKind::PermissionDenied => (
                    "permission denied".to_owned(),
                    "run as root (as container actions do) or as a member of the group that owns the socket (`docker run --group-add`)",
                ),
                io::ErrorKind::ConnectionRefused => (
                    "nothing listens there".to_owned(),
                    "start the docker engine",
                ),
                _ => (
                    error.to_string(),
                    "is it the socket of a running docker engine?",
                ),
            },
            other => (
                other.to_string(),
                "is it the socket of a running docker engine?",
            ),
        };
        ClusterError::new(
            ClusterErrorKind::Unreachable,
            format!("docker socket {socket}{by}"),
            cause,
            help,
        )
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(body).map_err(|error| EngineError::Unreadable(error.to_string()))
}

/// What an engine says no with, cut to a length that fits a message.
fn refusal(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<No>(body) {
        Ok(no) => no.message,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let line = text.trim().lines().next().unwrap_or_default();
    line.chars().take(300).collect()
}

/// The socket that `DOCKER_HOST` names.
fn socket_of(host: &str) -> Result<PathBuf, ClusterError> {
    if host.is_empty() {
        return Ok(PathBuf::from(DEFAULT_SOCKET));
    }
    match host.strip_prefix("unix://") {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => {
            // Without what may be a password in front of the host.
            let shown = host.rsplit_once('@').map_or(host, |(_, address)| address);
            Err(ClusterError::new(
                ClusterErrorKind::Config,
                format!("DOCKER_HOST {shown}"),
                "only the socket of an engine on this machine can be used for --kind",
                "write DOCKER_HOST=unix:///PATH, or name a kubeconfig instead of --kind",
            ))
        }
    }
}

#[cfg(unix)]
async fn connect(socket: &std::path::Path) -> io::Result<tokio::net::UnixStream> {
    tokio::net::UnixStream::connect(socket).await
}

#[cfg(not(unix))]
async fn connect(_: &std::path::Path) -> io::Result<tokio::net::TcpStream> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "--kind takes a system with unix sockets",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_one_that_both_speak() {
        let negotiate = |newest: &str, oldest: &str| {
            Version::negotiate(Version::parse(newest), Version::parse(oldest))
        };
        assert_eq!(negotiate("1.41", ""), Version(1, 41));
        assert_eq!(negotiate("1.44", "1.24"), Version(1, 44));
        assert_eq!(negotiate("1.52", "1.44"), Version(1, 44));
        assert_eq!(negotiate("1.60", "1.50"), Version(1, 50));
        assert_eq!(negotiate("", ""), NEWEST_KNOWN);
        assert!(Version(1, 9) < Version(1, 10));
    }

    #[test]
    fn only_a_local_socket_is_an_engine() {
        assert_eq!(socket_of("").unwrap(), PathBuf::from(DEFAULT_SOCKET));
        assert_eq!(socket_of("unix:///a/b").unwrap(), PathBuf::from("/a/b"));
        for host in ["tcp://u:s3cret@h:2376", "ssh://me@h", "unix://", "h"] {
            let error = socket_of(host).unwrap_err();
            assert_eq!(error.kind, ClusterErrorKind::Config);
            let text = error.to_string();
            assert!(
                text.contains("DOCKER_HOST") && text.contains("unix:///PATH"),
                "{text}"
            );
            assert!(!text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_one_short_line() {
        assert_eq!(
            refusal(br#"{"message":"No such container: a\nb"}"#),
            "No such container: a"
        );
        assert_eq!(refusal(b"plain\n"), "plain");
        assert_eq!(refusal("x".repeat(999).as_bytes()).len(), 300);
    }
}
