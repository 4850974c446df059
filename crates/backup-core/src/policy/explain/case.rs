//! The case of one schedule and one moment: which verdict the notes give.

use chrono::{NaiveDateTime, TimeDelta};

use crate::model::history::{HistoryNote, Ledger, Outcome, PastRun, RunEnd, RunRecord, runs};
use crate::model::schedule::{Daily, Schedule, ScheduleEntry};
use crate::policy::agenda::agenda_for_others;
use crate::policy::explain::ahead::ahead;
use crate::policy::explain::catch_up::makes_up_for;
use crate::policy::explain::delay::lateness;
use crate::policy::explain::explanation::{Explanation, Interruption, Oddity, Reason};
use crate::policy::requested_moment::RequestedMoment;
use crate::ports::RunningService;
use crate::time::{Clock, Moment, first_instant_at_or_after, moment};

/// The schedule that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The schedule; of one that is gone, as the history knows it.
    pub entry: ScheduleEntry,
    /// Whether it stands in the schedules.
    pub presence: Presence,
}

/// Whether a schedule stands in the schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does; and as long as the history knows nothing of it, it counts from this moment on.
    Stands(Moment),
    /// It doesn't any more.
    Gone,
}

/// What is known.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The history, oldest first.
    pub notes: &'a [HistoryNote],
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// Knows the zone, and what time it is.
    pub clock: &'a dyn Clock,
}

/// Returns why a run of `subject` did or didn't happen at that time.
#[must_use]
pub fn explain(subject: &Subject, when: RequestedMoment, known: Known<'_>) -> Explanation {
    let case = Case::new(subject, known);
    match (case.planned(when), when.time) {
        (Some(planned), _) => case.about(planned),
        (None, None) => case.without_plan(Reason::NoSuchDate(when.date)),
        (None, Some(time)) => case.off_plan(when.date.and_time(time)),
    }
}

struct Case<'a> {
    subject: &'a Subject,
    identity: String,
    rule: Daily,
    known: Known<'a>,
    now: Moment,
    ledger: Ledger,
    /// Of all schedules, those of which more is known than their archives.
    runs: Vec<PastRun>,
    /// Which of them were noted by a clock that was ahead.
    are_ahead: Vec<bool>,
    /// The others.
    found: Vec<PastRun>,
}

/// What the notes of a planned moment's own runs tell, where none of them settles it.
#[derive(Default)]
struct Attempts {
    interrupted: Option<Interruption>,
    unfinished_since: Option<Moment>,
}

impl<'a> Case<'a> {
    fn new(subject: &'a Subject, known: Known<'a>) -> Self {
        let runs = runs(known.notes, known.service.is_some());
        let runs = runs.into_iter().map(|run| run.in_zone_of(known.clock));
        let (found, runs): (_, Vec<_>) = runs.partition(|run| matches!(run.end, RunEnd::Found(_)));
        let (identity, rule) = (subject.entry.identity(), subject.entry.rule());
        let (now, ledger) = (known.clock.now(), Ledger::new(known.notes));
        let are_ahead = ahead(&runs, now);
        Self { subject, identity, rule, known, now, ledger, runs, are_ahead, found }
    }

    /// Returns the planned moment that is meant: that of the date, or the one whose time was named, as it was planned
    /// or as the wall clock showed it.
    fn planned(&self, when: RequestedMoment) -> Option<Moment> {
        let Some(time) = when.time else { return self.rule.on(when.date, self.known.clock) };
        let named = |planned: &Moment| planned.naive_local() == when.date.and_time(time);
        let own = self.rule.on(when.date, self.known.clock);
        // A gap over midnight moves a run into the next date.
        let before = when.date.pred_opt().and_then(|date| self.rule.on(date, self.known.clock));
        let is_own = self.rule.at.to_string() == time.format("%H:%M").to_string();
        own.filter(|own| is_own || named(own)).or(before.filter(named))
    }

    fn about(&self, planned: Moment) -> Explanation {
        let oddity = self.oddity(planned);
        Explanation { planned: Some(planned), oddity, ..self.without_plan(self.verdict(planned)) }
    }

    fn without_plan(&self, verdict: Reason) -> Explanation {
        Explanation { schedule: self.identity.clone(), planned: None, oddity: None, verdict }
    }

