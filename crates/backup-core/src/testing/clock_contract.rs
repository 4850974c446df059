//! The promises of [`Clock`], checked on any adapter.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::contract::contract;
use super::promise::{same, works};
use crate::time::Clock;

contract! {
    $
    /// Makes one test of each promise of [`Clock`](crate::time::Clock), in a module of that name.
    ///
    /// Each call of `make` gives a clock of the same zone, which stays the same zone while the suite runs.
    ///
    /// ```
    /// use backup_core::time::Clock;
    /// use backup_core::testing::{ManualClock, at};
    ///
    /// fn make() -> Box<dyn Clock> {
    ///     Box::new(ManualClock::utc(at("2026-07-01 12:00"))) // or a clock of your own
    /// }
    ///
    /// backup_core::clock_contract!(my_clock, make);
    /// # backup_core::testing::CLOCK_CONTRACT.check_all(&make);
    /// ```
    clock_contract, CLOCK_CONTRACT: dyn Fn() -> Box<dyn Clock>;
    |make| {
        a_zone_that_is_known_is_no_error(&*make());
        now_carries_the_offset_in_force(&*make());
        offsets_depend_on_the_instant_alone(&*make(), &*make());
        other_zones_are_known_at_all_instants_or_at_none(&*make());
        what_names_no_zone_is_unknown(&*make());
    }
}

fn a_zone_that_is_known_is_no_error(clock: &dyn Clock) {
    works(clock.check_zone(), "a clock whose zone is known says so");
}

fn now_carries_the_offset_in_force(clock: &dyn Clock) {
    for _ in 0..100 {
        let now = clock.now();
        let what = format!("now carries the offset that offset_at gives for that instant: {now}");
        same(now.offset(), &clock.offset_at(now.to_utc()), &what);
    }
}

fn offsets_depend_on_the_instant_alone(one: &dyn Clock, other: &dyn Clock) {
    let forward: Vec<_> = instants().map(|instant| (instant, one.offset_at(instant))).collect();
    let again: Vec<_> = forward.iter().map(|(instant, _)| one.offset_at(*instant)).collect();
    let what = "offset_at gives the same offset for the same instant";
    same(&first_difference(&forward, &again), &None, what);
    let mut backward: Vec<_> = forward.iter().rev().map(|(instant, _)| other.offset_at(*instant)).collect();
    backward.reverse();
    let what = "offset_at gives the same offset whatever was asked before";
    same(&first_difference(&forward, &backward), &None, what);
}

fn other_zones_are_known_at_all_instants_or_at_none(clock: &dyn Clock) {
    for zone in ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"] {
        let offsets = || instants().map(|instant| clock.offset_in(zone, instant));
        let (first, again): (Vec<_>, Vec<_>) = (offsets().collect(), offsets().collect());
        let known = first.iter().flatten().count();
        let what = format!("offset_in knows {zone} at all instants or at none: {known} of {}", first.len());
        same(&(known == 0 || known == first.len()), &true, &what);
        same(&(first == again), &true, &format!("offset_in gives the same offsets again in {zone}"));
    }
}

fn what_names_no_zone_is_unknown(clock: &dyn Clock) {
    let no_zones = [
        "",
        "Europe/Berln",
        "Europe",
        "../zoneinfo/UTC",
        "Europe/../UTC",
        "/etc/localtime",
        "/UTC",
        "UTC/",
        "./UTC",
        "Europe//Berlin",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        ":UTC",
        "tzdata.zi",
        "UTC\0",
        " ",
    ];
    for zone in no_zones {
        let what = format!("offset_in gives none for what names no zone: {zone:?}");
        same(&clock.offset_in(zone, DateTime::UNIX_EPOCH), &None, &what);
    }
}

/// Returns the first instant that has another offset the second time, and both offsets.
fn first_difference(
    first: &[(DateTime<Utc>, FixedOffset)],
    second: &[FixedOffset],
) -> Option<(DateTime<Utc>, FixedOffset, FixedOffset)> {
    let mut pairs = first.iter().zip(second);
    pairs.find(|((_, first), second)| first != *second).map(|((at, first), second)| (*at, *first, *second))
}

