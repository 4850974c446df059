//! The promises of [`Viewer`], checked on any adapter.

use std::io::Cursor;

use super::Files;
use super::cancelled::Cancelled;
use super::contract::contract;
use super::promise::{promise, same, works};
use crate::model::archive::EntryKind;
use crate::model::error::{Failure, PortError};
use crate::ports::{SilentProgress, Viewer};

/// A viewer, and an archive to look into.
pub struct ViewPlace {
    /// The viewer.
    pub viewer: Box<dyn Viewer>,
    /// An archive of a folder with the files that were asked for, in their order and nothing else.
    pub archive: Vec<u8>,
}

contract! {
    $
    /// Makes one test of each promise of [`Viewer`](crate::ports::Viewer), in a module of that name.
    ///
    /// Each call of `make` gives an archive of these files, which are in byte order of their names.
    ///
    /// ```
    /// use backup_core::testing::{Files, MemorySource, MemoryViewer, ViewPlace};
    ///
    /// fn make(files: &Files) -> ViewPlace {
    ///     let archive = MemorySource::of(files).archive();
    ///     ViewPlace { viewer: Box::new(MemoryViewer::default()), archive } // or a viewer of your own
    /// }
    ///
    /// backup_core::viewer_contract!(my_viewer, make);
    /// # backup_core::testing::VIEWER_CONTRACT.check_all(&make);
    /// ```
    viewer_contract, VIEWER_CONTRACT: dyn Fn(&Files) -> ViewPlace;
    |make| {
        every_file_is_shown(&make(&files()));
        only_what_is_chosen_is_shown(&make(&files()));
        it_ends_when_enough_is_seen(&make(&files()));
        entries_can_be_read_one_at_a_time(&make(&files()));
        equal_contents_have_equal_digests(&make(&alike()));
        contents_are_those_of_the_file(&make(&files()));
        what_is_not_there_is_missing(&make(&files()));
        a_cut_archive_is_damaged(&make(&files()));
        it_can_be_cancelled(&make(&files()));
    }
}

