//! Which generations of a backup stay and which go: a pure plan.
//!
//! The rules mean what they mean in restic. Each rule looks at all good generations on its own, and a generation stays
//! if any rule keeps it. (In borg, a rule passes over what another one has kept, so the same numbers keep more. And restic
//! also keeps the very oldest one for a rule that has places left.)
//!
//! | Rule | Keeps |
//! |---|---|
//! | `last:N` | the newest N |
//! | `hourly:N`, `daily:N`, `weekly:N`, `monthly:N`, `yearly:N` | the newest of each hour, day, week (from Monday), month or year, for the newest N of these that have one |
//! | `within:T` | those whose date is at most T before the newest one's date |
//!
//! "Newest" goes by the order in which the backups were made, not by their dates. So a backup that is dated in the future
//! doesn't stay the newest one.
//!
//! A date that contradicts that order is wrong (see [`wrong_dates`]). Nobody knows the right one. So such a backup
//!
//! - takes no place in the count of a period, and stays until the rule has its N periods without it;
//! - counts for `within` as old as the next backup with a right date.
//!
//! The plan doesn't know whether the clock can be believed now. Automatic pruning asks that first (see [`paused`]).

mod brake;
mod generation;
#[cfg(test)]
mod wrong_clocks;

pub use brake::{ClockJump, JUMP, paused, wrong_dates};
pub use generation::{Generation, Trust};

use std::collections::HashSet;
use std::hash::Hash;

use chrono::{Datelike, FixedOffset, NaiveDate, TimeDelta, Timelike};

use crate::model::schedule::{KeepRule, KeepRules};

/// What the plan says of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retention {
    /// It stays because of these rules: "daily 3" for the third day, "daily (wrong date)" if its day is unknown.
    Kept(Vec<String>),
    /// It stays although no rule keeps it: it is the newest good one.
    Newest,
    /// It stays and counts for no rule: it isn't known to be good.
    Doubtful,
    /// It stays and counts for no rule: its last drill failed.
    DrillFailed,
    /// It stays and counts for no rule: its last verification failed.
    VerifyFailed,
    /// It goes: no rule keeps it.
    Goes,
}

/// Returns what happens to each of the `generations`, which come in the order in which they were made, oldest first.
///
/// Promises: the newest good one never goes, and neither does one that isn't known to be good.
#[must_use]
pub fn plan(generations: &[Generation], rules: &KeepRules) -> Vec<Retention> {
    let good = generations.iter().enumerate().rev().filter(|(_, one)| one.trust == Trust::Good);
    let good: Vec<_> = good.collect();
    let mut reasons = vec![Vec::new(); generations.len()];
    for rule in rules.rules() {
        for (at, reason) in kept_by(*rule, &good) {
            reasons[at].push(format!("{} {reason}", rule.word()));
        }
    }
    let newest = good.first().map(|(at, _)| *at);
    let verdict = |(at, reasons): (usize, Vec<String>)| match generations[at].trust {
        Trust::VerifyFailed => Retention::VerifyFailed,
        Trust::DrillFailed => Retention::DrillFailed,
        Trust::Doubtful => Retention::Doubtful,
        Trust::Good if !reasons.is_empty() => Retention::Kept(reasons),
        Trust::Good if newest == Some(at) => Retention::Newest,
        Trust::Good => Retention::Goes,
    };
    reasons.into_iter().enumerate().map(verdict).collect()
}

/// A good generation and its place among all.
type Good<'a> = (usize, &'a Generation);

/// Returns the places of the good ones, newest first, that a rule keeps, each with the reason.
fn kept_by(rule: KeepRule, good: &[Good<'_>]) -> Vec<(usize, String)> {
    let date = |one: &Generation| one.made_for.date_naive();
    match rule {
        KeepRule::Last(count) => numbered(good.iter().take(as_length(count))),
        KeepRule::Hourly(count) => newest_of_each(good, count, hour_of),
        KeepRule::Daily(count) => newest_of_each(good, count, date),
        KeepRule::Weekly(count) => newest_of_each(good, count, |one| date(one).iso_week()),
        KeepRule::Monthly(count) => newest_of_each(good, count, |one| (date(one).year(), date(one).month())),
        KeepRule::Yearly(count) => newest_of_each(good, count, |one| date(one).year()),
        KeepRule::Within { .. } => numbered(within(rule.reach().unwrap_or_default(), good)),
    }
}

/// Returns the hour of the wall clock. An hour that comes twice in autumn is two hours, which their offsets tell apart.
fn hour_of(one: &Generation) -> (NaiveDate, u32, FixedOffset) {
    (one.made_for.date_naive(), one.made_for.hour(), *one.made_for.offset())
}

fn numbered<'a>(kept: impl Iterator<Item = &'a Good<'a>>) -> Vec<(usize, String)> {
    (1..).zip(kept).map(|(count, (at, _)): (u32, _)| (*at, count.to_string())).collect()
}

