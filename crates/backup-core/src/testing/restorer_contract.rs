//! The promises of [`Restorer`], checked on any adapter.

mod place;
mod previews;

use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::place::{PutBeside, ReadRestored, RestorePlace};
use self::place::{read, request, restore};
use self::previews::{a_preview_tells_and_changes_nothing, the_archive_is_digested_where_all_is_wanted};
use super::contract::contract;
use super::pack_place::Files;
use super::promise::{promise, same, same_bytes, works};
use crate::model::error::{Failure, PortError};
use crate::model::restore::{IfExists, RestoreFindingKind, RestoreJob, RestoreReport, RestoreTarget};
use crate::ports::{Progress, Restorer, SilentProgress};

contract! {
    $
    /// Makes one test of each promise of [`Restorer`](crate::ports::Restorer), in a module of that name.
    ///
    /// Each call of `make` gives a fresh place with an archive of these files, which are in byte order of their names.
    ///
    /// ```
    /// use std::path::{Path, PathBuf};
    ///
    /// use backup_core::testing::{Files, MemoryRestorer, MemorySource, RestorePlace};
    ///
    /// fn make(files: &Files) -> RestorePlace {
    ///     let restorer = MemoryRestorer::default(); // or a restorer of your own, and a temporary folder
    ///     let (read, put, exists) = (restorer.clone(), restorer.clone(), restorer.clone());
    ///     let target = Path::new("/home/target");
    ///     RestorePlace {
    ///         restorer: Box::new(restorer),
    ///         archive: MemorySource::of(files).archive(),
    ///         target: target.to_owned(),
    ///         read: Box::new(move |name| read.target(target)?.get(Path::new(name)).cloned()),
    ///         put: Box::new(move |name, contents| put.put(target, name, contents)),
    ///         exists: Box::new(move || exists.target(target).is_some()),
    ///     }
    /// }
    ///
    /// backup_core::restorer_contract!(my_restorer, make);
    /// # backup_core::testing::RESTORER_CONTRACT.check_all(&make);
    /// ```
    restorer_contract, RESTORER_CONTRACT: dyn Fn(&Files) -> RestorePlace;
    |make| {
        everything_comes_back(&make(&files()));
        a_target_that_is_there_is_refused(&make(&files()));
        what_stands_stays(&make(&files()));
        what_differs_is_replaced(&make(&files()));
        only_what_is_chosen_comes_back(&make(&files()));
        a_path_is_taken_as_it_is(&make(&[("[x", b"of it".to_vec()), ("x", Vec::new())]));
        what_chooses_nothing_makes_nothing(&make(&files()));
        a_cancelled_one_is_finished_by_the_next(&make(&files()));
        a_cut_archive_gives_what_came_before(&make(&files()));
        a_preview_tells_and_changes_nothing(&make(&files()));
        the_archive_is_digested_where_all_is_wanted(&make(&files()));
    }
}

