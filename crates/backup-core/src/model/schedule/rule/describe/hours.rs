//! Hours: the times of day of a rule in words.

use super::words::{listed, ranges, span, values};
use crate::model::schedule::rule::recurrence::{ALL_HOURS, TimeSet};

/// More times than these are written as minutes and hours.
const MOST_TIMES: usize = 6;

/// More separate spans of hours than these are written as a list of hours.
const MOST_SPANS: usize = 3;

/// Returns the times of day in order, if they are few.
pub(super) fn few_times(sets: &[TimeSet]) -> Option<Vec<String>> {
    let count: u32 = sets.iter().map(|set| set.hours.count_ones() * set.minutes.count_ones()).sum();
    if count as usize > MOST_TIMES {
        return None;
    }
    let of_set = |set: &TimeSet| -> Vec<(u32, u32)> {
        let minutes = values(set.minutes);
        values(set.hours.into())
            .iter()
            .flat_map(|hour| minutes.iter().map(|minute| (*hour, *minute)))
            .collect()
    };
    let mut times: Vec<_> = sets.iter().flat_map(of_set).collect();
    times.sort_unstable();
    times.dedup();
    Some(times.into_iter().map(|(hour, minute)| time(hour, minute)).collect())
}

/// Returns many times of day as a period, or as minutes past hours.
pub(super) fn of_times(TimeSet { hours, minutes }: TimeSet) -> String {
    let is_every_hour = hours == ALL_HOURS;
    let (hours, minutes) = (values(hours.into()), values(minutes));
    let text = match (minutes.as_slice(), step(&minutes, 60)) {
        ([0], _) if is_every_hour => Some("every hour on the hour".to_owned()),
        ([minute], _) if is_every_hour => {
            Some(format!("every hour at {} past", minutes_in_words(&[*minute])))
        }
        ([minute], _) => step_of_hours(&hours, *minute),
        ([0, ..], Some(step)) if is_every_hour => Some(every(step, "minute")),
        (minutes, Some(step)) => step_of_minutes(&hours, minutes, step),
        _ => None,
    };
    text.unwrap_or_else(|| format!("at {} past {}", minutes_in_words(&minutes), hours_in_words(&hours)))
}

/// Returns "every 15 minutes from 09:00 to 17:45", if the hours are few spans.
fn step_of_minutes(hours: &[u32], minutes: &[u32], step: u32) -> Option<String> {
    let (first, last) = (minutes.first()?, minutes.last()?);
    let spans: Vec<_> = hours
        .chunk_by(|before, after| before + 1 == *after)
        .map(|run| format!("from {} to {}", time(run[0], *first), time(run[run.len() - 1], *last)))
        .collect();
    (spans.len() <= MOST_SPANS).then(|| format!("{} {}", every(step, "minute"), listed(&spans)))
}

/// Returns "every hour from 09:30 to 17:30", if the hours are evenly spaced.
fn step_of_hours(hours: &[u32], minute: u32) -> Option<String> {
    let step = span(hours).map(|_| 1).or_else(|| step(hours, 24))?;
    let (first, last) = (hours.first()?, hours.last()?);
    Some(format!("{} from {} to {}", every(step, "hour"), time(*first, minute), time(*last, minute)))
}

/// Returns the distance between values that are evenly spaced, also from the last one on to the first one of the next
/// `whole`.
fn step(values: &[u32], whole: u32) -> Option<u32> {
    let step = values.get(1)? - values[0];
    let is_even = values.windows(2).all(|pair| pair[1] - pair[0] == step);
    (is_even && values[0] + whole - values[values.len() - 1] == step).then_some(step)
}

fn every(step: u32, unit: &str) -> String {
    if step == 1 { format!("every {unit}") } else { format!("every {step} {unit}s") }
}

fn minutes_in_words(minutes: &[u32]) -> String {
    let plural = if minutes == [1] { "" } else { "s" };
    format!("{} minute{plural}", ranges(minutes, u32::to_string))
}

fn hours_in_words(hours: &[u32]) -> String {
    match span(hours) {
        Some((0, 23)) => "every hour".to_owned(),
        Some((first, last)) => format!("each hour from {} to {}", time(first, 0), time(last, 0)),
        None => ranges(hours, |hour| time(*hour, 0)),
    }
}

fn time(hour: u32, minute: u32) -> String {
    format!("{hour:02}:{minute:02}")
}
