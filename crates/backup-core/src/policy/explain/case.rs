//! Case: one schedule and one moment, and the reason that the history gives.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::model::history::{HistoryNote, Ledger, Outcome, PastRun, RunEnd, RunRecord, runs};
use crate::model::schedule::Schedule;
use crate::policy::agenda::agenda_for_others;
use crate::policy::clock_change::clock_change;
use crate::policy::explain::ahead::ahead;
use crate::policy::explain::catch_up::makes_up_for;
use crate::policy::explain::delay::delay;
use crate::policy::explain::evidence::{Evidence, ExplainedSchedule, ScheduleState};
use crate::policy::explain::explanation::{Explanation, Interruption, Reason};
use crate::policy::explain::planned::{nearest, planned_at, planned_on};
use crate::policy::requested_moment::RequestedMoment;
use crate::time::{Moment, first_instant_at_or_after, moment};

/// Returns why the runs of a schedule did or didn't happen at that time: one explanation for each planned moment, and one if
/// there is none.
///
/// `rule` says when the schedule runs.
#[must_use]
pub fn explain(
    schedule: &ExplainedSchedule,
    rule: &dyn Schedule,
    when: RequestedMoment,
    evidence: Evidence<'_>,
) -> Vec<Explanation> {
    let case = Case::new(schedule, rule, evidence);
    match when.time {
        Some(time) => vec![case.at_time(when.date.and_time(time))],
        None => case.on_date(when.date),
    }
}

pub(super) struct Case<'a> {
    pub(super) schedule: &'a ExplainedSchedule,
    identity: String,
    pub(super) rule: &'a dyn Schedule,
    pub(super) evidence: Evidence<'a>,
    pub(super) now: Moment,
    pub(super) ledger: Ledger,
    /// The runs of all schedules that the history has notes of.
    runs: Vec<PastRun>,
    /// For each of these runs, whether it was recorded by a clock that was ahead.
    are_ahead: Vec<bool>,
    /// The runs that are known by their archive only.
    archive_only: Vec<PastRun>,
}

/// The attempts at a planned run, if none of them finished.
#[derive(Default)]
struct Attempts {
    interrupted: Option<Interruption>,
    unfinished_since: Option<Moment>,
}

impl<'a> Case<'a> {
    fn new(schedule: &'a ExplainedSchedule, rule: &'a dyn Schedule, evidence: Evidence<'a>) -> Self {
        let runs = runs(evidence.notes, evidence.service.is_some());
        let runs = runs.into_iter().map(|run| run.in_zone_of(evidence.clock));
        let (archive_only, runs): (_, Vec<_>) = runs.partition(|run| matches!(run.end, RunEnd::Found(_)));
        let identity = schedule.entry.identity();
        let (now, ledger) = (evidence.now, Ledger::new(evidence.notes));
        let are_ahead = ahead(&runs, now);
        Self { schedule, identity, rule, evidence, now, ledger, runs, are_ahead, archive_only }
    }

    /// Explains each planned run of a date, and the last run by hand if that made no good backup.
    fn on_date(&self, date: NaiveDate) -> Vec<Explanation> {
        let by_hand = self.failure_by_hand_on(date).map(|reason| self.without_plan(reason));
        self.planned_on_date(date).into_iter().chain(by_hand).collect()
    }

    fn planned_on_date(&self, date: NaiveDate) -> Vec<Explanation> {
        let planned = planned_on(self.rule, date, self.evidence.clock);
        if !planned.is_empty() {
            return planned.into_iter().map(|planned| self.at_planned_moment(planned)).collect();
        }
        let clock = self.evidence.clock;
        let midnight = first_instant_at_or_after(date.and_time(NaiveTime::MIN), clock);
        if midnight.is_none_or(|midnight| midnight.date_naive() != date) {
            return vec![self.without_plan(Reason::NoSuchDate(date))];
        }
        let noon = date.and_hms_opt(12, 0, 0).and_then(|noon| first_instant_at_or_after(noon, clock));
        let (rule, nearest) = (self.rule_in_words(), noon.and_then(|noon| nearest(self.rule, noon, clock)));
        vec![self.without_plan(Reason::NotPlannedThatDay { requested: date, rule, nearest })]
    }

