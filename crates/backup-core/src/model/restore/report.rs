//! Restore report: what a restore did, and what it would do.

use std::path::PathBuf;

use crate::model::archive::ArchiveDigest;
use crate::model::restore::LostEntry;
use crate::model::restore::finding::{
    MAX_FINDINGS, Refusal, RestoreFinding, RestoreFindingKind, keep_finding,
};

/// What a restore did.
///
/// A restorer begins with `RestoreReport::default()` and calls [`add`](Self::add) for each finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreReport {
    /// The entries that were created.
    pub entries: u64,
    /// The bytes of file contents that were written.
    pub content_bytes: u64,
    /// The entries that existed already and are the same as in the archive.
    pub present_entries: u64,
    /// The entries that existed already, differ from the archive, and were kept. Each is a finding too.
    pub left_entries: u64,
    /// The existing files that were removed because the archive has a folder of the same name.
    ///
    /// These are the first [`RestoreReport::MAX_FINDINGS`].
    pub removed_files: Vec<PathBuf>,
    /// The number of all files that were removed for a folder.
    pub removed_file_count: u64,
    /// The entries whose setuid or setgid bit, or whose attributes with rights, were not restored.
    pub deprivileged_entries: u64,
    /// The first findings, at most [`RestoreReport::MAX_FINDINGS`].
    pub findings: Vec<RestoreFinding>,
    /// The number of all findings.
    pub finding_count: u64,
    /// The requested lines that matched nothing, safe to print.
    pub unmatched: Vec<String>,
    /// The entries that were damaged in the archive and were taken from elsewhere.
    ///
    /// These are the first [`RestoreReport::MAX_FINDINGS`].
    pub healed: Vec<LostEntry>,
    /// The number of all entries that were taken from elsewhere.
    pub healed_entries: u64,
    /// The number of entries that are damaged in the archive and can be taken from elsewhere.
    pub healable_entries: u64,
    /// The number of entries whose contents are damaged, but may have been restored as they are in the archive.
    pub misread_entries: u64,
    /// The size and digest of the whole plain tar, if the request asked for them.
    pub archive: Option<ArchiveDigest>,
    /// The path of the target without symbolic links.
    pub real_target: Option<PathBuf>,
}

impl RestoreReport {
    /// The maximum number of findings that are kept. Further ones are only counted.
    pub const MAX_FINDINGS: usize = MAX_FINDINGS;

    /// Adds a finding and counts it.
    pub fn add(&mut self, path: PathBuf, kind: RestoreFindingKind) {
        self.finding_count += 1;
        keep_finding(&mut self.findings, RestoreFinding { path, kind });
    }

    /// Returns whether the archive couldn't be read to its end.
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        self.findings.iter().any(|finding| matches!(finding.kind, RestoreFindingKind::BrokenOff(_)))
    }

    /// Adds an entry that was taken from elsewhere, and counts it.
    pub fn add_healed(&mut self, entry: LostEntry) {
        self.healed_entries += 1;
        if self.healed.len() < Self::MAX_FINDINGS {
            self.healed.push(entry);
        }
    }

    /// Adds a file that was removed for a folder, and counts it.
    pub fn add_removed_file(&mut self, path: PathBuf) {
        self.removed_file_count += 1;
        if self.removed_files.len() < Self::MAX_FINDINGS {
            self.removed_files.push(path);
        }
    }

    /// Returns whether everything that was requested now exists.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finding_count == 0 && self.unmatched.is_empty()
    }
}

/// What a restore would do, without doing it.
///
/// Each list has at most [`RestorePreview::MAX_NAMES`] paths below the source, and a count of all. A restorer begins with
/// `RestorePreview::default()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestorePreview {
    /// The entries that would be created.
    pub new: Vec<PathBuf>,
    /// The number of all entries that would be created.
    pub new_entries: u64,
    /// The existing entries that differ from the archive.
    pub changed: Vec<PathBuf>,
    /// The number of all existing entries that differ from the archive.
    pub changed_entries: u64,
    /// The existing entries that aren't in the archive. They would be kept.
    ///
    /// The path of a folder ends with `/`. The contents of such a folder are neither listed nor counted.
    pub extra: Vec<PathBuf>,
    /// The number of all existing entries that aren't in the archive.
    pub extra_entries: u64,
    /// The existing entries that aren't in the archive because the schedule leaves them out. They would be kept.
    pub left_out_entries: u64,
    /// The existing files that would be removed because the archive has a folder of the same name.
    pub removed_files: Vec<PathBuf>,
    /// The number of all files that would be removed for a folder.
    pub removed_file_count: u64,
    /// The existing entries that are the same as in the archive. Folders count whatever their properties are.
    pub same_entries: u64,
    /// The folders among these whose mode, owner, time or attributes would be set.
    ///
    /// This happens if entries that differ are replaced, and if an interrupted restore left the folder unfinished.
    pub unlike_folders: u64,
    /// The entries that would be refused.
    ///
    /// These are at most [`RestoreReport::MAX_FINDINGS`] that would be refused because a folder exists at their path, and as
    /// many others.
    pub refused: Vec<RestoreFinding>,
    /// The number of all entries that would be refused.
    pub refused_entries: u64,
    /// The number of those among them that would be refused because a folder exists at their path.
    pub now_folder_entries: u64,
    /// The requested lines that match nothing, safe to print.
    pub unmatched: Vec<String>,
    /// The path of the target without symbolic links.
    pub real_target: Option<PathBuf>,
}

impl RestorePreview {
    /// The maximum number of paths in each list. Further ones are only counted.
    pub const MAX_NAMES: usize = 10_000;

