//! Servers that cannot be read end as a reason, within the pod's deadline.

use std::net::TcpListener;
use std::time::Duration;

use crate::scan::{SHOP, scan};
use crate::servers;

#[test]
fn servers_that_misbehave_are_named_within_the_deadline() {
    for (misbehaviour, kind, words) in [
        (
            "tcp",
            "silent-tcp",
            "accepted the connection and sent nothing",
        ),
        (
            "reflection",
            "silent-reflection",
            "reflection did not answer",
        ),
        ("http1", "not-grpc", "speaks HTTP/1"),
    ] {
        let server = servers::start("go", &["--variant", "shop", "--misbehave", misbehaviour]);
        let outcome = scan(SHOP, &server.url(), &["--pod-timeout", "1s"]);
        outcome.assert_unknown(kind, words);
        assert!(!outcome.reasons()[0].2.is_empty(), "{misbehaviour}");
        assert!(outcome.took < Duration::from_secs(8), "{:?}", outcome.took);
    }
}

#[test]
fn nobody_listens() {
    // The listener keeps the port from others until it has been dropped.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = scan(SHOP, &format!("grpc://{address}"), &[]);
    outcome.assert_unknown("refused", "connection refused");
}
