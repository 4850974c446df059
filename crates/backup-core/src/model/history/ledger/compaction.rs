//! What must stay of a history that has grown too long.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::archive::ArchiveName;
use crate::model::history::ledger::Ledger;
use crate::model::history::ledger::made::Made;
use crate::model::history::ledger::verifications::verified;
use crate::model::history::ledger::watermarks::Mark;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::MadeBy;
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::time::Moment;

/// Returns a history of little more than half the notes, from which the same follows: what is owed, what stands, how the
/// last run and the last drill of each entry ended, what failed its last drill or verify, and what was left unfinished.
///
/// The newer half stays as it is. Not promised: what was owed at a moment more than a day before the older half ended,
/// which only a clock that is wrong by as much could ask for; whether a run of an entry is under way of which the newer
/// half tells nothing; and, once a time has come that a wrong clock had shown when it wrote the very first note, what that
/// settled.
#[must_use]
pub fn shortened(notes: &[HistoryNote]) -> Vec<HistoryNote> {
    let (older, newer) = notes.split_at(notes.len() / 2);
    let ledger = Ledger::new(older);
    let mut kept = Vec::new();
    // What a clock that was ahead has settled is told by what was written before it.
    kept.extend(ledger.marks_of_each().filter_map(|(entry, marks)| Some(adopted(entry, marks.first()?))));
    let (open, telling) = telling(older);
    let notes_at = |places: BTreeSet<usize>| places.into_iter().filter_map(|index| older.get(index)).cloned();
    kept.extend(notes_at(telling));
    for (entry, marks) in ledger.marks_of_each() {
        kept.extend(latest(marks).map(|mark| adopted(entry, mark)));
    }
    // Behind what settles: how they end tells what was a lie of that.
    kept.extend(notes_at(open));
    kept.extend(ledger.bygone(&Ledger::new(&kept)));
    kept.extend_from_slice(newer);
    kept
}

impl Ledger {
    /// Returns notes of the archives that another ledger holds for standing, and this one doesn't: the notes of their
    /// runs stayed for another reason.
    fn bygone(&self, other: &Self) -> Vec<HistoryNote> {
        let mut bygone: Vec<_> =
            other.archives.all().filter(|(archive, _)| self.archives.get(archive).is_none()).collect();
        bygone.sort_by_key(|(archive, _)| *archive);
        let pruned = |(archive, made): (&String, &Made)| HistoryNote::Pruned {
            archive: archive.clone(),
            at: made.run.began,
        };
        bygone.into_iter().map(pruned).collect()
    }

    /// Returns what settles each entry, in the order of their names.
    fn marks_of_each(&self) -> impl Iterator<Item = (&str, &[Mark])> {
        let mut entries: Vec<_> =
            self.entries.iter().map(|(entry, state)| (entry.as_str(), state.marks.all())).collect();
        entries.sort_by_key(|(entry, _)| *entry);
        entries.into_iter()
    }
}

/// Returns the last marks, and those before the last leaps of the clock: what came behind such a leap may turn out to have
/// been written by a clock that was ahead, and then they are the ones that count.
fn latest(marks: &[Mark]) -> impl Iterator<Item = &Mark> {
    let is_leap = |pair: &&[Mark]| pair[1].written > pair[0].written + LEAP;
    let before_leaps = marks.windows(2).rev().filter(is_leap).take(MOST_LEAPS).map(|pair| &pair[0]);
    let mut latest: Vec<_> = marks.iter().rev().take(2).chain(before_leaps).collect();
    latest.sort_by_key(|mark| mark.earlier);
    latest.dedup_by_key(|mark| mark.earlier);
    latest.into_iter()
}

/// A daily schedule leaves no more time between two marks, unless nothing ran.
const LEAP: TimeDelta = TimeDelta::days(2);

const MOST_LEAPS: usize = 4;

