//! Throttle: holds back the reading of a source to a rate.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use backup_core::model::archive::Finding;
use backup_core::model::schedule::ByteRate;
use backup_core::ports::Progress;

/// The longest time between two checks for a cancellation.
const TICK: Duration = Duration::from_millis(50);

/// Reading that was slower than the rate for a while may be made up for to this extent.
const SLACK: Duration = Duration::from_secs(1);

/// A progress that makes the threads that read wait, so that all of them together keep to the rate.
pub struct Throttle<'p> {
    progress: &'p dyn Progress,
    begun: Instant,
    pace: Mutex<Pace>,
}

impl<'p> Throttle<'p> {
    /// Returns the progress that tells `progress` and keeps to the rate.
    #[must_use]
    pub fn new(progress: &'p dyn Progress, rate: ByteRate) -> Self {
        let pace = Pace { bytes_per_second: rate.bytes_per_second(), reached: Duration::ZERO };
        Self { progress, begun: Instant::now(), pace: Mutex::new(pace) }
    }
}

impl Progress for Throttle<'_> {
    fn advanced(&self, path: &Path, content_bytes: u64) {
        self.progress.advanced(path, content_bytes);
        let until = {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            pace.read(content_bytes, self.begun.elapsed())
        };
        loop {
            let remaining = until.saturating_sub(self.begun.elapsed());
            if remaining.is_zero() || self.progress.is_cancelled() {
                return;
            }
            sleep(remaining.min(TICK));
        }
    }

    fn found(&self, finding: &Finding) {
        self.progress.found(finding);
    }

    fn packed(&self, path: &Path, content_bytes: u64) {
        self.progress.packed(path, content_bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }
}

/// How far reading has come, in the time that it should take. All times are since the beginning.
struct Pace {
    bytes_per_second: u64,
    reached: Duration,
}

impl Pace {
    /// Returns when reading may go on, after so many bytes were read up to `now`.
    fn read(&mut self, bytes: u64, now: Duration) -> Duration {
        let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        let takes = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.reached = self.reached.max(now.saturating_sub(SLACK)).saturating_add(takes);
        self.reached
    }
}

#[cfg(test)]
mod tests {
    use backup_core::ports::SilentProgress;

    use super::*;

    const RATE: u64 = 1 << 20;

    fn pace() -> Pace {
        Pace { bytes_per_second: RATE, reached: Duration::ZERO }
    }

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_second_of_bytes_takes_a_second_whatever_the_pieces() {
        for piece in [1 << 10, 100_000, RATE, 5 * RATE] {
            let (mut pace, mut now, mut bytes) = (pace(), Duration::ZERO, 0);
            while bytes < 10 * RATE {
                now = now.max(pace.read(piece, now));
                bytes += piece;
            }
            let expected = bytes as f64 / RATE as f64;
            assert!((now.as_secs_f64() - expected).abs() < 1e-3, "{piece}: {now:?} for {expected}");
        }
    }

    #[test]
    fn slow_reading_waits_for_nothing() {
        let mut pace = pace();
        for second in 1..100 {
            let now = seconds(f64::from(second));
            assert!(pace.read(RATE / 2, now) <= now);
        }
    }

    /// After a minute without reading, a second's worth comes at once and no more.
    #[test]
    fn a_pause_is_made_up_for_by_a_second_at_most() {
        let mut pace = pace();
        let now = seconds(60.0);
        assert_eq!(pace.read(RATE, now), now);
        assert_eq!(pace.read(RATE, now), seconds(61.0));
    }

    #[test]
    fn more_bytes_than_there_is_time_for_are_no_overflow() {
        let mut pace = Pace { bytes_per_second: 1_024, reached: Duration::ZERO };
        (0..3).for_each(|_| assert!(pace.read(u64::MAX, Duration::ZERO) > seconds(1e9)));
    }

    struct Cancelled;

    impl Progress for Cancelled {
        fn advanced(&self, _: &Path, _: u64) {}

        fn is_cancelled(&self) -> bool {
            true
        }
    }

    /// It would wait for 17 minutes, and a second thread for as long again.
    #[test]
    fn a_cancelled_wait_ends() {
        let throttle = Throttle::new(&Cancelled, ByteRate::parse("1K").unwrap());
        (0..2).for_each(|_| throttle.advanced(Path::new("a"), RATE));
        assert!(throttle.is_cancelled());
    }

    #[test]
    fn threads_share_the_rate() {
        let throttle = Throttle::new(&SilentProgress, ByteRate::parse("1M").unwrap());
        let begun = Instant::now();
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(|| throttle.advanced(Path::new("a"), RATE / 8))));
        });
        assert!(begun.elapsed() >= seconds(0.5), "four eighths");
    }
}
