//! Looks at entries before the walk comes to them.

use std::ffi::CStr;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::ports::Progress;
use rustix::fs::FileType;

use super::scouts::{Chunk, Found, FoundDir, FoundFile, Scouts};
use super::sparse::may_have_holes;
use crate::catalog::digest_of;
use crate::posix::disk::Disk;
use crate::posix::names::{Named, Names};
use crate::posix::stat::{Device, Meta};
use crate::posix::xattrs::{AttributeReader, XattrSource};

/// The largest file that a scout reads.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The most names in a folder of which a scout looks at the files at once. In a larger one, the walk asks for them.
const FEW_NAMES: usize = 8;

/// One scout.
pub(super) struct Scout<'a> {
    pub(super) scouts: &'a Scouts,
    disk: &'a dyn Disk,
    progress: &'a dyn Progress,
    reader: AttributeReader,
}

impl<'a> Scout<'a> {
    pub(super) fn new(scouts: &'a Scouts, disk: &'a dyn Disk, progress: &'a dyn Progress) -> Self {
        Self { scouts, disk, progress, reader: AttributeReader::new() }
    }

    /// Works until it may go home.
    pub(super) fn work(&mut self) {
        while let Some(chunk) = self.scouts.next() {
            self.look_into(&chunk);
        }
    }

    /// Does a part of what nobody has begun. Returns whether there was any.
    pub(super) fn help(&mut self) -> bool {
        while let Some(chunk) = self.scouts.next_at_once() {
            if self.look_into(&chunk) {
                return true;
            }
        }
        false
    }

    fn look_into(&mut self, chunk: &Chunk) -> bool {
        chunk.look(|folder, device, Named { name, kind }| {
            let goes_on = !self.progress.is_cancelled();
            goes_on.then(|| self.find(folder, device, name, kind))
        })
    }

    fn find(&mut self, folder: BorrowedFd<'_>, device: Device, name: &CStr, kind: FileType) -> Option<Found> {
        if kind == FileType::Unknown {
            return None;
        }
        let opened = self.disk.open(folder, name, kind).ok()?;
        let meta = self.disk.stat_open(opened.as_fd()).ok()?;
        if meta.kind != kind || meta.identity.device() != device {
            return None;
        }
        match kind {
            FileType::Directory => self.folder(opened, meta).map(Found::Folder),
            _ => self.file(&opened, meta),
        }
    }

    fn file(&mut self, file: &OwnedFd, mut meta: Meta) -> Option<Found> {
        let size = usize::try_from(meta.size_bytes).ok()?;
        if meta.size_bytes > MAX_FILE_BYTES || meta.link_count > 1 || may_have_holes(&meta) {
            return None;
        }
        let held = self.scouts.bytes.hold(size)?;
        let attributes = self.reader.read(XattrSource::Open(file.as_fd())).ok()?;
        let mut contents = Vec::new();
        if size > 0 {
            contents.resize(size + 1, 0);
            let read = match self.disk.read_in_memory(file.as_fd(), &mut contents, 0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Some(Found::Cold(meta.identity));
                }
                read => read.ok()?,
            };
            let now = self.disk.stat_open(file.as_fd()).ok()?;
            if read != size || !now.is_unchanged(&meta) {
                return None;
            }
            contents.truncate(size);
            meta = now;
        }
        let digest = self.scouts.digests.then(|| digest_of(&contents));
        Some(Found::File(FoundFile { meta, attributes, contents, digest, _held: held }))
    }

    fn folder(&mut self, folder: OwnedFd, meta: Meta) -> Option<FoundDir> {
        let held = self.scouts.folders.hold(1)?;
        let attributes = self.reader.read(XattrSource::Open(folder.as_fd())).ok()?;
        let mut names = Names::default();
        self.disk.list(folder.as_fd(), &mut names).ok()?;
        names.sort();
        let mut inside = Vec::new();
        if let Some(left_alone) = self.scouts.inside.as_ref().filter(|_| names.len() <= FEW_NAMES) {
            for named in names.upcoming() {
                // A folder in it is looked at later: else all below it would be.
                let is_passed =
                    named.kind == FileType::Directory || left_alone.iter().any(|name| **name == *named.name);
                let kind = if is_passed { FileType::Unknown } else { named.kind };
                inside.push(self.find(folder.as_fd(), meta.identity.device(), named.name, kind));
            }
        }
        Some(FoundDir { folder, meta, attributes, names, inside, _held: held })
    }
}
