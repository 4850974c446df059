//! Keep rules: how many generations of a backup are kept, as in `last:7,daily:14,within:30d`.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use crate::model::schedule::keep_rules_error::KeepRulesError;
use crate::text::near;

/// One rule that keeps generations. Its text form is `word:value`; [`KeepRules`] has the whole syntax.
///
/// Only good generations count: those that are complete, and that passed their last drill and verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeepRule {
    /// Keeps the newest generations, this many.
    Last(u32),
    /// Keeps the newest generation of each hour, for this many hours that have one.
    Hourly(u32),
    /// Keeps the newest generation of each day, for this many days. Days without a generation aren't counted.
    Daily(u32),
    /// Keeps the newest generation of each week (Monday to Sunday), for this many weeks that have one.
    Weekly(u32),
    /// Keeps the newest generation of each month, for this many months that have one.
    Monthly(u32),
    /// Keeps the newest generation of each year, for this many years that have one.
    Yearly(u32),
    /// Keeps every generation that is at most this much older than the newest one.
    Within {
        /// The age in hours.
        hours: u32,
    },
}

const HOURS_OF_A_DAY: u32 = 24;

impl KeepRule {
    /// Returns the word that the rule begins with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Last(_) => "last",
            Self::Hourly(_) => "hourly",
            Self::Daily(_) => "daily",
            Self::Weekly(_) => "weekly",
            Self::Monthly(_) => "monthly",
            Self::Yearly(_) => "yearly",
            Self::Within { .. } => "within",
        }
    }

    /// Returns the number of generations or periods that the rule keeps, or its hours.
    fn amount(self) -> u32 {
        match self {
            Self::Last(count)
            | Self::Hourly(count)
            | Self::Daily(count)
            | Self::Weekly(count)
            | Self::Monthly(count)
            | Self::Yearly(count) => count,
            Self::Within { hours } => hours,
        }
    }

    /// Returns the age up to which generations are kept, if the rule counts in time.
    #[must_use]
    pub fn reach(self) -> Option<TimeDelta> {
        if let Self::Within { hours } = self { Some(TimeDelta::hours(hours.into())) } else { None }
    }
}

impl fmt::Display for KeepRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match *self {
            Self::Last(count)
            | Self::Hourly(count)
            | Self::Daily(count)
            | Self::Weekly(count)
            | Self::Monthly(count)
            | Self::Yearly(count) => write!(f, "{word}:{count}"),
            Self::Within { hours } if hours % HOURS_OF_A_DAY == 0 => {
                write!(f, "{word}:{}d", hours / HOURS_OF_A_DAY)
            }
            Self::Within { hours } => write!(f, "{word}:{hours}h"),
        }
    }
}

/// Every word that a rule can begin with.
const WORDS: [&str; 7] = ["last", "hourly", "daily", "weekly", "monthly", "yearly", "within"];

impl FromStr for KeepRule {
    type Err = KeepRulesError;

    fn from_str(rule: &str) -> Result<Self, KeepRulesError> {
        if rule.is_empty() {
            return Err(KeepRulesError::Empty);
        }
        let (word, value) = rule.split_once(':').unwrap_or((rule, ""));
        let counted =
            |make: fn(u32) -> Self| parse_count(value).map(make).map_err(|error| error(rule.to_owned()));
        if WORDS.contains(&word) && value.is_empty() {
            return Err(KeepRulesError::NoNumber(rule.to_owned()));
        }
        match word {
            "last" => counted(Self::Last),
            "hourly" => counted(Self::Hourly),
            "daily" => counted(Self::Daily),
            "weekly" => counted(Self::Weekly),
            "monthly" => counted(Self::Monthly),
            "yearly" => counted(Self::Yearly),
            "within" => {
                let hours = parse_hours(value).map_err(|error| error(rule.to_owned()))?;
                Ok(Self::Within { hours })
            }
            _ => Err(KeepRulesError::Unknown { rule: rule.to_owned(), near: near_rule(rule) }),
        }
    }
}

impl KeepRule {
    /// Returns the rule that a text probably stands for, if its colon is an `=` or its word is misspelled.
    pub(crate) fn suggested_by(text: &str) -> Option<Self> {
        let (word, value) = text.split_once([':', '='])?;
        format!("{}:{value}", near(word, WORDS)?).parse().ok()
    }
}

