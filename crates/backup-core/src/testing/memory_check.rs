//! Reads the archives of the archiver in memory to their end.

use std::io::{self, Read};
use std::path::Path;

use super::faults::from_io_error;
use super::memory_format::{END, PIECE_BYTES};
use crate::model::archive::CheckReport;
use crate::model::error::{Failure, PortError};
use crate::ports::{EndCheck, Progress};

/// An archive, and how far it was read.
pub(super) struct Check<'a> {
    archive: &'a mut dyn Read,
    end_check: EndCheck,
    progress: &'a dyn Progress,
    offset: u64,
    report: CheckReport,
}

impl<'a> Check<'a> {
    pub(super) fn new(archive: &'a mut dyn Read, end_check: EndCheck, progress: &'a dyn Progress) -> Self {
        // The source's own entry needs no line.
        Self {
            archive,
            end_check,
            progress,
            offset: 0,
            report: CheckReport { entries: 1, ..CheckReport::default() },
        }
    }

    pub(super) fn run(mut self) -> Result<CheckReport, PortError> {
        loop {
            self.look()?;
            let start = self.offset;
            let line = self.line()?;
            if line == END {
                return self.end();
            }
            let (path, length) = parse(&line).ok_or_else(|| damaged(start))?;
            self.contents(path, length)?;
            self.report.entries += 1;
            self.report.content_bytes += length;
        }
    }

    fn contents(&mut self, path: &Path, length: u64) -> Result<(), PortError> {
        let mut left = length;
        while left > 0 {
            self.look()?;
            let piece_bytes = left.min(PIECE_BYTES as u64);
            let copied = io::copy(&mut (&mut *self.archive).take(piece_bytes), &mut io::sink());
            let copied = copied.map_err(|error| from_io_error(ACTION, error))?;
            self.offset += copied;
            if copied < piece_bytes {
                return Err(damaged(self.offset));
            }
            self.progress.advanced(path, copied);
            left -= copied;
        }
        Ok(())
    }

    /// Somebody else's archive may end without the newline.
    fn line(&mut self) -> Result<Vec<u8>, PortError> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            match self.byte()? {
                Some(byte) => line.push(byte),
                None if self.end_check == EndCheck::Tolerant
                    && END.starts_with(&line)
                    && line.len() + 1 == END.len() =>
                {
                    line.push(b'\n');
                }
                None => return Err(damaged(self.offset)),
            }
        }
        Ok(line)
    }

    fn end(mut self) -> Result<CheckReport, PortError> {
        let end = self.offset;
        self.byte()?.map_or(Ok(self.report), |_| Err(damaged(end)))
    }

    fn byte(&mut self) -> Result<Option<u8>, PortError> {
        let mut byte = [0];
        match self.archive.read_exact(&mut byte) {
            Ok(()) => self.offset += 1,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(from_io_error(ACTION, error)),
        }
        Ok(Some(byte[0]))
    }

    fn look(&self) -> Result<(), PortError> {
        if self.progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, ACTION));
        }
        Ok(())
    }
}

const ACTION: &str = "check the archive";

pub(super) fn parse(line: &[u8]) -> Option<(&Path, u64)> {
    let line = str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (path, length) = line.rsplit_once(' ')?;
    Some((Path::new(path), length.parse().ok()?))
}

fn damaged(offset: u64) -> PortError {
    PortError::new(Failure::Damaged, ACTION).because(format!("it breaks at byte {offset}"))
}
