//! An explanation as one paragraph.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};

use crate::model::archive::place_of;
use crate::model::history::{Outcome, RunRecord, name_in};
use crate::policy::explain::explanation::{Delay, Explanation, Interruption, Oddity, Reason};
use crate::text::printable;
use crate::time::Moment;

/// How many problems of a run are told.
const MOST_PROBLEMS: usize = 3;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", safe(&self.schedule))?;
        if let Some(planned) = self.planned {
            write!(f, ", planned for {}", wall_clock(planned))?;
        }
        write!(f, ": ")?;
        self.verdict.fmt(f)?;
        match &self.oddity {
            None => Ok(()),
            Some(Oddity::Skipped(time)) => write!(
                f,
                " The wall clock skipped {time} that day, so the run was planned for right after the gap."
            ),
            Some(Oddity::Twice(time)) => {
                write!(f, " The wall clock showed {time} twice that day; the first counts.")
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Ran { run, lateness } => format!("{}{}{}", began(run, lateness), ended(run), made_up(run)),
            Self::ByHand(run) => format!(
                "nothing was planned, but a run by hand began at {}{}",
                wall_clock(run.began),
                ended(run)
            ),
            Self::Found(run) => format!("it is known from its archive alone,{}", ended(run)),
            Self::MadeUp { run, other_runs } => made_up_later(run, *other_runs),
            Self::Skipped { at, reason, other_runs } => skipped(*at, reason.as_deref(), *other_runs),
            Self::UnderWay { since, planned } => under_way(*since, *planned),
            Self::Owed { interrupted, unfinished_since, service_runs, will_be_skipped } => {
                let tried = tried(interrupted.as_ref(), *unfinished_since);
                format!("{tried}{}", owed(*service_runs, *will_be_skipped))
            }
            Self::Abandoned(interruption) => format!("{}. It is owed no more.", interrupted(interruption)),
            Self::Ahead { service_runs, next } => ahead(*service_runs, *next),
            Self::NotYet { since, is_anew } => not_yet(*since, *is_anew),
            Self::Gone(last) => gone(*last),
            Self::Refused(reason) => format!("it never runs: {}.", safe(reason)),
            Self::NotPlanned { asked, daily, nearest } => not_planned(*asked, daily, *nearest),
            Self::NoSuchDate(date) => no_such_date(*date),
            Self::ClockAhead { shown, is_ahead } => clock_ahead(*shown, *is_ahead),
            Self::Unknown { first, planned } => unknown(*first, *planned),
        };
        f.write_str(&text)
    }
}

fn began(run: &RunRecord, lateness: &Delay) -> String {
    let at = wall_clock(run.began);
    match lateness {
        Delay::InTime => format!("it ran in time. It began at {at}"),
        Delay::AfterInterruption(interruption) => {
            format!("{}, and it was made again. It began anew at {at}", interrupted(interruption))
        }
        Delay::Waited { backups, drills } => {
            format!("it ran late, for it waited until {}. It began at {at}", waited(backups, drills))
        }
        Delay::NothingRan => format!(
            "it ran late, for nothing was there to run it in time: the service was down, or the machine off or asleep. \
             It began at {at}"
        ),
    }
}

/// Says what was done first.
fn waited(backups: &[String], drills: &[String]) -> String {
    let names = |entries: &[String]| {
        let names: Vec<_> = entries.iter().map(|entry| name_in(entry)).collect();
        safe(&names.join(", "))
    };
    match (backups, drills) {
        (backups, []) => format!("other backups were done ({})", names(backups)),
        ([], drills) => format!("drills were done ({})", names(drills)),
        (backups, drills) => {
            format!("other backups ({}) and drills ({}) were done", names(backups), names(drills))
        }
    }
}

/// Carries on a sentence that says when the run began.
fn ended(run: &RunRecord) -> String {
    let at = wall_clock(run.ended);
    let archive =
        run.archive.as_ref().map(|archive| format!(" in {}", safe(&place_of(archive)))).unwrap_or_default();
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
            " and FAILED at {at} after the new archive had taken its place{archive}{}. Whether that outlives a power cut is \
             unknown: make it anew.",
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
    let told: Vec<_> = run.problems.iter().take(MOST_PROBLEMS).map(|problem| safe(problem)).collect();
    let more = match run.problems.len().saturating_sub(MOST_PROBLEMS) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!(" ({}{more})", told.join("; "))
}

fn made_up(run: &RunRecord) -> String {
    match run.missed_runs {
        0 => String::new(),
        1 => " It also made up for 1 missed run before it.".to_owned(),
        missed => format!(" It also made up for {missed} missed runs before it."),
    }
}