/// Every 90 minutes around the turns of the year and of summer time, from 1970 to 2069.
fn instants() -> impl Iterator<Item = DateTime<Utc>> {
    (0..100).flat_map(|year| {
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(365 * year);
        (0..365).step_by(9).map(move |day| start + TimeDelta::days(day) + TimeDelta::minutes(90 * day))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI32, Ordering};

    use super::*;
    use crate::testing::promise::broken_promise;
    use crate::testing::{ManualClock, Zone, at};
    use crate::time::UnknownZone;
    use crate::time::{Moment, moment};

    fn noon_in(zone: Zone) -> Box<dyn Clock> {
        Box::new(ManualClock::with_zone(at("2026-07-01 12:00"), zone))
    }

    clock_contract!(manual_clock_in_utc, || noon_in(Zone::utc()));
    clock_contract!(manual_clock_in_berlin, || noon_in(Zone::berlin()));
    clock_contract!(manual_clock_with_other_zones, || {
        let clock = ManualClock::utc(at("2026-07-01 12:00"));
        clock.add_zone("Europe/Berlin", Zone::berlin());
        Box::new(clock)
    });
    clock_contract!(manual_clock_that_changes_over_midnight, || noon_in(Zone::changing_over_midnight()));
    clock_contract!(manual_clock_that_skips_a_date, || noon_in(Zone::skipping_a_date()));
    clock_contract!(manual_clock_at_the_end_of_offsets, || noon_in(Zone::fixed(-86_399)));

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        NowInUtc,
        Drifts,
        DependsOnTheOrder,
        KnowsNoZone,
        ForgetsAZone,
        KnowsAnyZone,
    }

    struct Broken {
        inner: ManualClock,
        flaw: Flaw,
        asked: AtomicI32,
    }

    impl Clock for Broken {
        fn now(&self) -> Moment {
            if self.flaw == Flaw::NowInUtc {
                return self.inner.now().to_utc().fixed_offset();
            }
            moment(self, self.inner.now().to_utc())
        }

        fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
            match self.flaw {
                Flaw::NowInUtc | Flaw::KnowsNoZone | Flaw::ForgetsAZone | Flaw::KnowsAnyZone => {
                    self.inner.offset_at(instant)
                }
                Flaw::Drifts if self.asked.fetch_add(1, Ordering::SeqCst) < 1_000 => {
                    self.inner.offset_at(instant)
                }
                Flaw::Drifts => FixedOffset::east_opt(0).unwrap(),
                // Remembers the first answer of a year, be it summer or winter.
                Flaw::DependsOnTheOrder => {
                    let first = self.asked.compare_exchange(
                        0,
                        self.inner.offset_at(instant).local_minus_utc(),
                        Ordering::SeqCst,
                        Ordering::SeqCst,
                    );
                    FixedOffset::east_opt(first.map_or_else(|offset| offset, |_| 3_600)).unwrap()
                }
            }
        }

        fn check_zone(&self) -> Result<(), UnknownZone> {
            match self.flaw {
                Flaw::KnowsNoZone => Err(UnknownZone { action: "find the time zone".to_owned() }),
                _ => Ok(()),
            }
        }

        fn offset_in(&self, _zone: &str, instant: DateTime<Utc>) -> Option<FixedOffset> {
            let is_known = match self.flaw {
                Flaw::ForgetsAZone => instant < at("2026-07-01 12:00"),
                flaw => flaw == Flaw::KnowsAnyZone,
            };
            is_known.then(|| self.inner.offset_at(instant))
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::NowInUtc, "now carries the offset"),
            (Flaw::KnowsNoZone, "a clock whose zone is known says so"),
            (Flaw::ForgetsAZone, "at all instants or at none"),
            (Flaw::KnowsAnyZone, "none for what names no zone"),
            (Flaw::Drifts, "the same offset for the same instant"),
            (Flaw::DependsOnTheOrder, "whatever was asked before"),
        ];
        for (flaw, expected) in cases {
            let make = move || -> Box<dyn Clock> {
                let zone = Zone::fixed(3_600).then("2027-01-01 00:00", 7_200);
                let inner = ManualClock::with_zone(at("2026-07-01 12:00"), zone);
                Box::new(Broken { inner, flaw, asked: AtomicI32::new(0) })
            };
            let said = broken_promise(|| CLOCK_CONTRACT.check_all(&make));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
