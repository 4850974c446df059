//! Bash line: a command line as bash has it, and the answers that bash expects.
//!
//! The line is split here and not by bash, which also cuts words at `=` and `:`.

/// A command line up to the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BashLine {
    /// The words without their quotes. The last one ends at the cursor, and may be empty.
    pub(super) words: Vec<String>,
    /// The last word as it is typed.
    last_typed: String,
    /// The quote in which the cursor is.
    open_quote: Option<char>,
}

impl BashLine {
    /// Splits a line as bash does. Nothing is expanded.
    pub(super) fn split(line: &str) -> Self {
        let mut split = Self { words: vec![String::new()], ..Self::default() };
        let mut characters = line.trim_start().chars();
        while let Some(character) = characters.next() {
            split.take(character, &mut characters);
        }
        split
    }

    fn take(&mut self, character: char, rest: &mut impl Iterator<Item = char>) {
        match (self.open_quote, character) {
            (None, ' ' | '\t' | '\n') => return self.end_word(),
            (None, '\'' | '"') => self.open_quote = Some(character),
            (Some(quote), _) if character == quote => self.open_quote = None,
            (None | Some('"'), '\\') => return self.take_escaped(rest.next()),
            _ => self.push(character),
        }
        self.last_typed.push(character);
    }

    fn take_escaped(&mut self, escaped: Option<char>) {
        self.last_typed.push('\\');
        let Some(escaped) = escaped else { return };
        // Between double quotes, a backslash before another character is one.
        if self.open_quote.is_some() && !['"', '\\', '$', '`'].contains(&escaped) {
            self.push('\\');
        }
        self.push(escaped);
        self.last_typed.push(escaped);
    }

    fn push(&mut self, character: char) {
        self.words.last_mut().expect("a line has a word").push(character);
    }

    fn end_word(&mut self) {
        if !self.last_typed.is_empty() {
            self.words.push(String::new());
            self.last_typed.clear();
        }
    }
}

/// Returns what bash is to put in the place of `replaced`, the end of the last word, so that the word becomes `value`.
pub(super) fn reply(line: &BashLine, replaced: &str, value: &str) -> String {
    let kept = line.last_typed.strip_suffix(replaced).unwrap_or_default();
    let kept = BashLine::split(kept).words.pop().unwrap_or_default();
    quoted(value.strip_prefix(&kept).unwrap_or(value), line.open_quote)
}

fn quoted(text: &str, open_quote: Option<char>) -> String {
    match open_quote {
        Some('\'') => text.replace('\'', r"'\''"),
        Some(_) => escaped(text, "\"\\$`"),
        None => escaped(text, " \t\"'\\$`|&;<>()*?[]{}!#"),
    }
}

fn escaped(text: &str, special: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if special.contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_split(line: &str, expected: &[&str]) {
        assert_eq!(BashLine::split(line).words, expected, "{line:?}");
    }

    #[test]
    fn words_are_those_of_bash() {
        check_split("", &[""]);
        check_split("  m run", &["m", "run"]);
        check_split("m run ", &["m", "run", ""]);
        check_split("m  run\t--home=/a:b ", &["m", "run", "--home=/a:b", ""]);
        check_split(r"m my\ docs", &["m", "my docs"]);
        check_split(r#"m "my docs" 'a\b'c"#, &["m", "my docs", r"a\bc"]);
        check_split(r#"m "a\"\n" "my d"#, &["m", "a\"\\n", "my d"]);
        check_split(r"m a\", &["m", "a"]);
        check_split("m '' x", &["m", "", "x"]);
    }

    #[track_caller]
    fn check_reply(line: &str, replaced: &str, value: &str, expected: &str) {
        assert_eq!(reply(&BashLine::split(line), replaced, value), expected, "{line:?}");
    }

    #[test]
    fn a_reply_completes_the_word_in_its_own_quotes() {
        check_reply("m run d", "d", "docs", "docs");
        check_reply("m run ", "", "my docs", r"my\ docs");
        check_reply(r"m run my\ d", r"my\ d", "my docs", r"my\ docs");
        check_reply("m run \"my d", "my d", "my \"docs\"", "my \\\"docs\\\"");
        check_reply("m run 'my d", "my d", "my docs", "my docs");
        check_reply("m run 'my d", "my d", "my d's", r"my d'\''s");
        check_reply("m run db:m", "m", "db:main", "main");
        check_reply("m --home=/a", "/a", "--home=/a b/", r"/a\ b/");
        check_reply("m run a*", "a*", "a*b", r"a\*b");
    }
}
