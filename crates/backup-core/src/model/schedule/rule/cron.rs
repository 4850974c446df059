//! Cron: `*/15 9-17 * * 1-5` and `@daily`.

use crate::model::schedule::rule::dates::Dates;
use crate::model::schedule::rule::fault::Fault;
use crate::model::schedule::rule::field::{Field, Style};
use crate::model::schedule::rule::part::Part;
use crate::model::schedule::rule::recurrence::{Recurrence, TimeSet};

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Reads the five fields minute, hour, day of the month, month and day of the week.
///
/// As in Vixie cron, a field that starts with `*` doesn't restrict. If both days are restricted, one of them is enough.
///
/// These differ from Vixie cron: names can be in lists and ranges, a range of weekdays can go on behind Sunday, and a step
/// follows only a range or `*`.
pub(super) fn cron(part: Part<'_>) -> Result<Recurrence, Fault> {
    let words: Vec<_> = part.words().collect();
    let [minute, hour, day, month, weekday] = words.as_slice() else {
        let wanted = "five fields: minute, hour, day, month and day of the week";
        let place = words.get(5).map_or_else(|| part.end(), |extra| *extra);
        return Err(place.expected(wanted));
    };
    let minutes = Field::MINUTE.mask(*minute, Style::Cron)?;
    let hours = Field::HOUR.short_mask(*hour, Style::Cron)?;
    let is_restricted = |part: &Part<'_>| !part.text.starts_with('*');
    let dates = Dates {
        days: Field::DAY.short_mask(*day, Style::Cron)?,
        months: Field::NAMED_MONTH.short_mask(*month, Style::Cron)?,
        weekdays: Field::NUMBERED_WEEKDAY.short_mask(*weekday, Style::Cron)?,
        is_either: is_restricted(day) && is_restricted(weekday),
        ..Dates::ALL
    };
    Ok(Recurrence { dates, times: vec![TimeSet { hours, minutes }] })
}

/// Reads a nickname such as `@daily`.
pub(super) fn nickname(part: Part<'_>) -> Result<Recurrence, Fault> {
    if part.text == "@reboot" {
        return Err(part.expected("a rule with times, because a start of the machine can't be planned"));
    }
    let known = NICKNAMES.iter().find(|(name, _)| *name == part.text);
    let (_, fields) = known.ok_or_else(|| {
        part.expected("@hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually")
    })?;
    cron(Part::whole(fields))
}