/// Returns the rule that was most likely meant, or only its word if the value isn't valid for it.
fn near_rule(rule: &str) -> Option<String> {
    let (word, value) = rule.split_once([':', '=']).unwrap_or((rule, ""));
    let word = near(word, WORDS)?;
    let whole = format!("{word}:{value}");
    Some(if whole.parse::<KeepRule>().is_ok() { whole } else { word.to_owned() })
}

/// Makes an error from the text of the rule that is wrong.
type MakeError = fn(String) -> KeepRulesError;

fn parse_count(text: &str) -> Result<u32, MakeError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(KeepRulesError::NotANumber);
    }
    match text.parse() {
        Ok(0) => Err(KeepRulesError::Zero),
        Ok(count) => Ok(count),
        Err(_) => Err(KeepRulesError::TooLarge),
    }
}

fn parse_hours(text: &str) -> Result<u32, MakeError> {
    let number = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let hours_per_unit = match &text[number.len()..] {
        "h" => 1,
        "d" => HOURS_OF_A_DAY,
        "w" => 7 * HOURS_OF_A_DAY,
        "y" => 365 * HOURS_OF_A_DAY,
        _ if number.is_empty() => return Err(KeepRulesError::NotANumber),
        _ => return Err(KeepRulesError::NoUnit),
    };
    parse_count(number)?.checked_mul(hours_per_unit).ok_or(KeepRulesError::TooLarge)
}

/// The rules that keep generations of one backup: the value of the option `keep=`. There is at least one rule.
///
/// # Syntax
///
/// Rules are separated by commas, without spaces. Each has the form `word:value`. Every word may occur once:
///
/// | rule | keeps |
/// |---|---|
/// | `last:7` | the newest 7 generations |
/// | `hourly:24` | the newest generation of each hour of the clock, for 24 hours that have one |
/// | `daily:14` | the newest generation of each day, for 14 days that have one |
/// | `weekly:8` | the newest generation of each week (Monday to Sunday), for 8 weeks that have one |
/// | `monthly:12` | the newest generation of each month, for 12 months that have one |
/// | `yearly:3` | the newest generation of each year, for 3 years that have one |
/// | `within:30d` | every generation that is at most 30 days older than the newest one |
///
/// A count is a whole number from 1 to 4294967295, without a sign. The value of `within` also needs a unit:
///
/// | unit | stands for |
/// |---|---|
/// | `h` | one hour |
/// | `d` | 24 hours |
/// | `w` | 7 days |
/// | `y` | 365 days |
///
/// Its text form writes the rules in the order in which they were given. It writes `within` in days if it is a whole number
/// of days, and otherwise in hours.
///
/// # Meaning
///
/// Each rule looks at all good generations by itself. A generation is kept if at least one rule keeps it. So the rules
/// overlap, as in restic. The newest good generation is always kept. [`policy::retention`](crate::policy::retention)
/// decides, and has the details.
///
/// ```
/// use backup_core::model::schedule::{KeepRule, KeepRules};
///
/// let rules: KeepRules = "last:7,within:2w".parse()?;
/// assert_eq!(rules.rules(), [KeepRule::Last(7), KeepRule::Within { hours: 336 }]);
/// assert_eq!(rules.to_string(), "last:7,within:14d");
/// assert!("last:7,last:8".parse::<KeepRules>().is_err());
/// # Ok::<(), backup_core::model::schedule::KeepRulesError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeepRules(Vec<KeepRule>);

impl KeepRules {
    #[cfg(test)]
    pub(crate) fn none_for_tests() -> Self {
        Self(Vec::new())
    }

    /// Returns the rules, in the order in which they were written.
    #[must_use]
    pub fn rules(&self) -> &[KeepRule] {
        &self.0
    }

    /// Returns the rules in canonical order: `last`, `hourly`, `daily`, `weekly`, `monthly`, `yearly`, `within`.
    #[must_use]
    pub fn ordered(&self) -> Self {
        let position = |rule: &KeepRule| WORDS.iter().position(|word| *word == rule.word());
        let mut rules = self.0.clone();
        rules.sort_by_key(position);
        Self(rules)
    }

    /// Returns rules that keep everything that either of the two keeps.
    ///
    /// If both have a rule with the same word, the one that keeps more counts.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut rules = self.0.clone();
        for rule in &other.0 {
            match rules.iter_mut().find(|existing| existing.word() == rule.word()) {
                Some(existing) if existing.amount() < rule.amount() => *existing = *rule,
                Some(_) => {}
                None => rules.push(*rule),
            }
        }
        Self(rules).ordered()
    }
}

