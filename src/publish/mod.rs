//! Puts results where people and machines look for them.
//!
//! Everything here receives finished values; files are written whole or not at all.

pub mod descriptor_set;
pub mod github;
pub mod output;
mod set_names;
mod set_text;
mod whole_file;
