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
    let mut reader = Reader::new(command);
    while let Some(character) = reader.rest.next() {
        reader.take(character)?;
    }
    reader.end_word();
    Some(reader.words)
}

/// How a part of a command is joined to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// `&&`
    And,
    /// `;`
    Then,
    /// `|`
    Pipe,
}

/// Returns the parts of a command, each with what joins it to the next one, or `None` if they are joined in other ways.
pub(super) fn parts(command: &str) -> Option<Vec<(String, Option<Joint>)>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let mut reader = Reader::new(command);
    loop {
        let left = reader.rest.clone().collect::<String>().len();
        let Some(character) = reader.rest.next() else { break };
        let joint = match (character, reader.rest.peek()) {
            ('&', Some('&')) => Joint::And,
            ('|', Some('|')) => return None,
            (';', _) => Joint::Then,
            ('|', _) => Joint::Pipe,
            _ => {
                reader.take(character)?;
                continue;
            }
        };
        reader.end_word();
        parts.push((command[from..command.len() - left].trim().to_owned(), Some(joint)));
        from = command.len() - left + 1;
        if joint == Joint::And {
            reader.rest.next();
            from += 1;
        }
    }
    let last = command[from..].trim();
    if !last.is_empty() {
        parts.push((last.to_owned(), None));
    }
    Some(parts)
}

/// Returns the file that one command writes its standard output to, and nothing else: `>FILE`, and not `>>FILE`.
pub(super) fn output_file(command: &str) -> Option<Word> {
    let mut reader = Reader::new(command);
    while let Some(character) = reader.rest.next() {
        reader.take(character)?;
    }
    reader.end_word();
    let is_output = |redirect: &&Redirect| matches!(redirect.sign.as_str(), ">" | "1>" | ">|");
    let mut outputs = reader.redirects.iter().filter(is_output);
    let file = outputs.next()?.to.clone();
    let reads_or_adds = |redirect: &Redirect| redirect.sign.contains(['<']) || redirect.sign == ">>";
    (outputs.next().is_none() && !reader.redirects.iter().any(reads_or_adds)).then_some(file)
}

/// Where an output goes, or an input comes from.
struct Redirect {
    /// Such as `>` or `2>&`.
    sign: String,
    to: Word,
}

struct Reader<'c> {
    rest: Peekable<Chars<'c>>,
    words: Vec<Word>,
    /// The word under way.
    word: Option<Word>,
    /// The sign of a redirection, if the next word is where it leads.
    sign: Option<String>,
    redirects: Vec<Redirect>,
}

impl<'c> Reader<'c> {
    fn new(command: &'c str) -> Self {
        let rest = command.chars().peekable();
        Self { rest, words: Vec::new(), word: None, sign: None, redirects: Vec::new() }
    }

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
            '>' | '<' => self.redirect(character),
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
        let Some(word) = self.word.take() else { return };
        match self.sign.take() {
            Some(sign) => self.redirects.push(Redirect { sign, to: word }),
            None => self.words.push(word),
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

    /// Takes a redirection out of the words: the number before it, its signs, and the word behind it.
    fn redirect(&mut self, first: char) {
        let is_number = |word: &mut Word| word.text.bytes().all(|byte| byte.is_ascii_digit());
        let number = self.word.take_if(is_number).map(|word| word.text);
        self.end_word();
        let mut sign = number.unwrap_or_default();
        sign.push(first);
        while let Some(next) = self.rest.next_if(|next| matches!(next, '>' | '&' | '|')) {
            sign.push(next);
        }
        self.sign = Some(sign);
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
    fn the_output_may_go_to_a_file() {
        let file = |command: &str| output_file(command).map(|word| word.text);
        for command in
            ["a >x", "a > x", "a 1>x 2>&1", "a >x 2>/dev/null", "a>x", "a >| x", "a 2>>log > 'x' b"]
        {
            assert_eq!(file(command).as_deref(), Some("x"), "{command}");
        }
        for command in ["a", "a >>x", "a 2>x", "a &>x >y", "a >x >y", "a >x >>y", "a >x <z", "a | b >x"] {
            assert_eq!(file(command), None, "{command}");
        }
    }

    #[test]
    fn a_command_may_have_parts() {
        let parts = |command: &str| {
            let parts = parts(command)?;
            let shown = parts
                .into_iter()
                .map(|(part, joint)| joint.map_or(part.clone(), |joint| format!("{part} {joint:?}")));
            Some(shown.collect::<Vec<_>>().join(" "))
        };
        let cases = [
            ("a", "a"),
            ("a b&&c ; d", "a b And c Then d"),
            ("a >x 2>&1 | b 'c; d'", "a >x 2>&1 Pipe b 'c; d'"),
            ("a \"x && $(b; c)\";", "a \"x && $(b; c)\" Then"),
            ("ä; ö", "ä Then ö"),
        ];
        for (command, expected) in cases {
            assert_eq!(parts(command).as_deref(), Some(expected), "{command}");
        }
        for command in ["a || b", "a &", "(a)", "a 'b", "a & b"] {
            assert_eq!(parts(command), None, "{command}");
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
