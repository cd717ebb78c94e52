//! The signals that ask a command to stop. [`Signals`] hears them from its creation on.
//!
//! They must be heard for two reasons: what was set up outside of this process is given back
//! (`kubernetes` attaches containers to networks, GitHub shows a check run in progress), and the
//! first process of a container, which this is in the image, is not stopped by a signal that it
//! doesn't listen to.

#[cfg(unix)]
use tokio::signal::unix::{self, SignalKind};

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

#[cfg(unix)]
const TERMINATE: Signal = Signal {
    name: "SIGTERM",
    exit_code: 143,
};

/// What listens. One for the whole command: a signal that comes while nobody waits is kept, where
/// a listener made for each wait would miss what comes between two.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: Option<unix::Signal>,
    #[cfg(unix)]
    terminate: Option<unix::Signal>,
}

impl Signals {
    /// Begins to listen, as far as the system allows it. Within a Tokio runtime only.
    #[must_use]
    pub fn listen() -> Self {
        Self {
            #[cfg(unix)]
            interrupt: unix::signal(SignalKind::interrupt()).ok(),
            #[cfg(unix)]
            terminate: unix::signal(SignalKind::terminate()).ok(),
        }
    }

    /// Waits for the next one; for ever where none can be heard.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Signal {
        async fn heard(listener: &mut Option<unix::Signal>) {
            let heard = match listener {
                Some(listener) => listener.recv().await,
                None => None,
            };
            if heard.is_none() {
                std::future::pending::<()>().await;
            }
        }
        tokio::select! {
            () = heard(&mut self.interrupt) => INTERRUPT,
            () = heard(&mut self.terminate) => TERMINATE,
        }
    }

    /// Waits for an interrupt; for ever where none can be heard.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
        INTERRUPT
    }
}
