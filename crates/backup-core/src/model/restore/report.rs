//! What came of a restore.

use std::path::PathBuf;

use crate::model::archive::Seal;
use crate::model::restore::finding::{
    MAX_FINDINGS, Refusal, RestoreFinding, RestoreFindingKind, keep_finding,
};

/// What a restore did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestoreReport {
    /// Entries that were made.
    pub entries: u64,
    /// Bytes of file contents that were written.
    pub content_bytes: u64,
    /// Entries that stood there already as they should be.
    pub present_entries: u64,
    /// Entries that stood there differently and were left as they are. Each is a finding, too.
    pub left_entries: u64,
    /// The first of what stood there and was removed, for a folder has that name in the archive: at most
    /// [`RestoreReport::MAX_FINDINGS`].
    pub gave_way: Vec<PathBuf>,
    /// How many.
    pub gave_way_entries: u64,
    /// Entries of which setuid, setgid or the like was left out.
    pub tamed_entries: u64,
    /// The first findings, at most [`RestoreReport::MAX_FINDINGS`].
    pub findings: Vec<RestoreFinding>,
    /// All findings.
    pub finding_count: u64,
    /// The lines that matched nothing, safe to print.
    pub unmatched: Vec<String>,
    /// What the plain tar was, all of it, where that was to be digested.
    pub archive: Option<Seal>,
    /// The target's path without symbolic links.
    pub real_target: Option<PathBuf>,
}

impl RestoreReport {
    /// The most findings that are kept. The count goes on.
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

    /// Adds what was removed for a folder, and counts it.
    pub fn add_gave_way(&mut self, path: PathBuf) {
        self.gave_way_entries += 1;
        if self.gave_way.len() < Self::MAX_FINDINGS {
            self.gave_way.push(path);
        }
    }

    /// Returns whether everything that was asked for stands.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finding_count == 0 && self.unmatched.is_empty()
    }
}

/// What a restore would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestorePreview {
    /// The first entries that would be new, at most [`RestorePreview::MAX_NAMES`], below the source.
    pub new: Vec<PathBuf>,
    /// How many.
    pub new_entries: u64,
    /// The first of those that stand there differently, likewise.
    pub changed: Vec<PathBuf>,
    /// How many.
    pub changed_entries: u64,
    /// The first of those that stand there and aren't in the archive, likewise, folders with a `/` behind them. They
    /// stay. Of a folder, what is in it is neither counted nor named.
    pub extra: Vec<PathBuf>,
    /// How many.
    pub extra_entries: u64,
    /// Those that aren't in the archive and that the next backup leaves out too. They stay.
    pub left_out_entries: u64,
    /// The first of what would be removed for a folder of that name, likewise.
    pub gives_way: Vec<PathBuf>,
    /// How many.
    pub gives_way_entries: u64,
    /// Entries that stand there as they are in the archive, folders among them whatever is set on these.
    pub same_entries: u64,
    /// Folders among these whose mode, owner, time or attributes would be set: where what differs is replaced, and where a
    /// restore that was ended has left them unfinished.
    pub unlike_folders: u64,
    /// The first of the entries that would be refused, at most [`RestoreReport::MAX_FINDINGS`] of those in whose place a
    /// folder stands, and as many others.
    pub refused: Vec<RestoreFinding>,
    /// How many would be refused.
    pub refused_entries: u64,
    /// How many of these because a folder stands in their place.
    pub now_folder_entries: u64,
    /// The lines that match nothing, safe to print.
    pub unmatched: Vec<String>,
    /// The target's path without symbolic links.
    pub real_target: Option<PathBuf>,
}

impl RestorePreview {
    /// How many of each are named.
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
        let before = if is_now_folder { self.now_folder_entries } else { others };
        if finding.kind.is_of_the_archive() {
            self.refused.insert(0, finding);
        } else if before <= RestoreReport::MAX_FINDINGS as u64 {
            self.refused.push(finding);
        }
    }

    /// Returns the first of the entries, below the source, in whose place a folder stands, which a restore refuses.
    #[must_use]
    pub fn now_folders(&self) -> Vec<PathBuf> {
        self.refused.iter().filter(|finding| is_now_folder(finding)).map(below_the_source).collect()
    }

    /// Returns the first of what else would be refused.
    pub fn otherwise_refused(&self) -> impl Iterator<Item = &RestoreFinding> {
        self.refused.iter().filter(|finding| !is_now_folder(finding))
    }
}

fn is_now_folder(finding: &RestoreFinding) -> bool {
    finding.kind == RestoreFindingKind::Refused(Refusal::FolderInPlace)
}

/// The archive names an entry with the source in front, unless it is the source.
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
    fn what_is_missing_is_not_hidden_by_what_only_lacks_its_mode() {
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
    fn what_is_a_folder_now_is_told_from_what_else_is_refused() {
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
    fn what_would_be_refused_is_bounded_but_counted() {
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
    fn what_matches_nothing_is_missing() {
        let report = RestoreReport { unmatched: vec!["a".to_owned()], ..RestoreReport::default() };
        assert!(!report.is_complete());
    }
}
