//! The use case that tells how the service and each schedule are.

use std::collections::HashMap;

use crate::manager::listed_schedule::ListedSchedule;
use crate::manager::service::ServiceManager;
use crate::model::archive::{BackupName, BackupRecord, by_name};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{DrillReceipt, HistoryNote, Ledger, RunRecord};
use crate::model::schedule::{DrillPeriod, ScheduleBook, ScheduleEntry};
use crate::policy::admission::Admitted;
use crate::policy::agenda::{Agenda, agenda_for_others};
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::policy::drill_overdue::drill_overdue_since;
use crate::policy::due::{Due, first_owed};
use crate::policy::integrity::{ArchiveProblem, archive_problem};
use crate::policy::overdue::{Overdue, OverdueFacts, overdue};
use crate::policy::retention::{ClockJump, paused};
use crate::ports::{Cursor, RunningService};
use crate::time::{Clock, Moment};

/// How everything is.
#[derive(Debug)]
pub struct Status {
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// Each schedule, in the order of the file; empty when there is no file.
    pub schedules: Vec<ScheduleStatus>,
    /// How many lines of the history can't be read: what they told isn't known.
    pub unreadable_lines: u64,
}

/// How one schedule is.
#[derive(Debug)]
pub struct ScheduleStatus {
    /// The schedule.
    pub line: ListedSchedule,
    /// When it runs next.
    pub next_run: Option<Moment>,
    /// What it owes at this moment.
    pub owed: Option<Due>,
    /// What it will skip: it doesn't catch up, and no service was there in time.
    pub skipped: Option<Due>,
    /// Whether its last good backup is older than its plan allows.
    pub overdue: Option<Overdue>,
    /// Since when a run of it is under way.
    pub under_way_since: Option<Moment>,
    /// Whether what it owes waits for another process that is making the same backup.
    pub waits_for_another: bool,
    /// How its last run ended.
    pub last_run: Option<RunRecord>,
    /// How its last drill ended.
    pub last_drill: Option<DrillReceipt>,
    /// Whether that was a drill of an archive before the newest complete one.
    pub is_drill_of_earlier: bool,
    /// How often the service drills its backups.
    pub drills: Option<DrillPeriod>,
    /// When the backup was done that should have been drilled long since, if there is one.
    pub drill_overdue_since: Option<Moment>,
    /// The run that made the newest complete backup of its name, whatever ran or failed since. It may itself have failed
    /// once that had taken its place.
    pub complete: Option<RunRecord>,
    /// The run that made an incomplete one, if no complete one has been made since.
    pub incomplete: Option<RunRecord>,
    /// What is wrong with the newest complete archive of this schedule, by a look into the folder of backups, or by what
    /// the last verify said.
    pub archive_problem: Option<ArchiveProblem>,
    /// The complete archive that stands under its name although the history knows of no run that made it: the history
    /// was lost, most likely, and nobody can tell how old the archive is allowed to be.
    pub unknown_archive: Option<String>,
    /// The backup whose automatic pruning is paused, and the jump of the clock that is the reason.
    pub pruning_paused: Option<(BackupName, ClockJump)>,
}

impl Status {
    /// Returns whether there are schedules, every one runs and has the good backup that its plan asks for, which stands
    /// where the history says, and none failed its last drill or is overdue for one, be it that the service runs or not. Where the history can't
    /// tell, nothing is all right.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        self.unreadable_lines == 0
            && !self.schedules.is_empty()
            && self.schedules.iter().all(ScheduleStatus::is_all_right)
    }
}

impl ScheduleStatus {
    fn is_all_right(&self) -> bool {
        self.line.refused.is_none()
            && self.line.contradiction.is_none()
            && self.overdue.is_none()
            && self.archive_problem.is_none()
            && self.unknown_archive.is_none()
            && self.last_drill.as_ref().is_none_or(DrillReceipt::passed)
            && self.drill_overdue_since.is_none()
    }
}

/// What is known of all schedules.
struct Past<'a> {
    book: &'a ScheduleBook,
    ledger: &'a Ledger,
    /// The runs of each schedule that have ended, by its identity.
    ended: HashMap<&'a str, Vec<&'a RunRecord>>,
    backups: HashMap<BackupName, Vec<BackupRecord>>,
    service: Option<RunningService>,
}

