//! Schedule book: all lines of a schedules file, valid or not.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::schedule::entry::ScheduleEntry;
use crate::model::schedule::entry_error::EntryError;
use crate::model::schedule::rule::TimeRule;
use crate::text::printable;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// All lines of a schedules file, in order.
///
/// Promises: lines that aren't edited keep their bytes, including comments, blank lines and invalid lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleBook {
    byte_order_mark: bool,
    lines: Vec<Line>,
    last_change: Option<DateTime<Utc>>,
    is_withheld: bool,
}

/// A line with its line ending, and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    raw: Vec<u8>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    CommentOrBlank,
    Schedule(Result<Arc<ScheduleEntry>, Box<EntryError>>),
}

/// A line that is a schedule or should be one.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The index by which users refer to it, from 0. Comments and blank lines aren't counted, but invalid lines are.
    pub index: usize,
    /// The line number in the file, from 1.
    pub line_number: usize,
    raw: &'a [u8],
    /// The schedule, or why the line isn't one.
    pub entry: Result<&'a Arc<ScheduleEntry>, &'a EntryError>,
}

impl Item<'_> {
    /// Returns the text of the line without its line ending, safe to print.
    ///
    /// A power cut can leave long runs of NUL bytes in a file. Such a run is shown as one NUL and `...`.
    #[must_use]
    pub fn text(&self) -> String {
        let line = without_ending(self.raw);
        if !line.contains(&0) {
            return printable(line);
        }
        let runs = line.chunk_by(|before, after| (*before == 0) == (*after == 0));
        runs.map(|run| if run.starts_with(b"\0\0") { "\\u{0}...".to_owned() } else { printable(run) })
            .collect()
    }
}

impl ScheduleBook {
    /// Parses the bytes of a schedules file. This never fails: invalid lines are kept as they are.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let rest = bytes.strip_prefix(BYTE_ORDER_MARK);
        let mut times = HashMap::new();
        let lines = rest.unwrap_or(bytes).split_inclusive(|byte| *byte == b'\n');
        let lines = lines.map(|line| Line::parse(line, &mut times)).collect();
        Self { byte_order_mark: rest.is_some(), lines, last_change: None, is_withheld: false }
    }

    /// Returns the bytes of the file. If the book wasn't edited, they are the bytes that were parsed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mark = if self.byte_order_mark { BYTE_ORDER_MARK } else { &[] };
        self.lines.iter().fold(mark.to_vec(), |mut bytes, line| {
            bytes.extend_from_slice(&line.raw);
            bytes
        })
    }

    /// Sets when the file was last changed. A store that knows this calls it after parsing.
    #[must_use]
    pub fn changed_at(mut self, instant: DateTime<Utc>) -> Self {
        self.last_change = Some(instant);
        self
    }

    /// Returns when the file was last changed, if the store knows it. Every line has existed since then at least.
    #[must_use]
    pub fn last_change(&self) -> Option<DateTime<Utc>> {
        self.last_change
    }

    /// Marks the book as one whose invalid lines must not be quoted, because they may be somebody else's secrets.
    ///
    /// Logs then contain only the numbers of these lines.
    #[must_use]
    pub fn withheld(mut self) -> Self {
        self.is_withheld = true;
        self
    }

    /// Returns whether invalid lines must not be quoted where others may read them.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.is_withheld
    }

    /// Returns the schedules and the invalid lines, in order.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.lines
            .iter()
            .enumerate()
            .filter_map(|(line, Line { raw, content })| match content {
                Content::CommentOrBlank => None,
                Content::Schedule(entry) => Some((line + 1, raw, entry)),
            })
            .enumerate()
            .map(|(index, (line_number, raw, entry))| {
                let entry = entry.as_ref().map_err(|fault| &**fault);
                Item { index, line_number, raw, entry }
            })
    }

    /// Returns the valid schedules, in order.
    pub fn entries(&self) -> impl Iterator<Item = &ScheduleEntry> {
        self.items().filter_map(|item| item.entry.ok()).map(|entry| &**entry)
    }

    /// Adds a schedule after the last line.
    pub fn push(&mut self, entry: ScheduleEntry) {
        if let Some(last) = self.lines.last_mut()
            && !last.raw.ends_with(b"\n")
        {
            last.raw.push(b'\n');
        }
        let raw = format!("{entry}\n").into_bytes();
        self.lines.push(Line { raw, content: Content::Schedule(Ok(Arc::new(entry))) });
    }

    /// Replaces the item at an index by a schedule, and returns whether there was one. The line keeps its line ending.
    pub fn replace(&mut self, index: usize, entry: ScheduleEntry) -> bool {
        let Some(line_number) = self.items().nth(index).map(|item| item.line_number) else {
            return false;
        };
        let line = &mut self.lines[line_number - 1];
        let ending = line.raw[without_ending(&line.raw).len()..].to_vec();
        let raw = [entry.to_string().into_bytes(), ending].concat();
        *line = Line { raw, content: Content::Schedule(Ok(Arc::new(entry))) };
        true
    }

    /// Removes the item at an index, and returns whether there was one.
    pub fn remove(&mut self, index: usize) -> bool {
        let Some(line_number) = self.items().nth(index).map(|item| item.line_number) else {
            return false;
        };
        self.lines.remove(line_number - 1);
        true
    }
}