    /// Returns whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.new_entries == 0 && self.changed_entries == 0 && self.unlike_folders == 0
    }

    /// Returns whether the archive couldn't be read to its end.
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        self.refused.iter().any(|finding| matches!(finding.kind, RestoreFindingKind::BrokenOff(_)))
    }

    /// Adds an entry that would be refused, and counts it. A finding about the whole archive comes before the others.
    pub fn refuse(&mut self, finding: RestoreFinding) {
        let is_now_folder = is_now_folder(&finding);
        self.refused_entries += 1;
        self.now_folder_entries += u64::from(is_now_folder);
        let others = self.refused_entries - self.now_folder_entries;
        let same_reason = if is_now_folder { self.now_folder_entries } else { others };
        if finding.kind.is_of_the_archive() {
            self.refused.insert(0, finding);
        } else if same_reason <= RestoreReport::MAX_FINDINGS as u64 {
            self.refused.push(finding);
        }
    }

    /// Returns the paths below the source that would be refused because a folder exists there.
    #[must_use]
    pub fn now_folders(&self) -> Vec<PathBuf> {
        self.refused.iter().filter(|finding| is_now_folder(finding)).map(below_the_source).collect()
    }

    /// Returns the other entries that would be refused.
    pub fn otherwise_refused(&self) -> impl Iterator<Item = &RestoreFinding> {
        self.refused.iter().filter(|finding| !is_now_folder(finding))
    }
}

fn is_now_folder(finding: &RestoreFinding) -> bool {
    finding.kind == RestoreFindingKind::Refused(Refusal::FolderInPlace)
}

/// Returns the path of an entry below the source.
///
/// In the archive, every path begins with the name of the source. The path of the source itself stays as it is.
fn below_the_source(finding: &RestoreFinding) -> PathBuf {
    let mut names = finding.path.components();
    names.next();
    let below = names.as_path();
    if below.as_os_str().is_empty() { finding.path.clone() } else { below.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_bounded_but_counted() {
        let mut report = RestoreReport::default();
        assert!(report.is_complete());
        for _ in 0..RestoreReport::MAX_FINDINGS + 5 {
            report.add(PathBuf::from("a"), RestoreFindingKind::Refused(Refusal::Absolute));
        }
        assert_eq!((report.findings.len(), report.finding_count), (1_000, 1_005));
        assert!(!report.is_complete());
        report.add(PathBuf::new(), RestoreFindingKind::NotAsMade("x".to_owned()));
        assert!(report.findings[0].kind.is_of_the_archive(), "nobody reads a thousand lines to find it");
        assert_eq!((report.findings.len(), report.finding_count), (1_000, 1_006));
    }

    #[test]
    fn missing_entries_are_not_hidden_by_entries_without_a_mode() {
        let mut report = RestoreReport::default();
        for _ in 0..RestoreReport::MAX_FINDINGS + 5 {
            report.add(PathBuf::from("a"), RestoreFindingKind::Bare("mode", "no".to_owned()));
        }
        report.add(PathBuf::from("b"), RestoreFindingKind::Failed("no".to_owned()));
        report.add(PathBuf::from("c"), RestoreFindingKind::Left);
        report.add(PathBuf::from("d"), RestoreFindingKind::Copied("no".to_owned()));
        let last: Vec<_> = report.findings[997..].iter().map(|finding| finding.path.clone()).collect();
        assert_eq!(last, [PathBuf::from("a"), PathBuf::from("b"), PathBuf::from("c")]);
        assert_eq!((report.findings.len(), report.finding_count), (1_000, 1_008));
    }

    #[test]
    fn entries_refused_for_a_folder_are_counted_apart() {
        let finding = |path: &str, refusal| RestoreFinding {
            path: PathBuf::from(path),
            kind: RestoreFindingKind::Refused(refusal),
        };
        let refused = [
            finding("docs/letters/may", Refusal::FolderInPlace),
            finding("docs/null", Refusal::Device),
            finding("notes.txt", Refusal::FolderInPlace),
        ];
        let mut preview = RestorePreview::default();
        refused.iter().for_each(|finding| preview.refuse(finding.clone()));
        assert_eq!(preview.now_folders(), [PathBuf::from("letters/may"), PathBuf::from("notes.txt")]);
        assert_eq!(preview.otherwise_refused().collect::<Vec<_>>(), [&refused[1]]);
        assert_eq!((preview.refused_entries, preview.now_folder_entries), (3, 2));
    }

    #[test]
    fn refusals_are_bounded_but_counted() {
        let mut preview = RestorePreview::default();
        for refusal in [Refusal::FolderInPlace, Refusal::Device] {
            for _ in 0..RestoreReport::MAX_FINDINGS + 5 {
                let kind = RestoreFindingKind::Refused(refusal);
                preview.refuse(RestoreFinding { path: PathBuf::from("docs/a"), kind });
            }
        }
        assert_eq!((preview.refused.len(), preview.refused_entries), (2_000, 2_010));
        assert_eq!((preview.now_folders().len(), preview.now_folder_entries), (1_000, 1_005));
        let kind = RestoreFindingKind::BrokenOff("x".to_owned());
        preview.refuse(RestoreFinding { path: PathBuf::new(), kind });
        assert!(preview.refused[0].kind.is_of_the_archive());
    }

    #[test]
    fn a_line_that_matches_nothing_makes_a_restore_incomplete() {
        let report = RestoreReport { unmatched: vec!["a".to_owned()], ..RestoreReport::default() };
        assert!(!report.is_complete());
    }
}
