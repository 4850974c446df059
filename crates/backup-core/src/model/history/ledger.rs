//! What follows from the history: what is settled, which archives exist, and what was left unfinished.

mod apply;
mod archives;
mod backup_state;
mod baselines;
mod checkpoint;
mod drills;
mod entry_state;
mod extremes;
mod findings;
mod noted;
mod owed;
mod owed_hooks;
mod sums;
mod timeline;
mod unfinished;
mod verifications;
mod watermarks;

pub use crate::model::history::ledger::archives::CurrentArchives;
pub use crate::model::history::ledger::findings::DrilledArchive;
pub use crate::model::history::ledger::timeline::{Reading, Timeline};
pub use crate::model::history::ledger::unfinished::Unfinished;

use std::collections::HashMap;

use crate::model::archive::{ArchiveName, BackupName};
use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::ledger::archives::Archives;
use crate::model::history::ledger::backup_state::BackupState;
use crate::model::history::ledger::baselines::Baselines;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::drills::{DrillVerdicts, judged};
use crate::model::history::ledger::entry_state::EntryState;
use crate::model::history::ledger::owed_hooks::OwedHooks;
use crate::model::history::ledger::sums::Sums;
use crate::model::history::ledger::timeline::Timelines;
use crate::model::history::ledger::unfinished::UnfinishedRuns;
use crate::model::history::ledger::verifications::Flaws;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{RunRecord, made_by};
use crate::model::schedule::ScheduleEntry;
use crate::time::Moment;

/// What the history says of every entry and every backup. Taking in a note twice changes nothing.
///
/// An entry is one line of the schedules. Several entries may make the same backup, at different times: they share its last
/// run, its drills and its archives, and a planned run of one settles them all. So an edited time keeps the history.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By identity.
    entries: HashMap<String, EntryState>,
    /// By name.
    backups: HashMap<String, BackupState>,
    archives: Archives,
    verdicts: DrillVerdicts,
    flaws: Flaws,
    sums: Sums,
    timelines: Timelines,
    baselines: Baselines,
    unfinished: UnfinishedRuns,
    owed_hooks: OwedHooks,
    /// How many notes were taken in: the place of the last one.
    place: u64,
    /// How many notes said since when an entry counts.
    adoptions: u64,
}

