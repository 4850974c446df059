//! Which generations of a backup stay and which go: a pure plan.
//!
//! The rules mean what they mean in restic: each looks at all good generations on its own, and a generation stays when
//! any rule keeps it; periods are counted only where they have a generation. (In borg a rule passes over what another
//! has kept, so that the same numbers keep more.) Two things differ, for safety. "Newest" is told by the order in which
//! they were made, whatever their dates say. And where time leaps between two backups, by [`DOUBTFUL_GAP`] or more in
//! either direction, a clock was wrong, or nothing was backed up: nobody can tell which.
//!
//! - `last` counts backups, and takes no notice.
//! - `within` counts from the newest generation, as in restic, but not the time of a leap.
//! - The periods are counted once more from a leap on, until the backups since then have seen as much time as that go by:
//!   what would have stayed before the leap stays. Then the clock is believed, and they are only counted over the leap.
//!   What was made meanwhile by a clock that was wrong, as has turned out since, is passed over. To `yearly`, a leap is
//!   longer by a year, for who makes one backup a year has no wrong clock.
//!
//! Backups that are gone count for the time that has gone by. How often they are counted once more is bounded, so that
//! who makes a backup every few months doesn't keep them all.

mod clock_jumps;
mod generation;

pub use generation::{Generation, Trust};

use std::collections::HashSet;
use std::hash::Hash;

use chrono::{Datelike, TimeDelta};

use crate::model::schedule::{KeepRule, KeepRules};
use crate::policy::retention::clock_jumps::{Past, pasts};

/// Between two backups, as much time as this, or more, is doubted: a clock that was wrong looks the same.
pub const DOUBTFUL_GAP: TimeDelta = TimeDelta::days(60);

/// What the plan says of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retention {
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
pub fn plan(generations: &[Generation], rules: &KeepRules) -> Vec<Retention> {
    let good: Vec<usize> =
        (0..generations.len()).rev().filter(|at| generations[*at].trust == Trust::Good).collect();
    let mut reasons = vec![Vec::new(); generations.len()];
    for rule in rules.rules() {
        for (at, reason) in kept_by(*rule, &good, generations) {
            reasons[at].push(format!("{} {reason}", rule.word()));
        }
    }
    let newest = good.first().copied();
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

/// Returns which of the `good` ones, newest first, a rule keeps, and as which.
fn kept_by(rule: KeepRule, good: &[usize], generations: &[Generation]) -> Vec<(usize, String)> {
    let Some(newest) = good.first() else { return Vec::new() };
    let pasts = pasts(generations, *newest, leap_for(rule));
    let walk = Walk { good, pasts: &pasts };
    let date = |at: usize| generations[at].made_for.date_naive();
    match rule {
        KeepRule::Last(count) => numbered(good.iter().copied().take(as_length(count))),
        KeepRule::Daily(count) => walk.newest_of_each(count, date),
        KeepRule::Weekly(count) => walk.newest_of_each(count, |at| date(at).iso_week()),
        KeepRule::Monthly(count) => walk.newest_of_each(count, |at| (date(at).year(), date(at).month())),
        KeepRule::Yearly(count) => walk.newest_of_each(count, |at| date(at).year()),
        KeepRule::Within { .. } => {
            let reach = rule.reach().unwrap_or_default();
            numbered(good.iter().copied().filter(|at| pasts[*at].age <= reach))
        }
    }
}

/// Returns from which gap on time has leapt, for a rule.
fn leap_for(rule: KeepRule) -> TimeDelta {
    let of_itself = if matches!(rule, KeepRule::Yearly(_)) { 366 } else { 0 };
    DOUBTFUL_GAP + TimeDelta::days(of_itself)
}

fn numbered(kept: impl Iterator<Item = usize>) -> Vec<(usize, String)> {
    (1..).zip(kept).map(|(count, at): (u32, _)| (at, count.to_string())).collect()
}

fn as_length(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The good ones, newest first, and what lies between each and the newest.
struct Walk<'a> {
    good: &'a [usize],
    pasts: &'a [Past],
}

/// How often a rule counts anew.
const MOST_COUNTS_ANEW: usize = 6;

impl Walk<'_> {
    /// Returns the first of each period, for the first `count` periods, and from a leap that is doubted on for as many again:
    /// what a clock made that turned out to be wrong stays by that alone.
    fn newest_of_each<P: Eq + Hash>(&self, count: u32, period: impl Fn(usize) -> P) -> Vec<(usize, String)> {
        let (mut all, mut since_leap) = (Periods::of(count), Periods::of(count));
        let (mut leaps, mut is_anew) = (0, false);
        let mut reason = |at: usize| {
            let past = &self.pasts[at];
            if past.leaps > leaps && past.age < DOUBTFUL_GAP && past.leaps <= MOST_COUNTS_ANEW {
                (is_anew, since_leap) = (true, Periods::of(count));
            }
            leaps = past.leaps;
            let counts = |is_counted: bool, periods: &mut Periods<P>| {
                is_counted.then(|| periods.count(period(at))).flatten()
            };
            let anew = counts(is_anew, &mut since_leap);
            let in_all = counts(!past.stands_out, &mut all).map(|number| number.to_string());
            anew.map(|number| format!("{number} before a leap in time")).or(in_all)
        };
        self.good.iter().filter_map(|at| Some((*at, reason(*at)?))).collect()
    }
}

