//! The promises of [`Viewer`], checked on any adapter.

use std::io::Cursor;
use std::path::Path;

use super::Files;
use super::promise::{promise, works};
use crate::error::{Failure, PortError};
use crate::ports::{Progress, SilentProgress, Viewer};
use crate::view::EntryKind;

/// A viewer, and an archive to look into.
pub struct ViewPlace {
    /// The viewer.
    pub viewer: Box<dyn Viewer>,
    /// An archive of a folder with the files that were asked for, in their order and nothing else.
    pub archive: Vec<u8>,
}

/// Checks the promises of [`Viewer`]. `make` gives an archive of these files, which are in byte order of their names.
///
/// # Panics
/// When a promise is broken, naming it.
pub fn viewer_contract(make: &dyn Fn(&Files) -> ViewPlace) {
    let place = make(&[("a", b"of a".to_vec()), ("b", vec![7; LARGE_BYTES]), ("c", Vec::new())]);
    every_file_is_shown(&place);
    only_what_is_chosen_is_shown(&place);
    it_ends_when_enough_is_seen(&place);
    contents_are_those_of_the_file(&place);
    what_is_not_there_is_missing(&place);
    a_cut_archive_is_damaged(&place);
    it_can_be_cancelled(&place);
}

const LARGE_BYTES: usize = 1_500_000;

fn every_file_is_shown(place: &ViewPlace) {
    let seen = works(list(place, &[]), "an archive can be looked into");
    let sizes = [("a", 4), ("b", LARGE_BYTES as u64), ("c", 0)];
    let expected = sizes.map(|(name, size)| (name.to_owned(), size));
    promise(seen == expected, "every file is shown, in order, with its size");
}

