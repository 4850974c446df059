//! Source profile: what an archiver saw of the regular files of a source, in a few numbers.

use crate::model::archive::sample::looks_incompressible;

/// What an archiver saw of the regular files that it packed. Two profiles of one source show what happened to it.
///
/// A further hard link of a file that was packed already counts as no file.
///
/// ```
/// use backup_core::model::archive::{FileChange, SourceProfile};
///
/// let mut profile = SourceProfile::begin(true);
/// profile.add(11, FileChange::None, b"Dear reader");
/// profile.add(9, FileChange::Contents, b"Dear all,");
/// assert_eq!((profile.files, profile.file_bytes, profile.changed_files), (2, 20, Some(1)));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceProfile {
    /// The files.
    pub files: u64,
    /// The sum of their sizes in bytes, with the holes of sparse files.
    pub file_bytes: u64,
    /// The files whose contents changed since the moment that the archiver was asked about. `None` if there was none.
    pub changed_files: Option<u64>,
    /// The files that were large enough to tell whether their contents look compressible.
    pub sampled_files: u64,
    /// Those of them that look incompressible and aren't of a known compressed format: as if they were encrypted.
    pub incompressible_files: u64,
}

/// What has happened to a file since some moment, as far as its times tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// Nothing.
    None,
    /// Its change time is newer, but its modification time isn't. Mostly only its owner, mode or name changed. A program that
    /// encrypts and sets the modification time back leaves the same trace.
    Metadata,
    /// Its modification time is newer.
    Contents,
}

impl SourceProfile {
    /// Returns a profile without files. `counts_changes` says whether the archiver was asked about a moment.
    #[must_use]
    pub fn begin(counts_changes: bool) -> Self {
        Self { changed_files: counts_changes.then_some(0), ..Self::default() }
    }

    /// Adds a file. `start` is the beginning of its contents; more than 4 KiB of it make no difference.
    ///
    /// A file of which only the metadata changed counts as changed if its contents look incompressible.
    pub fn add(&mut self, file_bytes: u64, change: FileChange, start: &[u8]) {
        self.add_sampled(file_bytes, change, looks_incompressible(start));
    }

    /// As [`add`](Self::add), with what [`looks_incompressible`] tells of the contents.
    pub fn add_sampled(&mut self, file_bytes: u64, change: FileChange, sample: Option<bool>) {
        let is_incompressible = sample == Some(true);
        self.files += 1;
        self.file_bytes = self.file_bytes.saturating_add(file_bytes);
        self.sampled_files += u64::from(sample.is_some());
        self.incompressible_files += u64::from(is_incompressible);
        let is_changed = match change {
            FileChange::None => false,
            FileChange::Metadata => is_incompressible,
            FileChange::Contents => true,
        };
        if let Some(changed_files) = &mut self.changed_files {
            *changed_files += u64::from(is_changed);
        }
    }

    /// Returns the files that were large enough and don't look incompressible.
    #[must_use]
    pub fn compressible_files(&self) -> u64 {
        self.sampled_files.saturating_sub(self.incompressible_files)
    }

    /// Returns how many of the files that were there `before` have changed, if that was counted.
    ///
    /// Files that are new don't count: only what is missing among the unchanged ones does.
    #[must_use]
    pub fn changed_of(&self, before: u64) -> Option<u64> {
        let changed = self.changed_files?;
        let unchanged = self.files.saturating_sub(changed);
        Some(before.saturating_sub(unchanged).min(changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that look like chance.
    fn noise() -> Vec<u8> {
        let scrambled = |at: u64| at.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        (0..2_000).map(|at| scrambled(scrambled(scrambled(at))).to_be_bytes()[0]).collect()
    }

    fn profile(files: &[(FileChange, &[u8])]) -> SourceProfile {
        let mut profile = SourceProfile::begin(true);
        files.iter().for_each(|(change, start)| profile.add(start.len() as u64, *change, start));
        profile
    }

    #[test]
    fn metadata_alone_is_a_change_only_of_what_looks_encrypted() {
        let (text, noise) = (b"All work and no play. ".repeat(90), noise());
        for (change, start, expected) in [
            (FileChange::None, &text, 0),
            (FileChange::None, &noise, 0),
            (FileChange::Metadata, &text, 0),
            (FileChange::Metadata, &noise, 1),
            (FileChange::Contents, &text, 1),
            (FileChange::Contents, &noise, 1),
        ] {
            assert_eq!(profile(&[(change, start)]).changed_files, Some(expected), "{change:?}");
        }
        let mut unasked = SourceProfile::begin(false);
        unasked.add(1, FileChange::Contents, b"x");
        assert_eq!(unasked.changed_files, None);
    }

    #[test]
    fn files_are_counted_with_their_sizes_and_samples() {
        let (text, noise) = (b"All work and no play. ".repeat(90), noise());
        let all = [text.as_slice(), &noise, b"small"].map(|start| (FileChange::None, start));
        let seen = profile(&all);
        assert_eq!((seen.files, seen.file_bytes), (3, 1_980 + 2_000 + 5));
        assert_eq!((seen.sampled_files, seen.incompressible_files, seen.compressible_files()), (2, 1, 1));
    }

    #[test]
    fn new_files_are_no_changed_ones() {
        for (before, files, changed, expected) in [
            (100, 100, 0, 0),
            (100, 100, 60, 60),
            (100, 100, 100, 100),
            // An import of many files beside those that stay.
            (100, 700, 600, 0),
            (100, 700, 650, 50),
            // Most are gone, and the rest is as it was.
            (100, 10, 0, 0),
            (100, 10, 10, 10),
            (0, 10, 10, 0),
        ] {
            let seen = SourceProfile { files, changed_files: Some(changed), ..SourceProfile::default() };
            assert_eq!(seen.changed_of(before), Some(expected), "{before} {files} {changed}");
        }
        assert_eq!(SourceProfile::default().changed_of(7), None);
    }
}
