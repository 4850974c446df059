//! Planned: which planned moments of a rule a date or a minute stands for.

use std::iter::successors;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::model::schedule::Schedule;
use crate::policy::clock_change::{ClockChange, clock_change, is_planned};
use crate::policy::latest::latest;
use crate::time::{Clock, Moment, first_instant_at_or_after};

/// Returns the planned moments of a date. A moment right after a gap belongs to the date of the time that it stands for.
pub(super) fn planned_on(rule: &dyn Schedule, date: NaiveDate, clock: &dyn Clock) -> Vec<Moment> {
    let midnight = |date: NaiveDate| first_instant_at_or_after(date.and_time(NaiveTime::MIN), clock);
    let (Some(start), Some(end)) = (midnight(date), date.succ_opt().and_then(midnight)) else {
        return Vec::new();
    };
    let next = |after: Moment| rule.next_after(after, clock).filter(|next| *next > after);
    let moments = successors(next(start - TimeDelta::nanoseconds(1)), |moment| next(*moment));
    let moments = moments.take_while(|moment| *moment <= end);
    moments.filter(|moment| time_of(rule, *moment, clock).date() == date).collect()
}

/// Returns the planned moment of a minute.
///
/// The time is either one that the clock showed then, or one that the rule asks for and the clock skipped.
pub(super) fn planned_at(rule: &dyn Schedule, requested: NaiveDateTime, clock: &dyn Clock) -> Option<Moment> {
    let first = first_instant_at_or_after(requested, clock)?;
    if first.naive_local() == requested {
        let next = rule.next_after(first - TimeDelta::nanoseconds(1), clock);
        return next.filter(|next| *next - first < TimeDelta::minutes(1));
    }
    let is_it = is_planned(rule, first, clock)
        && clock_change(rule, first, clock) == Some(ClockChange::Skipped(requested));
    is_it.then_some(first)
}

/// Returns the planned moment that is nearest to an instant.
pub(super) fn nearest(rule: &dyn Schedule, instant: Moment, clock: &dyn Clock) -> Option<Moment> {
    let around = [latest(rule, instant, clock), rule.next_after(instant, clock)];
    around.into_iter().flatten().min_by_key(|planned| (*planned - instant).abs())
}

/// Returns the local time that a planned moment stands for: what the clock shows then, or what it skipped before.
fn time_of(rule: &dyn Schedule, planned: Moment, clock: &dyn Clock) -> NaiveDateTime {
    match clock_change(rule, planned, clock) {
        Some(ClockChange::Skipped(time)) => time,
        _ => planned.naive_local(),
    }
}
