//! Schedule status: the state of one schedule.

use crate::manager::held_backup::HeldBackup;
use crate::manager::listed_schedule::ListedSchedule;
use crate::manager::service::ServiceManager;
use crate::manager::status_facts::StatusFacts;
use crate::model::archive::BackupName;
use crate::model::history::{DrillReceipt, Ledger, Outcome, OwedHook, RunRecord};
use crate::model::schedule::{Cadence, ScheduleEntry, ScheduleOption};
use crate::operation::admission::Admitted;
use crate::operation::last_good::{good_generation, last_good, newest};
use crate::policy::drill_overdue::drill_overdue_since;
use crate::policy::due::Due;
use crate::policy::integrity::{ArchiveProblem, FlawedArchive, archive_problem, flawed_older};
use crate::policy::overdue::{Overdue, OverdueFacts, overdue};
use crate::policy::retention::{ClockJump, paused};
use crate::time::Moment;

/// The state of one schedule.
#[derive(Debug)]
pub struct ScheduleStatus {
    /// The schedule.
    pub line: ListedSchedule,
    /// The options that it has because the configuration says so.
    pub inherited: Vec<ScheduleOption>,
    /// Whether it is paused: no runs are planned, and nothing is overdue.
    pub is_paused: bool,
    /// The next planned run.
    pub next_run: Option<Moment>,
    /// The run that is due now.
    pub due: Option<Due>,
    /// The run that will be skipped: the schedule doesn't catch up, and no service ran in time.
    pub skipped: Option<Due>,
    /// Set if the last good backup is older than the plan allows.
    pub overdue: Option<Overdue>,
    /// When the run that is under way began, by the service or by hand.
    pub under_way_since: Option<Moment>,
    /// Whether the run that is under way was begun by hand. The planned ones stay planned.
    pub is_by_hand: bool,
    /// Whether the run that is due waits for another process that is making the same backup.
    pub waits_for_other_process: bool,
    /// The last run that ended. One by hand whose process died counts as interrupted.
    pub last_run: Option<RunRecord>,
    /// The last good backup that stands, if the last run made no good one.
    pub last_good: Option<GoodArchive>,
    /// The last drill.
    pub last_drill: Option<DrillReceipt>,
    /// Whether the last drill was of an older archive than the newest complete one.
    pub is_drill_of_older_archive: bool,
    /// Whether the archive of the last drill doesn't exist any more. Then that drill says nothing about what exists.
    pub is_drilled_archive_gone: bool,
    /// How often the service drills its backups.
    pub drills: Option<Cadence>,
    /// When the backup was finished that should have been drilled by now, if there is one.
    pub drill_overdue_since: Option<Moment>,
    /// The run that made the newest complete archive of this name.
    ///
    /// Later runs may have failed. This run itself may have failed after it published the archive.
    pub complete: Option<RunRecord>,
    /// The run that made an incomplete archive, if no complete one has been made since.
    pub incomplete: Option<RunRecord>,
    /// What is wrong with the newest complete archive of this schedule. The folder of backups and the last verify tell it.
    pub archive_problem: Option<ArchiveProblem>,
    /// The older archives of this name in which the last verify found a flaw, newest first. A run that takes over parts of an
    /// archive verifies it as well.
    pub flawed_older: Vec<FlawedArchive>,
    /// The newest complete archive of this name, if the history knows of no complete one.
    ///
    /// Most likely the history was lost. Nobody can tell whether the archive is recent enough.
    pub unknown_archive: Option<String>,
    /// The hook whose last command is owed, because the process of a run died. Nobody is making the backup now.
    pub owed_hook: Option<OwedHook>,
    /// The backup whose automatic pruning is paused, and the jump of the clock that is the reason.
    pub pruning_paused: Option<(BackupName, ClockJump)>,
    /// The hold: nothing of the backup is removed until a person accepts what is suspicious.
    pub held: Option<Box<HeldBackup>>,
}

impl ScheduleStatus {
    /// Returns the state of a line of which nothing else is known.
    #[must_use]
    pub fn of_line(line: ListedSchedule) -> Self {
        Self {
            line,
            inherited: Vec::new(),
            next_run: None,
            due: None,
            skipped: None,
            is_paused: false,
            overdue: None,
            under_way_since: None,
            is_by_hand: false,
            waits_for_other_process: false,
            last_run: None,
            last_good: None,
            last_drill: None,
            is_drill_of_older_archive: false,
            is_drilled_archive_gone: false,
            drills: None,
            drill_overdue_since: None,
            complete: None,
            incomplete: None,
            archive_problem: None,
            flawed_older: Vec::new(),
            unknown_archive: None,
            owed_hook: None,
            pruning_paused: None,
            held: None,
        }
    }
}

/// A good archive that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodArchive {
    /// Its file name now.
    pub file_name: String,
    /// When it was finished.
    pub finished: Moment,
    /// The size of the stored archive.
    pub archive_bytes: u64,
}

