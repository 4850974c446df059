//! Part: a piece of a text that knows where in the text it is.

use crate::model::schedule::rule::fault::Fault;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    /// The position of the piece in the whole text, in bytes.
    pub(super) offset: usize,
}

impl<'a> Part<'a> {
    /// Returns the part that is the whole text.
    pub(super) fn whole(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// Returns the pieces between separators. Like [`str::split`], it gives at least one piece, which can be empty.
    pub(super) fn split(self, separator: char) -> impl Iterator<Item = Self> + Clone {
        let mut offset = self.offset;
        self.text.split(separator).map(move |text| {
            let part = Self { text, offset };
            offset += text.len() + separator.len_utf8();
            part
        })
    }

    /// Returns the pieces between runs of spaces. None of them is empty.
    pub(super) fn words(self) -> impl Iterator<Item = Self> + Clone {
        self.split(' ').filter(|word| !word.text.is_empty())
    }

    /// Returns the pieces before and behind the first separator.
    pub(super) fn split_once(self, separator: &str) -> Option<(Self, Self)> {
        let at = self.text.find(separator)?;
        let (before, rest) = self.split_at(at);
        Some((before, rest.split_at(separator.len()).1))
    }

    /// Returns the pieces before and from a position in bytes, which is at a character.
    pub(super) fn split_at(self, at: usize) -> (Self, Self) {
        let (before, rest) = self.text.split_at(at);
        (Self { text: before, ..self }, Self { text: rest, offset: self.offset + at })
    }

    /// Returns the leading characters of that kind, and the rest.
    pub(super) fn leading(self, is_wanted: impl Fn(char) -> bool) -> (Self, Self) {
        self.split_at(self.text.find(|character| !is_wanted(character)).unwrap_or(self.text.len()))
    }

    /// Returns the part behind a prefix.
    pub(super) fn strip_prefix(self, prefix: &str) -> Option<Self> {
        self.text.starts_with(prefix).then(|| self.split_at(prefix.len()).1)
    }

    /// Returns the empty part at the end.
    pub(super) fn end(self) -> Self {
        self.split_at(self.text.len()).1
    }

    /// Returns the fault that something else should begin here.
    pub(super) fn expected(self, what: impl Into<String>) -> Fault {
        Fault { offset: self.offset, expected: what.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_where_they_are() {
        let whole = Part::whole("Mon,Tue  16:07");
        let at = |parts: Vec<Part<'_>>| -> Vec<(String, usize)> {
            parts.into_iter().map(|part| (part.text.to_owned(), part.offset)).collect()
        };
        let pairs = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
            pairs.iter().map(|(text, offset)| ((*text).to_owned(), *offset)).collect()
        };
        assert_eq!(at(whole.split(',').collect()), pairs(&[("Mon", 0), ("Tue  16:07", 4)]));
        assert_eq!(at(whole.words().collect()), pairs(&[("Mon,Tue", 0), ("16:07", 9)]));
        let (hour, minute) = whole.words().nth(1).unwrap().split_once(":").unwrap();
        assert_eq!(at(vec![hour, minute, minute.end()]), pairs(&[("16", 9), ("07", 12), ("", 14)]));
        assert_eq!(minute.expected("a minute"), Fault { offset: 12, expected: "a minute".to_owned() });
    }
}
