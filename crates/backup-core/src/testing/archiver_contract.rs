//! The promises of [`Archiver`], checked on any adapter.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::contract::contract;
use super::later_catalog_contract::an_archive_can_get_a_catalog;
use super::noise::noise;
use super::pack_place::{Files, PackPlace};
use super::promise::{promise, same, same_bytes, works};
use super::selection_contract::what_is_left_out_on_purpose_is_no_trouble;
use super::staged_file_contract::{a_staged_file_has_one_writer, a_staged_file_is_packed_whole};
use crate::model::archive::{Grade, PackReport};
use crate::model::error::{Failure, PortError};
use crate::ports::{Archiver, PackRequest, PackTarget, Progress, SilentProgress};

contract! {
    $
    /// Makes one test of each promise of [`Archiver`](crate::ports::Archiver) that needs no odd source, in a module of that
    /// name. Links, devices and holes are for the adapter's own tests.
    ///
    /// Each call of `make` gives an archiver and a source with these files, which stays as it is as long as the place lives.
    ///
    /// ```
    /// use std::path::PathBuf;
    ///
    /// use backup_core::testing::{Files, MemoryArchiver, MemorySource, PackPlace};
    ///
    /// fn make(files: &Files) -> PackPlace {
    ///     PackPlace {
    ///         archiver: Box::new(MemoryArchiver::new().with("/docs", MemorySource::of(files))), // or one of your own
    ///         source: PathBuf::from("/docs"),
    ///         read: Box::new(MemorySource::files_in), // by a reader that isn't the archiver's
    ///     }
    /// }
    ///
    /// backup_core::archiver_contract!(my_archiver, make);
    /// # backup_core::testing::ARCHIVER_CONTRACT.check_all(&make);
    /// ```
    archiver_contract, ARCHIVER_CONTRACT: dyn Fn(&Files) -> PackPlace;
    |make| {
        a_missing_source_is_missing(&make(&[]));
        an_empty_folder_is_an_archive(&make(&[]));
        everything_is_in_the_archive(&make(&files()), &files());
        the_same_source_gives_the_same_bytes(&make(&files()));
        progress_hears_every_byte(&make(&files()), &files());
        a_survey_reports_what_a_pack_would(&make(&files()));
        short_writes_are_carried_on(&make(&files()));
        a_failing_out_fails_the_pack(&make(&files()));
        a_cancelled_pack_is_interrupted(&make(&files()));
        it_looks_once_an_entry(&make(&many_files()));
        what_is_left_out_on_purpose_is_no_trouble(&make(&many_files()));
        a_staged_file_is_packed_whole(&make(&[]));
        a_staged_file_has_one_writer(&make(&[]));
        an_archive_can_get_a_catalog(&make(&files()));
    }
}

const MIB: usize = 1 << 20;

/// More than any look may let pass: a piece on its way, one of a MiB, and what frames them.
const LOOK_SLACK_BYTES: usize = 3 * MIB;

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty", Vec::new()),
        ("one byte", b"x".to_vec()),
        ("a block", noise(512)),
        ("a block and a byte", noise(513)),
        ("Gr\u{f6}\u{df}e", noise(70_000)),
        ("large", noise(8 << 20)),
    ]
}

fn many_files() -> Vec<(&'static str, Vec<u8>)> {
    ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, name.as_bytes().to_vec())).to_vec()
}

fn a_missing_source_is_missing(place: &PackPlace) {
    let is_there = place.archiver.is_there(&place.source);
    promise(is_there.is_none_or(|is_there| is_there), "a source that can be packed is there", &is_there);
    let is_there = place.archiver.is_there(&place.source.join("not there"));
    promise(is_there.is_none_or(|is_there| !is_there), "what isn't there is not said to be there", &is_there);
    let source = place.source.join("not there");
    let result = place.archiver.pack(&PackRequest::all_of(&source), &mut Vec::new(), &SilentProgress);
    let failure = result.map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "a source that isn't there is Missing");
}

