//! Notices that are being sent.

use std::cell::RefCell;

use chrono::{DateTime, TimeDelta, Utc};

use super::under_way::{UnderWay, take_ended};
use crate::model::notice::{Notice, NotifyTarget};
use crate::ports::{Notifier, Wake};

/// Sends notices at the end of the time that each takes.
#[derive(Default)]
pub(super) struct Sending<'a> {
    notifier: Option<Box<dyn Notifier + 'a>>,
    takes: TimeDelta,
    under_way: RefCell<Vec<UnderWay<(NotifyTarget, Notice)>>>,
}

impl<'a> Sending<'a> {
    pub(super) fn new(notifier: impl Notifier + 'a, takes: TimeDelta) -> Self {
        Self { notifier: Some(Box::new(notifier)), takes, under_way: RefCell::default() }
    }

    /// Begins to send, if there is something to send with.
    pub(super) fn begin(&self, target: &NotifyTarget, notice: &Notice, now: DateTime<Utc>) -> bool {
        let mut under_way = self.under_way.borrow_mut();
        let is_twice = under_way.iter().any(|other| other.job.0.name == target.name);
        assert!(!is_twice, "two notices are sent to {} at once", target.name);
        if self.notifier.is_some() {
            let job = (target.clone(), notice.clone());
            under_way.push(UnderWay { job, ends: now + self.takes, is_cancelled: false });
        }
        self.notifier.is_some()
    }

    /// Returns when the next one is sent.
    pub(super) fn ends(&self) -> Option<DateTime<Utc>> {
        self.under_way.borrow().iter().map(|sending| sending.ends).min()
    }

    /// Sends the one whose time came first, if it has come.
    pub(super) fn finish(&self, now: DateTime<Utc>) -> Option<Wake> {
        let notifier = self.notifier.as_ref()?;
        let (target, notice) = take_ended(&mut self.under_way.borrow_mut(), now)?.job;
        let result = notifier.send(&target, &notice);
        Some(Wake::Notified(target.name, result))
    }

    /// Keeps the remaining time as it was when the clock is set.
    pub(super) fn shift(&self, jump: TimeDelta) {
        self.under_way.borrow_mut().iter_mut().for_each(|sending| sending.ends += jump);
    }
}
