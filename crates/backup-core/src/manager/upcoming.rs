//! Upcoming: the use case that shows what will run when.

use crate::manager::Manager;
use crate::manager::schedule_query::{matching, names};
use crate::model::error::Error;
use crate::model::schedule::{Schedule, ScheduleEntry};
use crate::policy::clock_change::ClockChange;
use crate::policy::requested_moment::RequestedMoment;
use crate::policy::upcoming::upcoming;
use crate::time::{Moment, Zoned, first_instant_at_or_after};

/// Which runs are shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct UpcomingQuery<'a> {
    /// Only those of the schedule with this index, or of the schedules with this name.
    pub key: Option<&'a str>,
    /// Only those from this moment on; by default, from now on. A date begins at midnight.
    pub from: Option<&'a str>,
    /// Only those up to this moment. A date ends at midnight.
    pub to: Option<&'a str>,
    /// At most so many.
    pub count: Option<usize>,
}

/// A planned run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingRun {
    /// The schedule.
    pub entry: ScheduleEntry,
    /// The planned moment.
    pub planned: Moment,
    /// How a change of the local clock moved it, if one did.
    pub clock_change: Option<ClockChange>,
    /// The moment as the clocks in the zone of `tz=` read it, where that differs.
    pub in_zone: Option<Moment>,
}

impl Manager<'_> {
    /// Returns the planned runs of the schedules that run, the earliest first.
    ///
    /// It doesn't tell which of them will be made up for, skipped or late: these are plans.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], why the schedule doesn't run, [`Error::UnclearMoment`], [`Error::SchedulesMissing`], or a
    /// failure of the store.
    pub fn upcoming(&self, query: &UpcomingQuery<'_>) -> Result<Vec<UpcomingRun>, Error> {
        let clock = self.ports.clock;
        let now = clock.now();
        let requested = |text: &str| RequestedMoment::parse(text, now, clock);
        let from = query.from.map(requested).transpose()?;
        let to = query.to.map(requested).transpose()?;
        let from = from.and_then(|from| self.start_of(from)).unwrap_or(now);
        let entries = self.entries_for(query.key)?;
        let rules: Vec<_> = entries.iter().map(|entry| self.ports.rules.rule(entry)).collect();
        let rules: Vec<&dyn Schedule> = rules.iter().map(|rule| &**rule).collect();
        let planned = upcoming(&rules, from, clock);
        let planned = planned.take_while(|next| to.is_none_or(|to| to.reaches(next.planned)));
        let planned = planned.take(query.count.unwrap_or(usize::MAX));
        let runs = planned.map(|next| UpcomingRun {
            in_zone: self.in_zone(&entries[next.rule], next.planned),
            entry: entries[next.rule].clone(),
            planned: next.planned,
            clock_change: next.clock_change,
        });
        Ok(runs.collect())
    }

    /// Returns a moment as the clocks in the zone of a schedule's `tz=` read it, or `None` if there is no other zone or they
    /// read the same.
    #[must_use]
    pub fn in_zone(&self, entry: &ScheduleEntry, moment: Moment) -> Option<Moment> {
        let zone = entry.options().zone()?;
        Zoned { clock: self.ports.clock, zone }.other_reading(moment)
    }

    /// Returns whether no run of that schedule, or of the schedules with that name, is planned because it is paused.
    ///
    /// # Errors
    /// As [`upcoming`](Self::upcoming).
    pub fn is_paused(&self, key: &str) -> Result<bool, Error> {
        let mut entries = self.running_entries(Some(key))?.into_iter().peekable();
        Ok(entries.peek().is_some() && entries.all(|entry| entry.options().is_paused()))
    }

    fn start_of(&self, requested: RequestedMoment) -> Option<Moment> {
        let clock = self.ports.clock;
        if let Some(instant) = requested.instant {
            return Some(crate::time::moment(clock, instant));
        }
        first_instant_at_or_after(requested.date.and_time(requested.time.unwrap_or_default()), clock)
    }

    /// Returns the schedules that run, or those of them with that index or name. Paused ones don't run.
    fn entries_for(&self, key: Option<&str>) -> Result<Vec<ScheduleEntry>, Error> {
        let mut entries = self.running_entries(key)?;
        entries.retain(|entry| !entry.options().is_paused());
        Ok(entries)
    }

    /// Returns the same with the paused ones.
    fn running_entries(&self, key: Option<&str>) -> Result<Vec<ScheduleEntry>, Error> {
        let book = self.load_schedules()?;
        let named = key.map(|key| matching(key, &names(book.items())).indexes);
        let config = self.config()?;
        let lines = self.admit(&book, &config).into_iter().enumerate();
        let is_named = |index: &usize| named.as_ref().is_none_or(|named| named.contains(index));
        let lines = lines.filter(|(index, _)| is_named(index));
        let entries: Vec<_> = lines.filter_map(|(_, line)| line.into_entry()).collect();
        if let Some(key) = key.filter(|_| entries.is_empty()) {
            // This says why none of that name runs.
            self.find_schedule(key)?;
        }
        Ok(entries)
    }
}
