//! The promises of [`BackupStore`] and [`Draft`], checked on any adapter.

mod catalogs;
mod compared;
mod drafts;
mod formats;
mod generations;
mod names;
mod orphans;
mod place;
mod sealed_drafts;
mod spaces;
mod stored_files;

use std::io::Write;

use catalogs::{
    a_catalog_is_not_made_while_its_archive_is, a_catalog_is_of_one_archive,
    a_catalog_is_read_as_it_was_written, a_catalog_stays_with_its_archive,
    a_draft_without_a_catalog_has_none, a_finished_archive_can_get_a_catalog,
    what_is_taken_over_is_what_stands_there,
};
use compared::what_is_compared_changes_no_byte;
use drafts::an_open_one_is_being_made;
use formats::{
    every_byte_is_in_a_compressed_one, one_complete_archive_stands, one_draft_a_name_however_stored,
    one_incomplete_archive_stands, the_other_one_stays_until_the_end, the_same_bytes_are_stored_the_same,
    what_is_kept_stays,
};
use generations::{
    an_older_one_takes_a_free_name_alone, nothing_is_set_aside_over_another, what_is_removed_is_gone,
    what_is_set_aside_outlives_the_next,
};
use names::{
    every_name_has_the_ending_of_the_store, names_that_are_told_apart_take_no_place,
    other_names_are_told_apart, the_list_is_sorted,
};
use orphans::{a_draft_removes_its_orphan, orphans_are_swept, racing_drafts_are_whole};
pub use place::{BackupPlace, LeaveDraft, ReadArchive, UnpackArchive};
use place::{archive, draft, is_record_of, name, named, publish, shows};
use sealed_drafts::{
    a_seal_tells_what_is_published, a_sealed_draft_is_no_backup,
    an_inspection_tells_what_is_in_it_and_what_it_is, what_is_not_there_has_no_digest,
    what_was_written_is_read_back, what_was_written_is_read_from_any_place,
};
use spaces::the_space_of_an_archive_is_told;
use stored_files::stored_files_are_of_one_archive;

use super::contract::contract;
use super::noise::noise;
use super::promise::{promise, same, same_bytes, works};
use crate::model::archive::{Compression, Grade};
use crate::model::error::Failure;
use crate::ports::BackupStore;

contract! {
    $
    /// Makes one test of each promise of [`BackupStore`](crate::ports::BackupStore) and [`Draft`](crate::ports::Draft), in a
    /// module of that name.
    ///
    /// Each call of `make` gives a fresh place that isn't made yet.
    ///
    /// ```
    /// use backup_core::ports::BackupStore;
    /// use backup_core::testing::{BackupPlace, ManualClock, MemoryBackups, Reopenable, at};
    ///
    /// fn make() -> BackupPlace {
    ///     let opened = MemoryBackups::new(ManualClock::utc(at("2026-01-01 00:00"))); // or a store of your own
    ///     let (read, left) = (opened.clone(), opened.clone());
    ///     BackupPlace {
    ///         store: Reopenable::<dyn BackupStore>::new(move || Box::new(opened.clone())),
    ///         read: Box::new(move |file_name| read.stored(file_name)),
    ///         unpack: Box::new(MemoryBackups::unpacked),
    ///         leave_draft: Box::new(move |name| left.abandon(name)),
    ///     }
    /// }
    ///
    /// backup_core::backup_store_contract!(my_store, make);
    /// # backup_core::testing::BACKUP_STORE_CONTRACT.check_all(&make);
    /// ```
    backup_store_contract, BACKUP_STORE_CONTRACT: dyn Fn() -> BackupPlace;
    |make| {
        missing_until_the_first_draft(&make());
        every_byte_is_published(&make());
        a_dropped_draft_leaves_nothing(&make());
        a_draft_is_no_backup(&make());
        publishing_replaces(&make());
        an_incomplete_one_replaces_no_complete_one(&make());
        a_complete_one_removes_the_incomplete_one(&make());
        one_draft_a_name(&make());
        an_open_one_is_being_made(&make());
        the_list_is_sorted(&make());
        orphans_are_swept(&make());
        a_draft_removes_its_orphan(&make());
        racing_drafts_are_whole(&make());
        every_byte_is_in_a_compressed_one(&make());
        the_same_bytes_are_stored_the_same(&make());
        one_complete_archive_stands(&make());
        the_other_one_stays_until_the_end(&make());
        one_incomplete_archive_stands(&make());
        what_is_kept_stays(&make());
        one_draft_a_name_however_stored(&make());
        a_seal_tells_what_is_published(&make());
        a_sealed_draft_is_no_backup(&make());
        what_was_written_is_read_from_any_place(&make());
        what_was_written_is_read_back(&make());
        what_is_set_aside_outlives_the_next(&make());
        nothing_is_set_aside_over_another(&make());
        an_older_one_takes_a_free_name_alone(&make());
        what_is_removed_is_gone(&make());
        a_catalog_is_read_as_it_was_written(&make());
        stored_files_are_of_one_archive(&make());
        a_catalog_stays_with_its_archive(&make());
        a_draft_without_a_catalog_has_none(&make());
        what_is_taken_over_is_what_stands_there(&make());
        what_is_compared_changes_no_byte(&make());
        a_finished_archive_can_get_a_catalog(&make());
        a_catalog_is_not_made_while_its_archive_is(&make());
        a_catalog_is_of_one_archive(&make());
        names_that_are_told_apart_take_no_place(make);
        other_names_are_told_apart(&make());
        every_name_has_the_ending_of_the_store(&make());
        what_is_not_there_has_no_digest(&make());
        an_inspection_tells_what_is_in_it_and_what_it_is(&make());
        the_space_of_an_archive_is_told(&make());
    }
}

