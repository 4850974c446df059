//! The kinds of change, so that a table can say that all were tried.

use std::fmt;

use super::offsets::Change;

const DAY: i64 = 86_400;

/// What a change does to the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No change: the first of January 2000.
    Rest,
    /// It leaps forward within a date.
    Forward,
    /// It leaps from, to or over midnight.
    ForwardAtMidnight,
    /// It leaps over a whole date.
    SkippedDate,
    /// It goes back within a date.
    Back,
    /// It goes back from, to or over midnight.
    BackAtMidnight,
}

impl Kind {
    /// All kinds.
    pub(super) const ALL: [Self; 6] = [
        Self::Rest,
        Self::Forward,
        Self::ForwardAtMidnight,
        Self::SkippedDate,
        Self::Back,
        Self::BackAtMidnight,
    ];

    /// Returns the kind of a change.
    pub(super) fn of(change: &Change) -> Self {
        let (from, to) = (change.at + change.old, change.at + change.new);
        let at_midnight = from.div_euclid(DAY) != to.div_euclid(DAY) || from % DAY == 0 || to % DAY == 0;
        match (to > from, at_midnight) {
            (true, _) if to - from >= DAY => Self::SkippedDate,
            (true, true) => Self::ForwardAtMidnight,
            (true, false) => Self::Forward,
            (false, true) => Self::BackAtMidnight,
            (false, false) => Self::Back,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rest => "none",
            Self::Forward => "forward",
            Self::ForwardAtMidnight => "forward at midnight",
            Self::SkippedDate => "a date skipped",
            Self::Back => "back",
            Self::BackAtMidnight => "back at midnight",
        })
    }
}
