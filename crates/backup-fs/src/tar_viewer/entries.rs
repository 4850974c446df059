//! The entries of an archive, one at a time.

use std::io::{self, Read};
use std::path::PathBuf;

use backup_core::model::archive::{ArchivedEntry, EntryKind, ViewReport};
use backup_core::model::error::PortError;
use backup_core::model::restore::{Refusal, RestoreFindingKind};
use backup_core::ports::{ArchiveBytes, EntryReader, Progress};
use sha2::{Digest, Sha256};

use crate::error::failure_of;
use crate::tar_reader::break_off::reason;
use crate::tar_reader::path::path_of;
use crate::tar_reader::progress_reader::{Watch, interrupted, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind, ReadError, TarReader};

/// How much of a file is read at once.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// The entries below the source. The report lists those outside, and the place where the archive breaks off.
pub(super) struct TarEntries<'a> {
    /// Gone once the archive was read as far as it can be.
    reader: Option<TarReader<&'a mut dyn ArchiveBytes>>,
    source_root: SourceRoot,
    watch: Watch<'a>,
    progress: &'a dyn Progress,
    report: ViewReport,
    /// The number of members so far.
    members: u64,
}

impl<'a> TarEntries<'a> {
    pub(super) fn open(
        archive: &'a mut dyn ArchiveBytes,
        progress: &'a dyn Progress,
    ) -> Result<Self, PortError> {
        let reader = Some(open(archive)?);
        let (source_root, report) = (SourceRoot::default(), ViewReport::default());
        Ok(Self { reader, source_root, watch: Watch::new(progress), progress, report, members: 0 })
    }

    /// Returns the next entry, with its number among all members.
    pub(super) fn next_numbered(&mut self) -> Result<Option<(u64, ArchivedEntry)>, PortError> {
        while let Some((number, entry)) = self.step()? {
            if let Some(entry) = entry {
                return Ok(Some((number, entry)));
            }
        }
        Ok(None)
    }

    /// Passes all members with lower numbers.
    pub(super) fn pass(&mut self, members: u64) -> Result<(), PortError> {
        while self.members < members && self.step()?.is_some() {}
        Ok(())
    }

    /// Returns the number of the next member, and the entry if it is one below the source.
    fn step(&mut self) -> Result<Option<(u64, Option<ArchivedEntry>)>, PortError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let member = match self.watch.next(reader) {
            Ok(Some(member)) => member,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.break_off(error)?;
                return Ok(None);
            }
        };
        let number = self.members;
        self.members += 1;
        self.watch.tell(&member.path, reader.offset());
        let entry = entry(&mut self.source_root, &member);
        let refused = |refusal| self.report.add(path_of(&member.path), RestoreFindingKind::Refused(refusal));
        Ok(Some((number, entry.map_err(refused).ok())))
    }

    /// Returns what could not be shown so far.
    pub(super) fn take_report(&mut self) -> ViewReport {
        std::mem::take(&mut self.report)
    }

    /// Reports where the archive breaks off. One of which nothing can be read is an error.
    fn break_off(&mut self, error: PortError) -> Result<(), PortError> {
        match (unreadable(&error).filter(|_| self.members > 0), self.reader.take()) {
            (Some(cause), Some(reader)) => {
                let reason = reason(reader.into_source(), cause);
                self.report.add(PathBuf::new(), RestoreFindingKind::BrokenOff(reason));
                Ok(())
            }
            _ => Err(error),
        }
    }
}

impl EntryReader for TarEntries<'_> {
    fn next_entry(&mut self) -> Result<Option<ArchivedEntry>, PortError> {
        Ok(self.next_numbered()?.map(|(_, entry)| entry))
    }

    fn digest(&mut self) -> Result<[u8; 32], PortError> {
        match &mut self.reader {
            Some(reader) => digest_contents(reader, self.progress),
            None => Ok(Sha256::new().finalize().into()),
        }
    }

    fn report(&mut self) -> ViewReport {
        self.take_report()
    }
}

/// Digests the contents of the member at hand.
pub(super) fn digest_contents<R: Read>(
    reader: &mut TarReader<R>,
    progress: &dyn Progress,
) -> Result<[u8; 32], PortError> {
    let (mut sum, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        if progress.is_cancelled() {
            return Err(interrupted());
        }
        let read = reader.contents().read(&mut piece);
        match read.map_err(|error| contents_failed("read the contents", error))? {
            0 => return Ok(sum.finalize().into()),
            read => sum.update(&piece[..read]),
        }
    }
}

/// Returns the error of contents that can't be read, in the reader's words.
pub(super) fn contents_failed(action: &str, error: io::Error) -> PortError {
    let failure = match error.get_ref().and_then(|cause| cause.downcast_ref::<ReadError>()) {
        Some(cause) => cause.failure(),
        None => failure_of(&error),
    };
    PortError::new(failure, action).because(error)
}

/// Returns a member as an entry below the source.
///
/// # Errors
/// The reason why it isn't below the source.
fn entry(source_root: &mut SourceRoot, member: &Member) -> Result<ArchivedEntry, Refusal> {
    let path = source_root.below(member)?.join(&b'/');
    let link = match member.kind {
        MemberKind::HardLink => {
            source_root.below_path(&member.link).map_err(|_| Refusal::LinkOutside)?.join(&b'/')
        }
        _ => member.link.clone(),
    };
    Ok(ArchivedEntry {
        path,
        kind: kind_of(member.kind),
        mode: member.mode,
        owner: named(&member.user, member.uid),
        group: named(&member.group, member.gid),
        size_bytes: member.size_bytes,
        modified_seconds: member.modified.seconds,
        modified_nanos: member.modified.nanos,
        link,
        device: member.device,
    })
}

/// Returns the name of an owner, or the number if there is no name.
pub(super) fn named(name: &[u8], number: u64) -> Vec<u8> {
    if name.is_empty() { number.to_string().into_bytes() } else { name.to_vec() }
}

/// Returns what a listing calls that kind of member.
pub(super) fn kind_of(kind: MemberKind) -> EntryKind {
    match kind {
        MemberKind::File => EntryKind::File,
        MemberKind::HardLink => EntryKind::HardLink,
        MemberKind::Symlink => EntryKind::Symlink,
        MemberKind::CharDevice => EntryKind::CharDevice,
        MemberKind::BlockDevice => EntryKind::BlockDevice,
        MemberKind::Folder => EntryKind::Folder,
        MemberKind::Fifo => EntryKind::Fifo,
        MemberKind::Other(_) => EntryKind::Other,
    }
}