fn files() -> [(&'static str, Vec<u8>); 3] {
    [("a", b"of a".to_vec()), ("b", vec![7; LARGE_BYTES]), ("c", Vec::new())]
}

const LARGE_BYTES: usize = 1_500_000;

fn everything_comes_back(place: &RestorePlace) {
    let watch = Watch::default();
    let report =
        works(restore(place, &request(place, IfExists::Refuse), &watch), "an archive can be restored");
    promise(
        report.is_complete() && report.findings.is_empty(),
        "what was restored wholly is complete",
        &report,
    );
    everything_is_there(place, "every byte comes back");
    same(&report.content_bytes, &(LARGE_BYTES as u64 + 4), "the report counts the bytes of all contents");
    let (heard, looks) = (watch.heard_bytes.into_inner(), watch.looks.into_inner());
    promise(
        heard > 0 && heard <= place.archive.len() as u64,
        "progress hears of the bytes that went by, once",
        &(heard, place.archive.len()),
    );
    promise(looks >= 3, "progress is asked at least once an entry", &looks);
}

fn a_target_that_is_there_is_refused(place: &RestorePlace) {
    (place.put)("a", b"mine");
    let failure = failure_of(restore(place, &request(place, IfExists::Refuse), &SilentProgress));
    same(&failure, &Some(Failure::Refused), "a target that is there is Refused where there must be none");
    promise(
        read(place, "a") == b"mine" && (place.read)("b").is_none(),
        "what is Refused changes nothing",
        &read_all(place),
    );
}

fn what_stands_stays(place: &RestorePlace) {
    (place.put)("a", b"mine");
    (place.put)("more", b"mine");
    let keep = request(place, IfExists::Keep);
    let report =
        works(restore(place, &keep, &SilentProgress), "what is missing beside others can be restored");
    let stays = read(place, "a") == b"mine" && read(place, "more") == b"mine";
    promise(stays, "what stands stays where that was said", &read_all(place));
    same(&read(place, "b").len(), &LARGE_BYTES, "what is missing is made beside what stands");
    let is_named = report.findings.iter().any(|finding| finding.kind == RestoreFindingKind::Left);
    promise(
        report.left_entries == 1 && is_named && !report.is_complete(),
        "what stays is counted and named",
        &report,
    );
    let again = works(restore(place, &keep, &SilentProgress), "it can be restored once more");
    let counts = (again.entries, again.present_entries, again.left_entries);
    same(&counts, &(0, 2, 1), "what stands as it should be is not made again");
}

fn what_differs_is_replaced(place: &RestorePlace) {
    works(restore(place, &request(place, IfExists::Refuse), &SilentProgress), "an archive can be restored");
    (place.put)("a", b"mine");
    (place.put)("more", b"mine");
    let report = restore(place, &request(place, IfExists::Replace), &SilentProgress);
    let report = works(report, "what differs can be replaced");
    everything_is_there(place, "what differs is replaced where that was said");
    same(&(report.entries, report.present_entries), &(1, 2), "nothing is replaced but what differs");
    same_bytes(&read(place, "more"), b"mine", "nothing is removed that isn't replaced");
}

fn only_what_is_chosen_comes_back(place: &RestorePlace) {
    let chosen = ["a", "c", "!c", "nowhere"].map(Vec::from).to_vec();
    let some = RestoreJob { chosen, ..request(place, IfExists::Refuse) };
    let report = works(restore(place, &some, &SilentProgress), "some of an archive can be restored");
    same_bytes(&read(place, "a"), b"of a", "what is chosen comes back");
    let others = ["b", "c"].into_iter().any(|name| (place.read)(name).is_some());
    promise(!others, "what is not chosen, or left out again, does not come back", &read_all(place));
    let is_named = report.unmatched == ["nowhere"];
    promise(is_named && !report.is_complete(), "a line that matches nothing is named", &report);
}

fn a_path_is_taken_as_it_is(place: &RestorePlace) {
    let some = RestoreJob { chosen: vec![b"[x".to_vec()], ..request(place, IfExists::Refuse) };
    let report = works(restore(place, &some, &SilentProgress), "a path may hold what patterns hold");
    promise(read(place, "[x") == b"of it" && report.is_complete(), "a path is taken as it is", &report);
    same(&(place.read)("x"), &None, "and nothing else is");
}

fn what_chooses_nothing_makes_nothing(place: &RestorePlace) {
    for (line, expected) in [("nowhere", Failure::Missing), ("[", Failure::Refused)] {
        let chosen = vec![line.into()];
        let nothing = RestoreJob { chosen, ..request(place, IfExists::Refuse) };
        let failure = failure_of(restore(place, &nothing, &SilentProgress));
        let what = format!("{line} fails with {expected:?}");
        same(&failure, &Some(expected), &what);
        same(&(place.exists)(), &false, "what chooses nothing makes nothing");
    }
}

fn a_cancelled_one_is_finished_by_the_next(place: &RestorePlace) {
    let whole = request(place, IfExists::Refuse);
    for looks in 1..=3 {
        let watch = Watch { cancels_at: Some(looks), ..Watch::default() };
        let failure = failure_of(restore(place, &whole, &watch));
        same(&failure, &Some(Failure::Interrupted), "a cancelled restore is Interrupted");
        same(&(place.exists)(), &false, "a new target appears whole or not at all");
    }
    let report = works(restore(place, &whole, &SilentProgress), "what was ended is finished by the next");
    promise(
        holds_everything(place) && report.is_complete(),
        "what was ended is finished by the next",
        &report,
    );
}

fn a_cut_archive_gives_what_came_before(place: &RestorePlace) {
    let mut cut = Cursor::new(place.archive[..place.archive.len() / 2].to_vec());
    let report = place.restorer.restore(&mut cut, &request(place, IfExists::Refuse), &SilentProgress);
    let report = works(report, "what can be read of a cut archive is restored");
    same_bytes(&read(place, "a"), b"of a", "what came before a cut is restored");
    promise(breaks_off(&report) && !report.is_complete(), "that an archive breaks off is a finding", &report);
    let other = RestoreJob {
        target: RestoreTarget::Beside(place.target.with_extension("other")),
        ..request(place, IfExists::Refuse)
    };
    let nothing = place.restorer.restore(&mut Cursor::new(vec![b'x'; 2_000]), &other, &SilentProgress);
    same(&failure_of(nothing), &Some(Failure::Damaged), "an archive of which nothing can be read is Damaged");
}

fn breaks_off(report: &RestoreReport) -> bool {
    report.findings.iter().any(|finding| matches!(finding.kind, RestoreFindingKind::BrokenOff(_)))
}

/// Panics, naming the promise and the files, unless all of the archive's are there.
#[track_caller]
fn everything_is_there(place: &RestorePlace, what: &str) {
    promise(holds_everything(place), what, &read_all(place));
}

/// Returns all files that the suite puts or restores, as far as they are there.
fn read_all(place: &RestorePlace) -> Vec<(&'static str, Vec<u8>)> {
    ["a", "c", "more", "b"].into_iter().filter_map(|name| Some((name, (place.read)(name)?))).collect()
}

fn holds_everything(place: &RestorePlace) -> bool {
    read(place, "a") == b"of a" && read(place, "b") == [7; LARGE_BYTES] && read(place, "c").is_empty()
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::restore::RestorePreview;
    use crate::ports::ArchiveBytes;
    use crate::testing::promise::broken_promise;
    use crate::testing::{MemoryRestorer, MemorySource};

    fn place(files: &Files, restorer: Box<dyn Restorer>, memory: &MemoryRestorer) -> RestorePlace {
        let source = MemorySource::of(files);
        let target = PathBuf::from("/home/target");
        let (read, put, exists) = (memory.clone(), memory.clone(), memory.clone());
        let paths = [target.clone(), target.clone(), target.clone()];
        let [at_read, at_put, at_exists] = paths;
        RestorePlace {
            restorer,
            archive: source.archive(),
            target,
            read: Box::new(move |name| read.target(&at_read)?.get(Path::new(name)).cloned()),
            put: Box::new(move |name, contents| put.put(&at_put, name, contents)),
            exists: Box::new(move || exists.target(&at_exists).is_some()),
        }
    }

    fn make(files: &Files) -> RestorePlace {
        let memory = MemoryRestorer::default();
        place(files, Box::new(memory.clone()), &memory)
    }

    restorer_contract!(memory_restorer, make);

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        LosesBytes,
        Miscounts,
        Silent,
        Deaf,
        RestoresOverAll,
        KeepsAll,
        LeavesSilently,
        RemovesMore,
        RestoresUnchosen,
        HidesUnmatched,
        TakesPathsForPatterns,
        MakesNothingMatched,
        HidesDamage,
        FailsOnDamage,
        PreviewRestores,
        PreviewFindsAllNew,
        DigestsNothing,
        DigestsLength,
        DigestsAlways,
    }

    struct Broken(MemoryRestorer, Flaw);

    impl Broken {
        fn spoil(&self, request: &mut RestoreJob) {
            match self.1 {
                Flaw::RestoresOverAll => request.existing = IfExists::Replace,
                Flaw::KeepsAll if request.existing == IfExists::Replace => request.existing = IfExists::Keep,
                Flaw::RestoresUnchosen if request.chosen.len() > 1 => {
                    request.chosen.retain(|line| line != b"!c");
                }
                Flaw::TakesPathsForPatterns if request.chosen == [b"[x"] => {
                    request.chosen = vec![b"[".to_vec()];
                }
                Flaw::DigestsAlways => request.digests = true,
                _ => {}
            }
        }

        fn spoiled(&self, mut report: RestoreReport, bytes: u64) -> RestoreReport {
            match self.1 {
                Flaw::Miscounts => report.content_bytes += 1,
                Flaw::LeavesSilently => (report.findings, report.finding_count) = (Vec::new(), 0),
                Flaw::HidesUnmatched => report.unmatched.clear(),
                Flaw::HidesDamage => report.findings.retain(|finding| !finding.kind.is_of_the_archive()),
                Flaw::DigestsNothing => report.archive = None,
                Flaw::DigestsLength => {
                    report.archive =
                        report.archive.map(|_| ArchiveDigest { archive_bytes: bytes, sha256: [0; 32] });
                }
                _ => {}
            }
            report
        }
    }

    impl Restorer for Broken {
        fn restore(
            &self,
            archive: &mut dyn ArchiveBytes,
            request: &RestoreJob,
            progress: &dyn Progress,
        ) -> Result<RestoreReport, PortError> {
            let (mut request, target) = (request.clone(), request.target.path());
            self.spoil(&mut request);
            let mut bytes = Vec::new();
            archive.read_to_end(&mut bytes).expect("it is in memory");
            let length = bytes.len() as u64;
            let silent = matches!(self.1, Flaw::Silent | Flaw::Deaf);
            let progress = if silent { &Muffled(progress, self.1) } else { progress };
            let before = self.0.target(target).unwrap_or_default();
            let restored = self.0.restore(&mut Cursor::new(bytes), &request, progress);
            match self.1 {
                Flaw::LosesBytes if restored.is_ok() => self.0.put(target, "b", "half"),
                Flaw::RemovesMore if before.contains_key(Path::new("more")) => self.0.put(target, "more", ""),
                Flaw::MakesNothingMatched if restored.is_err() => self.0.put(target, "x", ""),
                Flaw::FailsOnDamage if restored.as_ref().is_ok_and(breaks_off) => {
                    return Err(PortError::new(Failure::Damaged, "restore"));
                }
                _ => {}
            }
            restored.map(|report| self.spoiled(report, length))
        }

        fn preview(
            &self,
            archive: &mut dyn ArchiveBytes,
            request: &RestoreJob,
            progress: &dyn Progress,
        ) -> Result<RestorePreview, PortError> {
            match self.1 {
                Flaw::PreviewRestores => self.0.put(request.target.path(), "b", "other"),
                Flaw::PreviewFindsAllNew => {
                    return Ok(RestorePreview { new_entries: 3, ..RestorePreview::default() });
                }
                _ => {}
            }
            self.0.preview(archive, request, progress)
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
            (Flaw::LosesBytes, "every byte comes back"),
            (Flaw::Miscounts, "the bytes of all contents"),
            (Flaw::Silent, "progress hears of the bytes"),
            (Flaw::Deaf, "a cancelled restore is Interrupted"),
            (Flaw::RestoresOverAll, "is Refused where there must be none"),
            (Flaw::KeepsAll, "what differs is replaced"),
            (Flaw::LeavesSilently, "what stays is counted and named"),
            (Flaw::RemovesMore, "what stands stays"),
            (Flaw::RestoresUnchosen, "or left out again"),
            (Flaw::HidesUnmatched, "a line that matches nothing is named"),
            (Flaw::TakesPathsForPatterns, "a path may hold what patterns hold"),
            (Flaw::MakesNothingMatched, "what chooses nothing makes nothing"),
            (Flaw::HidesDamage, "that an archive breaks off is a finding"),
            (Flaw::FailsOnDamage, "what can be read of a cut archive is restored"),
            (Flaw::PreviewRestores, "a preview changes nothing"),
            (Flaw::PreviewFindsAllNew, "a preview tells what is new"),
            (Flaw::DigestsNothing, "what all of the archive was"),
            (Flaw::DigestsLength, "another archive has another digest"),
            (Flaw::DigestsAlways, "or nobody asked"),
        ];
        for (flaw, expected) in cases {
            let broken = move |files: &Files| {
                let memory = MemoryRestorer::default();
                place(files, Box::new(Broken(memory.clone(), flaw)), &memory)
            };
            let said = broken_promise(|| RESTORER_CONTRACT.check_all(&broken));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