fn an_empty_folder_is_an_archive(place: &PackPlace) {
    let (report, archive) = packed(place, &SilentProgress);
    same(&(place.read)(&archive), &Some(Vec::new()), "an empty folder gives a whole archive without files");
    promise(
        report.entries <= 1 && report.content_bytes == 0,
        "an empty folder has at most its own entry",
        &report,
    );
}

fn everything_is_in_the_archive(place: &PackPlace, files: &Files) {
    let (report, archive) = packed(place, &SilentProgress);
    let read = (place.read)(&archive);
    promise(read.is_some(), "an archive is whole and readable to its end when pack returns Ok", &read);
    let mut read = read.unwrap_or_default();
    read.sort();
    let mut expected: Vec<_> =
        files.iter().map(|(name, bytes)| (PathBuf::from(name), bytes.clone())).collect();
    expected.sort();
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    same(&names(&read), &names(&expected), "every file of the source is in the archive, and nothing else");
    for ((name, read), (_, contents)) in read.iter().zip(&expected) {
        let what = format!("a file of the source is in the archive byte for byte: {}", name.display());
        same_bytes(read, contents, &what);
    }
    let entries = counted(files.len()) + 1;
    same(&report.entries, &entries, "the report counts the source's own entry and every one in it");
    same(&report.content_bytes, &content_bytes(files), "the report counts the bytes of the files' contents");
    let is_clean = report.findings.is_empty() && report.torn_entries == 0;
    promise(
        is_clean && report.grade() == Grade::Complete,
        "a source without troubles has no findings",
        &report,
    );
}

fn the_same_source_gives_the_same_bytes(place: &PackPlace) {
    let (first, second) = (packed(place, &SilentProgress), packed(place, &SilentProgress));
    same(&first, &second, "the same unchanged source gives the same bytes");
}

fn progress_hears_every_byte(place: &PackPlace, files: &Files) {
    let watch = Watch::default();
    packed(place, &watch);
    let heard = watch.heard_bytes.load(Ordering::SeqCst);
    same(&heard, &content_bytes(files), "progress hears of every byte of contents, once");
}

fn a_survey_reports_what_a_pack_would(place: &PackPlace) {
    let request = PackRequest::all_of(&place.source);
    let surveyed = works(place.archiver.survey(&request, &SilentProgress), "a source can be surveyed");
    let (packed, _) = packed(place, &SilentProgress);
    // Whoever doesn't read contents has no profile of them.
    let without_profile = |report: PackReport| PackReport { profile: None, ..report };
    same(&without_profile(surveyed), &without_profile(packed), "a survey gives the report of a pack");
    let source = place.source.join("not there");
    let failure = place.archiver.survey(&PackRequest::all_of(&source), &SilentProgress);
    let failure = failure.map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "a survey of a source that isn't there is Missing");
}

fn short_writes_are_carried_on(place: &PackPlace) {
    let (_, expected) = packed(place, &SilentProgress);
    let mut out = Hesitant::default();
    works(pack(place, &mut out, &SilentProgress), "short writes and interruptions of out are carried on");
    same_bytes(&out.taken, &expected, "short writes and interruptions of out change nothing");
}

fn a_failing_out_fails_the_pack(place: &PackPlace) {
    let (_, archive) = packed(place, &SilentProgress);
    for room in [0, 1, 600, 100_000, 5 * MIB, archive.len() - 1] {
        let mut out = Full { room, has_failed: false, was_used_again: false };
        let failure = pack(place, &mut out, &SilentProgress).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Full), &format!("a pack fails as out does: after {room} bytes"));
        promise(!out.was_used_again, "nothing more is written to an out that has failed", &out.room);
    }
}

