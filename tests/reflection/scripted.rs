//! A gRPC server whose reflection answers what a closure says.
//!
//! [`Server::start`] is the entry. The v1 and v1alpha protocols have the same messages on the wire,
//! so one implementation serves both paths.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

/// Every server of the test process runs here.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// What the server does about one question.
pub(crate) enum Act {
    /// Answers.
    Answer(MessageResponse),
    /// Answers with a message that has no answer in it.
    Empty,
    /// Answers, and then ends the stream as if all had been asked.
    Last(MessageResponse),
    /// Answers again and again without being asked.
    Flood(MessageResponse),
    /// Ends the stream with this status.
    Fail(Status),
    /// Ends the stream without an answer.
    End,
    /// Says nothing for ever.
    Silence,
}

/// A question of a stream, the first stream being number 0.
pub(crate) type Script = Arc<dyn Fn(usize, &MessageRequest) -> Act + Send + Sync>;

/// What a server has seen and said.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) streams: AtomicUsize,
    pub(crate) questions: AtomicUsize,
    pub(crate) bytes: AtomicUsize,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Reflection<const ALPHA: bool> {
    script: Script,
    seen: Arc<Seen>,
    gzip: bool,
}

impl NamedService for Reflection<false> {
    const NAME: &'static str = "grpc.reflection.v1.ServerReflection";
}

impl NamedService for Reflection<true> {
    const NAME: &'static str = "grpc.reflection.v1alpha.ServerReflection";
}

impl<const ALPHA: bool> tower::Service<http::Request<Body>> for Reflection<ALPHA> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::default();
            let mut grpc = Grpc::new(codec);
            if service.gzip {
                // As if the client had said that it takes it.
                let gzip = http::HeaderValue::from_static("gzip");
                request.headers_mut().insert("grpc-accept-encoding", gzip);
                grpc = grpc.send_compressed(CompressionEncoding::Gzip);
            }
            Ok(grpc.streaming(service, request).await)
        })
    }
}

impl<const ALPHA: bool> StreamingService<ServerReflectionRequest> for Reflection<ALPHA> {
    type Response = ServerReflectionResponse;
    type ResponseStream = BoxStream<'static, Result<ServerReflectionResponse, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<ServerReflectionRequest>>) -> Self::Future {
        let service = self.clone();
        let number = service.seen.streams.fetch_add(1, Ordering::Relaxed);
        let mut questions = request.into_inner();
        Box::pin(async move {
            // A refusal of the first question comes as a call that fails at once, as from a proxy.
            let first = questions.message().await?;
            let first = first.map(|first| service.act(number, &first));
            if let Some(Act::Fail(status)) = first {
                return Err(status);
            }
            let state = (service, questions, first);
            let answers = stream::unfold(Some(state), move |state| async move {
                let (service, mut questions, act) = state?;
                let act = if let Some(act) = act {
                    act
                } else {
                    let question = questions.message().await.ok()??;
                    service.act(number, &question)
                };
                let many = |answers: BoxStream<'static, _>, more| Some((answers, more));
                let once = |answer| stream::once(async move { answer }).boxed();
                match act {
                    Act::Answer(answer) => many(
                        once(Ok(service.said(Some(answer)))),
                        Some((service, questions, None)),
                    ),
                    Act::Empty => many(
                        once(Ok(service.said(None))),
                        Some((service, questions, None)),
                    ),
                    Act::Last(answer) => many(once(Ok(service.said(Some(answer)))), None),
                    Act::Flood(answer) => {
                        let endless = stream::repeat(answer);
                        many(
                            endless
                                .map(move |answer| Ok(service.said(Some(answer))))
                                .boxed(),
                            None,
                        )
                    }
                    Act::Fail(status) => many(once(Err(status)), None),
                    Act::End => None,
                    Act::Silence => many(stream::pending().boxed(), None),
                }
            });
            Ok(Response::new(answers.flatten().boxed()))
        })
    }
}

impl<const ALPHA: bool> Reflection<ALPHA> {
    fn act(&self, stream: usize, question: &ServerReflectionRequest) -> Act {
        self.seen.questions.fetch_add(1, Ordering::Relaxed);
        (self.script)(stream, question.message_request.as_ref().unwrap())
    }

    fn said(&self, answer: Option<MessageResponse>) -> ServerReflectionResponse {
        let response = ServerReflectionResponse {
            message_response: answer,
            ..ServerReflectionResponse::default()
        };
        let bytes = response.encoded_len();
        self.seen.bytes.fetch_add(bytes, Ordering::Relaxed);
        response
    }
}

/// Which protocols a server has, and what they answer.
#[derive(Default)]
pub(crate) struct Scripts {
    pub(crate) v1: Option<Script>,
    pub(crate) v1alpha: Option<Script>,
    pub(crate) gzip: bool,
}

impl Server {
    /// A server with the v1 protocol.
    pub(crate) fn v1(
        script: impl Fn(usize, &MessageRequest) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::start(Scripts {
            v1: Some(Arc::new(script)),
            ..Scripts::default()
        })
    }

    /// A server with the v1 protocol behind a guard that may refuse a call.
    pub(crate) fn guarded(
        script: impl Fn(usize, &MessageRequest) -> Act + Send + Sync + 'static,
        guard: fn(Request<()>) -> Result<Request<()>, Status>,
    ) -> Self {
        let seen = Arc::new(Seen::default());
        let service = Reflection::<false> {
            script: Arc::new(script),
            seen: Arc::clone(&seen),
            gzip: false,
        };
        let guarded = InterceptedService::new(service, guard);
        Self::with_routes(Routes::new(guarded), seen)
    }

    /// Starts a server on a free port.
    pub(crate) fn start(scripts: Scripts) -> Self {
        let seen = Arc::new(Seen::default());
        let gzip = scripts.gzip;
        let mut routes = Routes::default();
        if let Some(script) = scripts.v1 {
            let seen = Arc::clone(&seen);
            routes = routes.add_service(Reflection::<false> { script, seen, gzip });
        }
        if let Some(script) = scripts.v1alpha {
            let seen = Arc::clone(&seen);
            routes = routes.add_service(Reflection::<true> { script, seen, gzip });
        }
        Self::with_routes(routes, seen)
    }

    fn with_routes(routes: Routes, seen: Arc<Seen>) -> Self {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let serve = tonic::transport::Server::builder()
            .add_routes(routes)
            .serve_with_incoming(TcpListenerStream::new(listener));
        let task = RUNTIME.spawn(async move { serve.await.unwrap() });
        Self {
            address,
            seen,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("grpc://{}", self.address)
    }

    pub(crate) fn streams(&self) -> usize {
        self.seen.streams.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a server answers that has no descriptors for what was asked.
pub(crate) fn not_found(words: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(tonic_reflection::pb::v1::ErrorResponse {
        error_code: 5,
        error_message: words.to_owned(),
    })
}

/// The deadline that tests give a pod, as a flag.
pub(crate) const ONE_SECOND: [&str; 2] = ["--pod-timeout", "1s"];
/// How long such a scan may take on a loaded machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);
