//! Field: the values that one part of a date or a time can have, and the lists, ranges and steps of them.

use crate::model::schedule::rule::fault::Fault;
use crate::model::schedule::rule::part::Part;

/// How lists, ranges and steps are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `1..5`, and `5/10` goes on from 5 to the end.
    Calendar,
    /// `1-5`, and a step follows only a range or `*`.
    Cron,
}

impl Style {
    pub(super) fn range(self) -> &'static str {
        match self {
            Self::Calendar => "..",
            Self::Cron => "-",
        }
    }
}

/// The values of one part of a date or a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The name with its article, for messages: "a minute".
    pub(super) name: &'static str,
    pub(super) first: u32,
    pub(super) last: u32,
    /// English names of the values, in small letters. A value can be given by three letters or by the whole name.
    pub(super) names: &'static [&'static str],
    /// What may follow a value, besides a list or a range: a phrase with a comma behind it.
    follows: &'static str,
    /// Whether the values have numbers.
    pub(super) has_numbers: bool,
    /// Whether a range may go on behind the last value, as days of the week do: Saturday to Monday.
    pub(super) wraps_after: Option<u32>,
}

/// Every `step`th value from `first` to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) step: u32,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Sunday is 0.
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

impl Field {
    pub(super) const MINUTE: Self = Self::numbers("a minute", 0, 59);
    pub(super) const HOUR: Self = Self::numbers("an hour", 0, 23);
    pub(super) const DAY: Self = Self::numbers("a day", 1, 31);
    pub(super) const MONTH: Self = Self::numbers("a month", 1, 12);
    /// The years of systemd's calendars.
    pub(super) const YEAR: Self = Self::numbers("a year", 1970, 2199);
    pub(super) const NAMED_MONTH: Self = Self { names: &MONTHS, ..Self::MONTH };
    pub(super) const WEEKDAY: Self = Self {
        names: &WEEKDAYS,
        follows: "a time, ",
        has_numbers: false,
        wraps_after: Some(6),
        ..Self::numbers("a day of the week", 0, 6)
    };
    /// Sunday is 0 and 7.
    pub(super) const NUMBERED_WEEKDAY: Self =
        Self { last: 7, has_numbers: true, follows: "", ..Self::WEEKDAY };

    const fn numbers(name: &'static str, first: u32, last: u32) -> Self {
        Self { name, first, last, names: &[], follows: "", has_numbers: true, wraps_after: None }
    }

    /// Reads a list as a mask in which each value has its bit.
    pub(super) fn mask(&self, part: Part<'_>, style: Style) -> Result<u64, Fault> {
        let value = |value| self.wraps_after.map_or(value, |last| value % (last + 1));
        let spans = self.spans(part, style)?;
        Ok(spans.iter().flat_map(|span| span.values()).fold(0, |mask, each| mask | 1 << value(each)))
    }

    /// Reads a list of values below 32 as such a mask.
    pub(super) fn short_mask(&self, part: Part<'_>, style: Style) -> Result<u32, Fault> {
        self.mask(part, style).map(|mask| u32::try_from(mask).expect("no value of this field is over 31"))
    }

    /// Reads one value alone.
    pub(super) fn single(&self, part: Part<'_>) -> Result<u32, Fault> {
        let (value, rest) = self.value(part)?;
        if rest.text.is_empty() { Ok(value) } else { Err(rest.expected("\"/\" or \",\"")) }
    }

    /// Reads a list.
    pub(super) fn spans(&self, part: Part<'_>, style: Style) -> Result<Vec<Span>, Fault> {
        part.split(',').map(|element| self.span(element, style)).collect()
    }

