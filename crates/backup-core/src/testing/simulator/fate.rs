//! What happens to a machine, and how often.

use super::almanac::{DAY, HOUR, MINUTE};
use super::desk::Trouble;
use super::episode::Episode;
use super::guarded::Guarded;
use super::judge::Honesty;
use super::runner::ports;
use super::sharing::Misfortune;
use crate::manager::Manager;
use crate::model::schedule::ScheduleBook;
use crate::ports::{SilentProgress, Wake};

/// The lines beside the schedules that a hand leaves in the file.
const NOISE: [&str; 5] = ["# mine", "", "docs;25:00;docs", "docs;16:07", "nonsense"];

impl Episode<'_> {
    /// The first schedules are written, by hand or by the manager.
    pub(super) fn begin(&self) {
        self.show(&self.state.borrow());
        for line in 0..self.lines() {
            if self.state.borrow_mut().random.coin() {
                self.edit(line);
            }
        }
    }

    /// Lets the next thing happen; returns what the service is told of it.
    pub(super) fn next_event(&self) -> Option<Wake> {
        let number = {
            let state = &mut *self.state.borrow_mut();
            // Mostly alone, and sometimes on each other's heels.
            let is_next = state.random.one_in(5);
            let pause =
                if is_next { state.random.any_size(1, 2 * MINUTE) } else { state.random.between(0, 5 * DAY) };
            state.next_event = state.truth + pause;
            if state.next_event >= state.quiet_from {
                state.next_event = i64::MAX;
            }
            state.random.between(0, 99)
        };
        if self.state.borrow().truth >= self.state.borrow().quiet_from - DAY {
            self.calm_down();
            return None;
        }
        match number {
            0..=21 => self.crash(),
            22..=28 => return Some(self.stop()),
            29..=37 => self.sleep(),
            38..=53 => self.set_clock(),
            54..=59 => self.lie(),
            60..=79 => self.edit_some(),
            80..=85 => self.break_disk(),
            86..=89 => self.travel(),
            90..=93 => self.state.borrow_mut().next_slow = true,
            94..=95 => self.run_by_hand(),
            96..=98 => self.spoil_catalogs(),
            _ => return Some(Wake::Reload),
        }
        None
    }

    /// The last things are put right.
    fn calm_down(&self) {
        let state = &mut *self.state.borrow_mut();
        state.next_event = i64::MAX;
        state.lie_ends = state.lie_ends.min(state.quiet_from);
        state.trouble_ends = state.trouble_ends.min(state.quiet_from);
    }

    fn crash(&self) {
        let state = &mut *self.state.borrow_mut();
        let calls = u64::try_from(state.random.between(0, 40)).unwrap_or(0);
        self.desk.crash_after(calls, state.random.coin());
        state.look_soon();
    }

    fn stop(&self) -> Wake {
        self.desk.state().judge.verdicts.report.stops += 1;
        self.tell("a stop");
        let state = &mut *self.state.borrow_mut();
        state.is_leaving = true;
        if state.random.coin() { Wake::Stop } else { Wake::StopNow }
    }

    /// The machine sleeps: time passes, and nothing else.
    fn sleep(&self) {
        self.desk.state().judge.verdicts.report.suspends += 1;
        let state = &mut *self.state.borrow_mut();
        let seconds = state.random.any_size(MINUTE, 3 * DAY).min((state.quiet_from - state.truth).max(0));
        state.truth += seconds;
        state.jobs.iter_mut().for_each(|job| job.ends += seconds);
        state.verifying.iter_mut().for_each(|verify| verify.ends += seconds);
        state.look_soon();
        self.show(state);
        self.tell("the machine has slept");
    }

    /// The clock is corrected, by seconds or by hours.
    fn set_clock(&self) {
        let state = &mut *self.state.borrow_mut();
        if state.honesty() != Honesty::Right {
            return;
        }
        let (least, most) = state.right;
        let skew = match state.random.between(0, 3) {
            0 => 0,
            1 => state.random.between(least, most),
            _ => state.skew + state.random.between(-90, 90),
        };
        state.skew = skew.clamp(least, most);
        self.jumped(state);
    }

    /// The clock is set far ahead or far behind, and will be set right later.
    fn lie(&self) {
        let state = &mut *self.state.borrow_mut();
        if state.honesty() != Honesty::Right {
            return;
        }
        let (least, most) = state.right;
        state.skew = if state.random.one_in(3) {
            least - state.random.any_size(24 * HOUR + 1, 3 * 365 * DAY)
        } else {
            most + state.random.any_size(HOUR + 1, 3 * 365 * DAY)
        };
        state.lie_ends = state.truth + state.random.any_size(MINUTE, 5 * DAY);
        self.jumped(state);
    }

    fn jumped(&self, state: &mut super::episode::State) {
        self.show(state);
        state.look_soon();
        self.desk.state().judge.verdicts.report.jumps += 1;
        self.tell(&format!("the clock is set, it is {:?} now", state.honesty()));
    }

    fn break_disk(&self) {
        self.desk.state().judge.verdicts.report.full_disks += 1;
        let (trouble, ends) = {
            let state = &mut *self.state.borrow_mut();
            let trouble = Trouble::ALL[state.random.place(Trouble::ALL.len())];
            (trouble, (state.truth + state.random.any_size(MINUTE, 2 * DAY)).min(state.quiet_from))
        };
        self.set_trouble(Some(trouble), ends);
    }

    fn spoil_catalogs(&self) {
        let is_lost = self.state.borrow_mut().random.coin();
        let misfortune = if is_lost { Misfortune::Lost } else { Misfortune::Damaged };
        let mut desk = self.desk.state();
        desk.sharing.befall(misfortune);
        desk.judge.verdicts.report.lost_catalogs += 1;
        drop(desk);
        self.tell(&format!("catalogs: {misfortune:?}"));
    }

    fn travel(&self) {
        let state = &mut *self.state.borrow_mut();
        let place = state.random.place(state.zones.len());
        let zone = state.zones[place].clone();
        let mut desk = self.desk.state();
        desk.judge.set_zone(place);
        desk.judge.verdicts.report.zone_changes += 1;
        self.clock.set_zone(zone);
        state.look_soon();
    }

    /// Somebody edits the schedules, one line or some.
    fn edit_some(&self) {
        let edits = if self.state.borrow_mut().random.one_in(4) { 3 } else { 1 };
        for _ in 0..edits {
            let line = {
                let lines = self.lines();
                self.state.borrow_mut().random.place(lines)
            };
            self.edit(line);
        }
        self.state.borrow_mut().look_soon();
    }

    /// Writes the line into the file, or takes it out.
    fn edit(&self, line: usize) {
        let is_there = self.desk.state().judge.lines[line].is_there;
        let by_hand = self.state.borrow_mut().random.coin();
        let (text, identity) = {
            let line = &self.desk.state().judge.lines[line];
            (line.text.clone(), line.identity.clone())
        };
        let is_done = match (by_hand, is_there) {
            (true, _) => self.write_by_hand(line, !is_there),
            (false, false) => self.manage(|manager| manager.create(&text).is_ok()),
            (false, true) => {
                let index = self.index_of(&identity);
                self.manage(|manager| manager.delete(&index).is_ok())
            }
        };
        if is_done {
            let mut desk = self.desk.state();
            desk.judge.edited(line, !is_there);
            desk.judge.verdicts.report.edits += 1;
        }
    }

    /// Writes the whole file anew, with the line or without, and with what else a hand leaves in it.
    fn write_by_hand(&self, line: usize, is_there: bool) -> bool {
        let mut text = String::new();
        let ending = if self.state.borrow_mut().random.one_in(3) { "\r\n" } else { "\n" };
        for (place, other) in self.desk.state().judge.lines.iter().enumerate() {
            if if place == line { is_there } else { other.is_there } {
                text += &other.text;
                text += ending;
            }
            if self.state.borrow_mut().random.one_in(8) {
                text += NOISE[self.state.borrow_mut().random.place(NOISE.len())];
                text += ending;
            }
        }
        let write = |book: &mut ScheduleBook| {
            *book = ScheduleBook::parse(text.as_bytes());
            Ok(())
        };
        self.stores.schedules.update(&mut { write }).is_ok()
    }

    /// Returns the index that the manager shows for that line.
    fn index_of(&self, identity: &str) -> String {
        let Ok(book) = self.stores.schedules.load() else { return String::new() };
        let is_it = |item: &crate::model::schedule::Item<'_>| {
            item.entry.as_ref().is_ok_and(|entry| entry.identity() == identity)
        };
        book.items().find(is_it).map(|item| item.index.to_string()).unwrap_or_default()
    }

    fn run_by_hand(&self) {
        let name = {
            let lines = self.lines();
            let place = self.state.borrow_mut().random.place(lines);
            self.desk.state().judge.lines[place].name.clone()
        };
        self.manage(|manager| manager.run(&name, &SilentProgress).is_ok());
    }

    fn manage(&self, act: impl FnOnce(&Manager<'_>) -> bool) -> bool {
        let guarded = Guarded::manager(&self.desk, self.stores, &self.clock);
        act(&Manager::new(ports(&guarded, &self.clock)))
    }

    fn lines(&self) -> usize {
        self.desk.state().judge.lines.len()
    }
}
