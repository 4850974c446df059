//! What the judge takes from the service's looks at the schedules.

use super::line::{Line, NEVER};
use super::{Honesty, Judge, start_of_minute};

impl Judge {
    /// The service read the schedules.
    pub(in crate::testing::simulator) fn loaded(&mut self, file_changed: Option<i64>) {
        self.file_changed = file_changed;
    }

    /// The service read the history as well, so the look succeeded.
    pub(in crate::testing::simulator) fn looked(&mut self) {
        self.has_looked = true;
        let (now, honesty, last_look) = (self.now, self.honesty, self.last_look);
        let counts_from =
            start_of_minute(self.file_changed.unwrap_or(now).max(last_look.unwrap_or(i64::MIN)).min(now));
        for line in &mut self.lines {
            line.is_unseen = false;
            let is_new = line.is_there && line.adoption.is_none();
            if !line.is_there {
                line.was_seen_missing = true;
                line.adoption = None;
            } else if line.adoption.is_none() {
                adopt(line, now, counts_from, honesty);
            } else if line.required_from() == NEVER && honesty == Honesty::Right {
                line.adopt(start_of_minute(now).max(line.noted_since_at(now)), i64::MIN, true);
            }
            line.is_known |= is_new;
            match honesty {
                Honesty::Right => line.let_shadows_fall(now, self.zone),
                // Whatever it notes of the schedule now may wait behind what can't be written.
                Honesty::Behind if self.is_history_full => line.forgive_after(now),
                Honesty::Ahead if self.is_history_full && is_new => line.cast_shadow(now, now),
                Honesty::Behind | Honesty::Ahead => {}
            }
        }
        self.find_waiting();
        self.last_look = Some(now);
    }
}

/// The service sees a schedule that it doesn't know, or that had been away.
fn adopt(line: &mut Line, now: i64, counts_from: i64, honesty: Honesty) {
    let (written, was_right) = line.written;
    let is_first = line.free_from == NEVER;
    if honesty != Honesty::Right || !was_right {
        let from = start_of_minute(now).max(line.noted_since_at(now));
        let required = if honesty == Honesty::Right { from } else { NEVER };
        return line.adopt(required, i64::MIN, false);
    }
    // The clock may have been set back since it was written.
    let written = start_of_minute(written.min(now)).min(counts_from);
    let free_from = if is_first || line.was_seen_missing { written } else { line.free_from.min(written) };
    line.adopt(counts_from.max(line.noted_since_at(now)), free_from, false);
}
