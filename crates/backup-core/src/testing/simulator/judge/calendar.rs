//! The planned moments of one line over an episode, in each zone of the episode.

use std::collections::HashMap;
use std::ops::Range;

use super::super::almanac::Almanac;
use super::super::spelling::Spelled;

/// The planned moments in one zone, the earliest first.
#[derive(Debug, Clone)]
pub(super) struct Calendar(Vec<Planned>);

/// A planned moment, and which cell keeps account of it. The cell is the same in all zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) moment: i64,
    pub(super) cell: usize,
}

impl Calendar {
    /// Returns the calendars of a schedule in these zones, and how many cells they have.
    pub(super) fn all(spelled: &Spelled, zones: &[&Almanac], dates: &Range<i64>) -> (Vec<Self>, usize) {
        let mut cells = HashMap::new();
        let mut calendar = |almanac: &&Almanac| {
            let planned = spelled.moments(almanac, dates).into_iter().map(|slotted| {
                let next = cells.len();
                Planned { moment: slotted.moment, cell: *cells.entry(slotted.slot).or_insert(next) }
            });
            Self(planned.collect())
        };
        let calendars = zones.iter().map(&mut calendar).collect();
        (calendars, cells.len())
    }

    /// Returns what is planned from that moment on.
    pub(super) fn from(&self, moment: i64) -> &[Planned] {
        &self.0[self.0.partition_point(|planned| planned.moment < moment)..]
    }

    /// Returns the latest planned moment up to that one.
    pub(super) fn latest(&self, until: i64) -> Option<i64> {
        let past = self.0.partition_point(|planned| planned.moment <= until);
        Some(self.0[..past].last()?.moment)
    }

    /// Returns what is planned from one moment to another, both included.
    pub(super) fn between(&self, first: i64, last: i64) -> &[Planned] {
        let from = self.from(first);
        &from[..from.partition_point(|planned| planned.moment <= last)]
    }

    /// Returns what is planned for that moment, and for as many moments before it, the latest first. Nothing if that moment
    /// isn't planned. Readings that share a moment count once.
    pub(super) fn back_from(&self, moment: i64, earlier: u32) -> Vec<Planned> {
        let past = &self.0[..self.0.partition_point(|planned| planned.moment <= moment)];
        if past.last().is_none_or(|last| last.moment != moment) {
            return Vec::new();
        }
        let moments = past.chunk_by(|one, next| one.moment == next.moment).rev();
        moments.take(earlier as usize + 1).flat_map(|shared| shared.iter().rev().copied()).collect()
    }
}