impl Ledger {
    /// Reads the notes, oldest first.
    pub fn new<'a>(notes: impl IntoIterator<Item = &'a HistoryNote>) -> Self {
        let mut ledger = Self::default();
        notes.into_iter().for_each(|note| ledger.apply(note));
        ledger
    }

    /// Takes in one more note.
    pub fn apply(&mut self, note: &HistoryNote) {
        self.place += 1;
        let place = self.place;
        match note {
            HistoryNote::Adopted { entry, since, at } => self.adopt(entry, *since, *at),
            HistoryNote::Began { key, at } => {
                self.state(&key.entry).begin(place, key);
                self.backup_of(&key.entry).begin(key, *at);
                self.unfinished.begin(place, key, *at);
            }
            HistoryNote::Sealed(run) => {
                self.state(&run.key.entry).seal(place, &run.key);
                self.unfinished.seal(place, run);
            }
            HistoryNote::Ended(run) => {
                self.unfinished.end(&run.key);
                let begun_at = self.end(place, run);
                self.archives.end(place, begun_at, run);
                self.sums.expect(run);
                self.baselines.end(place, run);
                if run.archive.is_some() && run.outcome.is_good() {
                    self.timelines.apply(run, place);
                }
            }
            HistoryNote::Found(run) => {
                self.find(run);
                self.sums.expect(run);
            }
            HistoryNote::Pruned { archive, .. } => {
                drop(self.archives.remove(archive));
                if let Some(name) = ArchiveName::parse(archive).map(|archive| archive.backup) {
                    self.baselines.remove(place, name.as_str(), archive);
                }
            }
            HistoryNote::Resumed { name, at } => self.timelines.resume(name, place, *at),
            HistoryNote::Accepted { name, .. } => self.baselines.accept(place, name),
            HistoryNote::Baseline { name, baseline } => self.baselines.put(place, name, baseline),
            HistoryNote::Drilled(drill) => {
                let made_by = judged(&self.archives, drill);
                let drill = DrillReceipt { made_by, ..drill.clone() };
                self.verdicts.apply(place, &drill);
                self.backup_of(&drill.key.entry).drill(place, drill);
            }
            HistoryNote::HookBegan(owed) => self.owed_hooks.begin(place, owed),
            HistoryNote::HookEnded { key, .. } => self.owed_hooks.end(&key.entry),
            HistoryNote::Verified(verification) => self.flaws.apply(place, verification),
            HistoryNote::Summed(sum) => self.sums.apply(place, sum),
        }
    }

    /// Takes in notes that were taken in before, as far as what follows from them can tell: the history was shortened.
    /// None of them counts as one that an entry was adopted by since.
    pub(crate) fn apply_again(&mut self, notes: &[HistoryNote]) {
        let adopted = |(entry, state): (&String, &EntryState)| (entry.clone(), state.last_adoption);
        let before: HashMap<_, _> = self.entries.iter().map(adopted).collect();
        let adoptions = self.adoptions;
        notes.iter().for_each(|note| self.apply(note));
        self.adoptions = adoptions;
        for (entry, state) in &mut self.entries {
            state.last_adoption = before.get(entry).copied().unwrap_or_default();
        }
    }

    /// Returns the ledger written out as notes, oldest first: a ledger of these notes says the same.
    ///
    /// They are the notes that this ledger rests on, in the order in which it took them in. An archive is called by the
    /// name that it has now. A drill says which archive it was of. For each forgotten note that settled
    /// something, an adoption with its moments stays.
    ///
    /// Not promised: what was due at a moment more than a day before the last note, which only a clock that is wrong by as
    /// much could ask for; and, once a time has come that a wrong clock had shown when it wrote the very first note, what
    /// that settled.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<HistoryNote> {
        let mut checkpoint = Checkpoint::default();
        self.archives.add_to(&mut checkpoint);
        self.unfinished.add_to(&mut checkpoint);
        self.owed_hooks.add_to(&mut checkpoint);
        self.verdicts.add_to(&self.archives, &mut checkpoint);
        self.timelines.add_to(&mut checkpoint);
        self.flaws.add_to(&self.archives, &mut checkpoint);
        self.sums.add_to(&self.archives, &mut checkpoint);
        self.backups.values().for_each(|backup| self.add_backup(backup, &mut checkpoint));
        self.entries.iter().for_each(|(entry, state)| state.add_to(entry, &mut checkpoint));
        self.baselines.add_to(&mut checkpoint);
        checkpoint.into_notes()
    }

    /// Adds the notes of a backup. Its last planned run keeps its beginning: what was noted since is no lie of the clock.
    fn add_backup(&self, backup: &BackupState, checkpoint: &mut Checkpoint) {
        if let Some(run) = backup.last_planned()
            && let Some(place) =
                self.entries.get(&run.key.entry).and_then(|e| e.marks.last_planned_begun_at())
        {
            checkpoint.add_beginning(place, run);
        }
        backup.add_to(&self.archives, checkpoint);
    }

    fn backup(&self, entry: &ScheduleEntry) -> Option<&BackupState> {
        self.backups.get(entry.name().as_str())
    }

    /// Returns the moment up to which nothing of this entry is due, or `None` when nothing is known of it.
    ///
    /// Notes from a clock that was far ahead are passed over: those written more than
    /// [`LARGEST_STEP_BACK`](crate::model::history::LARGEST_STEP_BACK) after now, and those that stand out by as much
    /// between an older note and a newer one. A clock that was behind for a while takes nothing from the notes before it.
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

    /// Returns how the last run of the entry's backup ended.
    #[must_use]
    pub fn last_run(&self, entry: &ScheduleEntry) -> Option<&RunRecord> {
        self.backup(entry)?.last_run()
    }

    /// Returns the receipt of the last drill of the entry's backup.
    #[must_use]
    pub fn last_drill(&self, entry: &ScheduleEntry) -> Option<&DrillReceipt> {
        self.backup(entry)?.last_drill()
    }

    /// Returns since when a run of the entry is under way, as far as the notes tell: a run whose process died looks
    /// the same.
    #[must_use]
    pub fn under_way_since(&self, entry: &ScheduleEntry) -> Option<Moment> {
        let (under_way, since) = self.backup(entry)?.under_way.as_ref()?;
        (*under_way == entry.identity()).then_some(*since)
    }

    /// Returns whether a run of any schedule of the entry's backup is under way, as far as the notes tell.
    #[must_use]
    pub fn is_backup_under_way(&self, entry: &ScheduleEntry) -> bool {
        self.backup(entry).is_some_and(|backup| backup.under_way.is_some())
    }

    /// Returns since when the notes say that an entry counts, if they do; see [`HistoryNote::adoption_of`].
    #[must_use]
    pub fn adopted_since(&self, entry: &str, now: Moment) -> Option<Moment> {
        self.entries.get(entry)?.marks.adopted_since(now)
    }

    /// Returns whether any note tells of this entry.
    #[must_use]
    pub fn knows(&self, entry: &str) -> bool {
        self.entries.contains_key(entry)
    }

    /// Returns what stands under that name, however it is stored and whatever runs failed since. A complete archive
    /// supersedes an incomplete one; the order of the notes tells which came later.
    #[must_use]
    pub fn current_archives(&self, name: &BackupName) -> CurrentArchives<'_> {
        self.archives.current_archives(name)
    }

    /// Returns the runs that made the complete archives of that name, by their file names, in the order in which they
    /// were made: all generations that are known.
    #[must_use]
    pub fn generations(&self, name: &BackupName) -> Vec<(&str, &RunRecord)> {
        self.archives.generations(name)
    }

    /// Returns whether any run is known that made an archive of that name which exists, by more than that archive.
    #[must_use]
    pub fn has_made(&self, name: &BackupName) -> bool {
        self.archives.has_made(name)
    }

    /// Returns the run that made the archive of that file name.
    #[must_use]
    pub fn made(&self, file_name: &str) -> Option<&RunRecord> {
        self.archives.made(file_name)
    }

    /// Returns whether the archive that this run made exists, whatever it is called by now.
    #[must_use]
    pub fn knows_archive_of(&self, run: &RunRecord) -> bool {
        self.archives.has_of(&made_by(run))
    }

    /// Returns the file name that the archive of this run has by now, if the archive exists.
    #[must_use]
    pub fn archive_of(&self, run: &RunRecord) -> Option<&str> {
        let name = ArchiveName::parse(run.archive.as_ref()?)?.backup;
        self.archives.file_name_of(&name, &made_by(run))
    }

    /// Returns the place of the archive of that file name in the order in which archives were made. It is 0 for an archive
    /// that was only found, or that isn't known.
    #[must_use]
    pub fn order(&self, file_name: &str) -> u64 {
        self.archives.order(file_name)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::history::run_record::{Outcome, RunKey};
    use crate::testing::{at, run_record};

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
        let record = run_record(entry).planned(planned.map(at)).began(at(began)).took(TimeDelta::seconds(30));
        record.outcome(outcome).usual_archive(0).build()
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
        ledger.apply(&note);
        assert!(!ledger.is_adopted_since(DOCS, before));
        ledger.apply(&adopted("2026-05-02 00:00", "2026-05-02 12:00"));
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
    fn a_run_by_hand_that_began_is_unfinished_until_something_else_begins_or_ends() {
        let docs: ScheduleEntry = DOCS.parse().unwrap();
        let by_hand = HistoryNote::Began { key: key(DOCS, None), at: at("2026-05-04 17:00") };
        let done = ended("2026-05-03 16:07", Outcome::Done);
        let ledger = Ledger::new([&done, &by_hand]);
        let expected = Unfinished { key: key(DOCS, None), began: at("2026-05-04 17:00"), sealed: None };
        assert_eq!(ledger.unfinished_by_hand(&docs), Some(expected.clone()));
        assert_eq!(ledger.unfinished(), [expected]);
        // It is none of the service's.
        assert_eq!(ledger.under_way_since(&docs), None);
        assert!(!ledger.is_backup_under_way(&docs));
        let (settled, now) = (at("2026-05-03 16:07"), at("2026-05-04 18:00"));
        assert_eq!(ledger.settled(DOCS, now), Some(settled));
        assert_eq!(ledger.begun_since(DOCS, settled, now), None);
        let own_end = HistoryNote::Ended(run(DOCS, None, "2026-05-04 17:00", Outcome::Failed));
        let others_end = HistoryNote::Ended(run("docs;20:00;docs", None, "2026-05-04 20:00", Outcome::Done));
        for next in [own_end, others_end, began("2026-05-05 16:07")] {
            assert_eq!(Ledger::new([&by_hand, &next]).unfinished_by_hand(&docs), None, "{next:?}");
        }
        assert_eq!(Ledger::new([&done]).unfinished_by_hand(&docs), None);
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
        let incomplete = ledger.current_archives(&"docs".parse().unwrap()).incomplete;
        assert_eq!(incomplete.map(|run| run.entries), Some(3));
        assert_eq!(complete_entries(&ledger, "music"), None);
    }

    fn complete_entries(ledger: &Ledger, name: &str) -> Option<u64> {
        ledger.current_archives(&name.parse().unwrap()).complete.map(|run| run.entries)
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
        let current = ledger.current_archives(&"docs".parse().unwrap());
        let archive = |run: Option<&RunRecord>| run.and_then(|run| run.archive.clone());
        let stand = (archive(current.complete), archive(current.incomplete));
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
