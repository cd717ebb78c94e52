//! The signals that ask a command to stop. [`signal`] waits for one.
//!
//! They must be heard for two reasons: what was set up outside of this process is given back
//! (`kubernetes` attaches containers to networks), and the first process of a container, which this
//! is in the image, is not stopped by a signal that it doesn't listen to.

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// As people write it.
    pub name: &'static str,
    /// As shells report it: 128 and the signal's number.
    pub exit_code: u8,
}

const INTERRUPT: Signal = Signal {
    name: "SIGINT",
    exit_code: 130,
};

/// Waits for an interrupt or an order to terminate; for ever where none can be heard.
#[cfg(unix)]
pub async fn signal() -> Signal {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind: SignalKind| async move {
        let heard = match signal(kind) {
            Ok(mut signals) => signals.recv().await,
            Err(_) => None,
        };
        if heard.is_none() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = listen(SignalKind::interrupt()) => INTERRUPT,
        () = listen(SignalKind::terminate()) => Signal { name: "SIGTERM", exit_code: 143 },
    }
}

/// Waits for an interrupt; for ever where none can be heard.
#[cfg(not(unix))]
pub async fn signal() -> Signal {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
    INTERRUPT
}