impl Line {
    /// Parses a line. `times` has the rules of the lines before: many lines may share one.
    fn parse<'r>(raw: &'r [u8], times: &mut HashMap<&'r str, TimeRule>) -> Self {
        let text = without_ending(raw);
        let trimmed = text.trim_ascii();
        let content = if trimmed.is_empty() || trimmed.starts_with(b"#") {
            Content::CommentOrBlank
        } else if text.contains(&0) {
            Content::Schedule(Err(Box::new(EntryError::Nuls)))
        } else {
            let entry = str::from_utf8(text).map_err(|_| EntryError::NotUtf8);
            let entry = entry.and_then(|text| ScheduleEntry::parse(text, |time| shared_rule(time, times)));
            Content::Schedule(entry.map(Arc::new).map_err(Box::new))
        };
        Self { raw: raw.to_vec(), content }
    }
}

/// Returns the rule of a time field, which is parsed once.
fn shared_rule<'r>(text: &'r str, times: &mut HashMap<&'r str, TimeRule>) -> Result<TimeRule, EntryError> {
    if let Some(rule) = times.get(text) {
        return Ok(rule.clone());
    }
    let rule: TimeRule = text.parse().map_err(EntryError::Time)?;
    times.insert(text, rule.clone());
    Ok(rule)
}