fn a_cancelled_pack_is_interrupted(place: &PackPlace) {
    for after_bytes in [0, 1, counted(2 * MIB)] {
        let mut out = Vec::new();
        let watch = Watch { cancels_after: Some(after_bytes), ..Watch::default() };
        let failure = pack(place, &mut out, &watch).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Interrupted), "a pack that is cancelled is Interrupted");
        let late_bytes = counted(out.len()).saturating_sub(after_bytes);
        promise(
            late_bytes < counted(LOOK_SLACK_BYTES),
            "a pack that is cancelled ends within about a MiB",
            &late_bytes,
        );
    }
}

fn it_looks_once_an_entry(place: &PackPlace) {
    let watch = Watch::default();
    let (report, _) = packed(place, &watch);
    let looks = watch.looks.load(Ordering::SeqCst);
    promise(
        looks + 1 >= report.entries,
        "an archiver looks at least once an entry whether it should end",
        &(looks, &report),
    );
}

fn packed(place: &PackPlace, progress: &dyn Progress) -> (PackReport, Vec<u8>) {
    let mut archive = Vec::new();
    let report = works(pack(place, &mut archive, progress), "a source that is there can be packed");
    (report, archive)
}

fn pack(
    place: &PackPlace,
    out: &mut dyn PackTarget,
    progress: &dyn Progress,
) -> Result<PackReport, PortError> {
    place.archiver.pack(&PackRequest::all_of(&place.source), out, progress)
}

fn content_bytes(files: &Files) -> u64 {
    files.iter().map(|(_, contents)| counted(contents.len())).sum()
}

fn counted(number: usize) -> u64 {
    u64::try_from(number).expect("a length in memory fits 64 bits")
}

/// Counts, and cancels once it heard of so many bytes.
#[derive(Default)]
struct Watch {
    heard_bytes: AtomicU64,
    looks: AtomicU64,
    cancels_after: Option<u64>,
}

impl Progress for Watch {
    fn advanced(&self, _path: &Path, content_bytes: u64) {
        self.heard_bytes.fetch_add(content_bytes, Ordering::SeqCst);
    }

    fn is_cancelled(&self) -> bool {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.cancels_after.is_some_and(|bytes| self.heard_bytes.load(Ordering::SeqCst) >= bytes)
    }
}

/// Takes a part of what it is given, and is interrupted every third time, as a pipe may.
#[derive(Default)]
struct Hesitant {
    taken: Vec<u8>,
    calls: usize,
}

impl PackTarget for Hesitant {}

impl Write for Hesitant {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let part = &bytes[..bytes.len().div_ceil(3)];
        self.taken.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has room for so many bytes.
struct Full {
    room: usize,
    has_failed: bool,
    was_used_again: bool,
}

impl PackTarget for Full {}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.was_used_again |= self.has_failed;
        if self.room == 0 && !bytes.is_empty() {
            self.has_failed = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::atomic::AtomicU8;

    use super::*;
    use crate::model::archive::{Finding, FindingKind};
    use crate::model::archive::{PatternError, Selection};
    use crate::ports::SeekableBytes;
    use crate::testing::promise::broken_promise;
    use crate::testing::{Faults, MemoryArchiver, MemorySource};

    fn memory(files: &Files) -> (MemoryArchiver, PathBuf) {
        let path = PathBuf::from("/home/docs");
        (MemoryArchiver::new().with(&path, MemorySource::of(files)), path)
    }

    fn make(files: &Files) -> PackPlace {
        let (archiver, source) = memory(files);
        PackPlace { archiver: Box::new(archiver), source, read: Box::new(MemorySource::files_in) }
    }

    archiver_contract!(memory_archiver, make);

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        MissingIsOther,
        CutsTheEnd,
        FlipsAByte,
        MiscountsEntries,
        NewBytesEachTime,
        Silent,
        Deaf,
        LooksAtTheStart,
        LooksOnceAMib,
        EndsLate,
        WritesOnAfterFailure,
        HidesFailures,
        GivesUpOnShortWrites,
        UnderstandsNothing,
        LeavesNothingOut,
        CallsItTrouble,
        KeepsItSecret,
        CatalogsCutArchives,
        CallsAnythingACatalog,
    }