fn missing_until_the_first_draft(place: &BackupPlace) {
    let store = place.store.open();
    let failure = store.list().map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "list fails with Missing while there is no place for backups");
    same(
        &works(store.remove_leftovers(), "a sweep of no place works"),
        &0,
        "a place that does not exist has no drafts",
    );
    promise(store.list().is_err(), "a sweep makes no place for backups", &store.list());
    drop(draft(&*store, "docs"));
    same(&works(store.list(), "a draft makes the place for backups"), &Vec::new(), "a draft is no backup");
}

fn every_byte_is_published(place: &BackupPlace) {
    let store = place.store.open();
    let noise = noise(3_000_000);
    for (archive, contents) in [("empty", &[][..]), ("one_byte", b"x"), ("noise", &noise)] {
        let mut draft = draft(&*store, archive);
        for piece in contents.chunks(65_537) {
            works(draft.write_all(piece), "a draft takes bytes");
        }
        works(draft.flush(), "a draft can be flushed");
        let record = works(draft.publish(Grade::Complete), "a draft can be published");
        let file_name = named(&*store, &format!("{archive}.tar"));
        let read = (place.read)(&file_name);
        same(&read.is_some(), &true, "what is published can be read");
        same_bytes(
            &read.unwrap_or_default(),
            contents,
            "what is published is what was written, byte for byte",
        );
        is_record_of(&record, &file_name, contents);
    }
}

fn a_dropped_draft_leaves_nothing(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"the old one", Grade::Complete);
    let mut dropped = draft(&*store, "docs");
    works(dropped.write_all(b"half of the new"), "a draft takes bytes");
    drop(dropped);
    shows(place, &[("docs.tar", b"the old one")], "a dropped draft leaves what stood under its name");
    same(&works(store.remove_leftovers(), "a sweep works"), &0, "a dropped draft leaves nothing behind");
    publish(&*store, "docs", b"the new one", Grade::Complete);
    shows(place, &[("docs.tar", b"the new one")], "a dropped draft leaves its name free");
}

fn a_draft_is_no_backup(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"the old one", Grade::Complete);
    let mut again = draft(&*store, "docs");
    let mut first = draft(&*store, "music");
    works(again.write_all(b"the new one"), "a draft takes bytes");
    works(first.write_all(b"the first one"), "a draft takes bytes");
    works(first.flush(), "a draft can be flushed");
    shows(place, &[("docs.tar", b"the old one")], "nothing of a draft is visible before it is published");
}

fn publishing_replaces(place: &BackupPlace) {
    let store = place.store.open();
    let grades = [Grade::Complete, Grade::Incomplete];
    for (name, grade) in ["docs", "music"].into_iter().zip(grades) {
        publish(&*store, name, b"an old one that is longer", grade);
        let second = publish(&*store, name, b"new", grade);
        is_record_of(&second, &archive(&*store, name, grade, Compression::None), b"new");
    }
    let expected: [(&str, &[u8]); 2] = [("docs.tar", b"new"), ("music.incomplete.tar", b"new")];
    shows(place, &expected, "a published archive replaces the one of its name and grade");
}