/// Returns the note that settles what a mark does.
fn adopted(entry: &str, mark: &Mark) -> HistoryNote {
    let moment = |instant: DateTime<Utc>| -> Moment { instant.fixed_offset() };
    let since = moment(mark.settled + TimeDelta::seconds(1));
    HistoryNote::Adopted { entry: entry.to_owned(), since, at: moment(mark.written) }
}

/// Returns the places of the notes that more follows from than what is settled: those of what has begun and not ended;
/// and those of the last end, the last interruption and the last drill of each entry, and of what tells of each archive
/// that stands, the last drill of one that failed any, and the last verify of one that isn't good, included. Of each drill
/// that stays, what tells which archive it was of stays, too.
fn telling(notes: &[HistoryNote]) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let mut ends: HashMap<&str, usize> = HashMap::new();
    let mut interrupted: HashMap<&str, usize> = HashMap::new();
    let mut drills: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut archives = Archives::default();
    let mut verdicts: HashMap<MadeBy, Vec<usize>> = HashMap::new();
    let mut flawed: HashMap<MadeBy, usize> = HashMap::new();
    let mut ledger = Ledger::default();
    let mut open: HashMap<&RunKey, usize> = HashMap::new();
    for (index, note) in notes.iter().enumerate() {
        ledger.take_in(note);
        match note {
            HistoryNote::Adopted { .. } | HistoryNote::Resumed { .. } => {}
            HistoryNote::Began { key, .. } => open.extend([(key, index)]),
            HistoryNote::Sealed(run) => open.extend([(&run.key, index)]),
            HistoryNote::Ended(run) => {
                open.remove(&run.key);
                ends.insert(&run.key.entry, index);
                hear_interruption(&mut interrupted, run, index);
                archives.end(run, index);
            }
            HistoryNote::Found(run) => archives.find(run, index),
            HistoryNote::Pruned { archive, .. } => archives.prune(archive, index),
            HistoryNote::Drilled(drill) => {
                let known = ledger.judged_archive(drill).into_iter().chain([drill.archive.as_str()]);
                let places: Vec<_> = known.flat_map(|archive| archives.of(archive)).chain([index]).collect();
                // That one passes says something where one failed.
                let says = |made: &MadeBy| !drill.passed() || verdicts.contains_key(made);
                let made = ledger.judged(drill).filter(says);
                verdicts.extend(made.map(|made| (made, places.clone())));
                drills.insert(&drill.key.entry, places);
            }
            HistoryNote::Verified(verification) => {
                flawed.remove(&verified(verification));
                flawed.extend(verification.flaw.iter().map(|_| (verified(verification), index)));
            }
        }
    }
    let verdicts =
        verdicts.into_iter().filter(|(made, _)| ledger.stands(made)).flat_map(|(_, places)| places);
    let flawed = flawed.into_iter().filter(|(made, _)| ledger.stands(made)).map(|(_, place)| place);
    let mut told: BTreeSet<_> = ends
        .into_values()
        .chain(interrupted.into_values())
        .chain(last_resumed(notes).into_values())
        .chain(drills.into_values().flatten())
        .chain(verdicts)
        .chain(flawed)
        .chain(archives.places())
        .collect();
    told.extend(archives.ends_of(&told));
    (open.into_values().collect(), told)
}

/// Returns the place of the note by which pruning of each name was resumed last.
fn last_resumed(notes: &[HistoryNote]) -> HashMap<&str, usize> {
    let mut resumed = HashMap::new();
    for (index, note) in notes.iter().enumerate() {
        if let HistoryNote::Resumed { name, .. } = note {
            resumed.insert(name.as_str(), index);
        }
    }
    resumed
}

/// Keeps the place of the last planned run of each entry where that was interrupted.
fn hear_interruption<'a>(interrupted: &mut HashMap<&'a str, usize>, run: &'a RunRecord, index: usize) {
    if run.key.planned.is_none() {
        return;
    }
    interrupted.remove(run.key.entry.as_str());
    interrupted.extend((run.outcome == Outcome::Interrupted).then_some((run.key.entry.as_str(), index)));
}

