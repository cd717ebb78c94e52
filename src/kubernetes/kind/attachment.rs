//! The own container on a network of a kind cluster, for as long as it is needed.
//!
//! [`Attachment::make`] attaches, and dropping the value detaches: after success, an error or a
//! signal alike. A container that was on the network before stays there.

use std::time::Duration;

use serde_json::json;

use super::engine::{Engine, EngineError};
use super::node::Endpoint;
use crate::kubernetes::errors::{ClusterError, ClusterErrorKind};

/// A cancelled workflow's container has some seconds before it is killed.
const DETACH: Duration = Duration::from_secs(5);

/// An order to attach whose answer nobody awaited may be carried out after the order to detach.
const SETTLE: Duration = Duration::from_millis(200);
const SETTLE_ROUNDS: u8 = 5;

/// Undone when it is dropped.
#[derive(Debug)]
pub(crate) struct Attachment {
    engine: Engine,
    container: String,
    network_id: String,
    network: String,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The order is under way.
    Ordered,
    /// This attached it.
    Attached,
    /// Somebody else did, or nothing happened.
    NotOurs,
}

impl Attachment {
    /// Attaches the container to the node's network; `None` if it turns out to be there already.
    pub(super) async fn make(
        engine: &Engine,
        container: &str,
        endpoint: &Endpoint,
    ) -> Result<Option<Self>, ClusterError> {
        // It exists before the order is given, so that giving up half way detaches too.
        let mut attachment = Self {
            engine: engine.clone(),
            container: container.to_owned(),
            network_id: endpoint.network_id.clone(),
            network: endpoint.network.clone(),
            state: State::Ordered,
        };
        let path = format!("/networks/{}/connect", attachment.network_id);
        let order = json!({"Container": attachment.container});
        match engine.post(&path, &order).await {
            Ok(()) => {
                attachment.state = State::Attached;
                Ok(Some(attachment))
            }
            Err(error) if already_attached(&error) => {
                attachment.state = State::NotOurs;
                Ok(None)
            }
            Err(error) => {
                if error.status().is_some() {
                    attachment.state = State::NotOurs;
                }
                Err(ClusterError::new(
                    ClusterErrorKind::Unreachable,
                    format!("docker network {}", endpoint.network),
                    format!("this container cannot be attached to it: {error}"),
                    "run the container on that network (`docker run --network`), or use the action's variant `host`, which runs on the machine itself",
                ))
            }
        }
    }
}

fn already_attached(error: &EngineError) -> bool {
    error.says("already exists in network") || error.says("already attached to network")
}

fn already_detached(error: &EngineError) -> bool {
    error.status() == Some(404) || error.says("is not connected to")
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if self.state == State::NotOurs {
            return;
        }
        let (engine, state) = (self.engine.clone(), self.state);
        let path = format!("/networks/{}/disconnect", self.network_id);
        let order = json!({"Container": self.container, "Force": false});
        // A runtime of its own: the one around this may be shutting down, and is not to wait.
        let detach = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?;
            let detach = detach(&engine, &path, &order, state);
            runtime
                .block_on(async { tokio::time::timeout(DETACH, detach).await })
                .unwrap_or_else(|_| Err(format!("no answer after {} s", DETACH.as_secs())))
        };
        let outcome = match std::thread::Builder::new().spawn(detach) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| Err("it ended unexpectedly".to_owned())),
            Err(error) => Err(error.to_string()),
        };
        if let Err(cause) = outcome {
            // Nobody is left to hand it to.
            let _ = std::io::Write::write_fmt(
                &mut anstream::stderr(),
                format_args!(
                    "protodiff: warning: this container is still on the docker network {} ({cause}); `docker network disconnect {} {}` takes it off\n",
                    self.network, self.network, self.container
                ),
            );
        }
    }
}

async fn detach(
    engine: &Engine,
    path: &str,
    order: &serde_json::Value,
    state: State,
) -> Result<(), String> {
    let mut rounds = if state == State::Ordered {
        SETTLE_ROUNDS
    } else {
        1
    };
    loop {
        rounds -= 1;
        match engine.post(path, order).await {
            Ok(()) => return Ok(()),
            Err(error) if !already_detached(&error) => return Err(error.to_string()),
            Err(_) if rounds == 0 => return Ok(()),
            Err(_) => tokio::time::sleep(SETTLE).await,
        }
    }
}
