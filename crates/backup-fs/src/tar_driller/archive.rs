//! An archive under drill: its file, held open, and the plain tar in it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::path::Path;

use backup_core::model::archive::Compression;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress};

use super::trial::trial;
use crate::error::port_error;
use crate::posix::free_bytes::free_bytes;
use crate::store::backup_dir::stored_as;
use crate::store::inspect::{inspect, plain_bytes};
use crate::store::scratch_dir::ScratchDir;
use crate::tar_reader::needed_space::refuse_crowded;

/// An archive that stays the same whatever takes its name.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    pub(super) file: File,
    pub(super) name: &'a str,
}

impl Archive<'_> {
    pub(super) fn is_packed(&self) -> bool {
        stored_as(self.name) == Compression::Zstd
    }

    /// Returns the plain tar in it, which is read from a place of its own.
    fn plain(&self) -> Result<Box<dyn ArchiveBytes>, PortError> {
        let plain = self.again().and_then(|file| plain_bytes(file, stored_as(self.name)));
        plain.map_err(|error| port_error(format!("read {}", self.name), error))
    }

    /// What can't be opened is for the drill to find out.
    pub(super) fn refuse_crowded(
        &self,
        scratch: &ScratchDir,
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        let Ok(mut plain) = self.plain() else { return Ok(()) };
        let holds_holes = trial(scratch, "room")?.holds_holes();
        let path = scratch.path();
        refuse_crowded(&mut *plain, &path, (free_bytes(&path), holds_holes), progress)
    }

    fn again(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    /// Reads it to its end, and gives `walk` the plain tar in it.
    pub(super) fn inspect(
        &self,
        walk: &mut dyn FnMut(&mut dyn Read),
        progress: &dyn Progress,
    ) -> Result<backup_core::model::archive::Seal, PortError> {
        let again = self.again();
        let inspected =
            again.and_then(|file| inspect(&file, stored_as(self.name), Path::new(self.name), walk, progress));
        inspected.map_err(|error| match error.kind() {
            ErrorKind::Interrupted => interrupted(),
            _ => port_error(format!("read {}", self.name), error),
        })
    }
}

pub(crate) fn interrupted() -> PortError {
    PortError::new(Failure::Interrupted, "drill to the end").because("it was interrupted")
}
