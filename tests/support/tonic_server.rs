//! A tonic server with tonic-reflection in the test's own process. Included with `#[path]`.

use std::net::SocketAddr;
use std::path::Path;

use prost::Message;
use protodiff::core::source::Source;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic_reflection::server::Builder;

/// `google.protobuf.FileDescriptorSet`, its files left as they are: decoding them with a type that
/// lacks a field would lose it.
#[derive(Clone, PartialEq, Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// Serves a module's reflection, v1 and v1alpha, until the test's runtime ends.
pub async fn serve(module: &str, at: SocketAddr) -> SocketAddr {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(module);
    let truth = protodiff::truth::load(&Source::Directory(folder)).unwrap();
    let set = RawSet {
        file: truth.files.iter().map(|file| file.bytes.to_vec()).collect(),
    }
    .encode_to_vec();
    let builder = || Builder::configure().register_encoded_file_descriptor_set(&set);
    let (v1, v1alpha) = (
        builder().build_v1().unwrap(),
        builder().build_v1alpha().unwrap(),
    );
    let listener = TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_service(v1).add_service(v1alpha);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}
