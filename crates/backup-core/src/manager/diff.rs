//! Diff: the use case that compares two archives of a backup.

use std::cmp::Ordering;

use super::entry_table::{EntryTable, add_unread};
use crate::manager::Manager;
use crate::manager::archive_path::file_name_of;
use crate::manager::archive_query::{ArchiveQuery, FoundArchive};
use crate::manager::view::{in_archive, modified};
use crate::model::archive::{ArchiveName, ArchivedEntry, BackupRecord, ViewReport};
use crate::model::error::{Error, Failure, PortError};
use crate::policy::difference::{
    ContentCheck, Property, archive_order, differing, needs_contents, same_contents,
};
use crate::ports::{ArchiveBytes, EntryReader, Ports, Progress, Viewer};
use crate::time::Moment;

/// Compares two archives of a backup.
#[derive(Clone, Copy)]
pub struct Diff<'a> {
    ports: Ports<'a>,
    viewer: &'a dyn Viewer,
}

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryDifference<'d> {
    /// Only the newer archive has it.
    New(&'d ArchivedEntry),
    /// Only the older archive has it.
    Gone(&'d ArchivedEntry),
    /// Both have it, and these properties differ.
    Changed(&'d ArchivedEntry, &'d ArchivedEntry, &'d [Property]),
}

/// Called with each difference. It returns whether the comparison continues.
pub type VisitDifference<'a> = &'a mut dyn FnMut(EntryDifference<'_>) -> bool;

/// How many entries differ, and what could not be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffReport {
    /// The entries that only the newer archive has.
    pub new_entries: u64,
    /// The entries that only the older archive has.
    pub gone_entries: u64,
    /// The entries that both have and that differ.
    pub changed_entries: u64,
    /// The entries that are the same in both.
    pub same_entries: u64,
    /// What could not be read of the older archive.
    pub old: ViewReport,
    /// What could not be read of the newer archive.
    pub new: ViewReport,
}

impl DiffReport {
    /// Returns whether nothing differs in what could be read.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.new_entries + self.gone_entries + self.changed_entries == 0
    }

    /// Returns whether both archives could be read to their ends.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.old.is_complete() && self.new.is_complete()
    }
}

/// The word for the newest complete archive.
pub const NEWEST: &str = "newest";

impl<'a> Diff<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, viewer: &'a dyn Viewer) -> Self {
        Self { ports, viewer }
    }

    /// Returns the archives of a backup that two words mean: each is a file name, [`NEWEST`], or a moment.
    ///
    /// `name` is the name of the backup, or the index of its schedule.
    ///
    /// # Errors
    /// As [`ArchiveQuery::find`].
    pub fn find(&self, name: &str, words: [&str; 2]) -> Result<[FoundArchive; 2], Error> {
        let words = words.map(|word| file_name_of(word, self.ports.home));
        let backup = Manager::new(self.ports).find_backup(name, &words)?;
        let find = |word| {
            let is_file = ArchiveName::parse(word).is_some();
            let query = ArchiveQuery {
                name,
                generation: Some(word).filter(|_| is_file),
                at: Some(word).filter(|_| !is_file && word != NEWEST),
            };
            query.find_of(&backup, &self.ports)
        };
        Ok([find(words[0])?, find(words[1])?])
    }

    /// Compares an older archive with a newer one, entry by entry. `visit` gets the differences in the order of a walk over
    /// the source.
    ///
    /// Archives of this program have this order already. Then memory doesn't grow with the archives. One in another order
    /// is read into a table first.
    ///
    /// # Errors
    /// [`Error::Port`], as [`Viewer::entries`] and its reader fail. Contents that are damaged are in the report instead.
    pub fn compare(
        &self,
        [old, new]: [&BackupRecord; 2],
        check: ContentCheck,
        visit: VisitDifference<'_>,
        progress: &dyn Progress,
    ) -> Result<DiffReport, Error> {
        let (mut old_bytes, mut new_bytes) = (self.open(old)?, self.open(new)?);
        let old_entries = self.sorted(&mut *old_bytes, old, progress)?;
        let new_entries = self.sorted(&mut *new_bytes, new, progress)?;
        let merge = Merge { old: old_entries, new: new_entries, check, report: DiffReport::default() };
        merge.run([old, new], visit)
    }

    /// Returns when an entry last changed, in the time zone of the clock.
    #[must_use]
    pub fn modified(&self, entry: &ArchivedEntry) -> Option<Moment> {
        modified(&self.ports, entry)
    }

    fn open(&self, archive: &BackupRecord) -> Result<Box<dyn ArchiveBytes + 'a>, Error> {
        self.ports.backups.open(&archive.file_name).map_err(|error| in_archive(error, archive))
    }

    /// Returns the entries of an archive in the order of a walk.
    fn sorted<'b>(
        &self,
        bytes: &'b mut dyn ArchiveBytes,
        archive: &BackupRecord,
        progress: &'b dyn Progress,
    ) -> Result<Box<dyn EntryReader + 'b>, Error> {
        let failed = |error| in_archive(error, archive);
        if self.is_sorted(&mut *bytes, progress).map_err(failed)? {
            return self.viewer.entries(bytes, progress).map_err(failed);
        }
        let table = self.viewer.entries(bytes, progress).and_then(EntryTable::read);
        Ok(Box::new(table.map_err(failed)?))
    }

    /// Returns whether the entries are in the order of a walk, and none comes twice.
    fn is_sorted(&self, bytes: &mut dyn ArchiveBytes, progress: &dyn Progress) -> Result<bool, PortError> {
        let mut before: Option<Vec<u8>> = None;
        let mut is_sorted = true;
        let mut visit = |entry: &ArchivedEntry| {
            let is_behind = |before: &Vec<u8>| archive_order(before, &entry.path) == Ordering::Less;
            is_sorted = before.as_ref().is_none_or(is_behind);
            before = Some(entry.path.clone());
            is_sorted
        };
        self.viewer.list(bytes, &[], &mut visit, progress)?;
        Ok(is_sorted)
    }
}

