//! Agenda: which run of a schedule is due now, which are skipped, and when it runs next.
//!
//! The service acts on it, `status` shows it and `why` explains it. Only the service knows which runs wait in its queue.
//! Others infer it: the service notes each skip. So if it was up in time and noted none, the run is in its queue.

use chrono::TimeDelta;

use crate::model::history::Ledger;
use crate::model::schedule::{Schedule, ScheduleEntry};
use crate::policy::due::{Due, LATEST_IN_TIME, due};
use crate::ports::RunningService;
use crate::time::{Clock, Moment};

/// What the agenda of a schedule follows from.
#[derive(Debug, Clone, Copy)]
pub struct AgendaInput {
    /// Whether the schedule makes up for missed runs.
    pub catches_up: bool,
    /// The moment up to which nothing is due.
    pub settled: Moment,
    /// The planned moment of the last run, if it began and never ended; see [`Ledger::begun_since`].
    pub begun: Option<Moment>,
    /// When the run under way began.
    pub under_way_since: Option<Moment>,
    /// What is known of the service.
    pub service: ServiceState,
}

/// What is known of the service that makes the runs of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState {
    /// No service runs.
    NotRunning,
    /// A service runs, since then where that is known. Its queue isn't known.
    RunningSince(Option<Moment>),
    /// The service itself asks; its queue holds the run that was planned for this moment.
    Queued(Option<Moment>),
    /// The service itself asks, and has waited for another process that made the same backup.
    Postponed,
}

/// What a schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agenda {
    /// Since when a run of it is under way: nothing else is done about it until that has ended.
    pub under_way_since: Option<Moment>,
    /// The run that is due.
    pub due: Option<Due>,
    /// What is skipped at once.
    pub skipped: Option<Due>,
    /// What is skipped once the run that is due has been made: it was planned for later.
    pub skipped_later: Option<Due>,
    /// The next planned moment.
    pub next: Option<Moment>,
}

impl Agenda {
    /// Returns whether a planned moment that isn't settled is skipped, and not made or made up for.
    #[must_use]
    pub fn skips(&self, planned: Moment) -> bool {
        let is_among = |due: Option<Due>| due.is_some_and(|due| planned <= due.planned);
        is_among(self.skipped) || (is_among(self.skipped_later) && !is_among(self.due))
    }
}

/// Returns the agenda of a schedule.
///
/// All planned moments that aren't settled are due, as one run. A schedule that doesn't catch up skips those whose time has
/// passed. Two kinds of runs are not skipped: those that wait for a worker or for another process, and those that began in
/// time and never ended.
#[must_use]
pub fn agenda(rule: &dyn Schedule, input: &AgendaInput, now: Moment, clock: &dyn Clock) -> Agenda {
    let AgendaInput { settled, begun, .. } = *input;
    let next = rule.next_after(settled.max(now), clock);
    let under_way_since = input.under_way_since;
    let agenda = Agenda { under_way_since, due: None, skipped: None, skipped_later: None, next };
    let Some(latest) = due(rule, settled, now, clock) else { return agenda };
    if input.catches_up {
        return Agenda { due: Some(latest), ..agenda };
    }
    if latest.is_late(now) && !input.is_waiting(latest, now) {
        return match begun.and_then(|begun| due(rule, settled, begun, clock)) {
            Some(first) => {
                let skipped_later = due(rule, first.planned, now, clock);
                Agenda { due: Some(first), skipped_later, ..agenda }
            }
            None => Agenda { skipped: Some(latest), ..agenda },
        };
    }
    let missed = due(rule, settled, latest.planned - TimeDelta::nanoseconds(1), clock);
    match missed.filter(|_| begun.is_none()) {
        Some(missed) => {
            Agenda { due: Some(Due { missed_runs: 0, ..latest }), skipped: Some(missed), ..agenda }
        }
        None => Agenda { due: Some(latest), ..agenda },
    }
}

