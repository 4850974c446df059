//! A draft in memory.

use std::io::{self, Cursor, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::place::{Archive, Catalog, DraftState, PACKED, Place, digest_of, hidden, is_hidden, parts_of};
use crate::model::archive::{
    ArchiveName, ArchiveTimestamp, BackupName, BackupRecord, DiskRange, Format, Grade, SealedArchive,
};
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::{Draft, PackTarget, Progress, ReadTar, SeekableBytes};
use crate::testing::faults::{Faults, Hiccup, as_io_error};
use crate::testing::locked::locked;
use crate::time::Clock;

pub(super) struct MemoryDraft<'a> {
    place: &'a Mutex<Place>,
    clock: &'a dyn Clock,
    faults: &'a Faults,
    pub(super) name: BackupName,
    /// The name that it gets if it is an older generation.
    pub(super) older: Option<ArchiveName>,
    pub(super) format: Format,
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
    /// Where they are.
    ranges: Vec<DiskRange>,
    pub(super) catalog: Option<Catalog>,
    /// The archive of which parts may be taken over.
    pub(super) base: Option<Archive>,
    /// Where the same bytes as there may come, if that archive is only compared.
    expected: Option<Vec<(u64, Range<u64>)>>,
    /// Whether bytes were taken over that nobody has seen since.
    pub(super) has_unseen_bytes: bool,
    /// How many bytes were taken over.
    shared_bytes: u64,
    /// Whether the archive couldn't be read of which parts may be taken over.
    pub(super) is_base_lost: bool,
    pub(super) kept: Vec<ArchiveName>,
    pub(super) is_broken: bool,
    pub(super) is_sealed: bool,
}

impl<'a> MemoryDraft<'a> {
    /// Begins an empty draft of that name, which is stored as it is.
    pub(super) fn begin(
        (place, clock, faults): (&'a Mutex<Place>, &'a dyn Clock, &'a Faults),
        name: &BackupName,
    ) -> Result<Self, PortError> {
        let number = locked(place).begin(name)?;
        Ok(Self {
            place,
            clock,
            faults,
            name: name.clone(),
            older: None,
            format: Format::default(),
            number,
            bytes: Vec::new(),
            ranges: Vec::new(),
            catalog: None,
            base: None,
            expected: None,
            has_unseen_bytes: false,
            shared_bytes: 0,
            is_base_lost: false,
            kept: Vec::new(),
            is_broken: false,
            is_sealed: false,
        })
    }

    fn expect_usable(&self, use_of_it: &str) {
        assert!(!self.is_broken, "{use_of_it} of the draft {} after a write to it has failed", self.name);
        assert!(self.is_ours(), "{use_of_it} of the draft {} by a process that is dead", self.name);
    }

    /// Appends bytes of its own, as they are stored.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        let end = |bytes: &Vec<u8>| u64::try_from(bytes.len()).expect("a length in memory fits 64 bits");
        let start = end(&self.bytes);
        self.bytes.extend_from_slice(bytes);
        let own = DiskRange { pool: self.number, start, end: end(&self.bytes) };
        self.put(own);
    }

    /// Takes in where its next bytes are.
    fn put(&mut self, next: DiskRange) {
        match self.ranges.last_mut().filter(|last| (last.pool, last.end) == (next.pool, next.start)) {
            Some(last) => last.end = next.end,
            None => self.ranges.push(next),
        }
    }

    /// Returns how many bytes are the same as in the archive that they are compared with.
    fn same_bytes(&self) -> u64 {
        let same = |(at, part): &(u64, Range<u64>)| {
            let theirs = slice(&self.base.as_ref()?.bytes, part)?;
            let ours = slice(&self.bytes, &(*at..at + (part.end - part.start)))?;
            (ours == theirs).then_some(part.end - part.start)
        };
        self.expected.iter().flatten().filter_map(same).sum()
    }

    fn is_ours(&self) -> bool {
        locked(self.place).drafts.get(&self.name) == Some(&DraftState::Open(self.number))
    }
}

fn slice<'b>(bytes: &'b [u8], part: &Range<u64>) -> Option<&'b [u8]> {
    bytes.get(usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?)
}

impl Write for MemoryDraft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.expect_usable("write");
        assert!(!self.is_sealed, "write of the draft {} after it was sealed", self.name);
        let bytes = match self.faults.hiccup() {
            Some(Hiccup::Interrupted) => return Err(io::ErrorKind::Interrupted.into()),
            Some(Hiccup::Short) => bytes.get(..1).unwrap_or(bytes),
            None => bytes,
        };
        if let Err(fault) = self.faults.check("write", self.name.as_str()) {
            self.is_broken = true;
            return Err(as_io_error(fault));
        }
        self.append(&if self.format.is_encrypted() { hidden(bytes) } else { bytes.to_vec() });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.expect_usable("flush");
        Ok(())
    }
}

