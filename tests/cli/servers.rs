//! Servers on loopback: one that reflects, one that doesn't, one that never answers.

use std::net::TcpListener;
use std::path::Path;

use prost::Message as _;
use protodiff::core::source::Source;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::Server;

/// A gRPC server; it ends with this.
pub(crate) struct Serving {
    pub(crate) port: u16,
    _runtime: Runtime,
}

impl Serving {
    /// Reports the services of a module by reflection.
    pub(crate) fn module(path: &Path) -> Self {
        let truth = protodiff::truth::load(&Source::Directory(path.to_owned())).unwrap();
        let set = RawSet {
            file: truth.files.iter().map(|file| file.bytes.to_vec()).collect(),
        };
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(&set.encode_to_vec())
            .build_v1()
            .unwrap();
        Self::routes(Routes::new(reflection))
    }

    /// Knows no service at all, reflection included.
    pub(crate) fn without_reflection() -> Self {
        Self::routes(Routes::default())
    }

    fn routes(routes: Routes) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(
            Server::builder()
                .add_routes(routes)
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        Self {
            port,
            _runtime: runtime,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("grpc://127.0.0.1:{}", self.port)
    }
}

/// A `google.protobuf.FileDescriptorSet` of files that are serialised already.
#[derive(Clone, PartialEq, prost::Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// Takes connections (the kernel does, unasked) and never says a word.
pub(crate) struct Silent(TcpListener);

impl Silent {
    pub(crate) fn new() -> Self {
        Self(TcpListener::bind(("127.0.0.1", 0)).unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("grpc://{}", self.0.local_addr().unwrap())
    }
}

/// The URL of a port where nothing listens, and that nobody else can take as long as this lives:
/// it is bound, and no more.
pub(crate) struct Refused(tokio::net::TcpSocket);

impl Refused {
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self(socket)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "grpc://{}",
            self.0.local_addr().map_err(|_| std::fmt::Error)?
        )
    }
}
