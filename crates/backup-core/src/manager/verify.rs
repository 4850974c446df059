//! Verify: the use case that reads archives and checks that they are intact.

use std::cell::RefCell;

use super::Manager;
use crate::model::archive::{ArchiveName, BackupRecord, DamagedMembers, Grade, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{ArchiveSum, AsMade, Flaw, HistoryNote, RunRecord, Verdict, Verification};
use crate::model::job::VerifyJob;
use crate::operation::check::{Inspected, inspect};
use crate::operation::checksums::update_checksum_list;
use crate::operation::history_cache::HistoryCache;
use crate::operation::recovery::{made_by, maker};
use crate::policy::verdict::{Verified, verdict_of};
use crate::ports::{EndCheck, Ports, Progress};

/// Checks that archives are intact.
pub struct Verify<'a> {
    pub(super) ports: Ports<'a>,
    /// The history. It is read on from archive to archive.
    history: RefCell<HistoryCache<'a>>,
}

/// The maximum number of times that an archive is read. It is read again if it was replaced meanwhile.
const MAX_READS: u32 = 3;

impl<'a> Verify<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>) -> Self {
        Self { ports, history: RefCell::new(HistoryCache::new(ports.history)) }
    }

    /// Carries out a job of the service. The history and the log tell how it went.
    pub fn perform(&self, job: &VerifyJob, progress: &dyn Progress) {
        let listed = Manager::new(self.ports).log_error(self.ports.backups.list().map_err(Error::from));
        let archive = listed.unwrap_or_default().into_iter().find(|backup| backup.file_name == job.archive);
        let Some(archive) = archive else { return };
        let read = self.read(&archive.file_name, progress);
        // One that a stop has interrupted has found nothing. It is done again after the next start.
        if !matches!(&read, Err(Error::Port(error)) if error.failure == Failure::Interrupted) {
            // A failure is in the log.
            let _ = self.conclude(read);
        }
    }

    /// Reads an archive to its end and returns its verdict, or `None` if it was removed meanwhile.
    ///
    /// An archive that was replaced meanwhile is read again. If the history knows the archive and the verdict is news, it is
    /// recorded there. If that fails, the failure is in the result and in the log.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] if `progress` cancels, or a failure to read the history.
    pub fn verify(&self, archive: &BackupRecord, progress: &dyn Progress) -> Result<Option<Verified>, Error> {
        self.conclude(self.read(&archive.file_name, progress))
    }

    /// Logs and records what a read has found.
    fn conclude(&self, read: Result<Option<ReadArchive>, Error>) -> Result<Option<Verified>, Error> {
        let manager = Manager::new(self.ports);
        let Some(ReadArchive { mut verified, run, sha256 }) = manager.log_error(read)? else {
            return Ok(None);
        };
        self.log(&verified);
        if let Some(run) = run {
            let recorded = self
                .record_verdict(&verified, &run)
                .and_then(|()| sha256.map_or(Ok(()), |sha256| self.record_sum(&verified, &run, sha256)));
            let recorded = manager.log_error(recorded);
            verified.history_error = recorded.err().map(|error| error.to_string());
        }
        Ok(Some(verified))
    }

    /// Records a flaw that is new, or that is gone, in the history.
    ///
    /// What is damaged inside of an archive stays so while nobody can look into it.
    ///
    /// Archives that the history doesn't know need no note, because they are never removed.
    fn record_verdict(&self, verified: &Verified, run: &RunRecord) -> Result<(), Error> {
        let mut history = self.history.borrow_mut();
        history.refresh()?;
        let ledger = history.ledger();
        let flaw = verified.verdict.flaw();
        let known = ledger.flaw_of(run).and_then(|verification| verification.flaw.as_ref());
        let is_hidden = verified.locked.is_some() && matches!(known, Some(Flaw::Damaged(_)));
        if known == flaw || is_hidden || !ledger.knows_archive_of(run) {
            return Ok(());
        }
        let at = self.ports.clock.now();
        let verification = Verification::of(run, &verified.file_name, at, flaw.cloned());
        Ok(Manager::new(self.ports).append_notes(&[HistoryNote::Verified(verification)])?)
    }

    /// Records the SHA-256 of a sound archive whose sum the history doesn't know yet, and lists it.
    fn record_sum(&self, verified: &Verified, run: &RunRecord, sha256: [u8; 32]) -> Result<(), Error> {
        let mut history = self.history.borrow_mut();
        let ledger = history.ledger();
        let is_unknown = ledger.sha256_of(run).is_none() && ledger.knows_archive_of(run);
        let is_its = || maker(&self.ports, ledger, &verified.file_name).is_some_and(|by| by.is_same_run(run));
        if !is_unknown || !verified.verdict.is_sound() || !is_its() {
            return Ok(());
        }
        let (key, archive) = (run.key.clone(), verified.file_name.clone());
        let sum = ArchiveSum { key, began: run.began, archive, at: self.ports.clock.now(), sha256 };
        Manager::new(self.ports).append_notes(&[HistoryNote::Summed(sum)])?;
        history.refresh()?;
        Ok(update_checksum_list(&self.ports, &mut history)?)
    }

    /// Logs the verdict of an archive.
    pub fn log(&self, verified: &Verified) {
        let archive = display_path(&verified.file_name);
        let event = Event::Verified { archive, verdict: verified.verdict.clone() };
        self.ports.journal.record(self.ports.clock.now(), &event);
    }

    fn read(&self, file_name: &str, progress: &dyn Progress) -> Result<Option<ReadArchive>, Error> {
        let mut before = self.runs_behind(file_name)?;
        for _ in 1..MAX_READS {
            let read = self.read_once(file_name, &before, progress)?;
            let after = self.runs_behind(file_name)?;
            if after == before {
                return Ok(read);
            }
            if read.as_ref().is_some_and(|read| read.verified.verdict.is_sound()) {
                return Ok(read.map(ReadArchive::without_sum));
            }
            before = after;
        }
        Ok(self.read_once(file_name, &before, progress)?.map(ReadArchive::without_sum))
    }

    fn runs_behind(&self, file_name: &str) -> Result<Vec<RunRecord>, Error> {
        let mut history = self.history.borrow_mut();
        history.refresh()?;
        Ok(made_by(&self.ports, history.ledger(), file_name))
    }

    fn read_once(
        &self,
        file_name: &str,
        runs: &[RunRecord],
        progress: &dyn Progress,
    ) -> Result<Option<ReadArchive>, Error> {
        let ports = (self.ports.backups, self.ports.archiver);
        let (mut run, mut sha256, mut damaged) = (runs.first(), None, DamagedMembers::default());
        let mut locked = None;
        let verdict = match inspect(ports, file_name, self.end_check_for(file_name, runs), progress) {
            Ok(Inspected { digest, structure, members, locked: why }) => {
                locked = why;
                run = runs.iter().find(|run| run.sha256 == Some(digest.sha256)).or(run);
                sha256 = Some(digest.sha256);
                let runs: Vec<_> = runs.iter().collect();
                let verdict = verdict_of(&digest, structure, members.as_ref(), &runs);
                let verdict = match &locked {
                    Some(why) => of_bytes_alone(verdict, run, why),
                    None => verdict,
                };
                damaged = members.unwrap_or_default().damaged;
                verdict
            }
            Err(error) if error.failure == Failure::Interrupted => return Err(Error::Port(error)),
            Err(error) if error.failure == Failure::Missing => {
                match runs.first().filter(|_| has_newest_name(file_name)) {
                    Some(run) => Verdict::Missing { made_for: run.made_for() },
                    None => return Ok(None),
                }
            }
            Err(error) => Verdict::Flawed(Flaw::Unreadable(error.to_string())),
        };
        // A missing archive has no bytes, so the history needs no note of them.
        let run = run.filter(|_| !matches!(verdict, Verdict::Missing { .. })).cloned();
        let verified = Verified { damaged, locked, ..verified(file_name.to_owned(), verdict) };
        Ok(Some(ReadArchive { verified, run, sha256 }))
    }

    /// Returns how strictly the end of an archive is checked. If no run made it, another tool did.
    ///
    /// That may be so for one that was only found, too: an imported one. If its digest is known, that tells of any cut.
    fn end_check_for(&self, file_name: &str, runs: &[RunRecord]) -> EndCheck {
        let history = self.history.borrow();
        let found = history.ledger().made(file_name).filter(|_| history.ledger().order(file_name) == 0);
        let has_digest = found.is_some_and(|run| run.sha256.is_some());
        if runs.is_empty() || has_digest { EndCheck::Tolerant } else { EndCheck::Exact }
    }
}

