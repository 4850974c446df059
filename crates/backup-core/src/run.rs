//! One run: from a schedule entry to a finished backup.

mod elsewhere;
mod outcome;
mod read_back;
mod refusals;
mod set_aside;

pub(crate) use elsewhere::perform_elsewhere;
use read_back::read_back;
pub(crate) use refusals::refuse_another_s_archive;
use refusals::{refuse_crowded, refuse_emptied};
use set_aside::set_aside;

use std::collections::HashMap;

use crate::backup::{ArchiveName, BackupRecord, Compression, Grade, PackReport, Seal};
use crate::error::{Error, Failure, PortError};
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, RunKey, RunRecord};
use crate::ports::{Draft, Moment, PackRequest, Ports, Progress};
use crate::schedule::ScheduleEntry;

/// The folder of finished backups, as messages name it.
pub(crate) const BACKUPS: &str = "backups";

/// A run to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which run it is.
    pub key: RunKey,
    /// What to back up, and under which name.
    pub entry: ScheduleEntry,
    /// How many earlier planned moments it makes up for.
    pub missed_runs: u32,
    /// When it begins.
    pub began: Moment,
    /// The complete archive of that name, where the history knows one.
    pub replaces: Option<Replaced>,
    /// The sizes of all complete archives of that name that the history knows, older generations included, by their file
    /// names: one that should have gone may stand after a crash.
    pub known: HashMap<String, u64>,
}

/// The archive that a job would replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its file name.
    pub archive: String,
    /// What it is a backup of, as written in the schedule.
    pub source: String,
    /// The entries in it.
    pub entries: u64,
    /// Its size.
    pub archive_bytes: u64,
    /// The moment that it was made for.
    pub made_for: Moment,
    /// Its SHA-256, where that is known.
    pub sha256: Option<[u8; 32]>,
}

impl Replaced {
    fn of(run: &RunRecord) -> Option<Self> {
        let source = run.key.entry.parse::<ScheduleEntry>().ok()?.source().to_owned();
        let (archive, archive_bytes) = (run.archive.clone()?, run.archive_bytes);
        let (made_for, sha256) = (run.made_for(), run.sha256);
        Some(Self { archive, source, entries: run.entries, archive_bytes, made_for, sha256 })
    }
}

impl Job {
    /// Returns the job of that run, with what the history says of the archive it would replace.
    #[must_use]
    pub fn new(key: RunKey, entry: ScheduleEntry, missed_runs: u32, ledger: &Ledger, began: Moment) -> Self {
        let replaces = ledger.standing(entry.name()).complete.and_then(Replaced::of);
        let known = ledger
            .generations(entry.name())
            .into_iter()
            // One that was found by its name alone may be anybody's.
            .filter(|(_, run)| run.sha256.is_some())
            .map(|(file_name, run)| (file_name.to_owned(), run.archive_bytes))
            .collect();
        Self { key, entry, missed_runs, began, replaces, known }
    }

    /// Returns whether a finished backup is what the history knows under its name, and not somebody else's file.
    fn knows(&self, backup: &BackupRecord) -> bool {
        self.known.get(&backup.file_name) == Some(&backup.archive_bytes)
    }
}

/// Returns what the complete archive of an entry may be called, however it is stored.
fn complete_archives(entry: &ScheduleEntry) -> impl Iterator<Item = ArchiveName> {
    Compression::ALL.into_iter().map(|compression| entry.name().archive(Grade::Complete, compression))
}

/// What became of a job.
#[derive(Debug)]
pub enum RunResult {
    /// There is an archive.
    Made {
        /// The archive.
        backup: BackupRecord,
        /// What went into it, and what didn't.
        report: PackReport,
        /// What the archive before it is called since then, if it was kept.
        set_aside: Option<String>,
    },
    /// There is none, and the old one is untouched.
    NotMade(Error),
    /// There is one, in the place of the old one, but it isn't good: nobody knows whether it outlives a power cut.
    NotDurable {
        /// The archive.
        backup: BackupRecord,
        /// What went into it, and what didn't.
        report: PackReport,
        /// What the archive before it is called since then, if it was kept.
        set_aside: Option<String>,
        /// Why that can't be told.
        error: Error,
    },
    /// It was ended on request. One that was planned is still owed.
    Interrupted,
    /// Somebody else is making the same backup; nothing was done.
    Busy,
}

/// Makes the backup. The old one is whole at every instant, and replaced only by a complete one.
///
/// A run begins once nobody else can make the same backup: a planned one is noted and told of then, and one that is
/// [busy](RunResult::Busy) leaves no trace.
///
/// The history hears what the archive will be before it takes its place, so that a crash leaves no doubt whether it
/// did. Where the schedule says so, it is read back before that.
pub fn perform(ports: &Ports<'_>, job: &Job, progress: &dyn Progress) -> RunResult {
    match make(ports, job, progress) {
        Ok(made) => made,
        Err(Error::BackupFailed { cause, .. }) if cause.failure == Failure::Interrupted => {
            RunResult::Interrupted
        }
        Err(error) => RunResult::NotMade(error),
    }
}

