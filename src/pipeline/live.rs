//! Asking one target: its ports in order, with retries, within its deadline.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Access;
use crate::connect::ConnStats;
use crate::core::observation::{LiveDescriptors, Observation, Reason, ReasonKind};
use crate::core::target::{PortCandidate, Target};
use crate::reflect::{self, Limits, ReflectError};

/// Pauses before the second and third try of what may pass: a pod that has just started, a forward
/// that broke off.
const BACKOFF: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(500)];

/// What came of a target, and the port that it came from.
pub(super) struct Asked {
    pub(super) observation: Observation,
    pub(super) port: Option<(u16, String)>,
}

/// Asks a target for its descriptors. `limit` is the scan's own deadline.
pub(super) async fn ask(
    access: &Access,
    target: &Target,
    include: &(dyn Fn(&str) -> bool + Send + Sync),
    limit: Instant,
) -> Asked {
    let deadline = (Instant::now() + access.pod_timeout).min(limit);
    let mut failures: Vec<(&PortCandidate, Reason)> = Vec::new();
    for (index, candidate) in target.ports.iter().enumerate() {
        // A port that hangs must leave time for the next one.
        let left = deadline.saturating_duration_since(Instant::now());
        let ports = u32::try_from(target.ports.len() - index).unwrap_or(1);
        let until = Instant::now() + left / ports;
        match ask_port(access, target, candidate.port, include, until, deadline).await {
            Ok(live) => {
                return Asked {
                    observation: Observation::Live(live),
                    port: Some((candidate.port, candidate.why.clone())),
                };
            }
            Err(reason) => failures.push((candidate, reason)),
        }
    }
    unreachable(failures)
}

async fn ask_port(
    access: &Access,
    target: &Target,
    port: u16,
    include: &(dyn Fn(&str) -> bool + Send + Sync),
    until: Instant,
    deadline: Instant,
) -> Result<LiveDescriptors, Reason> {
    let mut tries = 0;
    loop {
        let reason = match try_port(access, target, port, include, until, deadline).await {
            Ok(live) => return Ok(live),
            Err(reason) => reason,
        };
        let pause = BACKOFF
            .get(tries)
            .filter(|pause| transient(reason.kind) && Instant::now() + **pause < until);
        let Some(pause) = pause else {
            return Err(reason);
        };
        tokio::time::sleep(*pause).await;
        tries += 1;
    }
}

/// What may pass by itself. A deadline does not: a server that hung once is not asked again.
fn transient(kind: ReasonKind) -> bool {
    matches!(kind, ReasonKind::Refused | ReasonKind::Disconnected)
}

async fn try_port(
    access: &Access,
    target: &Target,
    port: u16,
    include: &(dyn Fn(&str) -> bool + Send + Sync),
    until: Instant,
    deadline: Instant,
) -> Result<LiveDescriptors, Reason> {
    let stats = ConnStats::new(port);
    let call = async {
        let connected = access
            .connector
            .connect(target, port, &stats)
            .await
            .map_err(Failed::Connect)?;
        reflect::read(
            connected.channel,
            &access.headers,
            Limits::default(),
            include,
        )
        .await
        .map_err(Failed::Reflect)
    };
    match timeout_at(until, call).await {
        Ok(Ok(live)) => Ok(live),
        Ok(Err(Failed::Connect(reason))) => Err(reason),
        Ok(Err(Failed::Reflect(ReflectError::Call(status)))) => Err(stats
            .explain(false)
            .unwrap_or_else(|| ReflectError::Call(status).into_reason())),
        Ok(Err(Failed::Reflect(error))) => Err(error.into_reason()),
        Err(_) => Err(stats.explain(true).unwrap_or_else(|| {
            let which = if until < deadline {
                "its share of the pod's deadline"
            } else {
                "the pod's deadline"
            };
            Reason::new(
                ReasonKind::TimedOut,
                format!("port {port} did not answer within {which}"),
            )
            .with_hint("Allow more time with --pod-timeout.")
        })),
    }
}

enum Failed {
    Connect(Reason),
    Reflect(ReflectError),
}

/// Of several ports' failures the most telling one leads, and all are named.
fn unreachable(mut failures: Vec<(&PortCandidate, Reason)>) -> Asked {
    failures.sort_by_key(|(_, reason)| rank(reason.kind));
    let port = failures
        .first()
        .map(|(candidate, _)| (candidate.port, candidate.why.clone()));
    let mut reasons = failures.into_iter();
    let Some((first, mut reason)) = reasons.next() else {
        let reason = Reason::new(ReasonKind::Other, "no port to ask")
            .with_hint("Name it with the annotation protodiff.dev/port, or with --port.");
        return Asked {
            observation: Observation::Unreachable(reason),
            port: None,
        };
    };
    let others: Vec<String> = reasons
        .map(|(candidate, reason)| format!("{} ({})", candidate.port, reason.message))
        .collect();
    if !others.is_empty() {
        reason.message = format!(
            "port {}: {}; also tried {}",
            first.port,
            reason.message,
            others.join(", ")
        );
    }
    Asked {
        observation: Observation::Unreachable(reason),
        port,
    }
}

/// How little a failure says about where gRPC is; the lowest leads.
fn rank(kind: ReasonKind) -> u8 {
    match kind {
        ReasonKind::NoReflection
        | ReasonKind::Unauthenticated
        | ReasonKind::TooLarge
        | ReasonKind::InvalidDescriptors => 0,
        ReasonKind::SilentReflection | ReasonKind::Forbidden | ReasonKind::Tls => 1,
        ReasonKind::NotGrpc => 3,
        _ => 2,
    }
}
