//! Notice retry: when a notice that didn't arrive is tried again, and when it is given up.

use chrono::TimeDelta;

use crate::model::notice::{Pending, Trouble};
use crate::time::Moment;

/// How long a notice that didn't arrive waits at first. Each further attempt waits twice as long.
pub const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);

/// How long it waits at most.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// How long it is tried.
pub const PATIENCE: TimeDelta = TimeDelta::days(1);

/// Returns how long to wait after so many attempts in a row. `wanted` is what the other side asks for.
#[must_use]
pub fn wait_after(attempts: u32, wanted: Option<TimeDelta>) -> TimeDelta {
    let doubled = 1 << attempts.saturating_sub(1).min(7);
    (FIRST_WAIT * doubled).max(wanted.unwrap_or_default()).min(LONGEST_WAIT)
}

/// Returns whether the moment of an attempt has come. One that lies too far ahead was set by another clock.
#[must_use]
pub fn is_time(retry_at: Option<Moment>, now: Moment) -> bool {
    retry_at.is_none_or(|at| at <= now || at > now + LONGEST_WAIT)
}

/// Returns whether a notice that didn't arrive is given up now.
#[must_use]
pub fn is_given_up(pending: &Pending, now: Moment) -> bool {
    pending.attempts > 0 && now - pending.notice.written >= PATIENCE
}

/// Returns whether somebody must look after a target that can't be told anything: a notice was given up, or it has lasted for so
/// long that it doesn't pass by itself. A server that is restarted is no alarm.
#[must_use]
pub fn is_lasting(trouble: &Trouble, now: Moment) -> bool {
    trouble.given_up > 0 || now - trouble.since >= LONGEST_WAIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::notice::{Notice, NoticeKind};
    use crate::testing::at;

    #[test]
    fn each_wait_is_twice_as_long_up_to_an_hour() {
        let waits = (1..=9).map(|attempts| wait_after(attempts, None).num_seconds());
        assert_eq!(waits.collect::<Vec<_>>(), [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(wait_after(u32::MAX, None), LONGEST_WAIT);
    }

    #[test]
    fn the_other_side_may_ask_for_more() {
        let wait = |seconds| wait_after(1, Some(TimeDelta::seconds(seconds))).num_seconds();
        assert_eq!((wait(0), wait(90), wait(86_400)), (30, 90, 3_600));
    }

    #[test]
    fn a_moment_too_far_ahead_counts_as_now() {
        let is_time = |retry: &str| is_time(Some(at(retry)), at("2026-03-10 16:00"));
        assert!(is_time("2026-03-10 16:00") && !is_time("2026-03-10 16:01") && !is_time("2026-03-10 17:00"));
        assert!(is_time("2026-03-10 17:00:01") && is_time("2036-01-01 00:00"));
        assert!(super::is_time(None, at("2026-03-10 16:00")));
    }

    #[test]
    fn a_trouble_lasts_after_an_hour_or_once_something_is_lost() {
        let is_lasting = |given_up, now: &str| {
            let (since, reason) = (at("2026-03-10 16:00"), "no".to_owned());
            is_lasting(&Trouble { since, reason, attempts: 1, given_up }, at(now))
        };
        assert!(!is_lasting(0, "2026-03-10 16:59:59") && is_lasting(0, "2026-03-10 17:00"));
        assert!(is_lasting(1, "2026-03-10 16:00:01"));
    }

    #[test]
    fn a_notice_is_tried_for_a_day_and_at_least_once() {
        let is_given_up = |attempts, now: &str| {
            let notice = Notice::new(NoticeKind::Failure, "docs", at("2026-03-10 16:00"));
            let pending = Pending { target: "office".to_owned(), notice, attempts, retry_at: None };
            is_given_up(&pending, at(now))
        };
        assert!(!is_given_up(40, "2026-03-11 15:59:59") && is_given_up(40, "2026-03-11 16:00"));
        assert!(!is_given_up(0, "2026-03-20 16:00"), "the service was away");
    }
}
