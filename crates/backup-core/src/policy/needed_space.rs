//! Needed space: how much the next run of a backup writes, as far as the last ones tell.

/// Returns how many bytes a run probably writes.
///
/// `last_bytes` is the size of the archive before. `recent_new_bytes` is the most that one of the last runs wrote which took over
/// the rest; `None` if nothing will be taken over, or if no run has done that yet. Twice as much may be new this time, and it is
/// never taken for less than [`LARGE_BYTES`], nor for more than the whole archive.
///
/// It is an estimate. A disk that is full nevertheless makes the run fail, and harms nothing.
#[must_use]
pub fn needed_bytes(last_bytes: u64, recent_new_bytes: Option<u64>) -> u64 {
    let expected = recent_new_bytes.map(|bytes| bytes.saturating_mul(2).max(LARGE_BYTES));
    expected.map_or(last_bytes, |expected| expected.min(last_bytes))
}

/// A run that writes less is never refused for lack of space.
pub const LARGE_BYTES: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_last_runs_wrote_counts_if_they_took_over_the_rest() {
        let mib = |mib: u64| mib << 20;
        for (last, recent, expected) in [
            (mib(900), None, mib(900)),
            (mib(900), Some(mib(100)), mib(200)),
            (mib(900), Some(0), mib(64)),
            (mib(900), Some(mib(31)), mib(64)),
            (mib(900), Some(mib(600)), mib(900)),
            (mib(900), Some(u64::MAX), mib(900)),
            (mib(10), Some(mib(1)), mib(10)),
            (0, None, 0),
        ] {
            assert_eq!(needed_bytes(last, recent), expected, "{last} {recent:?}");
        }
    }
}
