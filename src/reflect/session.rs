//! One reflection stream at a time, opened when it is first needed and again after it ended.
//!
//! `grpc.reflection.v1` and `v1alpha` have the same messages on the wire, so one set of types and
//! two paths serve both. (Source: the two `.proto` files in the grpc-proto repository.)

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codec::Streaming;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Extensions, Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

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

/// An open stream.
struct Open {
    requests: mpsc::Sender<ServerReflectionRequest>,
    answers: Streaming<ServerReflectionResponse>,
}

/// A conversation with one server.
pub(super) struct Session {
    grpc: Grpc<Channel>,
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
        let grpc = Grpc::new(channel).max_decoding_message_size(message_bytes);
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
        let open = if self.one_each {
            None
        } else {
            self.open.take()
        };
        let mut open = match open {
            Some(open) => {
                let sent = open.requests.send(request).await;
                if sent.is_err() {
                    return Err(Status::unavailable(
                        "the server ended the reflection stream",
                    ));
                }
                open
            }
            None => self.start(request).await?,
        };
        let answer = open.answers.message().await?;
        self.open = Some(open);
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