    /// Explains the run of a minute.
    fn at_time(&self, requested: NaiveDateTime) -> Explanation {
        match planned_at(self.rule, requested, self.evidence.clock) {
            Some(planned) => self.at_planned_moment(planned),
            None => self.at_other_time(requested),
        }
    }

    pub(super) fn rule_in_words(&self) -> String {
        self.schedule.entry.time().describe()
    }

    pub(super) fn at_planned_moment(&self, planned: Moment) -> Explanation {
        let clock_change = clock_change(self.rule, planned, self.evidence.clock);
        Explanation { planned: Some(planned), clock_change, ..self.without_plan(self.reason(planned)) }
    }

    pub(super) fn without_plan(&self, reason: Reason) -> Explanation {
        Explanation { schedule: self.identity.clone(), planned: None, clock_change: None, reason }
    }

    /// Returns the runs of this schedule.
    pub(super) fn own_runs(&self) -> impl Iterator<Item = &PastRun> {
        self.runs.iter().filter(|run| run.key.entry == self.identity)
    }

    /// Returns the runs of this schedule that were recorded by a clock that was ahead, or the other ones.
    fn own_runs_by(&self, clock_ahead: bool) -> impl Iterator<Item = &PastRun> {
        let runs = self.runs.iter().zip(&self.are_ahead).filter(move |(_, ahead)| **ahead == clock_ahead);
        runs.map(|(run, _)| run).filter(|run| run.key.entry == self.identity)
    }

    fn reason(&self, planned: Moment) -> Reason {
        let mut attempts = Attempts::default();
        let runs = self.own_runs_by(false).filter(|run| run.key.planned == Some(planned));
        if let Some(reason) = runs.filter_map(|run| self.attempt(run, planned, &mut attempts)).last() {
            return reason;
        }
        self.made_up(planned)
            .or_else(|| self.clock_ahead(planned))
            .unwrap_or_else(|| self.without_run(planned, attempts))
    }

    /// Returns the reason that one run of the planned moment gives. If it didn't finish, adds it to the attempts.
    fn attempt(&self, run: &PastRun, planned: Moment, attempts: &mut Attempts) -> Option<Reason> {
        match &run.end {
            RunEnd::UnderWay => Some(Reason::UnderWay { since: run.began, planned: None }),
            RunEnd::Found(_) => None,
            RunEnd::Unknown => {
                attempts.unfinished_since = Some(run.began);
                None
            }
            RunEnd::Ended(run) => match run.outcome {
                Outcome::Interrupted => {
                    attempts.interrupted = Some(interruption(run));
                    attempts.unfinished_since = None;
                    None
                }
                Outcome::Skipped => Some(skipped(run)),
                _ => {
                    let delay =
                        delay(run, planned, attempts.interrupted.take(), &self.runs, self.evidence.notes);
                    Some(Reason::Ran { run: run.clone(), delay })
                }
            },
        }
    }

    /// Returns the reason if a later run made up for the planned moment, or skipped it.
    fn made_up(&self, planned: Moment) -> Option<Reason> {
        let covers = |run: &&RunRecord| makes_up_for(run, planned, self.rule, self.evidence.clock);
        let runs = self.own_runs_by(false).filter_map(PastRun::record);
        let run = runs.filter(|run| run.outcome != Outcome::Interrupted).filter(covers).last()?;
        Some(match run.outcome {
            Outcome::Skipped => skipped(run),
            _ => Reason::MadeUp { run: run.clone(), other_runs: run.missed_runs.saturating_sub(1) },
        })
    }

