//! Archive id: what tells an archive from all others of its backup.

use crate::time::Moment;

/// Tells an archive from all others of its backup, whatever it is called by now: its size, and when it was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArchiveId {
    /// The whole seconds of its modification time since 1970.
    pub seconds: i64,
    /// The rest of that time.
    pub nanos: u32,
    /// The size of the stored archive.
    pub bytes: u64,
}

impl ArchiveId {
    /// Returns the identity of an archive of that size that was finished at that moment.
    #[must_use]
    pub fn new(finished: Moment, bytes: u64) -> Self {
        Self { seconds: finished.timestamp(), nanos: finished.timestamp_subsec_nanos(), bytes }
    }

    /// Returns whether a file with this identity is the archive that was made with the other one.
    ///
    /// A copy may have lost the fraction of its time.
    #[must_use]
    pub fn is_of(self, made: Self) -> bool {
        (self.seconds, self.bytes) == (made.seconds, made.bytes)
            && (self.nanos == made.nanos || self.nanos == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn a_copy_that_lost_the_fraction_of_its_time_is_the_same_archive() {
        let id = |finished: &str, bytes| ArchiveId::new(at(finished), bytes);
        let made = id("2026-01-29T16:07:00.123456789+01:00", 7);
        for (finished, bytes, expected) in [
            ("2026-01-29T16:07:00.123456789+01:00", 7, true),
            ("2026-01-29T15:07:00.123456789Z", 7, true),
            ("2026-01-29T16:07:00+01:00", 7, true),
            ("2026-01-29T16:07:00.123456788+01:00", 7, false),
            ("2026-01-29T16:07:01+01:00", 7, false),
            ("2026-01-29T16:07:00.123456789+01:00", 8, false),
        ] {
            assert_eq!(id(finished, bytes).is_of(made), expected, "{finished} {bytes}");
        }
        assert!(!made.is_of(id("2026-01-29T16:07:00+01:00", 7)), "an archive gains no fraction");
    }
}
