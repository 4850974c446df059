//! Run record: a finished run, as the history records it.

use crate::model::archive::{ArchiveId, BackupRecord, SourceProfile};
use crate::model::history::anomaly::Anomaly;
use crate::time::Moment;

/// Identifies a run by its entry and its planned moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// The entry's identity, `folder;time;name`.
    pub entry: String,
    /// The moment for which the run was planned. It is `None` for a run by hand.
    pub planned: Option<Moment>,
}

/// Returns the backup name in an entry's identity, `folder;time;name`.
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
    /// Something could not be read. The archive is kept beside the last complete one.
    Incomplete,
    /// There is no new archive, and the old one is unchanged. Or the old archive was replaced, but nobody knows whether the
    /// new one survives a power cut.
    Failed,
    /// The run was ended on request or with its process. If it was planned, it is still due.
    Interrupted,
    /// The run was skipped on purpose: it was too late, and its schedule has `catch-up=no`.
    Skipped,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Torn, Self::Incomplete, Self::Failed, Self::Interrupted, Self::Skipped];

    /// Returns the word for programs. It never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Torn => "torn",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }

    /// Returns whether the run made a complete archive that can be relied on.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Torn)
    }

    /// Returns whether a planned run that ended so settles the other schedules of its backup as well.
    ///
    /// A skipped run doesn't: another schedule may make up for what it missed.
    #[must_use]
    pub(crate) fn settles_others(self) -> bool {
        !matches!(self, Self::Interrupted | Self::Skipped)
    }
}

/// A run that has ended.
///
/// [`without_archive`](Self::without_archive) returns a record to begin with. Its fields can then be set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunRecord {
    /// Which run.
    pub key: RunKey,
    /// The number of earlier planned moments that the run makes up for.
    pub missed_runs: u32,
    /// When it began.
    pub began: Moment,
    /// When it ended.
    pub ended: Moment,
    /// How it ended.
    pub outcome: Outcome,
    /// The archive's file name, if an archive was made.
    pub archive: Option<String>,
    /// The new file name of the previous archive, if it was kept as an older generation.
    pub set_aside: Option<String>,
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// When the archive was finished. With its size, that [identifies](ArchiveId) it.
    ///
    /// It is `None` until the archive has its name, if nobody knows whether that is durable, and in notes of older versions.
    pub finished: Option<Moment>,
    /// The SHA-256 of the stored archive, if it is known.
    pub sha256: Option<[u8; 32]>,
    /// The entries in the archive.
    pub entries: u64,
    /// The entries that were left out on purpose, and the folders whose contents were.
    pub excluded_entries: u64,
    /// The first problems, as sentences.
    pub problems: Vec<String>,
    /// What went wrong with the commands of its hook, as sentences. The backup itself may be good.
    pub hook_problems: Vec<String>,
    /// The path of the source without symbolic links, at the time of the run.
    ///
    /// It is `None` if the path isn't UTF-8, and in notes of older versions.
    pub real_source: Option<String>,
    /// What was seen of the source's files, if that is known.
    pub profile: Option<SourceProfile>,
    /// What is suspicious about the source, compared with the runs before. If there is something, nothing of the backup is
    /// removed until a person accepts it.
    pub anomalies: Vec<Anomaly>,
    /// Whether the previous archive was set aside only because nothing of the backup is removed for now. Otherwise it would have
    /// been replaced.
    pub kept_by_hold: bool,
    /// The bytes of the archive that are shared with the one before, and take no space of their own.
    pub shared_bytes: u64,
    /// When the last run began that read everything, if this one didn't.
    pub last_full: Option<Moment>,
}

impl RunRecord {
    /// Returns the same record without anything that may name a file of the source, or lead to it.
    #[must_use]
    pub fn without_names(&self) -> Self {
        Self { problems: Vec::new(), hook_problems: Vec::new(), real_source: None, ..self.clone() }
    }

    /// Returns the moment that the backup is for: the planned moment, or when the run began if it was by hand.
    #[must_use]
    pub fn made_for(&self) -> Moment {
        self.key.planned.unwrap_or(self.began)
    }

    /// Returns the identity of its archive, if that is known.
    #[must_use]
    pub fn archive_id(&self) -> Option<ArchiveId> {
        Some(ArchiveId::new(self.finished?, self.archive_bytes))
    }

    /// Returns how many bytes of its archive it wrote, and didn't take over.
    #[must_use]
    pub fn new_bytes(&self) -> u64 {
        self.archive_bytes.saturating_sub(self.shared_bytes)
    }

    /// Returns whether a file of its backup is its archive, as far as the identities tell: not if that of its archive isn't
    /// known.
    #[must_use]
    pub(crate) fn made(&self, backup: &BackupRecord) -> bool {
        self.archive_id().is_some_and(|made| backup.id().is_of(made))
    }

    /// Returns whether more is known of its archive than a name. Otherwise, that may be somebody else's.
    #[must_use]
    pub(crate) fn knows_its_archive(&self) -> bool {
        self.sha256.is_some() || self.finished.is_some()
    }

    /// Returns whether both tell of the same run.
    #[must_use]
    pub(crate) fn is_same_run(&self, other: &Self) -> bool {
        made_by(self) == made_by(other)
    }

    /// Returns its problems and those of its hook. What matters most comes first.
    pub fn all_problems(&self) -> impl Iterator<Item = &str> {
        let (own, hook) = (self.problems.as_slice(), self.hook_problems.as_slice());
        let (first, later) = if self.outcome == Outcome::Failed { (own, hook) } else { (hook, own) };
        first.iter().chain(later).map(String::as_str)
    }

    /// Returns the record of a run that made no archive and has no problems.
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
            finished: None,
            sha256: None,
            entries: 0,
            excluded_entries: 0,
            problems: Vec::new(),
            hook_problems: Vec::new(),
            real_source: None,
            profile: None,
            anomalies: Vec::new(),
            kept_by_hold: false,
            shared_bytes: 0,
            last_full: None,
        }
    }
}

/// Identifies an archive by the run that made it, and by when this run began.
///
/// The file name of an archive can change, and two archives can have the same bytes. Neither matters here.
pub(super) type MadeBy = (RunKey, Moment);

/// Returns the identity of the archive that a run made.
pub(super) fn made_by(run: &RunRecord) -> MadeBy {
    (run.key.clone(), run.began)
}
