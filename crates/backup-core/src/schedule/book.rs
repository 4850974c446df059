//! The schedules file as a value: every line of it, understood or not.

use chrono::{DateTime, Utc};

use super::{EntryFault, ScheduleEntry};
use crate::text::printable;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// All lines of a schedules file, in order. What nobody understands is kept byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleBook {
    byte_order_mark: bool,
    lines: Vec<Line>,
    changed_at: Option<DateTime<Utc>>,
}

/// A line with its line ending, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    raw: Vec<u8>,
    meaning: Meaning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    Silent,
    Schedule(Result<ScheduleEntry, EntryFault>),
}

/// A line that is or should be a schedule, with the index that `list` shows and `delete` takes.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// Counts schedules and lines that aren't understood, from 0; comments and blank lines have none.
    pub index: usize,
    /// Counts all lines of the file, from 1.
    pub line_number: usize,
    raw: &'a [u8],
    /// The schedule, or why it is none.
    pub entry: Result<&'a ScheduleEntry, EntryFault>,
}

impl Item<'_> {
    /// Returns the line as it stands in the file, without its line ending, safe to print.
    #[must_use]
    pub fn text(&self) -> String {
        printable(content(self.raw))
    }
}

impl ScheduleBook {
    /// Reads a file's bytes. Never fails: lines that aren't understood are kept as such.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let rest = bytes.strip_prefix(BYTE_ORDER_MARK);
        let lines = rest.unwrap_or(bytes).split_inclusive(|byte| *byte == b'\n').map(Line::parse).collect();
        Self { byte_order_mark: rest.is_some(), lines, changed_at: None }
    }

    /// Returns the bytes of the file. Of an unedited book they are those that were parsed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mark = if self.byte_order_mark { BYTE_ORDER_MARK } else { &[] };
        self.lines.iter().fold(mark.to_vec(), |mut bytes, line| {
            bytes.extend_from_slice(&line.raw);
            bytes
        })
    }

    /// Says when the file was last changed, as far as its store can tell: all its lines stood there since.
    #[must_use]
    pub fn changed_at(mut self, instant: DateTime<Utc>) -> Self {
        self.changed_at = Some(instant);
        self
    }

    /// Returns when the file was last changed, if the store can tell.
    #[must_use]
    pub fn last_change(&self) -> Option<DateTime<Utc>> {
        self.changed_at
    }

    /// Returns the schedules and the lines that should be ones, in order.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.lines
            .iter()
            .enumerate()
            .filter_map(|(line, Line { raw, meaning })| match meaning {
                Meaning::Silent => None,
                Meaning::Schedule(entry) => Some((line + 1, raw, entry)),
            })
            .enumerate()
            .map(|(index, (line_number, raw, entry))| Item {
                index,
                line_number,
                raw,
                entry: entry.as_ref().map_err(Clone::clone),
            })
    }

    /// Returns the schedules that are understood, in order.
    pub fn entries(&self) -> impl Iterator<Item = &ScheduleEntry> {
        self.items().filter_map(|item| item.entry.ok())
    }

    /// Adds a schedule behind all lines.
    pub fn push(&mut self, entry: ScheduleEntry) {
        if let Some(last) = self.lines.last_mut()
            && !last.raw.ends_with(b"\n")
        {
            last.raw.push(b'\n');
        }
        let raw = format!("{entry}\n").into_bytes();
        self.lines.push(Line { raw, meaning: Meaning::Schedule(Ok(entry)) });
    }

    /// Removes the line with that index, and returns whether there was one.
    pub fn remove(&mut self, index: usize) -> bool {
        let Some(line_number) = self.items().nth(index).map(|item| item.line_number) else {
            return false;
        };
        self.lines.remove(line_number - 1);
        true
    }
}

impl Line {
    fn parse(raw: &[u8]) -> Self {
        let text = content(raw);
        let trimmed = text.trim_ascii();
        let meaning = if trimmed.is_empty() || trimmed.starts_with(b"#") {
            Meaning::Silent
        } else {
            let entry = str::from_utf8(text).map_err(|_| EntryFault::NotUtf8);
            Meaning::Schedule(entry.and_then(str::parse))
        };
        Self { raw: raw.to_vec(), meaning }
    }
}

/// Returns the line without its ending, be it LF or CRLF.
fn content(raw: &[u8]) -> &[u8] {
    let line = raw.strip_suffix(b"\n").unwrap_or(raw);
    line.strip_suffix(b"\r").unwrap_or(line)
}
