//! Lines of declarations, out of a file's `SourceCodeInfo`.
//!
//! A location's path alternates field numbers of `descriptor.proto` and indices; the span's first
//! element is the line, counted from 0. (Source: comments in `descriptor.proto`.)

use std::collections::HashMap;
use std::sync::Arc;

use buffa_descriptor::generated::descriptor::FileDescriptorProto;

use super::Location;

/// Field numbers of `descriptor.proto` that occur in paths to declarations.
pub(super) mod tag {
    pub(in super::super) const FILE_MESSAGE: i32 = 4;
    pub(in super::super) const FILE_ENUM: i32 = 5;
    pub(in super::super) const FILE_SERVICE: i32 = 6;
    pub(in super::super) const FILE_EXTENSION: i32 = 7;
    pub(in super::super) const MESSAGE_FIELD: i32 = 2;
    pub(in super::super) const MESSAGE_NESTED: i32 = 3;
    pub(in super::super) const MESSAGE_ENUM: i32 = 4;
    pub(in super::super) const MESSAGE_EXTENSION: i32 = 6;
    pub(in super::super) const MESSAGE_ONEOF: i32 = 8;
    pub(in super::super) const ENUM_VALUE: i32 = 2;
    pub(in super::super) const SERVICE_METHOD: i32 = 2;
}

/// The lines of one file.
pub(super) struct Positions {
    file: Option<Arc<str>>,
    lines: HashMap<Vec<i32>, u32>,
}

impl Positions {
    /// Reads the positions of `file`, to be shown under `path`; `None` gives no locations at all.
    pub(super) fn of(file: &FileDescriptorProto, path: Option<&str>) -> Self {
        let Some(path) = path else {
            return Self {
                file: None,
                lines: HashMap::new(),
            };
        };
        let mut lines = HashMap::new();
        for location in &file.source_code_info.location {
            // Declarations have paths of even length; names, types and numbers odd ones.
            if location.path.len() % 2 == 0
                && let Some(line) = location
                    .span
                    .first()
                    .and_then(|line| u32::try_from(*line).ok())
            {
                lines.entry(location.path.clone()).or_insert(line + 1);
            }
        }
        Self {
            file: Some(Arc::from(path)),
            lines,
        }
    }

    /// The location of the declaration at `path`.
    pub(super) fn at(&self, path: &[i32]) -> Option<Location> {
        let file = self.file.clone()?;
        Some(Location {
            file,
            line: self.lines.get(path).copied().unwrap_or(0),
        })
    }
}
