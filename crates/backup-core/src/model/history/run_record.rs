//! A run, as the history records it.

use crate::time::Moment;

/// Which run: of which entry, and for which planned moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// The entry's identity, `folder;hh:mm;name`.
    pub entry: String,
    /// The moment it was planned for; `None` when somebody asked for it by hand.
    pub planned: Option<Moment>,
}

/// Returns the name of the backups in an entry's identity, `folder;hh:mm;name`.
#[must_use]
pub fn name_in(identity: &str) -> &str {
    identity.rsplit(';').next().unwrap_or(identity)
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything is in the archive.
    Done,
    /// Everything is in the archive, but something changed while it was read.
    Torn,
    /// Something could not be read; the archive stands beside the last complete one.
    Incomplete,
    /// No archive, and the old one is untouched; or one that took its place, and nobody knows whether it outlives a
    /// power cut.
    Failed,
    /// Ended before it was done, on request or with its process; the run is still owed.
    Interrupted,
    /// Not made on purpose: its time had passed, and its schedule doesn't catch up.
    Skipped,
}

impl Outcome {
    /// Returns whether there is a complete archive of it that can be relied on.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Torn)
    }
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Which run.
    pub key: RunKey,
    /// How many earlier planned moments it makes up for.
    pub missed_runs: u32,
    /// When it began.
    pub began: Moment,
    /// When it ended.
    pub ended: Moment,
    /// How it ended.
    pub outcome: Outcome,
    /// The archive's file name, if one was made.
    pub archive: Option<String>,
    /// What the archive before it is called since then, if that was kept as an older generation.
    pub set_aside: Option<String>,
    /// The archive's size.
    pub archive_bytes: u64,
    /// The archive's SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// The entries in it.
    pub entries: u64,
    /// The entries, and contents of folders, that were left out on purpose.
    pub excluded_entries: u64,
    /// What was wrong, in sentences, the first few.
    pub problems: Vec<String>,
    /// The source's path without symbolic links, as it was then. `None` for a path that isn't UTF-8, and in notes of older
    /// versions.
    pub real_source: Option<String>,
}

impl RunRecord {
    /// Returns the moment that its backup stands for: the planned one, or when it began by hand.
    #[must_use]
    pub fn made_for(&self) -> Moment {
        self.key.planned.unwrap_or(self.began)
    }

    /// Returns the record of a run that made no archive, without a reason.
    #[must_use]
    pub fn without_archive(key: RunKey, outcome: Outcome, began: Moment, ended: Moment) -> Self {
        Self {
            key,
            missed_runs: 0,
            began,
            ended,
            outcome,
            archive: None,
            set_aside: None,
            archive_bytes: 0,
            sha256: None,
            entries: 0,
            excluded_entries: 0,
            problems: Vec::new(),
            real_source: None,
        }
    }
}

/// Which archive it is, whatever it is called by now and whatever other has the very same bytes: the one that this run
/// made, which began then.
pub(super) type MadeBy = (RunKey, Moment);

pub(super) fn made_by(run: &RunRecord) -> MadeBy {
    (run.key.clone(), run.began)
}
