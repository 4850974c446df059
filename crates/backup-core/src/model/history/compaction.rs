//! What must stay of a history that has grown too long.

use crate::model::history::ledger::Ledger;
use crate::model::history::note::HistoryNote;

/// Returns a history of little more than half the notes, from which the same follows: what is due, which archives exist,
/// how the last run and the last drill of each entry ended, what failed its last drill or verify, what was left
/// unfinished, and which hooks are owed.
///
/// The older half becomes a [checkpoint](Ledger::checkpoint), which says what isn't promised. The newer half stays as it
/// is.
#[must_use]
pub fn shortened(notes: &[HistoryNote]) -> Vec<HistoryNote> {
    let (older, newer) = notes.split_at(notes.len() / 2);
    let mut kept = Ledger::new(older).checkpoint();
    kept.extend_from_slice(newer);
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::TimeDelta;

    use super::*;
    use crate::model::archive::{
        ArchiveDigest, ArchiveName, ArchiveTimestamp, BackupName, Compression, Grade,
    };
    use crate::model::archive::{FileChange, SourceProfile};
    use crate::model::history::anomaly::Anomaly;
    use crate::model::history::archive_sum::ArchiveSum;
    use crate::model::history::drill_receipt::DrillReceipt;
    use crate::model::history::drill_report::{DifferenceKind, DrillReport};
    use crate::model::history::owed_hook::OwedHook;
    use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
    use crate::model::history::verification::{Flaw, Verification};
    use crate::model::schedule::ScheduleEntry;
    use crate::testing::at;
    use crate::time::Moment;

    const ENTRIES: [&str; 3] = ["docs;16:07;docs", "music;03:00;music", "docs;20:00;docs"];

    /// Numbers that look like chance and are the same each time.
    struct Dice(u64);

    impl Dice {
        fn throw(&mut self, sides: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % sides
        }
    }

    /// What stands, and what was set aside.
    #[derive(Default)]
    struct Shelf {
        standing: HashMap<String, Moment>,
        aside: Vec<String>,
    }

    impl Shelf {
        /// Puts the archive of a run in its place, and returns what the one before is called then, if it is kept.
        fn take_in(&mut self, run: &RunRecord, keeps: bool) -> Option<String> {
            let archive = run.archive.as_ref()?;
            let before = self.standing.insert(archive.clone(), run.made_for())?;
            let name = ArchiveName::parse(archive)?;
            let aside = name.stamped(ArchiveTimestamp::of(before)).to_string();
            let is_kept = keeps && name.grade == Grade::Complete && !self.aside.contains(&aside);
            is_kept.then(|| {
                self.aside.push(aside.clone());
                aside
            })
        }
    }

    /// A history of some months in which clocks are ahead now and then, runs fail, and services die.
    #[expect(clippy::too_many_lines, reason = "one history, drawn note by note")]
    fn history(seed: u64) -> (Vec<HistoryNote>, Moment) {
        let mut shelf = Shelf::default();
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (mut notes, mut now) = (Vec::new(), at("2026-01-01 00:00"));
        let mut late: HashMap<String, RunRecord> = HashMap::new();
        for count in 0..40 + dice.throw(60) {
            now += TimeDelta::hours(i64::try_from(dice.throw(30)).unwrap());
            let entry = ENTRIES[usize::try_from(dice.throw(3)).unwrap()].to_owned();
            let ahead = if dice.throw(12) == 0 { TimeDelta::days(3650) } else { TimeDelta::zero() };
            let written = now + ahead;
            let planned = (dice.throw(6) > 0).then(|| written - TimeDelta::minutes(3));
            let key = RunKey { entry: entry.clone(), planned };
            if dice.throw(10) == 0 {
                notes.push(HistoryNote::Adopted { entry, since: written, at: written });
                continue;
            }
            if dice.throw(12) == 0 {
                notes.push(HistoryNote::Found(found(&key.entry, now - TimeDelta::hours(40), count)));
                continue;
            }
            if let Some(mut run) = late.remove(&entry) {
                run.set_aside = shelf.take_in(&run, dice.throw(4) < 3);
                notes.push(HistoryNote::Ended(run));
            }
            notes.push(HistoryNote::Began { key: key.clone(), at: written });
            notes.extend(some_hooks(count, &key, written));
            let mut run = some_run(&mut dice, key, written);
            let sum = run.sha256.map_or(0, |sum| sum[0]);
            let drilled_sum = if dice.throw(4) == 0 { 255 } else { sum };
            match dice.throw(8) {
                0 => {}
                1 => notes.push(HistoryNote::Sealed(run)),
                // Its process died before it could note that, and another does so before the entry's next run.
                2 => drop(late.insert(entry.clone(), run)),
                _ => {
                    run.set_aside = shelf.take_in(&run, dice.throw(4) < 3);
                    notes.push(HistoryNote::Ended(run));
                }
            }
            if dice.throw(12) == 0 {
                let name = if dice.throw(2) == 0 { "docs" } else { "music" };
                notes.push(HistoryNote::Accepted { name: name.to_owned(), at: written });
            }
            if dice.throw(3) == 0 {
                notes.extend(some_verification(&mut dice, &notes).map(HistoryNote::Verified));
            }
            notes.extend(some_sum(&mut dice, &notes).map(HistoryNote::Summed));
            if dice.throw(4) == 0 {
                notes.push(HistoryNote::Drilled(some_drill(&mut dice, &entry, (now, written), drilled_sum)));
            }
            if shelf.aside.len() > 5 {
                let archive = shelf.aside.remove(usize::try_from(dice.throw(5)).unwrap());
                notes.push(HistoryNote::Pruned { archive, at: written });
            }
        }
        (notes, now)
    }

    /// Hooks that begin, and hooks that end. They throw no dice, so that the rest is as it would be without them.
    fn some_hooks(count: u64, key: &RunKey, at: Moment) -> impl Iterator<Item = HistoryNote> {
        let hook = OwedHook { key: key.clone(), hook: count.to_string(), at };
        let began = count.is_multiple_of(4).then_some(HistoryNote::HookBegan(hook));
        let ended = (count % 7 < 2).then(|| HistoryNote::HookEnded { key: key.clone(), at });
        began.into_iter().chain(ended)
    }

    fn some_run(dice: &mut Dice, key: RunKey, began: Moment) -> RunRecord {
        let name = crate::model::history::run_record::name_in(&key.entry);
        let (outcome, archive) = match dice.throw(5) {
            // Some fail once their archive stands.
            0 => (Outcome::Failed, (dice.throw(2) == 0).then(|| format!("{name}.tar"))),
            1 => (Outcome::Incomplete, Some(format!("{name}.incomplete.tar"))),
            2 => (Outcome::Interrupted, None),
            _ => (Outcome::Done, Some(format!("{name}.tar"))),
        };
        // What hasn't changed has the same bytes each time.
        let sum = u8::try_from(dice.throw(4)).unwrap();
        let bare = RunRecord::without_archive(key, outcome, began, began + TimeDelta::minutes(1));
        let (entries, profile) = (10 + dice.throw(60), Some(some_profile(dice)));
        let is_suspicious = outcome == Outcome::Done && dice.throw(8) == 0;
        let anomalies = is_suspicious.then_some(Anomaly::EntriesLost { before: 90, now: entries });
        let anomalies = anomalies.into_iter().collect();
        let kept_by_hold = dice.throw(3) == 0;
        // Nobody has read what was taken over.
        let sha256 = (dice.throw(3) > 0).then_some([sum; 32]);
        let finished = archive.as_ref().map(|_| began + TimeDelta::minutes(1));
        RunRecord { archive, finished, sha256, entries, profile, anomalies, kept_by_hold, ..bare }
    }

    fn some_profile(dice: &mut Dice) -> SourceProfile {
        let mut profile = SourceProfile::begin(dice.throw(5) > 0);
        for _ in 0..dice.throw(30) {
            let is_changed = dice.throw(3) == 0;
            profile.add(7, if is_changed { FileChange::Contents } else { FileChange::None }, b"");
        }
        profile
    }

    /// An archive of that entry that nobody knows: the one under its name, or an older one.
    fn found(entry: &str, finished: Moment, count: u64) -> RunRecord {
        let name: BackupName = crate::model::history::run_record::name_in(entry).parse().unwrap();
        let newest = name.archive(Grade::Complete, Compression::None);
        let archive = if count.is_multiple_of(2) {
            newest.clone()
        } else {
            newest.stamped(ArchiveTimestamp::of(finished))
        };
        let key = RunKey { entry: entry.to_owned(), planned: None };
        let bare = RunRecord::without_archive(key, Outcome::Done, finished, finished);
        RunRecord { archive: Some(archive.to_string()), ..bare }
    }

    /// Some began before the run ended, and some are of a clock that is right again.
    fn some_drill(dice: &mut Dice, entry: &str, (now, written): (Moment, Moment), sum: u8) -> DrillReceipt {
        let clock = if dice.throw(6) == 0 { now } else { written };
        let at = clock + TimeDelta::minutes(i64::try_from(dice.throw(4)).unwrap() - 1);
        let is_changed = dice.throw(6) == 0;
        drilled(entry, at, (sum, is_changed), dice.throw(3) == 0)
    }

    /// A verify of what one of the runs made.
    fn some_verification(dice: &mut Dice, notes: &[HistoryNote]) -> Option<Verification> {
        let run = |note: &HistoryNote| match note {
            HistoryNote::Ended(run) | HistoryNote::Found(run) => Some(run.clone()),
            _ => None,
        };
        let made: Vec<_> = notes.iter().filter_map(run).filter(|run| run.archive.is_some()).collect();
        // Of the last ones, some are verified twice.
        let back = usize::try_from(dice.throw(6)).unwrap() + 1;
        let run = made.get(made.len().checked_sub(back)?)?;
        let flaw = (dice.throw(2) == 0).then(|| Flaw::Changed(run.ended.to_string()));
        let (key, archive) = (run.key.clone(), run.archive.clone()?);
        Some(Verification { key, began: run.began, archive, at: run.ended, flaw })
    }

    /// The sum of what one of the last runs made, if it has none yet.
    fn some_sum(dice: &mut Dice, notes: &[HistoryNote]) -> Option<ArchiveSum> {
        let back = usize::try_from(dice.throw(12)).unwrap();
        let HistoryNote::Ended(run) = notes.iter().rev().nth(back)? else { return None };
        let (key, archive) = (run.key.clone(), run.archive.clone().filter(|_| run.sha256.is_none())?);
        Some(ArchiveSum { key, began: run.began, archive, at: run.ended, sha256: [7; 32] })
    }

    fn drilled(entry: &str, at: Moment, (sum, is_changed): (u8, bool), passes: bool) -> DrillReceipt {
        let mut report = DrillReport::new(ArchiveDigest { archive_bytes: 1, sha256: [sum; 32] });
        (!passes).then(|| report.add("letter".to_owned(), DifferenceKind::Missing));
        let key = RunKey { entry: entry.to_owned(), planned: None };
        let known = [if is_changed { 254 } else { sum }; 32];
        let archive = format!("{}.tar", crate::model::history::run_record::name_in(entry));
        DrillReceipt::new(key, archive, &report, &[known], (at, at))
    }

    /// Checks that the same follows from a history when it is shortened, and when all of it becomes a checkpoint.
    #[track_caller]
    fn check(notes: &[HistoryNote], now: Moment, what: &str) {
        let long = Ledger::new(notes);
        compare(&Ledger::new(&shortened(notes)), &long, now, what);
        let again = Ledger::new(&long.checkpoint());
        compare(&again, &long, now, &format!("{what}, a checkpoint"));
        // These may get fewer: they say something only beside others that are gone.
        let lasting = |ledger: &Ledger| {
            let may_go = |note: &HistoryNote| match note {
                HistoryNote::Adopted { .. } | HistoryNote::Began { .. } => true,
                HistoryNote::Drilled(drill) => drill.passed(),
                _ => false,
            };
            ledger.checkpoint().into_iter().filter(|note| !may_go(note)).collect::<Vec<_>>()
        };
        assert_eq!(lasting(&again), lasting(&long), "{what}, a checkpoint of it");
    }

    #[track_caller]
    fn compare(short: &Ledger, long: &Ledger, now: Moment, what: &str) {
        for identity in ENTRIES {
            for later in [0, 1, 400].map(|days| now + TimeDelta::days(days)) {
                let expected = long.settled(identity, later);
                assert_eq!(short.settled(identity, later), expected, "{what}: {identity}, {later}");
                if let Some(settled) = expected {
                    let begun = long.begun_since(identity, settled, later);
                    let is = short.begun_since(identity, settled, later);
                    assert_eq!(is, begun, "{what}: {identity}, {later}");
                }
            }
            assert_eq!(short.knows(identity), long.knows(identity), "{what}: {identity}");
            let adopted = long.adopted_since(identity, now);
            assert_eq!(short.adopted_since(identity, now), adopted, "{what}: {identity}");
            let entry: ScheduleEntry = identity.parse().unwrap();
            assert_eq!(short.last_run(&entry), long.last_run(&entry), "{what}");
            assert_eq!(short.last_drill(&entry), long.last_drill(&entry), "{what}");
            assert_eq!(short.under_way_since(&entry), long.under_way_since(&entry), "{what}: {identity}");
            let by_hand = long.unfinished_by_hand(&entry);
            assert_eq!(short.unfinished_by_hand(&entry), by_hand, "{what}: {identity}");
            compare_archives(short, long, &entry, what);
        }
        assert_eq!(short.unfinished(), long.unfinished(), "{what}");
        assert_eq!(short.unsummed(), long.unsummed(), "{what}");
        assert!(short.owed_hooks().eq(long.owed_hooks()), "{what}");
    }

    #[track_caller]
    fn compare_archives(short: &Ledger, long: &Ledger, entry: &ScheduleEntry, what: &str) {
        let standing = |ledger: &Ledger| {
            let standing = ledger.current_archives(entry.name());
            (standing.complete.cloned(), standing.incomplete.cloned())
        };
        assert_eq!(standing(short), standing(long), "{what}");
        assert_eq!(short.baseline(entry.name()), long.baseline(entry.name()), "{what}");
        assert_eq!(short.has_made(entry.name()), long.has_made(entry.name()), "{what}");
        assert_eq!(short.generations(entry.name()), long.generations(entry.name()), "{what}");
        for (archive, run) in long.generations(entry.name()) {
            let failed = long.has_failed_drill(run);
            assert_eq!(short.has_failed_drill(run), failed, "{what}: {archive}");
            assert_eq!(short.flaw_of(run), long.flaw_of(run), "{what}: {archive}");
            assert_eq!(short.sha256_of(run), long.sha256_of(run), "{what}: {archive}");
            if let Some(drill) = long.last_drill(entry) {
                let is_it = long.is_drill_of(drill, run);
                assert_eq!(short.is_drill_of(drill, run), is_it, "{what}: {archive}");
            }
        }
    }

    #[test]
    fn the_same_follows_from_a_shorter_history() {
        for seed in 0..250 {
            let (notes, now) = history(seed);
            check(&notes, now, &format!("seed {seed}"));
            check(&shortened(&notes), now, &format!("seed {seed}, shortened twice"));
        }
    }

    #[test]
    fn an_older_archive_that_is_found_settles_nothing_anew() {
        let done = |day: &str| {
            let key = RunKey { entry: ENTRIES[0].to_owned(), planned: Some(at(day)) };
            HistoryNote::Ended(RunRecord::without_archive(key, Outcome::Done, at(day), at(day)))
        };
        let older = HistoryNote::Found(found(ENTRIES[0], at("2026-01-17 16:07"), 0));
        let mut notes = vec![done("2026-01-09 16:07"), done("2026-01-20 16:07"), older];
        let pruned = || HistoryNote::Pruned { archive: "old.tar".to_owned(), at: at("2026-01-20 16:08") };
        notes.extend(std::iter::repeat_with(pruned).take(20));
        check(&notes, at("2026-01-20 17:00"), "once");
        check(&shortened(&notes), at("2026-01-20 17:00"), "twice");
    }

    /// A run that was planned for when it began, and may have made an archive that exists still.
    fn ended(began: &str, outcome: Outcome, archive: Option<&str>) -> HistoryNote {
        let key = RunKey { entry: ENTRIES[0].to_owned(), planned: Some(at(began)) };
        let bare = RunRecord::without_archive(key, outcome, at(began), at(began));
        HistoryNote::Ended(RunRecord { archive: archive.map(str::to_owned), ..bare })
    }

    #[track_caller]
    fn check_settled(notes: &[HistoryNote], now: &str, expected: &str) {
        for notes in [shortened(notes), Ledger::new(notes).checkpoint()] {
            let settled = Ledger::new(&notes).settled(ENTRIES[0], at(now));
            assert_eq!(settled, Some(at(expected)), "{notes:#?}");
        }
    }

    #[test]
    fn what_a_clock_that_was_ahead_has_settled_stays_a_lie() {
        let failed = |began: &str| ended(began, Outcome::Failed, None);
        let ahead = ended("2036-01-03 16:07", Outcome::Done, Some("docs.tar"));
        let mut notes = vec![failed("2026-01-01 16:07"), failed("2026-01-02 16:07"), ahead];
        notes.extend((3..28).map(|day| failed(&format!("2026-01-{day:02} 16:07"))));
        check_settled(&notes, "2036-01-04 12:00", "2026-01-27 16:07");
    }

    #[test]
    fn what_was_settled_stays_so_whatever_was_noted_since() {
        let adopted = |since: &str, written: &str| {
            let (entry, since) = (ENTRIES[0].to_owned(), at(since));
            HistoryNote::Adopted { entry, since, at: at(written) }
        };
        let notes = [
            ended("2026-01-01 16:07", Outcome::Failed, None),
            ended("2026-01-05 16:07", Outcome::Failed, None),
            adopted("2026-01-02 00:00", "2026-01-05 17:00"),
            adopted("2026-01-03 00:00", "2026-01-05 18:00"),
            ended("2026-01-06 16:07", Outcome::Interrupted, None),
        ];
        check_settled(&notes, "2026-01-06 17:00", "2026-01-05 16:07");
    }

    /// Shows the notes of a checkpoint, to the nanosecond and with their offsets.
    fn shown(notes: &[HistoryNote]) -> Vec<String> {
        let shown = |note: &HistoryNote| match note {
            HistoryNote::Adopted { since, at, .. } => format!("adopted {since:?} {at:?}"),
            HistoryNote::Began { at, .. } => format!("began {at:?}"),
            HistoryNote::Ended(run) => format!("ended {:?} {:?}", run.made_for(), run.began),
            note => format!("{note:?}"),
        };
        Ledger::new(notes).checkpoint().iter().map(shown).collect()
    }

    #[test]
    fn moments_stay_as_they_are() {
        let entry = || ENTRIES[0].to_owned();
        let (since, written) = (at("2026-01-01T10:00:00+05:30"), at("2026-01-01T10:00:00.000000001+05:30"));
        let failed = |planned: &str, began: &str| {
            let key = RunKey { entry: entry(), planned: Some(at(planned)) };
            HistoryNote::Ended(RunRecord::without_archive(key, Outcome::Failed, at(began), at(began)))
        };
        let notes = [
            HistoryNote::Adopted { entry: entry(), since, at: written },
            failed("2026-01-01T16:07:00-03:30", "2026-01-01T16:07:00.999999999-03:30"),
            failed("2026-01-02T16:07:00+01:00", "2026-01-02T16:07:00.5+01:00"),
        ];
        let expected = [
            "adopted 2026-01-01T10:00:00+05:30 2026-01-01T10:00:00.000000001+05:30",
            // It settles what the run did.
            "adopted 2026-01-01T16:07:01-03:30 2026-01-01T16:07:00.999999999-03:30",
            "began 2026-01-02T16:07:00.500+01:00",
            "ended 2026-01-02T16:07:00+01:00 2026-01-02T16:07:00.500+01:00",
        ];
        assert_eq!(shown(&notes), expected);
        assert_eq!(shown(&Ledger::new(&notes).checkpoint()), expected, "once more");
    }

    #[test]
    fn a_long_history_gets_shorter_and_keeps_its_end() {
        let (mut notes, _) = history(1);
        let (more, _) = history(2);
        for _ in 0..50 {
            notes.extend(more.iter().cloned());
        }
        let short = shortened(&notes);
        assert!(short.len() < notes.len() * 6 / 10, "{} of {}", short.len(), notes.len());
        assert!(short.ends_with(&notes[notes.len() / 2..]));
    }
}
