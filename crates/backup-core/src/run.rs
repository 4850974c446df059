//! One run: from a schedule entry to a finished backup.

use crate::backup::{
    ArchiveName, BackupRecord, Compression, Finding, FindingKind, Grade, PackReport, Seal, Stamp,
};
use crate::error::{Error, Failure, PortError};
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, Outcome, RunKey, RunRecord};
use crate::ports::{Draft, Moment, PackRequest, Ports, Progress};
use crate::schedule::ScheduleEntry;

/// The folder of finished backups, as messages name it.
pub(crate) const BACKUPS: &str = "backups";

/// How many findings of one run are worth a line each in a log and in the history.
const MOST_FINDINGS_TOLD: usize = 20;

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
}

impl Replaced {
    fn of(run: &RunRecord) -> Option<Self> {
        let source = run.key.entry.parse::<ScheduleEntry>().ok()?.source().to_owned();
        let (archive, archive_bytes) = (run.archive.clone()?, run.archive_bytes);
        Some(Self { archive, source, entries: run.entries, archive_bytes, made_for: run.made_for() })
    }
}

impl Job {
    /// Returns the job of that run, with what the history says of the archive it would replace.
    #[must_use]
    pub fn new(key: RunKey, entry: ScheduleEntry, missed_runs: u32, ledger: &Ledger, began: Moment) -> Self {
        let replaces = ledger.standing(entry.name()).complete.and_then(Replaced::of);
        Self { key, entry, missed_runs, began, replaces }
    }
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
    /// It was ended on request. One that was planned is still owed.
    Interrupted,
    /// Somebody else is making the same backup; nothing was done.
    Busy,
}

/// Makes the backup. The old one is whole at every instant, and replaced only by a complete one.
///
/// The history hears what the archive will be before it takes its place, so that a crash leaves no doubt whether it
/// did.
pub fn perform(ports: &Ports<'_>, job: &Job, progress: &dyn Progress) -> RunResult {
    match make(ports, job, progress) {
        Ok(made) => made,
        Err(Error::BackupFailed { cause, .. }) if cause.failure == Failure::Interrupted => {
            RunResult::Interrupted
        }
        Err(Error::BackupFailed { cause, .. }) if cause.failure == Failure::Busy => RunResult::Busy,
        Err(error) => RunResult::NotMade(error),
    }
}

fn make(ports: &Ports<'_>, job: &Job, progress: &dyn Progress) -> Result<RunResult, Error> {
    let source = job.entry.source();
    let failed = |cause: PortError| Error::BackupFailed { source: source.to_owned(), cause };
    refuse_another_s_archive(ports, job)?;
    refuse_crowded(ports, job)?;
    let compression = job.entry.options().compression();
    let mut draft = ports.backups.draft(job.entry.name(), compression).map_err(failed)?;
    unknown_archives(job).for_each(|archive| draft.keep(archive));
    let path = job.entry.source_under(ports.home);
    let selection = job.entry.options().selection();
    let request = PackRequest { source: &path, selection: &selection };
    let report =
        ports.archiver.pack(&request, &mut draft, progress).map_err(|cause| match cause.failure {
            Failure::Missing => Error::SourceMissing(source.to_owned()),
            _ => failed(cause),
        })?;
    if report.grade() == Grade::Complete {
        refuse_emptied(ports, job, &report)?;
    }
    if progress.is_cancelled() {
        return Err(failed(PortError::new(Failure::Interrupted, "finish the backup")));
    }
    let seal = draft.seal().map_err(failed)?;
    if job.entry.options().verifies() {
        draft.verify(progress).map_err(failed)?;
    }
    let set_aside = set_aside(ports, job, report.grade()).map_err(failed)?;
    let made = sealed(ports, job, report, seal, set_aside);
    let record = made.record(job, ports.clock.now());
    record.into_iter().for_each(|record| note(ports, &HistoryNote::Sealed(record)));
    made.publish(draft).map_err(failed)
}

impl RunResult {
    /// Puts the archive in its place.
    fn publish(self, draft: Box<dyn Draft + '_>) -> Result<Self, PortError> {
        Ok(match self {
            Self::Made { report, set_aside, .. } => {
                Self::Made { backup: draft.publish(report.grade())?, report, set_aside }
            }
            other => other,
        })
    }
}