/// Returns a line without its ending, which is LF or CRLF.
fn without_ending(raw: &[u8]) -> &[u8] {
    let line = raw.strip_suffix(b"\n").unwrap_or(raw);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats each item as `index line_number text`, with the error in brackets.
    fn formatted(book: &ScheduleBook) -> Vec<String> {
        let item = |item: Item<'_>| {
            let error = item.entry.err().map(|error| format!(" [{error}]")).unwrap_or_default();
            format!("{} {} {}{error}", item.index, item.line_number, item.text())
        };
        book.items().map(item).collect()
    }

    const FILE: &[u8] = b"\xEF\xBB\xBF# mine\r\n\
        docs;9:05;docs\r\n\
        \r\n\
        nonsense\n\
        \t# indented\n\
        d\xFFcs;16:07;docs\n\
        a\x1b[2J;16:07;x\n   \n\
        docs;20:00;d\0\0\0\n\
        music;16:07;music";

    #[test]
    fn every_line_keeps_its_bytes_and_the_schedules_are_counted() {
        let book = ScheduleBook::parse(FILE);
        assert_eq!(book.to_bytes(), FILE);
        let entries: Vec<_> = book.entries().map(ToString::to_string).collect();
        assert_eq!(entries, ["docs;09:05;docs", "music;16:07;music"]);
        insta::assert_snapshot!(formatted(&book).join("\n"), @r"
        0 2 docs;9:05;docs
        1 4 nonsense [it has 1 field, not the three of folder;time;name]
        2 6 d\xffcs;16:07;docs [it is not valid UTF-8]
        3 7 a\u{1b}[2J;16:07;x [the folder holds a control character]
        4 9 docs;20:00;d\u{0}... [it holds NUL bytes, as a power cut leaves them; write the line anew, or delete it]
        5 10 music;16:07;music
        ");
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let files: [&[u8]; 10] = [
            b"",
            b"\n",
            b"\r\n",
            b"\xEF\xBB\xBF",
            b"\xEF\xBB\xBF\xEF\xBB\xBFdocs;16:07;x\n",
            b"no end",
            b"\n\n\n# only comments",
            b"a;1:00;a\rb;1:00;b\r",
            b"\0\0\n\xFF\xFE\n",
            FILE,
        ];
        for file in files {
            assert_eq!(ScheduleBook::parse(file).to_bytes(), file, "{}", printable(file));
        }
    }

    #[track_caller]
    fn check_push(before: &[u8], expected: &[u8]) {
        let mut book = ScheduleBook::parse(before);
        book.push("new;16:07;new".parse().unwrap());
        assert_eq!(printable(&book.to_bytes()), printable(expected));
        assert_eq!(
            ScheduleBook::parse(&book.to_bytes()),
            book,
            "a pushed entry is the same when it is parsed again"
        );
    }

    #[test]
    fn a_pushed_schedule_is_a_line_by_itself() {
        check_push(b"", b"new;16:07;new\n");
        check_push(b"\xEF\xBB\xBF", b"\xEF\xBB\xBFnew;16:07;new\n");
        check_push(b"docs;16:07;docs\n", b"docs;16:07;docs\nnew;16:07;new\n");
        check_push(b"docs;16:07;docs", b"docs;16:07;docs\nnew;16:07;new\n");
        check_push(b"# comment", b"# comment\nnew;16:07;new\n");
        check_push(b"d\xFF\r\n\n", b"d\xFF\r\n\nnew;16:07;new\n");
    }

    #[track_caller]
    fn check_remove(index: usize, expected: Option<&[u8]>) {
        let file = b"# a\none;1:00;one\n\nnonsense\n# b\r\ntwo;2:00;two";
        let mut book = ScheduleBook::parse(file);
        assert_eq!(book.remove(index), expected.is_some(), "{index}");
        assert_eq!(printable(&book.to_bytes()), printable(expected.unwrap_or(file)));
    }

    #[test]
    fn removing_takes_one_line_and_no_other() {
        check_remove(0, Some(b"# a\n\nnonsense\n# b\r\ntwo;2:00;two"));
        check_remove(1, Some(b"# a\none;1:00;one\n\n# b\r\ntwo;2:00;two"));
        check_remove(2, Some(b"# a\none;1:00;one\n\nnonsense\n# b\r\n"));
        check_remove(3, None);
        check_remove(usize::MAX, None);
    }

    #[track_caller]
    fn check_replace(index: usize, expected: Option<&[u8]>) {
        let file = b"# a\none;1:00;one\r\n\nnonsense\n# b\r\ntwo;2:00;two";
        let mut book = ScheduleBook::parse(file);
        assert_eq!(book.replace(index, "new;3:00;new".parse().unwrap()), expected.is_some(), "{index}");
        assert_eq!(printable(&book.to_bytes()), printable(expected.unwrap_or(file)));
        assert_eq!(ScheduleBook::parse(&book.to_bytes()), book);
    }

    #[test]
    fn replacing_changes_one_line_and_keeps_its_ending() {
        check_replace(0, Some(b"# a\nnew;03:00;new\r\n\nnonsense\n# b\r\ntwo;2:00;two"));
        check_replace(1, Some(b"# a\none;1:00;one\r\n\nnew;03:00;new\n# b\r\ntwo;2:00;two"));
        check_replace(2, Some(b"# a\none;1:00;one\r\n\nnonsense\n# b\r\nnew;03:00;new"));
        check_replace(3, None);
    }

    #[test]
    fn after_a_removal_the_rest_move_up() {
        let mut book = ScheduleBook::parse(b"a;1:00;a\nb;2:00;b\nc;3:00;c\n");
        assert!(book.remove(1));
        assert_eq!(formatted(&book), ["0 1 a;1:00;a", "1 2 c;3:00;c"]);
        assert!(book.remove(0) && book.remove(0) && !book.remove(0));
        assert_eq!(book, ScheduleBook::default());
    }

    #[test]
    fn the_last_change_is_what_the_store_says() {
        let book = ScheduleBook::parse(b"");
        assert_eq!(book.last_change(), None);
        let instant = DateTime::UNIX_EPOCH;
        assert_eq!(book.changed_at(instant).last_change(), Some(instant));
    }
}
