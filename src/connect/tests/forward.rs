//! The frames of a port-forward, against a stand-in for the kubelet.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::connect::ConnStats;
use crate::connect::forward::Forward;
use crate::core::observation::ReasonKind;

const PORT: u16 = 50051;

async fn pair() -> (Forward, WebSocketStream<DuplexStream>, Arc<ConnStats>) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    let mut kubelet = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    for channel in 0..2 {
        send(&mut kubelet, channel, &PORT.to_le_bytes()).await;
    }
    let stats = ConnStats::new(PORT);
    (Forward::new(Box::new(near), &stats), kubelet, stats)
}

async fn send(kubelet: &mut WebSocketStream<DuplexStream>, channel: u8, payload: &[u8]) {
    let mut message = vec![channel];
    message.extend_from_slice(payload);
    kubelet.send(Message::Binary(message.into())).await.unwrap();
}

#[tokio::test]
async fn data_goes_both_ways_in_order() {
    let (mut forward, mut kubelet, _) = pair().await;
    forward.write_all(b"ping").await.unwrap();
    forward.flush().await.unwrap();
    let message = kubelet.next().await.unwrap().unwrap();
    assert_eq!(message.into_data().as_ref(), b"\0ping");
    send(&mut kubelet, 0, b"po").await;
    send(&mut kubelet, 0, b"").await;
    send(&mut kubelet, 0, b"ng").await;
    kubelet.close(None).await.unwrap();
    let mut all = Vec::new();
    forward.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"pong");
}

#[tokio::test]
async fn a_refused_port_is_told_although_the_client_wrote_first() {
    let (mut forward, mut kubelet, stats) = pair().await;
    forward.write_all(b"PRI * HTTP/2.0").await.unwrap();
    let words = b"error forwarding port 50051 to pod x, uid : dial tcp4 127.0.0.1:50051: connect: connection refused";
    send(&mut kubelet, 1, words).await;
    kubelet.close(None).await.unwrap();
    drop(kubelet);
    // Writing to what has ended must give the kubelet's error too, not a broken pipe.
    let mut failed = None;
    for _ in 0..100 {
        let result = match forward.write_all(&[0; 4096]).await {
            Ok(()) => forward.flush().await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            failed = Some(error.kind());
            break;
        }
    }
    assert_eq!(failed, Some(std::io::ErrorKind::ConnectionRefused));
    let reason = stats.explain(false).unwrap();
    assert_eq!(reason.kind, ReasonKind::Refused);
    assert_eq!(reason.message, "connection refused on port 50051");
}

#[tokio::test]
async fn other_errors_of_the_kubelet_end_the_stream() {
    let (mut forward, mut kubelet, stats) = pair().await;
    send(&mut kubelet, 1, b"pod not found (\"cart_shop\")").await;
    let error = forward.read(&mut [0; 16]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted);
    assert_eq!(
        stats.explain(false).unwrap().message,
        "the pod ended after it was listed"
    );
}