fn only_what_is_chosen_is_shown(place: &ViewPlace) {
    let names = |lines: &[&str]| {
        let seen = works(list(place, lines), "an archive can be looked into for some of it");
        seen.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    promise(names(&["c", "a"]) == ["a", "c"], "what is chosen is shown, and nothing else");
    promise(names(&["nowhere"]).is_empty(), "where nothing matches, nothing is shown");
    let failure = list(place, &["["]).map_err(|error| error.failure);
    promise(failure == Err(Failure::Refused), "a line that makes no sense is Refused");
}

fn it_ends_when_enough_is_seen(place: &ViewPlace) {
    let mut seen = 0;
    let mut see = |_: &_| {
        seen += 1;
        false
    };
    let listed = place.viewer.list(&mut archive(place), &[], &mut see, &SilentProgress);
    works(listed, "it can be ended");
    promise(seen == 1, "nothing is shown to who wants no more");
}

fn contents_are_those_of_the_file(place: &ViewPlace) {
    let copy = |name: &str| works(copy(place, name), "a file's contents can be had");
    promise(copy("a") == b"of a", "a file's contents are what was packed");
    promise(copy("b") == [7; LARGE_BYTES] && copy("c").is_empty(), "a file's contents are what was packed");
}

fn what_is_not_there_is_missing(place: &ViewPlace) {
    for name in ["nowhere", "", "a/b"] {
        let failure = copy(place, name).map_err(|error| error.failure);
        let is_none = matches!(failure, Err(Failure::Missing | Failure::Other));
        promise(is_none, "what is no file there has no contents");
    }
    let failure = copy(place, "nowhere").map_err(|error| error.failure);
    promise(failure == Err(Failure::Missing), "what is not there is Missing");
}

fn a_cut_archive_is_damaged(place: &ViewPlace) {
    let mut seen = 0;
    for length in [place.archive.len() / 2, 100] {
        let mut see = |_: &_| {
            seen += 1;
            true
        };
        let mut cut = Cursor::new(place.archive[..length.min(place.archive.len() / 2)].to_vec());
        let listed = place.viewer.list(&mut cut, &[], &mut see, &SilentProgress);
        promise(failure_of(listed) == Some(Failure::Damaged), "an archive that breaks off is Damaged");
    }
    promise(seen > 0, "what comes before a cut is shown");
}

fn it_can_be_cancelled(place: &ViewPlace) {
    let listed = place.viewer.list(&mut archive(place), &[], &mut |_| true, &Cancelled);
    promise(failure_of(listed) == Some(Failure::Interrupted), "a cancelled look is Interrupted");
    let copied = place.viewer.copy(&mut archive(place), b"b", &mut Vec::new(), &Cancelled);
    promise(failure_of(copied) == Some(Failure::Interrupted), "a cancelled copy is Interrupted");
}

fn archive(place: &ViewPlace) -> Cursor<Vec<u8>> {
    Cursor::new(place.archive.clone())
}

/// Returns the files that are shown, and their sizes.
fn list(place: &ViewPlace, lines: &[&str]) -> Result<Vec<(String, u64)>, PortError> {
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let mut seen = Vec::new();
    let mut see = |entry: &crate::view::ArchivedEntry| {
        if entry.kind == EntryKind::File {
            seen.push((entry.name(), entry.size_bytes));
        }
        true
    };
    place.viewer.list(&mut archive(place), &lines, &mut see, &SilentProgress)?;
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

/// Wants an end at once.
struct Cancelled;

impl Progress for Cancelled {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::ports::{ArchiveBytes, See};
    use crate::testing::promise::broken_promise;
    use crate::testing::{MemorySource, MemoryViewer};

    fn place(files: &Files, viewer: Box<dyn Viewer>) -> ViewPlace {
        let source = files
            .iter()
            .fold(MemorySource::folder(), |source, (name, contents)| source.file(*name, contents.clone()));
        ViewPlace { viewer, archive: source.archive() }
    }

    #[test]
    fn memory_viewer_keeps_the_contract() {
        viewer_contract(&|files| place(files, Box::new(MemoryViewer::default())));
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        ShowsNoSize,
        ShowsUnchosen,
        ShowsOnAndOn,
        AcceptsAnyLine,
        CopiesHalf,
        CopiesNothingOfNothing,
        HidesDamage,
        Deaf,
    }

    struct Broken(MemoryViewer, Flaw);

    impl Viewer for Broken {
        fn list(
            &self,
            archive: &mut dyn ArchiveBytes,
            chosen: &[String],
            see: See<'_>,
            progress: &dyn Progress,
        ) -> Result<(), PortError> {
            let flaw = self.1;
            let chosen = match flaw {
                Flaw::ShowsUnchosen => &[],
                Flaw::AcceptsAnyLine if chosen == ["["] => &[],
                _ => chosen,
            };
            let mut see = |entry: &crate::view::ArchivedEntry| {
                let size_bytes = if flaw == Flaw::ShowsNoSize { 0 } else { entry.size_bytes };
                see(&crate::view::ArchivedEntry { size_bytes, ..entry.clone() }) || flaw == Flaw::ShowsOnAndOn
            };
            let progress = if flaw == Flaw::Deaf { &SilentProgress } else { progress };
            match self.0.list(archive, chosen, &mut see, progress) {
                Err(error) if error.failure == Failure::Damaged && flaw == Flaw::HidesDamage => Ok(()),
                listed => listed,
            }
        }

        fn copy(
            &self,
            archive: &mut dyn ArchiveBytes,
            path: &[u8],
            out: &mut dyn Write,
            progress: &dyn Progress,
        ) -> Result<(), PortError> {
            let mut copied = Vec::new();
            match self.0.copy(archive, path, &mut copied, progress) {
                Err(_) if self.1 == Flaw::CopiesNothingOfNothing => return Ok(()),
                result => result?,
            }
            let kept = if self.1 == Flaw::CopiesHalf { copied.len() / 2 } else { copied.len() };
            out.write_all(&copied[..kept]).map_err(|_| PortError::new(Failure::Other, "copy it"))
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
            (Flaw::HidesDamage, "an archive that breaks off is Damaged"),
            (Flaw::Deaf, "a cancelled look is Interrupted"),
        ];
        for (flaw, expected) in cases {
            let said = broken_promise(|| {
                viewer_contract(&|files| place(files, Box::new(Broken(MemoryViewer::default(), flaw))));
            });
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
