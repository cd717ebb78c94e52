//! Puts a page together within a limit: whole entries only, the most important first, and a count
//! of what was left out.

/// Kept free for the line that says what is missing.
const RESERVED: usize = 400;

/// A page that grows up to its limit.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    limit: usize,
    /// Entries that did not fit, by what they are.
    omitted: Vec<(&'static str, usize)>,
}

/// Entries with what stands before and after them.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Heading, or the opening of a fold or table.
    pub(super) before: String,
    /// Whole pieces of Markdown.
    pub(super) entries: Vec<String>,
    /// The end of a fold.
    pub(super) after: String,
    /// What an entry is, for the count of those left out: "finding".
    pub(super) noun: &'static str,
}

impl Page {
    /// An empty page of at most so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit: limit.saturating_sub(RESERVED),
            omitted: Vec::new(),
        }
    }

    /// Adds what a page cannot do without. It is short by construction.
    pub(super) fn head(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds as many entries of a section as fit, in their order; none leaves no heading behind.
    pub(super) fn section(&mut self, section: &Section) {
        let around = section.before.len() + section.after.len();
        let mut room = self.limit.saturating_sub(self.text.len() + around);
        let mut fitting = 0;
        for entry in &section.entries {
            if entry.len() > room {
                break;
            }
            room -= entry.len();
            fitting += 1;
        }
        if fitting > 0 {
            self.text.push_str(&section.before);
            for entry in &section.entries[..fitting] {
                self.text.push_str(entry);
            }
            self.text.push_str(&section.after);
        }
        let left_out = section.entries.len() - fitting;
        if left_out > 0 {
            self.omitted.push((section.noun, left_out));
        }
    }

    /// The whole page; `more` says where the rest is.
    pub(super) fn finish(mut self, more: &str) -> String {
        if !self.omitted.is_empty() {
            let mut counts: Vec<(&str, usize)> = Vec::new();
            for (noun, count) in self.omitted {
                match counts.iter_mut().find(|(known, _)| *known == noun) {
                    Some((_, sum)) => *sum += count,
                    None => counts.push((noun, count)),
                }
            }
            let parts: Vec<String> = counts
                .into_iter()
                .map(|(noun, count)| crate::render::counted(count, noun))
                .collect();
            self.text.push_str(&format!(
                "\n**Left out for length: {}.** {more}\n",
                parts.join(", ")
            ));
        }
        let text = self.text.trim();
        format!("{text}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(entries: usize) -> Section {
        Section {
            before: "<details>\n\n".to_owned(),
            entries: (0..entries)
                .map(|n| format!("- {n} {}\n", "x".repeat(50)))
                .collect(),
            after: "\n</details>\n".to_owned(),
            noun: "finding",
        }
    }

    #[test]
    fn only_whole_entries_are_shown_and_the_rest_is_counted() {
        for limit in [0, 300, 450, 500, 700, 5_000] {
            let mut page = Page::new(limit);
            page.head("## head\n\n");
            page.section(&section(20));
            page.section(&section(3));
            let text = page.finish("The rest is elsewhere.");
            assert!(text.len() <= limit.max(RESERVED + 20), "{limit}: {text}");
            assert_eq!(
                text.matches("<details>").count(),
                text.matches("</details>").count()
            );
            let shown = text.lines().filter(|line| line.starts_with("- ")).count();
            assert!(
                text.lines()
                    .filter(|line| line.starts_with("- "))
                    .all(|line| line.len() > 50)
            );
            if shown == 23 {
                assert!(!text.contains("Left out"), "{text}");
            } else {
                let said = format!("{} finding", 23 - shown);
                assert!(text.contains(&said), "{limit} {shown}: {text}");
            }
        }
    }
}