/// The periods of which one was seen, newest first.
struct Periods<P> {
    seen: HashSet<P>,
    most: usize,
}

impl<P: Eq + Hash> Periods<P> {
    fn of(count: u32) -> Self {
        Self { seen: HashSet::new(), most: as_length(count) }
    }

    /// Returns which it is, where it wasn't seen before and isn't too many.
    fn count(&mut self, period: P) -> Option<usize> {
        let is_new = self.seen.len() < self.most && self.seen.insert(period);
        is_new.then_some(self.seen.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use crate::time::Moment;

    fn generation(made_for: &str) -> Generation {
        let (made_for, mark) = made_for.find(" bad").map_or((made_for, ""), |end| made_for.split_at(end));
        let trust = match mark {
            "" => Trust::Good,
            " bad drill" => Trust::DrillFailed,
            " bad verify" => Trust::VerifyFailed,
            _ => Trust::Doubtful,
        };
        Generation { file_name: made_for.to_owned(), made_for: at(made_for), gone_before: Vec::new(), trust }
    }

    /// Days of one month at noon, as "1 2 3".
    fn days(days: &str) -> Vec<Generation> {
        days.split(' ').map(|day| generation(&format!("2026-01-{day:0>2} 12:00"))).collect()
    }

    fn stay(generations: &[Generation], rules: &str) -> Vec<String> {
        let verdicts = plan(generations, &rules.parse().unwrap());
        let stays = generations.iter().zip(verdicts).filter(|(_, verdict)| *verdict != Retention::Goes);
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
        assert_eq!(
            verdicts,
            [Retention::Goes, Retention::Kept(vec!["last 1".to_owned()]), Retention::Doubtful]
        );
        let all_bad = ["2026-01-01 12:00 bad", "2026-01-02 12:00 bad"].map(generation);
        assert_eq!(plan(&all_bad, &"last:1".parse().unwrap()), [Retention::Doubtful, Retention::Doubtful]);
        assert_eq!(plan(&[], &"last:1".parse().unwrap()), []);
    }

    #[test]
    fn one_whose_drill_or_verify_failed_counts_for_no_rule() {
        for (how, verdict) in [("drill", Retention::DrillFailed), ("verify", Retention::VerifyFailed)] {
            let newest = format!("2026-01-03 12:00 bad {how}");
            let made = ["2026-01-01 12:00", "2026-01-02 12:00", &newest].map(generation);
            let kept = Retention::Kept(vec!["last 1".to_owned()]);
            assert_eq!(plan(&made, &"last:1".parse().unwrap()), [Retention::Goes, kept, verdict]);
        }
    }

    #[test]
    fn every_rule_that_keeps_one_is_told() {
        let verdicts = plan(&days("1 2 3"), &"last:2,daily:3,within:1d".parse().unwrap());
        let kept = |rules: &[&str]| Retention::Kept(rules.iter().map(ToString::to_string).collect());
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

    /// So many days at noon, from that one on, a step apart.
    fn every(step: i64, from: &str, count: i64) -> Vec<Moment> {
        (0..count).map(|day| at(&format!("{from} 12:00")) + TimeDelta::days(day * step)).collect()
    }

    /// Makes a backup for each moment, one after the other, and removes what goes after each, as a schedule does.
    fn live(made: &[Moment], rules: &str) -> Vec<Generation> {
        let rules = rules.parse().unwrap();
        let mut standing: Vec<Generation> = Vec::new();
        for made_for in made {
            standing.push(generation(&made_for.to_rfc3339()));
            let verdicts = plan(&standing, &rules);
            let mut gone: Vec<Moment> = Vec::new();
            for (one, verdict) in std::mem::take(&mut standing).into_iter().zip(verdicts) {
                gone.extend(&one.gone_before);
                match verdict {
                    Retention::Goes => gone.push(one.made_for),
                    _ => standing.push(Generation { gone_before: std::mem::take(&mut gone), ..one }),
                }
            }
        }
        standing
    }

    /// The days that stay, with a comma between.
    fn days_of(standing: &[Generation]) -> String {
        let days: Vec<_> = standing.iter().map(|one| one.made_for.date_naive().to_string()).collect();
        days.join(", ")
    }

    #[track_caller]
    fn check_live(made: &[Vec<Moment>], rules: &str, expected: &str) {
        assert_eq!(days_of(&live(&made.concat(), rules)), expected, "{rules}");
    }

    #[test]
    fn a_leap_of_the_clock_takes_nothing_from_the_periods_before_it() {
        let years = every(365, "2024-11-01", 3);
        check_live(std::slice::from_ref(&years), "yearly:3", "2024-11-01, 2025-11-01, 2026-11-01");
        let leapt = every(1, "2036-11-02", 1);
        check_live(&[years, leapt], "yearly:3", "2024-11-01, 2025-11-01, 2026-11-01, 2036-11-02");
        let (before, leapt) = (every(1, "2026-11-01", 3), every(1, "2036-11-04", 3));
        let all = "2026-11-01, 2026-11-02, 2026-11-03, 2036-11-04, 2036-11-05, 2036-11-06";
        check_live(&[before.clone(), leapt.clone()], "daily:3", all);
        let right = every(1, "2026-11-07", 2);
        check_live(&[before, leapt, right], "daily:3", &format!("{all}, 2026-11-07, 2026-11-08"));
    }

    #[test]
    fn what_stays_on_both_sides_of_a_leap_is_told() {
        let made = ["2026-11-01 12:00", "2026-11-02 12:00", "2026-11-03 12:00", "2036-11-04 12:00"];
        let kept = |reason: &str| Retention::Kept(vec![reason.to_owned()]);
        let (second, first) = (kept("daily 2 before a leap in time"), kept("daily 1 before a leap in time"));
        let expected = [Retention::Goes, second, first, kept("daily 1")];
        assert_eq!(plan(&made.map(generation), &"daily:2".parse().unwrap()), expected);
    }

    const RULES: [&str; 6] =
        ["daily:3", "weekly:3", "monthly:3", "yearly:3", "daily:7,yearly:2", "last:1,weekly:2,monthly:2"];

    #[test]
    fn once_the_clock_is_right_again_all_goes_on_as_if_it_had_never_been_wrong() {
        // Honest backups, some of a clock that is ahead or behind, and honest ones again.
        let honest = every(1, "2023-10-01", 250);
        for (rules, wrong) in
            RULES.into_iter().flat_map(|rules| ["1970-01-01", "2036-05-01"].map(|at| (rules, at)))
        {
            for (count, from) in [(1, 150), (5, 150)] {
                let (before, after) = honest.split_at(from);
                for days in [0, 1, 30, 59, 66, 90] {
                    let right = [before, &after[..days]].concat();
                    let expected = live(&right, rules);
                    let made = [before, &every(1, wrong, count), &after[..days]].concat();
                    let stays = live(&made, rules);
                    let is_there =
                        |one: &&Generation| stays.iter().any(|other| other.made_for == one.made_for);
                    let what = format!(
                        "{rules}, {count} in {wrong} after {from}, {days} days later: {}",
                        days_of(&stays)
                    );
                    assert_eq!(expected.iter().filter(is_there).count(), expected.len(), "{what}");
                    if days > 60 {
                        assert_eq!(days_of(&stays), days_of(&expected), "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_machine_that_slept_for_months_keeps_what_it_had_until_it_has_as_much_again() {
        let (before, after) = (every(1, "2026-01-01", 10), every(1, "2026-04-10", 70));
        let woken = "2026-01-08, 2026-01-09, 2026-01-10, 2026-04-10, 2026-04-11, 2026-04-12";
        check_live(&[before.clone(), after[..3].to_vec()], "daily:3", woken);
        let later = "2026-01-08, 2026-01-09, 2026-01-10, 2026-06-06, 2026-06-07, 2026-06-08";
        check_live(&[before.clone(), after[..60].to_vec()], "daily:3", later);
        check_live(&[before, after[..61].to_vec()], "daily:3", "2026-06-07, 2026-06-08, 2026-06-09");
    }

    #[test]
    fn years_go_where_no_clock_was_wrong() {
        let expected = "2024-12-31, 2025-12-31, 2026-04-10";
        check_live(&[every(1, "2020-01-01", 2292)], "yearly:3", expected);
        let weekly = "2024-12-31, 2025-12-31, 2026-04-05, 2026-04-09, 2026-04-10";
        check_live(&[every(1, "2020-01-01", 2292)], "daily:2,weekly:2,yearly:3", weekly);
        check_live(
            &[every(1, "2020-01-01", 2292)],
            "within:1d,yearly:3",
            "2024-12-31, 2025-12-31, 2026-04-09, 2026-04-10",
        );
        check_live(&[every(365, "2020-11-02", 7)], "yearly:3", "2024-11-01, 2025-11-01, 2026-11-01");
    }

    #[test]
    fn who_makes_a_backup_every_few_months_does_not_keep_them_all() {
        let kept = live(&every(92, "2000-01-01", 100), "daily:2");
        assert_eq!(kept.len(), 2 + MOST_COUNTS_ANEW, "{}", days_of(&kept));
    }

    #[test]
    fn a_clock_that_stays_wrong_is_believed_and_takes_no_more_than_its_count() {
        let years = every(30, "2020-01-15", 76);
        for wrong in ["2000-01-01", "2036-01-01"] {
            let kept = live(&[years.clone(), every(1, wrong, 90)].concat(), "daily:2,yearly:4");
            let honest = days_of(&kept[..3]);
            assert_eq!(honest, "2024-12-19, 2025-12-14, 2026-03-14", "{wrong}");
            assert_eq!(kept.len(), 5, "{wrong}: {}", days_of(&kept));
        }
        // One that began wrong has nothing before it that could tell.
        let made = [every(1, "2015-01-01", 1), every(1, "2024-01-01", 500), every(1, "2015-01-01", 90)];
        check_live(&made, "yearly:3", "2024-12-31, 2025-05-14, 2015-03-31");
    }

    #[test]
    fn a_far_date_never_takes_from_what_is_kept() {
        let mut dice: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut throw = |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % sides
        };
        for _ in 0..2_000 {
            let mut moment = at("2026-01-01 00:00");
            let mut made = Vec::new();
            for _ in 0..throw(60) {
                let most = if throw(30) == 0 { 24 * 400 } else { 24 * 9 };
                moment += TimeDelta::hours(i64::try_from(throw(most)).unwrap());
                made.push(generation(&moment.to_rfc3339()));
            }
            let rules = RULES[usize::try_from(throw(5)).unwrap()];
            let before = stay(&made, rules);
            let honest = made.len();
            let days = i64::try_from(1_000 + throw(9_000)).unwrap();
            let far = moment + TimeDelta::days(if throw(2) == 0 { days } else { -days });
            for hour in 0..throw(4) {
                made.push(generation(&(far + TimeDelta::hours(i64::try_from(hour).unwrap())).to_rfc3339()));
            }
            let after = stay(&made, rules);
            let lost: Vec<_> = before.iter().filter(|one| !after.contains(one)).collect();
            assert!(lost.is_empty(), "{rules}, {honest}, then {far}: {lost:?}\n{made:#?}");
        }
    }

    #[test]
    fn the_newest_good_one_never_goes() {
        // Nothing that can be written keeps none, so the plan is asked with a rule that reaches nowhere.
        let rules = KeepRules::none_for_tests();
        let made = ["2026-01-01 12:00", "2026-01-02 12:00", "2026-01-03 12:00 bad"].map(generation);
        assert_eq!(plan(&made, &rules), [Retention::Goes, Retention::Newest, Retention::Doubtful]);
    }
}
