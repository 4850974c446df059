//! The notice book of the service, and when it looks at each backup again.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;

use crate::model::history::{LARGEST_STEP_BACK, RunRecord};
use crate::model::notice::{
    Notice, NoticeBook, NoticeKind, NotifyTarget, Pending, Trouble, Unsent, UnsentKind,
};
use crate::policy::notice_retry::{LONGEST_WAIT, is_given_up, is_time, wait_after};
use crate::time::Moment;

/// The most notices that are sent at once, each to another target.
const MOST_SENDERS: usize = 4;

/// What was told, what is to be sent, and when to look at each backup again.
#[derive(Default)]
pub(super) struct Notices {
    pub(super) book: NoticeBook,
    /// Whether the book was read.
    pub(super) is_loaded: bool,
    /// Whether the book has changed since it was saved.
    pub(super) is_changed: bool,
    /// Whether all backups are looked at next.
    pub(super) is_all_new: bool,
    /// Since when the service has been awake.
    pub(super) watched_since: Option<Moment>,
    /// Runs that ended before this moment are no news after a start.
    news_since: Option<Moment>,
    /// When the last run began that was seen of each backup.
    seen: HashMap<String, Moment>,
    /// When to look at a backup again, by the place of its first schedule.
    again: HashMap<usize, Moment>,
    /// The same, the earliest first.
    queue: BTreeSet<(Moment, usize)>,
    /// What is being sent, by target.
    under_way: HashMap<String, Notice>,
    /// The targets that can't be reached: after how many attempts, and until when.
    blocked: HashMap<String, (u32, Moment)>,
}

/// What became of a notice that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It has arrived.
    Arrived(Notice),
    /// It has arrived, and the target could not be told anything before.
    ArrivedAgain(Notice),
    /// It hasn't arrived, and this is the first that hasn't.
    Delayed(Unsent),
    /// It hasn't arrived, and neither have others before it.
    StillDelayed,
}

impl Notices {
    /// Takes the book that was saved.
    pub(super) fn start_with(&mut self, book: NoticeBook, now: Moment) {
        let is_believable = |until: &Moment| *until <= now + LARGEST_STEP_BACK;
        let until = book.looked_until.filter(is_believable);
        // Without a book, what ends from now on is news.
        self.news_since = Some(until.unwrap_or(now - TimeDelta::nanoseconds(1)));
        self.book = book;
        self.is_loaded = true;
    }

    /// Makes the next look concern all backups. The places of their schedules have changed.
    pub(super) fn start_over(&mut self) {
        self.is_all_new = true;
        self.again.clear();
        self.queue.clear();
    }

    /// Takes out the places of the backups whose moment has come.
    pub(super) fn take_due(&mut self, now: Moment) -> Vec<usize> {
        let due: Vec<usize> =
            self.queue.iter().take_while(|(at, _)| *at <= now).map(|(_, place)| *place).collect();
        due.iter().for_each(|place| self.look_again(*place, None));
        due
    }

    /// Sets when to look at the backup at this place again.
    pub(super) fn look_again(&mut self, place: usize, at: Option<Moment>) {
        let before = match at {
            Some(at) => self.again.insert(place, at),
            None => self.again.remove(&place),
        };
        if let Some(before) = before {
            self.queue.remove(&(before, place));
        }
        self.queue.extend(at.map(|at| (at, place)));
    }

    /// Returns whether a run has ended since the last look at this backup.
    pub(super) fn is_news(&mut self, backup: &str, run: &RunRecord) -> bool {
        let before = match self.seen.get_mut(backup) {
            Some(seen) => Some(std::mem::replace(seen, run.began)),
            None => self.seen.insert(backup.to_owned(), run.began),
        };
        let until = self.book.looked_until;
        self.book.looked_until = Some(until.map_or(run.ended, |until| until.max(run.ended)));
        match before {
            Some(began) => began != run.began,
            None => self.news_since.is_some_and(|since| run.ended > since),
        }
    }

    /// Adds a notice to be sent. One that tells of the start of a run is of no use once the run has ended.
    pub(super) fn post(&mut self, target: &str, notice: Notice) {
        let under_way = self.under_way.get(target);
        let is_late =
            |old: &Notice| old.kind == NoticeKind::Start && old.name == notice.name && under_way != Some(old);
        self.book.outbox.retain(|pending| pending.target != target || !is_late(&pending.notice));
        self.is_changed |= notice.kind != NoticeKind::Start;
        self.book.post(target, notice);
    }

    /// Drops what has waited for so long that it is given up, and returns it.
    pub(super) fn give_up(&mut self, now: Moment) -> Vec<(String, Notice)> {
        let is_lost = |pending: &Pending| {
            is_given_up(pending, now) && self.under_way.get(&pending.target) != Some(&pending.notice)
        };
        let lost: Vec<_> = self.book.outbox.extract_if(.., |pending| is_lost(pending)).collect();
        self.is_changed |= !lost.is_empty();
        for pending in &lost {
            let trouble = self.book.troubles.get_mut(&pending.target);
            trouble.into_iter().for_each(|trouble| trouble.given_up = trouble.given_up.saturating_add(1));
        }
        lost.into_iter().map(|pending| (pending.target, pending.notice)).collect()
    }

