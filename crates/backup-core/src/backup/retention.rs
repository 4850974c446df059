//! Which generations of a backup stay and which go: a pure plan.
//!
//! The rules mean what they mean in restic: each looks at all good generations on its own, and a generation stays when
//! any rule keeps it; periods are counted only where they have a generation. (In borg a rule passes over what another
//! has kept, so that the same numbers keep more.) Two things differ, for safety. `within` counts from the newest
//! generation, as in restic, but time in which nothing was backed up for more than [`DOUBTFUL_GAP`] does not count, for a
//! clock that was wrong looks the same. And "newest" is told by the order in which they were made, whatever their dates
//! say.

use std::collections::HashSet;
use std::hash::Hash;

use chrono::{Datelike, TimeDelta};

use super::keep_rules::{KeepRule, KeepRules};
use crate::ports::Moment;

/// Between two generations, as much time as this, or more, is taken for a clock that was wrong.
pub const DOUBTFUL_GAP: TimeDelta = TimeDelta::days(60);

/// A backup as the plan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its archive's file name.
    pub file_name: String,
    /// The moment it was made for.
    pub made_for: Moment,
    /// Whether it is good, as far as is known.
    pub trust: Trust,
}

/// Whether a generation is good, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is complete, and nothing is known against it.
    Good,
    /// It isn't known to be good.
    Doubtful,
    /// The last drill of it failed.
    DrillFailed,
    /// The last verify of it found something wrong.
    VerifyFailed,
}

/// What the plan says of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It stays, for the sake of these rules: "daily 3" for the third day.
    Kept(Vec<String>),
    /// It stays whatever the rules say: it is the newest good one.
    Newest,
    /// It stays and counts for nothing: it isn't known to be good.
    Doubtful,
    /// It stays and counts for nothing: its last drill failed.
    DrillFailed,
    /// It stays and counts for nothing: its last verification failed.
    VerifyFailed,
    /// It goes: no rule keeps it.
    Goes,
}

/// Returns what is to become of each of the `generations`, which come in the order in which they were made, oldest first.
///
/// Promises: the newest good one never goes, nor one that isn't known to be good; the same input gives the same plan.
#[must_use]
pub fn plan(generations: &[Generation], rules: &KeepRules) -> Vec<Verdict> {
    let good: Vec<usize> =
        (0..generations.len()).rev().filter(|at| generations[*at].trust == Trust::Good).collect();
    let mut reasons = vec![Vec::new(); generations.len()];
    for rule in rules.rules() {
        for (count, at) in (1..).zip(kept_by(*rule, &good, generations)) {
            reasons[at].push(format!("{} {count}", rule.word()));
        }
    }
    let newest = good.first().copied();
    let verdict = |(at, reasons): (usize, Vec<String>)| match generations[at].trust {
        Trust::VerifyFailed => Verdict::VerifyFailed,
        Trust::DrillFailed => Verdict::DrillFailed,
        Trust::Doubtful => Verdict::Doubtful,
        Trust::Good if !reasons.is_empty() => Verdict::Kept(reasons),
        Trust::Good if newest == Some(at) => Verdict::Newest,
        Trust::Good => Verdict::Goes,
    };
    reasons.into_iter().enumerate().map(verdict).collect()
}

/// Returns which of the `good` ones, newest first, a rule keeps.
fn kept_by(rule: KeepRule, good: &[usize], generations: &[Generation]) -> Vec<usize> {
    let date = |at: usize| generations[at].made_for.date_naive();
    match rule {
        KeepRule::Last(count) => newest_of_each(count, good, |at| at),
        KeepRule::Daily(count) => newest_of_each(count, good, date),
        KeepRule::Weekly(count) => newest_of_each(count, good, |at| date(at).iso_week()),
        KeepRule::Monthly(count) => newest_of_each(count, good, |at| (date(at).year(), date(at).month())),
        KeepRule::Yearly(count) => newest_of_each(count, good, |at| date(at).year()),
        KeepRule::Within { .. } => {
            let reach = rule.reach().unwrap_or_default();
            ages(good, generations).filter(|(_, age)| *age <= reach).map(|(at, _)| at).collect()
        }
    }
}

/// Returns the first of each period, for the first `count` periods.
fn newest_of_each<P: Eq + Hash>(count: u32, good: &[usize], period: impl Fn(usize) -> P) -> Vec<usize> {
    let mut seen = HashSet::new();
    let firsts = good.iter().copied().filter(|at| seen.insert(period(*at)));
    firsts.take(usize::try_from(count).unwrap_or(usize::MAX)).collect()
}