fn also(other_runs: u32, how: &str) -> String {
    match other_runs {
        0 => String::new(),
        1 => format!(", {how} 1 more"),
        others => format!(", {how} {others} more"),
    }
}

fn made_up_later(run: &RunRecord, other_runs: u32) -> String {
    let planned = run.key.planned.map_or_else(String::new, wall_clock);
    let also = also(other_runs, "which made up for");
    let began = wall_clock(run.began);
    format!(
        "it didn't run then; one run made up for it later, that for {planned}{also}. It began at {began}{}",
        ended(run)
    )
}

fn skipped(at: Moment, reason: Option<&str>, other_runs: u32) -> String {
    let also = also(other_runs, "and with it");
    format!("it was skipped, as was found at {}{}{also}.", wall_clock(at), because(reason))
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({})", safe(reason))).unwrap_or_default()
}

fn interrupted(Interruption { at, reason }: &Interruption) -> String {
    format!("it was interrupted, as of {}{}", wall_clock(*at), because(reason.as_deref()))
}

fn tried(interruption: Option<&Interruption>, unfinished_since: Option<Moment>) -> String {
    match (interruption, unfinished_since) {
        (_, Some(since)) => {
            format!("it began at {}, and its process died before the end; ", wall_clock(since))
        }
        (Some(interruption), None) => format!("{}; ", interrupted(interruption)),
        (None, None) => String::new(),
    }
}

fn under_way(since: Moment, planned: Option<Moment>) -> String {
    let since = wall_clock(since);
    match planned {
        None => format!("it is under way, since {since}."),
        Some(planned) => format!(
            "the run that makes up for it, that for {}, is under way, since {since}.",
            wall_clock(planned)
        ),
    }
}

fn owed(service_runs: bool, will_be_skipped: bool) -> &'static str {
    match (service_runs, will_be_skipped) {
        (true, false) => {
            "it is owed now: the service runs, and makes it as soon as it has looked, a worker is free, and no other \
             process makes that backup."
        }
        (true, true) => {
            "its time has passed, and its schedule doesn't catch up: the service skips it at its next look."
        }
        (false, false) => "it is owed, and the service doesn't run: it is made once the service is started.",
        (false, true) => {
            "nothing ran it, for the service doesn't run, and its schedule doesn't catch up: it will be skipped."
        }
    }
}

fn ahead(service_runs: bool, next: Option<Moment>) -> String {
    let next = next.map(|next| format!(" The next run is at {}.", wall_clock(next))).unwrap_or_default();
    let service = if service_runs { "" } else { " The service doesn't run." };
    format!("it lies in the future.{next}{service}")
}

fn not_yet(since: Moment, is_anew: bool) -> String {
    let since = wall_clock(since);
    if is_anew {
        format!(
            "the schedule was added anew since: it counts since {since}, and owes nothing for the time before."
        )
    } else {
        format!(
            "the schedule wasn't there yet: it counts since {since}, and owes nothing for the time before."
        )
    }
}

fn gone(last: Option<Moment>) -> String {
    let last = last
        .map(|last| format!("; the last that the history knows of it is of {}", wall_clock(last)))
        .unwrap_or_default();
    format!("the history knows of no such run, and the schedule isn't there any more{last}.")
}

fn not_planned(asked: NaiveDateTime, daily: &str, nearest: Option<Moment>) -> String {
    let asked = asked.format("%d/%m/%Y %H:%M");
    let nearest = nearest
        .map(|nearest| format!("; the nearest is that of {}", wall_clock(nearest)))
        .unwrap_or_default();
    format!("nothing was planned for {asked}: it runs each day at {daily}{nearest}.")
}

fn no_such_date(date: NaiveDate) -> String {
    format!("the zone of this machine skipped the date {}, so nothing was planned.", date.format("%d/%m/%Y"))
}

fn clock_ahead(shown: Moment, is_ahead: bool) -> String {
    let still = if is_ahead { " The moment itself still lies ahead." } else { "" };
    let shown = wall_clock(shown);
    format!(
        "the clock was wrong when a run was noted for it: it showed {shown}. That counts for nothing.{still}"
    )
}

fn unknown(first: Option<Moment>, planned: Moment) -> String {
    match first.map(|first| (first > planned, wall_clock(first))) {
        None => "the history tells nothing of this schedule.".to_owned(),
        Some((true, first)) => {
            format!("the history tells nothing of it: what it tells of this schedule begins with {first}.")
        }
        Some((false, first)) => format!(
            "the history tells nothing of it, though it tells of this schedule since {first}: lines of it may be lost (a long one is shortened), \
             or the clock was wrong then."
        ),
    }
}

fn safe(text: &str) -> String {
    printable(text.as_bytes())
}

fn wall_clock(moment: Moment) -> String {
    moment.format("%d/%m/%Y %H:%M").to_string()
}