impl Past<'_> {
    fn agenda(&self, entry: &ScheduleEntry, clock: &dyn Clock) -> Agenda {
        let first = first_owed(clock.now(), None, self.book.last_change());
        agenda_for_others(entry, self.ledger, first, self.service, clock)
    }

    fn backups_of(&self, entry: &ScheduleEntry) -> &[BackupRecord] {
        self.backups.get(entry.name()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the newest complete archive of a schedule of which no note tells.
    fn unknown_archive(&self, entry: &ScheduleEntry) -> Option<String> {
        let is_known = self.ledger.standing(entry.name()).complete.is_some();
        let newest = choose_archive(self.backups_of(entry), &ArchiveChoice::Newest(entry.name().clone()))?;
        (!is_known).then(|| newest.file_name.clone())
    }

    /// Returns the first moment that counts; of a schedule whose adoption the history has lost, none.
    fn owed_since(&self, entry: &ScheduleEntry, now: Moment) -> Option<Moment> {
        let identity = entry.identity();
        self.ledger.adopted_since(&identity, now).or_else(|| {
            let is_new = self.ledger.settled(&identity, now).is_none();
            is_new.then(|| first_owed(now, None, self.book.last_change()))
        })
    }
}

fn ended(notes: &[HistoryNote]) -> HashMap<&str, Vec<&RunRecord>> {
    let mut ended: HashMap<_, Vec<_>> = HashMap::new();
    for note in notes {
        if let HistoryNote::Ended(run) = note {
            ended.entry(run.key.entry.as_str()).or_default().push(run);
        }
    }
    ended
}

impl ServiceManager<'_> {
    /// Returns how everything is.
    ///
    /// # Errors
    /// A failure to read what there is; a schedules file that isn't there is not one.
    pub fn status(&self) -> Result<Status, Error> {
        self.manager().logged(self.look(), |_| Event::StatusShown)
    }

    fn look(&self) -> Result<Status, Error> {
        let service = self.control.running()?;
        let book = self.book()?;
        let mut cursor = Cursor::default();
        let (notes, backups) = self.notes_and_backups(&mut cursor)?;
        let ledger = Ledger::new(&notes);
        let (ended, backups) = (ended(&notes), by_name(backups));
        let past = Past { book: &book, ledger: &ledger, ended, backups, service };
        let lines = self.manager().admit(&book).into_iter();
        let schedules = lines.map(|line| self.describe(line, &past)).collect();
        Ok(Status { service, schedules, unreadable_lines: cursor.unreadable_lines })
    }

    /// Returns the history and the backups as they were at one time: a run may end between two looks.
    fn notes_and_backups(&self, cursor: &mut Cursor) -> Result<(Vec<HistoryNote>, Vec<BackupRecord>), Error> {
        let mut notes = self.ports.history.read(cursor)?;
        let mut backups = self.listed()?;
        for _ in 0..MOST_LOOKS {
            let more = self.ports.history.read(cursor)?;
            if more.is_empty() {
                break;
            }
            notes.extend(more);
            backups = self.listed()?;
        }
        Ok((notes, backups))
    }

    fn listed(&self) -> Result<Vec<BackupRecord>, Error> {
        match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Ok(Vec::new()),
            listed => Ok(listed?),
        }
    }

    fn describe(&self, line: Admitted<'_>, past: &Past<'_>) -> ScheduleStatus {
        let admitted = line.entry.as_ref().ok().cloned();
        let (entry, ledger) = (admitted.as_ref(), past.ledger);
        let agenda = entry.map(|entry| past.agenda(entry, self.ports.clock));
        let owed = agenda.and_then(|agenda| agenda.owed);
        let under_way_since = agenda.and_then(|agenda| agenda.under_way_since);
        let overdue = entry.and_then(|entry| self.overdue(entry, under_way_since, past));
        let waits = owed.is_some() && past.service.is_some() && under_way_since.is_none();
        let waits_for_another = waits && entry.is_some_and(|entry| self.is_being_made(entry));
        let last_run = entry.and_then(|entry| ledger.last_run(entry)).cloned();
        let standing = entry.map(|entry| ledger.standing(entry.name())).unwrap_or_default();
        let (complete, incomplete) = (standing.complete.cloned(), standing.incomplete.cloned());
        let last_drill = entry.and_then(|entry| ledger.last_drill(entry)).cloned();
        let unknown_archive = entry.and_then(|entry| past.unknown_archive(entry));
        ScheduleStatus {
            line: line.into(),
            next_run: agenda.and_then(|agenda| agenda.next),
            owed,
            skipped: agenda.and_then(|agenda| agenda.skipped.or(agenda.skipped_later)),
            overdue,
            under_way_since,
            waits_for_another,
            last_run,
            is_drill_of_earlier: last_drill
                .as_ref()
                .is_some_and(|drill| !complete.as_ref().is_some_and(|run| ledger.is_drill_of(drill, run))),
            last_drill,
            archive_problem: entry.and_then(|entry| self.archive_problem(entry, past)),
            drills: entry.and_then(|entry| entry.options().drills()),
            drill_overdue_since: entry.and_then(|entry| self.drill_overdue_since(entry, past)),
            complete,
            incomplete,
            unknown_archive,
            pruning_paused: entry.and_then(|entry| pruning_paused(entry, ledger)),
        }
    }

    /// Where that can't be told, the run itself will tell.
    fn is_being_made(&self, entry: &ScheduleEntry) -> bool {
        self.ports.backups.is_being_made(entry.name()).unwrap_or(false)
    }

    fn archive_problem(&self, entry: &ScheduleEntry, past: &Past<'_>) -> Option<ArchiveProblem> {
        archive_problem(past.ledger, past.backups_of(entry), entry.name(), self.newest(entry, past)?)
    }

    /// The newest may have been made by another schedule of the same folder under the same name.
    fn newest<'p>(&self, entry: &ScheduleEntry, past: &Past<'p>) -> Option<&'p RunRecord> {
        past.ledger.standing(entry.name()).complete.filter(|run| self.is_ours(entry, run))
    }

    fn is_ours(&self, entry: &ScheduleEntry, run: &RunRecord) -> bool {
        run.key.entry.parse::<ScheduleEntry>().is_ok_and(|made| made.same_source(entry, self.ports.home))
    }

    /// Where the newest failed once it had taken its place, an older one is the last that is good.
    fn last_good<'p>(&self, entry: &ScheduleEntry, past: &Past<'p>) -> Option<&'p RunRecord> {
        let newest = self.newest(entry, past)?;
        if newest.outcome.is_good() {
            return Some(newest);
        }
        let older = past.ledger.generations(entry.name()).into_iter().rev().map(|(_, run)| run);
        older.filter(|run| self.is_ours(entry, run)).find(|run| run.outcome.is_good())
    }

    fn overdue(
        &self,
        entry: &ScheduleEntry,
        under_way_since: Option<Moment>,
        past: &Past<'_>,
    ) -> Option<Overdue> {
        let now = self.ports.clock.now();
        let last_good = self.last_good(entry, past);
        let owed_since = past.owed_since(entry, now);
        let care = OverdueFacts { owed_since, last_good, under_way_since };
        overdue(&entry.rule(), &care, now, self.ports.clock)
    }

    fn drill_overdue_since(&self, entry: &ScheduleEntry, past: &Past<'_>) -> Option<Moment> {
        let (period, last) = (entry.options().drills()?, past.ledger.last_drill(entry));
        let now = self.ports.clock.now();
        let edited = past.book.last_change().map(|instant| instant.with_timezone(now.offset()));
        let runs = past.ended.get(entry.identity().as_str()).into_iter().flatten().copied();
        drill_overdue_since(period, last, runs, edited, now)
    }
}

/// A schedule that keeps no older generations prunes nothing.
fn pruning_paused(entry: &ScheduleEntry, ledger: &Ledger) -> Option<(BackupName, ClockJump)> {
    entry.options().keep()?;
    Some((entry.name().clone(), paused(&ledger.timeline(entry.name()))?))
}

/// How often it is looked again where runs end meanwhile.
const MOST_LOOKS: usize = 9;