fn an_incomplete_one_replaces_no_complete_one(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"all of it", Grade::Complete);
    let record = publish(&*store, "docs", b"some of it", Grade::Incomplete);
    is_record_of(&record, &named(&*store, "docs.incomplete.tar"), b"some of it");
    let expected: [(&str, &[u8]); 2] = [("docs.incomplete.tar", b"some of it"), ("docs.tar", b"all of it")];
    shows(place, &expected, "an incomplete archive never takes the place of a complete one");
}

fn a_complete_one_removes_the_incomplete_one(place: &BackupPlace) {
    let store = place.store.open();
    for name in ["docs", "music"] {
        publish(&*store, name, b"some of it", Grade::Incomplete);
    }
    publish(&*store, "docs", b"all of it", Grade::Complete);
    let expected: [(&str, &[u8]); 2] = [("docs.tar", b"all of it"), ("music.incomplete.tar", b"some of it")];
    shows(place, &expected, "a complete archive removes the incomplete one of its name, and no other");
}

fn one_draft_a_name(place: &BackupPlace) {
    let (one, other) = (place.store.open(), place.store.open());
    let open = draft(&*one, "docs");
    for store in [&one, &other] {
        let failure = store.draft(&name("docs"), Compression::None).map(drop).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Busy), "a second draft of a name is Busy while the first is open");
    }
    for similar in ["doc", "docs2", "Docs2"] {
        publish(&*other, similar, b"free", Grade::Complete);
    }
    works(open.publish(Grade::Complete), "a draft can be published after others were refused");
    publish(&*other, "docs", b"the next", Grade::Complete);
    let read = (place.read)(&named(&*other, "docs.tar"));
    same(&read.as_deref(), &Some(b"the next"), "a published draft leaves its name free");
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::model::archive::{ArchiveDigest, DiskRange, DiskSpace, SealedArchive};
    use crate::model::archive::{ArchiveName, FileEnding, Format};
    use crate::model::archive::{BackupName, BackupRecord};
    use crate::model::error::PortError;
    use crate::model::history::RunRecord;
    use crate::ports::Draft;
    use crate::ports::{
        ArchiveBytes, CatalogDraft, PackTarget, Progress, ReadTar, SeekableBytes, StoredFiles,
    };
    use crate::testing::Reopenable;
    use crate::testing::promise::broken_promise;
    use crate::testing::{Faults, ManualClock, MemoryBackups, at};
    use std::ops::Range;

    fn memory() -> MemoryBackups {
        MemoryBackups::new(ManualClock::utc(at("2026-01-01 00:00")))
    }

    fn place(backups: MemoryBackups) -> BackupPlace {
        let (opened, read, left) = (backups.clone(), backups.clone(), backups);
        BackupPlace {
            store: Reopenable::<dyn BackupStore>::new(move || Box::new(opened.clone())),
            read: Box::new(move |file_name| read.stored(file_name)),
            unpack: Box::new(MemoryBackups::unpacked),
            leave_draft: Box::new(move |name| left.abandon(name)),
        }
    }

    backup_store_contract!(memory_backups, || place(memory()));
    backup_store_contract!(memory_backups_with_another_ending, || {
        place(memory().with_ending(".tgz".parse().expect("it is one")))
    });
    backup_store_contract!(memory_backups_that_ignore_case, || place(memory().ignoring_case()));

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        EmptyInsteadOfMissing,
        SweepMakesThePlace,
        ShortWrites,
        DropPublishes,
        DropKeepsTheName,
        ShowsDrafts,
        IncompleteReplaces,
        KeepsIncomplete,
        NeverBusy,
        NeverBeingMade,
        AlwaysBeingMade,
        Unsorted,
        SweepsNothing,
        SweepsBackups,
        CountsOneTooMany,
        WrongSize,
        CompressesNothing,
        PackedOtherwiseEachTime,
        KeepsTheOtherFormat,
        KeepsTheOtherIncomplete,
        RemovesTheOtherAtOnce,
        BusyOnlyIfStoredAlike,
        SealsSomethingElse,
        SealPublishes,
        ReadsNothingBack,
        DigestsNothing,
        OpensPacked,
        MovesAside,
        AsideOfNothing,
        RemovesNothing,
        SumsOfNothing,
        ForgetsSums,
        NamesNoAlias,
        NamesEveryAlias,
        CarriesAnotherEnding,
        OlderReplaces,
        OlderIsNewest,
        OlderIsNew,
        DropsCatalogs,
        DescribesAnyFile,
        CopiesAnyFile,
        CatalogsWhileBusy,
        CatalogsAnyFile,
        CatalogsTellNoRun,
        SpaceOfNothing,
        OneSpaceForAll,
        SpaceByName,
    }

    /// A catalog that its archive gets, or another one of its name.
    struct BrokenCatalog<'a> {
        inner: Box<dyn CatalogDraft + 'a>,
        body: Vec<u8>,
        file_name: String,
        store: &'a Broken,
    }

    impl Write for BrokenCatalog<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.body.extend_from_slice(bytes);
            self.inner.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.inner.flush()
        }
    }

    impl CatalogDraft for BrokenCatalog<'_> {
        fn publish(self: Box<Self>, run: Option<&RunRecord>) -> Result<(), PortError> {
            let run = run.filter(|_| self.store.flaw != Flaw::CatalogsTellNoRun);
            match self.inner.publish(run) {
                Err(_) if self.store.flaw == Flaw::CatalogsAnyFile => {
                    self.store.inner.put_catalog(&self.file_name, Some(self.body));
                    Ok(())
                }
                published => published,
            }
        }
    }

    struct Broken {
        inner: MemoryBackups,
        flaw: Flaw,
    }

    struct BrokenDraft<'a> {
        inner: Option<Box<dyn Draft + 'a>>,
        written: Vec<u8>,
        name: BackupName,
        compression: Compression,
        store: &'a Broken,
    }

    impl BackupStore for Broken {
        fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
            let mut listed = match self.inner.list() {
                Err(_) if self.flaw == Flaw::EmptyInsteadOfMissing => Vec::new(),
                result => result?,
            };
            match self.flaw {
                Flaw::Unsorted => listed.reverse(),
                Flaw::WrongSize => listed.iter_mut().for_each(|record| record.archive_bytes += 1),
                Flaw::OlderIsNew => {
                    listed.iter_mut().for_each(|record| record.finished = at("2026-06-01 00:00"));
                }
                _ => {}
            }
            Ok(listed)
        }

        fn ending(&self, format: Format) -> FileEnding {
            let is_other = self.flaw == Flaw::CarriesAnotherEnding && format == Compression::Zstd.into();
            if is_other { ".tzst".parse().expect("it is one") } else { self.inner.ending(format) }
        }

        fn draft(
            &self,
            name: &BackupName,
            compression: Compression,
        ) -> Result<Box<dyn Draft + '_>, PortError> {
            let is_zstd = compression == Compression::Zstd;
            let stored = if self.flaw == Flaw::CompressesNothing { Compression::None } else { compression };
            let inner = match self.inner.draft(name, stored) {
                Err(_)
                    if self.flaw == Flaw::NeverBusy
                        || (self.flaw == Flaw::BusyOnlyIfStoredAlike && is_zstd) =>
                {
                    self.inner.abandon(name);
                    self.inner.draft(name, stored)?
                }
                result => result?,
            };
            if self.flaw == Flaw::RemovesTheOtherAtOnce && is_zstd {
                self.inner.take(&archive(self, name.as_str(), Grade::Complete, Compression::None));
            }
            let (name, inner) = (name.clone(), Some(inner));
            Ok(Box::new(BrokenDraft { inner, written: Vec::new(), name, compression, store: self }))
        }

        fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError> {
            match self.flaw {
                Flaw::OlderReplaces => drop(self.inner.take(&archive.to_string())),
                Flaw::OlderIsNewest => return self.inner.draft(&archive.backup, Compression::None),
                _ => {}
            }
            self.inner.draft_older(archive)
        }

        fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError> {
            match self.flaw {
                Flaw::NeverBeingMade => Ok(false),
                Flaw::AlwaysBeingMade => Ok(self.inner.drafts() > 0),
                _ => self.inner.is_being_made(name),
            }
        }

        fn remove_leftovers(&self) -> Result<usize, PortError> {
            match self.flaw {
                Flaw::SweepsNothing => return Ok(0),
                Flaw::SweepMakesThePlace => drop(self.inner.draft(&name("x"), Compression::None)),
                Flaw::SweepsBackups => drop(self.inner.take("films.tar")),
                Flaw::CountsOneTooMany => {
                    return self.inner.remove_leftovers().map(|files| files + usize::from(files > 0));
                }
                _ => {}
            }
            self.inner.remove_leftovers()
        }

        fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError> {
            let nothing = ArchiveDigest { archive_bytes: 0, sha256: [0; 32] };
            match self.inner.digest(file_name, progress) {
                Err(_) if self.flaw == Flaw::DigestsNothing => Ok(nothing),
                result => result,
            }
        }

        fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError> {
            let is_aside = self.inner.set_aside(archive, aside)?;
            if self.flaw == Flaw::MovesAside {
                self.inner.take(&archive.to_string());
            }
            Ok(is_aside || self.flaw == Flaw::AsideOfNothing)
        }

        fn remove(&self, archive: &ArchiveName) -> Result<(), PortError> {
            if self.flaw == Flaw::RemovesNothing { Ok(()) } else { self.inner.remove(archive) }
        }

        fn replace_checksum_list(&self, list: &str) -> Result<(), PortError> {
            self.inner.replace_checksum_list(list)
        }

        fn checksum_list(&self) -> Result<String, PortError> {
            let sums = BackupStore::checksum_list(&self.inner)?;
            Ok(match self.flaw {
                Flaw::SumsOfNothing if sums.is_empty() => "no list".to_owned(),
                Flaw::ForgetsSums => String::new(),
                _ => sums,
            })
        }

        fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError> {
            match self.flaw {
                Flaw::OpensPacked => {
                    let stored = self.inner.stored(file_name).unwrap_or_default();
                    Ok(Box::new(io::Cursor::new(stored)))
                }
                _ => self.inner.open(file_name),
            }
        }

        fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
            match self.inner.open_stored(backup) {
                Err(_) if self.flaw == Flaw::CopiesAnyFile => {
                    let listed = self.inner.list()?;
                    let other = listed.into_iter().find(|listed| listed.file_name == backup.file_name);
                    self.inner.open_stored(&other.unwrap_or_else(|| backup.clone()))
                }
                opened => opened,
            }
        }

        fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
            let mut asked = backup.clone();
            if self.flaw == Flaw::DescribesAnyFile {
                let listed = self.inner.list().ok()?;
                asked = listed.into_iter().find(|listed| listed.file_name == backup.file_name)?;
            }
            self.inner.described(&asked)
        }

        fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
            let inner: Box<dyn CatalogDraft> = match self.inner.draft_catalog(backup) {
                Err(error) if error.failure == Failure::Busy && self.flaw == Flaw::CatalogsWhileBusy => {
                    memory_catalog()
                }
                begun => begun?,
            };
            let file_name = backup.file_name.clone();
            Ok(Box::new(BrokenCatalog { inner, body: Vec::new(), file_name, store: self }))
        }

        fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
            match self.flaw {
                Flaw::NamesNoAlias => vec![None; names.len()],
                Flaw::NamesEveryAlias => names.iter().map(|_| Some(name("docs"))).collect(),
                _ => self.inner.aliases(names),
            }
        }

        fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
            let everything = || Some(DiskSpace::new(vec![DiskRange { pool: 0, start: 0, end: u64::MAX }]));
            match self.flaw {
                Flaw::SpaceOfNothing => self.inner.disk_space(file_name).or_else(everything),
                Flaw::OneSpaceForAll => self.inner.disk_space(file_name).and_then(|_| everything()),
                Flaw::SpaceByName => {
                    let bytes = self.inner.disk_space(file_name)?.bytes();
                    let pool = file_name.bytes().fold(1, |sum, byte| 31 * sum % 65_537 + u64::from(byte));
                    Some(DiskSpace::new(vec![DiskRange { pool, start: 0, end: bytes }]))
                }
                _ => self.inner.disk_space(file_name),
            }
        }

        fn free_bytes(&self) -> Option<u64> {
            None
        }
    }

    impl Write for BrokenDraft<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.extend_from_slice(bytes);
            let kept = if self.store.flaw == Flaw::ShortWrites { bytes.len() / 2 } else { bytes.len() };
            self.inner.as_mut().unwrap().write_all(&bytes[..kept])?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            if self.store.flaw == Flaw::ShowsDrafts {
                let other = name("shown");
                publish(&self.store.inner, other.as_str(), &self.written, Grade::Complete);
            }
            self.inner.as_mut().unwrap().flush()
        }
    }

    impl PackTarget for BrokenDraft<'_> {
        fn keeps_catalog(&self) -> bool {
            self.inner.as_ref().unwrap().keeps_catalog()
        }

        fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
            self.inner.as_mut().unwrap().open_base()
        }

        fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
            self.inner.as_mut().unwrap().take_over(part)
        }

        fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
            if self.store.flaw == Flaw::DropsCatalogs {
                return Ok(());
            }
            self.inner.as_mut().unwrap().write_catalog(bytes)
        }
    }

    impl Draft for BrokenDraft<'_> {
        fn base_on(&mut self, backup: &BackupRecord) -> bool {
            self.inner.as_mut().unwrap().base_on(backup)
        }

        fn restart(&mut self) -> Result<(), PortError> {
            self.inner.as_mut().unwrap().restart()
        }

        fn describe(&mut self, run: &RunRecord) {
            self.inner.as_mut().unwrap().describe(run);
        }

        fn protect(&mut self, archive: ArchiveName) {
            self.inner.as_mut().unwrap().protect(archive);
        }

        fn seal(&mut self) -> Result<SealedArchive, PortError> {
            let digest = self.inner.as_mut().unwrap().seal()?;
            match self.store.flaw {
                Flaw::SealsSomethingElse => Ok(SealedArchive { sha256: Some([7; 32]), ..digest }),
                Flaw::SealPublishes => {
                    let name = self.name.archive(Grade::Complete, self.compression);
                    self.store.inner.put(&name.to_string(), self.written.clone());
                    Ok(digest)
                }
                _ => Ok(digest),
            }
        }

        fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
            let read_tar: ReadTar<'_> = match self.store.flaw {
                Flaw::ReadsNothingBack => &mut |_| (),
                _ => read_tar,
            };
            self.inner.as_mut().unwrap().verify(read_tar, progress)
        }

        fn publish(mut self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
            let store = self.store;
            let kept = self.kept(grade).map(|kept| kept.to_string());
            let kept = kept.and_then(|kept| Some((store.inner.stored(&kept)?, kept)));
            let inner = self.inner.take().unwrap();
            if store.flaw == Flaw::IncompleteReplaces {
                let mut record = inner.publish(Grade::Complete)?;
                record.file_name = self.name.archive(grade, self.compression).to_string();
                return Ok(record);
            }
            let record = inner.publish(grade)?;
            if let Some((stored, kept)) = kept {
                store.inner.put(&kept, stored);
            }
            Ok(record)
        }
    }

    impl BrokenDraft<'_> {
        /// Returns which archive it keeps that it should remove.
        fn kept(&self, grade: Grade) -> Option<ArchiveName> {
            let other = match self.compression {
                Compression::None => Compression::Zstd,
                Compression::Zstd => Compression::None,
            };
            let (kept, compression) = match (self.store.flaw, grade) {
                (Flaw::KeepsIncomplete, Grade::Complete) => (Grade::Incomplete, self.compression),
                (Flaw::KeepsTheOtherFormat, Grade::Complete) => (Grade::Complete, other),
                (Flaw::KeepsTheOtherIncomplete, Grade::Incomplete) => (Grade::Incomplete, other),
                _ => return None,
            };
            Some(self.name.archive(kept, compression))
        }
    }

    impl Drop for BrokenDraft<'_> {
        fn drop(&mut self) {
            match (self.store.flaw, self.inner.take()) {
                (Flaw::DropPublishes, Some(inner)) => drop(inner.publish(Grade::Complete)),
                (Flaw::DropKeepsTheName, Some(inner)) => std::mem::forget(inner),
                _ => {}
            }
        }
    }

    /// A catalog that nobody keeps.
    fn memory_catalog() -> Box<dyn CatalogDraft> {
        struct Dropped;
        impl Write for Dropped {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        impl CatalogDraft for Dropped {
            fn publish(self: Box<Self>, _: Option<&RunRecord>) -> Result<(), PortError> {
                Ok(())
            }
        }
        Box::new(Dropped)
    }

    /// A flaw, the promise that it breaks, and the message.
    const FLAWS: [(Flaw, &str, &str); 48] = [
        (Flaw::SpaceOfNothing, "the_space_of_an_archive_is_told", "what is not there takes no space"),
        (Flaw::OneSpaceForAll, "the_space_of_an_archive_is_told", "archives of their own share nothing"),
        (
            Flaw::SpaceByName,
            "the_space_of_an_archive_is_told",
            "two names of one archive have the same space",
        ),
        (Flaw::DropsCatalogs, "a_catalog_is_read_as_it_was_written", "a catalog is read as it was written"),
        (Flaw::CopiesAnyFile, "stored_files_are_of_one_archive", "an archive that was replaced is Missing"),
        (Flaw::DescribesAnyFile, "a_catalog_is_read_as_it_was_written", "of no archive of another size"),
        (
            Flaw::CatalogsWhileBusy,
            "a_catalog_is_not_made_while_its_archive_is",
            "is Busy while the first is open",
        ),
        (Flaw::CatalogsAnyFile, "a_catalog_is_of_one_archive", "an archive that was replaced is Missing"),
        (
            Flaw::CatalogsTellNoRun,
            "a_finished_archive_can_get_a_catalog",
            "a catalog that was made later is read",
        ),
        (Flaw::EmptyInsteadOfMissing, "missing_until_the_first_draft", "Missing while there is no place"),
        (Flaw::SweepMakesThePlace, "missing_until_the_first_draft", "a sweep makes no place"),
        (Flaw::ShortWrites, "every_byte_is_published", "byte for byte"),
        (Flaw::DropPublishes, "missing_until_the_first_draft", "a draft is no backup"),
        (Flaw::DropKeepsTheName, "a_dropped_draft_leaves_nothing", "a name that nobody is at can be drafted"),
        (Flaw::ShowsDrafts, "a_draft_is_no_backup", "nothing of a draft is visible"),
        (Flaw::IncompleteReplaces, "publishing_replaces", "replaces the one of its name and grade"),
        (Flaw::KeepsIncomplete, "a_complete_one_removes_the_incomplete_one", "removes the incomplete one"),
        (Flaw::NeverBusy, "one_draft_a_name", "is Busy while the first is open"),
        (Flaw::NeverBeingMade, "an_open_one_is_being_made", "the name of an open draft is being made"),
        (
            Flaw::AlwaysBeingMade,
            "an_open_one_is_being_made",
            "the name of an open draft is being made, and no other",
        ),
        (Flaw::Unsorted, "the_list_is_sorted", "sorted by file name"),
        (Flaw::SweepsNothing, "orphans_are_swept", "a sweep removes the drafts of dead processes"),
        (Flaw::SweepsBackups, "orphans_are_swept", "a sweep touches neither"),
        (Flaw::CountsOneTooMany, "orphans_are_swept", "and counts them"),
        (Flaw::WrongSize, "the_list_is_sorted", "the size of the archive"),
        (Flaw::CompressesNothing, "every_byte_is_in_a_compressed_one", "comes out of a compressed archive"),
        (Flaw::PackedOtherwiseEachTime, "the_same_bytes_are_stored_the_same", "the same bytes stored"),
        (Flaw::KeepsTheOtherFormat, "one_complete_archive_stands", "one complete archive stands"),
        (Flaw::KeepsTheOtherIncomplete, "one_incomplete_archive_stands", "one incomplete archive stands"),
        (
            Flaw::RemovesTheOtherAtOnce,
            "the_other_one_stays_until_the_end",
            "an archive stays while one is written",
        ),
        (
            Flaw::SealsSomethingElse,
            "a_seal_tells_what_is_published",
            "a digest tells what stands once it is published",
        ),
        (Flaw::SealPublishes, "a_sealed_draft_is_no_backup", "nothing of a sealed draft is visible"),
        (
            Flaw::MovesAside,
            "what_is_set_aside_outlives_the_next",
            "what is set aside stands under both names",
        ),
        (Flaw::OlderIsNew, "what_is_set_aside_outlives_the_next", "keeps its size and date"),
        (Flaw::AsideOfNothing, "nothing_is_set_aside_over_another", "what is not there is not set aside"),
        (
            Flaw::OlderReplaces,
            "an_older_one_takes_a_free_name_alone",
            "nothing takes the name of an older one",
        ),
        (Flaw::OlderIsNewest, "an_older_one_takes_a_free_name_alone", "has the name that was asked for"),
        (Flaw::OlderIsNew, "an_older_one_takes_a_free_name_alone", "of the moment in its name"),
        (Flaw::RemovesNothing, "what_is_removed_is_gone", "what is removed is gone"),
        (Flaw::SumsOfNothing, "what_is_set_aside_outlives_the_next", "no list of sums is an empty one"),
        (Flaw::ForgetsSums, "what_is_set_aside_outlives_the_next", "the sums that were put are read"),
        (Flaw::NamesNoAlias, "names_that_are_told_apart_take_no_place", "never take each other's place"),
        (
            Flaw::NamesEveryAlias,
            "names_that_are_told_apart_take_no_place",
            "the first of all names has no other one",
        ),
        (
            Flaw::CarriesAnotherEnding,
            "every_name_has_the_ending_of_the_store",
            "the names of all archives end as the store says",
        ),
        (Flaw::OpensPacked, "what_was_written_is_read_from_any_place", "what was written is read"),
        (Flaw::ReadsNothingBack, "what_was_written_is_read_back", "what is read back is what was written"),
        (Flaw::DigestsNothing, "what_is_not_there_has_no_digest", "what is not there has no digest"),
        (
            Flaw::BusyOnlyIfStoredAlike,
            "one_draft_a_name_however_stored",
            "is Busy while one is open that is stored otherwise",
        ),
    ];

    #[test]
    fn the_suite_finds_every_flaw() {
        for (flaw, promise, expected) in FLAWS {
            let said = broken_promise(|| BACKUP_STORE_CONTRACT.check(promise, &move || broken(flaw)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }

    fn broken(flaw: Flaw) -> BackupPlace {
        let backups = if flaw == Flaw::NamesNoAlias { memory().ignoring_case() } else { memory() };
        let (opened, read, left) = (backups.clone(), backups.clone(), backups);
        let reads = AtomicU8::new(0);
        BackupPlace {
            store: Reopenable::<dyn BackupStore>::new(move || {
                Box::new(Broken { inner: opened.clone(), flaw })
            }),
            read: Box::new(move |file_name| {
                let mut stored = read.stored(file_name)?;
                if flaw == Flaw::PackedOtherwiseEachTime && file_name == "docs.tar.zst" {
                    stored.push(reads.fetch_add(1, Ordering::Relaxed));
                }
                Some(stored)
            }),
            unpack: Box::new(MemoryBackups::unpacked),
            leave_draft: Box::new(move |name| left.abandon(name)),
        }
    }

    #[test]
    fn a_failing_publish_keeps_the_old_backup_and_leaves_no_draft() {
        let faults = Faults::only("publish");
        faults.fail_nth(2, Failure::Full);
        let clock = ManualClock::utc(at("2026-01-01 00:00"));
        let store = MemoryBackups::failing(clock.clone(), &faults);
        let first = publish(&store, "docs", b"old", Grade::Complete);
        assert_eq!(first.finished, at("2026-01-01 00:00"));
        clock.set(at("2026-01-02 00:00"));
        let failure = draft(&store, "docs").publish(Grade::Complete).unwrap_err();
        assert_eq!(failure.to_string(), "can't publish docs: scripted fault");
        assert_eq!((store.contents("docs.tar").unwrap().as_slice(), store.drafts()), (&b"old"[..], 0));
    }

    #[test]
    #[should_panic(expected = "publish of the draft docs after a write to it has failed")]
    fn a_draft_is_not_published_after_a_failed_write() {
        let faults = Faults::only("write");
        faults.fail_nth(1, Failure::Full);
        let store = MemoryBackups::failing(ManualClock::utc(at("2026-01-01 00:00")), &faults);
        let mut draft = draft(&store, "docs");
        assert_eq!(draft.write_all(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
        let _ = draft.publish(Grade::Complete);
    }

    #[test]
    #[should_panic(expected = "write of the draft docs by a process that is dead")]
    fn an_abandoned_draft_is_not_written_to() {
        let store = memory();
        let mut draft = draft(&store, "docs");
        store.abandon(&name("docs"));
        let _ = draft.write_all(b"x");
    }

    #[test]
    fn an_abandoned_draft_stays_until_it_is_swept() {
        let store = Arc::new(memory());
        let draft = draft(&*store, "docs");
        store.abandon(&name("docs"));
        drop(draft);
        assert_eq!((store.drafts(), store.remove_leftovers().unwrap(), store.drafts()), (1, 1, 0));
    }
}
