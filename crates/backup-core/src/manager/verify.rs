//! The use case that finds out whether backups are good.

use std::cell::RefCell;

use super::Manager;
use crate::model::archive::{ArchiveName, BackupRecord, CheckReport, Seal, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{Flaw, HistoryNote, RunRecord, Verification};
use crate::operation::check::checked;
use crate::operation::history_cache::HistoryCache;
use crate::operation::recovery::made_by;
use crate::policy::verdict::{Verdict, Verified, judge};
use crate::ports::{Ending, Ports, Progress, Walk};

/// Finds out whether backups are good.
pub struct Verify<'a> {
    pub(super) ports: Ports<'a>,
    /// Read on from archive to archive.
    memory: RefCell<HistoryCache<'a>>,
}

/// How often an archive is read that is replaced while it is read.
const MOST_READS: u32 = 3;

impl<'a> Verify<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>) -> Self {
        Self { ports, memory: RefCell::new(HistoryCache::new(ports.history)) }
    }

    /// Reads an archive to its end, once, and tells how it is; `None` when it was removed meanwhile, as it may be. One
    /// that is replaced meanwhile is read again.
    ///
    /// That one isn't good which the history knows, or is good again, is noted there. Where that can't be noted, it stands
    /// in what is returned, and in the journal.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] when `progress` cancels, or a failure to read the history.
    pub fn verify(&self, archive: &BackupRecord, progress: &dyn Progress) -> Result<Option<Verified>, Error> {
        let read = self.read(&archive.file_name, progress);
        let manager = Manager::new(self.ports);
        let Some(Read { mut verified, made }) = manager.logged_error(read)? else { return Ok(None) };
        self.note(&verified);
        if let Some(run) = made {
            let noted = manager.logged_error(self.remember(&verified, &run));
            verified.unnoted = noted.err().map(|error| error.to_string());
        }
        Ok(Some(verified))
    }

    /// Has the history hold what is new about the archive that the run made: an archive that it doesn't know is never
    /// removed, whatever it is like.
    fn remember(&self, verified: &Verified, run: &RunRecord) -> Result<(), Error> {
        let mut memory = self.memory.borrow_mut();
        memory.refresh()?;
        let ledger = memory.ledger();
        let flaw = verified.soundness.flaw();
        let known = ledger.flaw_of(run).and_then(|verification| verification.flaw.as_ref());
        if known == flaw || !ledger.knows_archive_of(run) {
            return Ok(());
        }
        let verification = Verification {
            key: run.key.clone(),
            began: run.began,
            archive: verified.file_name.clone(),
            at: self.ports.clock.now(),
            flaw: flaw.cloned(),
        };
        Ok(Manager::new(self.ports).append(&[HistoryNote::Verified(verification)])?)
    }

    /// Leaves the line of an archive in the journal.
    pub fn note(&self, verified: &Verified) {
        let archive = place_of(&verified.file_name);
        let event = Event::Verified { archive, soundness: verified.soundness.to_string() };
        self.ports.journal.record(self.ports.clock.now(), &event);
    }

    fn read(&self, file_name: &str, progress: &dyn Progress) -> Result<Option<Read>, Error> {
        let mut before = self.made(file_name)?;
        for _ in 1..MOST_READS {
            let read = self.read_once(file_name, &before, progress)?;
            let after = self.made(file_name)?;
            if read.as_ref().is_some_and(|read| read.verified.soundness.is_sound()) || after == before {
                return Ok(read);
            }
            before = after;
        }
        self.read_once(file_name, &before, progress)
    }

    fn made(&self, file_name: &str) -> Result<Vec<RunRecord>, Error> {
        let mut memory = self.memory.borrow_mut();
        memory.refresh()?;
        Ok(made_by(&self.ports, memory.ledger(), file_name))
    }

    fn read_once(
        &self,
        file_name: &str,
        made: &[RunRecord],
        progress: &dyn Progress,
    ) -> Result<Option<Read>, Error> {
        let mut made_it = made.first();
        let soundness = match self.inspect(file_name, ending_of(made), progress) {
            Ok((seal, walked)) => {
                made_it = made.iter().find(|run| run.sha256 == Some(seal.sha256)).or(made_it);
                judge(&seal, walked, &made.iter().collect::<Vec<_>>())
            }
            Err(error) if error.failure == Failure::Interrupted => return Err(Error::Port(error)),
            Err(error) if error.failure == Failure::Missing => {
                match made.first().filter(|_| is_newest(file_name)) {
                    Some(run) => Verdict::Missing { made_for: run.made_for() },
                    None => return Ok(None),
                }
            }
            Err(error) => Verdict::Flawed(Flaw::Unreadable(error.to_string())),
        };
        // One that is gone has no bytes that the history could tell something of.
        let made = made_it.filter(|_| !matches!(soundness, Verdict::Missing { .. })).cloned();
        Ok(Some(Read { verified: verified(file_name.to_owned(), soundness), made }))
    }

    fn inspect(
        &self,
        file_name: &str,
        ending: Ending,
        progress: &dyn Progress,
    ) -> Result<(Seal, Result<CheckReport, String>), PortError> {
        let inspect = |walk: Walk<'_>| self.ports.backups.inspect(file_name, walk, progress);
        let (seal, walked) = checked(self.ports.archiver, ending, progress, inspect)?;
        Ok((seal, walked.map_err(reason)))
    }
}

/// Returns how an archive has to end that these runs may have made: one that none has is somebody else's.
fn ending_of(made: &[RunRecord]) -> Ending {
    if made.is_empty() { Ending::Any } else { Ending::Own }
}

/// An archive that was read.
struct Read {
    verified: Verified,
    /// The run that made it, as far as is known.
    made: Option<RunRecord>,
}

pub(super) fn verified(file_name: String, soundness: Verdict) -> Verified {
    Verified { file_name, soundness, unnoted: None }
}

/// An older generation or an incomplete one may be removed at any time.
fn is_newest(file_name: &str) -> bool {
    ArchiveName::parse(file_name).is_some_and(|archive| {
        archive.backup.archive(crate::model::archive::Grade::Complete, archive.compression) == archive
    })
}

/// What broke, without what was being done.
fn reason(error: PortError) -> String {
    let (text, action) = (error.to_string(), error.source);
    action.map_or(text, |cause| cause.to_string())
}
