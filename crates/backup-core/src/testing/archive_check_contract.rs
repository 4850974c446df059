//! The promises of [`Archiver::check`], checked on any adapter.

use std::any::Any;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::contract::contract;
use crate::model::archive::CheckReport;
use crate::model::error::{Failure, PortError};
use crate::ports::{Archiver, EndCheck, PackRequest, Progress, SilentProgress};

/// An archiver with a source to make an archive of.
pub struct CheckPlace {
    /// The archiver.
    pub archiver: Box<dyn Archiver>,
    /// An existing folder with the files that were asked for, flat and nothing else; an absolute path.
    pub source: PathBuf,
    /// What must live as long as the place does, for example a temporary folder.
    pub kept: Box<dyn Any>,
}

/// The names of the files that a source should have, and how many bytes each.
pub type Sizes = [(&'static str, usize)];

contract! {
    $
    /// Makes one test of each promise of [`Archiver::check`](crate::ports::Archiver::check), in a module of that name.
    ///
    /// Each call of `make` gives an archiver and a source with files of these sizes.
    ///
    /// ```
    /// use std::path::PathBuf;
    ///
    /// use backup_core::testing::{CheckPlace, MemoryArchiver, MemorySource, Sizes};
    ///
    /// fn make(sizes: &Sizes) -> CheckPlace {
    ///     let add = |source: MemorySource, (name, size): &(&'static str, usize)| source.file(*name, vec![b'\n'; *size]);
    ///     let source = sizes.iter().fold(MemorySource::folder(), add);
    ///     CheckPlace {
    ///         archiver: Box::new(MemoryArchiver::new().with("/docs", source)), // or an archiver of your own
    ///         source: PathBuf::from("/docs"),
    ///         kept: Box::new(()), // or the temporary folder
    ///     }
    /// }
    ///
    /// backup_core::archive_check_contract!(my_archiver, make);
    /// # backup_core::testing::ARCHIVE_CHECK_CONTRACT.check_all(&make);
    /// ```
    archive_check_contract, ARCHIVE_CHECK_CONTRACT: dyn Fn(&Sizes) -> CheckPlace;
    |make| {
        an_empty_archive_is_whole(&make(&[]));
        what_was_packed_is_whole(&make(&LARGE), content_bytes(&LARGE));
        a_cancelled_check_is_interrupted(&make(&LARGE));
        every_cut_is_found(&make(&SMALL));
        nothing_may_follow(&make(&SMALL));
        a_failing_archive_fails_the_check(&make(&SMALL));
        short_reads_change_nothing(&make(&SMALL));
    }
}

const LARGE: [(&str, usize); 2] = [("large", LARGE_BYTES), ("small", 1)];

const SMALL: [(&str, usize); 3] = [("a", 0), ("b", 3), ("c", 600)];

fn content_bytes(sizes: &Sizes) -> usize {
    sizes.iter().map(|(_, size)| size).sum()
}

fn an_empty_archive_is_whole(place: &CheckPlace) {
    what_was_packed_is_whole(place, 0);
}

const LARGE_BYTES: usize = 5 << 20;

fn what_was_packed_is_whole(place: &CheckPlace, content_bytes: usize) {
    let mut archive = Vec::new();
    let packed = place.archiver.pack(&PackRequest::all_of(&place.source), &mut archive, &SilentProgress);
    let packed = packed.expect("a source that is there can be packed");
    let watch = Watch::default();
    let report = place.archiver.check(&mut &archive[..], EndCheck::Exact, &watch);
    let report = report.expect("broken promise: an archive that was just packed is whole");
    let expected = CheckReport {
        entries: packed.entries,
        content_bytes: packed.content_bytes,
        ..CheckReport::default()
    };
    assert_eq!(report, expected, "broken promise: check counts what pack counted");
    let any = place.archiver.check(&mut &archive[..], EndCheck::Tolerant, &SilentProgress).ok();
    assert_eq!(any, Some(expected), "broken promise: it is whole too where any end will do");
    let heard_bytes = watch.heard_bytes.load(Ordering::SeqCst);
    assert_eq!(heard_bytes, content_bytes as u64, "broken promise: progress hears of every byte, once");
    let looks = watch.looks.load(Ordering::SeqCst);
    assert!(looks >= report.entries.saturating_sub(1), "broken promise: it looks once an entry");
}

fn a_cancelled_check_is_interrupted(place: &CheckPlace) {
    let archive = packed(place);
    for cancels_after in [0, 1, 2 << 20] {
        let watch = Watch { cancels_after: Some(cancels_after), ..Watch::default() };
        let failure = failure_of(place.archiver.check(&mut &archive[..], EndCheck::Exact, &watch));
        assert_eq!(failure, Some(Failure::Interrupted), "broken promise: a cancelled check is Interrupted");
        let heard_bytes = watch.heard_bytes.load(Ordering::SeqCst);
        assert!(heard_bytes < cancels_after + (2 << 20), "broken promise: it ends within about a MiB");
    }
}

fn every_cut_is_found(place: &CheckPlace) {
    let archive = packed(place);
    for length in 0..archive.len() {
        let failure =
            failure_of(place.archiver.check(&mut &archive[..length], EndCheck::Exact, &SilentProgress));
        assert_eq!(failure, Some(Failure::Damaged), "broken promise: a cut after {length} bytes is found");
    }
}

fn nothing_may_follow(place: &CheckPlace) {
    let archive = [packed(place), b"x".to_vec()].concat();
    let failure = failure_of(place.archiver.check(&mut &archive[..], EndCheck::Exact, &SilentProgress));
    assert_eq!(failure, Some(Failure::Damaged), "broken promise: bytes after the end are found");
}

fn a_failing_archive_fails_the_check(place: &CheckPlace) {
    let archive = packed(place);
    for length in [0, 1, archive.len() / 2, archive.len() - 1] {
        let mut failing = archive[..length].chain(Failing);
        let failure = failure_of(place.archiver.check(&mut failing, EndCheck::Exact, &SilentProgress));
        assert_eq!(failure, Some(Failure::Denied), "broken promise: a check fails as the archive does");
    }
}

fn short_reads_change_nothing(place: &CheckPlace) {
    let archive = packed(place);
    let whole = place.archiver.check(&mut &archive[..], EndCheck::Exact, &SilentProgress).ok();
    let mut hesitant = Hesitant { archive: &archive, reads: 0 };
    let report = place.archiver.check(&mut hesitant, EndCheck::Exact, &SilentProgress).ok();
    assert_eq!(report, whole, "broken promise: short reads and interruptions are carried on");
}

fn packed(place: &CheckPlace) -> Vec<u8> {
    let mut archive = Vec::new();
    let request = PackRequest::all_of(&place.source);
    place
        .archiver
        .pack(&request, &mut archive, &SilentProgress)
        .expect("a source that is there can be packed");
    archive
}

fn failure_of(result: Result<CheckReport, PortError>) -> Option<Failure> {
    result.err().map(|error| error.failure)
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

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Gives a few bytes at a time, and is interrupted every third time, as a pipe may.
struct Hesitant<'a> {
    archive: &'a [u8],
    reads: usize,
}

impl Read for Hesitant<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        if self.reads.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let part_bytes = buffer.len().min(7);
        self.archive.read(&mut buffer[..part_bytes])
    }
}

