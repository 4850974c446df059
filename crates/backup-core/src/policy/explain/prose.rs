//! Prose: an explanation as one paragraph of text.

use std::fmt;

use chrono::NaiveDate;

use crate::model::archive::display_path;
use crate::model::history::{Outcome, RunRecord, name_in};
use crate::policy::clock_change::ClockChange;
use crate::policy::explain::explanation::{Delay, Explanation, Interruption, Reason};
use crate::text::printable;
use crate::time::{Moment, wall_clock};

/// The maximum number of problems that are listed for a run.
const MAX_PROBLEMS: usize = 3;

const PAUSED: &str = "it doesn't run because the schedule is paused. Once it is resumed, runs planned before that are not made up for.";

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", safe(&self.schedule))?;
        if let Some(planned) = self.planned {
            write!(f, ", planned for {}", wall_clock(planned))?;
        }
        write!(f, ": ")?;
        self.reason.fmt(f)?;
        match &self.clock_change {
            None => Ok(()),
            Some(ClockChange::Skipped(time)) => write!(
                f,
                " Local time skipped {} that day, so the run was planned for the moment right after the gap.",
                time.format("%H:%M")
            ),
            Some(ClockChange::Repeated(time)) => {
                let time = time.format("%H:%M");
                write!(f, " Local time showed {time} twice that day. The first time counts.")
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Ran { run, delay } => format!("{}{}{}", began(run, delay), ended(run), made_up(run)),
            Self::ByHand(run) => format!(
                "nothing was planned, but a run by hand began at {}{}",
                wall_clock(run.began),
                ended(run)
            ),
            Self::FailedByHand { run, .. } => {
                format!("a run by hand began at {}{}", wall_clock(run.began), ended(run))
            }
            Self::UnfinishedByHand { since, .. } => unfinished_by_hand(*since),
            Self::ArchiveOnly(run) => {
                format!("it isn't in the history, but its archive shows that it ran{}", ended(run))
            }
            Self::MadeUp { run, other_runs } => made_up_later(run, *other_runs),
            Self::Skipped { at, reason, other_runs } => skipped(*at, reason.as_deref(), *other_runs),
            Self::UnderWay { since, planned } => under_way(*since, *planned),
            Self::Due { interrupted, unfinished_since, service_runs, will_be_skipped } => {
                let attempts = attempts(interrupted.as_ref(), *unfinished_since);
                format!("{attempts}{}", due(*service_runs, *will_be_skipped))
            }
            Self::Abandoned(interruption) => {
                format!("{}. It is not due any more.", interrupted(interruption))
            }
            Self::Paused => PAUSED.to_owned(),
            Self::Future { service_runs, next } => future(*service_runs, *next),
            Self::NotYet { since, existed_before } => not_yet(*since, *existed_before),
            Self::Deleted(last) => deleted(*last),
            Self::Refused(reason) => format!("it never runs: {}.", safe(reason)),
            Self::NotPlanned { requested, rule, nearest } => {
                not_planned(&requested.format("%Y-%m-%d %H:%M").to_string(), rule, *nearest)
            }
            Self::NotPlannedThatDay { requested, rule, nearest } => {
                not_planned(&requested.format("%Y-%m-%d").to_string(), rule, *nearest)
            }
            Self::NoSuchDate(date) => no_such_date(*date),
            Self::ClockAhead { shown, is_future } => clock_ahead(*shown, *is_future),
            Self::Unknown { first, planned } => unknown(*first, *planned),
        };
        f.write_str(&text)
    }
}

fn began(run: &RunRecord, delay: &Delay) -> String {
    let at = wall_clock(run.began);
    match delay {
        Delay::InTime => format!("it ran in time. It began at {at}"),
        Delay::AfterInterruption(interruption) => {
            format!("{}. It was started again at {at}", interrupted(interruption))
        }
        Delay::Waited { backups, drills } => {
            format!("it ran late because it waited for {} to finish. It began at {at}", work(backups, drills))
        }
        Delay::NothingRan => format!(
            "it ran late because nothing could run it in time: the service was down, or the machine was off or asleep. It \
             began at {at}"
        ),
    }
}

/// Returns what a run waited for.
fn work(backups: &[String], drills: &[String]) -> String {
    let names = |entries: &[String]| {
        let names: Vec<_> = entries.iter().map(|entry| name_in(entry)).collect();
        safe(&names.join(", "))
    };
    match (backups, drills) {
        (backups, []) => format!("other backups ({})", names(backups)),
        ([], drills) => format!("drills ({})", names(drills)),
        (backups, drills) => format!("other backups ({}) and drills ({})", names(backups), names(drills)),
    }
}

/// Continues a sentence that says when the run began.
fn ended(run: &RunRecord) -> String {
    let at = wall_clock(run.ended);
    let archive = run
        .archive
        .as_ref()
        .map(|archive| format!(" in {}", safe(&display_path(archive))))
        .unwrap_or_default();
    match run.outcome {
        Outcome::Done => format!(" and was done at {at}{archive}{}.", problems(run)),
        Outcome::Torn => {
            format!(
                " and was done at {at}{archive}, but something changed while it was read{}.",
                problems(run)
            )
        }
        Outcome::Incomplete => {
            format!(" and was INCOMPLETE at {at}{archive}: something could not be read{}.", problems(run))
        }
        Outcome::Failed if run.archive.is_some() => format!(
            " and FAILED at {at} after the new archive was published{archive}{}. That archive may not survive a power cut: run \
             the backup again.",
            problems(run)
        ),
        Outcome::Failed => {
            format!(" and FAILED at {at} without changing any backup{}.", problems(run))
        }
        Outcome::Interrupted => format!(" and was interrupted at {at}{}.", problems(run)),
        Outcome::Skipped => format!(" and was skipped at {at}{}.", problems(run)),
    }
}