    struct Broken {
        inner: MemoryArchiver,
        flaw: Flaw,
        packs: AtomicU8,
    }

    /// Keeps from the archiver whether it should end, or from the watcher how far it is.
    struct Muffled<'a> {
        inner: &'a dyn Progress,
        flaw: Flaw,
        unlooked_bytes: AtomicU64,
    }

    impl Progress for Muffled<'_> {
        fn advanced(&self, path: &Path, content_bytes: u64) {
            self.unlooked_bytes.fetch_add(content_bytes, Ordering::SeqCst);
            if self.flaw != Flaw::Silent {
                self.inner.advanced(path, content_bytes);
            }
        }

        fn found(&self, finding: &Finding) {
            if self.flaw != Flaw::KeepsItSecret {
                self.inner.found(finding);
            }
        }

        fn is_cancelled(&self) -> bool {
            let unlooked_bytes = self.unlooked_bytes.load(Ordering::SeqCst);
            match self.flaw {
                Flaw::Deaf => false,
                Flaw::LooksAtTheStart => unlooked_bytes == 0 && self.inner.is_cancelled(),
                Flaw::LooksOnceAMib if unlooked_bytes > 0 && unlooked_bytes < counted(MIB) => false,
                _ => {
                    self.unlooked_bytes.store(1, Ordering::SeqCst);
                    self.inner.is_cancelled()
                }
            }
        }
    }

    impl Archiver for Broken {
        fn pack(
            &self,
            request: &PackRequest<'_>,
            out: &mut dyn PackTarget,
            progress: &dyn Progress,
        ) -> Result<PackReport, PortError> {
            let mut archive = Vec::new();
            let muffled = Muffled { inner: progress, flaw: self.flaw, unlooked_bytes: AtomicU64::new(0) };
            let all = PackRequest::all_of(request.source);
            let request = if self.flaw == Flaw::LeavesNothingOut { &all } else { request };
            let mut report = self.inner.pack(request, &mut archive, &muffled).map_err(|mut error| {
                match self.flaw {
                    Flaw::MissingIsOther => error.failure = Failure::Other,
                    Flaw::EndsLate => drop(out.write_all(&noise(8 * MIB))),
                    _ => {}
                }
                error
            })?;
            match self.flaw {
                Flaw::CutsTheEnd => drop(archive.pop()),
                Flaw::FlipsAByte if archive.len() > 1_000 => archive[900] ^= 1,
                Flaw::MiscountsEntries if report.entries > 1 => report.entries -= 1,
                Flaw::NewBytesEachTime => archive.splice(0..0, self.stamp()).for_each(drop),
                _ => {}
            }
            if self.flaw == Flaw::CallsItTrouble && report.excluded_entries > 0 {
                report.add(PathBuf::from("b"), FindingKind::Vanished);
            }
            self.write(out, &archive)?;
            Ok(report)
        }

        fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
            if self.flaw == Flaw::UnderstandsNothing && !selection.is_everything() {
                return Err(PatternError { pattern: String::new(), reason: String::new() });
            }
            self.inner.check_selection(selection)
        }

        fn write_catalog(
            &self,
            archive: &mut dyn Read,
            out: &mut dyn Write,
            progress: &dyn Progress,
        ) -> Result<u64, PortError> {
            match self.inner.write_catalog(archive, out, progress) {
                Err(error) if error.failure == Failure::Damaged && self.flaw == Flaw::CatalogsCutArchives => {
                    Ok(0)
                }
                written => written,
            }
        }

        fn is_catalog(&self, catalog: &mut dyn SeekableBytes) -> bool {
            self.flaw == Flaw::CallsAnythingACatalog || self.inner.is_catalog(catalog)
        }
    }

    impl Broken {
        /// An empty file named after the count of packs.
        fn stamp(&self) -> Vec<u8> {
            let pack = self.packs.fetch_add(1, Ordering::SeqCst);
            if pack == 0 { Vec::new() } else { format!("pack{pack} 0\n").into_bytes() }
        }

        fn write(&self, out: &mut dyn PackTarget, archive: &[u8]) -> Result<(), PortError> {
            let result = match self.flaw {
                Flaw::GivesUpOnShortWrites => out.write(archive).map(drop),
                _ => out.write_all(archive),
            };
            match (self.flaw, result) {
                (Flaw::HidesFailures, _) | (_, Ok(())) => Ok(()),
                (flaw, Err(_)) => {
                    if flaw == Flaw::WritesOnAfterFailure {
                        let _ = out.write(b"end\n");
                    }
                    Err(PortError::new(Failure::Full, "pack"))
                }
            }
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::MissingIsOther, "is Missing"),
            (Flaw::CutsTheEnd, "whole archive without files"),
            (Flaw::FlipsAByte, "byte for byte"),
            (Flaw::MiscountsEntries, "the report counts the source's own entry"),
            (Flaw::NewBytesEachTime, "the same bytes"),
            (Flaw::Silent, "progress hears of every byte"),
            (Flaw::Deaf, "a pack that is cancelled is Interrupted"),
            (Flaw::LooksAtTheStart, "a pack that is cancelled is Interrupted"),
            (Flaw::LooksOnceAMib, "looks at least once an entry"),
            (Flaw::EndsLate, "ends within about a MiB"),
            (Flaw::WritesOnAfterFailure, "nothing more is written"),
            (Flaw::HidesFailures, "a pack fails as out does"),
            (Flaw::GivesUpOnShortWrites, "short writes and interruptions"),
            (Flaw::UnderstandsNothing, "is Refused by a pack"),
            (Flaw::LeavesNothingOut, "what is excluded is left out"),
            (Flaw::CallsItTrouble, "is no trouble"),
            (Flaw::KeepsItSecret, "progress hears of what is excluded"),
            (Flaw::CatalogsCutArchives, "an archive that is cut is Damaged"),
            (Flaw::CallsAnythingACatalog, "a part of a catalog is none"),
        ];
        for (flaw, expected) in cases {
            let said =
                broken_promise(|| ARCHIVER_CONTRACT.check_all(&move |files: &Files| broken(files, flaw)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }

    fn broken(files: &Files, flaw: Flaw) -> PackPlace {
        let (inner, source) = memory(files);
        PackPlace {
            archiver: Box::new(Broken { inner, flaw, packs: AtomicU8::new(0) }),
            source,
            read: Box::new(MemorySource::files_in),
        }
    }

    #[test]
    fn scripted_findings_are_reported() {
        let source = MemorySource::folder()
            .file("kept", "contents")
            .finding("locked", FindingKind::Unreadable("Permission denied".to_owned()))
            .finding("busy", FindingKind::Torn);
        let archiver = MemoryArchiver::new().with("/docs", source.clone());
        let mut archive = Vec::new();
        let request = PackRequest::all_of(Path::new("/docs"));
        let report = archiver.pack(&request, &mut archive, &SilentProgress).unwrap();
        assert_eq!((report.entries, report.unreadable_entries, report.torn_entries), (2, 1, 1));
        assert_eq!(report.grade(), Grade::Incomplete);
        assert_eq!(archive, source.archive());
        assert_eq!(archive, b"kept 8\ncontentsend\n");
    }

    #[test]
    fn a_pack_fails_as_scripted_and_a_source_can_be_taken_away() {
        let faults = Faults::none();
        let archiver = MemoryArchiver::failing(&faults).with("/docs", MemorySource::folder());
        let pack = || {
            let request = PackRequest::all_of(Path::new("/docs"));
            archiver.pack(&request, &mut Vec::new(), &SilentProgress).map_err(|error| error.failure)
        };
        faults.fail_next(Failure::Denied);
        assert_eq!(pack(), Err(Failure::Denied));
        assert_eq!(pack().map(|report| report.entries), Ok(1));
        assert!(archiver.take("/docs"));
        assert_eq!(pack(), Err(Failure::Missing));
    }
}
