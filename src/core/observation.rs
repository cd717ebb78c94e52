//! What was seen at a target: descriptors, or the reason why not.
//!
//! An unreachable pod is data here, never an error that ends a scan.

use bytes::Bytes;

use crate::core::sentence::sentence;

/// The class of a [`Reason`]; stable kebab-case names in reports.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// No pod matched the selection.
    NoPods,
    /// Listing or reaching something was forbidden by RBAC.
    Forbidden,
    /// The server speaks gRPC, and has no reflection service.
    NoReflection,
    /// The connection was refused.
    Refused,
    /// The connection broke off.
    Disconnected,
    /// TCP was accepted, and nothing came back before the deadline.
    SilentTcp,
    /// HTTP/2 was spoken, and reflection did not answer before the deadline.
    SilentReflection,
    /// No connection before the deadline, or the deadline passed on the way.
    TimedOut,
    /// The peer speaks something else (HTTP/1.1, TLS where plain text was tried, …).
    NotGrpc,
    /// TLS could not be established.
    Tls,
    /// The server wants credentials.
    Unauthenticated,
    /// The answer broke a limit on size, count or nesting.
    TooLarge,
    /// The answer is not a usable set of descriptors.
    InvalidDescriptors,
    /// A listed service did not resolve.
    Unresolved,
    /// Live and truth have no service in common.
    NothingInCommon,
    /// A service that `expect` names is not served.
    ExpectedMissing,
    /// The truth did not load.
    Truth,
    /// The rollout did not finish in time.
    Rollout,
    /// Anything else; the message says what.
    Other,
}

/// Why something could not be verified, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// The class.
    pub kind: ReasonKind,
    /// One sentence without a final full stop: what happened.
    pub message: String,
    /// What to do; may have several lines; empty if there is nothing to say.
    pub hint: String,
}

impl Reason {
    /// A reason with no advice.
    pub fn new(kind: ReasonKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// Adds what to do about it, in the one form of advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = sentence(&hint.into());
        self
    }
}

/// The descriptors that a server reported.
#[derive(Debug, Clone, Default)]
pub struct LiveDescriptors {
    /// Serialised `google.protobuf.FileDescriptorProto`s, each once.
    pub files: Vec<Bytes>,
    /// Services that the server listed, reflection's own left out, sorted.
    pub services: Vec<String>,
    /// Listed services that did not resolve, with the server's words.
    pub unresolved: Vec<(String, String)>,
    /// What had to be tolerated while reading (placeholder files, missing imports, …).
    pub notes: Vec<String>,
}

/// The result of asking one target.
#[derive(Debug, Clone)]
pub enum Observation {
    /// It answered.
    Live(LiveDescriptors),
    /// It could not be read.
    Unreachable(Reason),
}
