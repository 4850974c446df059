//! Named zones: the zones that were asked for by name, so that a file is read once and not for every question.

use std::time::{Duration, Instant};

use super::zone::Zone;

/// How long a zone is used before its file is read again, as an update of the tz database may have changed it.
const MAX_AGE: Duration = Duration::from_secs(60);

/// More zones than these aren't kept. A machine needs a few, and the tz database has about 600.
const MOST: usize = 1_000;

/// The zones that were asked for by name, those that aren't there included.
#[derive(Debug)]
pub(super) struct NamedZones {
    /// In the order of the names.
    zones: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    name: String,
    looked_up: Instant,
    zone: Option<Zone>,
}

impl NamedZones {
    pub(super) const EMPTY: Self = Self { zones: Vec::new() };

    /// Returns the zone of that name. If it was never looked up, or a while ago, `look_up` is asked.
    ///
    /// A zone that isn't there any more stays what it was.
    pub(super) fn zone(
        &mut self,
        name: &str,
        now: Instant,
        look_up: impl FnOnce(&str) -> Option<Zone>,
    ) -> Option<&Zone> {
        let at = match self.zones.binary_search_by(|named| named.name.as_str().cmp(name)) {
            Ok(at) => {
                let named = &mut self.zones[at];
                if now.duration_since(named.looked_up) >= MAX_AGE {
                    (named.looked_up, named.zone) = (now, look_up(name).or_else(|| named.zone.take()));
                }
                at
            }
            Err(at) => self.insert(at, Named { name: name.to_owned(), looked_up: now, zone: look_up(name) }),
        };
        self.zones[at].zone.as_ref()
    }

    /// Inserts a zone, and returns where it is then.
    fn insert(&mut self, at: usize, named: Named) -> usize {
        let at = if self.zones.len() < MOST {
            at
        } else {
            self.zones.clear();
            0
        };
        self.zones.insert(at, named);
        at
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_zone_is_looked_up_once_a_minute_and_stays_if_it_vanishes() {
        let (mut zones, asked, start) = (NamedZones::EMPTY, Cell::new(0), Instant::now());
        let mut offset = |name: &str, seconds: u64, is_there: bool| {
            let now = start + Duration::from_secs(seconds);
            let zone = zones.zone(name, now, |_| {
                asked.set(asked.get() + 1);
                is_there.then(Zone::utc)
            });
            (zone.is_some(), asked.get())
        };
        assert_eq!(offset("Europe/Berlin", 0, true), (true, 1));
        assert_eq!(offset("Europe/Berlin", 59, false), (true, 1));
        assert_eq!(offset("Europe/Berlin", 60, false), (true, 2), "it stays");
        assert_eq!(offset("Europe/Berln", 0, false), (false, 3));
        assert_eq!(
            offset("Europe/Berln", 59, true),
            (false, 3),
            "an unknown zone isn't looked up every time"
        );
        assert_eq!(offset("Europe/Berln", 60, true), (true, 4));
    }

    #[test]
    fn their_number_is_bounded() {
        let mut zones = NamedZones::EMPTY;
        for number in 0..3 * MOST {
            let found = zones.zone(&format!("Zone{number}"), Instant::now(), |_| Some(Zone::utc()));
            assert!(found.is_some());
        }
        assert!(zones.zones.len() <= MOST && zones.zones.is_sorted_by(|one, next| one.name < next.name));
    }
}
