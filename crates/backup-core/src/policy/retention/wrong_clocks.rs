//! What automatic pruning leaves when clocks are wrong, compared with the plain rules over the true times.

use chrono::TimeDelta;

use crate::model::history::{Reading, Timeline};
use crate::model::schedule::KeepRules;
use crate::policy::retention::{Generation, JUMP, Retention, Trust, paused, plan, wrong_dates};
use crate::testing::at;
use crate::time::Moment;

const RULES: [&str; 7] = [
    "last:3",
    "daily:7",
    "daily:90,within:30d",
    "weekly:4,monthly:3",
    "last:1,yearly:2",
    "daily:3,monthly:12,yearly:3",
    "within:100d",
];

/// A backup, and when it was made in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Backup {
    truth: Moment,
    shown: Moment,
}

/// Makes the backups one after another, and prunes after each as a schedule does. Calls `look` each time, with what
/// remains and with what the plain rules over the true times leave, oldest first.
fn live(made: &[Backup], rules: &str, mut look: impl FnMut(&[Backup], &[Backup])) {
    let rules = rules.parse().unwrap();
    let (mut timeline, mut remaining, mut honest) = (Timeline::default(), Vec::new(), Vec::new());
    for (order, backup) in (1..).zip(made) {
        timeline.readings.push(Reading { order, began: backup.truth, made_for: backup.shown });
        remaining.push((order, *backup));
        honest.push(*backup);
        if paused(&timeline).is_none() {
            let wrong = wrong_dates(&timeline);
            let is_wrong = |order: &u64| wrong.iter().any(|orders| orders.contains(order));
            remaining = keep(&remaining, &rules, |(order, backup)| (backup.shown, is_wrong(order)));
        }
        honest = keep(&honest, &rules, |backup| (backup.truth, false));
        look(&remaining.iter().map(|(_, backup)| *backup).collect::<Vec<_>>(), &honest);
    }
}

/// Returns those that the plan leaves, going by their dates and whether these are wrong.
fn keep<T: Copy>(all: &[T], rules: &KeepRules, date: impl Fn(&T) -> (Moment, bool)) -> Vec<T> {
    let generation = |one| {
        let (made_for, has_wrong_date) = date(one);
        Generation { made_for, has_wrong_date, trust: Trust::Good }
    };
    let verdicts = plan(&all.iter().map(generation).collect::<Vec<_>>(), rules);
    all.iter().zip(verdicts).filter(|(_, verdict)| *verdict != Retention::Goes).map(|(one, _)| *one).collect()
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % sides.unsigned_abs()).unwrap()
    }

    fn one_in(&mut self, sides: i64) -> bool {
        self.throw(sides) == 0
    }
}

/// How far a clock is off that is wrong, in either direction: by so much that the jumps there and back are noticed.
fn skew(dice: &mut Dice) -> TimeDelta {
    let days = if dice.one_in(2) { 80 + dice.throw(60) } else { 80 + dice.throw(20_000) };
    TimeDelta::hours(days * 24 + dice.throw(24)) * if dice.one_in(2) { 1 } else { -1 }
}

/// Backups of a machine that is off for months now and then, and whose clock is wrong for a while now and then.
///
/// It begins with a clock that is right, the clock is never wrong for as long as confirms a clock, and right before and
/// after that at least one backup is made by a clock that is right. Otherwise, nobody could tell that it was wrong.
fn history(seed: u64) -> Vec<Backup> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut truth = at("2023-01-01 00:00");
    let mut made = vec![Backup { truth, shown: truth }];
    let longest_step_hours = [30, 30, 24 * 9][usize::try_from(dice.throw(3)).unwrap()];
    let mut was_wrong = false;
    while made.len() < 160 {
        let is_wrong = !was_wrong && dice.one_in(20);
        let is_off = !is_wrong && !was_wrong && dice.one_in(60);
        let skew = if is_wrong { skew(&mut dice) } else { TimeDelta::zero() };
        truth += TimeDelta::days(if is_off { 60 + dice.throw(300) } else { 0 });
        let began = truth;
        for _ in 0..if is_wrong { 1 + dice.throw(40) } else { 1 } {
            truth += TimeDelta::hours(1 + dice.throw(longest_step_hours));
            if is_wrong && truth - began >= JUMP {
                break;
            }
            made.push(Backup { truth, shown: truth + skew });
        }
        was_wrong = is_wrong;
    }
    made
}

#[test]
fn automatic_pruning_removes_nothing_that_the_plain_rules_keep_over_the_true_times() {
    for seed in 0..40 {
        let made = history(seed);
        for rules in RULES {
            live(&made, rules, |remaining, honest| {
                let lost: Vec<_> = honest.iter().filter(|one| !remaining.contains(one)).collect();
                assert!(lost.is_empty(), "seed {seed}, {rules}: {lost:#?}");
            });
        }
    }
}

#[test]
fn once_the_clock_has_been_right_for_long_enough_nothing_more_remains() {
    for (seed, rules) in (0..4).flat_map(|seed| RULES.map(|rules| (seed, rules))) {
        let mut made = history(seed);
        let last = made.last().map_or_else(|| at("2026-01-01 00:00"), |last| last.truth);
        // Longer than any of the rules reaches back.
        let later = (1..200).map(|weeks| last + TimeDelta::weeks(weeks));
        made.extend(later.map(|truth| Backup { truth, shown: truth }));
        let mut end = (Vec::new(), Vec::new());
        live(&made, rules, |remaining, honest| end = (remaining.to_vec(), honest.to_vec()));
        assert_eq!(end.0, end.1, "seed {seed}, {rules}");
    }
}
