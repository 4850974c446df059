//! The words of a simple shell command.

use std::iter::Peekable;
use std::str::Chars;

/// A word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Its text. What a shell fills in stands as it is written.
    pub(super) text: String,
    /// Whether a shell fills in something: a variable, the output of a command, the names that match a pattern.
    pub(super) is_filled_in: bool,
}

/// Returns the words of one command, without redirections, or `None` if it is more than one command.
pub(super) fn words(command: &str) -> Option<Vec<Word>> {
    let mut reader = Reader { rest: command.chars().peekable(), words: Vec::new(), word: None, skips: false };
    while let Some(character) = reader.rest.next() {
        reader.take(character)?;
    }
    reader.end_word();
    Some(reader.words)
}

struct Reader<'c> {
    rest: Peekable<Chars<'c>>,
    words: Vec<Word>,
    /// The word under way.
    word: Option<Word>,
    /// Whether the next word is where a redirection leads.
    skips: bool,
}

impl Reader<'_> {
    fn take(&mut self, character: char) -> Option<()> {
        match character {
            ' ' | '\t' => self.end_word(),
            '\'' => self.quoted()?,
            '"' => self.double_quoted()?,
            '\\' => {
                let next = self.rest.next()?;
                self.push(next);
            }
            '&' if self.rest.peek() == Some(&'>') => self.end_word(),
            '>' | '<' => self.redirect(),
            '|' | ';' | '&' | '(' | ')' => return None,
            '$' | '`' => self.filled_in(character)?,
            '*' | '?' | '[' => self.mark(character),
            '~' if self.word.is_none() => self.mark(character),
            '#' if self.word.is_none() => self.rest.by_ref().for_each(drop),
            other => self.push(other),
        }
        Some(())
    }

    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().text.push(character);
    }

    fn mark(&mut self, character: char) {
        self.push(character);
        self.word.get_or_insert_default().is_filled_in = true;
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.skips)
        {
            self.words.push(word);
        }
    }

    fn quoted(&mut self) -> Option<()> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next()? {
                '\'' => return Some(()),
                other => self.push(other),
            }
        }
    }

    fn double_quoted(&mut self) -> Option<()> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next()? {
                '"' => return Some(()),
                '\\' => {
                    let next = self.rest.next()?;
                    if !"\"\\$`".contains(next) {
                        self.push('\\');
                    }
                    self.push(next);
                }
                mark @ ('$' | '`') => self.filled_in(mark)?,
                other => self.push(other),
            }
        }
    }

    /// Takes `$NAME`, and `$(...)` and `` `...` `` with all that is in them.
    fn filled_in(&mut self, mark: char) -> Option<()> {
        self.mark(mark);
        if mark == '`' {
            loop {
                let next = self.rest.next()?;
                self.push(next);
                if next == '`' {
                    return Some(());
                }
            }
        }
        if self.rest.peek() != Some(&'(') {
            return Some(());
        }
        let mut depth = 0;
        loop {
            let next = self.rest.next()?;
            self.push(next);
            match next {
                '(' => depth += 1,
                ')' if depth == 1 => return Some(()),
                ')' => depth -= 1,
                _ => {}
            }
        }
    }

    /// Drops a redirection: the number before it, its signs, and the word behind it.
    fn redirect(&mut self) {
        let is_number = |word: &Word| word.text.bytes().all(|byte| byte.is_ascii_digit());
        if self.word.as_ref().is_some_and(is_number) {
            self.word = None;
        }
        self.end_word();
        while self.rest.peek().is_some_and(|next| matches!(next, '>' | '&' | '|')) {
            self.rest.next();
        }
        self.skips = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: Option<&[&str]>) {
        let words = words(command);
        let texts = words.map(|words| words.into_iter().map(|word| word.text).collect::<Vec<_>>());
        let expected = expected.map(|words| words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(texts, expected, "{command}");
    }

    #[test]
    fn a_command_is_its_words() {
        check("a 'b c'\"d e\"f\\ g", Some(&["a", "b cd ef g"]));
        check("a '' b", Some(&["a", "", "b"]));
        check("a >/dev/null 2>&1 b", Some(&["a", "b"]));
        check("a &>log >>x", Some(&["a"]));
        check(
            "a x-$(date +(x) %F)`b c`.tar \"$(d e)\"",
            Some(&["a", "x-$(date +(x) %F)`b c`.tar", "$(d e)"]),
        );
        check(r#"a "\$b\c""#, Some(&["a", r"$b\c"]));
        check("a # comment", Some(&["a"]));
        for several in ["a; b", "a && b", "a | b", "a &", "(a)", "a 'b", "a \"b", "a $(b", "a `b", "a \\"] {
            check(several, None);
        }
    }

    #[test]
    fn what_a_shell_fills_in_is_marked() {
        let marks = |command: &str| words(command).map(|words| words[0].is_filled_in);
        for filled_in in ["$a", "\"$a\"", "`a`", "a*", "a?", "[a]", "~", "x$(y)"] {
            assert_eq!(marks(filled_in), Some(true), "{filled_in}");
        }
        for plain in ["a", "'$a'", "'*'", "\"*\"", r"\$a", "a~"] {
            assert_eq!(marks(plain), Some(false), "{plain}");
        }
    }
}
