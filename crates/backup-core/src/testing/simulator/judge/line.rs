//! One schedule as the judge knows it: since when it counts, and what became of each of its planned moments.

use std::ops::Range;

use super::super::almanac::DAY;
use super::super::options::Reuse;
use super::super::spelling::Spelled;
use super::super::zones::Almanacs;
use super::calendar::{Calendar, Planned};

/// Long before and after everything.
pub(super) const NEVER: i64 = i64::MAX;
pub(super) const ALWAYS: i64 = i64::MIN;

/// A schedule that may stand in the file.
#[derive(Debug, Clone)]
pub(in crate::testing::simulator) struct Line {
    pub(in crate::testing::simulator) identity: String,
    /// The line of the file: its identity and its options.
    pub(in crate::testing::simulator) text: String,
    pub(in crate::testing::simulator) name: String,
    /// A zone of its own: where the machine is doesn't matter.
    pub(super) has_own_zone: bool,
    pub(super) catches_up: bool,
    pub(super) reuse: Reuse,
    /// Whether it stands in the file.
    pub(in crate::testing::simulator) is_there: bool,
    /// What the clock showed when it was written there, and whether the clock was right.
    pub(super) written: (i64, bool),
    /// Whether the service hasn't looked since it was written there.
    pub(super) is_unseen: bool,
    pub(super) adoption: Option<Adoption>,
    /// Whether the service that runs has seen the file without it.
    pub(super) was_seen_missing: bool,
    /// Whether the history has a note of its own, or gets one as soon as it can be written. What others of its name do is no
    /// note of it before.
    pub(super) is_known: bool,
    /// Whether that note is written.
    pub(super) is_noted: bool,
    /// From when it counts by the last such note of a clock that was right.
    pub(super) noted_since: i64,
    /// No run may count for a moment before this.
    pub(super) free_from: i64,
    /// The latest moment up to which a run settled it, of its own or of another line of its name.
    pub(super) settled_until: i64,
    /// The latest moment up to which the history says that a run of another line of its name settled it.
    pub(super) noted_by_others: i64,
    /// What clocks that were far ahead left in the history.
    shadows: Vec<Shadow>,
    /// How many they ever left.
    pub(super) shadows_cast: u64,
    /// When a clock that was right last wrote a note.
    honest_mark: Option<i64>,
    /// What was planned before this isn't in the calendars.
    pub(super) known_from: i64,
    /// What is planned, by zone.
    calendars: Vec<Calendar>,
    cells: Vec<Cell>,
    /// The first moment that may still be uncovered.
    pub(super) open_from: i64,
    /// The moment that was found due in time by a look of the service that runs, and may wait since.
    pub(super) waits: Option<i64>,
    /// The latest moment that the service that runs may have skipped unheard: a clock that is set back takes nothing from that.
    pub(super) unheard: i64,
    /// The moment of the planned run that began last, as the history says, unless it has ended and settled that.
    pub(super) begun: Option<i64>,
    /// Archives made while the clock lies, by their planned moments.
    pub(super) made_in_lie: Vec<i64>,
}

/// What is known of the life of a schedule since the service or the manager took it in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adoption {
    /// All from here on is required; `NEVER` until the clock is right.
    pub(super) required_from: i64,
    /// What held before, in case that a crash makes the service forget it.
    pub(super) free_before: i64,
    pub(super) is_durable: bool,
}

/// A note that was written while the clock was far ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shadow {
    planned: i64,
    written: i64,
    /// How many there had been before.
    earlier: u64,
    /// When the last note of a right clock before it was written.
    before: Option<i64>,
}

/// What became of what was planned once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    /// The run that settled it.
    pub(super) settled: Option<By>,
    /// The run that made its archive.
    pub(super) made: Option<By>,
    /// May be covered and may not: a lying clock or a change of the zone took away what was known of it.
    pub(super) is_free: bool,
}

/// By which run: its planned moment, and how often the zone had changed then.
#[derive(Debug, Clone, Copy)]
pub(super) struct By {
    pub(super) planned: i64,
    pub(super) zone: u64,
}

impl Line {
    /// Returns the line of a schedule, with what it plans for these dates in each of these zones.
    pub(in crate::testing::simulator) fn new(
        spelled: &Spelled,
        almanacs: &Almanacs,
        dates: &Range<i64>,
    ) -> Self {
        let options = spelled.options;
        let (calendars, cells) = Calendar::all(spelled, &almanacs.of(options.zone), dates);
        Self {
            identity: spelled.identity.clone(),
            text: spelled.text(),
            name: spelled.identity.rsplit(';').next().unwrap_or_default().to_owned(),
            has_own_zone: options.zone.is_some(),
            catches_up: options.catches_up,
            reuse: options.reuse,
            is_there: false,
            written: (0, true),
            is_unseen: false,
            adoption: None,
            was_seen_missing: false,
            is_known: false,
            is_noted: false,
            noted_since: ALWAYS,
            free_from: NEVER,
            settled_until: ALWAYS,
            noted_by_others: ALWAYS,
            shadows: Vec::new(),
            shadows_cast: 0,
            honest_mark: None,
            // A date may begin a day later somewhere.
            known_from: (dates.start + 1) * DAY,
            calendars,
            cells: vec![Cell::default(); cells],
            open_from: ALWAYS,
            waits: None,
            unheard: ALWAYS,
            begun: None,
            made_in_lie: Vec::new(),
        }
    }

