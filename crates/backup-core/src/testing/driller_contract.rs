//! The promises of [`Driller`], checked on any adapter.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Files;
use super::contract::contract;
use super::promise::{promise, same, works};
use crate::model::error::{Failure, PortError};
use crate::model::history::{DifferenceKind, DrillReport};
use crate::model::job::DrillRequest;
use crate::ports::{Driller, Progress, SilentProgress};

/// Has the system's tool bring a file back otherwise from now on: with these contents, or not at all.
pub type SpoilRestored = dyn Fn(&str, Option<&[u8]>);

/// Puts other bytes in the place of the archive, in one step.
pub type PutArchive = dyn Fn(&[u8]) + Send + Sync;

/// A place with a finished backup, and who drills it.
pub struct DrillPlace {
    /// The driller.
    pub driller: Box<dyn Driller>,
    /// The file name of the backup: of a folder with the files that were asked for, and nothing else.
    pub archive: String,
    /// Reads the archive as it is stored.
    pub stored: Box<dyn Fn() -> Vec<u8>>,
    /// Stores another.
    pub put: Box<PutArchive>,
    /// Spoils what is restored.
    pub spoil: Box<SpoilRestored>,
    /// Tells whether anything is there that a drill made.
    pub has_scratch: Box<dyn Fn() -> bool>,
}

contract! {
    $
    /// Makes one test of each promise of [`Driller`](crate::ports::Driller), in a module of that name.
    ///
    /// Each call of `make` gives a fresh place with a backup of these files, which are in byte order of their names.
    ///
    /// ```
    /// use backup_core::testing::{DrillPlace, Files, ManualClock, MemoryBackups, MemoryDriller, MemorySource, at};
    ///
    /// fn make(files: &Files) -> DrillPlace {
    ///     let backups = MemoryBackups::new(ManualClock::utc(at("2026-03-10 12:00")));
    ///     backups.put("docs.tar", MemorySource::of(files).archive());
    ///     let driller = MemoryDriller::new(&backups); // or a driller of your own, and a temporary folder
    ///     let (spoiled, left, read) = (driller.clone(), driller.clone(), backups.clone());
    ///     DrillPlace {
    ///         driller: Box::new(driller),
    ///         archive: "docs.tar".to_owned(),
    ///         stored: Box::new(move || read.stored("docs.tar").expect("nobody takes it away")),
    ///         put: Box::new(move |bytes| backups.put("docs.tar", bytes.to_vec())),
    ///         spoil: Box::new(move |name, contents| spoiled.spoil(name, contents)),
    ///         has_scratch: Box::new(move || left.has_scratch()),
    ///     }
    /// }
    ///
    /// backup_core::driller_contract!(my_driller, make);
    /// # backup_core::testing::DRILLER_CONTRACT.check_all(&make);
    /// ```
    driller_contract, DRILLER_CONTRACT: dyn Fn(&Files) -> DrillPlace;
    |make| {
        a_good_archive_comes_back(&make(&files()));
        the_seal_is_of_the_stored_bytes(&make(&files()));
        what_comes_back_otherwise_is_named(&make(&files()));
        a_damaged_archive_is_a_difference(&make(&files()));
        what_is_not_there_is_missing(&make(&files()));
        a_cancelled_one_is_interrupted(&make(&files()));
        two_of_one_backup_are_refused(&make(&files()));
        one_that_is_replaced_meanwhile_is_one_and_the_same(&make(&files()));
    }
}

