//! Generated cron rules in UTC, against the crate croner.

use backup_core::model::schedule::TimeRule;
use backup_core::testing::{ManualClock, at};
use croner::Cron;

use super::runs;

/// Numbers that look like chance and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    /// Returns a field with these values: a list of values, ranges and steps, or `*`, with a step or without.
    fn field(&mut self, first: usize, last: usize, names: &[&str]) -> String {
        match self.below(4) {
            0 => "*".to_owned(),
            1 => format!("*/{}", 1 + self.below(last - first)),
            _ => (0..=self.below(2)).map(|_| self.element(first, last, names)).collect::<Vec<_>>().join(","),
        }
    }

    fn element(&mut self, first: usize, last: usize, names: &[&str]) -> String {
        let start = first + self.below(last - first + 1);
        let end = start + self.below(last - start + 1);
        match self.below(4) {
            0 => format!("{start}-{end}"),
            1 => format!("{start}-{end}/{}", 1 + self.below(last - first)),
            2 if !names.is_empty() => names[self.below(names.len())].to_owned(),
            _ => start.to_string(),
        }
    }

    /// Returns a rule. croner takes a step after `*` for a restriction, and Vixie cron doesn't. So both days are restricted
    /// only by lists.
    fn rule(&mut self) -> String {
        let (minute, hour) = (self.field(0, 59, &[]), self.field(0, 23, &[]));
        let day = self.field(1, 31, &[]);
        let month = self.field(1, 12, &["jan", "FEB", "Dec"]);
        let weekday = self.field(0, 7, &["mon", "FRI", "Sun"]);
        let has_step = |field: &str| field.starts_with("*/");
        let weekday = if has_step(&day) || has_step(&weekday) { "*".to_owned() } else { weekday };
        format!("{minute} {hour} {day} {month} {weekday}")
    }
}

fn check(text: &str) -> bool {
    let after = at("2026-02-27 23:59:30").to_utc();
    let Ok(rule) = text.parse::<TimeRule>() else { return false };
    let theirs: Cron = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let expected: Vec<_> = theirs.iter_after(after).take(20).collect();
    assert_eq!(runs(&rule, after, 20, &ManualClock::utc(after)), expected, "{text}");
    true
}

#[test]
fn generated_rules_run_when_croner_says() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let rules: Vec<_> = (0..800).map(|_| dice.rule()).collect();
    let valid = rules.iter().filter(|rule| check(rule)).count();
    // The others have no date, such as 31 February.
    assert!(valid > 750, "only {valid} of {} are valid", rules.len());
}

#[test]
fn well_known_rules_run_when_croner_says() {
    for rule in [
        "*/15 9-17 * * 1-5",
        "0 3 * * mon",
        "0 3 * * Mon-Fri",
        "0 0 13 * fri",
        "0 0 29 2 *",
        "30 * * * *",
        "0 0 1 1 *",
        "@hourly",
        "@daily",
        "@weekly",
        "@monthly",
        "@yearly",
        "@annually",
    ] {
        assert!(check(rule), "{rule}");
    }
}
