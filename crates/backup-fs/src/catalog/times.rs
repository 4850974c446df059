//! Times in columns: most are near the time before, or are the same.

use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::varint::{add_difference, difference, unzigzag, zigzag};
use crate::tar_reader::Timestamp;

/// How many columns times have.
pub(super) const TIME_COLUMNS: usize = 8;

/// It is the time before.
const SAME: u8 = 0;
/// It is the other time of the member.
const OTHER: u8 = 1;
/// It is within a millisecond of the time before, in nanoseconds.
const NEAR: u8 = 2;
/// Seconds after the time before, in 32 bits; no nanoseconds.
const WHOLE: u8 = 3;
/// Seconds after the time before, in 32 bits, and nanoseconds.
const FAR: u8 = 4;
/// Seconds after the time before, in 64 bits, and nanoseconds.
const FARTHEST: u8 = 5;

/// The columns, counted from the first of them.
const CODES: usize = 0;
const NUMBERS: usize = 1;
const SECONDS: usize = 2;
const NANOS: usize = 5;

/// What is nearer takes three bytes, and not four.
const NEAR_LIMIT: u64 = 1 << 21;

const NANOS_A_SECOND: i64 = 1_000_000_000;

/// The time before, and where the columns begin.
#[derive(Debug)]
pub(super) struct Times<const FIRST: usize> {
    previous: Timestamp,
}

impl<const FIRST: usize> Default for Times<FIRST> {
    fn default() -> Self {
        Self { previous: Timestamp { seconds: 0, nanos: 0 } }
    }
}

impl<const FIRST: usize> Times<FIRST> {
    /// Puts a time with fewer nanoseconds than a second has. `other` is a time of the same member that is already known.
    pub(super) fn put<const N: usize>(
        &mut self,
        columns: &mut Columns<N>,
        time: Timestamp,
        other: Option<Timestamp>,
    ) {
        let code = self.code(time, other);
        columns.columns[FIRST + CODES].push(code);
        let seconds = self.seconds_to(time);
        match code {
            NEAR => columns.put(FIRST + NUMBERS, zigzag(self.nanos_to(time))),
            WHOLE | FAR => columns.put_u32(planes::<FIRST>(SECONDS), low_half(seconds)),
            FARTHEST => columns.put(FIRST + NUMBERS, seconds),
            _ => (),
        }
        if matches!(code, FAR | FARTHEST) {
            columns.put_u32(planes::<FIRST>(NANOS), time.nanos);
        }
        self.previous = time;
    }

    fn code(&self, time: Timestamp, other: Option<Timestamp>) -> u8 {
        if other == Some(time) {
            return OTHER;
        }
        let seconds = self.seconds_to(time);
        match seconds {
            0 if time.nanos == self.previous.nanos => SAME,
            0..=2 if zigzag(self.nanos_to(time)) < NEAR_LIMIT => NEAR,
            _ if u32::try_from(seconds).is_err() => FARTHEST,
            _ if time.nanos == 0 => WHOLE,
            _ => FAR,
        }
    }

    fn seconds_to(&self, time: Timestamp) -> u64 {
        difference(self.previous.seconds.cast_unsigned(), time.seconds.cast_unsigned())
    }

    /// Returns the nanoseconds from the time before to one whose seconds are the same or the next to them.
    fn nanos_to(&self, time: Timestamp) -> i64 {
        let seconds = unzigzag(self.seconds_to(time));
        seconds * NANOS_A_SECOND + i64::from(time.nanos) - i64::from(self.previous.nanos)
    }

    /// Takes the next time.
    pub(super) fn take<const N: usize>(
        &mut self,
        columns: &mut ColumnReader<N>,
        other: Option<Timestamp>,
    ) -> Result<Timestamp, Nonsense> {
        let time = match columns.take_u8(FIRST + CODES)? {
            SAME => self.previous,
            OTHER => other.ok_or(Nonsense)?,
            NEAR => self.near(unzigzag(columns.take(FIRST + NUMBERS)?))?,
            WHOLE => self.far(columns.take_u32(planes::<FIRST>(SECONDS))?.into(), 0)?,
            FAR => {
                let seconds = columns.take_u32(planes::<FIRST>(SECONDS))?;
                self.far(seconds.into(), columns.take_u32(planes::<FIRST>(NANOS))?)?
            }
            FARTHEST => {
                let seconds = columns.take(FIRST + NUMBERS)?;
                self.far(seconds, columns.take_u32(planes::<FIRST>(NANOS))?)?
            }
            _ => return Err(Nonsense),
        };
        self.previous = time;
        Ok(time)
    }

    fn near(&self, nanos: i64) -> Result<Timestamp, Nonsense> {
        let nanos = i64::from(self.previous.nanos).checked_add(nanos).ok_or(Nonsense)?;
        // Only hostile times wrap here: what is written is right before and after.
        let seconds = self.previous.seconds.wrapping_add(nanos.div_euclid(NANOS_A_SECOND));
        let nanos = u32::try_from(nanos.rem_euclid(NANOS_A_SECOND)).map_err(|_| Nonsense)?;
        Ok(Timestamp { seconds, nanos })
    }

    fn far(&self, seconds: u64, nanos: u32) -> Result<Timestamp, Nonsense> {
        if i64::from(nanos) >= NANOS_A_SECOND {
            return Err(Nonsense);
        }
        let seconds = add_difference(self.previous.seconds.cast_unsigned(), seconds).cast_signed();
        Ok(Timestamp { seconds, nanos })
    }
}

fn planes<const FIRST: usize>(column: usize) -> [usize; 3] {
    [FIRST + column, FIRST + column + 1, FIRST + column + 2]
}

fn low_half(number: u64) -> u32 {
    u32::try_from(number).expect("only differences of 32 bits have that code")
}
