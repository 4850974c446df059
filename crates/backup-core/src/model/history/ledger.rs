//! What follows from the history: what is settled, what stands, and what was left unfinished.

mod archives;
mod compaction;
mod current;
mod drills;
mod extremes;
mod made;
mod timeline;
mod verifications;
mod watermarks;

pub use crate::model::history::ledger::compaction::shortened;
pub use crate::model::history::ledger::current::Standing;
pub use crate::model::history::ledger::timeline::{Reading, Timeline};
pub use crate::model::history::ledger::watermarks::LARGEST_STEP_BACK;

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use crate::model::archive::{ArchiveName, Grade};
use crate::model::history::drill_receipt::Drilled;
use crate::model::history::ledger::archives::StandingArchives;
use crate::model::history::ledger::made::Made;
use crate::model::history::ledger::timeline::Timelines;
use crate::model::history::ledger::watermarks::Marks;
use crate::model::history::note::{HistoryNote, believed_adoption};
use crate::model::history::run_record::MadeBy;
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::model::history::verification::Verification;
use crate::model::schedule::ScheduleEntry;
use crate::time::Moment;

/// What the history says of every entry. Taking in a note twice changes nothing.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: HashMap<String, EntryState>,
    /// The newest run that made each archive, by its file name.
    archives: StandingArchives,
    /// The archives whose last drill failed, gone ones included.
    failed_drills: HashSet<MadeBy>,
    /// The archives that the last verify found something wrong with, gone ones included.
    flawed: HashMap<MadeBy, Verification>,
    made_archives: u64,
    timelines: Timelines,
    /// How many notes said since when an entry counts.
    adoptions: u64,
    unfinished: HashMap<RunKey, Unfinished>,
}

/// A run of which no end is known: it is under way, or its process died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Which.
    pub key: RunKey,
    /// When it began.
    pub began: Moment,
    /// How it ended, if its archive has taken its place.
    pub sealed: Option<RunRecord>,
}

#[derive(Debug, Default)]
struct EntryState {
    marks: Marks,
    last_run: Option<RunRecord>,
    last_drill: Option<Drilled>,
    under_way_since: Option<Moment>,
    /// What the planned run was for that began last, unless it has ended in another way than by an interruption.
    begun: Option<Moment>,
    /// What such notes said of this entry: since when it counts, and when that was written.
    adopted: HashSet<(Moment, Moment)>,
    /// How many of such notes there were when the last one was about this entry, it included.
    last_adoption: u64,
}

