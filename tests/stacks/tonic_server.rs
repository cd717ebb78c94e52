//! tonic's own reflection server, on a thread of the test's process.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use prost::Message as _;
use protodiff::core::source::Source;
use protodiff::truth::{Buf, load_with};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::Server as Transport;
use tonic_reflection::server::Builder;

use crate::buf;

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// A `google.protobuf.FileDescriptorSet` of serialised files.
#[derive(Clone, PartialEq, prost::Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

impl Server {
    /// Serves a module of `tests/fixtures/modules`; `none` has no reflection.
    pub(crate) fn start(variant: &str) -> Self {
        let routes = if variant == "none" {
            Routes::default()
        } else {
            let set = descriptor_set(variant);
            let builder = || Builder::configure().register_encoded_file_descriptor_set(&set);
            Routes::new(builder().build_v1().unwrap())
                .add_service(builder().build_v1alpha().unwrap())
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                let serve = Transport::builder()
                    .add_routes(routes)
                    .serve_with_incoming(TcpListenerStream::new(listener));
                tokio::select! {
                    result = serve => result.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: receiver.recv().unwrap(),
            _stop: stop,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("grpc://{}", self.address)
    }
}

fn descriptor_set(variant: &str) -> Vec<u8> {
    let module = format!(
        "{}/tests/fixtures/modules/{variant}",
        env!("CARGO_MANIFEST_DIR")
    );
    let buf = Buf::at(buf::path());
    let truth = load_with(&Source::Directory(module.into()), &buf).unwrap();
    RawSet {
        file: truth.files.iter().map(|file| file.bytes.to_vec()).collect(),
    }
    .encode_to_vec()
}