    /// Returns the notice that is to be sent to this target now.
    pub(super) fn next_for(&self, target: &str, now: Moment) -> Option<&Notice> {
        let is_blocked = self.blocked.get(target).is_some_and(|(_, until)| !is_time(Some(*until), now));
        if is_blocked || self.under_way.contains_key(target) || self.under_way.len() >= MOST_SENDERS {
            return None;
        }
        self.sendable(target).find(|(_, at)| is_time(*at, now)).map(|(notice, _)| notice)
    }

    /// Returns the notices that may be the next to this target, and when. Those about one backup keep their order.
    fn sendable(&self, target: &str) -> impl Iterator<Item = (&Notice, Option<Moment>)> {
        let mut held = BTreeSet::new();
        let of_target = self.book.outbox.iter().filter(move |pending| pending.target == target);
        of_target
            .filter(move |pending| held.insert(pending.notice.name.as_str()))
            .map(|pending| (&pending.notice, pending.retry_at))
    }

    /// Notes that a notice is being sent.
    pub(super) fn begin(&mut self, target: &str, notice: Notice) {
        self.under_way.insert(target.to_owned(), notice);
    }

    /// Leaves a target alone for a while, because nothing here can send.
    pub(super) fn put_off(&mut self, target: &str, now: Moment) {
        self.blocked.insert(target.to_owned(), (0, now + LONGEST_WAIT));
    }

    /// Returns whether something is being sent.
    pub(super) fn is_sending(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Returns when the next backup is to be looked at, as far as that is known now.
    pub(super) fn next_look(&self) -> Option<Moment> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Returns when the next notice is to be sent, as far as that is known now.
    pub(super) fn next_send(&self, targets: &[NotifyTarget], now: Moment) -> Option<Moment> {
        let has_sender = self.under_way.len() < MOST_SENDERS;
        let idle = targets.iter().filter(|target| has_sender && !self.under_way.contains_key(&target.name));
        idle.filter_map(|target| self.next_send_to(&target.name, now)).min()
    }

    fn next_send_to(&self, target: &str, now: Moment) -> Option<Moment> {
        let at = self.sendable(target).map(|(_, at)| at.unwrap_or(now)).min()?;
        Some(self.blocked.get(target).map_or(at, |(_, until)| at.max(*until)))
    }

    /// Takes in what became of the notice that was being sent to this target.
    pub(super) fn finish(&mut self, target: &str, result: Result<(), Unsent>, now: Moment) -> Option<Sent> {
        let notice = self.under_way.remove(target)?;
        let is_it = |pending: &Pending| pending.target == target && pending.notice == notice;
        let place = self.book.outbox.iter().position(is_it)?;
        self.is_changed = true;
        match result {
            Ok(()) => {
                self.book.outbox.remove(place);
                Some(self.arrived(target, notice))
            }
            Err(unsent) => Some(self.failed(target, place, unsent, now)),
        }
    }

    fn arrived(&mut self, target: &str, notice: Notice) -> Sent {
        self.blocked.remove(target);
        let mut others = self.book.outbox.iter().filter(|pending| pending.target == target);
        let is_well = others.all(|pending| pending.attempts == 0);
        match is_well && self.book.troubles.remove(target).is_some() {
            true => Sent::ArrivedAgain(notice),
            false => Sent::Arrived(notice),
        }
    }

    fn failed(&mut self, target: &str, place: usize, unsent: Unsent, now: Moment) -> Sent {
        let pending = &mut self.book.outbox[place];
        pending.attempts = pending.attempts.saturating_add(1);
        if unsent.kind == UnsentKind::Unreachable {
            let (attempts, until) = self.blocked.entry(target.to_owned()).or_insert((0, now));
            *attempts = attempts.saturating_add(1);
            *until = now + wait_after(*attempts, unsent.retry_after);
        } else {
            pending.retry_at = Some(now + wait_after(pending.attempts, unsent.retry_after));
        }
        if pending.notice.kind == NoticeKind::Start {
            self.book.outbox.remove(place);
        }
        self.note_trouble(target, unsent, now)
    }

    fn note_trouble(&mut self, target: &str, unsent: Unsent, now: Moment) -> Sent {
        let is_new = !self.book.troubles.contains_key(target);
        let new = Trouble { since: now, reason: String::new(), attempts: 0, given_up: 0 };
        let trouble = self.book.troubles.entry(target.to_owned()).or_insert(new);
        trouble.attempts = trouble.attempts.saturating_add(1);
        trouble.reason = unsent.to_string();
        if is_new { Sent::Delayed(unsent) } else { Sent::StillDelayed }
    }
}
