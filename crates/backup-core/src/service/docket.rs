//! What a pass derives from the schedules, kept so that the next one redoes only what has changed.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveTime, TimeDelta};

use crate::model::history::name_in;
use crate::model::schedule::{INTERVALS_SINCE, ScheduleEntry};
use crate::service::name_aliases::NameAliases;
use crate::time::{Clock, Moment, Offsets};

/// How long a docket is trusted at most. Its [`Offsets`] cover the planned moments up to then.
const TRUSTED_FOR: TimeDelta = TimeDelta::days(1);

/// The schedules that may run, in the order of the book, and when each must be evaluated again.
///
/// A place is the index of a schedule in that order.
pub(super) struct Docket {
    entries: Vec<ScheduleEntry>,
    places: HashMap<String, usize>,
    /// The places of the schedules of each backup, by its name.
    backups: HashMap<String, Vec<usize>>,
    /// When each schedule must be evaluated again.
    again: Vec<Option<Moment>>,
    /// The same, the earliest first.
    queue: BTreeSet<(Moment, usize)>,
    /// The schedules for which something has changed since they were evaluated.
    touched: BTreeSet<usize>,
    names: NameAliases,
    offsets: Offsets,
    /// Those where intervals begin to be counted.
    first_offsets: Offsets,
    trusted_until: Moment,
}

impl Docket {
    /// Returns the docket of these schedules. All of them are to be evaluated.
    pub(super) fn new(
        entries: Vec<ScheduleEntry>,
        names: NameAliases,
        now: Moment,
        clock: &dyn Clock,
    ) -> Self {
        let mut backups: HashMap<_, Vec<_>> = HashMap::new();
        for (place, entry) in entries.iter().enumerate() {
            backups.entry(entry.name().to_string()).or_default().push(place);
        }
        Self {
            backups,
            places: entries.iter().enumerate().map(|(place, entry)| (entry.identity(), place)).collect(),
            again: vec![None; entries.len()],
            queue: BTreeSet::new(),
            touched: (0..entries.len()).collect(),
            names,
            offsets: Offsets::around(now.to_utc(), clock),
            first_offsets: Offsets::around(INTERVALS_SINCE.and_time(NaiveTime::MIN).and_utc(), clock),
            trusted_until: now.checked_add_signed(TRUSTED_FOR).unwrap_or(now),
            entries,
        }
    }

    /// Returns whether the docket can still be trusted. `last` is when the last pass was.
    pub(super) fn holds(&self, last: Moment, now: Moment, clock: &dyn Clock) -> bool {
        let offsets_hold = self.offsets.hold(clock) && self.first_offsets.hold(clock);
        last <= now && now < self.trusted_until && offsets_hold
    }

    /// Returns what the store said about the names of the schedules.
    pub(super) fn names(&self) -> &NameAliases {
        &self.names
    }

    /// Marks a schedule and the others of its backup, which the next pass then evaluates. Ignores what isn't in the docket.
    pub(super) fn touch(&mut self, identity: &str) {
        self.touched.extend(self.backups.get(name_in(identity)).into_iter().flatten());
    }