impl ServiceManager<'_> {
    pub(super) fn schedule_status(&self, line: Admitted<'_>, facts: &StatusFacts<'_>) -> ScheduleStatus {
        let entry = line.entry.as_ref().ok().cloned();
        let own = line.item.entry.ok();
        let inherited = own.into_iter().flat_map(|own| facts.defaults.inherited_by(own.options())).cloned();
        let inherited = inherited.collect();
        let status = ScheduleStatus { inherited, ..ScheduleStatus::of_line(line.into()) };
        match entry {
            Some(entry) => self.status_of(&entry, status, facts),
            None => status,
        }
    }

    /// Returns the status of a schedule that runs, given that of its line.
    fn status_of(
        &self,
        entry: &ScheduleEntry,
        line: ScheduleStatus,
        facts: &StatusFacts<'_>,
    ) -> ScheduleStatus {
        let ledger = facts.ledger;
        let is_paused = entry.options().is_paused();
        let agenda = facts.agenda(entry, &self.ports);
        let waits = agenda.due.is_some() && facts.service.is_some();
        let current = ledger.current_archives(entry.name());
        let last_drill = ledger.last_drill(entry);
        let by_hand_since = self.under_way_by_hand(entry, ledger);
        let last_run = self.died_by_hand(entry, facts).or_else(|| ledger.last_run(entry).cloned());
        ScheduleStatus {
            is_paused,
            next_run: agenda.next,
            due: agenda.due,
            skipped: agenda.skipped.or(agenda.skipped_later),
            // What a paused schedule has missed is not made up for, so that nobody needs to hear of it.
            overdue: self.overdue(entry, agenda.under_way_since, facts).filter(|_| !is_paused),
            under_way_since: agenda.under_way_since.or(by_hand_since),
            is_by_hand: agenda.under_way_since.is_none() && by_hand_since.is_some(),
            waits_for_other_process: waits
                && !ledger.is_backup_under_way(entry)
                && self.is_being_made(entry.name()),
            last_good: self.last_good_archive(entry, last_run.as_ref(), facts),
            last_run,
            is_drill_of_older_archive: last_drill
                .is_some_and(|drill| !current.complete.is_some_and(|run| ledger.is_drill_of(drill, run))),
            is_drilled_archive_gone: last_drill
                .is_some_and(|drill| facts.is_drilled_archive_gone(entry, drill)),
            last_drill: last_drill.cloned(),
            archive_problem: self.archive_problem(entry, facts),
            flawed_older: self.flawed_older(entry, facts),
            drills: entry.options().drills(),
            drill_overdue_since: self.drill_overdue_since(entry, facts).filter(|_| !is_paused),
            complete: current.complete.cloned(),
            incomplete: current.incomplete.cloned(),
            unknown_archive: facts.unknown_archive(entry),
            owed_hook: ledger.owed_hook(entry.name()).filter(|_| !self.is_being_made(entry.name())).cloned(),
            pruning_paused: pruning_paused(entry, ledger),
            held: facts.held(entry).map(Box::new),
            ..line
        }
    }

    fn archive_problem(&self, entry: &ScheduleEntry, facts: &StatusFacts<'_>) -> Option<ArchiveProblem> {
        archive_problem(
            facts.ledger,
            facts.backups_of(entry),
            entry.name(),
            newest(entry, facts.ledger, self.ports.home)?,
        )
    }

    fn flawed_older(&self, entry: &ScheduleEntry, facts: &StatusFacts<'_>) -> Vec<FlawedArchive> {
        let newest = newest(entry, facts.ledger, self.ports.home);
        let older = |newest| flawed_older(facts.ledger, facts.backups_of(entry), entry.name(), newest);
        newest.map(older).unwrap_or_default()
    }

    /// Returns the last good run.
    pub(super) fn last_good<'p>(
        &self,
        entry: &ScheduleEntry,
        facts: &StatusFacts<'p>,
    ) -> Option<&'p RunRecord> {
        last_good(entry, facts.ledger, self.ports.home)
    }

    /// Returns the last good backup, if the last run made no good one. It stands, unless something is wrong with it.
    fn last_good_archive(
        &self,
        entry: &ScheduleEntry,
        last_run: Option<&RunRecord>,
        facts: &StatusFacts<'_>,
    ) -> Option<GoodArchive> {
        let is_bad = |run: &&RunRecord| {
            matches!(run.outcome, Outcome::Failed | Outcome::Incomplete | Outcome::Interrupted)
        };
        last_run.filter(is_bad)?;
        let newest = newest(entry, facts.ledger, self.ports.home)?;
        let (file_name, run) = match newest.outcome.is_good() {
            true => (newest.archive.as_deref()?, newest),
            false => good_generation(entry, facts.ledger, self.ports.home)?,
        };
        let (file_name, finished, archive_bytes) = (file_name.to_owned(), run.ended, run.archive_bytes);
        Some(GoodArchive { file_name, finished, archive_bytes })
    }

    fn overdue(
        &self,
        entry: &ScheduleEntry,
        under_way_since: Option<Moment>,
        facts: &StatusFacts<'_>,
    ) -> Option<Overdue> {
        let last_good = self.last_good(entry, facts);
        let owed_since = facts.counts_since(entry);
        let overdue_facts = OverdueFacts { owed_since, last_good, under_way_since };
        overdue(&*self.ports.rules.rule(entry), &overdue_facts, facts.now, self.ports.clock)
    }

    fn drill_overdue_since(&self, entry: &ScheduleEntry, facts: &StatusFacts<'_>) -> Option<Moment> {
        let (period, last) = (entry.options().drills()?, facts.ledger.last_drill(entry));
        let now = facts.now;
        let edited = facts.book.last_change().map(|instant| instant.with_timezone(now.offset()));
        let runs = facts.ended_runs.get(entry.name().as_str()).into_iter().flatten().copied();
        // A failed drill is reported only while its archive exists. Then what was made since should have been drilled.
        let gone = last.filter(|last| !last.passed() && facts.is_drilled_archive_gone(entry, last));
        let runs = runs.filter(|run| gone.is_none_or(|gone| run.began >= gone.began));
        drill_overdue_since(period, last.filter(|_| gone.is_none()), runs, edited, now)
    }
}

/// Returns why automatic pruning is paused, if it is. A schedule that keeps no older generations prunes nothing.
fn pruning_paused(entry: &ScheduleEntry, ledger: &Ledger) -> Option<(BackupName, ClockJump)> {
    entry.options().keep()?;
    Some((entry.name().clone(), paused(&ledger.timeline(entry.name()))?))
}
