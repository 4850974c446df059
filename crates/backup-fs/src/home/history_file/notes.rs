//! The notes on the lines of a history, and which lines can't be read.

use std::collections::VecDeque;
use std::fs::File;
use std::io;

use backup_core::model::history::{HistoryNote, shortened};

use super::{codec, unreadable};
use crate::file::line_reader::each_line;

/// What stands on some lines of a history.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) notes: Vec<HistoryNote>,
    /// How many lines should be notes and can't be read.
    pub(crate) unreadable_lines: u64,
    /// The newest of these lines, as they stay when the history is shortened.
    pub(crate) unreadable: VecDeque<Vec<u8>>,
    /// How many bytes the lines behind `notes` have.
    bytes: usize,
    most_bytes: usize,
}

impl Notes {
    /// Reads the whole lines from where the file stands, and returns how many bytes they have.
    ///
    /// However long the file is, what is held stays near `most_bytes`: of more notes only those are kept from which the
    /// same follows, as when the history is shortened.
    pub(crate) fn read(file: &File, most_bytes: usize) -> io::Result<(Self, u64)> {
        let mut notes = Self {
            notes: Vec::new(),
            unreadable_lines: 0,
            unreadable: VecDeque::new(),
            bytes: 0,
            most_bytes,
        };
        let bytes = each_line(file, |line| notes.take_in(line))?;
        Ok((notes, bytes))
    }

    fn take_in(&mut self, line: &[u8]) {
        for note in codec::read(line) {
            match note {
                Ok(note) => self.notes.push(note),
                Err(text) => {
                    self.unreadable_lines += 1;
                    unreadable::keep(&mut self.unreadable, text);
                }
            }
        }
        self.bytes += line.len();
        if self.bytes > self.most_bytes {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let before = self.notes.len().max(1);
        self.notes = shortened(&self.notes);
        self.bytes = self.bytes / before * self.notes.len();
        // Where nearly all of them say something, all are needed.
        if self.bytes > self.most_bytes / 4 * 3 {
            self.most_bytes *= 2;
        }
    }
}
