//! What a backup is called, what it is worth, and what is known of a finished one.

mod archive_name;
mod backup_name;
mod checksum_list;
mod entry;
mod format;
mod pack_report;
mod record;
mod selection;
mod suggestion;
mod timestamp;
mod view_report;

pub use archive_name::{ArchiveName, place_of};
pub use backup_name::{BackupName, NameFault};
pub(crate) use checksum_list::{line, sums};
pub use entry::{ArchivedEntry, EntryKind, shown};
pub use format::{Compression, Grade};
pub use pack_report::{CheckReport, Finding, FindingKind, PackReport};
pub use record::{BackupRecord, Seal, by_name, newest_older};
pub(crate) use selection::EVERYTHING;
pub use selection::{PatternFault, Selection};
pub use suggestion::Meant;
pub use timestamp::Stamp;
pub use view_report::ViewReport;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::str::FromStr;

    use super::*;

    #[track_caller]
    fn check_name(text: &str, expected: Result<(), NameFault>) {
        let parsed = BackupName::from_str(text);
        assert_eq!(parsed.as_ref().map(BackupName::as_str), expected.as_ref().map(|()| text), "{text:?}");
        assert_eq!(parsed.map(|name| name.to_string()), expected.map(|()| text.to_owned()));
    }

    #[test]
    fn a_name_is_a_file_name_that_leads_nowhere_else() {
        let longest = "x".repeat(BackupName::MAX_BYTES);
        let too_long = "ü".repeat(BackupName::MAX_BYTES / 2 + 1);
        for good in [
            "docs",
            "a b",
            "a.tar",
            "a.tar.zst",
            "x.incomplete.old",
            "-rf",
            "~",
            "Größe",
            "a\\b",
            "CON",
            &longest,
        ] {
            check_name(good, Ok(()));
        }
        let bad = [
            ("", NameFault::Empty),
            (" docs", NameFault::OuterSpace),
            ("docs\t", NameFault::OuterSpace),
            ("docs\n", NameFault::OuterSpace),
            (" ", NameFault::OuterSpace),
            ("a/b", NameFault::Slash),
            ("../docs", NameFault::Slash),
            ("a;b", NameFault::Semicolon),
            (".", NameFault::LeadingDot),
            ("..", NameFault::LeadingDot),
            (".hidden", NameFault::LeadingDot),
            ("a\nb", NameFault::ControlCharacter),
            ("a\0b", NameFault::ControlCharacter),
            ("a\tb", NameFault::ControlCharacter),
            ("a\u{202e}b", NameFault::ControlCharacter),
            (&too_long, NameFault::TooLong(202)),
            ("docs.incomplete", NameFault::Reserved),
        ];
        for (text, fault) in bad {
            check_name(text, Err(fault));
        }
        for fault in every_name_fault() {
            let is_covered = bad.iter().any(|(_, covered)| kind(*covered) == kind(fault));
            assert!(is_covered, "no case for {fault:?}");
        }
    }

    fn every_name_fault() -> [NameFault; 8] {
        [
            NameFault::Empty,
            NameFault::OuterSpace,
            NameFault::Slash,
            NameFault::Semicolon,
            NameFault::LeadingDot,
            NameFault::ControlCharacter,
            NameFault::TooLong(201),
            NameFault::Reserved,
        ]
    }

    /// A new fault doesn't compile here, so that it is put among the ones above.
    fn kind(fault: NameFault) -> usize {
        match fault {
            NameFault::Empty => 0,
            NameFault::OuterSpace => 1,
            NameFault::Slash => 2,
            NameFault::Semicolon => 3,
            NameFault::LeadingDot => 4,
            NameFault::ControlCharacter => 5,
            NameFault::TooLong(_) => 6,
            NameFault::Reserved => 7,
        }
    }

    #[test]
    fn name_faults_say_what_is_wrong() {
        assert!(every_name_fault().map(kind).into_iter().eq(0..8));
        let said = every_name_fault().map(|fault| format!("the name {fault}")).join("\n");
        insta::assert_snapshot!(said, @r"
        the name is empty
        the name begins or ends with white space
        the name holds a /
        the name holds a ;
        the name begins with a dot
        the name holds a control character
        the name is 201 bytes long, over 200
        the name ends with .incomplete or a date as in .2026-01-29T16-07+0100, which Backup Manager uses itself
        ");
    }

    /// One of every kind, from bad to harmless. A new kind doesn't compile in `harm`.
    fn every_finding_kind() -> [FindingKind; 8] {
        let reason = "Permission denied".to_owned();
        [
            FindingKind::Unreadable(reason),
            FindingKind::Torn,
            FindingKind::Vanished,
            FindingKind::Socket,
            FindingKind::Own,
            FindingKind::Excluded,
            FindingKind::OtherFileSystem,
            FindingKind::Cache,
        ]
    }

    /// What a finding of that kind adds to the counts of unreadable, torn and excluded entries.
    fn harm(kind: &FindingKind) -> (u64, u64, u64) {
        match kind {
            FindingKind::Unreadable(_) => (1, 0, 0),
            FindingKind::Torn => (0, 1, 0),
            FindingKind::Excluded | FindingKind::OtherFileSystem | FindingKind::Cache => (0, 0, 1),
            FindingKind::Vanished | FindingKind::Socket | FindingKind::Own => (0, 0, 0),
        }
    }

    #[test]
    fn findings_say_what_is_the_matter() {
        let finding = |path: &str, kind| Finding { path: PathBuf::from(path), kind };
        let mut said = every_finding_kind().map(|kind| finding("a/b c", kind).to_string()).to_vec();
        said.push(finding("", FindingKind::Torn).to_string());
        said.push(finding("a\nb\u{1b}", FindingKind::Unreadable("why\nnot".to_owned())).to_string());
        insta::assert_snapshot!(said.join("\n"), @r"
        can't read a/b c: Permission denied
        a/b c changed while it was read
        a/b c vanished before it was read
        a/b c is a socket, left out
        a/b c belongs to Backup Manager, left out
        a/b c is excluded
        a/b c is on another file system, its contents left out
        a/b c is a cache, its contents left out
        . changed while it was read
        can't read a\nb\u{1b}: why\nnot
        ");
    }

    #[test]
    fn only_what_is_missing_makes_a_backup_incomplete() {
        for kind in every_finding_kind() {
            let mut report = PackReport::default();
            report.add(PathBuf::from("a"), kind.clone());
            let counts = (report.unreadable_entries, report.torn_entries, report.excluded_entries);
            assert_eq!(counts, harm(&kind), "{kind:?}");
            let expected = if report.unreadable_entries > 0 { Grade::Incomplete } else { Grade::Complete };
            assert_eq!(report.grade(), expected, "{kind:?}");
            let told = if kind.is_on_purpose() { vec![] } else { vec![Finding { path: "a".into(), kind }] };
            assert_eq!(report.findings, told);
        }
    }

    #[test]
    fn findings_are_bounded_but_counted() {
        let mut report = PackReport::default();
        for _ in 0..PackReport::MAX_FINDINGS + 5 {
            report.add(PathBuf::from("a"), FindingKind::Torn);
        }
        assert_eq!((report.findings.len(), report.torn_entries), (1_000, 1_005));
    }
}
