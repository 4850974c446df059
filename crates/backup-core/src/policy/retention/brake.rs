//! The brake: automatic pruning pauses after the clock jumped, until the backups since then confirm the clock.
//!
//! The rules count dates, and a date is only as good as the clock that gave it. Where two backups in a row are
//! [`JUMP`] or more apart, in either direction, the clock was wrong or nothing was backed up: nobody can tell which.
//! So nothing is removed automatically until backups without another jump span as much time.
//!
//! After that, the current clock is believed. Some older dates then turn out to be wrong, because they contradict the
//! order in which the backups were made. [`wrong_dates`] tells which.
//!
//! Not noticed: a jump that is shorter than [`JUMP`]; a clock that stays wrong for longer than that; and a wrong
//! date that contradicts nothing, such as that of the very first backup of a machine that began in 1970.

use std::ops::RangeInclusive;

use chrono::TimeDelta;

use crate::model::history::{Reading, Timeline};
use crate::time::Moment;

/// The shortest time between two backups that counts as a jump of the clock, and the time that confirms the clock.
pub const JUMP: TimeDelta = TimeDelta::days(60);

/// A jump of the clock between two backups in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockJump {
    /// The date of the backup before the jump.
    pub from: Moment,
    /// The date of the backup after the jump.
    pub to: Moment,
}

/// Returns the jump of the clock that pauses automatic pruning of a name, if it is paused.
///
/// It is paused from the last jump on, until the newest backup is [`JUMP`] later than the first one after the jump, or
/// until a person has resumed it.
#[must_use]
pub fn paused(timeline: &Timeline) -> Option<ClockJump> {
    let stretches = stretches(timeline);
    let (current, earlier) = stretches.split_last()?;
    let before = earlier.last()?.last;
    let is_confirmed = current.first.order <= timeline.resumed || current.confirms_the_clock();
    (!is_confirmed).then_some(ClockJump { from: before.made_for, to: current.first.made_for })
}

/// Returns the places, in the order in which they were made, of the backups whose dates contradict that order.
///
/// What was made between two jumps is right or wrong together. Two such stretches contradict each other if the one that
/// was made first ends [`JUMP`] or more after the date at which the other one begins. The current stretch and those that
/// span [`JUMP`] or more are confirmed: they are wrong only if they contradict a later confirmed stretch. Any other stretch
/// is wrong if it contradicts any stretch.
#[must_use]
pub fn wrong_dates(timeline: &Timeline) -> Vec<RangeInclusive<u64>> {
    let stretches = stretches(timeline);
    let is_confirmed = |one: usize| one + 1 == stretches.len() || stretches[one].confirms_the_clock();
    let is_wrong = |one: &usize| {
        let counts = |other: &usize| !is_confirmed(*one) || is_confirmed(*other) && other > one;
        (0..stretches.len()).filter(counts).any(|other| contradict(&stretches, *one, other))
    };
    let wrong = (0..stretches.len()).filter(is_wrong);
    wrong.map(|one| stretches[one].first.order..=stretches[one].last.order).collect()
}

fn contradict(stretches: &[Stretch], one: usize, other: usize) -> bool {
    let (earlier, later) = (&stretches[one.min(other)], &stretches[one.max(other)]);
    one != other && earlier.last.made_for - later.first.made_for >= JUMP
}

/// Backups in a row without a jump between them.
struct Stretch {
    first: Reading,
    last: Reading,
}

impl Stretch {
    fn confirms_the_clock(&self) -> bool {
        self.last.made_for - self.first.made_for >= JUMP
    }
}

