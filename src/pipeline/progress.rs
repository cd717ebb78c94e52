//! Progress as the stages see it; the binary draws it.

/// Receives what happens. All methods do nothing by default.
pub trait Progress: Sync {
    /// A stage begins or has news: "waiting for 2 of 3 rollouts".
    fn stage(&self, _text: &str) {}

    /// `done` of `total` pods have been asked.
    fn pods(&self, _done: usize, _total: usize) {}

    /// Nothing more will come.
    fn finish(&self) {}
}

/// No progress.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}