fn files() -> [(&'static str, Vec<u8>); 4] {
    [("[x", b"of it".to_vec()), ("a", b"of a".to_vec()), ("b", vec![7; LARGE_BYTES]), ("c", Vec::new())]
}

fn alike() -> [(&'static str, Vec<u8>); 4] {
    [("a", b"same".to_vec()), ("b", b"same".to_vec()), ("c", b"else".to_vec()), ("d", vec![7; LARGE_BYTES])]
}

const LARGE_BYTES: usize = 1_500_000;

fn every_file_is_shown(place: &ViewPlace) {
    let seen = works(list(place, &[]), "an archive can be looked into");
    let sizes = [("'[x'", 5), ("a", 4), ("b", LARGE_BYTES as u64), ("c", 0)];
    let expected = sizes.map(|(name, size)| (name.to_owned(), size));
    same(&seen, &expected, "every file is shown, in order, with its size");
}

fn only_what_is_chosen_is_shown(place: &ViewPlace) {
    let names = |lines: &[&str]| {
        let seen = works(list(place, lines), "an archive can be looked into for some of it");
        seen.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    same(&names(&["c", "a"]), &["a", "c"], "what is chosen is shown, and nothing else");
    same(&names(&["[x"]), &["'[x'"], "a path is taken as it is");
    promise(names(&["nowhere"]).is_empty(), "where nothing matches, nothing is shown", &names(&["nowhere"]));
    let failure = list(place, &["["]).map_err(|error| error.failure);
    same(&failure, &Err(Failure::Refused), "a line that makes no sense is Refused");
}

fn entries_can_be_read_one_at_a_time(place: &ViewPlace) {
    let listed = works(list(place, &[]), "an archive can be looked into");
    let mut bytes = archive(place);
    let mut reader = works(place.viewer.entries(&mut bytes, &SilentProgress), "an archive can be read");
    let mut seen = Vec::new();
    while let Some(entry) = works(reader.next_entry(), "the next entry can be read") {
        if entry.kind == EntryKind::File {
            seen.push((entry.name(), entry.size_bytes));
        }
    }
    same(&seen, &listed, "one at a time, the entries are those that are listed");
    promise(reader.report().is_complete(), "nothing is missing from a whole archive", &seen);
}

fn equal_contents_have_equal_digests(place: &ViewPlace) {
    let mut bytes = archive(place);
    let mut reader = works(place.viewer.entries(&mut bytes, &SilentProgress), "an archive can be read");
    let mut digests = Vec::new();
    while let Some(entry) = works(reader.next_entry(), "the next entry can be read") {
        // What is asked of one entry changes nothing about the others.
        if entry.kind == EntryKind::File && entry.path != b"d" {
            digests.push(works(reader.digest(), "contents have a digest"));
        }
    }
    promise(
        digests.len() == 3 && digests[0] == digests[1] && digests[0] != digests[2],
        "digests are equal where contents are, and only there",
        &digests,
    );
}

fn it_ends_when_enough_is_seen(place: &ViewPlace) {
    let mut seen = 0;
    let mut visit = |_: &_| {
        seen += 1;
        false
    };
    let listed = place.viewer.list(&mut archive(place), &[], &mut visit, &SilentProgress);
    works(listed, "it can be ended");
    same(&seen, &1, "nothing is shown to who wants no more");
}

fn contents_are_those_of_the_file(place: &ViewPlace) {
    let copy = |name: &str| works(copy(place, name), "a file's contents can be had");
    same(&copy("a"), &b"of a", "a file's contents are what was packed");
    promise(
        copy("b") == [7; LARGE_BYTES] && copy("c").is_empty(),
        "a file's contents are what was packed",
        &(copy("b"), copy("c")),
    );
}

fn what_is_not_there_is_missing(place: &ViewPlace) {
    for name in ["nowhere", "", "a/b"] {
        let failure = copy(place, name).map_err(|error| error.failure);
        let is_none = matches!(failure, Err(Failure::Missing | Failure::Other));
        promise(is_none, "what is no file there has no contents", &failure);
    }
    let failure = copy(place, "nowhere").map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "what is not there is Missing");
}

fn a_cut_archive_is_damaged(place: &ViewPlace) {
    let mut seen = 0;
    for length in [place.archive.len() / 2, 100] {
        let mut visit = |_: &_| {
            seen += 1;
            true
        };
        let mut cut = Cursor::new(place.archive[..length.min(place.archive.len() / 2)].to_vec());
        match place.viewer.list(&mut cut, &[], &mut visit, &SilentProgress) {
            Ok(report) => {
                promise(report.broken_off().is_some(), "that an archive breaks off is reported", &report);
            }
            Err(error) => {
                same(&error.failure, &Failure::Damaged, "one of which nothing is left is Damaged");
            }
        }
    }
    promise(seen > 0, "what comes before a cut is shown", &seen);
    let mut cut = Cursor::new(place.archive[..place.archive.len() / 2].to_vec());
    let mut out = Vec::new();
    let report = place.viewer.copy(&mut cut, b"a", &mut out, &SilentProgress);
    let report = works(report, "a file before a cut can be had");
    promise(
        out == b"of a" && report.broken_off().is_some(),
        "a file before a cut can be had, and the cut is reported",
        &(&out, &report),
    );
    let failure = place.viewer.copy(&mut cut, b"c", &mut out, &SilentProgress).map_err(|error| error.failure);
    same(&failure, &Err(Failure::Damaged), "what may lie behind a cut is not called Missing");
}

fn it_can_be_cancelled(place: &ViewPlace) {
    let listed = place.viewer.list(&mut archive(place), &[], &mut |_| true, &Cancelled);
    same(&failure_of(listed), &Some(Failure::Interrupted), "a cancelled look is Interrupted");
    let copied = place.viewer.copy(&mut archive(place), b"b", &mut Vec::new(), &Cancelled);
    same(&failure_of(copied), &Some(Failure::Interrupted), "a cancelled copy is Interrupted");
}

fn archive(place: &ViewPlace) -> Cursor<Vec<u8>> {
    Cursor::new(place.archive.clone())
}

/// Returns the files that are shown, and their sizes.
fn list(place: &ViewPlace, lines: &[&str]) -> Result<Vec<(String, u64)>, PortError> {
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| Vec::from(*line)).collect();
    let mut seen = Vec::new();
    let mut visit = |entry: &crate::model::archive::ArchivedEntry| {
        if entry.kind == EntryKind::File {
            seen.push((entry.name(), entry.size_bytes));
        }
        true
    };
    place.viewer.list(&mut archive(place), &lines, &mut visit, &SilentProgress)?;
    Ok(seen)
}

fn copy(place: &ViewPlace, name: &str) -> Result<Vec<u8>, PortError> {
    let mut out = Vec::new();
    place.viewer.copy(&mut archive(place), name.as_bytes(), &mut out, &SilentProgress)?;
    Ok(out)
}

fn failure_of<T>(result: Result<T, PortError>) -> Option<Failure> {
    result.err().map(|error| error.failure)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::model::archive::ViewReport;
    use crate::ports::{ArchiveBytes, EntryReader, Progress, VisitEntry};
    use crate::testing::promise::broken_promise;
    use crate::testing::{MemorySource, MemoryViewer};

    fn place(files: &Files, viewer: Box<dyn Viewer>) -> ViewPlace {
        let source = MemorySource::of(files);
        ViewPlace { viewer, archive: source.archive() }
    }

    viewer_contract!(memory_viewer, |files| place(files, Box::new(MemoryViewer::default())));

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        ShowsNoSize,
        ShowsUnchosen,
        ShowsOnAndOn,
        AcceptsAnyLine,
        CopiesHalf,
        CopiesNothingOfNothing,
        HidesDamage,
        TakesPathsForPatterns,
        CopiesInSilence,
        CallsAllMissing,
        Deaf,
        DigestsPaths,
    }

    struct Broken(MemoryViewer, Flaw);

    /// Digests the path instead of the contents.
    struct PathDigests<'a>(Box<dyn EntryReader + 'a>, Vec<u8>);

    impl EntryReader for PathDigests<'_> {
        fn next_entry(&mut self) -> Result<Option<crate::model::archive::ArchivedEntry>, PortError> {
            let entry = self.0.next_entry()?;
            self.1 = entry.iter().flat_map(|entry| entry.path.clone()).collect();
            Ok(entry)
        }

        fn digest(&mut self) -> Result<[u8; 32], PortError> {
            Ok([self.1.first().copied().unwrap_or_default(); 32])
        }

        fn report(&mut self) -> ViewReport {
            self.0.report()
        }
    }

    impl Viewer for Broken {
        fn list(
            &self,
            archive: &mut dyn ArchiveBytes,
            chosen: &[Vec<u8>],
            visit: VisitEntry<'_>,
            progress: &dyn Progress,
        ) -> Result<ViewReport, PortError> {
            let flaw = self.1;
            let chosen = match flaw {
                Flaw::ShowsUnchosen => &[],
                Flaw::AcceptsAnyLine if chosen == [b"["] => &[],
                _ => chosen,
            };
            let mut visit = |entry: &crate::model::archive::ArchivedEntry| {
                let size_bytes = if flaw == Flaw::ShowsNoSize { 0 } else { entry.size_bytes };
                visit(&crate::model::archive::ArchivedEntry { size_bytes, ..entry.clone() })
                    || flaw == Flaw::ShowsOnAndOn
            };
            let progress = if flaw == Flaw::Deaf { &SilentProgress } else { progress };
            if flaw == Flaw::TakesPathsForPatterns && chosen == [b"[x"] {
                return Err(PortError::new(Failure::Refused, "choose [x"));
            }
            let listed = self.0.list(archive, chosen, &mut visit, progress)?;
            Ok(if flaw == Flaw::HidesDamage { ViewReport::default() } else { listed })
        }

        fn entries<'a>(
            &self,
            archive: &'a mut dyn ArchiveBytes,
            progress: &'a dyn Progress,
        ) -> Result<Box<dyn EntryReader + 'a>, PortError> {
            let entries = self.0.entries(archive, progress)?;
            Ok(if self.1 == Flaw::DigestsPaths {
                Box::new(PathDigests(entries, Vec::new()))
            } else {
                entries
            })
        }

        fn copy(
            &self,
            archive: &mut dyn ArchiveBytes,
            path: &[u8],
            out: &mut dyn Write,
            progress: &dyn Progress,
        ) -> Result<ViewReport, PortError> {
            let mut copied = Vec::new();
            let report = match self.0.copy(archive, path, &mut copied, progress) {
                Err(_) if self.1 == Flaw::CopiesNothingOfNothing => return Ok(ViewReport::default()),
                Err(_) if self.1 == Flaw::CallsAllMissing => {
                    return Err(PortError::new(Failure::Missing, "copy it"));
                }
                Ok(_) if self.1 == Flaw::CopiesInSilence => ViewReport::default(),
                result => result?,
            };
            let kept = if self.1 == Flaw::CopiesHalf { copied.len() / 2 } else { copied.len() };
            out.write_all(&copied[..kept]).map_err(|_| PortError::new(Failure::Other, "copy it"))?;
            Ok(report)
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::ShowsNoSize, "in order, with its size"),
            (Flaw::ShowsUnchosen, "what is chosen is shown, and nothing else"),
            (Flaw::ShowsOnAndOn, "who wants no more"),
            (Flaw::AcceptsAnyLine, "a line that makes no sense is Refused"),
            (Flaw::CopiesHalf, "contents are what was packed"),
            (Flaw::CopiesNothingOfNothing, "what is no file there has no contents"),
            (Flaw::HidesDamage, "that an archive breaks off is reported"),
            (Flaw::TakesPathsForPatterns, "some of it"),
            (Flaw::CopiesInSilence, "the cut is reported"),
            (Flaw::CallsAllMissing, "is not called Missing"),
            (Flaw::Deaf, "a cancelled look is Interrupted"),
            (Flaw::DigestsPaths, "equal where contents are"),
        ];
        for (flaw, expected) in cases {
            let broken = move |files: &Files| place(files, Box::new(Broken(MemoryViewer::default(), flaw)));
            let said = broken_promise(|| VIEWER_CONTRACT.check_all(&broken));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