fn stretches(timeline: &Timeline) -> Vec<Stretch> {
    let is_near = |one: &Reading, next: &Reading| (next.made_for - one.made_for).abs() < JUMP;
    let stretch = |readings: &[Reading]| Some(Stretch { first: *readings.first()?, last: *readings.last()? });
    timeline.readings.chunk_by(is_near).filter_map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    /// One backup at noon of each date, made in that order; at "resumed", a person runs `prune`.
    fn timeline(dates: &str) -> Timeline {
        let mut timeline = Timeline::default();
        for word in dates.split_whitespace() {
            let order = timeline.readings.len() as u64;
            match word {
                "resumed" => timeline.resumed = order,
                date => timeline.readings.push(reading(order + 1, date)),
            }
        }
        timeline
    }

    fn reading(order: u64, date: &str) -> Reading {
        Reading { order, began: at(&format!("{date} 12:00")), made_for: at(&format!("{date} 12:00")) }
    }

    /// Whether pruning is paused after these backups, and by which jump.
    #[track_caller]
    fn check(dates: &str, expected: Option<(&str, &str)>) {
        let noon = |date: &str| at(&format!("{date} 12:00"));
        let expected = expected.map(|(from, to)| ClockJump { from: noon(from), to: noon(to) });
        assert_eq!(paused(&timeline(dates)), expected, "{dates}");
    }

    #[test]
    fn a_jump_pauses_pruning_until_sixty_days_of_backups_have_followed() {
        check("", None);
        check("2026-01-01", None);
        check("2026-01-01 2026-01-02", None);
        // As far as this, a gap is believed; backups that are made in another order too.
        check("2026-01-01 2026-03-01", None);
        check("2026-03-01 2026-01-01", None);
        check("2026-01-01 2026-03-02", Some(("2026-01-01", "2026-03-02")));
        check("2026-03-02 2026-01-01", Some(("2026-03-02", "2026-01-01")));
        // A machine that was off for three months.
        check("2026-01-01 2026-04-01 2026-05-30", Some(("2026-01-01", "2026-04-01")));
        check("2026-01-01 2026-04-01 2026-05-30 2026-05-31", None);
        // One that began in 1970.
        check("1970-01-01 2026-04-01 2026-04-02", Some(("1970-01-01", "2026-04-01")));
        check("1970-01-01 2026-04-01 2026-05-01 2026-06-01", None);
        // A clock that was in 2031 for one run: once it is right again, that is a jump of its own.
        check("2026-04-01 2031-02-03", Some(("2026-04-01", "2031-02-03")));
        check("2026-04-01 2031-02-03 2026-04-03", Some(("2031-02-03", "2026-04-03")));
        check("2026-04-01 2031-02-03 2026-04-03 2026-05-03 2026-06-01", Some(("2031-02-03", "2026-04-03")));
        check("2026-04-01 2031-02-03 2026-04-03 2026-05-03 2026-06-02", None);
        // Two jumps: the time before the last one confirms nothing.
        check("2026-01-01 2026-04-01 2026-05-30 1970-01-01", Some(("2026-05-30", "1970-01-01")));
        // Who makes a backup every three months is never pruned automatically.
        check("2026-01-01 2026-04-01 2026-07-01 2026-10-01", Some(("2026-07-01", "2026-10-01")));
        // One that was only confirmed by a jump back isn't confirmed.
        check("2026-01-01 2026-04-01 2026-05-15 2026-05-01", Some(("2026-01-01", "2026-04-01")));
    }

    #[test]
    fn a_person_resumes_pruning_until_the_next_jump() {
        check("2026-01-01 2026-04-01 resumed", None);
        check("2026-01-01 2026-04-01 resumed 2026-04-02", None);
        check("2026-01-01 2026-04-01 resumed 2031-01-01", Some(("2026-04-01", "2031-01-01")));
        check("2026-01-01 resumed 2026-04-01", Some(("2026-01-01", "2026-04-01")));
    }

    /// Which of these backups have a wrong date.
    #[track_caller]
    fn check_wrong(dates: &str, expected: &[&str]) {
        let timeline = timeline(dates);
        let ranges = wrong_dates(&timeline);
        let is_wrong = |reading: &&Reading| ranges.iter().any(|orders| orders.contains(&reading.order));
        let wrong = timeline.readings.iter().filter(is_wrong);
        let wrong: Vec<_> = wrong.map(|reading| reading.made_for.date_naive().to_string()).collect();
        assert_eq!(wrong, expected, "{dates}");
    }

    #[test]
    fn a_date_is_wrong_where_it_contradicts_the_order() {
        let confirmed = "2026-01-01 2026-02-15 2026-04-01";
        let check = |dates: &str, expected: &[&str]| {
            check_wrong(&format!("{confirmed} {dates}"), expected);
        };
        check("2026-04-02", &[]);
        // Nothing was backed up, as far as anybody can tell.
        check("2026-08-01", &[]);
        check_wrong("1970-01-01 2026-04-01", &[]);
        // It looks right until a backup after it shows that it isn't.
        check("2031-02-03", &[]);
        check("2031-02-03 2026-04-03", &["2031-02-03"]);
        check("1970-01-01 2026-04-03", &["1970-01-01"]);
        check("2031-02-03 1970-01-01 2026-04-03", &["2031-02-03", "1970-01-01"]);
        check(
            "2031-02-03 2026-04-03 2026-05-03 2026-06-02 1970-01-01 2026-06-03",
            &["2031-02-03", "1970-01-01"],
        );
        // Also once the time has come that the clock had shown.
        check("2026-08-01 2026-04-03 2026-05-30 2026-07-25 2026-08-02", &["2026-08-01"]);
        // What was made in a row is right or wrong together, also where single dates would do.
        check("2026-06-01 2026-06-30 2026-04-03", &["2026-06-01", "2026-06-30"]);
        check("2026-01-29 2026-02-28 2026-05-01", &["2026-01-29", "2026-02-28"]);
        // Of two that are confirmed the later one is right.
        let all = ["2026-01-01", "2026-02-15", "2026-04-01"];
        check("1970-01-01", &all);
        check("1970-01-01 1970-02-01 1970-03-02 1970-06-01", &all);
    }

    #[test]
    fn of_two_that_are_not_confirmed_neither_is_relied_on() {
        check_wrong("2026-04-01 1970-01-01 2026-04-03", &["2026-04-01", "1970-01-01"]);
        check_wrong("2026-04-01 2031-02-03 2026-04-03", &["2031-02-03"]);
        check_wrong("2026-04-01 2031-02-03 2026-04-03 2026-08-01", &["2031-02-03", "2026-04-03"]);
        check_wrong("2026-04-01 2026-07-01 2026-04-03 2026-08-01", &["2026-07-01", "2026-04-03"]);
    }
}
