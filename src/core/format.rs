//! The forms in which a report can be written.

use std::fmt;
use std::str::FromStr;

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For a pull request.
    Markdown,
    /// For programs; versioned.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For test reporters: JUnit XML.
    Junit,
    /// For GitLab's merge requests: a Code Quality report.
    Gitlab,
    /// For a browser: one file that needs no other.
    Html,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Markdown,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Gitlab,
        Self::Html,
    ];

    /// As flags write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Gitlab => "gitlab",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| {
                format!("unknown format `{text}`; expected text, markdown, json, sarif, junit, gitlab or html")
            })
    }
}
