//! The verifies of a runner: one at a time, each in the time that it takes.

use std::cell::RefCell;

use chrono::{DateTime, TimeDelta, Utc};

use super::under_way::{UnderWay, Watch, take_ended};
use super::work::VerifyWork;
use crate::model::job::VerifyJob;
use crate::ports::Wake;

#[derive(Default)]
pub(super) struct Verifying<'a> {
    work: Option<Box<VerifyWork<'a>>>,
    takes: TimeDelta,
    under_way: RefCell<Vec<UnderWay<VerifyJob>>>,
}

impl<'a> Verifying<'a> {
    pub(super) fn new(work: impl Fn(&VerifyJob, &dyn crate::ports::Progress) + 'a, takes: TimeDelta) -> Self {
        Self { work: Some(Box::new(work)), takes, ..Self::default() }
    }

    pub(super) fn begin(&self, job: VerifyJob, now: DateTime<Utc>) -> bool {
        let mut under_way = self.under_way.borrow_mut();
        assert!(under_way.is_empty(), "a verify was begun while another is under way");
        if self.work.is_some() {
            under_way.push(UnderWay { job, ends: now + self.takes, is_cancelled: false });
        }
        self.work.is_some()
    }

    pub(super) fn next_end(&self) -> Option<DateTime<Utc>> {
        self.under_way.borrow().iter().map(|running| running.ends).min()
    }

    pub(super) fn finish(&self, now: DateTime<Utc>) -> Option<Wake> {
        let UnderWay { job, is_cancelled, .. } = take_ended(&mut self.under_way.borrow_mut(), now)?;
        self.work.iter().for_each(|work| work(&job, &Watch { is_cancelled }));
        Some(Wake::Verified(job))
    }

    pub(super) fn cancel(&self, now: DateTime<Utc>) {
        self.under_way.borrow_mut().iter_mut().for_each(|running| running.cancel(now));
    }

    pub(super) fn shift(&self, jump: TimeDelta) {
        self.under_way.borrow_mut().iter_mut().for_each(|running| running.ends += jump);
    }
}