impl Ledger {
    /// Reads the notes, oldest first.
    pub fn new<'a>(notes: impl IntoIterator<Item = &'a HistoryNote>) -> Self {
        let mut ledger = Self::default();
        notes.into_iter().for_each(|note| ledger.take_in(note));
        ledger
    }

    /// Takes in one more note.
    pub fn take_in(&mut self, note: &HistoryNote) {
        match note {
            HistoryNote::Adopted { entry, since, at } => self.adopt(entry, *since, *at),
            HistoryNote::Began { key, at } => {
                let state = self.state(&key.entry);
                state.under_way_since = Some(*at);
                state.begun = key.planned.or(state.begun);
                state.marks.begin(key);
                let unfinished = Unfinished { key: key.clone(), began: *at, sealed: None };
                self.unfinished.insert(key.clone(), unfinished);
            }
            HistoryNote::Sealed(run) => {
                let (key, sealed) = (run.key.clone(), Some(run.clone()));
                let state = self.state(&run.key.entry);
                state.begun = key.planned.or(state.begun);
                state.marks.see_running(&key);
                self.unfinished.insert(key.clone(), Unfinished { key, began: run.began, sealed });
            }
            HistoryNote::Ended(run) => {
                self.unfinished.remove(&run.key);
                let state = self.state(&run.key.entry);
                state.under_way_since = None;
                state.last_run = Some(run.clone());
                if run.key.planned.is_some() {
                    state.begun = run.key.planned.filter(|_| run.outcome == Outcome::Interrupted);
                }
                state.marks.end(run);
                self.set_aside(run);
                if let Some(archive) = &run.archive {
                    self.made_archives += 1;
                    if run.outcome.is_good() {
                        self.timelines.take_in(run, self.made_archives);
                    }
                    let made = Made { run: run.clone(), order: self.made_archives };
                    self.archives.insert(archive, made);
                }
            }
            HistoryNote::Found(run) => self.find(run),
            HistoryNote::Pruned { archive, .. } => drop(self.archives.remove(archive)),
            HistoryNote::Resumed { name, .. } => self.timelines.resume(name, self.made_archives),
            HistoryNote::Drilled(drill) => {
                self.state(&drill.key.entry).last_drill = Some(drill.clone());
                self.judge_by(drill);
            }
            HistoryNote::Verified(verification) => self.hear_of(verification),
        }
    }

    fn adopt(&mut self, entry: &str, since: Moment, at: Moment) {
        let adoption = self.adoptions + 1;
        let state = self.state(entry);
        // What this process could not write is heard of once it could, and is none that came since.
        let is_new = state.adopted.insert((since, at));
        if is_new {
            state.last_adoption = adoption;
        }
        // The first moment that counts must not be settled itself.
        state.marks.adopt(since - TimeDelta::seconds(1), at);
        self.adoptions += u64::from(is_new);
    }

    /// Takes in notes that were taken in before, as far as what follows from them can tell: the history was shortened.
    /// None of them counts as one that an entry was adopted by since.
    pub(crate) fn take_in_again(&mut self, notes: &[HistoryNote]) {
        let adopted = |(entry, state): (&String, &EntryState)| (entry.clone(), state.last_adoption);
        let before: HashMap<_, _> = self.entries.iter().map(adopted).collect();
        let adoptions = self.adoptions;
        notes.iter().for_each(|note| self.take_in(note));
        self.adoptions = adoptions;
        for (entry, state) in &mut self.entries {
            state.last_adoption = before.get(entry).copied().unwrap_or_default();
        }
    }

    /// Whoever knows what made the archive knows better.
    fn find(&mut self, run: &RunRecord) {
        let Some(name) = run.archive.as_deref().and_then(ArchiveName::parse) else { return };
        if name.stamp.is_none() && name.grade == Grade::Complete {
            self.state(&run.key.entry).marks.find(run.ended);
        }
        if name.grade == Grade::Complete {
            self.timelines.take_in(run, 0);
        }
        let file_name = name.to_string();
        if self.archives.get(&file_name).is_none() {
            self.archives.insert(&file_name, Made { run: run.clone(), order: 0 });
        }
    }

    /// The archive that stood before goes on under another name.
    fn set_aside(&mut self, run: &RunRecord) {
        let Some(aside) = &run.set_aside else { return };
        let Some(name) = ArchiveName::parse(aside) else { return };
        let Some(stamp) = name.stamp else { return };
        let before = ArchiveName { stamp: None, ..name };
        let Some(made) = self.archives.remove(&before.to_string()) else { return };
        // Of a shortened history the run before may be gone, and what is left must not pass for it. Taken in twice, it
        // is there already.
        if stamp.is_of(made.run.made_for()) && self.archives.get(aside).is_none() {
            self.archives.insert(aside, made);
        }
    }

    fn state(&mut self, entry: &str) -> &mut EntryState {
        self.entries.entry(entry.to_owned()).or_default()
    }

    /// Returns the moment up to which nothing is owed by this entry, or `None` when nothing is known of it.
    ///
    /// Notes from a clock that was far ahead are passed over: those written more than [`LARGEST_STEP_BACK`] after now,
    /// and those that stand out by as much between an older note and a newer one. A clock that was behind for a while
    /// takes nothing from the notes before it.
    #[must_use]
    pub fn settled(&self, entry: &str, now: Moment) -> Option<Moment> {
        self.entries.get(entry)?.marks.settled(now)
    }

    /// Returns what the entry's last planned run was for, if that began and was never made, neither is it `settled` nor
    /// does it lie ahead: its process died, or it was ended before it was done.
    #[must_use]
    pub fn begun_since(&self, entry: &str, settled: Moment, now: Moment) -> Option<Moment> {
        self.entries.get(entry)?.begun.filter(|planned| *planned > settled && *planned <= now)
    }

    /// Returns how many notes said since when an entry counts: to ask later which were
    /// [adopted since](Self::is_adopted_since).
    #[must_use]
    pub fn adoptions(&self) -> u64 {
        self.adoptions
    }

    /// Returns whether a note says since when the entry counts, and that note came later than so many others: whatever
    /// clocks said.
    #[must_use]
    pub fn is_adopted_since(&self, entry: &str, adoptions: u64) -> bool {
        self.entries.get(entry).is_some_and(|entry| entry.last_adoption > adoptions)
    }

    /// Returns how the entry's last run ended.
    #[must_use]
    pub fn last_run(&self, entry: &ScheduleEntry) -> Option<&RunRecord> {
        self.entries.get(&entry.identity())?.last_run.as_ref()
    }

    /// Returns the receipt of the entry's last drill.
    #[must_use]
    pub fn last_drill(&self, entry: &ScheduleEntry) -> Option<&Drilled> {
        self.entries.get(&entry.identity())?.last_drill.as_ref()
    }

    /// Returns since when a run of the entry is under way, as far as the notes tell: a run whose process died looks
    /// the same.
    #[must_use]
    pub fn under_way_since(&self, entry: &ScheduleEntry) -> Option<Moment> {
        self.entries.get(&entry.identity())?.under_way_since
    }

    /// Returns since when the notes say that an entry counts, if they do; see [`HistoryNote::adoption_of`].
    #[must_use]
    pub fn adopted_since(&self, entry: &str, now: Moment) -> Option<Moment> {
        let adopted = self.entries.get(entry)?.adopted.iter();
        adopted.filter_map(|(since, at)| believed_adoption(*since, *at, now)).max()
    }

    /// Returns whether any note tells of this entry.
    #[must_use]
    pub fn knows(&self, entry: &str) -> bool {
        self.entries.contains_key(entry)
    }

    /// Returns the runs of which no end is known, those that began first before others.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        let mut unfinished: Vec<_> = self.unfinished.values().cloned().collect();
        unfinished.sort_by_key(|run| (run.began, run.key.entry.clone(), run.key.planned));
        unfinished
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    const DOCS: &str = "docs;16:07;docs";
    const MUSIC: &str = "music;16:07;music";

    fn adopted(since: &str, written: &str) -> HistoryNote {
        HistoryNote::Adopted { entry: DOCS.to_owned(), since: at(since), at: at(written) }
    }

    fn began(planned: &str) -> HistoryNote {
        HistoryNote::Began { key: key(DOCS, Some(planned)), at: at(planned) }
    }

    fn key(entry: &str, planned: Option<&str>) -> RunKey {
        RunKey { entry: entry.to_owned(), planned: planned.map(at) }
    }

    /// A run of `docs` that began in the minute it was planned for, as far as its clock knew.
    fn ended(planned: &str, outcome: Outcome) -> HistoryNote {
        HistoryNote::Ended(run(DOCS, Some(planned), planned, outcome))
    }

    fn run(entry: &str, planned: Option<&str>, began: &str, outcome: Outcome) -> RunRecord {
        let is_made = matches!(outcome, Outcome::Done | Outcome::Torn | Outcome::Incomplete);
        let name = if outcome == Outcome::Incomplete { "docs.incomplete.tar" } else { "docs.tar" };
        RunRecord {
            key: key(entry, planned),
            missed_runs: 0,
            began: at(began),
            ended: at(began) + TimeDelta::seconds(30),
            outcome,
            archive: is_made.then(|| name.to_owned()),
            set_aside: None,
            archive_bytes: 0,
            sha256: None,
            entries: 0,
            excluded_entries: 0,
            problems: Vec::new(),
            real_source: None,
        }
    }

    #[track_caller]
    fn check_settled(notes: &[HistoryNote], now: &str, expected: Option<&str>) {
        assert_eq!(Ledger::new(notes).settled(DOCS, at(now)), expected.map(at), "{notes:#?}");
    }

    #[test]
    fn taking_in_the_notes_twice_changes_nothing() {
        let notes = [
            adopted("2026-05-01 00:00", "2026-05-01 12:00"),
            ended("2036-01-01 16:07", Outcome::Done),
            began("2026-05-03 16:07"),
            ended("2026-05-03 16:07", Outcome::Done),
            began("2026-05-04 16:07"),
        ];
        let once = Ledger::new(&notes);
        let twice = Ledger::new(notes.iter().chain(&notes));
        for now in ["2026-05-02 00:00", "2026-05-04 12:00", "2026-05-06 12:00", "2036-01-02 12:00"] {
            assert_eq!(twice.settled(DOCS, at(now)), once.settled(DOCS, at(now)), "{now}");
        }
        let docs: ScheduleEntry = DOCS.parse().unwrap();
        assert_eq!(twice.last_run(&docs), once.last_run(&docs));
        assert_eq!(twice.under_way_since(&docs), once.under_way_since(&docs));
        assert_eq!(complete_entries(&twice, "docs"), complete_entries(&once, "docs"));
    }

    #[test]
    fn an_adoption_that_is_heard_of_once_more_is_none_that_came_since() {
        let note = adopted("2026-05-01 00:00", "2026-05-01 12:00");
        let mut ledger = Ledger::new([&note]);
        let before = ledger.adoptions();
        ledger.take_in(&note);
        assert!(!ledger.is_adopted_since(DOCS, before));
        ledger.take_in(&adopted("2026-05-02 00:00", "2026-05-02 12:00"));
        assert!(ledger.is_adopted_since(DOCS, before));
    }

    #[test]
    fn nothing_is_known_of_an_entry_without_notes() {
        check_settled(&[], "2026-05-04 12:00", None);
        let other =
            HistoryNote::Ended(run(MUSIC, Some("2026-05-03 16:07"), "2026-05-03 16:07", Outcome::Done));
        check_settled(&[other], "2026-05-04 12:00", None);
        check_settled(&[began("2026-05-03 16:07")], "2026-05-04 12:00", None);
    }

    #[test]
    fn the_first_moment_of_an_adopted_entry_is_still_owed() {
        let notes = [adopted("2026-05-04 18:21", "2026-05-04 18:21:30")];
        check_settled(&notes, "2026-05-04 18:22", Some("2026-05-04 18:20:59"));
    }

    #[test]
    fn every_outcome_but_an_interruption_settles_its_moment() {
        for (outcome, settles) in [
            (Outcome::Done, true),
            (Outcome::Torn, true),
            (Outcome::Incomplete, true),
            (Outcome::Failed, true),
            (Outcome::Skipped, true),
            (Outcome::Interrupted, false),
        ] {
            let notes = [ended("2026-05-03 16:07", Outcome::Done), ended("2026-05-04 16:07", outcome)];
            let expected = if settles { "2026-05-04 16:07" } else { "2026-05-03 16:07" };
            check_settled(&notes, "2026-05-04 17:00", Some(expected));
        }
    }

    #[test]
    fn a_run_that_began_and_never_ended_settles_nothing() {
        let notes = [ended("2026-05-03 16:07", Outcome::Done), began("2026-05-04 16:07")];
        check_settled(&notes, "2026-05-04 17:00", Some("2026-05-03 16:07"));
    }

    #[test]
    fn a_run_is_unfinished_until_it_ended() {
        let (key, run) = (
            key(DOCS, Some("2026-05-04 16:07")),
            run(DOCS, Some("2026-05-04 16:07"), "2026-05-04 16:07", Outcome::Done),
        );
        let unfinished = |notes: &[HistoryNote]| Ledger::new(notes).unfinished();
        let notes =
            [began("2026-05-04 16:07"), HistoryNote::Sealed(run.clone()), HistoryNote::Ended(run.clone())];
        let began = Unfinished { key: key.clone(), began: at("2026-05-04 16:07"), sealed: None };
        assert_eq!(unfinished(&notes[..1]), std::slice::from_ref(&began));
        assert_eq!(unfinished(&notes[..2]), [Unfinished { sealed: Some(run), ..began }]);
        assert_eq!(unfinished(&notes), []);
        check_settled(&notes[..2], "2026-05-04 17:00", None);
        let twice = Ledger::new(notes.iter().chain(&notes));
        assert_eq!(twice.unfinished(), []);
    }

    #[test]
    fn a_run_by_hand_settles_nothing() {
        let by_hand = HistoryNote::Ended(run(DOCS, None, "2026-05-04 17:00", Outcome::Done));
        check_settled(
            &[ended("2026-05-03 16:07", Outcome::Done), by_hand],
            "2026-05-04 18:00",
            Some("2026-05-03 16:07"),
        );
    }

    #[test]
    fn a_clock_that_is_set_back_a_little_unsettles_nothing() {
        let notes = [ended("2026-05-03 16:07", Outcome::Done), ended("2026-05-04 16:07", Outcome::Done)];
        for now in ["2026-05-04 16:06", "2026-05-04 10:00", "2026-05-03 16:07"] {
            check_settled(&notes, now, Some("2026-05-04 16:07"));
        }
        // Over a day back: the clock was wrong when it wrote the last note.
        check_settled(&notes, "2026-05-03 16:06:59", Some("2026-05-03 16:07"));
    }

    #[test]
    fn a_clock_that_was_far_ahead_settles_nothing() {
        let notes = [
            adopted("2026-05-01 00:00", "2026-05-01 12:00"),
            ended("2026-05-04 16:07", Outcome::Done),
            ended("2036-01-01 16:07", Outcome::Done),
            ended("2026-05-05 16:07", Outcome::Done),
        ];
        check_settled(&notes[..3], "2026-05-05 12:00", Some("2026-05-04 16:07"));
        check_settled(&notes, "2026-05-06 12:00", Some("2026-05-05 16:07"));
        // Not even when the time has come that the wrong clock showed.
        check_settled(&notes, "2036-01-02 12:00", Some("2026-05-05 16:07"));
        check_settled(&notes[2..3], "2026-05-05 12:00", None);
    }

    #[test]
    fn what_a_wrong_clock_made_up_for_settles_nothing() {
        let early =
            HistoryNote::Ended(run(DOCS, Some("2026-05-05 10:00"), "2036-01-01 09:00", Outcome::Done));
        let notes = [ended("2026-05-03 16:07", Outcome::Done), early];
        check_settled(&notes, "2026-05-04 12:00", Some("2026-05-03 16:07"));
    }

    #[test]
    fn what_was_settled_stays_so_whatever_is_noted_later() {
        let notes = [
            ended("2026-05-04 16:07", Outcome::Done),
            adopted("2026-05-02 00:00", "2026-05-04 17:00"),
            began("2026-05-05 16:07"),
        ];
        check_settled(&notes, "2026-05-05 17:00", Some("2026-05-04 16:07"));
    }

    #[test]
    fn settled_moments_are_read_in_the_zone_of_now() {
        let notes = [ended("2026-05-04T16:07:00+02:00", Outcome::Done)];
        let settled = Ledger::new(&notes).settled(DOCS, at("2026-05-05T12:00:00-03:30")).unwrap();
        assert_eq!(settled.to_rfc3339(), "2026-05-04T10:37:00-03:30");
    }

    #[test]
    fn the_last_run_is_the_last_that_ended() {
        let docs: ScheduleEntry = DOCS.parse().unwrap();
        let notes = [
            ended("2026-05-03 16:07", Outcome::Done),
            HistoryNote::Ended(run(MUSIC, Some("2026-05-04 16:07"), "2026-05-04 16:07", Outcome::Torn)),
            ended("2026-05-04 16:07", Outcome::Failed),
            began("2026-05-05 16:07"),
        ];
        let ledger = Ledger::new(&notes);
        assert_eq!(ledger.last_run(&docs).map(|run| run.outcome), Some(Outcome::Failed));
        assert_eq!(ledger.last_run(&MUSIC.parse().unwrap()).map(|run| run.outcome), Some(Outcome::Torn));
        assert_eq!(ledger.under_way_since(&docs), Some(at("2026-05-05 16:07")));
        assert_eq!(ledger.under_way_since(&MUSIC.parse().unwrap()), None);
        assert_eq!(ledger.last_run(&"new;16:07;new".parse().unwrap()), None);
    }

    #[test]
    fn a_run_that_ended_is_not_under_way() {
        let docs: ScheduleEntry = DOCS.parse().unwrap();
        let notes = [began("2026-05-05 16:07"), ended("2026-05-05 16:07", Outcome::Interrupted)];
        assert_eq!(Ledger::new(&notes[..1]).under_way_since(&docs), Some(at("2026-05-05 16:07")));
        assert_eq!(Ledger::new(&notes).under_way_since(&docs), None);
    }

    #[test]
    fn a_clock_that_was_behind_for_a_while_takes_nothing_away() {
        // A machine whose clock begins at 1970 until the network tells it the time.
        let mut notes = vec![
            ended("2026-03-09 16:07", Outcome::Done),
            ended("2026-03-10 16:07", Outcome::Done),
            adopted("1970-01-01 00:00", "1970-01-01 00:00"),
        ];
        check_settled(&notes, "2026-03-11 12:00", Some("2026-03-10 16:07"));
        notes.push(ended("2026-03-11 16:07", Outcome::Done));
        check_settled(&notes, "2026-03-12 12:00", Some("2026-03-11 16:07"));
    }

    #[test]
    fn a_clock_that_was_ahead_mutes_nothing_when_that_time_comes() {
        let mut notes = vec![
            ended("2026-03-09 16:07", Outcome::Done),
            ended("2031-01-01 16:07", Outcome::Done),
            ended("2031-01-02 16:07", Outcome::Done),
        ];
        check_settled(&notes, "2026-03-10 12:00", Some("2026-03-09 16:07"));
        notes.push(ended("2026-03-10 16:07", Outcome::Done));
        check_settled(&notes, "2031-01-02 17:00", Some("2026-03-10 16:07"));
    }

    #[test]
    fn a_run_of_days_takes_nothing_from_what_was_noted_meanwhile() {
        // The schedule was deleted and created again while its backup went on.
        let long = RunRecord {
            ended: at("2026-03-12 12:00"),
            ..run(DOCS, Some("2026-03-10 16:07"), "2026-03-10 16:07", Outcome::Done)
        };
        let notes = [
            ended("2026-03-09 16:07", Outcome::Done),
            adopted("2026-03-12 11:00", "2026-03-12 11:00"),
            HistoryNote::Ended(long),
        ];
        check_settled(&notes, "2026-03-12 12:01", Some("2026-03-12 10:59:59"));
    }

    #[test]
    fn what_is_noted_late_takes_nothing_from_what_was_noted_since_the_run_began() {
        // The service died right after its archive; before the next one, the schedule was deleted and created again.
        let notes = [
            ended("2026-03-09 16:07", Outcome::Done),
            began("2026-03-10 16:07"),
            adopted("2026-03-13 11:00", "2026-03-13 11:00"),
            ended("2026-03-10 16:07", Outcome::Done),
        ];
        check_settled(&notes, "2026-03-13 12:00", Some("2026-03-13 10:59:59"));
        let mut notes = notes.to_vec();
        // Who noted it may hear of it once more.
        notes.push(notes[3].clone());
        check_settled(&notes, "2026-03-13 12:00", Some("2026-03-13 10:59:59"));
        notes.push(ended("2026-03-13 16:07", Outcome::Done));
        check_settled(&notes, "2026-03-14 12:00", Some("2026-03-13 16:07"));
        // A clock that was ahead is found out by the next run that begins after it.
        notes.extend([adopted("2036-01-01 00:00", "2036-01-01 00:00"), began("2026-03-14 16:07")]);
        notes.push(ended("2026-03-14 16:07", Outcome::Done));
        check_settled(&notes, "2036-01-02 12:00", Some("2026-03-14 16:07"));
    }

    #[test]
    fn an_archive_keeps_its_entries_whatever_failed_since() {
        let with_entries = |entry: &str, day: &str, outcome, entries| {
            HistoryNote::Ended(RunRecord { entries, ..run(entry, Some(day), day, outcome) })
        };
        let notes = [
            with_entries(DOCS, "2026-05-01 16:07", Outcome::Done, 70),
            with_entries("docs;18:00;docs", "2026-05-01 18:00", Outcome::Torn, 71),
            with_entries(DOCS, "2026-05-02 16:07", Outcome::Incomplete, 3),
            with_entries(DOCS, "2026-05-03 16:07", Outcome::Failed, 0),
            with_entries("docs;18:00;docs", "2026-05-03 18:00", Outcome::Interrupted, 0),
        ];
        let ledger = Ledger::new(&notes);
        assert_eq!(complete_entries(&ledger, "docs"), Some(71));
        let incomplete = ledger.standing(&"docs".parse().unwrap()).incomplete;
        assert_eq!(incomplete.map(|run| run.entries), Some(3));
        assert_eq!(complete_entries(&ledger, "music"), None);
    }

    fn complete_entries(ledger: &Ledger, name: &str) -> Option<u64> {
        ledger.standing(&name.parse().unwrap()).complete.map(|run| run.entries)
    }

    /// Takes in runs that made these archives, one after the other, and checks which complete and incomplete one stand.
    #[track_caller]
    fn check_standing(made: &[&str], complete: Option<&str>, incomplete: Option<&str>) {
        let note = |archive: &&str| {
            let run = run(DOCS, None, "2026-05-01 16:07", Outcome::Done);
            HistoryNote::Ended(RunRecord { archive: Some(archive.to_string()), ..run })
        };
        let notes: Vec<_> = made.iter().map(note).collect();
        let ledger = Ledger::new(&notes);
        let standing = ledger.standing(&"docs".parse().unwrap());
        let archive = |run: Option<&RunRecord>| run.and_then(|run| run.archive.clone());
        let stand = (archive(standing.complete), archive(standing.incomplete));
        assert_eq!((stand.0.as_deref(), stand.1.as_deref()), (complete, incomplete), "{made:?}");
    }

    #[test]
    fn the_newest_stands_however_it_is_stored() {
        let [tar, zst] = ["docs.tar", "docs.tar.zst"].map(Some);
        let [part, part_zst] = ["docs.incomplete.tar", "docs.incomplete.tar.zst"].map(Some);
        check_standing(&["docs.tar"], tar, None);
        check_standing(&["docs.tar.zst"], zst, None);
        check_standing(&["docs.tar", "docs.tar.zst"], zst, None);
        check_standing(&["docs.tar.zst", "docs.tar"], tar, None);
        check_standing(&["docs.tar", "docs.tar.zst", "docs.tar", "docs.tar.zst"], zst, None);
        check_standing(&["docs.tar", "docs.incomplete.tar.zst"], tar, part_zst);
        check_standing(&["docs.incomplete.tar.zst", "docs.incomplete.tar"], None, part);
        check_standing(&["docs.incomplete.tar", "docs.incomplete.tar.zst"], None, part_zst);
        check_standing(&["docs.tar", "docs.incomplete.tar", "docs.tar.zst"], zst, None);
        check_standing(&["music.tar.zst", "docs.tar.tar.zst"], None, None);
    }
}
