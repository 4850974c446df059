//! Which runs are suspicious: those whose source lost most of what it held, or whose files were changed or encrypted.
//!
//! A run is compared with the newest runs before it that nobody objects to (see [`Baseline`]). Of sizes and counts, the
//! middle one of these runs counts, so that one odd run isn't what later ones are compared with.
//!
//! | Limit | Suspicious is a run that |
//! |---|---|
//! | lost | has fewer entries than that, or whose files hold fewer bytes |
//! | changed | found more of the earlier files changed since the run before than that, and more than twice as many as any run of the last days with runs |
//! | incompressible | has fewer compressible files than that, and as many more incompressible ones |
//!
//! New files are never suspicious, however many they are. What changes as much every now and then is not suspicious either:
//! that is what the "twice as many" is for. So a run has to have some others before it, before it can be suspicious for its
//! changed files.
//!
//! Small sources are never suspicious: see [`Baseline::LEAST_ENTRIES`].

use crate::model::archive::SourceProfile;
use crate::model::history::{Anomaly, Baseline, SourceLevel};
use crate::model::schedule::AnomalyLimits;

/// Files that hold less in total are too small for a loss of bytes to be suspicious.
const LEAST_BYTES: u64 = 16 * 1024;

/// How many runs have to tell how much changed before a run can be suspicious for that.
const LEAST_RUNS: usize = 2;

/// What a run saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The entries in its archive.
    pub entries: u64,
    /// What it saw of the files, if it looked at that.
    pub profile: Option<SourceProfile>,
}

/// Returns what is suspicious about a run.
#[must_use]
pub fn anomalies(seen: &Seen, baseline: &Baseline, limits: &AnomalyLimits) -> Vec<Anomaly> {
    let lost = limits.lost.into_iter().flat_map(|percent| lost(seen, baseline, percent));
    let changed = limits.changed.and_then(|percent| changed(seen, baseline, percent));
    let incompressible = limits.incompressible.and_then(|percent| incompressible(seen, baseline, percent));
    lost.chain(changed).chain(incompressible).collect()
}

fn lost(seen: &Seen, baseline: &Baseline, percent: u8) -> Vec<Anomaly> {
    let is_lost = |before: u64, now: u64| is_more(before.saturating_sub(now), before, percent);
    let entries = usual(baseline, |level| Some(level.entries)).filter(|entries| is_large(*entries));
    let entries = entries.filter(|before| is_lost(*before, seen.entries));
    let bytes = usual_of_files(baseline, |profile| profile.file_bytes).filter(|bytes| *bytes >= LEAST_BYTES);
    let bytes = bytes.zip(seen.profile.map(|profile| profile.file_bytes));
    let bytes = bytes.filter(|(before, now)| is_lost(*before, *now));
    let entries = entries.map(|before| Anomaly::EntriesLost { before, now: seen.entries });
    let bytes = bytes.map(|(before, now)| Anomaly::BytesLost { before, now });
    entries.into_iter().chain(bytes).collect()
}

fn changed(seen: &Seen, baseline: &Baseline, percent: u8) -> Option<Anomaly> {
    let is_known =
        |level: &&SourceLevel| level.profile.is_some_and(|profile| profile.changed_files.is_some());
    if baseline.levels.iter().filter(is_known).count() < LEAST_RUNS {
        return None;
    }
    let before = baseline.latest()?.profile?.files;
    let changed = seen.profile?.changed_of(before)?;
    let usual = baseline.changes.iter().map(|change| change.permille).max().unwrap_or(0);
    let is_unusual = u128::from(changed) * 1_000 > 2 * u128::from(usual) * u128::from(before);
    let is_suspicious = is_large(before) && is_more(changed, before, percent) && is_unusual;
    is_suspicious.then_some(Anomaly::FilesChanged { before, changed })
}

fn incompressible(seen: &Seen, baseline: &Baseline, percent: u8) -> Option<Anomaly> {
    let now = seen.profile?;
    let before = usual_of_files(baseline, SourceProfile::compressible_files)?;
    let incompressible_before = usual_of_files(baseline, |profile| profile.incompressible_files)?;
    let gone = before.saturating_sub(now.compressible_files());
    let turned = gone.min(now.incompressible_files.saturating_sub(incompressible_before));
    let is_suspicious = is_large(before) && is_more(turned, before, percent);
    is_suspicious.then_some(Anomaly::FilesIncompressible { before, turned })
}

