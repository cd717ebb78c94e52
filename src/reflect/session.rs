//! One reflection stream at a time, opened when it is first needed and again after it ended.
//!
//! `grpc.reflection.v1` and `v1alpha` have the same messages on the wire, so one set of types and
//! two paths serve both. (Source: the two `.proto` files in the grpc-proto repository.)

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codec::Streaming;
use tonic::codegen::http::Response;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Extensions, Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tower::util::MapResponse;

use super::plain_http;

/// The version of the reflection protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V1Alpha,
}

impl Version {
    fn path(self) -> PathAndQuery {
        PathAndQuery::from_static(match self {
            Self::V1 => "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            Self::V1Alpha => "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        })
    }
}

/// A channel whose answers are gRPC in any case.
type Strict = MapResponse<Channel, fn(Response<Body>) -> Response<Body>>;

/// An open stream.
struct Open {
    requests: mpsc::Sender<ServerReflectionRequest>,
    answers: Streaming<ServerReflectionResponse>,
}

/// A conversation with one server.
pub(super) struct Session {
    grpc: Grpc<Strict>,
    version: Version,
    headers: MetadataMap,
    open: Option<Open>,
    one_each: bool,
}

impl Session {
    pub(super) fn new(
        channel: Channel,
        version: Version,
        headers: MetadataMap,
        message_bytes: usize,
    ) -> Self {
        let channel: Strict = MapResponse::new(channel, plain_http::as_grpc);
        // Some servers compress unasked; the limit holds for what comes out.
        let grpc = Grpc::new(channel)
            .max_decoding_message_size(message_bytes)
            .accept_compressed(CompressionEncoding::Gzip);
        Self {
            grpc,
            version,
            headers,
            open: None,
            one_each: false,
        }
    }

    /// From now on every question gets a stream of its own. For servers that repeat on a stream
    /// all that they sent on it before.
    pub(super) fn renew(&mut self) {
        self.one_each = true;
    }

    /// Asks one question and waits for its answer.
    pub(super) async fn ask(
        &mut self,
        question: MessageRequest,
    ) -> Result<MessageResponse, Status> {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(question),
        };
        let mut open = None;
        let mut answer = None;
        if let Some(mut kept) = self.open.take().filter(|_| !self.one_each)
            && kept.requests.send(request.clone()).await.is_ok()
        {
            answer = kept.answers.message().await?;
            open = Some(kept);
        }
        // Some servers end a stream after an answer; the question is asked again on a new one.
        if answer.is_none() {
            let mut fresh = self.start(request).await?;
            answer = fresh.answers.message().await?;
            open = Some(fresh);
        }
        self.open = open;
        answer
            .and_then(|answer| answer.message_response)
            .ok_or_else(|| {
                Status::unavailable("the server ended the reflection stream without an answer")
            })
    }

    /// Opens a stream. The first request must be on its way before the response is awaited: some
    /// servers send no headers before they have one.
    async fn start(&mut self, first: ServerReflectionRequest) -> Result<Open, Status> {
        let (requests, receiver) = mpsc::channel(1);
        requests
            .send(first)
            .await
            .map_err(|_| Status::internal("the request stream is closed"))?;
        self.grpc
            .ready()
            .await
            .map_err(|error| Status::from_error(Box::new(error)))?;
        let request = Request::from_parts(
            self.headers.clone(),
            Extensions::default(),
            ReceiverStream::new(receiver),
        );
        let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> =
            ProstCodec::default();
        let response = self
            .grpc
            .streaming(request, self.version.path(), codec)
            .await?;
        Ok(Open {
            requests,
            answers: response.into_inner(),
        })
    }
}