/// The places of the notes that tell of each archive: of the run that made it, and of the one that set it aside.
#[derive(Debug, Default)]
struct Archives {
    standing: HashMap<String, Vec<usize>>,
    /// The places of the note of each run whose archive was pruned, and of that.
    pruned: Vec<(usize, usize)>,
}

impl Archives {
    fn end(&mut self, run: &RunRecord, index: usize) {
        if let Some(aside) = &run.set_aside
            && let Some(name) = ArchiveName::parse(aside)
        {
            let before = ArchiveName { stamp: None, ..name }.to_string();
            let mut places = self.standing.remove(&before).unwrap_or_default();
            places.push(index);
            self.standing.insert(aside.clone(), places);
        }
        self.standing.extend(run.archive.iter().map(|archive| (archive.clone(), vec![index])));
    }

    fn find(&mut self, run: &RunRecord, index: usize) {
        if let Some(archive) = &run.archive {
            self.standing.entry(archive.clone()).or_insert_with(|| vec![index]);
        }
    }

    fn prune(&mut self, archive: &str, index: usize) {
        let made = self.standing.remove(archive).and_then(|places| places.first().copied());
        self.pruned.extend(made.map(|made| (made, index)));
    }

    fn of(&self, archive: &str) -> impl Iterator<Item = usize> {
        self.standing.get(archive).into_iter().flatten().copied()
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        self.standing.values().flatten().copied()
    }

