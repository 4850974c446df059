//! The zones of an episode: some with summer times, some odd.

use chrono::{FixedOffset, Offset, Utc};

use super::almanac::{Almanac, DAY, HOUR, MINUTE};
use super::episode::instant;
use super::random::Random;
use crate::testing::{ManualClock, Zone};

/// What the zones are called that a schedule can have as its own.
pub(super) const NAMES: [&str; 2] = ["Sea/North", "Sea/South"];

/// All zones of an episode.
#[derive(Debug, Clone)]
pub(super) struct Zones {
    /// Those in which the machine is, one after the other; no two of them a day or more apart.
    pub(super) machine: Vec<Zone>,
    /// Those of the [`NAMES`].
    named: [Zone; NAMES.len()],
}

/// Which instant each local date and time is, in each zone of an episode.
#[derive(Debug)]
pub(super) struct Almanacs {
    machine: Vec<Almanac>,
    named: [Almanac; NAMES.len()],
}

impl Zones {
    /// Makes up the zones of an episode that begins at that second.
    pub(super) fn some(start: i64, random: &mut Random) -> Self {
        let machine = if random.one_in(20) {
            vec![skipping_a_date(start, random)]
        } else {
            (0..3).map(|_| zone(start, random)).collect()
        };
        Self { machine, named: NAMES.map(|_| zone(start, random)) }
    }

    /// Returns a clock in the first zone that knows the named ones.
    pub(super) fn clock(&self, start: i64) -> ManualClock {
        let first = self.machine.first().cloned().unwrap_or_else(Zone::utc);
        let clock = ManualClock::with_zone(instant(start), first);
        NAMES.iter().zip(&self.named).for_each(|(name, zone)| clock.add_zone(name, zone.clone()));
        clock
    }

    pub(super) fn almanacs(&self) -> Almanacs {
        let machine = self.machine.iter().map(Almanac::of).collect();
        Almanacs { machine, named: self.named.each_ref().map(Almanac::of) }
    }
}

impl Almanacs {
    /// Returns the almanac by which a schedule runs, for each zone in which the machine can be. `own` is the place of its own
    /// zone, if it has one.
    pub(super) fn of(&self, own: Option<usize>) -> Vec<&Almanac> {
        self.machine.iter().map(|here| own.map_or(here, |place| &self.named[place])).collect()
    }
}

fn skipping_a_date(start: i64, random: &mut Random) -> Zone {
    let skips = start + random.between(10, 300) * DAY;
    let change = (instant(skips - skips.rem_euclid(DAY) + 10 * HOUR), east(14 * HOUR));
    Zone::new(east(-10 * HOUR), vec![change])
}

fn zone(start: i64, random: &mut Random) -> Zone {
    let standard = random.between(-12, 24) * 30 * MINUTE;
    let mut transitions = Vec::new();
    if !random.one_in(4) {
        let summer = standard + [30 * MINUTE, HOUR, HOUR, HOUR, 2 * HOUR][random.place(5)];
        let mut change = start - 300 * DAY + random.between(0, 100 * DAY);
        for number in 0..8 {
            // At full hours mostly as local clocks have them, midnight among them.
            let local = change - change.rem_euclid(DAY) + random.between(0, 3) * HOUR;
            transitions
                .push((instant(local - standard), east(if number % 2 == 0 { summer } else { standard })));
            change += random.between(100, 240) * DAY;
        }
    }
    Zone::new(east(standard), transitions)
}

fn east(seconds: i64) -> FixedOffset {
    FixedOffset::east_opt(i32::try_from(seconds).unwrap_or(0)).unwrap_or_else(|| Utc.fix())
}
