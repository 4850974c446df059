//! The refreshes of a runner: one at a time, each in the time that it takes.

use std::cell::RefCell;

use chrono::{DateTime, TimeDelta, Utc};

use super::under_way::{UnderWay, take_ended};
use super::work::RefreshWork;
use crate::model::job::RefreshJob;
use crate::ports::Wake;
use crate::time::Moment;

#[derive(Default)]
pub(super) struct Refreshing<'a> {
    pub(super) work: Option<Box<RefreshWork<'a>>>,
    pub(super) takes: TimeDelta,
    pub(super) under_way: RefCell<Vec<UnderWay<RefreshJob>>>,
    pub(super) begun: RefCell<Vec<(Moment, RefreshJob)>>,
}

impl Refreshing<'_> {
    pub(super) fn begin(&self, job: RefreshJob, now: Moment) -> bool {
        assert!(self.under_way.borrow().is_empty(), "a refresh was begun while another is under way");
        self.begun.borrow_mut().push((now, job.clone()));
        let ends = now.to_utc() + self.takes;
        self.under_way.borrow_mut().extend(self.work.as_ref().map(|_| UnderWay {
            job,
            ends,
            is_cancelled: false,
        }));
        self.work.is_some()
    }

    pub(super) fn begun(&self) -> Vec<(Moment, RefreshJob)> {
        self.begun.borrow().clone()
    }

    pub(super) fn next_end(&self) -> Option<DateTime<Utc>> {
        self.under_way.borrow().iter().map(|running| running.ends).min()
    }

    pub(super) fn finish(&self, now: DateTime<Utc>) -> Option<Wake> {
        let ended = take_ended(&mut self.under_way.borrow_mut(), now)?;
        self.work.as_ref().map(|work| Wake::Refreshed(work(&ended.job)))
    }

    pub(super) fn shift(&self, jump: TimeDelta) {
        self.under_way.borrow_mut().iter_mut().for_each(|running| running.ends += jump);
    }
}
