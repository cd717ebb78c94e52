//! The pure heart: schema model, comparison, rules, verdicts and the report.
//!
//! Nothing in here reads a file, a clock or the environment, and nothing is asynchronous: the
//! adapters around it (`discover`, `connect`, `reflect`, `truth`) hand over plain values, and
//! `render` turns the resulting [`report::Report`] into text. A test reads these sources and
//! rejects an import that would break this rule.

pub mod assemble;
pub mod change;
pub mod comment_mode;
pub mod compare;
pub mod descriptor_schema;
pub mod format;
pub mod image_form;
pub mod inputs;
pub mod judge;
pub mod level;
mod merge;
pub mod observation;
mod outcome;
pub mod perspective;
pub mod policy;
pub mod report;
pub mod rules;
pub mod schema;
pub mod selection;
pub mod sentence;
mod sift;
pub mod source;
pub mod target;
pub mod truth;