#[cfg(test)]
mod tests {
    use crate::ports::PackTarget;

    use super::*;
    use crate::model::archive::PackReport;
    use crate::testing::promise::broken_promise;
    use crate::testing::{MemoryArchiver, MemorySource};

    fn memory(sizes: &Sizes) -> (MemoryArchiver, PathBuf) {
        let source = sizes
            .iter()
            .fold(MemorySource::folder(), |source, (name, size)| source.file(name, vec![b'\n'; *size]));
        let path = PathBuf::from("/home/docs");
        (MemoryArchiver::new().with(&path, source), path)
    }

    fn make(sizes: &Sizes) -> CheckPlace {
        let (archiver, source) = memory(sizes);
        CheckPlace { archiver: Box::new(archiver), source, kept: Box::new(()) }
    }

    archive_check_contract!(memory_archiver, make);

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        FindsDamageEverywhere,
        Miscounts,
        Silent,
        Deaf,
        MissesCuts,
        MissesMore,
        HidesFailures,
    }

    struct Broken(MemoryArchiver, Flaw);

    impl Archiver for Broken {
        fn pack(
            &self,
            request: &PackRequest<'_>,
            out: &mut dyn PackTarget,
            progress: &dyn Progress,
        ) -> Result<PackReport, PortError> {
            self.0.pack(request, out, progress)
        }

        fn can_check(&self) -> bool {
            true
        }

        fn check(
            &self,
            archive: &mut dyn Read,
            end_check: EndCheck,
            progress: &dyn Progress,
        ) -> Result<CheckReport, PortError> {
            let damaged = || Err(PortError::new(Failure::Damaged, "check"));
            match self.1 {
                Flaw::FindsDamageEverywhere => damaged(),
                Flaw::Miscounts => self.0.check(archive, end_check, progress).map(|_| CheckReport::default()),
                Flaw::Silent | Flaw::Deaf => {
                    let muffled = Muffled(progress, self.1);
                    self.0.check(archive, end_check, &muffled)
                }
                Flaw::MissesCuts => match self.0.check(archive, end_check, progress) {
                    Err(error) if error.failure == Failure::Damaged => Ok(CheckReport::default()),
                    result => result,
                },
                Flaw::MissesMore => {
                    let mut bytes = Vec::new();
                    archive.read_to_end(&mut bytes).map_err(|_| PortError::new(Failure::Denied, "check"))?;
                    if bytes.last() == Some(&b'x') {
                        bytes.pop();
                    }
                    self.0.check(&mut &bytes[..], end_check, progress)
                }
                Flaw::HidesFailures => {
                    let result = self.0.check(archive, end_check, progress);
                    result.or_else(
                        |error| if error.failure == Failure::Denied { damaged() } else { Err(error) },
                    )
                }
            }
        }
    }

    struct Muffled<'a>(&'a dyn Progress, Flaw);

    impl Progress for Muffled<'_> {
        fn advanced(&self, path: &Path, content_bytes: u64) {
            if self.1 != Flaw::Silent {
                self.0.advanced(path, content_bytes);
            }
        }

        fn is_cancelled(&self) -> bool {
            self.0.is_cancelled() && self.1 != Flaw::Deaf
        }
    }

    fn check(flaw: Flaw, expected: &str) {
        let broken = move |sizes: &Sizes| {
            let (archiver, source) = memory(sizes);
            CheckPlace { archiver: Box::new(Broken(archiver, flaw)), source, kept: Box::new(()) }
        };
        let said = broken_promise(|| ARCHIVE_CHECK_CONTRACT.check_all(&broken));
        assert!(said.contains(expected), "{flaw:?}: {said}");
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        check(Flaw::FindsDamageEverywhere, "an archive that was just packed is whole");
        check(Flaw::Miscounts, "check counts what pack counted");
        check(Flaw::Silent, "progress hears of every byte");
        check(Flaw::Deaf, "a cancelled check is Interrupted");
        check(Flaw::MissesCuts, "a cut after 0 bytes is found");
        check(Flaw::MissesMore, "bytes after the end are found");
        check(Flaw::HidesFailures, "a check fails as the archive does");
    }
}
