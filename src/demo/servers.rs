//! The demo's gRPC servers. They end with the process.

use std::net::SocketAddr;
use std::path::Path;

use prost::Message as _;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_reflection::server::Builder;

use crate::core::source::Source;
use crate::pipeline::RunError;

/// A `google.protobuf.FileDescriptorSet` of files that are serialised already.
#[derive(Clone, PartialEq, prost::Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// A server that reports the services of a module by reflection.
pub(super) async fn with_reflection(module: &Path) -> Result<SocketAddr, RunError> {
    let truth = crate::truth::load(&Source::Directory(module.to_owned()))?;
    let set = RawSet {
        file: truth.files.iter().map(|file| file.bytes.to_vec()).collect(),
    }
    .encode_to_vec();
    let reflection = Builder::configure()
        .register_encoded_file_descriptor_set(&set)
        .build_v1()
        .map_err(|error| RunError::Demo(format!("the demo's reflection service: {error}")))?;
    serve(Routes::new(reflection)).await
}

/// A server that knows no service at all, reflection included.
pub(super) async fn without_reflection() -> Result<SocketAddr, RunError> {
    serve(Routes::default()).await
}

async fn serve(routes: Routes) -> Result<SocketAddr, RunError> {
    let failed =
        |error: std::io::Error| RunError::Demo(format!("the demo's server on loopback: {error}"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tokio::spawn(
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    Ok(address)
}