fn make(ports: &Ports<'_>, job: &Job, progress: &dyn Progress) -> Result<RunResult, Error> {
    let source = job.entry.source();
    let failed = |cause: PortError| Error::BackupFailed { source: source.to_owned(), cause };
    refuse_another_s_archive(ports, job)?;
    refuse_crowded(ports, job)?;
    let compression = job.entry.options().compression();
    let mut draft = match ports.backups.draft(job.entry.name(), compression) {
        Err(cause) if cause.failure == Failure::Busy => return Ok(RunResult::Busy),
        draft => draft.map_err(failed)?,
    };
    begin(ports, job);
    unknown_archives(ports, job).for_each(|archive| draft.keep(archive));
    let report = pack(ports, &job.entry, &mut *draft, progress)?;
    if report.grade() == Grade::Complete {
        refuse_emptied(ports, job, &report)?;
    }
    let seal = seal(ports, &job.entry, &mut *draft, progress)?;
    let set_aside = set_aside(ports, job, report.grade()).map_err(failed)?;
    let backup = sealed(ports, job, report.grade(), seal);
    let made =
        RunResult::Made { backup: backup.clone(), report: report.clone(), set_aside: set_aside.clone() };
    let record = made.record(job, ports.clock.now());
    record.into_iter().for_each(|record| note(ports, &HistoryNote::Sealed(record)));
    match draft.publish(report.grade()) {
        Ok(backup) => Ok(RunResult::Made { backup, report, set_aside }),
        Err(cause) if cause.failure == Failure::NotDurable => {
            Ok(RunResult::NotDurable { backup, report, set_aside, error: failed(cause) })
        }
        Err(cause) => Err(failed(cause)),
    }
}

/// Writes the source of an entry to a draft.
fn pack(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<PackReport, Error> {
    let source = entry.source().to_owned();
    let (path, selection) = (entry.source_under(ports.home), entry.options().selection());
    let request = PackRequest { source: &path, selection: &selection };
    ports.archiver.pack(&request, draft, progress).map_err(|cause| match cause.failure {
        Failure::Missing => Error::SourceMissing(source),
        _ => Error::BackupFailed { source, cause },
    })
}

/// Ends a draft, and reads it back where the entry wants that.
fn seal(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<Seal, Error> {
    let failed = |cause| Error::BackupFailed { source: entry.source().to_owned(), cause };
    if progress.is_cancelled() {
        return Err(failed(PortError::new(Failure::Interrupted, "finish the backup")));
    }
    let seal = draft.seal().map_err(failed)?;
    if entry.options().verifies() {
        read_back(ports.archiver, draft, progress).map_err(failed)?;
    }
    Ok(seal)
}

/// Notes that a planned run begins, and tells what it makes up for.
fn begin(ports: &Ports<'_>, job: &Job) {
    if job.key.planned.is_none() {
        return;
    }
    if job.missed_runs > 0 {
        let (source, missed_runs) = (job.entry.source().to_owned(), job.missed_runs);
        ports.journal.record(ports.clock.now(), &Event::MakingUp { source, missed_runs });
    }
    note(ports, &HistoryNote::Began { key: job.key.clone(), at: job.began });
}

/// Where the history can't take a note, the archive counts for more: at worst, a crash has the run made once more.
fn note(ports: &Ports<'_>, note: &HistoryNote) {
    if let Err(error) = ports.history.append(note) {
        ports.journal.record(ports.clock.now(), &Event::Failed(error.into()));
    }
}

/// Returns what the archive will be once it has taken its place.
fn sealed(ports: &Ports<'_>, job: &Job, grade: Grade, seal: Seal) -> BackupRecord {
    let Seal { archive_bytes, sha256 } = seal;
    let name = job.entry.name().archive(grade, job.entry.options().compression());
    let (file_name, finished) = (name.to_string(), ports.clock.now());
    BackupRecord { file_name, archive_bytes, finished, sha256: Some(sha256) }
}

/// Complete archives of that name that the history doesn't know: the user's own copies, most likely, which are not ours
/// to remove.
fn unknown_archives(ports: &Ports<'_>, job: &Job) -> impl Iterator<Item = ArchiveName> {
    let ours: Vec<_> = ports.backups.list().unwrap_or_default();
    let ours: Vec<_> =
        ours.into_iter().filter(|backup| job.knows(backup)).map(|ours| ours.file_name).collect();
    complete_archives(&job.entry).filter(move |archive| !ours.contains(&archive.to_string()))
}
