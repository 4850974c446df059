//! How these tests restore: from a stream where everything is wanted, which comes in uneven pieces.

use std::io::{self, Cursor, Read};

use backup_core::model::error::PortError;
use backup_core::model::restore::{RestoreJob, RestoreReport};
use backup_core::ports::{Progress, Restorer};
use backup_fs::TarRestorer;

/// Something that can only be read, as a pipe gives it.
pub(crate) struct Stream<'a> {
    bytes: &'a [u8],
    reads: usize,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, reads: 0 }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        let length = buffer.len().min([65_536, 7, 4_096, 511, 65_536][self.reads % 5]);
        self.bytes.read(&mut buffer[..length])
    }
}

pub(crate) fn restore(
    archive: &[u8],
    request: &RestoreJob,
    progress: &dyn Progress,
) -> Result<RestoreReport, PortError> {
    if request.chosen.is_empty() {
        return TarRestorer.restore_stream(&mut Stream::new(archive), request, progress);
    }
    TarRestorer.restore(&mut Cursor::new(archive), request, progress)
}
