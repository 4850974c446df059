//! Calendar: `Mon..Fri 16:07`, `*-*-01 04:00`, `*:0/15`. This is a subset of the calendar events of systemd.

use crate::model::schedule::rule::dates::Dates;
use crate::model::schedule::rule::fault::Fault;
use crate::model::schedule::rule::field::{Field, Style};
use crate::model::schedule::rule::part::Part;
use crate::model::schedule::rule::recurrence::{Recurrence, TimeSet};

/// Reads `[weekdays] [[year-]month-day] hour:minute[:00]`.
///
/// As in systemd, each part of a date or a time is a list of values, ranges (`1..7`) and steps (`0/15`). `~` instead of the
/// last `-` of a date counts days from the end of the month.
///
/// These differ from systemd:
/// - If each piece of a list has a colon, it is a list of times: `08:00,18:00`. systemd would read it as minutes 0 and 18.
/// - Days of the week can go on behind Sunday (`Sat..Mon`), and `*` can have a step (`*:*/15`).
/// - Seconds other than `00`, time zones and names such as `daily` are refused.
pub(super) fn calendar(part: Part<'_>) -> Result<Recurrence, Fault> {
    let mut words = part.words().peekable();
    let mut dates = Dates::ALL;
    if let Some(word) = words.next_if(|word| word.text.starts_with(char::is_alphabetic)) {
        dates.weekdays = weekdays(word)?;
    }
    if let Some(word) = words.next_if(|word| is_date(word.text)) {
        read_date(word, &mut dates)?;
    }
    let time = words.next().ok_or_else(|| part.end().expected("a time as hh:mm"))?;
    let times = times(time)?;
    match words.next() {
        None => Ok(Recurrence { dates, times }),
        Some(more) => Err(more.expected("nothing more")),
    }
}

fn weekdays(word: Part<'_>) -> Result<u32, Fault> {
    let (name, _) = word.leading(char::is_alphabetic);
    if Field::WEEKDAY.named(name.text).is_none() {
        return Err(word.expected("a time, a day of the week or \"every\""));
    }
    Field::WEEKDAY.short_mask(word, Style::Calendar)
}

fn is_date(word: &str) -> bool {
    word.contains(['-', '~']) && !word.contains(':')
}

/// Reads `[year-]month-day` or `[year-]month~day`.
fn read_date(word: Part<'_>, dates: &mut Dates) -> Result<(), Fault> {
    let (year_and_month, day, is_from_end) = match word.split_once("~") {
        Some((before, day)) => (before, day, true),
        None => {
            let at = word.text.rfind('-').unwrap_or(0);
            let (before, day) = word.split_at(at);
            (before, day.split_at(1).1, false)
        }
    };
    let month = match year_and_month.split_once("-") {
        Some((year, month)) if year.text == "*" => month,
        Some((year, month)) => {
            dates.years = Field::YEAR.spans(year, Style::Calendar)?;
            month
        }
        None => year_and_month,
    };
    dates.months = Field::MONTH.short_mask(month, Style::Calendar)?;
    if is_from_end {
        (dates.days, dates.last_days) = (0, last_days(day)?);
    } else {
        dates.days = Field::DAY.short_mask(day, Style::Calendar)?;
    }
    Ok(())
}

/// Reads days that are counted from the end of the month. `7/1` goes on to the end, so it is the last seven days.
fn last_days(part: Part<'_>) -> Result<u32, Fault> {
    part.split(',').try_fold(0, |mask, element| {
        let Some((first, step)) = element.split_once("/") else {
            return Ok(mask | Field::DAY.short_mask(element, Style::Calendar)?);
        };
        let (first, step) = (Field::DAY.single(first)?, Field::DAY.step(step)?);
        Ok((1..=first).rev().step_by(step as usize).fold(mask, |mask, day| mask | 1 << day))
    })
}

/// Reads a list of times such as `08:00,18:00`, or one pattern such as `08,20:0/15`.
fn times(word: Part<'_>) -> Result<Vec<TimeSet>, Fault> {
    let mut pieces = word.split(',');
    let with_colon = pieces.clone().filter(|piece| piece.text.contains(':')).count();
    match pieces.clone().count() {
        count if count == with_colon => pieces.map(time).collect(),
        _ if with_colon == 1 => Ok(vec![time(word)?]),
        _ => {
            let without = pieces.find(|piece| !piece.text.contains(':')).unwrap_or(word);
            Err(without.expected("a time as hh:mm"))
        }
    }
}

/// Reads `hours:minutes`, with or without `:00`.
fn time(part: Part<'_>) -> Result<TimeSet, Fault> {
    let Some((hours, rest)) = part.split_once(":") else { return Err(part.expected("a time as hh:mm")) };
    let (minutes, seconds) = rest.split_once(":").unzip();
    if let Some(seconds) = seconds.filter(|seconds| seconds.text != "00") {
        return Err(seconds.expected("the seconds 00"));
    }
    let minutes = minutes.unwrap_or(rest);
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if minutes.text.len() == 1 && is_number(minutes.text) && is_number(hours.text) {
        return Err(minutes.expected("a minute with two digits"));
    }
    let hours = Field::HOUR.short_mask(hours, Style::Calendar)?;
    Ok(TimeSet { hours, minutes: Field::MINUTE.mask(minutes, Style::Calendar)? })
}