    /// Returns the places of the notes that tell of the end of archives, where the note of the run stays: what is drilled
    /// later is none of these.
    fn ends_of(&self, told: &BTreeSet<usize>) -> Vec<usize> {
        self.pruned.iter().filter(|(made, _)| told.contains(made)).map(|(_, end)| *end).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::{BackupName, Compression, Grade, Seal, Stamp};
    use crate::model::history::drill_receipt::Drilled;
    use crate::model::history::drill_report::{DifferenceKind, DrillReport};
    use crate::model::history::verification::{Flaw, Verification};
    use crate::model::schedule::ScheduleEntry;
    use crate::testing::at;

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
            let aside = name.stamped(Stamp::of(before)).to_string();
            let is_kept = keeps && name.grade == Grade::Complete && !self.aside.contains(&aside);
            is_kept.then(|| {
                self.aside.push(aside.clone());
                aside
            })
        }
    }

    /// A history of some months in which clocks are ahead now and then, runs fail, and services die.
    fn history(seed: u64) -> (Vec<HistoryNote>, Moment) {
        let mut shelf = Shelf::default();
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (mut notes, mut now) = (Vec::new(), at("2026-01-01 00:00"));
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
            notes.push(HistoryNote::Began { key: key.clone(), at: written });
            let name = key.entry.rsplit(';').next().unwrap().to_owned();
            let (outcome, archive) = match dice.throw(5) {
                // Some fail once their archive stands.
                0 => (Outcome::Failed, (dice.throw(2) == 0).then(|| format!("{name}.tar"))),
                1 => (Outcome::Incomplete, Some(format!("{name}.incomplete.tar"))),
                2 => (Outcome::Interrupted, None),
                _ => (Outcome::Done, Some(format!("{name}.tar"))),
            };
            let bare = RunRecord::without_archive(key, outcome, written, written + TimeDelta::minutes(1));
            // What hasn't changed has the same bytes each time.
            let sum = u8::try_from(dice.throw(4)).unwrap();
            let mut run = RunRecord { archive, sha256: Some([sum; 32]), ..bare };
            let drilled_sum = if dice.throw(4) == 0 { 255 } else { sum };
            match dice.throw(8) {
                0 => {}
                1 => notes.push(HistoryNote::Sealed(run)),
                _ => {
                    run.set_aside = shelf.take_in(&run, dice.throw(4) < 3);
                    notes.push(HistoryNote::Ended(run));
                }
            }
            if dice.throw(3) == 0 {
                notes.extend(some_verification(&mut dice, &notes).map(HistoryNote::Verified));
            }
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

    /// An archive of that entry of which nobody knows, one under its name or an older one.
    fn found(entry: &str, finished: Moment, count: u64) -> RunRecord {
        let name: BackupName = crate::model::history::run_record::name_in(entry).parse().unwrap();
        let newest = name.archive(Grade::Complete, Compression::None);
        let archive =
            if count.is_multiple_of(2) { newest.clone() } else { newest.stamped(Stamp::of(finished)) };
        let key = RunKey { entry: entry.to_owned(), planned: None };
        let bare = RunRecord::without_archive(key, Outcome::Done, finished, finished);
        RunRecord { archive: Some(archive.to_string()), ..bare }
    }

    /// Some began before the run ended, and some are of a clock that is right again.
    fn some_drill(dice: &mut Dice, entry: &str, (now, written): (Moment, Moment), sum: u8) -> Drilled {
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

    fn drilled(entry: &str, at: Moment, (sum, is_changed): (u8, bool), passes: bool) -> Drilled {
        let mut report = DrillReport::new(Seal { archive_bytes: 1, sha256: [sum; 32] });
        (!passes).then(|| report.add("letter".to_owned(), DifferenceKind::Missing));
        let key = RunKey { entry: entry.to_owned(), planned: None };
        let known = [if is_changed { 254 } else { sum }; 32];
        let archive = format!("{}.tar", crate::model::history::run_record::name_in(entry));
        Drilled::new(key, archive, &report, &[known], (at, at))
    }

    fn check(notes: &[HistoryNote], now: Moment, what: &str) {
        let short = shortened(notes);
        let (long, short) = (Ledger::new(notes), Ledger::new(&short));
        for entry in ENTRIES {
            for later in [0, 1, 400].map(|days| now + TimeDelta::days(days)) {
                let expected = long.settled(entry, later);
                assert_eq!(short.settled(entry, later), expected, "{what}: {entry}, {later}");
                if let Some(settled) = expected {
                    let begun = long.begun_since(entry, settled, later);
                    assert_eq!(short.begun_since(entry, settled, later), begun, "{what}: {entry}, {later}");
                }
            }
            let entry: ScheduleEntry = entry.parse().unwrap();
            assert_eq!(short.last_run(&entry), long.last_run(&entry), "{what}");
            assert_eq!(short.last_drill(&entry), long.last_drill(&entry), "{what}");
            if tells_of_runs(&notes[notes.len() / 2..], &entry.identity()) {
                assert_eq!(short.under_way_since(&entry), long.under_way_since(&entry), "{what}");
            }
            let standing = |ledger: &Ledger| {
                let standing = ledger.standing(entry.name());
                (standing.complete.cloned(), standing.incomplete.cloned())
            };
            assert_eq!(standing(&short), standing(&long), "{what}");
            assert_eq!(short.generations(entry.name()), long.generations(entry.name()), "{what}");
            for (archive, run) in long.generations(entry.name()) {
                let failed = long.has_failed_drill(run);
                assert_eq!(short.has_failed_drill(run), failed, "{what}: {archive}");
                assert_eq!(short.flaw_of(run), long.flaw_of(run), "{what}: {archive}");
                if let Some(drill) = long.last_drill(&entry) {
                    let is_it = long.is_drill_of(drill, run);
                    assert_eq!(short.is_drill_of(drill, run), is_it, "{what}: {archive}");
                }
            }
        }
        assert_eq!(short.unfinished(), long.unfinished(), "{what}");
    }

    fn tells_of_runs(notes: &[HistoryNote], identity: &str) -> bool {
        notes.iter().any(|note| match note {
            HistoryNote::Began { key, .. } => key.entry == identity,
            HistoryNote::Ended(run) => run.key.entry == identity,
            _ => false,
        })
    }

    #[test]
    fn the_same_follows_from_a_shorter_history() {
        for seed in 0..500 {
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