/// Keeps the archive that is about to be replaced under another name, where the schedule wants generations. Returns that
/// name, or `None` where nothing is kept.
fn set_aside(ports: &Ports<'_>, job: &Job, grade: Grade) -> Result<Option<String>, PortError> {
    let (Some(old), Some(_), Grade::Complete) = (&job.replaces, job.entry.options().keep(), grade) else {
        return Ok(None);
    };
    let Some(archive) = ArchiveName::parse(&old.archive) else { return Ok(None) };
    let aside = archive.stamped(Stamp::of(old.made_for));
    let is_aside = ports.backups.set_aside(&archive, &aside)?;
    Ok(is_aside.then(|| aside.to_string()))
}

/// Where the history can't take a note, the archive counts for more: at worst, a crash has the run made once more.
fn note(ports: &Ports<'_>, note: &HistoryNote) {
    if let Err(error) = ports.history.append(note) {
        ports.journal.record(ports.clock.now(), &Event::Failed(error.to_string()));
    }
}

/// Returns how the run will have ended once its archive has taken its place.
fn sealed(
    ports: &Ports<'_>,
    job: &Job,
    report: PackReport,
    seal: Seal,
    set_aside: Option<String>,
) -> RunResult {
    let Seal { archive_bytes, sha256 } = seal;
    let name = job.entry.name().archive(report.grade(), job.entry.options().compression());
    let (file_name, finished) = (name.to_string(), ports.clock.now());
    let backup = BackupRecord { file_name, archive_bytes, finished, sha256: Some(sha256) };
    RunResult::Made { backup, report, set_aside }
}

/// Complete archives of that name that are stored otherwise and that the history doesn't know: the user's own copies,
/// most likely, which are not ours to remove.
fn unknown_archives(job: &Job) -> impl Iterator<Item = ArchiveName> {
    let known = job.replaces.as_ref().map(|old| old.archive.clone());
    let complete = |compression| job.entry.name().archive(Grade::Complete, compression);
    Compression::ALL
        .into_iter()
        .map(complete)
        .filter(move |archive| known.as_ref() != Some(&archive.to_string()))
}

/// The name may have been another schedule's, whose backups stayed when it was deleted.
pub(crate) fn refuse_another_s_archive(ports: &Ports<'_>, job: &Job) -> Result<(), Error> {
    match &job.replaces {
        Some(old) if !job.entry.is_of(&old.source, ports.home) && archive_stands(ports, job)? => {
            let (archive, other) = (format!("{BACKUPS}/{}", old.archive), old.source.clone());
            Err(Error::ArchiveOfAnother { archive, other })
        }
        _ => Ok(()),
    }
}

/// A planned run doesn't begin what the disk has no room for, going by the last archive: it would fill the disk for
/// everybody else, to fail in the end. Who runs it by hand knows better.
fn refuse_crowded(ports: &Ports<'_>, job: &Job) -> Result<(), Error> {
    let (Some(old), Some(_)) = (&job.replaces, job.key.planned) else { return Ok(()) };
    let name = job.entry.name();
    let stored_alike = name.archive(Grade::Complete, job.entry.options().compression()).to_string();
    if old.archive != stored_alike || old.archive_bytes < LARGE_BYTES {
        return Ok(());
    }
    match ports.backups.free_bytes() {
        Some(free_bytes) if free_bytes < old.archive_bytes => {
            let (source, name) = (job.entry.source().to_owned(), name.to_string());
            Err(Error::NoRoom { source, name, last_bytes: old.archive_bytes, free_bytes })
        }
        _ => Ok(()),
    }
}

/// What is smaller than this is tried at once: a look at the room is not worth a refusal.
const LARGE_BYTES: u64 = 64 * 1024 * 1024;

/// A source with nothing below it where the last backup had entries: most likely nothing is mounted there, or more is
/// left out than was meant.
fn refuse_emptied(ports: &Ports<'_>, job: &Job, report: &PackReport) -> Result<(), Error> {
    let had = job.replaces.as_ref().map_or(0, |old| old.entries);
    if report.entries <= 1 && had > 1 && archive_stands(ports, job)? {
        return Err(Error::SourceEmpty { source: job.entry.source().to_owned(), last_entries: had });
    }
    Ok(())
}

