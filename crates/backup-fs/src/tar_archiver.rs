//! Turns a source into plain tar.

mod acl;
mod contents;
mod disk;
mod entry;
mod header;
mod levels;
mod links;
mod meta;
mod names;
mod output;
mod owners;
mod packer;
mod path;
mod pax;
mod source;
#[cfg(test)]
mod tampering;
mod xattrs;

use std::io::{Read, Write};
use std::path::PathBuf;

use backup_core::backup::{CheckReport, PackReport};
use backup_core::error::PortError;
use backup_core::ports::{Archiver, PackRequest, Progress};

use self::disk::{Disk, System};
use self::packer::Packer;
use self::source::{OwnFolders, Source};
use crate::tar_reader::check_archive;

/// Packs a folder or a file into a tar archive that stock `tar` reads.
///
/// The members are named after the last component of the source's path, as `tar -C parent -c name` names them:
/// `docs/`, `docs/letter.txt`. What plain tar can't hold is added as PAX records.
///
/// Not promised: the holes of sparse files (they are stored as zeros), and access and change times.
#[derive(Debug, Clone, Default)]
pub struct TarArchiver {
    own_folders: Vec<PathBuf>,
}

impl TarArchiver {
    /// Returns an archiver that leaves `own_folders` out, wherever they appear in a source.
    ///
    /// They are told by device and inode when a pack starts; those that don't exist then are ignored.
    #[must_use]
    pub fn new(own_folders: Vec<PathBuf>) -> Self {
        Self { own_folders }
    }

    fn pack_from(
        &self,
        disk: &dyn Disk,
        request: &PackRequest<'_>,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let source = Source::find(request.source)?;
        let own = OwnFolders::look_up(&self.own_folders);
        Packer::new(disk, progress, out, own, &source).run(&source)
    }
}

impl Archiver for TarArchiver {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.pack_from(&System, request, out, progress)
    }

    fn check(&self, archive: &mut dyn Read, progress: &dyn Progress) -> Result<CheckReport, PortError> {
        check_archive(archive, progress)
    }
}
