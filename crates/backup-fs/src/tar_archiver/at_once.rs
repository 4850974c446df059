//! Stores a file or a folder that is opened before anything else is asked about it, which saves a call for each.
//!
//! The folder that it is in says of what kind it is. Nothing else is opened like that: a FIFO could block, a device could
//! rewind its tape. What has the name by now may be of another kind. Opening never waits and follows no link, and the open
//! entry is looked at before it is read.

use std::os::fd::{AsFd, BorrowedFd};

use backup_core::model::archive::FindingKind;
use backup_core::model::error::PortError;
use rustix::fs::FileType;

use super::body::Body;
use super::dir_stack::OpenDir;
use super::entry::Attempt;
use super::packer::Packer;
use super::scouts::{Found, FoundDir, FoundFile};
use crate::pattern::cache_tag::CACHE_TAG;
use crate::posix::names::{Named, Names};

impl Packer<'_> {
    /// Stores the current entry, if it can be opened at once. Returns `None` if somebody has to look at it first. That also
    /// reports why it can't be opened, or waits until it can.
    pub(super) fn at_once(
        &mut self,
        folder: BorrowedFd<'_>,
        Named { name, kind }: Named<'_>,
        found: Option<Found>,
    ) -> Result<Option<Attempt>, PortError> {
        if kind == FileType::Unknown || !self.selector.may_open(name, kind) || self.reserved.has_name(name) {
            return Ok(None);
        }
        self.check_cancelled()?;
        if self.excludes(Some(kind)) {
            return self.exclude(FindingKind::Excluded).map(Some);
        }
        match found {
            Some(Found::File(file)) if !self.prefetched.contains(&file.meta.identity) => {
                return self.found_file(folder, file).map(Some);
            }
            Some(Found::Folder(found)) => return self.found_folder(folder, found).map(Some),
            // It is dropped from memory after it was read.
            Some(Found::Cold(identity)) => drop(self.prefetched.insert(identity)),
            Some(Found::File(_)) | None => {}
        }
        let Ok(opened) = self.disk.open(folder, name, kind) else { return Ok(None) };
        let Ok(meta) = self.disk.stat_open(opened.as_fd()) else { return Ok(None) };
        if meta.kind != kind || !self.learn_exact(opened.as_fd(), &meta) {
            return Ok(None);
        }
        if let Some(decided) = self.decide(folder, &meta, |_| false)? {
            return Ok(Some(decided));
        }
        match kind {
            FileType::Directory => self.store_folder(opened, meta),
            _ => self.store_file(&opened, meta),
        }
        .map(Some)
    }

    /// Stores a file that a scout has read.
    fn found_file(&mut self, folder: BorrowedFd<'_>, found: FoundFile) -> Result<Attempt, PortError> {
        let FoundFile { meta, attributes, contents, digest, .. } = found;
        if let Some(decided) = self.decide(folder, &meta, |_| false)? {
            return Ok(decided);
        }
        (self.contents, self.found_digest, self.is_cold) = (contents, digest, false);
        self.store_small(None, &meta, &attributes)
    }

    /// Stores a folder that a scout has listed.
    fn found_folder(&mut self, above: BorrowedFd<'_>, found: FoundDir) -> Result<Attempt, PortError> {
        let FoundDir { folder, meta, attributes, mut names, mut inside, .. } = found;
        if let Some(decided) = self.decide(above, &meta, |_| false)? {
            return Ok(decided);
        }
        self.write_header(&meta, &attributes, Body::None)?;
        if self.is_cache(folder.as_fd(), &meta) {
            (names, inside) = (Names::of(CACHE_TAG), Vec::new());
        }
        Ok(Attempt::Done(Some(OpenDir { folder, meta, names, inside })))
    }
}
