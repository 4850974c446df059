//! Upcoming: what is planned next, in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::TimeDelta;

use crate::model::schedule::Schedule;
use crate::policy::clock_change::{ClockChange, clock_change};
use crate::time::{Clock, Moment};

/// A planned moment of one of several rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// Which rule, as its index.
    pub rule: usize,
    /// The moment.
    pub planned: Moment,
    /// How a change of the local clock moved it, if one did.
    pub clock_change: Option<ClockChange>,
}

/// Returns the planned moments of all rules at `from` or later, the earliest first. Those of one moment are in the order of
/// the rules.
pub fn upcoming<'a>(
    rules: &'a [&'a dyn Schedule],
    from: Moment,
    clock: &'a dyn Clock,
) -> impl Iterator<Item = Upcoming> + 'a {
    let next = move |rule: usize, after: Moment| {
        let planned = rules[rule].next_after(after, clock).filter(|planned| *planned > after);
        planned.map(|planned| Reverse((planned, rule)))
    };
    let before = from - TimeDelta::nanoseconds(1);
    let mut queue: BinaryHeap<_> = (0..rules.len()).filter_map(|rule| next(rule, before)).collect();
    std::iter::from_fn(move || {
        let Reverse((planned, rule)) = queue.pop()?;
        queue.extend(next(rule, planned));
        Some(Upcoming { rule, planned, clock_change: clock_change(rules[rule], planned, clock) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, Zone, at};

    #[test]
    fn runs_of_all_rules_come_in_order_with_the_notes_of_clock_changes() {
        let rules = ["02:30", "Sun 03:00", "every 12h", "2020-01-01 00:00"];
        let rules = rules.map(|rule| rule.parse::<TimeRule>().unwrap());
        let rules = rules.each_ref().map(|rule| rule as &dyn Schedule);
        let from = at("2026-03-28T02:30:00+01:00");
        let clock = ManualClock::with_zone(from, Zone::berlin());
        let shown = upcoming(&rules, from, &clock).take(7).map(|next| {
            let moved = next.clock_change.map_or("", |_| " moved");
            format!("{} {}{moved}", next.planned.format("%d %H:%M"), next.rule)
        });
        let expected = [
            "28 02:30 0",
            "28 12:00 2",
            "29 00:00 2",
            "29 03:00 0 moved",
            "29 03:00 1",
            "29 13:00 2",
            "30 00:00 2",
        ];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }
}