    pub(super) fn cell(&mut self, planned: Planned) -> &mut Cell {
        &mut self.cells[planned.cell]
    }

    /// Returns whether nothing more is asked for this: it is settled, or may be.
    pub(super) fn is_covered(&self, planned: Planned) -> bool {
        let cell = &self.cells[planned.cell];
        cell.settled.is_some() || cell.is_free
    }

    pub(super) fn calendar(&self, zone: usize) -> &Calendar {
        &self.calendars[zone]
    }

    pub(super) fn required_from(&self) -> i64 {
        self.adoption.map_or(NEVER, |adoption| adoption.required_from)
    }

    /// Returns from when it counts by its notes: a clock that was set back by less than a day takes nothing from what was
    /// noted before.
    pub(super) fn noted_since_at(&self, now: i64) -> i64 {
        if self.noted_since <= now + DAY { self.noted_since } else { ALWAYS }
    }

    /// The service takes the schedule in: from `required_from` on all is required, and from `free_from` on it may be.
    pub(super) fn adopt(&mut self, required_from: i64, free_from: i64, is_durable: bool) {
        let free_before = self.free_from;
        self.free_from = free_from;
        self.adoption = Some(Adoption { required_from, free_before, is_durable });
        self.was_seen_missing = false;
    }

    /// Nothing is known any more of what the history doesn't hold.
    pub(super) fn forget_unwritten(&mut self) {
        self.was_seen_missing = false;
        if let Some(adoption) = self.adoption.filter(|adoption| !adoption.is_durable) {
            self.free_from = self.free_from.min(adoption.free_before);
            self.adoption = None;
        }
    }

    /// A clock that was far behind wrote a note at `written`: whatever was known of the time after it may be lost, for
    /// what follows a day or more later looks like the work of a clock that was ahead.
    pub(super) fn forgive_after(&mut self, written: i64) {
        (self.free_from, self.noted_by_others) = (ALWAYS, ALWAYS);
        let is_later = |by: By| by.planned >= written - 2 * DAY;
        for cell in self.cells.iter_mut().filter(|cell| cell.settled.is_some_and(is_later)) {
            *cell = Cell { is_free: true, ..Cell::default() };
        }
    }

    /// The zone is about to change: what isn't required in this one need not be required in the next.
    pub(super) fn leave_zone(&mut self, now: i64, zone: usize) {
        let (first, last) =
            (self.open_from.min(now - 3 * DAY), (now + 2 * DAY).min(self.required_from() - 1));
        self.let_go(first, last, zone);
    }

    /// Passes over what notes of a clock that was far ahead mute now that their time has come.
    pub(super) fn let_shadows_fall(&mut self, now: i64, zone: usize) {
        let fallen = self.shadows.iter().filter(|shadow| now + DAY >= shadow.written);
        if let Some(muted) = fallen.map(|shadow| shadow.planned).max() {
            self.let_go_until(muted, zone);
        }
    }

    /// Passes over what is planned up to that moment.
    pub(super) fn let_go_until(&mut self, muted: i64, zone: usize) {
        self.let_go(self.open_from, muted, zone);
    }

    /// Passes over what is planned from one moment to another.
    pub(super) fn let_go(&mut self, first: i64, last: i64, zone: usize) {
        for planned in self.calendars[zone].between(first, last) {
            self.cells[planned.cell].is_free = true;
        }
    }

    /// A clock that is far ahead wrote a note. The history keeps none for a schedule that it doesn't know yet.
    pub(super) fn cast_shadow(&mut self, planned: i64, written: i64) {
        if !self.is_known {
            return;
        }
        self.shadows.push(Shadow { planned, written, earlier: self.shadows_cast, before: self.honest_mark });
        self.shadows_cast += 1;
    }

    /// A clock that was right wrote a note, which shows those that were ahead for what they are: the ones that stand out
    /// by more than a day between the note right before them and this one. A run says nothing of those that came since it
    /// began, behind the first `shadows` that were ever cast.
    pub(super) fn mark(&mut self, written: i64, shadows: u64) {
        if !self.is_known {
            return;
        }
        let (mut before, mut last_mark) = (None, None);
        self.shadows.retain(|shadow| {
            // A right clock may have written a note between two of them.
            if shadow.before != last_mark {
                (before, last_mark) = (shadow.before, shadow.before);
            }
            let stays = before.is_none_or(|before| before > written)
                || written + DAY >= shadow.written
                || shadow.earlier >= shadows;
            before = if stays { Some(shadow.written) } else { before };
            stays
        });
        self.honest_mark = Some(written);
    }

    /// Forgets that an archive was made.
    pub(super) fn unmake(&mut self, moment: i64, covered: &[Planned]) {
        self.made_in_lie.retain(|made| *made != moment);
        covered.iter().for_each(|planned| self.cell(*planned).made = None);
    }
}

impl Line {
    /// What a new life may count from: an earlier bound stays as long as nobody has seen the schedule gone.
    pub(super) fn free_from_of_life(&self) -> i64 {
        if self.adoption.is_some() && self.is_there { self.free_from } else { NEVER }
    }
}
