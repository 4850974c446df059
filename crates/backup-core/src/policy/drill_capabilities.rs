//! What a drill can prove: what its tar restores at all, and what a difference or a failure says of the backup.

use crate::model::history::DrillReport;

/// The capabilities of a Linux process that may restore every owner, and still read and remove what it restored:
/// `CAP_CHOWN`, `CAP_DAC_OVERRIDE`, `CAP_FOWNER` and `CAP_FSETID`.
const OWNER_CAPABILITIES: u64 = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4;

/// Allows to write to what others, and oneself, may not write to.
const DAC_OVERRIDE: u64 = 1 << 1;

/// What the owner of a folder needs to make something in it.
const WRITE_AND_ENTER: u32 = 0o300;

/// Returns whether a process with these effective capabilities can have a tar restore owners.
#[must_use]
pub fn may_restore_owners(effective_capabilities: u64) -> bool {
    effective_capabilities & OWNER_CAPABILITIES == OWNER_CAPABILITIES
}

/// Returns whether a process is root by its user alone: it may do less than tars take for granted.
#[must_use]
pub fn is_root_in_name_only(is_root: bool, effective_capabilities: u64) -> bool {
    is_root && effective_capabilities & DAC_OVERRIDE == 0
}

/// The program that restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TarKind {
    /// GNU tar. It restores all that an archive holds, but no path longer than a system call takes.
    Gnu,
    /// bsdtar. It is not asked for extended attributes and ACLs.
    Bsd,
    /// Any other, such as those of busybox and toybox. It restores names, contents, links, modes, and times of files in
    /// whole seconds. Sparse files come back under another name, and it may give up where others go on.
    Other,
}

/// The longest path that a system call takes.
const MAX_PATH_BYTES: usize = 4095;

/// The seconds from 1970 on that every tar header has room for.
const PLAIN_SECONDS: std::ops::Range<i64> = 0..1 << 33;

impl TarKind {
    /// Returns the kind of a tar that says this about its version.
    #[must_use]
    pub fn of(version: &str) -> Self {
        let says = |name| version.contains(name);
        match () {
            () if says("GNU tar") => Self::Gnu,
            () if says("bsdtar") => Self::Bsd,
            () => Self::Other,
        }
    }

    /// Returns whether it can be told whether to restore owners.
    #[must_use]
    pub fn takes_owner_options(self) -> bool {
        self != Self::Other
    }

    /// Returns whether it restores the owner of such an entry.
    #[must_use]
    pub fn restores_owner(self, is_symlink: bool) -> bool {
        self != Self::Other || !is_symlink
    }

    /// Returns whether it restores extended attributes and ACLs when it is asked to.
    #[must_use]
    pub fn restores_attributes(self) -> bool {
        self == Self::Gnu
    }

    /// Returns whether it restores sparse files, with their holes.
    #[must_use]
    pub fn restores_sparse_files(self) -> bool {
        self != Self::Other
    }

    /// Returns whether it restores what has a path of that length.
    #[must_use]
    pub fn restores_path(self, path_bytes: usize) -> bool {
        path_bytes <= MAX_PATH_BYTES
    }

    /// Returns whether it makes something in a folder of that mode: some tars that root runs give a folder its mode at once.
    #[must_use]
    pub fn fills_folder(self, mode: u32, is_root_in_name_only: bool) -> bool {
        self == Self::Bsd || !is_root_in_name_only || mode & WRITE_AND_ENTER == WRITE_AND_ENTER
    }

    /// Returns whether it restores such a time of change, given in seconds and nanoseconds, when it comes back as these
    /// seconds.
    #[must_use]
    pub fn restores_time(self, is_file: bool, (seconds, nanos): (i64, u32), restored_seconds: i64) -> bool {
        let is_cut = nanos != 0 && seconds == restored_seconds;
        match self {
            Self::Gnu => true,
            // It takes the sign of what comes behind the point for another.
            Self::Bsd => seconds >= 0 || nanos == 0,
            Self::Other => is_file && PLAIN_SECONDS.contains(&seconds) && !is_cut,
        }
    }
}

/// What becomes of a property that was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It came back.
    Same,
    /// It did not come back, though it could have.
    Differs,
    /// It could not come back here, so nothing is known of it.
    NotCompared,
}

/// Judges a property of an entry. A difference counts when the tar restores such a thing, and this process can set it in
/// the scratch itself, which is only tried where it matters.
pub fn judge(is_same: bool, tar_restores: bool, can_be_set: impl FnOnce() -> bool) -> Judgement {
    match () {
        () if is_same => Judgement::Same,
        () if tar_restores && can_be_set() => Judgement::Differs,
        () => Judgement::NotCompared,
    }
}

/// What a failure of the tools says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureMeaning {
    /// They could not restore what can't be restored here, and nothing else differs.
    Expected,
    /// The archive does not come back with them.
    Difference,
    /// This tar can't restore such an archive here: it tells nothing of the backup.
    Unfit,
}

/// Returns what it means that the tools failed. `is_expected` says that there was something that they were bound to fail at.
///
/// GNU tar and bsdtar go on after such an entry. Another tar may have given up there, so what is missing behind it doesn't
/// speak against the backup, as long as our reader finds the archive sound.
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
    use crate::model::archive::Seal;
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
    fn root_without_its_rights_fills_no_folder_that_is_read_only() {
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
    fn a_tar_is_known_by_what_it_says() {
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
    fn each_tar_restores_its_part() {
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
            // A file, when it changed, how it came back; whether a poor tar restores that.
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
        let never = || unreachable!("nothing is tried in vain");
        assert_eq!(judge(true, false, never), Judgement::Same);
        assert_eq!(judge(false, false, never), Judgement::NotCompared);
        assert_eq!(judge(false, true, || false), Judgement::NotCompared);
        assert_eq!(judge(false, true, || true), Judgement::Differs);
    }

    #[test]
    fn a_failure_speaks_against_the_backup_only_where_the_tar_was_fit() {
        use FailureMeaning::{Difference, Expected, Unfit};
        let report = |differs: bool, is_damaged: bool| {
            let mut report = DrillReport::new(Seal { archive_bytes: 0, sha256: [0; 32] });
            differs.then(|| report.add("docs", DifferenceKind::Missing));
            is_damaged.then(|| report.add("", DifferenceKind::Damaged("cut".to_owned())));
            report
        };
        let cases = [
            (TarKind::Gnu, true, report(false, false), Expected),
            // What differs beyond is in the report anyway.
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