    /// Nothing was planned at that time, but a run may have been under way.
    fn off_plan(&self, asked: NaiveDateTime) -> Explanation {
        match self.run_during(asked) {
            Some(run) => match run.key.planned {
                Some(planned) => self.about(planned),
                None => self.without_plan(Reason::ByHand(run.clone())),
            },
            None if self.subject.presence == Presence::Gone => self.without_plan(self.gone()),
            None => self.without_plan(self.not_planned(asked)),
        }
    }

    fn run_during(&self, asked: NaiveDateTime) -> Option<&RunRecord> {
        let start = first_instant_at_or_after(asked, self.known.clock)?;
        let end = start + TimeDelta::seconds(59);
        let is_made = |run: &&RunRecord| run.outcome != Outcome::Skipped;
        let ended = self.own_runs().filter_map(PastRun::record).filter(is_made);
        ended.filter(|run| run.began <= end && run.ended >= start).last()
    }

    fn not_planned(&self, asked: NaiveDateTime) -> Reason {
        let instant = first_instant_at_or_after(asked, self.known.clock);
        let dates = [asked.date().pred_opt(), Some(asked.date()), asked.date().succ_opt()];
        let planned = dates.into_iter().flatten().filter_map(|date| self.rule.on(date, self.known.clock));
        let nearest = instant.and_then(|asked| planned.min_by_key(|planned| (*planned - asked).abs()));
        Reason::NotPlanned { asked, daily: self.rule.at.to_string(), nearest }
    }

    fn own_runs(&self) -> impl Iterator<Item = &PastRun> {
        self.runs.iter().filter(|run| run.key.entry == self.identity)
    }

    /// Returns those that a clock noted that was ahead, or the others.
    fn own_runs_by(&self, clock_ahead: bool) -> impl Iterator<Item = &PastRun> {
        let runs = self.runs.iter().zip(&self.are_ahead).filter(move |(_, ahead)| **ahead == clock_ahead);
        runs.map(|(run, _)| run).filter(|run| run.key.entry == self.identity)
    }

    fn verdict(&self, planned: Moment) -> Reason {
        let mut attempts = Attempts::default();
        let right = self.own_runs_by(false).filter(|run| run.key.planned == Some(planned));
        if let Some(verdict) = right.filter_map(|run| self.attempt(run, planned, &mut attempts)).last() {
            return verdict;
        }
        self.made_up(planned)
            .or_else(|| self.clock_ahead(planned))
            .unwrap_or_else(|| self.without_run(planned, attempts))
    }