fn files() -> [(&'static str, Vec<u8>); 3] {
    [("a", b"of a".to_vec()), ("b", vec![7; LARGE_BYTES]), ("c", Vec::new())]
}

const LARGE_BYTES: usize = 400_000;

fn a_good_archive_comes_back(place: &DrillPlace) {
    let before = (place.stored)();
    let watch = Watch::default();
    let report = works(drill(place, &watch), "a good archive can be drilled");
    promise(is_whole(&report), "a good archive comes back whole", &report);
    same(&report.content_bytes, &(LARGE_BYTES as u64 + 4), "the report counts the bytes of all files");
    promise(report.entries >= 3, "the report counts the entries", &report);
    same(&report.uncompared_entries, &0, "what this user can restore is compared wholly");
    same(&(place.stored)(), &before, "the archive is only read");
    let heard = watch.heard_bytes.into_inner();
    same(&heard, &(2 * before.len() as u64), "progress hears of the archive's bytes twice");
    let looks = watch.looks.into_inner();
    promise(looks >= 3, "progress is asked all the time", &looks);
}

fn the_seal_is_of_the_stored_bytes(place: &DrillPlace) {
    let first = works(drill(place, &SilentProgress), "a good archive can be drilled").digest;
    let again = works(drill(place, &SilentProgress), "it can be drilled once more").digest;
    let stored = (place.stored)();
    same(&first.archive_bytes, &(stored.len() as u64), "the digest has the size of the archive");
    same(&first, &again, "the same archive has the same digest");
    (place.put)(&other(&stored));
    let other = works(drill(place, &SilentProgress), "another archive can be drilled").digest;
    promise(other.sha256 != first.sha256, "another archive has another digest", &other);
}

fn what_comes_back_otherwise_is_named(place: &DrillPlace) {
    (place.spoil)("a", Some(b"of b"));
    let report = works(drill(place, &SilentProgress), "what comes back otherwise is no error");
    let is_contents = |kind: &DifferenceKind| *kind == DifferenceKind::Contents(3);
    promise(
        names(&report, "a", is_contents),
        "another byte is a difference, with the entry and the place",
        &report,
    );
    promise(!names(&report, "b", |_| true), "what came back is no difference", &report);
    (place.spoil)("b", None);
    let report = works(drill(place, &SilentProgress), "what comes back otherwise is no error");
    let is_missing = |kind: &DifferenceKind| *kind == DifferenceKind::Missing;
    promise(
        names(&report, "b", is_missing),
        "what doesn't come back is a difference, with the entry",
        &report,
    );
    (place.spoil)("more", Some(b"x"));
    let report = works(drill(place, &SilentProgress), "what comes back otherwise is no error");
    let is_extra = |kind: &DifferenceKind| *kind == DifferenceKind::Extra;
    promise(
        names(&report, "more", is_extra),
        "what isn't in the archive is a difference, with its path",
        &report,
    );
    promise(report.difference_count >= 3, "all differences are counted", &report);
}

fn a_damaged_archive_is_a_difference(place: &DrillPlace) {
    let stored = (place.stored)();
    for cut in [stored.len() / 2, 1, 0] {
        (place.put)(&stored[..cut]);
        let report = works(drill(place, &SilentProgress), "a damaged archive is no error");
        let is_damage =
            |kind: &DifferenceKind| matches!(kind, DifferenceKind::Damaged(_) | DifferenceKind::Tool(_));
        let is_said = report.differences.iter().any(|one| is_damage(&one.kind));
        promise(is_said && report.difference_count > 0, "a damaged archive doesn't come back whole", &report);
        same(&report.digest.archive_bytes, &(cut as u64), "a damaged archive has its digest, too");
    }
}

fn what_is_not_there_is_missing(place: &DrillPlace) {
    for archive in ["nothing.tar", "nothing", "../nothing.tar"] {
        let request = DrillRequest { archive, scratch: None, identity: None };
        let drilled = place.driller.drill(&request, &SilentProgress);
        same(&failure_of(drilled), &Some(Failure::Missing), "a backup that isn't there is Missing");
        same(&(place.has_scratch)(), &false, GONE);
    }
}

fn a_cancelled_one_is_interrupted(place: &DrillPlace) {
    let before = (place.stored)();
    for looks in 1..=3 {
        let watch = Watch { cancels_at: Some(looks), ..Watch::default() };
        same(
            &failure_of(drill(place, &watch)),
            &Some(Failure::Interrupted),
            "a cancelled one is Interrupted",
        );
    }
    same(&(place.stored)(), &before, "the archive is only read");
    let report = works(drill(place, &SilentProgress), "what was cancelled can be drilled again");
    promise(is_whole(&report), "what was cancelled can be drilled again", &report);
}

fn two_of_one_backup_are_refused(place: &DrillPlace) {
    let second = Second {
        driller: &*place.driller,
        archive: &place.archive,
        is_under_way: AtomicBool::new(false),
        was_busy: AtomicBool::new(false),
    };
    let report = works(drill(place, &second), "another one does no harm to a drill");
    promise(is_whole(&report), "another one does no harm to a drill", &report);
    same(&second.was_busy.into_inner(), &true, "a second drill of a backup is Busy");
}

fn one_that_is_replaced_meanwhile_is_one_and_the_same(place: &DrillPlace) {
    let (one, other) = ((place.stored)(), other(&(place.stored)()));
    let digest_of = |bytes: &[u8]| {
        (place.put)(bytes);
        works(drill(place, &SilentProgress), "a good archive can be drilled").digest
    };
    let digests = [digest_of(&one), digest_of(&other)];
    for looks in 1..=4 {
        (place.put)(&one);
        let swap = Swap { put: &*place.put, other: &other, looks: AtomicU64::new(0), at: looks };
        let report = works(drill(place, &swap), "an archive that is replaced meanwhile can be drilled");
        let is_one = is_whole(&report) && digests.contains(&report.digest);
        promise(is_one, "one and the same archive is restored, read and digested", &report);
    }
}

const GONE: &str = "the scratch is gone, whatever happened";

/// Drills, and sees that nothing is left of that.
fn drill(place: &DrillPlace, progress: &dyn Progress) -> Result<DrillReport, PortError> {
    let request = DrillRequest { archive: &place.archive, scratch: None, identity: None };
    let drilled = place.driller.drill(&request, progress);
    same(&(place.has_scratch)(), &false, GONE);
    drilled
}

/// Returns another good archive with the same files, as it is stored: only the contents of the first one differ.
fn other(stored: &[u8]) -> Vec<u8> {
    let mut other = stored.to_vec();
    let at = other.windows(4).position(|bytes| bytes == b"of a").expect("the contents are in it");
    other[at] = b'i';
    other
}

fn is_whole(report: &DrillReport) -> bool {
    report.difference_count == 0 && report.differences.is_empty()
}

fn names(report: &DrillReport, name: &str, is_it: impl Fn(&DifferenceKind) -> bool) -> bool {
    report
        .differences
        .iter()
        .any(|one| one.path.file_name().is_some_and(|last| last == name) && is_it(&one.kind))
}

fn failure_of<T>(result: Result<T, PortError>) -> Option<Failure> {
    result.err().map(|error| error.failure)
}

/// Counts, and cancels from one look on.
#[derive(Default)]
struct Watch {
    heard_bytes: AtomicU64,
    looks: AtomicU64,
    cancels_at: Option<u64>,
}

impl Progress for Watch {
    fn advanced(&self, _path: &Path, bytes: u64) {
        self.heard_bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    fn is_cancelled(&self) -> bool {
        let looks = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        self.cancels_at.is_some_and(|at| looks >= at)
    }
}

/// Drills the same backup whenever it is asked, until that is refused.
struct Second<'a> {
    driller: &'a dyn Driller,
    archive: &'a str,
    is_under_way: AtomicBool,
    was_busy: AtomicBool,
}

impl Progress for Second<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        let is_first =
            !self.was_busy.load(Ordering::SeqCst) && !self.is_under_way.swap(true, Ordering::SeqCst);
        if is_first {
            let request = DrillRequest { archive: self.archive, scratch: None, identity: None };
            let failure = failure_of(self.driller.drill(&request, &SilentProgress));
            self.was_busy.store(failure == Some(Failure::Busy), Ordering::SeqCst);
            self.is_under_way.store(false, Ordering::SeqCst);
        }
        false
    }
}