impl fmt::Display for KeepRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            write!(f, "{}{rule}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for KeepRules {
    type Err = KeepRulesError;

    fn from_str(text: &str) -> Result<Self, KeepRulesError> {
        let rules = text.split(',').map(str::parse).collect::<Result<Vec<KeepRule>, KeepRulesError>>()?;
        let is_twice =
            |(at, rule): &(usize, &KeepRule)| rules[..*at].iter().any(|other| other.word() == rule.word());
        match rules.iter().enumerate().find(is_twice) {
            Some((_, rule)) => Err(KeepRulesError::Twice(rule.word())),
            None => Ok(Self(rules)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in [
            "last:7",
            "last:7,hourly:24,daily:14,weekly:8,monthly:12,yearly:3,within:30d",
            "within:36h",
            "daily:1,last:4294967295",
        ] {
            assert_eq!(text.parse::<KeepRules>().unwrap().to_string(), text);
        }
        for (text, written) in
            [("within:2w", "within:14d"), ("within:48h", "within:2d"), ("within:1y", "within:365d")]
        {
            assert_eq!(text.parse::<KeepRules>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn the_rule_or_word_that_is_meant_is_suggested() {
        let cases = [("weeky:3", Some("weekly:3")), ("last=3", Some("last:3")), ("weeky=x", Some("weekly"))];
        for (rule, expected) in cases {
            assert_eq!(
                rule.parse::<KeepRule>(),
                Err(KeepRulesError::Unknown { rule: rule.to_owned(), near: expected.map(str::to_owned) })
            );
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn invalid_rules_say_what_is_wrong() {
        let texts = [
            "",
            "last",
            "last:",
            "last:0",
            "last:-1",
            "last:+1",
            "last: 7",
            "last:7,",
            "last:7,,daily:3",
            "last:7,last:8",
            "7",
            "minutely:3",
            "hourli:3",
            "hourly:0",
            "daily:7,weekli:4",
            "last=7",
            "Last:7",
            "within:30",
            "within:d",
            "within:30m",
            "within:0d",
            "within:4294967295d",
            "within:3\u{e9}",
            "last:99999999999",
            "last:1\u{1b}",
        ];
        let message = |text: &&str| format!("{text:?}: {}", text.parse::<KeepRules>().unwrap_err());
        insta::assert_snapshot!(texts.iter().map(message).collect::<Vec<_>>().join("\n"), @r#"
        "": keep has an empty rule; it takes rules as in last:7,daily:14,weekly:8,within:30d
        "last": the rule "last" of keep lacks its number, as in last:7
        "last:": the rule "last:" of keep lacks its number, as in last:7
        "last:0": the rule "last:0" of keep would keep nothing
        "last:-1": the rule "last:-1" of keep has no whole number behind its colon
        "last:+1": the rule "last:+1" of keep has no whole number behind its colon
        "last: 7": the rule "last: 7" of keep has no whole number behind its colon
        "last:7,": keep has an empty rule; it takes rules as in last:7,daily:14,weekly:8,within:30d
        "last:7,,daily:3": keep has an empty rule; it takes rules as in last:7,daily:14,weekly:8,within:30d
        "last:7,last:8": keep can't have the rule last twice
        "7": keep knows no rule "7"; write last:7 for that many
        "minutely:3": keep knows no rule "minutely:3"; it takes rules as in last:7,daily:14,weekly:8,within:30d
        "hourli:3": keep knows no rule "hourli:3"; did you mean hourly:3?
        "hourly:0": the rule "hourly:0" of keep would keep nothing
        "daily:7,weekli:4": keep knows no rule "weekli:4"; did you mean weekly:4?
        "last=7": keep knows no rule "last=7"; did you mean last:7?
        "Last:7": keep knows no rule "Last:7"; did you mean last:7?
        "within:30": the rule "within:30" of keep lacks its unit: h, d, w or y, as in within:30d
        "within:d": the rule "within:d" of keep has no whole number behind its colon
        "within:30m": the rule "within:30m" of keep lacks its unit: h, d, w or y, as in within:30d
        "within:0d": the rule "within:0d" of keep would keep nothing
        "within:4294967295d": the number in the rule "within:4294967295d" of keep is too large
        "within:3é": the rule "within:3é" of keep lacks its unit: h, d, w or y, as in within:30d
        "last:99999999999": the number in the rule "last:99999999999" of keep is too large
        "last:1\u{1b}": the rule "last:1\u{1b}" of keep has no whole number behind its colon
        "#);
    }
}
