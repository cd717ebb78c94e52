//! Answers that are HTTP and not gRPC: a mux's 404, a gateway's 503, a web page.
//!
//! tonic would read such a body as gRPC frames and complain of those. The status that the body
//! hides says more. (Source: "HTTP to gRPC Status Code Mapping" in the gRPC repository.)

use tonic::body::Body;
use tonic::codegen::http::header::{CONTENT_TYPE, HeaderValue};
use tonic::codegen::http::{Response, StatusCode};
use tonic::{Code, Status};

/// Gives an answer that is no gRPC the gRPC status that it stands for.
pub(super) fn as_grpc(response: Response<Body>) -> Response<Body> {
    let headers = response.headers();
    let content = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_grpc = headers.contains_key("grpc-status")
        || response.status() == StatusCode::OK
            && content.is_none_or(|content| content.starts_with(b"application/grpc"));
    if is_grpc {
        return response;
    }
    let code = match response.status() {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        // A mux without this path.
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    };
    let words = format!("HTTP status {}, no gRPC", response.status());
    Status::new(code, words).into_http()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16, content: &str) -> Option<Code> {
        let response = Response::builder()
            .status(status)
            .header(CONTENT_TYPE, content)
            .body(Body::empty())
            .unwrap();
        Status::from_header_map(as_grpc(response).headers()).map(|status| status.code())
    }

    #[test]
    fn plain_http_stands_for_a_status() {
        assert_eq!(code(404, "text/plain"), Some(Code::Unimplemented));
        assert_eq!(code(503, "text/html"), Some(Code::Unavailable));
        assert_eq!(code(200, "text/html"), Some(Code::Unknown));
        assert_eq!(code(200, "application/grpc+proto"), None);
    }
}