/// Puts another archive in the place of the one that is drilled, at one of the looks.
struct Swap<'a> {
    put: &'a PutArchive,
    other: &'a [u8],
    looks: AtomicU64,
    at: u64,
}

impl Progress for Swap<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        if self.looks.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            (self.put)(self.other);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::promise::broken_promise;
    use crate::testing::{ManualClock, MemoryBackups, MemoryDriller, MemorySource, at};

    const ARCHIVE: &str = "docs.tar";

    fn place(files: &Files, make: &dyn Fn(MemoryBackups, MemoryDriller) -> Box<dyn Driller>) -> DrillPlace {
        let source = MemorySource::of(files);
        let backups = MemoryBackups::new(ManualClock::utc(at("2026-03-10 12:00")));
        backups.put(ARCHIVE, source.archive());
        let memory = MemoryDriller::new(&backups);
        let (read, put, spoiled, left) = (backups.clone(), backups.clone(), memory.clone(), memory.clone());
        DrillPlace {
            driller: make(backups, memory),
            archive: ARCHIVE.to_owned(),
            stored: Box::new(move || read.stored(ARCHIVE).expect("nobody takes it away")),
            put: Box::new(move |bytes| put.put(ARCHIVE, bytes.to_vec())),
            spoil: Box::new(move |name, contents| spoiled.spoil(name, contents)),
            has_scratch: Box::new(move || left.has_scratch()),
        }
    }

    driller_contract!(memory_driller, |files| place(files, &|_, memory| Box::new(memory)));

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        FindsFault,
        FindsNothing,
        NamesNothing,
        Miscounts,
        CountsNoEntries,
        NeverSure,
        HidesDamage,
        FailsOnDamage,
        DrillsNothing,
        Changes,
        Silent,
        Deaf,
        SealsNothing,
        Leaves,
        LeavesWhenCancelled,
        Crowds,
        ReadsTwice,
    }

    struct Broken {
        backups: MemoryBackups,
        memory: MemoryDriller,
        flaw: Flaw,
    }

    impl Broken {
        fn spoil(&self, mut report: DrillReport, was: Option<&[u8]>) -> DrillReport {
            let is_damaged =
                report.differences.iter().any(|one| matches!(one.kind, DifferenceKind::Damaged(_)));
            match self.flaw {
                Flaw::FindsFault => report.add("a", DifferenceKind::Modified),
                Flaw::FindsNothing if !is_damaged => {
                    (report.differences, report.difference_count) = (Vec::new(), 0);
                }
                Flaw::HidesDamage if is_damaged => {
                    (report.differences, report.difference_count) = (Vec::new(), 0);
                }
                Flaw::NamesNothing => report.differences.iter_mut().for_each(|one| one.path.clear()),
                Flaw::Miscounts => report.content_bytes += 1,
                Flaw::CountsNoEntries => report.entries = 0,
                Flaw::NeverSure => report.uncompared_entries = 1,
                Flaw::SealsNothing => report.digest.sha256 = [0; 32],
                Flaw::ReadsTwice if self.backups.stored(ARCHIVE).as_deref() != was => {
                    report.add("a", DifferenceKind::Contents(0));
                }
                _ => {}
            }
            report
        }
    }

    impl Driller for Broken {
        fn drill(
            &self,
            request: &DrillRequest<'_>,
            progress: &dyn Progress,
        ) -> Result<DrillReport, PortError> {
            let was = self.backups.stored(request.archive);
            if was.is_none() && self.flaw == Flaw::DrillsNothing {
                return Ok(DrillReport::new(crate::model::archive::ArchiveDigest {
                    archive_bytes: 0,
                    sha256: [0; 32],
                }));
            }
            let blind = self.memory.not_seeing_others();
            let memory = if self.flaw == Flaw::Crowds { &blind } else { &self.memory };
            let drilled = memory.drill(request, &Muffled(progress, self.flaw));
            if self.flaw == Flaw::Changes {
                self.backups.put(ARCHIVE, [was.clone().unwrap_or_default(), vec![0]].concat());
            }
            if self.flaw == Flaw::Leaves || self.flaw == Flaw::LeavesWhenCancelled && drilled.is_err() {
                self.memory.leave_scratch();
            }
            let report = self.spoil(drilled?, was.as_deref());
            let is_damaged =
                report.differences.iter().any(|one| matches!(one.kind, DifferenceKind::Damaged(_)));
            if is_damaged && self.flaw == Flaw::FailsOnDamage {
                return Err(PortError::new(Failure::Damaged, "drill"));
            }
            Ok(report)
        }
    }

    struct Muffled<'a>(&'a dyn Progress, Flaw);

    impl Progress for Muffled<'_> {
        fn advanced(&self, path: &Path, bytes: u64) {
            if self.1 != Flaw::Silent {
                self.0.advanced(path, bytes);
            }
        }

        fn is_cancelled(&self) -> bool {
            self.0.is_cancelled() && self.1 != Flaw::Deaf
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::FindsFault, "a good archive comes back whole"),
            (Flaw::FindsNothing, "another byte is a difference"),
            (Flaw::NamesNothing, "another byte is a difference"),
            (Flaw::Miscounts, "the bytes of all files"),
            (Flaw::CountsNoEntries, "counts the entries"),
            (Flaw::NeverSure, "is compared wholly"),
            (Flaw::HidesDamage, "a damaged archive doesn't come back whole"),
            (Flaw::FailsOnDamage, "a damaged archive is no error"),
            (Flaw::DrillsNothing, "a backup that isn't there is Missing"),
            (Flaw::Changes, "the archive is only read"),
            (Flaw::Silent, "progress hears of the archive's bytes twice"),
            (Flaw::Deaf, "a cancelled one is Interrupted"),
            (Flaw::SealsNothing, "another archive has another digest"),
            (Flaw::Leaves, GONE),
            (Flaw::LeavesWhenCancelled, GONE),
            (Flaw::Crowds, "a second drill of a backup is Busy"),
            (Flaw::ReadsTwice, "one and the same archive"),
        ];
        for (flaw, expected) in cases {
            let broken = move |files: &Files| {
                place(files, &|backups, memory| Box::new(Broken { backups, memory, flaw }))
            };
            let said = broken_promise(|| DRILLER_CONTRACT.check_all(&broken));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