    /// Returns the verdict that one run of the planned moment gives, or takes in what it tells.
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
                    let lateness =
                        lateness(run, planned, attempts.interrupted.take(), &self.runs, self.known.notes);
                    Some(Reason::Ran { run: run.clone(), lateness })
                }
            },
        }
    }

    /// Returns the verdict of a later run that made up for the moment, or skipped it.
    fn made_up(&self, planned: Moment) -> Option<Reason> {
        let covers = |run: &&RunRecord| makes_up_for(run, planned, &self.rule, self.known.clock);
        let right = self.own_runs_by(false).filter_map(PastRun::record);
        let run = right.filter(|run| run.outcome != Outcome::Interrupted).filter(covers).last()?;
        Some(match run.outcome {
            Outcome::Skipped => skipped(run),
            _ => Reason::MadeUp { run: run.clone(), other_runs: run.missed_runs.saturating_sub(1) },
        })
    }

    fn without_run(&self, planned: Moment, attempts: Attempts) -> Reason {
        let Presence::Stands(fresh) = self.subject.presence else { return self.gone() };
        if planned > self.now {
            let next = self.rule.next_after(self.now, self.known.clock);
            return Reason::Ahead { service_runs: self.known.service.is_some(), next };
        }
        let settled = self.ledger.settled(&self.identity, self.now);
        if planned > settled.unwrap_or(fresh - TimeDelta::seconds(1)) {
            return self.owed(planned, fresh, attempts);
        }
        if let Some(interruption) = attempts.interrupted {
            return Reason::Abandoned(interruption);
        }
        if let Some(run) = self.found_for(planned) {
            return Reason::Found(run.clone());
        }
        match self.adopted_after(planned) {
            Some(since) => {
                Reason::NotYet { since, is_anew: self.first_known().is_some_and(|first| first <= planned) }
            }
            None if settled.is_none() => Reason::NotYet { since: fresh, is_anew: false },
            None => Reason::Unknown { first: self.first_known(), planned },
        }
    }

    /// Returns the run of which only the archive is known, that may have been the one planned for then.
    fn found_for(&self, planned: Moment) -> Option<&RunRecord> {
        let next = self.rule.next_after(planned, self.known.clock);
        let is_of_it =
            |run: &&RunRecord| run.ended >= planned && next.is_none_or(|next| run.made_for() < next);
        let own = self.found.iter().filter(|run| run.key.entry == self.identity);
        own.filter_map(PastRun::record).find(is_of_it)
    }

    fn owed(&self, planned: Moment, fresh: Moment, attempts: Attempts) -> Reason {
        let is_later = |run: &&PastRun| run.end == RunEnd::UnderWay && run.key.planned > Some(planned);
        if let Some(run) = self.own_runs().find(is_later) {
            return Reason::UnderWay { since: run.began, planned: run.key.planned };
        }
        let Known { service, clock, .. } = self.known;
        let agenda = agenda_for_others(&self.subject.entry, &self.ledger, fresh, service, clock);
        Reason::Owed {
            interrupted: attempts.interrupted,
            unfinished_since: attempts.unfinished_since,
            service_runs: service.is_some(),
            will_be_skipped: agenda.skips(planned),
        }
    }

    /// Returns the first moment from which the schedule counts after one that it doesn't count for.
    fn adopted_after(&self, planned: Moment) -> Option<Moment> {
        let adoptions = self.known.notes.iter().filter_map(|note| note.adoption_of(&self.identity, self.now));
        adoptions.filter(|since| *since > planned).min().map(|since| self.here(since))
    }

    fn first_known(&self) -> Option<Moment> {
        self.own_moments().min()
    }

    fn gone(&self) -> Reason {
        Reason::Gone(self.own_moments().max())
    }

    /// The moments of which the history tells something of the schedule.
    fn own_moments(&self) -> impl Iterator<Item = Moment> {
        let moment = |note: &HistoryNote| match note {
            HistoryNote::Adopted { entry, since, .. } => (*entry == self.identity).then_some(*since),
            HistoryNote::Began { key, at } => (key.entry == self.identity).then_some(*at),
            HistoryNote::Sealed(run) | HistoryNote::Ended(run) | HistoryNote::Found(run) => {
                (run.key.entry == self.identity).then_some(run.key.planned.unwrap_or(run.began))
            }
            HistoryNote::Pruned { .. }
            | HistoryNote::Resumed { .. }
            | HistoryNote::Drilled(_)
            | HistoryNote::Verified(_) => None,
        };
        self.known.notes.iter().filter_map(moment).map(|noted| self.here(noted))
    }

    fn clock_ahead(&self, planned: Moment) -> Option<Reason> {
        let run = self.own_runs_by(true).find(|run| run.key.planned == Some(planned))?;
        Some(Reason::ClockAhead { shown: run.began, is_ahead: planned > self.now })
    }

    fn oddity(&self, planned: Moment) -> Option<Oddity> {
        let time = self.rule.at.to_string();
        if planned.format("%H:%M").to_string() != time {
            return Some(Oddity::Skipped(time));
        }
        let clock = self.known.clock;
        let offset = clock.offset_at(planned.to_utc() + TimeDelta::days(1));
        let again = planned.naive_local().and_utc() - TimeDelta::seconds(i64::from(offset.local_minus_utc()));
        (again > planned && clock.offset_at(again) == offset).then_some(Oddity::Twice(time))
    }

    /// Returns the moment as the zone's wall clock shows it now, wherever it was noted.
    fn here(&self, noted: Moment) -> Moment {
        moment(self.known.clock, noted.to_utc())
    }
}

fn interruption(run: &RunRecord) -> Interruption {
    Interruption { at: run.ended, reason: run.problems.first().cloned() }
}

fn skipped(run: &RunRecord) -> Reason {
    Reason::Skipped { at: run.ended, reason: run.problems.first().cloned(), other_runs: run.missed_runs }
}
