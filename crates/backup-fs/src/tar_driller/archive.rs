//! An archive in a drill: its open file, and the plain tar in it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;

use backup_core::model::archive::Format;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::Progress;

use super::trial::trial;
use crate::age::identities::{Identities, needs_passphrase};
use crate::error::port_error;
use crate::posix::free_bytes::free_bytes;
use crate::store::inspect::inspect;
use crate::store::own_archive::format_of;
use crate::store::scratch_dir::ScratchDir;
use crate::store::stored_archive::StoredArchive;
use crate::tar_reader::needed_space::refuse_crowded;

/// An open archive, which stays the same even if something else takes its name.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    pub(super) file: File,
    pub(super) name: &'a str,
    /// What opens it, if it is encrypted.
    pub(super) identities: Arc<Identities>,
}

impl Archive<'_> {
    pub(super) fn format(&self) -> Format {
        format_of(self.name)
    }

    /// Returns the plain tar in it, with a read position of its own.
    fn plain(&self) -> Result<StoredArchive, PortError> {
        let plain = self
            .reopen()
            .and_then(|file| StoredArchive::open(file, (self.name, self.format()), &self.identities));
        plain.map_err(|error| port_error(format!("read {}", self.name), error))
    }

    /// Refuses an encrypted archive that no identity opens, and one that the program `age` would ask a person about.
    ///
    /// An archive that can't be read passes here, because the drill reports it.
    pub(super) fn refuse_locked(&self) -> Result<(), PortError> {
        if !self.format().is_encrypted() {
            return Ok(());
        }
        if let Err(error) = self.plain()
            && error.failure == Failure::Locked
        {
            return Err(error);
        }
        let identity = self.identities.protected().map(|file| format!("the identity {}", file.display()));
        let archive = || self.reopen().is_ok_and(needs_passphrase).then(|| "it".to_owned());
        match identity.or_else(archive) {
            Some(what) => {
                Err(PortError::new(Failure::Other, format!("drill {}", self.name)).because(format!(
                    "{what} has a passphrase, and the program age asks for that itself, on a terminal alone"
                )))
            }
            None => Ok(()),
        }
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
        let inspected = self.reopen().and_then(|file| {
            inspect(&file, self.format(), &self.identities, Path::new(self.name), walk, progress)
        });
        inspected.map_err(|error| match error.kind() {
            ErrorKind::Interrupted => interrupted(),
            _ => port_error(format!("read {}", self.name), error),
        })
    }
}

pub(crate) fn interrupted() -> PortError {
    PortError::new(Failure::Interrupted, "finish the drill").because("it was interrupted")
}
