//! What the judge takes from the notes of the history.

use super::super::almanac::DAY;
use super::line::NEVER;
use super::{Active, Honesty, Judge, Lie, start_of_minute};
use crate::model::history::{HistoryNote, Outcome};

impl Judge {
    /// Somebody tries to write a note, which counts for its writer whether or not it can be written.
    pub(in crate::testing::simulator) fn noting(&mut self, note: &HistoryNote) {
        self.is_history_full = true;
        if let Some(place) = entry_of(note).and_then(|entry| self.place(entry)) {
            self.lines[place].is_known = true;
        }
        let entry = match note {
            HistoryNote::Adopted { entry, .. } => entry,
            HistoryNote::Ended(run) if run.key.planned.is_some() => &run.key.entry,
            HistoryNote::Found(run) => &run.key.entry,
            _ => return,
        };
        let Some(place) = self.place(entry) else { return };
        match note {
            HistoryNote::Ended(run) if run.outcome == Outcome::Skipped => {
                let (planned, written) = mark_of(note);
                self.skipped(place, planned, run.missed_runs, written);
            }
            HistoryNote::Ended(run) => self.found_finished(place, run),
            HistoryNote::Found(run) => self.found_archive(place, run.ended.timestamp()),
            _ => {}
        }
        let (settled, written) = mark_of(note);
        let honesty = self.honesty_of(written);
        let is_run = matches!(note, HistoryNote::Ended(run) if run.outcome != Outcome::Skipped);
        let entry = entry.clone();
        for line in self.lines_of_backup(place).filter(|line| is_run || line.identity == entry) {
            match honesty {
                Honesty::Right => {}
                Honesty::Ahead => line.cast_shadow(settled, written),
                Honesty::Behind => line.forgive_after(written),
            }
        }
    }

    /// The note is written. `by_manager` when a `create` wrote it.
    pub(in crate::testing::simulator) fn noted(&mut self, note: &HistoryNote, by_manager: bool) {
        self.verdicts.tell(self.now, || format!("noted: {}", shown(note)));
        self.is_history_full = false;
        if let Some(place) = entry_of(note).and_then(|entry| self.place(entry)) {
            self.lines[place].is_noted = true;
            self.note_beginning(place, note);
        }
        match note {
            HistoryNote::Adopted { entry, at, since } => {
                self.noted_adoption(entry, (since.timestamp(), at.timestamp()), by_manager);
            }
            HistoryNote::Sealed(run) => {
                let place = self.place(&run.key.entry);
                let planned = run.key.planned.map(|planned| planned.timestamp());
                let is_it = |active: &&mut Active| {
                    Some(active.line) == place && Some(active.by.planned) == planned && !active.is_settled
                };
                self.active.iter_mut().find(is_it).into_iter().for_each(|run| run.is_sealed = true);
            }
            HistoryNote::Ended(run) if run.key.planned.is_some() => {
                let Some(place) = self.place(&run.key.entry) else { return };
                let planned = run.key.planned.map(|planned| planned.timestamp());
                let is_it =
                    |run: &Active| run.line == place && run.is_settled && Some(run.by.planned) == planned;
                let Some(ended) = self.active.iter().position(is_it) else { return };
                let ended = self.active.remove(ended);
                if ended.honesty == Honesty::Right {
                    let written = run.began.max(run.ended).timestamp();
                    for (line, shadows) in ended.shadows {
                        self.lines[line].mark(written, shadows);
                    }
                    if !ended.is_skip {
                        self.note_by_other(place, ended.by.planned);
                    }
                }
                if let Some(adoption) = &mut self.lines[place].adoption {
                    adoption.is_durable = true;
                }
            }
            _ => {}
        }
    }

    /// The history says now that a planned run began, or how it ended.
    fn note_beginning(&mut self, place: usize, note: &HistoryNote) {
        let (key, is_open) = match note {
            HistoryNote::Began { key, .. } => (key, true),
            HistoryNote::Sealed(run) => (&run.key, true),
            HistoryNote::Ended(run) => (&run.key, run.outcome == Outcome::Interrupted),
            _ => return,
        };
        if let Some(planned) = key.planned {
            self.lines[place].begun = is_open.then(|| planned.timestamp());
        }
    }

    fn noted_adoption(&mut self, entry: &str, (since, written): (i64, i64), by_manager: bool) {
        let Some(place) = self.place(entry) else { return };
        let is_right = self.honesty_of(written) == Honesty::Right;
        let (line, minute) = (&mut self.lines[place], start_of_minute(self.now));
        let noted_before = line.noted_since_at(self.now);
        if by_manager {
            let (required, free) =
                if is_right { (minute.max(noted_before), minute) } else { (NEVER, i64::MIN) };
            line.adopt(required, free.min(line.free_from_of_life()), true);
        } else if let Some(adoption) = &mut line.adoption {
            adoption.is_durable = true;
        }
        if is_right {
            line.noted_since = since.max(noted_before);
            line.mark(written, line.shadows_cast);
        }
    }

    /// Returns what the clock was worth when it showed that, some days ago at most.
    pub(super) fn honesty_of(&self, reading: i64) -> Honesty {
        let is_recent = |lie: &&Lie| lie.ended + 4 * DAY > self.truth;
        let mut lies = self.lies.iter().rev().take_while(is_recent);
        lies.find(|lie| (lie.from..=lie.until).contains(&reading)).map_or(Honesty::Right, |lie| lie.honesty)
    }
}

/// Returns the entry of a note that is about an entry's plan.
fn entry_of(note: &HistoryNote) -> Option<&str> {
    match note {
        HistoryNote::Adopted { entry, .. } => Some(entry),
        HistoryNote::Began { key, .. } => Some(&key.entry),
        HistoryNote::Sealed(run) | HistoryNote::Ended(run) | HistoryNote::Found(run) => Some(&run.key.entry),
        _ => None,
    }
}

/// Returns what a note settles, and when it was written.
fn mark_of(note: &HistoryNote) -> (i64, i64) {
    match note {
        HistoryNote::Adopted { since, at, .. } => (since.timestamp(), at.timestamp()),
        HistoryNote::Ended(run) => {
            (run.key.planned.map_or(0, |planned| planned.timestamp()), run.began.timestamp())
        }
        HistoryNote::Found(run) => (run.ended.timestamp(), run.ended.timestamp()),
        HistoryNote::Sealed(run) => (0, run.began.timestamp()),
        HistoryNote::Drilled(drill) => (0, drill.ended.timestamp()),
        HistoryNote::Verified(verification) => (0, verification.at.timestamp()),
        HistoryNote::Summed(sum) => (0, sum.at.timestamp()),
        HistoryNote::HookBegan(owed) => (0, owed.at.timestamp()),
        HistoryNote::Began { at, .. }
        | HistoryNote::Pruned { at, .. }
        | HistoryNote::Resumed { at, .. }
        | HistoryNote::Accepted { at, .. }
        | HistoryNote::HookEnded { at, .. } => (0, at.timestamp()),
        HistoryNote::Baseline { .. } => (0, 0),
    }
}

fn shown(note: &HistoryNote) -> String {
    match note {
        HistoryNote::Ended(run) => {
            format!("{} {:?} planned {:?} began {}", run.key.entry, run.outcome, run.key.planned, run.began)
        }
        other => format!("{other:?}"),
    }
}
