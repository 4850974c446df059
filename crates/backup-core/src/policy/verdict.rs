//! Verdict: is an archive whole, and still what it was when it was made?

use crate::model::archive::{ArchiveDigest, ArchiveName, CheckReport, DamagedMembers, Grade, MemberCheck};
use crate::model::error::PortError;
use crate::model::history::{AsMade, Flaw, Outcome, RunRecord, Verdict};
use crate::text::{grouped, hex};

/// The result of a verify of one archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The file name of the archive.
    pub file_name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The entries that aren't what was stored, as far as the catalog of the archive tells.
    pub damaged: DamagedMembers,
    /// Why only its bytes were read, if so: it is encrypted, and no key opens it. Then its SHA-256 alone was compared, if one is known.
    pub locked: Option<PortError>,
    /// Why the verdict could not be recorded in the history, if it couldn't.
    pub history_error: Option<String>,
}

/// Returns the verdict for an archive that was read to its end.
///
/// `digest` is the size and digest of its stored bytes. `checked` is the result of the check of its structure. `members` is
/// what its catalog tells of its entries. `runs` are the runs that may have made it.
///
/// A damaged structure counts first, because its message says where the damage is. Damaged entries count whatever the digest
/// of the archive is: it may be that of parts which were damaged before they were taken over. Where no digest is known, the
/// catalog that was written with the archive tells whether it is as it was made.
#[must_use]
pub fn verdict_of(
    digest: &ArchiveDigest,
    checked: Result<CheckReport, String>,
    members: Option<&MemberCheck>,
    runs: &[&RunRecord],
) -> Verdict {
    let damaged = members.map(|members| &members.damaged).filter(|damaged| !damaged.is_empty());
    let entries = match (checked, damaged) {
        (Ok(report), None) => report.entries,
        (Ok(_), Some(damaged)) => return Verdict::Flawed(Flaw::Damaged(damaged.to_string())),
        (Err(reason), None) => return Verdict::Flawed(Flaw::Damaged(reason)),
        (Err(reason), Some(damaged)) => {
            return Verdict::Flawed(Flaw::Damaged(format!("{reason}; {damaged}")));
        }
    };
    let as_made = |run: &RunRecord| {
        let as_made = AsMade { archive_bytes: digest.archive_bytes, entries, made_for: run.made_for() };
        if is_incomplete(run) { Verdict::Incomplete(as_made) } else { Verdict::Good(as_made) }
    };
    if let Some(run) = runs.iter().find(|run| run.sha256 == Some(digest.sha256)) {
        return as_made(run);
    }
    if let Some((run, sha256)) = runs.iter().find_map(|run| Some((run, run.sha256?))) {
        return Verdict::Flawed(Flaw::Changed(difference(digest, run.archive_bytes, &sha256)));
    }
    let is_as_packed = members.is_some_and(|members| members.is_since_pack);
    match runs.first() {
        Some(run) if is_as_packed && run.archive_bytes == digest.archive_bytes => as_made(run),
        Some(_) => Verdict::UnknownDigest,
        None => Verdict::Unknown,
    }
}

/// Returns whether the run's archive was incomplete from the start.
///
/// If the run failed after it published the archive, its outcome doesn't say so, but the archive's name does.
fn is_incomplete(run: &RunRecord) -> bool {
    let name = run.archive.as_deref().and_then(ArchiveName::parse);
    run.outcome == Outcome::Incomplete || name.is_some_and(|name| name.grade == Grade::Incomplete)
}

/// Describes how an archive differs from what was made.
fn difference(digest: &ArchiveDigest, made_bytes: u64, made_sha256: &[u8; 32]) -> String {
    let digests = format!("its SHA-256 is {}, not {}", short(&digest.sha256), short(made_sha256));
    if digest.archive_bytes == made_bytes {
        return digests;
    }
    format!("{digests}, and its size {} bytes, not {}", grouped(digest.archive_bytes), grouped(made_bytes))
}

