//! An archive in a drill: its open file, and the plain tar in it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::path::Path;

use backup_core::model::archive::Compression;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::Progress;

use super::trial::trial;
use crate::error::port_error;
use crate::posix::free_bytes::free_bytes;
use crate::store::backup_dir::stored_as;
use crate::store::inspect::inspect;
use crate::store::scratch_dir::ScratchDir;
use crate::store::stored_archive::StoredArchive;
use crate::tar_reader::needed_space::refuse_crowded;

/// An open archive, which stays the same even if something else takes its name.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    pub(super) file: File,
    pub(super) name: &'a str,
}

impl Archive<'_> {
    pub(super) fn is_packed(&self) -> bool {
        stored_as(self.name) == Compression::Zstd
    }

    /// Returns the plain tar in it, with a read position of its own.
    fn plain(&self) -> Result<StoredArchive, PortError> {
        let plain = self.reopen().and_then(|file| StoredArchive::open(file, stored_as(self.name)));
        plain.map_err(|error| port_error(format!("read {}", self.name), error))
    }

    /// Refuses an archive that needs more space than is free.
    ///
    /// An archive that can't be read passes here, because the drill reports it.
    pub(super) fn refuse_crowded(
        &self,
        scratch: &ScratchDir,
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        let Ok(mut plain) = self.plain() else { return Ok(()) };
        let keeps_holes = trial(scratch, "room")?.keeps_holes();
        refuse_crowded(&mut plain, &scratch.path(), (free_bytes(scratch), keeps_holes), progress)
    }

    fn reopen(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    /// Reads the archive to its end, and passes the plain tar to `walk`.
    pub(super) fn inspect(
        &self,
        walk: &mut dyn FnMut(&mut dyn Read),
        progress: &dyn Progress,
    ) -> Result<backup_core::model::archive::ArchiveDigest, PortError> {
        let file = self.reopen();
        let inspected =
            file.and_then(|file| inspect(&file, stored_as(self.name), Path::new(self.name), walk, progress));
        inspected.map_err(|error| match error.kind() {
            ErrorKind::Interrupted => interrupted(),
            _ => port_error(format!("read {}", self.name), error),
        })
    }
}

pub(crate) fn interrupted() -> PortError {
    PortError::new(Failure::Interrupted, "finish the drill").because("it was interrupted")
}
