//! Options: what a schedule says beside its time, as far as that changes when it runs.

use super::almanac::MINUTE;
use super::random::Random;
use super::zones::NAMES;

/// The longest delays in minutes: mostly shorter than the time between two runs, and some much longer.
const JITTERS: [i64; 6] = [1, 10, 10, 45, 90, 1440];

/// The options of a schedule that may stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    /// The zone of its own, by its place among the named ones.
    pub(super) zone: Option<usize>,
    /// The longest delay in minutes.
    jitter: Option<i64>,
    pub(super) catches_up: bool,
    pub(super) reuse: Reuse,
}

/// Whether archives take over from the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reuse {
    /// It isn't said.
    Unsaid,
    No,
    /// They do, and everything is read again after so many days, if it ever is.
    Auto(Option<i64>),
}

/// How often everything is read, in words and in days.
const FULL: [(&str, Option<i64>); 4] =
    [("daily", Some(1)), ("weekly", Some(7)), ("monthly", Some(30)), ("never", None)];

impl Options {
    pub(super) const NONE: Self = Self { zone: None, jitter: None, catches_up: true, reuse: Reuse::Unsaid };

    /// Makes up some options. Half of the schedules have none.
    pub(super) fn some(random: &mut Random) -> Self {
        let zone = random.one_in(5).then(|| random.place(NAMES.len()));
        let jitter = random.one_in(5).then(|| JITTERS[random.place(JITTERS.len())]);
        let reuse = match random.place(8) {
            0 => Reuse::Unsaid,
            1 => Reuse::No,
            place => Reuse::Auto(FULL[place % FULL.len()].1),
        };
        Self { zone, jitter, catches_up: !random.one_in(5), reuse }
    }

    /// Returns the text that says the same, with a `;` before each option.
    pub(super) fn text(self) -> String {
        let zone = self.zone.map(|place| format!(";tz={}", NAMES[place]));
        let jitter = self.jitter.map(|minutes| format!(";jitter={minutes}m"));
        let catch_up = (!self.catches_up).then(|| ";catch-up=no".to_owned());
        zone.into_iter().chain(jitter).chain(catch_up).chain([self.reuse.text()]).collect()
    }

    /// Returns by how many seconds the schedule of that identity is delayed at a planned moment.
    ///
    /// The delays of a schedule are the same in every version, so they are worked out here anew: an FNV-1a hash of the
    /// identity and of the moment's eight bytes, the lowest first, is mixed as `MurmurHash3` mixes, and chooses among the even
    /// numbers of seconds up to the jitter.
    pub(super) fn delay(self, identity: &str, moment: i64) -> i64 {
        let Some(minutes) = self.jitter else { return 0 };
        let mut hash = 14_695_981_039_346_656_037_u64;
        for byte in identity.bytes().chain(moment.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
        }
        for factor in [18_397_679_294_719_823_053, 14_181_476_777_654_086_739] {
            hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
        }
        hash ^= hash >> 33;
        // The hash is a fraction of 2^64, of which 32 bits at a time are multiplied.
        let choices = (minutes * MINUTE / 2 + 1).unsigned_abs();
        let low = (hash & u64::from(u32::MAX)) * choices;
        let chosen = ((hash >> 32) * choices + (low >> 32)) >> 32;
        2 * chosen.cast_signed()
    }
}

impl Reuse {
    fn text(self) -> String {
        match self {
            Self::Unsaid => String::new(),
            Self::No => ";reuse=no".to_owned(),
            Self::Auto(days) => {
                let full = FULL.iter().find(|full| full.1 == days).map_or("never", |full| full.0);
                format!(";reuse=auto;full={full}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::{Schedule, ScheduleEntry};
    use crate::testing::{ManualClock, at};

    #[test]
    fn delays_are_those_of_the_core() {
        let clock = ManualClock::utc(at("2026-01-01 00:00"));
        for minutes in JITTERS {
            let entry: ScheduleEntry = format!("docs;16:07;docs;jitter={minutes}m").parse().unwrap();
            let planned = at("2026-05-04 16:07");
            let options = Options { jitter: Some(minutes), ..Options::NONE };
            let delayed = planned.timestamp() + options.delay("docs;16:07;docs", planned.timestamp());
            let just_before = at("2026-05-04 16:06:59").timestamp().max(delayed - 1);
            let after = chrono::DateTime::from_timestamp(just_before, 0).unwrap().fixed_offset();
            let next = entry.rule().next_after(after, &clock).map(|next| next.timestamp());
            assert_eq!(next, Some(delayed), "{minutes}");
        }
    }
}