    /// Returns the reason if no run covers the planned moment.
    fn without_run(&self, planned: Moment, attempts: Attempts) -> Reason {
        let ScheduleState::Listed { first_due } = self.schedule.state else { return self.deleted() };
        let is_paused = self.schedule.entry.options().is_paused();
        if planned > self.now && !is_paused {
            let next = self.rule.next_after(self.now, self.evidence.clock);
            return Reason::Future { service_runs: self.evidence.service.is_some(), next };
        }
        let settled = self.ledger.settled(&self.identity, self.now);
        if planned > settled.unwrap_or(first_due - TimeDelta::seconds(1)) {
            return if is_paused { Reason::Paused } else { self.due(planned, first_due, attempts) };
        }
        if let Some(interruption) = attempts.interrupted {
            return Reason::Abandoned(interruption);
        }
        if let Some(run) = self.archive_for(planned) {
            return Reason::ArchiveOnly(run.clone());
        }
        match self.adopted_after(planned) {
            Some(since) => Reason::NotYet {
                since,
                existed_before: self.first_known().is_some_and(|first| first <= planned),
            },
            None if settled.is_none() => Reason::NotYet { since: first_due, existed_before: false },
            None => Reason::Unknown { first: self.first_known(), planned },
        }
    }

    /// Returns a run that may have been the planned one, and that is known by its archive only.
    fn archive_for(&self, planned: Moment) -> Option<&RunRecord> {
        let next = self.rule.next_after(planned, self.evidence.clock);
        let may_be_it =
            |run: &&RunRecord| run.ended >= planned && next.is_none_or(|next| run.made_for() < next);
        let own = self.archive_only.iter().filter(|run| run.key.entry == self.identity);
        own.filter_map(PastRun::record).find(may_be_it)
    }

    fn due(&self, planned: Moment, first_due: Moment, attempts: Attempts) -> Reason {
        let is_later = |run: &&PastRun| run.end == RunEnd::UnderWay && run.key.planned > Some(planned);
        if let Some(run) = self.own_runs().find(is_later) {
            return Reason::UnderWay { since: run.began, planned: run.key.planned };
        }
        let Evidence { service, clock, .. } = self.evidence;
        let agenda = agenda_for_others(
            &self.schedule.entry,
            self.rule,
            &self.ledger,
            first_due,
            service,
            self.now,
            clock,
        );
        Reason::Due {
            interrupted: attempts.interrupted,
            unfinished_since: attempts.unfinished_since,
            service_runs: service.is_some(),
            will_be_skipped: agenda.skips(planned),
        }
    }

    /// Returns when the schedule was added, if that was after the planned moment.
    fn adopted_after(&self, planned: Moment) -> Option<Moment> {
        let adoptions =
            self.evidence.notes.iter().filter_map(|note| note.adoption_of(&self.identity, self.now));
        adoptions.filter(|since| *since > planned).min().map(|since| self.in_local_time(since))
    }

    /// Returns the first moment that the history has a note of for this schedule.
    fn first_known(&self) -> Option<Moment> {
        self.own_moments().min()
    }

    pub(super) fn deleted(&self) -> Reason {
        Reason::Deleted(self.own_moments().max())
    }

    /// Returns the moments that the history has notes of for this schedule.
    fn own_moments(&self) -> impl Iterator<Item = Moment> {
        let moment = |note: &HistoryNote| match note {
            HistoryNote::Adopted { since, .. } => Some(*since),
            HistoryNote::Began { at, .. } => Some(*at),
            HistoryNote::Sealed(run) | HistoryNote::Ended(run) | HistoryNote::Found(run) => {
                Some(run.key.planned.unwrap_or(run.began))
            }
            // Notes of no entry.
            _ => None,
        };
        let own = |note: &&HistoryNote| note.planned_entry() == Some(self.identity.as_str());
        self.evidence.notes.iter().filter(own).filter_map(moment).map(|noted| self.in_local_time(noted))
    }

    fn clock_ahead(&self, planned: Moment) -> Option<Reason> {
        let run = self.own_runs_by(true).find(|run| run.key.planned == Some(planned))?;
        Some(Reason::ClockAhead { shown: run.began, is_future: planned > self.now })
    }

    /// Returns a moment in the current time zone. It may have been recorded in another one.
    fn in_local_time(&self, noted: Moment) -> Moment {
        moment(self.evidence.clock, noted.to_utc())
    }
}

fn interruption(run: &RunRecord) -> Interruption {
    Interruption { at: run.ended, reason: run.problems.first().cloned() }
}

fn skipped(run: &RunRecord) -> Reason {
    Reason::Skipped { at: run.ended, reason: run.problems.first().cloned(), other_runs: run.missed_runs }
}