fn problems(run: &RunRecord) -> String {
    if run.problems.is_empty() {
        return String::new();
    }
    let listed: Vec<_> = run.problems.iter().take(MAX_PROBLEMS).map(|problem| safe(problem)).collect();
    let more = match run.problems.len().saturating_sub(MAX_PROBLEMS) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!(" ({}{more})", listed.join("; "))
}

fn made_up(run: &RunRecord) -> String {
    match run.missed_runs {
        0 => String::new(),
        1 => " It also made up for 1 missed run before it.".to_owned(),
        missed => format!(" It also made up for {missed} missed runs before it."),
    }
}

/// Mentions other missed runs, introduced by these words.
fn also(other_runs: u32, words: &str) -> String {
    match other_runs {
        0 => String::new(),
        others => format!("{words} {others} more"),
    }
}

fn made_up_later(run: &RunRecord, other_runs: u32) -> String {
    let planned = run.key.planned.map_or_else(String::new, wall_clock);
    let also = also(other_runs, " and for");
    let began = wall_clock(run.began);
    format!(
        "it didn't run then. The run planned for {planned} made up for it{also}. That run began at {began}{}",
        ended(run)
    )
}

fn skipped(at: Moment, reason: Option<&str>, other_runs: u32) -> String {
    let also = also(other_runs, ", together with");
    format!("it was skipped at {}{}{also}.", wall_clock(at), because(reason))
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({})", safe(reason))).unwrap_or_default()
}

fn interrupted(Interruption { at, reason }: &Interruption) -> String {
    let reason = reason.as_deref().map(|reason| format!(": {}", safe(reason))).unwrap_or_default();
    format!("it was interrupted (recorded at {}{reason})", wall_clock(*at))
}

/// Says which attempts were made. The sentence continues.
fn attempts(interruption: Option<&Interruption>, unfinished_since: Option<Moment>) -> String {
    match (interruption, unfinished_since) {
        (_, Some(since)) => {
            format!("it began at {}, but its process died before the end; ", wall_clock(since))
        }
        (Some(interruption), None) => format!("{}; ", interrupted(interruption)),
        (None, None) => String::new(),
    }
}

fn under_way(since: Moment, planned: Option<Moment>) -> String {
    let since = wall_clock(since);
    match planned {
        None => format!("it has been running since {since}."),
        Some(planned) => {
            format!(
                "the run planned for {} makes up for it. That run has been running since {since}.",
                wall_clock(planned)
            )
        }
    }
}

fn unfinished_by_hand(since: Moment) -> String {
    let known = "and its process ended before it was done. It isn't repeated automatically.";
    format!("a run by hand began at {}, {known}", wall_clock(since))
}

fn due(service_runs: bool, will_be_skipped: bool) -> &'static str {
    match (service_runs, will_be_skipped) {
        (true, false) => {
            "it is due now. The service makes it as soon as a worker is free and no other process is making this backup."
        }
        (true, true) => "it is late, and its schedule doesn't catch up, so the service will skip it.",
        (false, false) => {
            "it is due, but the service doesn't run. It will be made once the service is started."
        }
        (false, true) => {
            "it didn't run because the service doesn't run. Its schedule doesn't catch up, so it will be skipped."
        }
    }
}

fn future(service_runs: bool, next: Option<Moment>) -> String {
    let next = next.map(|next| format!(" The next run is at {}.", wall_clock(next))).unwrap_or_default();
    let service = if service_runs { "" } else { " The service doesn't run." };
    format!("it is in the future.{next}{service}")
}

fn not_yet(since: Moment, existed_before: bool) -> String {
    let since = wall_clock(since);
    let added =
        if existed_before { "was added again, changed or resumed after that" } else { "didn't exist yet" };
    format!("the schedule {added}. It counts since {since}. Runs planned before that are not made up for.")
}

fn deleted(last: Option<Moment>) -> String {
    let last = last
        .map(|last| format!(" The history last mentions the schedule at {}.", wall_clock(last)))
        .unwrap_or_default();
    format!("the history knows of no such run, and the schedule doesn't exist any more.{last}")
}

fn not_planned(requested: &str, rule: &str, nearest: Option<Moment>) -> String {
    let nearest = nearest
        .map(|nearest| format!(" The nearest planned time is {}.", wall_clock(nearest)))
        .unwrap_or_default();
    format!("nothing was planned for {requested}. It runs {rule}.{nearest}")
}

fn no_such_date(date: NaiveDate) -> String {
    format!("the time zone of this machine skipped the date {date}, so nothing was planned.")
}

fn clock_ahead(shown: Moment, is_future: bool) -> String {
    let still = if is_future { " The planned time is still in the future." } else { "" };
    let shown = wall_clock(shown);
    format!(
        "a run was recorded for it while the clock was wrong: it showed {shown}. This record doesn't count.{still}"
    )
}

fn unknown(first: Option<Moment>, planned: Moment) -> String {
    match first.map(|first| (first > planned, wall_clock(first))) {
        None => "the history says nothing about this schedule.".to_owned(),
        Some((true, first)) => {
            format!("the history says nothing about it. What it says about this schedule begins at {first}.")
        }
        Some((false, first)) => format!(
            "the history says nothing about it, although it mentions this schedule since {first}. Lines of it may be lost (a \
             long history is shortened), or the clock was wrong then."
        ),
    }
}

/// Returns text that is safe to print.
fn safe(text: &str) -> String {
    printable(text.as_bytes())
}