impl PackTarget for MemoryDraft<'_> {
    fn keeps_catalog(&self) -> bool {
        !locked(self.place).drops_catalogs
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        let catalog = self.base.as_ref()?.catalog.as_ref()?;
        Some(Box::new(Cursor::new(catalog.body.clone())))
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        self.expect_usable("write");
        if self.expected.is_some() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let taken = self.faults.check("take over", self.name.as_str()).map_err(as_io_error).and_then(|()| {
            let bytes = self.base.as_ref().and_then(|base| slice(&base.bytes, &part));
            bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        });
        self.is_broken |= taken.is_err();
        self.is_base_lost |= taken.is_err();
        self.bytes.extend(taken?);
        let parts = self.base.as_ref().map_or_else(Vec::new, |base| parts_of(&base.ranges, &part));
        parts.into_iter().for_each(|part| self.put(part));
        self.shared_bytes += part.end - part.start;
        self.has_unseen_bytes = true;
        Ok(())
    }

    fn comparable_parts(&mut self) -> Vec<Range<u64>> {
        let bytes =
            self.base.as_ref().filter(|_| self.expected.is_some()).map(|base| base.bytes.len() as u64);
        bytes.map(|bytes| 0..bytes).into_iter().collect()
    }

    fn compare(&mut self, at: u64, part: Range<u64>) {
        self.expected.iter_mut().for_each(|expected| expected.push((at, part.clone())));
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.expect_usable("write");
        let bytes = if self.format.is_encrypted() { hidden(bytes) } else { bytes.to_vec() };
        self.catalog.get_or_insert_default().body.extend(bytes);
        Ok(())
    }
}

impl Draft for MemoryDraft<'_> {
    fn protect(&mut self, archive: ArchiveName) {
        self.kept.push(archive);
    }

    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        let place = locked(self.place);
        let stands = place.archives.get(&backup.file_name).filter(|_| self.format == Format::default());
        let stands = stands.filter(|_| !is_hidden(&backup.file_name));
        self.base = stands.filter(|archive| archive.catalog.is_some()).cloned();
        self.expected = None;
        self.base.is_some()
    }

    fn compare_with(&mut self, backup: &BackupRecord) -> bool {
        let is_there = self.base_on(backup);
        self.expected = is_there.then(Vec::new);
        is_there
    }

    fn restart(&mut self) -> Result<(), PortError> {
        assert!(self.is_ours(), "restart of the draft {} by a process that is dead", self.name);
        if !std::mem::take(&mut self.is_base_lost) {
            return Err(PortError::new(Failure::Other, format!("begin {} anew", self.name)));
        }
        self.bytes.clear();
        self.ranges.clear();
        (self.catalog, self.base) = (None, None);
        (self.is_broken, self.is_sealed, self.has_unseen_bytes) = (false, false, false);
        self.shared_bytes = 0;
        Ok(())
    }

    fn is_encrypted(&self) -> bool {
        self.format.is_encrypted()
    }

    fn describe(&mut self, run: &RunRecord) {
        let run = if self.format.is_encrypted() { run.without_names() } else { run.clone() };
        if let Some(catalog) = &mut self.catalog {
            catalog.run = Some(run);
        }
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        self.expect_usable("seal");
        if let Err(fault) = self.faults.check("seal", self.name.as_str()) {
            self.is_broken = true;
            return Err(fault);
        }
        self.is_sealed = true;
        let sealed = SealedArchive::from(digest_of(&self.bytes));
        let shared_bytes = self.shared_bytes + self.same_bytes();
        Ok(SealedArchive { shared_bytes, sha256: sealed.sha256.filter(|_| !self.has_unseen_bytes), ..sealed })
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        self.expect_usable("verify");
        assert!(self.is_sealed, "verify of the draft {} before it was sealed", self.name);
        self.faults.check("verify", self.name.as_str())?;
        if progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, format!("verify {}", self.name)));
        }
        if !self.format.is_encrypted() {
            read_tar(&mut self.bytes.strip_prefix(PACKED).unwrap_or(&self.bytes));
        }
        self.has_unseen_bytes = false;
        Ok(())
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        let catalog = self.catalog.as_ref().filter(|_| !self.format.is_encrypted())?;
        Some(Box::new(Cursor::new(catalog.body.clone())))
    }

    fn publish(mut self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        self.expect_usable("publish");
        self.faults.check("publish", self.name.as_str())?;
        let stamp = self.older.as_ref().and_then(|older| older.stamp.as_ref());
        let finished = stamp.map_or_else(|| self.clock.now(), ArchiveTimestamp::moment);
        let catalog = self.catalog.take().map(Arc::new);
        let bytes = Arc::new(std::mem::take(&mut self.bytes));
        let archive = Archive { bytes, ranges: Arc::new(self.ranges.clone()), finished, catalog };
        let newest = self.name.archive(grade, locked(self.place).ending(self.format));
        let name = self.older.clone().unwrap_or(newest);
        if self.older.is_some() && locked(self.place).holds(&name) {
            return Err(PortError::new(Failure::Refused, format!("publish {name}")));
        }
        if let Err(fault) = self.faults.check("sync", self.name.as_str()) {
            locked(self.place).archives.insert(name.to_string(), archive);
            return Err(PortError { failure: Failure::NotDurable, ..fault });
        }
        let record = match self.older {
            Some(_) => locked(self.place).add(&name, archive),
            None => locked(self.place).publish(&name, archive, &self.kept),
        };
        Ok(BackupRecord { sha256: record.sha256.filter(|_| !self.has_unseen_bytes), ..record })
    }
}

impl Drop for MemoryDraft<'_> {
    fn drop(&mut self) {
        if self.is_ours() {
            locked(self.place).drafts.remove(&self.name);
        }
    }
}
