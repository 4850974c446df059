//! Drill capabilities: what a tar program can restore, and what a difference or a failure says about the backup.

use crate::model::history::DrillReport;

/// The Linux capabilities that a process needs to restore every owner, and to read and remove what it restored.
///
/// They are `CAP_CHOWN`, `CAP_DAC_OVERRIDE`, `CAP_FOWNER` and `CAP_FSETID`.
const OWNER_CAPABILITIES: u64 = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4;

/// `CAP_DAC_OVERRIDE`: permissions don't keep the process from reading and writing.
const DAC_OVERRIDE: u64 = 1 << 1;

/// The mode bits that the owner of a folder needs to create entries in it.
const WRITE_AND_ENTER: u32 = 0o300;

/// Returns whether a process with these effective capabilities can restore owners.
#[must_use]
pub fn may_restore_owners(effective_capabilities: u64) -> bool {
    effective_capabilities & OWNER_CAPABILITIES == OWNER_CAPABILITIES
}

/// Returns whether a process runs as root but lacks root's rights. Tar programs don't expect that.
#[must_use]
pub fn is_root_in_name_only(is_root: bool, effective_capabilities: u64) -> bool {
    is_root && effective_capabilities & DAC_OVERRIDE == 0
}

/// The kind of tar program that restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TarKind {
    /// GNU tar. It restores everything, except paths that are too long for a system call.
    Gnu,
    /// bsdtar. It isn't asked to restore extended attributes and ACLs.
    Bsd,
    /// Any other tar, such as those of busybox and toybox.
    ///
    /// It restores names, contents, links, modes, and the times of files in whole seconds. It restores sparse files under
    /// another name. It may give up where other tars continue.
    Other,
}

/// The length of the longest path that a system call accepts, in bytes.
const MAX_PATH_BYTES: usize = 4095;

/// The times, in seconds since 1970, that fit into every tar header.
const PLAIN_SECONDS: std::ops::Range<i64> = 0..1 << 33;

impl TarKind {
    /// Returns the kind of the tar that prints this for `--version`.
    #[must_use]
    pub fn of(version: &str) -> Self {
        let says = |name| version.contains(name);
        match () {
            () if says("GNU tar") => Self::Gnu,
            () if says("bsdtar") => Self::Bsd,
            () => Self::Other,
        }
    }

    /// Returns whether it has options that turn the restoring of owners on and off.
    #[must_use]
    pub fn takes_owner_options(self) -> bool {
        self != Self::Other
    }

    /// Returns whether it restores the owner of an entry.
    #[must_use]
    pub fn restores_owner(self, is_symlink: bool) -> bool {
        self != Self::Other || !is_symlink
    }

    /// Returns whether it restores extended attributes and ACLs if it is asked to.
    #[must_use]
    pub fn restores_attributes(self) -> bool {
        self == Self::Gnu
    }

    /// Returns whether it restores sparse files with their holes.
    #[must_use]
    pub fn restores_sparse_files(self) -> bool {
        self != Self::Other
    }

    /// Returns whether it restores an entry whose path has that length.
    #[must_use]
    pub fn restores_path(self, path_bytes: usize) -> bool {
        path_bytes <= MAX_PATH_BYTES
    }

    /// Returns whether it can create entries in a folder with that mode.
    ///
    /// If root runs them, some tars set the mode of a folder before they fill it.
    #[must_use]
    pub fn fills_folder(self, mode: u32, is_root_in_name_only: bool) -> bool {
        self == Self::Bsd || !is_root_in_name_only || mode & WRITE_AND_ENTER == WRITE_AND_ENTER
    }

    /// Returns whether it can restore this modification time, given in seconds and nanoseconds.
    ///
    /// `restored_seconds` is the time after the restore.
    #[must_use]
    pub fn restores_time(self, is_file: bool, (seconds, nanos): (i64, u32), restored_seconds: i64) -> bool {
        let is_truncated = nanos != 0 && seconds == restored_seconds;
        match self {
            Self::Gnu => true,
            // It gives the fraction of a negative time the wrong sign.
            Self::Bsd => seconds >= 0 || nanos == 0,
            Self::Other => is_file && PLAIN_SECONDS.contains(&seconds) && !is_truncated,
        }
    }
}

/// The result of comparing one property of a restored entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is the same.
    Same,
    /// It differs, and it could have been restored.
    Differs,
    /// It could not be restored here, so it says nothing about the backup.
    NotCompared,
}

/// Judges a property of a restored entry.
///
/// A difference counts only if the tar restores such a property, and this process can set it in the scratch folder.
/// `can_be_set` tries that. It is called only if the answer matters.
pub fn judge_property(is_same: bool, tar_restores: bool, can_be_set: impl FnOnce() -> bool) -> Judgement {
    match () {
        () if is_same => Judgement::Same,
        () if tar_restores && can_be_set() => Judgement::Differs,
        () => Judgement::NotCompared,
    }
}

/// What it means that a tool failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureMeaning {
    /// It failed only at entries that can't be restored here.
    Expected,
    /// It can't restore the archive. This counts against the backup.
    Difference,
    /// This tar can't restore such an archive here. This says nothing about the backup.
    Unfit,
}