/// Returns the agenda of a schedule as everybody but the service knows it.
///
/// If the history knows nothing of the schedule, it counts from the moment `first_due` on. If it is paused, nothing is due.
#[must_use]
pub fn agenda_for_others(
    entry: &ScheduleEntry,
    rule: &dyn Schedule,
    ledger: &Ledger,
    first_due: Moment,
    service: Option<RunningService>,
    now: Moment,
    clock: &dyn Clock,
) -> Agenda {
    let identity = entry.identity();
    let under_way_since = ledger.under_way_since(entry).filter(|_| service.is_some());
    if entry.options().is_paused() {
        return Agenda { under_way_since, due: None, skipped: None, skipped_later: None, next: None };
    }
    let settled = ledger.settled(&identity, now).unwrap_or(first_due - TimeDelta::seconds(1));
    let input = AgendaInput {
        catches_up: entry.options().catches_up(),
        settled,
        begun: ledger.begun_since(&identity, settled, now),
        under_way_since,
        service: service
            .map_or(ServiceState::NotRunning, |service| ServiceState::RunningSince(service.since)),
    };
    agenda(rule, &input, now, clock)
}

impl AgendaInput {
    /// Returns whether the run was in time once, and has waited since.
    fn is_waiting(&self, due: Due, now: Moment) -> bool {
        match self.service {
            ServiceState::NotRunning => false,
            // Nothing is queued behind a run of the same schedule. A start that lies ahead was told by a wrong clock.
            ServiceState::RunningSince(since) => {
                let is_in_time = |since| since <= due.planned + LATEST_IN_TIME || since > now;
                self.under_way_since.is_none() && since.is_none_or(is_in_time)
            }
            ServiceState::Queued(planned) => planned == Some(due.planned),
            ServiceState::Postponed => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, at};

    /// A day of March and a time, as "10 16:07".
    fn march(text: &str) -> Moment {
        let (day, time) = text.split_once(' ').expect("day time");
        at(&format!("2026-03-{day:0>2} {time}"))
    }

    fn some(text: &str) -> Option<Moment> {
        (!text.is_empty()).then(|| march(text))
    }

    /// Shows an agenda as `due 10+1, skipped 9, later 11`.
    fn shown(agenda: &Agenda) -> String {
        let due = |word: &str, due: Option<Due>| {
            let more =
                |due: Due| if due.missed_runs == 0 { String::new() } else { format!("+{}", due.missed_runs) };
            due.map(|due| format!("{word} {}{}", due.planned.format("%-d"), more(due)))
        };
        let parts = [
            due("due", agenda.due),
            due("skipped", agenda.skipped),
            due("later", agenda.skipped_later),
            agenda.under_way_since.map(|_| "under way".to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// What is asked for by a schedule of 16:07, settled until the 9th at 16:07.
    struct Case {
        now: &'static str,
        /// `ServiceState::NotRunning` where it is empty.
        since: &'static str,
        /// What the service has in its queue at that time.
        queue: &'static str,
        begun: &'static str,
        under_way_since: &'static str,
        /// Where the schedule catches up, and where it doesn't.
        expected: [&'static str; 2],
    }

    const CASE: Case = Case {
        now: "10 12:00",
        since: "1 00:00",
        queue: "",
        begun: "",
        under_way_since: "",
        expected: ["", ""],
    };

    #[track_caller]
    fn check(case: &Case) {
        let (now, clock) = (march(case.now), ManualClock::utc(march(case.now)));
        let service = ServiceState::RunningSince(some(case.since));
        let known_to = |service, catches_up| {
            let input = AgendaInput {
                catches_up,
                settled: march("9 16:07"),
                begun: some(case.begun),
                under_way_since: some(case.under_way_since),
                service,
            };
            agenda(&"16:07".parse::<TimeRule>().unwrap(), &input, now, &clock)
        };
        for (catches_up, expected) in [true, false].into_iter().zip(case.expected) {
            let to_others = if case.since.is_empty() { ServiceState::NotRunning } else { service };
            let others = known_to(to_others, catches_up);
            assert_eq!(shown(&others), expected, "{} {catches_up}, to others", case.now);
            let itself = known_to(ServiceState::Queued(some(case.queue)), catches_up);
            assert_eq!(
                itself, others,
                "{} {catches_up}: the service acts on what others are shown",
                case.now
            );
        }
    }

    #[test]
    fn what_is_due_in_time() {
        check(&CASE);
        check(&Case { now: "10 16:07", expected: ["due 10", "due 10"], ..CASE });
        check(&Case { now: "10 16:17", expected: ["due 10", "due 10"], ..CASE });
        check(&Case { now: "10 16:17", since: "", expected: ["due 10", "due 10"], ..CASE });
        check(&Case {
            now: "12 16:17",
            since: "12 16:00",
            expected: ["due 12+2", "due 12, skipped 11+1"],
            ..CASE
        });
        // The clock was set back.
        check(&Case { now: "8 16:17", ..CASE });
    }

    #[test]
    fn what_is_late_is_skipped_unless_it_waits() {
        let late = "10 16:17:01";
        let waits = Case { now: late, queue: "10 16:07", expected: ["due 10", "due 10"], ..CASE };
        check(&waits);
        check(&Case { since: "10 16:17", ..waits });
        check(&Case { now: "11 12:00", ..waits });
        // A start that a wrong clock has told.
        check(&Case { since: "31 00:00", ..waits });
        let skipped = Case { now: late, since: "", expected: ["due 10", "skipped 10"], ..CASE };
        check(&skipped);
        check(&Case { since: "10 16:17:01", ..skipped });
        check(&Case { now: "12 12:00", since: "12 12:00", expected: ["due 11+1", "skipped 11+1"], ..CASE });
        // The next one comes while it still waits: one run is made for both.
        check(&Case {
            now: "11 16:08",
            queue: "10 16:07",
            expected: ["due 11+1", "due 11, skipped 10"],
            ..CASE
        });
    }

    #[test]
    fn what_was_begun_in_time_is_due_however_late() {
        let begun = Case { begun: "10 16:07", since: "", ..CASE };
        check(&Case { now: "10 16:12", expected: ["due 10", "due 10"], ..begun });
        check(&Case { now: "10 18:00", expected: ["due 10", "due 10"], ..begun });
        check(&Case { now: "11 16:10", expected: ["due 11+1", "due 11+1"], ..begun });
        check(&Case { now: "12 18:00", expected: ["due 12+2", "due 10, later 12+1"], ..begun });
        check(&Case {
            now: "12 18:00",
            since: "12 17:00",
            expected: ["due 12+2", "due 10, later 12+1"],
            ..begun
        });
    }

    #[test]
    fn nothing_waits_behind_a_run_of_the_same_schedule() {
        let begun = Case { begun: "10 16:07", under_way_since: "10 16:08", ..CASE };
        check(&Case { now: "10 18:00", expected: ["due 10, under way", "due 10, under way"], ..begun });
        check(&Case {
            now: "11 18:00",
            expected: ["due 11+1, under way", "due 10, later 11, under way"],
            ..begun
        });
    }

    #[test]
    fn what_waited_for_another_process_is_due() {
        let late = march("10 18:00");
        let input = AgendaInput {
            catches_up: false,
            settled: march("9 16:07"),
            begun: None,
            under_way_since: None,
            service: ServiceState::Postponed,
        };
        let rule: TimeRule = "16:07".parse().unwrap();
        let postponed = agenda(&rule, &input, late, &ManualClock::utc(late));
        let others = AgendaInput { service: ServiceState::RunningSince(None), ..input };
        assert_eq!(shown(&postponed), "due 10");
        assert_eq!(agenda(&rule, &others, late, &ManualClock::utc(late)), postponed, "its start isn't known");
    }

    #[test]
    fn each_moment_that_is_not_settled_is_due_or_skipped() {
        let due = |planned: &str| Some(Due { planned: march(planned), missed_runs: 0 });
        let agenda = |due, skipped, skipped_later| Agenda {
            under_way_since: None,
            due,
            skipped,
            skipped_later,
            next: None,
        };
        let (day_10, day_11, day_12) = ("10 16:07", "11 16:07", "12 16:07");
        let cases = [
            (agenda(due(day_12), None, None), [false, false, false]),
            (agenda(due(day_12), due(day_11), None), [true, true, false]),
            (agenda(None, due(day_12), None), [true, true, true]),
            (agenda(due(day_10), None, due(day_12)), [false, true, true]),
        ];
        for (agenda, expected) in cases {
            assert_eq!([day_10, day_11, day_12].map(|day| agenda.skips(march(day))), expected, "{agenda:?}");
        }
    }
}
