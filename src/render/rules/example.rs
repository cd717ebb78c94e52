//! Lays out the example schemas of rules, which the tables keep in one line each.

/// The lines of a fragment: a statement each, indented by two spaces a level.
pub(super) fn lines(fragment: &str) -> Vec<String> {
    let mut lines = Layout::default();
    let mut quote = None;
    let mut brackets = 0_usize;
    let mut chars = fragment.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) => {
                lines.push(c);
                if c == open {
                    quote = None;
                }
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                lines.push(c);
            }
            (None, '[') => {
                brackets += 1;
                lines.push(c);
            }
            (None, ']') => {
                brackets = brackets.saturating_sub(1);
                lines.push(c);
            }
            (None, '{') if brackets == 0 => {
                while chars.next_if(|next| next.is_whitespace()).is_some() {}
                if chars.next_if_eq(&'}').is_some() {
                    lines.push_str("{}");
                    lines.end();
                } else {
                    lines.push(c);
                    lines.end();
                    lines.depth += 1;
                }
            }
            (None, '}') if brackets == 0 => {
                lines.end();
                lines.depth = lines.depth.saturating_sub(1);
                lines.push(c);
                lines.end();
            }
            (None, ';') if brackets == 0 => {
                lines.push(c);
                lines.end();
            }
            (None, c) if c.is_whitespace() => lines.space(),
            (None, c) => lines.push(c),
        }
    }
    lines.end();
    lines.done
}

#[derive(Default)]
struct Layout {
    done: Vec<String>,
    line: String,
    depth: usize,
}

impl Layout {
    fn push(&mut self, c: char) {
        self.line.push(c);
    }

    fn push_str(&mut self, text: &str) {
        self.line.push_str(text);
    }

    /// One space between words, none at the beginning of a line.
    fn space(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
    }

    fn end(&mut self) {
        let line = self.line.trim_end();
        if !line.is_empty() {
            self.done.push(format!("{}{line}", "  ".repeat(self.depth)));
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::core::rules;

    #[test]
    fn statements_have_a_line_each() {
        assert_eq!(
            lines("syntax = 'proto2'; message A { oneof b {  int32 c = 1 [default = 3, (o) = { x: \"; }\" }]; } } message E { }").join("\n"),
            "syntax = 'proto2';\nmessage A {\n  oneof b {\n    int32 c = 1 [default = 3, (o) = { x: \"; }\" }];\n  }\n}\nmessage E {}"
        );
    }

    #[test]
    fn nothing_but_space_is_changed() {
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        for rule in rules::all() {
            for fragment in [rule.example.client, rule.example.server] {
                let laid_out = lines(fragment);
                assert_eq!(bare(&laid_out.join("\n")), bare(fragment), "{}", rule.id);
                assert!(!laid_out.is_empty(), "{}", rule.id);
            }
        }
    }
}