    /// Reads `*`, a value or a range, each with or without a step.
    fn span(&self, element: Part<'_>, style: Style) -> Result<Span, Fault> {
        let (first, last, rest, is_single) = self.values_of(element, style)?;
        match rest.strip_prefix("/") {
            // A calendar goes on from a single value to the end.
            Some(step) if is_single && style == Style::Calendar => {
                Ok(Span { first, last: self.last, step: self.step(step)? })
            }
            Some(step) if !is_single => Ok(Span { first, last, step: self.step(step)? }),
            _ if rest.text.is_empty() => Ok(Span { first, last, step: 1 }),
            _ if is_single => Err(rest.expected(format!("{}\"{}\" or \",\"", self.follows, style.range()))),
            _ => Err(rest.expected("\"/\" or \",\"")),
        }
    }

    /// Reads `*`, a value or a range. Returns the first and the last value, what follows, and whether it is a value alone.
    fn values_of<'a>(&self, element: Part<'a>, style: Style) -> Result<(u32, u32, Part<'a>, bool), Fault> {
        if let Some(rest) = element.strip_prefix("*") {
            return Ok((self.first, self.last, rest, false));
        }
        let (first, rest) = self.value(element)?;
        match rest.strip_prefix(style.range()) {
            Some(rest) => self.range(first, rest).map(|(first, last, rest)| (first, last, rest, false)),
            None => Ok((first, first, rest, true)),
        }
    }

    /// Reads the end of a range, behind its separator.
    fn range<'a>(&self, first: u32, part: Part<'a>) -> Result<(u32, u32, Part<'a>), Fault> {
        let (last, rest) = self.value(part)?;
        match self.wraps_after {
            Some(wrap) if last < first => Ok((first, last + wrap + 1, rest)),
            None if last < first => Err(part.expected(format!("{} that is not before the first", self.name))),
            _ => Ok((first, last, rest)),
        }
    }

    pub(super) fn step(&self, part: Part<'_>) -> Result<u32, Fault> {
        let most = self.last - self.first;
        let wanted = || part.expected(format!("a step from 1 to {most}"));
        let step = number(part.text).ok_or_else(wanted)?;
        if (1..=most).contains(&step) { Ok(step) } else { Err(wanted()) }
    }

    /// Reads a value, and returns what follows it.
    fn value<'a>(&self, part: Part<'a>) -> Result<(u32, Part<'a>), Fault> {
        let (letters, rest) = part.leading(char::is_alphabetic);
        if !letters.text.is_empty()
            && let Some(value) = self.named(letters.text)
        {
            return Ok((value, rest));
        }
        let (digits, rest) = part.leading(|character| character.is_ascii_digit());
        let value = number(digits.text).filter(|_| self.has_numbers);
        value
            .filter(|value| (self.first..=self.last).contains(value))
            .map(|value| (value, rest))
            .ok_or_else(|| part.expected(self.values()))
    }

    /// Returns the value of that name.
    pub(super) fn named(&self, name: &str) -> Option<u32> {
        let name = name.to_ascii_lowercase();
        let is_it = |known: &str| name == known || name == known[..3];
        (self.first..).zip(self.names).find(|(_, known)| is_it(known)).map(|(value, _)| value)
    }

    /// Returns what the values are, for messages.
    fn values(&self) -> String {
        if self.has_numbers {
            format!("{} from {} to {}", self.name, self.first, self.last)
        } else {
            format!("{} from Mon to Sun", self.name)
        }
    }
}

impl Span {
    pub(super) fn values(self) -> impl Iterator<Item = u32> {
        // The steps of a usize reach further than those of any field.
        (self.first..=self.last).step_by(self.step as usize)
    }

    /// Returns its first value from `from` on.
    pub(super) fn next_from(self, from: u32) -> Option<u32> {
        let steps = from.saturating_sub(self.first).div_ceil(self.step);
        Some(self.first + steps * self.step).filter(|value| *value <= self.last)
    }
}