fn as_length(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Returns those that are at most `reach` older than the newest one with a right date.
fn within<'a>(reach: TimeDelta, good: &'a [Good<'a>]) -> impl Iterator<Item = &'a Good<'a>> {
    let newest = good.iter().find(|(_, one)| !one.has_wrong_date).map(|(_, one)| one.made_for);
    let mut made_for = newest;
    good.iter().filter(move |(_, one)| {
        if !one.has_wrong_date {
            made_for = Some(one.made_for);
        }
        newest.zip(made_for).is_none_or(|(newest, made_for)| newest - made_for <= reach)
    })
}

/// Returns the newest of each of the newest `count` periods, and those with a wrong date before the last of these.
fn newest_of_each<P: Eq + Hash>(
    good: &[Good<'_>],
    count: u32,
    period: impl Fn(&Generation) -> P,
) -> Vec<(usize, String)> {
    let mut seen = HashSet::new();
    let mut reason = |one: &Generation| {
        if seen.len() >= as_length(count) {
            return None;
        }
        if one.has_wrong_date {
            return Some("(wrong date)".to_owned());
        }
        seen.insert(period(one)).then(|| seen.len().to_string())
    };
    good.iter().filter_map(|(at, one)| Some((*at, reason(one)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    /// A generation of that date: "2026-01-01 12:00", "2026-01-01 12:00 bad drill", "2036-01-01 12:00 wrong".
    fn generation(text: &str) -> Generation {
        let (made_for, mark) = [" bad", " wrong"]
            .iter()
            .find_map(|mark| text.find(mark))
            .map_or((text, ""), |end| text.split_at(end));
        let trust = match mark {
            "" | " wrong" => Trust::Good,
            " bad drill" => Trust::DrillFailed,
            " bad verify" => Trust::VerifyFailed,
            _ => Trust::Doubtful,
        };
        Generation { made_for: at(made_for), has_wrong_date: mark == " wrong", trust }
    }

    fn plan_of(made: &[&str], rules: &str) -> Vec<Retention> {
        let generations: Vec<_> = made.iter().map(|text| generation(text)).collect();
        plan(&generations, &rules.parse().unwrap())
    }

    fn kept(rules: &[&str]) -> Retention {
        Retention::Kept(rules.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn check(made: &[&str], rules: &str, expected: &[&str]) {
        let stays = made.iter().zip(plan_of(made, rules)).filter(|(_, verdict)| *verdict != Retention::Goes);
        assert_eq!(stays.map(|(text, _)| *text).collect::<Vec<_>>(), expected, "{rules}");
    }

    /// Days of one month at noon, as "1 2 3".
    fn days(days: &str) -> Vec<String> {
        days.split(' ').map(|day| format!("2026-01-{day:0>2} 12:00")).collect()
    }

    /// What stays of those days of a January.
    #[track_caller]
    fn check_days(made: &str, rules: &str, expected: &str) {
        let (made, expected) = (days(made), days(expected));
        check(&texts(&made), rules, &texts(&expected));
    }

    fn texts(days: &[String]) -> Vec<&str> {
        days.iter().map(String::as_str).collect()
    }

    #[test]
    fn the_table_of_cases() {
        check_days("1 2 3 4 5", "last:2", "4 5");
        check_days("1 2 3 4 5", "last:9", "1 2 3 4 5");
        check_days("1 2 3 4 5", "daily:3", "3 4 5");
        // Days without a generation don't count, as in restic; borg counts the same.
        check_days("1 2 9 20", "daily:3", "2 9 20");
        // Weeks end on Sundays: 4, 11, 18 and 25 January 2026.
        check_days("1 2 3 4 5 6 10 11 12", "weekly:2", "11 12");
        check_days("1 2 3 4 5 6 10 11 12", "weekly:3", "4 11 12");
        // Each rule looks at all: 12 is kept by both. borg would pass over it, and keep 10 for the week before as well.
        check_days("4 9 10 12", "last:1,weekly:2", "10 12");
        check_days("1 2 3 4 5 6 7 8", "within:2d", "6 7 8");
        check_days("1 5 6 7 8", "within:24h,yearly:1", "7 8");
    }

    #[test]
    fn the_newest_of_each_period_stays() {
        let made = [
            "2024-12-31 12:00",
            "2025-06-01 12:00",
            "2025-12-30 12:00",
            "2026-01-01 01:00",
            "2026-01-01 13:00",
            "2026-02-28 12:00",
            "2026-03-01 12:00",
        ];
        check(&made, "monthly:2", &["2026-02-28 12:00", "2026-03-01 12:00"]);
        check(&made, "monthly:3", &["2026-01-01 13:00", "2026-02-28 12:00", "2026-03-01 12:00"]);
        check(&made, "yearly:2", &["2025-12-30 12:00", "2026-03-01 12:00"]);
        check(&made, "yearly:5", &["2024-12-31 12:00", "2025-12-30 12:00", "2026-03-01 12:00"]);
        // 30 December 2025 and 1 January 2026 lie in one week.
        // The last of February and the first of March too.
        check(&made, "weekly:3", &["2025-06-01 12:00", "2026-01-01 13:00", "2026-03-01 12:00"]);
    }

    #[test]
    fn the_day_is_that_of_the_wall_clock_it_was_made_by() {
        let made = ["2026-01-01T23:30:00+01:00", "2026-01-02T00:30:00+01:00", "2026-01-01T23:45:00+00:00"];
        check(&made, "daily:2", &made[1..]);
    }

    #[test]
    fn the_newest_of_each_hour_stays() {
        let made = [
            "2026-01-01 09:59",
            "2026-01-01 10:00",
            "2026-01-01 10:59",
            "2026-01-01 13:30",
            "2026-01-02 13:30",
            "2026-01-02 13:31",
        ];
        check(&made, "hourly:1", &made[5..]);
        check(&made, "hourly:2", &[made[3], made[5]]);
        check(&made, "hourly:3", &[made[2], made[3], made[5]]);
        check(&made, "hourly:9", &[made[0], made[2], made[3], made[5]]);
        // Two hours are called two o'clock when the clocks are set back.
        let autumn = ["2026-10-25T02:10:00+02:00", "2026-10-25T02:50:00+02:00", "2026-10-25T02:10:00+01:00"];
        check(&autumn, "hourly:2", &autumn[1..]);
    }

    #[test]
    fn the_newest_is_the_one_that_was_made_last() {
        let made = ["2026-01-20 12:00", "2026-02-20 12:00", "2026-01-21 12:00"];
        check(&made, "last:1", &made[2..]);
        check(&made, "monthly:1", &made[2..]);
        check(&made, "within:1d", &made);
    }

    #[test]
    fn a_wrong_date_takes_no_place_in_a_count_and_may_still_be_needed() {
        let made = [
            "2024-12-31 12:00",
            "2025-12-31 12:00",
            "2036-01-01 12:00 wrong",
            "2026-01-10 12:00",
            "2026-01-11 12:00",
        ];
        check(&made, "yearly:3", &["2024-12-31 12:00", "2025-12-31 12:00", made[2], made[4]]);
        check(&made, "daily:3", &["2025-12-31 12:00", made[2], made[3], made[4]]);
        // Once the count is full without it, it goes.
        check(&made, "yearly:1", &made[4..]);
        check(&made, "daily:2", &made[3..]);
        // It was made before the tenth.
        check(&made, "within:12h", &made[4..]);
        check(&made, "within:1d", &made[2..]);
        // It is a backup like any other.
        check(&made, "last:3", &made[2..]);
        let verdicts = plan_of(&made[1..4], "daily:2,monthly:2");
        let wrong = kept(&["daily (wrong date)", "monthly (wrong date)"]);
        assert_eq!(verdicts, [kept(&["daily 2", "monthly 2"]), wrong, kept(&["daily 1", "monthly 1"])]);
        // A wrong date is no measure for the others either.
        let bad = ["2025-12-31 12:00", "2036-01-01 12:00 wrong", "2026-01-10 12:00 bad"];
        check(&bad, "within:1d", &bad);
    }

    #[test]
    fn what_is_not_known_to_be_good_neither_counts_nor_goes() {
        let made = ["2026-01-01 12:00", "2026-01-02 12:00", "2026-01-03 12:00 bad"];
        assert_eq!(plan_of(&made, "last:1"), [Retention::Goes, kept(&["last 1"]), Retention::Doubtful]);
        let all_bad = ["2026-01-01 12:00 bad", "2026-01-02 12:00 bad"];
        assert_eq!(plan_of(&all_bad, "last:1"), [Retention::Doubtful, Retention::Doubtful]);
        assert_eq!(plan_of(&[], "last:1"), []);
    }

    #[test]
    fn one_whose_drill_or_verify_failed_counts_for_no_rule() {
        for (how, verdict) in [("drill", Retention::DrillFailed), ("verify", Retention::VerifyFailed)] {
            let newest = format!("2026-01-03 12:00 bad {how}");
            let made = ["2026-01-01 12:00", "2026-01-02 12:00", &newest];
            assert_eq!(plan_of(&made, "last:1"), [Retention::Goes, kept(&["last 1"]), verdict]);
        }
    }

    #[test]
    fn every_rule_that_keeps_a_generation_is_reported() {
        let made = ["2026-01-01 12:00", "2026-01-02 12:00", "2026-01-03 12:00"];
        let expected = [
            kept(&["daily 3"]),
            kept(&["last 2", "daily 2", "within 2"]),
            kept(&["last 1", "daily 1", "within 1"]),
        ];
        assert_eq!(plan_of(&made, "last:2,daily:3,within:1d"), expected);
    }

    #[test]
    fn the_newest_good_one_never_goes() {
        // Nothing that can be written keeps none, so the plan is asked with a rule that reaches nowhere.
        let made = ["2026-01-01 12:00", "2026-01-02 12:00", "2026-01-03 12:00 bad"].map(generation);
        let verdicts = plan(&made, &KeepRules::none_for_tests());
        assert_eq!(verdicts, [Retention::Goes, Retention::Newest, Retention::Doubtful]);
    }
}