/// Returns the first digits of a digest, enough to recognise it.
fn short(sha256: &[u8; 32]) -> String {
    format!("{}...", hex(&sha256[..6]))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::testing::{at, run_record};

    fn run(sha256: Option<u8>) -> RunRecord {
        let record =
            run_record("docs;16:07;docs").planned(at("2026-11-21 16:07")).began(at("2026-11-21 16:08"));
        RunRecord { archive_bytes: 10_240, ..record.took(TimeDelta::minutes(1)).sum(sha256).build() }
    }

    #[track_caller]
    fn check(bytes: u64, checked: Result<u64, &str>, made: &[Option<u8>], expected: &str) {
        let digest = ArchiveDigest { archive_bytes: bytes, sha256: [7; 32] };
        let checked = checked
            .map(|entries| CheckReport { entries, content_bytes: 5, ..CheckReport::default() })
            .map_err(str::to_owned);
        let made: Vec<_> = made.iter().map(|sha256| run(*sha256)).collect();
        let judged = verdict_of(&digest, checked, None, &made.iter().collect::<Vec<_>>());
        assert_eq!(judged.to_string(), expected);
        assert_eq!(judged.is_sound(), expected.starts_with("good") || expected.starts_with("whole"));
    }

    #[test]
    fn an_archive_is_judged_by_its_structure_and_its_digest() {
        check(12_345_678, Ok(1_234), &[Some(7)], "good (12.3 MB, 1,234 entries, made for 2026-11-21 16:07)");
        check(10_240, Ok(1), &[Some(8), Some(7)], "good (10.2 kB, 1 entry, made for 2026-11-21 16:07)");
        check(10_240, Ok(1), &[None], "whole, but the history doesn't know its SHA-256");
        check(10_240, Ok(1), &[], "whole, but the history doesn't know it");
        check(10_240, Err("at byte 7: x"), &[Some(7)], "DAMAGED: at byte 7: x");
        check(10_240, Err("at byte 7: x"), &[], "DAMAGED: at byte 7: x");
        let changed = "CHANGED since it was made: its SHA-256 is 070707070707..., not 080808080808...";
        check(10_240, Ok(1), &[Some(8)], changed);
        let longer = format!("{changed}, and its size 20,480 bytes, not 10,240");
        check(20_480, Ok(1), &[None, Some(8)], &longer);
    }

    #[test]
    fn an_archive_that_was_incomplete_from_the_start_is_not_called_good() {
        let digest = ArchiveDigest { archive_bytes: 10_240, sha256: [7; 32] };
        let made = RunRecord { outcome: Outcome::Incomplete, ..run(Some(7)) };
        let judged = verdict_of(
            &digest,
            Ok(CheckReport { entries: 1, content_bytes: 5, ..CheckReport::default() }),
            None,
            &[&made],
        );
        let expected = "incomplete, but as it was made (10.2 kB, 1 entry, made for 2026-11-21 16:07)";
        assert_eq!((judged.to_string().as_str(), judged.is_sound()), (expected, true));
    }

    #[test]
    fn the_catalog_tells_of_entries_whatever_the_digest_of_the_archive_is() {
        let digest = ArchiveDigest { archive_bytes: 10_240, sha256: [7; 32] };
        let check = |is_whole: bool, members: Option<(bool, bool)>, made: &[Option<u8>], expected: &str| {
            let checked = if is_whole { Ok(CheckReport::default()) } else { Err("at byte 7: x".to_owned()) };
            let members = members.map(|(is_damaged, is_since_pack)| {
                let mut damaged = DamagedMembers::default();
                is_damaged.then(|| damaged.add("docs/a".into()));
                MemberCheck { damaged, is_since_pack }
            });
            let made: Vec<_> = made.iter().map(|sha256| run(*sha256)).collect();
            let verdict = verdict_of(&digest, checked, members.as_ref(), &made.iter().collect::<Vec<_>>());
            assert_eq!(verdict.to_string(), expected);
        };
        let good = "good (10.2 kB, 0 entries, made for 2026-11-21 16:07)";
        let damaged = "DAMAGED: docs/a isn't what was stored";
        check(true, Some((true, true)), &[Some(7)], damaged);
        check(true, Some((true, true)), &[None], damaged);
        check(true, Some((true, false)), &[], damaged);
        check(true, Some((true, true)), &[Some(8)], damaged);
        check(false, Some((true, true)), &[Some(8)], "DAMAGED: at byte 7: x; docs/a isn't what was stored");
        check(false, Some((false, true)), &[Some(8)], "DAMAGED: at byte 7: x");
        check(true, Some((false, true)), &[Some(7)], good);
        check(true, Some((false, true)), &[None], good);
        let changed = "CHANGED since it was made: its SHA-256 is 070707070707..., not 080808080808...";
        check(true, Some((false, true)), &[Some(8)], changed);
        check(true, Some((false, false)), &[None], "whole, but the history doesn't know its SHA-256");
        check(true, Some((false, true)), &[], "whole, but the history doesn't know it");
    }
}
