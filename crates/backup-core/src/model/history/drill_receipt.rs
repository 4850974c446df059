//! Drill receipt: the dated result of a drill, as the history records it.

use std::fmt;

use crate::model::history::drill_report::DrillReport;
use crate::model::history::run_record::RunKey;
use crate::text::{entry_count, grouped, printable, size};
use crate::time::Moment;

/// The result of a drill that was carried out to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillReceipt {
    /// The entry, and the planned moment of the run before the drill. A drill by hand has no planned moment.
    pub key: RunKey,
    /// The archive's file name.
    pub archive: String,
    /// The run that made the archive, and when that began. Without it, the name, the moments and the digest tell.
    pub made_by: Option<(RunKey, Moment)>,
    /// The SHA-256 of the archive that was restored.
    pub sha256: [u8; 32],
    /// Whether the history knew a SHA-256 to compare with this one.
    pub is_summed: bool,
    /// When the drill began.
    pub began: Moment,
    /// When the drill ended.
    pub ended: Moment,
    /// The entries that were compared.
    pub entries: u64,
    /// The bytes of file contents that were compared.
    pub content_bytes: u64,
    /// The entries with some property that was not compared, because it can't be restored where the drill took place.
    pub uncompared_entries: u64,
    /// How the drill ended.
    pub outcome: DrillOutcome,
}

/// The first reported difference if the bytes of the archive have changed since it was made.
///
/// The history contains this text, so it must not change.
const OTHER_DIGEST: &str = "the archive is not what was made: its SHA-256 is another";

/// How a drill ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrillOutcome {
    /// Everything was restored as it is in the archive.
    Passed,
    /// Something was not restored as it is in the archive.
    Failed {
        /// The number of all differences.
        differences: u64,
        /// The first differences, as sentences.
        reported: Vec<String>,
    },
}

impl DrillReceipt {
    /// Returns the receipt for a report.
    ///
    /// `sums` has the SHA-256 of each run that may have made the archive, as far as they are known. The drill fails if
    /// there are any and the archive has none of them.
    #[must_use]
    pub fn new(
        key: RunKey,
        archive: String,
        report: &DrillReport,
        sums: &[[u8; 32]],
        (began, ended): (Moment, Moment),
    ) -> Self {
        let is_summed = !sums.is_empty();
        let has_other_digest = is_summed && !sums.contains(&report.digest.sha256);
        let changed = has_other_digest.then(|| OTHER_DIGEST.to_owned());
        let reported: Vec<_> =
            changed.into_iter().chain(report.differences.iter().map(ToString::to_string)).collect();
        let differences = report.difference_count + u64::from(has_other_digest);
        Self {
            key,
            archive,
            made_by: None,
            sha256: report.digest.sha256,
            is_summed,
            began,
            ended,
            entries: report.entries,
            content_bytes: report.content_bytes,
            uncompared_entries: report.uncompared_entries,
            outcome: match differences {
                0 => DrillOutcome::Passed,
                _ => DrillOutcome::Failed { differences, reported },
            },
        }
    }

    /// Returns whether everything was restored as it is in the archive.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcome == DrillOutcome::Passed
    }

    /// Returns whether the archive has another SHA-256 than the history records.
    #[must_use]
    pub fn is_of_changed_bytes(&self) -> bool {
        matches!(&self.outcome, DrillOutcome::Failed { reported, .. } if reported.first().is_some_and(|first| first == OTHER_DIGEST))
    }

    /// Returns the first differences as lines that are safe to print, at most `most` of them.
    ///
    /// If there are more, a last line says how many.
    #[must_use]
    pub fn lines(&self, most: usize) -> Vec<String> {
        let DrillOutcome::Failed { differences, reported } = &self.outcome else { return Vec::new() };
        let mut lines: Vec<_> = reported.iter().take(most).map(|line| printable(line.as_bytes())).collect();
        let more = differences.saturating_sub(lines.len() as u64);
        lines.extend((more > 0).then(|| format!("and {} more", grouped(more))));
        lines
    }
}

impl fmt::Display for DrillReceipt {
    /// One line: `came back whole (12 entries, 3.4 MB)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            DrillOutcome::Passed => {
                write!(f, "came back whole ({}, {}", entry_count(self.entries), size(self.content_bytes))?;
                if self.uncompared_entries > 0 {
                    write!(f, ", {} only in part", entry_count(self.uncompared_entries))?;
                }
                f.write_str(")")
            }
            DrillOutcome::Failed { differences: 1, .. } => {
                f.write_str("DID NOT COME BACK WHOLE: 1 difference")
            }
            DrillOutcome::Failed { differences, .. } => {
                write!(f, "DID NOT COME BACK WHOLE: {} differences", grouped(*differences))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::history::drill_report::DifferenceKind;
    use crate::testing::at;

    fn receipt(differences: u64, made: &[u8], read: u8) -> DrillReceipt {
        let mut report = DrillReport::new(ArchiveDigest { archive_bytes: 10_240, sha256: [read; 32] });
        report.entries = 1_234;
        (0..differences).for_each(|n| report.add(format!("docs/{n}\n"), DifferenceKind::Contents(n)));
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        let sums: Vec<_> = made.iter().map(|byte| [*byte; 32]).collect();
        let times = (at("2026-01-29 17:00"), at("2026-01-29 17:01"));
        DrillReceipt::new(key, "docs.tar".to_owned(), &report, &sums, times)
    }

    #[test]
    fn an_archive_that_is_not_what_was_made_fails() {
        let cases = [
            (&[1][..], 1, true, true),
            (&[1], 2, true, false),
            // The archive was replaced in the meantime, so either digest is right.
            (&[1, 2], 2, true, true),
            (&[], 2, false, true),
        ];
        for (made, read, is_summed, passes) in cases {
            let receipt = receipt(0, made, read);
            assert_eq!((receipt.is_summed, receipt.passed()), (is_summed, passes), "{made:?} {read}");
            assert_eq!(receipt.is_of_changed_bytes(), !passes, "{made:?} {read}");
        }
    }

    #[test]
    fn lists_the_first_differences_and_counts_the_rest() {
        assert_eq!(receipt(0, &[1], 1).to_string(), "came back whole (1,234 entries, 0 B)");
        assert_eq!(receipt(1, &[1], 1).to_string(), "DID NOT COME BACK WHOLE: 1 difference");
        let many = receipt(5_000, &[1], 2);
        insta::assert_snapshot!(format!("{many}\n{}", many.lines(3).join("\n")), @r"
        DID NOT COME BACK WHOLE: 5,001 differences
        the archive is not what was made: its SHA-256 is another
        docs/0\n: its contents differ from byte 0 on
        docs/1\n: its contents differ from byte 1 on
        and 4,998 more
        ");
    }
}