/// Returns how much older each is than the newest, as far as the dates can be believed.
fn ages<'a>(
    good: &'a [usize],
    generations: &'a [Generation],
) -> impl Iterator<Item = (usize, TimeDelta)> + 'a {
    let mut age = TimeDelta::zero();
    let mut newer: Option<Moment> = None;
    good.iter().map(move |at| {
        let made_for = generations[*at].made_for;
        let gap = newer.map_or(TimeDelta::zero(), |newer| newer - made_for);
        if gap > TimeDelta::zero() && gap < DOUBTFUL_GAP {
            age += gap;
        }
        newer = Some(made_for);
        (*at, age)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn generation(made_for: &str) -> Generation {
        let (made_for, mark) = made_for.find(" bad").map_or((made_for, ""), |end| made_for.split_at(end));
        let trust = match mark {
            "" => Trust::Good,
            " bad drill" => Trust::DrillFailed,
            " bad verify" => Trust::VerifyFailed,
            _ => Trust::Doubtful,
        };
        Generation { file_name: made_for.to_owned(), made_for: at(made_for), trust }
    }

    /// Days of one month at noon, as "1 2 3".
    fn days(days: &str) -> Vec<Generation> {
        days.split(' ').map(|day| generation(&format!("2026-01-{day:0>2} 12:00"))).collect()
    }

    fn stay(generations: &[Generation], rules: &str) -> Vec<String> {
        let verdicts = plan(generations, &rules.parse().unwrap());
        let stays = generations.iter().zip(verdicts).filter(|(_, verdict)| *verdict != Verdict::Goes);
        stays.map(|(generation, _)| generation.file_name.clone()).collect()
    }

    #[track_caller]
    fn check(generations: &[Generation], rules: &str, expected: &[&str]) {
        assert_eq!(stay(generations, rules), expected, "{rules}");
    }

    /// What stays of those days of a January.
    #[track_caller]
    fn check_days(made: &str, rules: &str, expected: &str) {
        let expected: Vec<_> = days(expected).into_iter().map(|generation| generation.file_name).collect();
        assert_eq!(stay(&days(made), rules), expected, "{rules} of {made}");
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
    fn of_each_period_the_newest_stays() {
        let made = [
            "2024-12-31 12:00",
            "2025-06-01 12:00",
            "2025-12-30 12:00",
            "2026-01-01 01:00",
            "2026-01-01 13:00",
            "2026-02-28 12:00",
            "2026-03-01 12:00",
        ]
        .map(generation);
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
        check(&made.map(generation), "daily:2", &made[1..]);
    }

    #[test]
    fn what_is_not_known_to_be_good_neither_counts_nor_goes() {
        let made = ["2026-01-01 12:00", "2026-01-02 12:00", "2026-01-03 12:00 bad"].map(generation);
        let verdicts = plan(&made, &"last:1".parse().unwrap());
        assert_eq!(verdicts, [Verdict::Goes, Verdict::Kept(vec!["last 1".to_owned()]), Verdict::Doubtful]);
        let all_bad = ["2026-01-01 12:00 bad", "2026-01-02 12:00 bad"].map(generation);
        assert_eq!(plan(&all_bad, &"last:1".parse().unwrap()), [Verdict::Doubtful, Verdict::Doubtful]);
        assert_eq!(plan(&[], &"last:1".parse().unwrap()), []);
    }

    #[test]
    fn one_whose_drill_or_verify_failed_counts_for_no_rule() {
        for (how, verdict) in [("drill", Verdict::DrillFailed), ("verify", Verdict::VerifyFailed)] {
            let newest = format!("2026-01-03 12:00 bad {how}");
            let made = ["2026-01-01 12:00", "2026-01-02 12:00", &newest].map(generation);
            let kept = Verdict::Kept(vec!["last 1".to_owned()]);
            assert_eq!(plan(&made, &"last:1".parse().unwrap()), [Verdict::Goes, kept, verdict]);
        }
    }

    #[test]
    fn every_rule_that_keeps_one_is_told() {
        let verdicts = plan(&days("1 2 3"), &"last:2,daily:3,within:1d".parse().unwrap());
        let kept = |rules: &[&str]| Verdict::Kept(rules.iter().map(ToString::to_string).collect());
        assert_eq!(
            verdicts,
            [
                kept(&["daily 3"]),
                kept(&["last 2", "daily 2", "within 2"]),
                kept(&["last 1", "daily 1", "within 1"])
            ]
        );
    }

    #[test]
    fn a_clock_far_in_the_future_lets_nothing_go_that_would_have_stayed() {
        let honest: Vec<_> = (1..=20).map(|day| day.to_string()).collect();
        let mut made = days(&honest.join(" "));
        assert_eq!(stay(&made, "within:30d").len(), 20);
        made.extend(["2036-01-01 12:00", "2036-01-02 12:00"].map(generation));
        assert_eq!(stay(&made, "within:30d").len(), 22);
        // Nor once it is right again: what was made then is the newest, whatever its date.
        made.push(generation("2026-01-21 12:00"));
        assert_eq!(stay(&made, "within:30d").len(), 23);
        assert_eq!(stay(&made, "last:1"), ["2026-01-21 12:00"]);
    }

    #[test]
    fn the_newest_good_one_never_goes() {
        // Nothing that can be written keeps none, so the plan is asked with a rule that reaches nowhere.
        let rules = KeepRules::none_for_tests();
        let made = ["2026-01-01 12:00", "2026-01-02 12:00", "2026-01-03 12:00 bad"].map(generation);
        assert_eq!(plan(&made, &rules), [Verdict::Goes, Verdict::Newest, Verdict::Doubtful]);
    }
}
