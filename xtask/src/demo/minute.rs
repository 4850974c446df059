//! This very minute, on the wall clock that the service reads too.

use std::thread;
use std::time::Duration;

use crate::command::Call;
use crate::failure::{Failure, Outcome};

/// How late in a minute is too late: a schedule that is created in the next one owes nothing for this one.
const LAST_SECOND: u64 = 57;

/// Returns this minute as `hh:mm`, after waiting for the next one when this one is about to end.
pub(crate) fn this_minute() -> Outcome<String> {
    let (minute, wait) = ask()?;
    if wait.is_zero() {
        return Ok(minute);
    }
    thread::sleep(wait);
    Ok(ask()?.0)
}

fn ask() -> Outcome<(String, Duration)> {
    let answer = Call::new("date").args(["+%H:%M:%S"]).read()?;
    split(answer.trim()).ok_or_else(|| Failure::new(format!("`date` answered {answer:?}, not hh:mm:ss")))
}

/// Splits `hh:mm:ss` into the minute and how long to wait before using it.
fn split(time: &str) -> Option<(String, Duration)> {
    let (minute, second) = time.rsplit_once(':')?;
    let second: u64 = second.parse().ok()?;
    let wait = if second < LAST_SECOND { 0 } else { 60u64.saturating_sub(second) };
    Some((minute.into(), Duration::from_secs(wait)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time: &str, minute: &str, wait_seconds: u64) {
        assert_eq!(split(time), Some((minute.into(), Duration::from_secs(wait_seconds))), "{time}");
    }

    #[test]
    fn the_end_of_a_minute_is_waited_out() {
        check("18:21:00", "18:21", 0);
        check("18:21:56", "18:21", 0);
        check("18:21:57", "18:21", 3);
        check("23:59:59", "23:59", 1);
        check("23:59:60", "23:59", 0);
        assert_eq!(split("tea time"), None);
    }
}