/// Two archives in the order of a walk, read side by side.
struct Merge<'m> {
    old: Box<dyn EntryReader + 'm>,
    new: Box<dyn EntryReader + 'm>,
    check: ContentCheck,
    report: DiffReport,
}

impl Merge<'_> {
    fn run(
        mut self,
        [old_archive, new_archive]: [&BackupRecord; 2],
        visit: VisitDifference<'_>,
    ) -> Result<DiffReport, Error> {
        let (of_old, of_new) =
            (|error| in_archive(error, old_archive), |error| in_archive(error, new_archive));
        let mut old = self.old.next_entry().map_err(of_old)?;
        let mut new = self.new.next_entry().map_err(of_new)?;
        while let Some(order) = order(old.as_ref(), new.as_ref()) {
            let goes_on = match (order, &old, &new) {
                (Ordering::Equal, Some(old), Some(new)) => {
                    let differing = self.differing(old, new).map_err(Error::Port)?;
                    self.count_pair(&differing);
                    differing.is_empty() || visit(EntryDifference::Changed(old, new, &differing))
                }
                (Ordering::Less, Some(old), _) => {
                    self.report.gone_entries += 1;
                    visit(EntryDifference::Gone(old))
                }
                (_, _, Some(new)) => {
                    self.report.new_entries += 1;
                    visit(EntryDifference::New(new))
                }
                _ => break,
            };
            if !goes_on {
                break;
            }
            if order != Ordering::Greater {
                old = self.old.next_entry().map_err(of_old)?;
            }
            if order != Ordering::Less {
                new = self.new.next_entry().map_err(of_new)?;
            }
        }
        Ok(self.finish())
    }

    fn differing(&mut self, old: &ArchivedEntry, new: &ArchivedEntry) -> Result<Vec<Property>, PortError> {
        let mut differing = differing(old, new);
        if needs_contents(old, new, self.check) && !self.has_same_contents(old, new)? {
            differing.insert(0, Property::Contents);
        }
        Ok(differing)
    }

    /// Compares the contents of the files that were read last. They are read only if nothing else tells.
    fn has_same_contents(&mut self, old: &ArchivedEntry, new: &ArchivedEntry) -> Result<bool, PortError> {
        if let Some(is_same) = same_contents(self.old.known_contents(), self.new.known_contents()) {
            return Ok(is_same);
        }
        let old_digest = unless_damaged(self.old.digest(), &mut self.report.old, &old.path)?;
        let new_digest = unless_damaged(self.new.digest(), &mut self.report.new, &new.path)?;
        Ok(old_digest == new_digest)
    }

    fn count_pair(&mut self, differing: &[Property]) {
        let count = if differing.is_empty() {
            &mut self.report.same_entries
        } else {
            &mut self.report.changed_entries
        };
        *count += 1;
    }

    fn finish(mut self) -> DiffReport {
        for (whole, reader) in [(&mut self.report.old, &mut self.old), (&mut self.report.new, &mut self.new)]
        {
            let read = reader.report();
            whole.finding_count += read.finding_count;
            whole.findings.splice(0..0, read.findings);
        }
        self.report
    }
}

/// Returns which of both comes first, or `None` if there is none.
fn order(old: Option<&ArchivedEntry>, new: Option<&ArchivedEntry>) -> Option<Ordering> {
    match (old, new) {
        (None, None) => None,
        (Some(_), None) => Some(Ordering::Less),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(old), Some(new)) => Some(archive_order(&old.path, &new.path)),
    }
}

/// Reports contents that are damaged.
fn unless_damaged(
    digest: Result<[u8; 32], PortError>,
    report: &mut ViewReport,
    path: &[u8],
) -> Result<Option<[u8; 32]>, PortError> {
    match digest {
        Err(error) if error.failure == Failure::Damaged => {
            add_unread(report, path, &error);
            Ok(None)
        }
        digest => digest.map(Some),
    }
}