/// Returns what it means that a tool failed. `is_expected` says whether the archive has entries that it can't restore here.
///
/// GNU tar and bsdtar continue after such an entry. Another tar may give up there. Then the entries after it are missing, but
/// this doesn't count against the backup as long as our own reader finds the archive intact.
#[must_use]
pub fn failure_meaning(tar: TarKind, is_expected: bool, report: &DrillReport) -> FailureMeaning {
    let is_whole = report.difference_count == 0;
    match tar {
        TarKind::Other if is_whole && is_expected => FailureMeaning::Expected,
        TarKind::Other if !report.is_damaged => FailureMeaning::Unfit,
        TarKind::Gnu | TarKind::Bsd if is_expected => FailureMeaning::Expected,
        _ => FailureMeaning::Difference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::history::DifferenceKind;

    #[test]
    fn owners_take_four_capabilities() {
        let all = u64::MAX;
        assert!(may_restore_owners(all));
        for (number, wanted) in (0..6).zip([true, true, false, true, true, false]) {
            assert_eq!(may_restore_owners(all & !(1 << number)), !wanted, "without capability {number}");
        }
        assert!(!may_restore_owners(0));
    }

    #[test]
    fn root_without_its_rights_fills_no_read_only_folder() {
        for (is_root, capabilities, expected) in [(true, !2, true), (true, 2, false), (false, 0, false)] {
            assert_eq!(is_root_in_name_only(is_root, capabilities), expected);
        }
        for tar in [TarKind::Gnu, TarKind::Other] {
            let fills = [0o500, 0o600, 0o755].map(|mode| tar.fills_folder(mode, true));
            assert_eq!(fills, [false, false, true], "{tar:?}");
            assert!(tar.fills_folder(0o500, false), "{tar:?}");
        }
        assert!(TarKind::Bsd.fills_folder(0o500, true));
    }

    #[test]
    fn a_tar_is_recognised_by_its_version_text() {
        let cases = [
            ("tar (GNU tar) 1.34\nCopyright (C) 2021", TarKind::Gnu),
            ("bsdtar 3.6.2 - libarchive 3.6.2 zlib/1.2.13", TarKind::Bsd),
            ("tar (busybox) 1.35.0", TarKind::Other),
            ("toybox 0.8.9", TarKind::Other),
            ("", TarKind::Other),
        ];
        for (version, expected) in cases {
            assert_eq!(TarKind::of(version), expected, "{version}");
        }
    }

    #[test]
    fn each_tar_restores_what_it_can() {
        use TarKind::{Bsd, Gnu, Other};
        let part = |tar: TarKind| {
            (tar.takes_owner_options(), tar.restores_attributes(), tar.restores_sparse_files())
        };
        assert_eq!(
            [Gnu, Bsd, Other].map(part),
            [(true, true, true), (true, false, true), (false, false, false)]
        );
        assert_eq!(
            [Bsd, Other].map(|tar| [true, false].map(|is_symlink| tar.restores_owner(is_symlink))),
            [[true; 2], [false, true]]
        );
        assert_eq!([4095, 4096].map(|length| Gnu.restores_path(length)), [true, false]);
        let times = [
            // Whether it is a file, its time, the restored seconds; whether a simple tar restores that.
            (true, (1_000, 0), 999, true),
            (true, (1_000, 5), 1_000, false),
            (true, (1_000, 5), 999, true),
            (true, (-1, 0), 0, false),
            (true, (1 << 33, 0), 0, false),
            (false, (1_000, 0), 999, false),
        ];
        for (is_file, time, restored, expected) in times {
            assert_eq!(Other.restores_time(is_file, time, restored), expected, "{time:?} {restored}");
            assert!(Gnu.restores_time(is_file, time, restored) && Bsd.restores_time(is_file, time, restored));
        }
        for (time, expected) in [((-5, 0), true), ((-5, 1), false), ((5, 1), true)] {
            assert_eq!(Bsd.restores_time(true, time, 0), expected, "{time:?}");
        }
    }

    #[test]
    fn a_difference_counts_where_it_could_have_been_restored() {
        let never = || unreachable!("nothing is tried if the answer doesn't matter");
        assert_eq!(judge_property(true, false, never), Judgement::Same);
        assert_eq!(judge_property(false, false, never), Judgement::NotCompared);
        assert_eq!(judge_property(false, true, || false), Judgement::NotCompared);
        assert_eq!(judge_property(false, true, || true), Judgement::Differs);
    }

    #[test]
    fn a_failure_counts_against_the_backup_only_if_the_tar_could_restore_it() {
        use FailureMeaning::{Difference, Expected, Unfit};
        let report = |differs: bool, is_damaged: bool| {
            let mut report = DrillReport::new(ArchiveDigest { archive_bytes: 0, sha256: [0; 32] });
            differs.then(|| report.add("docs", DifferenceKind::Missing));
            is_damaged.then(|| report.add("", DifferenceKind::Damaged("cut".to_owned())));
            report
        };
        let cases = [
            (TarKind::Gnu, true, report(false, false), Expected),
            // Other differences are in the report anyway.
            (TarKind::Bsd, true, report(true, false), Expected),
            (TarKind::Gnu, false, report(false, false), Difference),
            (TarKind::Bsd, false, report(true, false), Difference),
            (TarKind::Other, true, report(false, false), Expected),
            (TarKind::Other, false, report(false, false), Unfit),
            (TarKind::Other, true, report(true, false), Unfit),
            (TarKind::Other, true, report(true, true), Difference),
            (TarKind::Other, false, report(true, true), Difference),
        ];
        for (tar, is_expected, report, expected) in cases {
            let meaning = failure_meaning(tar, is_expected, &report);
            assert_eq!(meaning, expected, "{tar:?} {is_expected} {report:?}");
        }
    }
}
