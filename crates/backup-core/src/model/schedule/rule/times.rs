//! Times: one time of day or several, such as `16:07` and `08:00,12:30,18:00`.

use crate::model::schedule::rule::fault::Fault;
use crate::model::schedule::rule::field::Field;
use crate::model::schedule::rule::part::Part;
use crate::model::schedule::rule::recurrence::TimeSet;
use crate::model::schedule::time_of_day::TimeOfDay;

/// Reads a list of times of day.
pub(super) fn times(part: Part<'_>) -> Result<Vec<TimeSet>, Fault> {
    let mut times = Vec::with_capacity(part.text.matches(',').count() + 1);
    for time in part.split(',') {
        times.push(TimeSet::of(time_of_day(time)?));
    }
    Ok(times)
}

/// Reads one time of day.
pub(super) fn time_of_day(part: Part<'_>) -> Result<TimeOfDay, Fault> {
    TimeOfDay::parse(part.text).ok_or_else(|| {
        // If the hour is right, the minute isn't.
        let minute = part.split_once(":").filter(|(hour, _)| Field::HOUR.single(*hour).is_ok());
        let place = minute.map_or(part, |(_, minute)| minute);
        place.expected("a time as hh:mm between 00:00 and 23:59")
    })
}

impl TimeSet {
    fn of(time: TimeOfDay) -> Self {
        Self { hours: 1 << time.hour(), minutes: 1 << time.minute() }
    }
}