    /// Returns the places of the schedules that are to be evaluated now, in order.
    pub(super) fn take_due(&mut self, now: Moment) -> Vec<usize> {
        let due = self.queue.iter().take_while(|(again, _)| *again <= now).map(|(_, place)| *place);
        self.touched.extend(due);
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    /// Sets when a schedule must be evaluated again.
    pub(super) fn put(&mut self, place: usize, again: Option<Moment>) {
        if let Some(before) = std::mem::replace(&mut self.again[place], again) {
            self.queue.remove(&(before, place));
        }
        self.queue.extend(again.map(|again| (again, place)));
    }

    /// Returns when the first schedule must be evaluated again.
    pub(super) fn next(&self) -> Option<Moment> {
        self.queue.first().map(|(again, _)| *again)
    }

    /// Returns the place of a schedule.
    pub(super) fn place(&self, identity: &str) -> Option<usize> {
        self.places.get(identity).copied()
    }

    /// Returns the place of the first schedule of a backup.
    pub(super) fn first_place(&self, backup: &str) -> Option<usize> {
        self.backups.get(backup)?.first().copied()
    }

    /// Returns the place of the first schedule of each backup.
    pub(super) fn first_places(&self) -> impl Iterator<Item = usize> {
        self.backups.values().filter_map(|places| places.first().copied())
    }

    /// Returns the schedules of a backup.
    pub(super) fn entries_of(&self, backup: &str) -> impl Iterator<Item = &ScheduleEntry> {
        self.backups.get(backup).into_iter().flatten().map(|place| &self.entries[*place])
    }

    /// Returns the schedule at a place.
    pub(super) fn entry(&self, place: usize) -> &ScheduleEntry {
        &self.entries[place]
    }

    /// Returns the identities of the schedules.
    pub(super) fn identities(&self) -> BTreeSet<String> {
        self.places.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, MemoryBackups, Zone, at};

    fn docket(clock: &ManualClock) -> Docket {
        let entries = ["a;10:00;a", "b;11:00;b", "c;12:00;c"].map(|text| text.parse().unwrap());
        let names = NameAliases::of([], &MemoryBackups::new(clock.clone()));
        Docket::new(entries.into(), names, clock.now(), clock)
    }

    #[test]
    fn what_is_due_or_touched_is_evaluated_once_and_in_order() {
        let clock = ManualClock::utc(at("2026-03-10 09:00"));
        let mut docket = docket(&clock);
        assert_eq!(docket.take_due(clock.now()), [0, 1, 2], "nothing is known of them yet");
        docket.put(0, Some(at("2026-03-10 10:00")));
        docket.put(1, Some(at("2026-03-10 11:00")));
        docket.put(2, None);
        assert_eq!(docket.take_due(clock.now()), [0_usize; 0]);
        assert_eq!(docket.next(), Some(at("2026-03-10 10:00")));
        docket.touch("c;12:00;c");
        docket.touch("nobody;12:00;nobody");
        assert_eq!(docket.take_due(at("2026-03-10 10:00")), [0, 2]);
        docket.put(0, Some(at("2026-03-11 10:00")));
        assert_eq!(docket.next(), Some(at("2026-03-10 11:00")), "what it asked for before counts no more");
        assert_eq!(docket.take_due(at("2026-03-10 10:30")), [0_usize; 0]);
        assert_eq!(docket.take_due(at("2026-03-12 00:00")), [0, 1]);
    }

    #[test]
    fn it_holds_for_a_day_in_the_same_zone_while_the_clock_goes_on() {
        let clock = ManualClock::with_zone(at("2026-03-10 09:00"), Zone::berlin());
        let docket = docket(&clock);
        let start = clock.now();
        let holds = |last: &str, now: &str| docket.holds(at(last), at(now), &clock);
        assert!(docket.holds(start, start, &clock));
        assert!(holds("2026-03-10 09:00", "2026-03-11 08:59:59"));
        assert!(!holds("2026-03-10 09:00", "2026-03-11 09:00"), "a day is over");
        assert!(!holds("2026-03-10 10:00", "2026-03-10 09:59:59"), "the clock was set back");
        clock.set_zone(Zone::utc());
        assert!(!docket.holds(start, start, &clock));
    }

    #[test]
    fn it_does_not_hold_where_intervals_are_counted_from_another_instant() {
        let now = at("2026-03-10 09:00");
        let clock = ManualClock::with_zone(now, Zone::utc().then("2020-01-01 00:00", 3_600));
        let docket = docket(&clock);
        assert!(docket.holds(now, now, &clock));
        clock.set_zone(Zone::fixed(3_600));
        assert!(!docket.holds(now, now, &clock));
    }
}
