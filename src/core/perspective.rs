//! Which side is the server: what runs now, or what is about to be rolled out.

/// The question that a comparison answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Perspective {
    /// After a rollout: do clients built from the truth get along with the live server?
    #[default]
    After,
    /// Before one (`--before-rollout`): would clients built from what runs now get along with a
    /// server built from the truth?
    Before,
}

impl Perspective {
    /// Live and truth as server and client; the same call gives live and truth back from server and
    /// client.
    pub fn swap<T>(self, live_or_server: T, truth_or_client: T) -> (T, T) {
        match self {
            Self::After => (live_or_server, truth_or_client),
            Self::Before => (truth_or_client, live_or_server),
        }
    }
}