/// An archive that was read.
struct ReadArchive {
    verified: Verified,
    /// The run that made it, if it is known.
    run: Option<RunRecord>,
    /// The SHA-256 of its bytes, unless it may be that of another archive: one that was replaced meanwhile.
    sha256: Option<[u8; 32]>,
}

impl ReadArchive {
    fn without_sum(self) -> Self {
        Self { sha256: None, ..self }
    }
}

pub(super) fn verified(file_name: String, verdict: Verdict) -> Verified {
    Verified { file_name, verdict, damaged: DamagedMembers::default(), locked: None, history_error: None }
}

/// Returns the verdict on an archive of which only the bytes were read, with the number of entries that its run has counted.
///
/// `locked` is why nobody looked into it. Without a digest to compare, nothing was checked.
fn of_bytes_alone(verdict: Verdict, run: Option<&RunRecord>, locked: &PortError) -> Verdict {
    let entries = run.map_or(0, |run| run.entries);
    match verdict {
        Verdict::Good(as_made) => Verdict::Good(AsMade { entries, ..as_made }),
        Verdict::Incomplete(as_made) => Verdict::Incomplete(AsMade { entries, ..as_made }),
        Verdict::Unknown | Verdict::UnknownDigest => {
            let reason = locked.source.as_ref().map_or_else(|| locked.to_string(), ToString::to_string);
            Verdict::Unchecked(reason)
        }
        other => other,
    }
}

/// Returns whether this is the name of the newest complete archive. Archives with other names may be removed at any time.
fn has_newest_name(file_name: &str) -> bool {
    ArchiveName::parse(file_name)
        .is_some_and(|archive| archive.grade == Grade::Complete && archive.stamp.is_none())
}