/// Returns the middle value of the runs of a baseline; of two runs, the larger one.
fn usual(baseline: &Baseline, value: impl Fn(&SourceLevel) -> Option<u64>) -> Option<u64> {
    let mut values: Vec<_> = baseline.levels.iter().filter_map(value).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// Returns the middle value of the files of a baseline, if there usually are enough entries.
fn usual_of_files(baseline: &Baseline, value: impl Fn(&SourceProfile) -> u64) -> Option<u64> {
    let is_enough = usual(baseline, |level| Some(level.entries)).is_some_and(is_large);
    usual(baseline, |level| level.profile.as_ref().map(&value)).filter(|_| is_enough)
}

fn is_large(count: u64) -> bool {
    count >= Baseline::LEAST_ENTRIES
}

/// Returns whether a part is more than this percentage of the whole.
fn is_more(part: u64, whole: u64, percent: u8) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::DayChange;
    use crate::testing::at;

    /// What a run saw: its entries, files, kilobytes, changed files, samples and incompressible files.
    type Numbers = [u64; 6];

    /// 100 text files in 10 folders, of which 2 changed.
    const USUAL: Numbers = [110, 100, 1_000, 2, 90, 0];

    fn profile([_, files, kilobytes, changed, sampled, incompressible]: Numbers) -> SourceProfile {
        let mut profile = SourceProfile::begin(true);
        (profile.files, profile.file_bytes) = (files, kilobytes * 1_000);
        profile.changed_files = Some(changed);
        (profile.sampled_files, profile.incompressible_files) = (sampled, incompressible);
        profile
    }

    fn seen(numbers: Numbers) -> Seen {
        Seen { entries: numbers[0], profile: Some(profile(numbers)) }
    }

    fn level(numbers: Numbers) -> SourceLevel {
        let profile = Some(profile(numbers));
        SourceLevel { began: at("2026-03-10 16:07"), entries: numbers[0], profile }
    }

    /// Runs that saw this, and shares of changed files in thousandths.
    fn baseline(runs: &[Numbers], changes: &[u16]) -> Baseline {
        let changes = (0..).zip(changes).map(|(day, permille)| DayChange { day, permille: *permille });
        Baseline {
            source: "docs".to_owned(),
            levels: runs.iter().copied().map(level).collect(),
            changes: changes.collect(),
            ..Baseline::default()
        }
    }

    #[track_caller]
    fn check(baseline: &Baseline, now: Numbers, expected: &[Anomaly]) {
        let found = anomalies(&seen(now), baseline, &AnomalyLimits::default());
        assert_eq!(found, expected, "{now:?} {baseline:#?}");
    }

    /// Compares with three usual runs.
    #[track_caller]
    fn check_usual(now: Numbers, expected: &[Anomaly]) {
        check(&baseline(&[USUAL; 3], &[20, 30, 10]), now, expected);
    }

    const ENCRYPTED: Anomaly = Anomaly::FilesIncompressible { before: 90, turned: 90 };
    const CHANGED: Anomaly = Anomaly::FilesChanged { before: 100, changed: 100 };

    #[test]
    fn more_than_half_of_the_entries_or_bytes_gone() {
        let entries = |now| Anomaly::EntriesLost { before: 110, now };
        let bytes = |now: u64| Anomaly::BytesLost { before: 1_000_000, now: now * 1_000 };
        check_usual(USUAL, &[]);
        check_usual([11, 10, 100, 0, 9, 0], &[entries(11), bytes(100)]);
        check_usual([54, 50, 1_000, 0, 45, 0], &[entries(54)]);
        check_usual([55, 50, 1_000, 0, 45, 0], &[]);
        check_usual([110, 100, 499, 0, 90, 0], &[bytes(499)]);
        check_usual([110, 100, 500, 0, 90, 0], &[]);
        // All files are empty.
        check_usual([110, 100, 0, 0, 0, 0], &[bytes(0)]);
        // Much more than before.
        check_usual([11_000, 10_000, 100_000, 9_900, 9_000, 0], &[]);
    }

    #[test]
    fn one_odd_run_is_not_what_others_are_compared_with() {
        let odd = [1_100, 1_000, 10_000, 0, 900, 0];
        for place in 0..3 {
            let mut runs = [USUAL; 3];
            runs[place] = odd;
            check(&baseline(&runs, &[0]), USUAL, &[]);
        }
        let lost = [
            Anomaly::EntriesLost { before: 1_100, now: 110 },
            Anomaly::BytesLost { before: 10_000_000, now: 1_000_000 },
        ];
        check(&baseline(&[USUAL, odd], &[0]), USUAL, &lost);
        check(&baseline(&[odd, odd, USUAL], &[0]), USUAL, &lost);
    }

    #[test]
    fn most_files_changed_where_usually_few_do() {
        let changed = |changed| [110, 100, 1_000, changed, 90, 0];
        check_usual(changed(50), &[]);
        check_usual(changed(51), &[Anomaly::FilesChanged { before: 100, changed: 51 }]);
        check_usual(changed(100), &[CHANGED]);
        let usually = |changes: &[u16]| baseline(&[USUAL; 3], changes);
        // More than twice as many as at any of the last days.
        check(&usually(&[0, 330, 0]), changed(66), &[]);
        check(&usually(&[0, 330, 0]), changed(67), &[Anomaly::FilesChanged { before: 100, changed: 67 }]);
        check(&usually(&[499]), changed(100), &[CHANGED]);
        check(&usually(&[500]), changed(100), &[]);
        check(&usually(&[1_000]), changed(100), &[]);
        // The first runs say nothing.
        check(&baseline(&[], &[]), changed(100), &[]);
        check(&baseline(&[USUAL], &[]), changed(100), &[]);
        check(&baseline(&[USUAL; 2], &[20]), changed(100), &[CHANGED]);
    }

    #[test]
    fn files_that_are_new_or_gone_are_not_changed_ones() {
        check_usual([610, 600, 6_000, 502, 90, 0], &[]);
        check_usual([60, 55, 600, 5, 50, 0], &[]);
    }

    #[test]
    fn most_files_turned_incompressible() {
        let encrypted = |incompressible| [110, 100, 1_000, 3, 90, incompressible];
        check_usual(encrypted(90), &[ENCRYPTED]);
        check_usual(encrypted(46), &[Anomaly::FilesIncompressible { before: 90, turned: 46 }]);
        check_usual(encrypted(45), &[]);
        // Encrypted files beside those that stay, a removal of what could be compressed, and both.
        check_usual([210, 200, 2_000, 3, 190, 100], &[]);
        check_usual([70, 60, 600, 3, 40, 0], &[]);
        check_usual([170, 160, 1_600, 3, 140, 60], &[]);
        // Among many that are incompressible already.
        let mixed = |incompressible| [1_100, 1_000, 9_000, 3, 1_000, incompressible];
        let before = baseline(&[mixed(970); 3], &[20]);
        check(&before, mixed(1_000), &[Anomaly::FilesIncompressible { before: 30, turned: 30 }]);
        check(&before, mixed(984), &[]);
        check(&baseline(&[mixed(985); 3], &[20]), mixed(1_000), &[]);
    }

    #[test]
    fn an_encrypted_source_is_suspicious_for_two_reasons() {
        check_usual([110, 100, 1_002, 100, 90, 90], &[CHANGED, ENCRYPTED]);
    }

    #[test]
    fn small_sources_are_never_suspicious() {
        let small = [19, 18, 1_000, 0, 18, 0];
        check(&baseline(&[small; 3], &[0]), [1, 0, 0, 0, 0, 0], &[]);
        check(&baseline(&[small; 3], &[0]), [19, 18, 0, 18, 18, 18], &[]);
        let tiny = [50, 40, 15, 0, 0, 0];
        check(&baseline(&[tiny; 3], &[0]), [50, 40, 0, 0, 0, 0], &[]);
        check(&baseline(&[], &[]), USUAL, &[]);
    }

    #[test]
    fn limits_can_be_changed_and_switched_off() {
        let bad = [11, 100, 100, 100, 90, 90];
        let count = |limits: &str| {
            let baseline = baseline(&[USUAL; 3], &[20]);
            anomalies(&seen(bad), &baseline, &limits.parse().unwrap()).len()
        };
        assert_eq!(count("yes"), 4);
        assert_eq!(count("lost:90%"), 2);
        assert_eq!(count("lost:89%"), 4);
        assert_eq!(count("lost:no"), 2);
        assert_eq!(count("changed:99%"), 4);
        assert_eq!(count("changed:no"), 3);
        assert_eq!(count("changed:no,incompressible:no"), 2);
        assert_eq!(count("lost:no,changed:no,incompressible:no"), 0);
    }

    #[test]
    fn without_a_profile_only_entries_count() {
        let bare = |numbers| SourceLevel { profile: None, ..level(numbers) };
        let mut before = baseline(&[USUAL; 3], &[20]);
        let now = Seen { profile: None, ..seen([11, 0, 0, 0, 0, 0]) };
        let expected = [Anomaly::EntriesLost { before: 110, now: 11 }];
        assert_eq!(anomalies(&now, &before, &AnomalyLimits::default()), expected);
        before.levels = vec![bare(USUAL); 3];
        assert_eq!(anomalies(&seen([11, 10, 1, 10, 9, 9]), &before, &AnomalyLimits::default()), expected);
    }
}
