//! Jitter: moves each planned moment to a later one, so that many machines don't begin at once.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::schedule::rule::Schedule;
use crate::model::schedule::rule::interval::minutes;
use crate::model::schedule::rule::part::Part;
use crate::time::{Clock, Moment, moment};

/// The longest delay of a schedule's runs, as it is written: `10m`, `1h30m`. At most a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Jitter {
    text: String,
    minutes: i64,
}

impl Jitter {
    /// Reads a period of 1 minute to 24 hours. Returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let minutes = minutes(Part::whole(text)).ok().filter(|minutes| *minutes <= DAY)?;
        Some(Self { text: text.to_owned(), minutes })
    }

    /// Returns the longest delay.
    #[must_use]
    pub fn longest(&self) -> TimeDelta {
        TimeDelta::minutes(self.minutes)
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A day in minutes.
const DAY: i64 = 24 * 60;

/// A rule whose moments are moved to later ones, by an even number of seconds from 0 up to the jitter.
///
/// Promises: the delay depends only on the seed, the planned moment and the jitter. It is the same in every version.
///
/// If the jitter is longer than the time between two runs, runs can change places, and two of them can fall together.
#[derive(Clone, Copy)]
pub struct Jittered<'a> {
    /// The rule that plans the moments.
    pub rule: &'a dyn Schedule,
    /// The longest delay. A negative one counts as none.
    pub jitter: TimeDelta,
    /// What the delays depend on, such as the name of the machine and of the schedule.
    pub seed: &'a str,
}

impl Schedule for Jittered<'_> {
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        // A moment that was planned up to a whole jitter ago can still be ahead.
        let longest = self.jitter.max(TimeDelta::zero());
        let start = after.checked_sub_signed(longest).unwrap_or(DateTime::<Utc>::MIN_UTC.fixed_offset());
        let mut planned = self.rule.next_after(start, clock)?;
        let mut best: Option<Moment> = None;
        // What is planned behind the best one can't come before it.
        while best.is_none_or(|best| planned < best) {
            let delayed = planned.checked_add_signed(self.delay(planned)).filter(|delayed| *delayed > after);
            best = best.into_iter().chain(delayed).min();
            let Some(next) = self.rule.next_after(planned, clock) else { break };
            planned = next;
        }
        best.map(|best| moment(clock, best.to_utc()))
    }
}

impl Jittered<'_> {
    /// Returns the delay of a planned moment.
    ///
    /// It is an even number of seconds, because the history must not have runs in the last second of a minute: there, the
    /// moment after a run looks like the minute in which a schedule was added.
    fn delay(&self, planned: Moment) -> TimeDelta {
        let choices = u128::from(self.jitter.num_seconds().max(0).unsigned_abs()) / 2 + 1;
        let bytes = self.seed.bytes().chain(planned.timestamp().to_le_bytes());
        let seconds = 2 * ((u128::from(hash(bytes)) * choices) >> 64);
        // It is at most the jitter.
        TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0))
    }
}

/// Returns the FNV-1a hash of bytes, mixed by the last step of `MurmurHash3`, so that every bit depends on every byte.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    let mut sum = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    sum = (sum ^ (sum >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    sum = (sum ^ (sum >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    sum ^ (sum >> 33)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, Zone, at};

    fn runs(rule: &dyn Schedule, after: &str, count: usize) -> Vec<Moment> {
        let clock = ManualClock::with_zone(at("2026-01-01 00:00"), Zone::berlin());
        let next = |after: &Moment| rule.next_after(*after, &clock);
        std::iter::successors(next(&at(after)), next).take(count).collect()
    }

    #[test]
    fn delays_are_the_same_for_ever() {
        let rule: TimeRule = "16:07".parse().unwrap();
        let jittered = |seed, minutes| Jittered { rule: &rule, jitter: TimeDelta::minutes(minutes), seed };
        let texts = |runs: Vec<Moment>| runs.iter().map(Moment::to_rfc3339).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(texts(runs(&jittered("docs", 30), "2026-03-27 12:00", 4)), @r#"
        2026-03-27T16:12:50+01:00
        2026-03-28T16:14:22+01:00
        2026-03-29T16:34:04+02:00
        2026-03-30T16:19:56+02:00
        "#);
        insta::assert_snapshot!(texts(runs(&jittered("music", 30), "2026-03-27 12:00", 2)), @r#"
        2026-03-27T16:28:58+01:00
        2026-03-28T16:25:00+01:00
        "#);
        insta::assert_snapshot!(texts(runs(&jittered("", 0), "2026-03-27 12:00", 1)), @"2026-03-27T16:07:00+01:00");
        insta::assert_snapshot!(texts(runs(&jittered("docs", -5), "2026-03-27 12:00", 1)), @"2026-03-27T16:07:00+01:00");
    }

    /// The runs by their definition: every planned moment with its delay, in order.
    #[track_caller]
    fn check(rule: &str, jitter: TimeDelta) {
        let rule: TimeRule = rule.parse().unwrap();
        let jittered = Jittered { rule: &rule, jitter, seed: "docs" };
        let found = runs(&jittered, "2026-03-27 00:00", 40);
        let planned = runs(&rule, "2026-03-24 00:00", 600);
        let moved = planned.iter().map(|planned| *planned + jittered.delay(*planned));
        let moved: BTreeSet<Moment> = moved.filter(|moved| *moved > at("2026-03-27 00:00")).collect();
        assert_eq!(found, moved.into_iter().take(40).collect::<Vec<_>>(), "{rule}, {jitter}");
    }

    #[test]
    fn each_planned_moment_comes_once_with_its_delay() {
        for jitter in [0, 1, 59, 600, 3_600, 86_400, 200_000] {
            for rule in ["every 1h", "16:07", "*/20 * * * *", "02:30,03:00"] {
                check(rule, TimeDelta::seconds(jitter));
            }
        }
    }

    #[test]
    fn delays_are_spread_evenly() {
        let rule: TimeRule = "every 1h".parse().unwrap();
        let jittered = Jittered { rule: &rule, jitter: TimeDelta::seconds(9), seed: "docs" };
        // 0, 2, 4, 6 and 8 seconds.
        let mut counts = [0; 5];
        for run in runs(&rule, "2026-01-01 00:00", 2_000) {
            let seconds = usize::try_from(jittered.delay(run).num_seconds()).unwrap();
            assert!(seconds.is_multiple_of(2), "{seconds}");
            counts[seconds / 2] += 1;
        }
        assert!(counts.iter().all(|count| (350..450).contains(count)), "{counts:?}");
    }
}
