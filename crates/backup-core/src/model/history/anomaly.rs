//! Anomaly: what is suspicious about a source, compared with the runs before.

use std::fmt;

use crate::text::{grouped, size};

/// Something suspicious about the source of a run, with its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Anomaly {
    /// Many entries are gone.
    EntriesLost {
        /// The entries that there usually were.
        before: u64,
        /// The entries that are left.
        now: u64,
    },
    /// The files hold much less than before.
    BytesLost {
        /// The bytes that the files usually held.
        before: u64,
        /// The bytes that they hold.
        now: u64,
    },
    /// Many files changed since the last good run, where usually few do.
    FilesChanged {
        /// The files that there were.
        before: u64,
        /// How many of them have changed.
        changed: u64,
    },
    /// Many files that could be compressed can't be any more, as if somebody had encrypted them.
    FilesIncompressible {
        /// The files that could usually be compressed.
        before: u64,
        /// How many of them can't be compressed any more.
        turned: u64,
    },
}

impl Anomaly {
    /// Returns the word for programs. It never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::EntriesLost { .. } => "entries-lost",
            Self::BytesLost { .. } => "bytes-lost",
            Self::FilesChanged { .. } => "changed",
            Self::FilesIncompressible { .. } => "incompressible",
        }
    }

    /// Returns what there was before, and what there is now or how many it concerns.
    #[must_use]
    pub fn numbers(self) -> (u64, u64) {
        match self {
            Self::EntriesLost { before, now } | Self::BytesLost { before, now } => (before, now),
            Self::FilesChanged { before, changed } => (before, changed),
            Self::FilesIncompressible { before, turned } => (before, turned),
        }
    }

    /// Returns the anomaly with that word and these numbers.
    #[cfg(feature = "json")]
    pub(super) fn of(word: &str, before: u64, now: u64) -> Option<Self> {
        let all = [
            Self::EntriesLost { before, now },
            Self::BytesLost { before, now },
            Self::FilesChanged { before, changed: now },
            Self::FilesIncompressible { before, turned: now },
        ];
        all.into_iter().find(|anomaly| anomaly.word() == word)
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::EntriesLost { before, now } => {
                let lost = grouped(before.saturating_sub(now));
                write!(f, "{lost} of {} entries are gone", grouped(before))
            }
            Self::BytesLost { before, now } => {
                write!(f, "the files hold {}, and held {}", size(now), size(before))
            }
            Self::FilesChanged { before, changed } => {
                let (changed, before) = (grouped(changed), grouped(before));
                write!(f, "{changed} of {before} files changed since the backup before, where usually few do")
            }
            Self::FilesIncompressible { before, turned } => {
                let (turned, before) = (grouped(turned), grouped(before));
                write!(
                    f,
                    "{turned} of {before} compressible files can't be compressed any more, as if encrypted"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anomalies_say_what_is_suspicious() {
        let all = [
            Anomaly::EntriesLost { before: 12_000, now: 1_200 },
            Anomaly::BytesLost { before: 4_500_000, now: 0 },
            Anomaly::FilesChanged { before: 100, changed: 96 },
            Anomaly::FilesIncompressible { before: 1_000, turned: 999 },
        ];
        insta::assert_snapshot!(all.map(|anomaly| format!("{}: {anomaly}", anomaly.word())).join("\n"), @r"
        entries-lost: 10,800 of 12,000 entries are gone
        bytes-lost: the files hold 0 B, and held 4.5 MB
        changed: 96 of 100 files changed since the backup before, where usually few do
        incompressible: 999 of 1,000 compressible files can't be compressed any more, as if encrypted
        ");
    }
}