/// Whether a complete archive would be replaced, however it is stored. Where that can't be told, none is.
fn archive_stands(ports: &Ports<'_>, job: &Job) -> Result<bool, Error> {
    let is_replaced = |backup: &BackupRecord| backup.is_complete_of(job.entry.name());
    match ports.backups.list() {
        Ok(backups) => Ok(backups.iter().any(is_replaced)),
        Err(cause) if cause.failure == Failure::Missing => Ok(false),
        Err(cause) => Err(Error::BackupFailed { source: job.entry.source().to_owned(), cause }),
    }
}

impl RunResult {
    /// Returns how the run ended, or `None` when it didn't take place.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Made { report, .. } if report.grade() == Grade::Incomplete => Some(Outcome::Incomplete),
            Self::Made { report, .. } if report.torn_entries > 0 => Some(Outcome::Torn),
            Self::Made { .. } => Some(Outcome::Done),
            Self::NotMade(_) => Some(Outcome::Failed),
            Self::Interrupted => Some(Outcome::Interrupted),
            Self::Busy => None,
        }
    }

    /// Returns what the logs say about it, the outcome last.
    #[must_use]
    pub fn events(&self, job: &Job) -> Vec<Event> {
        let source = job.entry.source().to_owned();
        let mut events = self.told().map(|finding| found(&source, finding)).collect::<Vec<_>>();
        let untold = self.findings().len().saturating_sub(MOST_FINDINGS_TOLD);
        if untold > 0 {
            events.push(Event::MoreFound { source: source.clone(), findings: untold });
        }
        let excluded_entries = self.excluded_entries();
        if excluded_entries > 0 {
            events.push(Event::LeftOut { source: source.clone(), excluded_entries });
        }
        events.push(self.headline(source, job.key.planned.is_some()));
        events
    }

    /// Returns the sentence that says how it ended.
    fn headline(&self, source: String, is_planned: bool) -> Event {
        match self {
            Self::Made { backup, report, .. } => {
                let archive = format!("{BACKUPS}/{}", backup.file_name);
                match (report.unreadable_entries, report.torn_entries) {
                    (0, 0) => Event::BackupDone { source, archive },
                    (0, torn_entries) => Event::BackupTorn { source, archive, torn_entries },
                    (missing_entries, _) => Event::BackupIncomplete { source, archive, missing_entries },
                }
            }
            Self::NotMade(error) => Event::failed(error),
            Self::Interrupted => Event::BackupInterrupted { source, is_owed: is_planned },
            Self::Busy => Event::BackupPostponed(source),
        }
    }

    /// Returns the history's record of it, or `None` when it didn't take place.
    #[must_use]
    pub fn record(&self, job: &Job, ended: Moment) -> Option<RunRecord> {
        let mut record = RunRecord {
            missed_runs: job.missed_runs,
            excluded_entries: self.excluded_entries(),
            problems: self.told().map(ToString::to_string).collect(),
            ..RunRecord::without_archive(job.key.clone(), self.outcome()?, job.began, ended)
        };
        match self {
            Self::Made { backup, report, set_aside } => {
                record.set_aside.clone_from(set_aside);
                record.archive = Some(backup.file_name.clone());
                record.archive_bytes = backup.archive_bytes;
                record.sha256 = backup.sha256;
                record.entries = report.entries;
            }
            Self::NotMade(error) => record.problems.push(error.to_string()),
            Self::Interrupted | Self::Busy => {}
        }
        Some(record)
    }

    fn excluded_entries(&self) -> u64 {
        if let Self::Made { report, .. } = self { report.excluded_entries } else { 0 }
    }

    fn findings(&self) -> &[Finding] {
        if let Self::Made { report, .. } = self { &report.findings } else { &[] }
    }

    /// The findings that are told, those that cost something before the harmless ones.
    fn told(&self) -> impl Iterator<Item = &Finding> {
        let harmful =
            |finding: &&Finding| matches!(finding.kind, FindingKind::Unreadable(_) | FindingKind::Torn);
        let findings = self.findings().iter();
        findings
            .clone()
            .filter(harmful)
            .chain(findings.filter(move |finding| !harmful(finding)))
            .take(MOST_FINDINGS_TOLD)
    }
}

fn found(source: &str, finding: &Finding) -> Event {
    Event::Found { source: source.to_owned(), finding: finding.clone() }
}