/// Reads digits alone: no sign, no spaces, at most four.
pub(super) fn number(digits: &str) -> Option<u32> {
    let is_number = matches!(digits.len(), 1..=4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Returns the English name of a weekday. Sunday is 0.
pub(super) fn weekday_name(weekday: u32) -> String {
    capitalized(WEEKDAYS[weekday as usize % WEEKDAYS.len()])
}

/// Returns the English name of a month from 1 to 12.
pub(super) fn month_name(month: u32) -> String {
    capitalized(MONTHS[(month as usize + 11) % MONTHS.len()])
}

fn capitalized(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: Field, style: Style, text: &str, expected: &[u32]) {
        let mask = field.mask(Part::whole(text), style).unwrap();
        let values: Vec<_> = (0..64).filter(|value| mask >> value & 1 == 1).collect();
        assert_eq!(values, expected, "{text}");
    }

    #[test]
    fn lists_ranges_and_steps() {
        use Style::{Calendar, Cron};
        check(Field::MINUTE, Calendar, "0/15", &[0, 15, 30, 45]);
        check(Field::MINUTE, Calendar, "*/20", &[0, 20, 40]);
        check(Field::MINUTE, Cron, "*/20", &[0, 20, 40]);
        check(Field::MINUTE, Calendar, "5,10..12,50/5", &[5, 10, 11, 12, 50, 55]);
        check(Field::HOUR, Cron, "9-17/4,3", &[3, 9, 13, 17]);
        check(Field::DAY, Calendar, "1..7/2", &[1, 3, 5, 7]);
        check(Field::NAMED_MONTH, Cron, "jan,Mar-may,12", &[1, 3, 4, 5, 12]);
        check(Field::NUMBERED_WEEKDAY, Cron, "mon-fri", &[1, 2, 3, 4, 5]);
        check(Field::NUMBERED_WEEKDAY, Cron, "5-7", &[0, 5, 6]);
        check(Field::NUMBERED_WEEKDAY, Cron, "fri-sun", &[0, 5, 6]);
        check(Field::NUMBERED_WEEKDAY, Cron, "7", &[0]);
        check(Field::NUMBERED_WEEKDAY, Cron, "0-7", &[0, 1, 2, 3, 4, 5, 6]);
        check(Field::WEEKDAY, Calendar, "Sat..Mon", &[0, 1, 6]);
        check(Field::WEEKDAY, Calendar, "monday..SUN", &[0, 1, 2, 3, 4, 5, 6]);
        check(Field::WEEKDAY, Calendar, "*", &[0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn faults_say_where_and_what() {
        let fault = |field: Field, style, text| {
            let Fault { offset, expected } = field.mask(Part::whole(text), style).unwrap_err();
            format!("{text} at {offset}: {expected}")
        };
        insta::assert_snapshot!([
            fault(Field::MINUTE, Style::Cron, "60"),
            fault(Field::MINUTE, Style::Cron, "5/10"),
            fault(Field::MINUTE, Style::Cron, "1-5x"),
            fault(Field::MINUTE, Style::Cron, "*/0"),
            fault(Field::MINUTE, Style::Calendar, "0/60"),
            fault(Field::MINUTE, Style::Calendar, "0,,1"),
            fault(Field::HOUR, Style::Calendar, "9-17"),
            fault(Field::HOUR, Style::Calendar, "17..9"),
            fault(Field::NAMED_MONTH, Style::Cron, "foo"),
            fault(Field::WEEKDAY, Style::Calendar, "1"),
            fault(Field::WEEKDAY, Style::Calendar, "Mon-Fri"),
        ].join("\n"), @r#"
        60 at 0: a minute from 0 to 59
        5/10 at 1: "-" or ","
        1-5x at 3: "/" or ","
        */0 at 2: a step from 1 to 59
        0/60 at 2: a step from 1 to 59
        0,,1 at 2: a minute from 0 to 59
        9-17 at 1: ".." or ","
        17..9 at 4: an hour that is not before the first
        foo at 0: a month from 1 to 12
        1 at 0: a day of the week from Mon to Sun
        Mon-Fri at 3: a time, ".." or ","
        "#);
    }
}
