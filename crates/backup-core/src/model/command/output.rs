//! The part of a command's output that is kept: its beginning and its end.

use std::collections::VecDeque;

/// How much of an output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimit {
    /// The most bytes of the beginning.
    pub first_bytes: usize,
    /// The most bytes of the end.
    pub last_bytes: usize,
}

/// The beginning and the end of an output, and how much there was in between.
///
/// ```
/// use backup_core::model::command::{KeptOutput, OutputLimit};
///
/// let mut output = KeptOutput::new(OutputLimit { first_bytes: 4, last_bytes: 3 });
/// output.push(b"one two three");
/// assert_eq!((output.first(), output.left_out_bytes()), (&b"one "[..], 6));
/// assert_eq!(output.last(), b"ree");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOutput {
    limit: OutputLimit,
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out_bytes: u64,
}

impl KeptOutput {
    /// Returns an empty output, of which so much will be kept.
    #[must_use]
    pub fn new(limit: OutputLimit) -> Self {
        Self { limit, first: Vec::new(), last: VecDeque::new(), left_out_bytes: 0 }
    }

    /// Adds bytes to its end.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = self.limit.first_bytes.saturating_sub(self.first.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.first.extend_from_slice(first);
        let kept = rest.len().min(self.limit.last_bytes);
        let (skipped, kept) = rest.split_at(rest.len() - kept);
        let displaced = (self.last.len() + kept.len()).saturating_sub(self.limit.last_bytes);
        // If bytes of the rest are skipped, nothing before them is among the last.
        let displaced = if skipped.is_empty() { displaced } else { self.last.len() };
        self.last.drain(..displaced);
        self.last.extend(kept);
        self.left_out_bytes += (displaced + skipped.len()) as u64;
    }

    /// Returns its beginning.
    #[must_use]
    pub fn first(&self) -> &[u8] {
        &self.first
    }

    /// Returns how many bytes were left out between the beginning and the end.
    #[must_use]
    pub fn left_out_bytes(&self) -> u64 {
        self.left_out_bytes
    }

    /// Returns its end. It has no byte of the beginning.
    #[must_use]
    pub fn last(&self) -> Vec<u8> {
        self.last.iter().copied().collect()
    }

    /// Returns whether there was no output.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.last.is_empty()
    }

    /// Returns its last line that isn't blank, as text. Bytes that aren't UTF-8 are replaced. It may lack its beginning.
    #[must_use]
    pub fn last_line(&self) -> Option<String> {
        let mut end = self.last();
        if self.left_out_bytes == 0 {
            end = [self.first.as_slice(), end.as_slice()].concat();
        }
        let of = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
        };
        of(&end).or_else(|| of(&self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes these pieces, and returns the beginning, what was left out, and the end.
    fn kept(first_bytes: usize, last_bytes: usize, pieces: &[&str]) -> (String, u64, String) {
        let mut output = KeptOutput::new(OutputLimit { first_bytes, last_bytes });
        pieces.iter().for_each(|piece| output.push(piece.as_bytes()));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(output.first()), output.left_out_bytes(), text(&output.last()))
    }

    #[test]
    fn the_same_is_kept_whatever_the_pieces() {
        let text = "abcdefghij";
        for (first, last) in [(0, 0), (0, 3), (3, 0), (2, 3), (5, 5), (9, 9)] {
            let expected = kept(first, last, &[text]);
            let left_out = text.len().saturating_sub(first + last);
            assert_eq!(expected.1, left_out as u64, "{first} {last}");
            assert_eq!(expected.0, text[..first]);
            assert_eq!(expected.2, text[(text.len() - last).max(first)..]);
            for size in 1..text.len() {
                let bytes: Vec<_> =
                    text.as_bytes().chunks(size).map(|piece| str::from_utf8(piece).unwrap()).collect();
                assert_eq!(kept(first, last, &bytes), expected, "{first} {last}, pieces of {size}");
            }
        }
    }

    #[test]
    fn the_last_line_is_the_last_that_says_something() {
        let cases = [
            ("", None),
            ("\n \n", None),
            ("one\ntwo\n\n", Some("two")),
            ("one", Some("one")),
            ("a long line and\nno more\n", Some("no more")),
            ("0123456789abcdefghijklmnopq", Some("hijklmnopq")),
        ];
        for (text, expected) in cases {
            let mut output = KeptOutput::new(OutputLimit { first_bytes: 10, last_bytes: 10 });
            output.push(text.as_bytes());
            assert_eq!(output.last_line().as_deref(), expected, "{text:?}");
        }
    }
}
