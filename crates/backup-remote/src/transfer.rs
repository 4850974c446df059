//! Transfer: the bytes of one upload or download, counted and told piece by piece.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use backup_core::model::destination::{DestinationFault, ObjectKey};
use backup_core::ports::Progress;

use crate::problem::Problem;

/// How many bytes go by between two looks at the progress. A rate holds them back in such pieces.
pub(crate) const PIECE_BYTES: usize = 256 << 10;

/// What is uploaded: exactly as many bytes as were announced.
pub(crate) struct Upload<'u> {
    contents: &'u mut dyn Read,
    size_bytes: u64,
    sent_bytes: u64,
    key: &'u ObjectKey,
    progress: &'u dyn Progress,
}

impl<'u> Upload<'u> {
    pub(crate) fn new(
        key: &'u ObjectKey,
        contents: &'u mut dyn Read,
        size_bytes: u64,
        progress: &'u dyn Progress,
    ) -> Self {
        Self { contents, size_bytes, sent_bytes: 0, key, progress }
    }

    /// Returns how many bytes are uploaded in all.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Fills the buffer as far as there are bytes, and returns how many these are.
    ///
    /// Whoever has all of them knows that there are no more.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        let mut filled = 0;
        while filled < buffer.len() && self.sent_bytes < self.size_bytes {
            let end = buffer.len().min(filled + PIECE_BYTES);
            let bytes = self.piece(&mut buffer[filled..end])?;
            filled += bytes;
        }
        if self.sent_bytes == self.size_bytes && self.read(&mut [0])? > 0 {
            return Err(Problem::local(format!("it has more than {} bytes", self.size_bytes)));
        }
        Ok(filled)
    }

    fn piece(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        if self.progress.is_cancelled() {
            return Err(Problem::bare(DestinationFault::Cancelled));
        }
        let rest = usize::try_from(self.size_bytes - self.sent_bytes).unwrap_or(usize::MAX);
        let most = buffer.len().min(rest);
        let bytes = self.read(&mut buffer[..most])?;
        if bytes == 0 {
            let why = format!("it has {} bytes instead of {}", self.sent_bytes, self.size_bytes);
            return Err(Problem::local(why));
        }
        self.sent_bytes += bytes as u64;
        self.progress.advanced(Path::new(self.key.as_str()), bytes as u64);
        Ok(bytes)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        loop {
            match self.contents.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Problem::local(error)),
                Ok(bytes) => return Ok(bytes),
            }
        }
    }
}

/// What is downloaded: exactly as many bytes as were asked for.
pub(crate) struct Download<'d> {
    target: &'d mut dyn Write,
    missing_bytes: u64,
    key: &'d ObjectKey,
    progress: &'d dyn Progress,
}

impl<'d> Download<'d> {
    pub(crate) fn new(
        key: &'d ObjectKey,
        target: &'d mut dyn Write,
        bytes: u64,
        progress: &'d dyn Progress,
    ) -> Self {
        Self { target, missing_bytes: bytes, key, progress }
    }

    /// Returns how many bytes are still to come.
    pub(crate) fn missing_bytes(&self) -> u64 {
        self.missing_bytes
    }

    /// Ends the download before its first byte if it is cancelled.
    pub(crate) fn begin(&self) -> Result<(), Problem> {
        if self.progress.is_cancelled() { Err(Problem::bare(DestinationFault::Cancelled)) } else { Ok(()) }
    }

    /// Takes the next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.len() as u64 > self.missing_bytes {
            return Err(Problem::new(
                DestinationFault::Damaged,
                "it returns more bytes than it was asked for",
            ));
        }
        for piece in bytes.chunks(PIECE_BYTES) {
            self.begin()?;
            self.target.write_all(piece).map_err(Problem::local)?;
            self.missing_bytes -= piece.len() as u64;
            self.progress.advanced(Path::new(self.key.as_str()), piece.len() as u64);
        }
        Ok(())
    }

    /// Ends the download: all bytes have come.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.missing_bytes {
            0 => Ok(()),
            missing => {
                Err(Problem::new(DestinationFault::Damaged, format!("it ends {missing} bytes too early")))
            }
        }
    }
}
