//! The promises of [`Clock`], checked on any adapter.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::promise::promise;
use crate::time::Clock;

/// Checks every promise of [`Clock`]. Each call of `make` gives a clock of the same zone, which stays the same zone
/// while the suite runs.
///
/// # Panics
/// When a promise is broken, naming it.
pub fn clock_contract(make: &dyn Fn() -> Box<dyn Clock>) {
    promise(make().check_zone().is_ok(), "a clock whose zone is known says so");
    now_carries_the_offset_in_force(&*make());
    offsets_depend_on_the_instant_alone(&*make(), &*make());
}

fn now_carries_the_offset_in_force(clock: &dyn Clock) {
    for _ in 0..100 {
        let now = clock.now();
        let is_same = *now.offset() == clock.offset_at(now.to_utc());
        promise(is_same, "now carries the offset that offset_at gives for that instant");
    }
}

fn offsets_depend_on_the_instant_alone(one: &dyn Clock, other: &dyn Clock) {
    let forward: Vec<_> = instants().map(|instant| one.offset_at(instant)).collect();
    let again: Vec<_> = instants().map(|instant| one.offset_at(instant)).collect();
    promise(forward == again, "offset_at gives the same offset for the same instant");
    let instants: Vec<_> = instants().collect();
    let mut backward: Vec<FixedOffset> = instants.iter().rev().map(|at| other.offset_at(*at)).collect();
    backward.reverse();
    promise(forward == backward, "offset_at gives the same offset whatever was asked before");
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

    #[test]
    fn manual_clock_keeps_the_contract() {
        let zones = [
            Zone::utc(),
            Zone::berlin(),
            Zone::changing_over_midnight(),
            Zone::skipping_a_date(),
            Zone::fixed(-86_399),
        ];
        for zone in zones {
            let make = || -> Box<dyn Clock> {
                Box::new(ManualClock::with_zone(at("2026-07-01 12:00"), zone.clone()))
            };
            clock_contract(&make);
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        NowInUtc,
        Drifts,
        DependsOnTheOrder,
        KnowsNoZone,
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
                Flaw::NowInUtc | Flaw::KnowsNoZone => self.inner.offset_at(instant),
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
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::NowInUtc, "now carries the offset"),
            (Flaw::KnowsNoZone, "a clock whose zone is known says so"),
            (Flaw::Drifts, "the same offset for the same instant"),
            (Flaw::DependsOnTheOrder, "whatever was asked before"),
        ];
        for (flaw, expected) in cases {
            let inner = ManualClock::with_zone(
                at("2026-07-01 12:00"),
                Zone::fixed(3_600).then("2027-01-01 00:00", 7_200),
            );
            let make = || -> Box<dyn Clock> {
                Box::new(Broken { inner: inner.clone(), flaw, asked: AtomicI32::new(0) })
            };
            let said = broken_promise(|| clock_contract(&make));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
