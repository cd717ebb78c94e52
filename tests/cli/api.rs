//! The least of an API server: lists of pods, everything else empty. What real ones do is tested
//! in `tests/cluster`; this one is for what the command line makes of `.protodiff.yaml`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

/// A pod on loopback: value of its label `app`, port.
pub(crate) type Pod = (&'static str, u16);

/// Serves these pods, in namespace `shop` only, and gives the kubeconfig to reach them.
pub(crate) fn kubeconfig(pods: &[Pod]) -> String {
    let pods: Arc<[Pod]> = pods.into();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pods = Arc::clone(&pods);
            std::thread::spawn(move || answer(&stream, &pods));
        }
    });
    format!(
        "{{apiVersion: v1, kind: Config, current-context: a, clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}], contexts: [{{name: a, context: {{cluster: c, user: u, namespace: shop}}}}], users: [{{name: u, user: {{token: s3cret-token}}}}]}}"
    )
}

fn answer(stream: &TcpStream, pods: &[Pod]) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let path = request.split(' ').nth(1)?;
    let (status, body) = match path.strip_prefix("/api/v1/namespaces/shop/pods") {
        Some(named) if named.starts_with('/') => ("404 Not Found", not_found()),
        Some(_) => (
            "200 OK",
            list(pods.iter().filter(|(app, _)| selected(path, app))),
        ),
        None => ("200 OK", list([].iter())),
    };
    let body = body.to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// Of all selectors this server knows `app=NAME` only.
fn selected(path: &str, app: &str) -> bool {
    !path.contains("labelSelector=") || path.contains(&format!("=app%3D{app}"))
}

fn list<'a>(pods: impl Iterator<Item = &'a Pod>) -> Value {
    let items: Vec<Value> = pods.map(pod).collect();
    json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items})
}

fn not_found() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
        "message": "pods not found", "reason": "NotFound", "code": 404,
    })
}

fn pod((app, port): &Pod) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{app}-0"), "namespace": "shop", "labels": {"app": app},
            "annotations": {"protodiff.dev/port": port.to_string()},
        },
        "spec": {"containers": [{"name": "main", "image": "registry.example/app:1"}]},
        "status": {
            "phase": "Running", "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}],
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "main", "image": "registry.example/app:1", "imageID": "registry.example/app@sha256:01", "ready": true, "restartCount": 0, "state": {"running": {}}}],
        },
    })
}
