//! The use case that finds out whether backups are good.

use std::cell::RefCell;
use std::collections::HashSet;

use super::Manager;
use crate::manager::archive_query::no_such_backup;
use crate::model::archive::{ArchiveName, BackupName, BackupRecord, CheckReport, Seal, Suggestion, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{Flaw, HistoryNote, Ledger, RunRecord, Verification};
use crate::operation::check::checked;
use crate::operation::history_cache::HistoryCache;
use crate::operation::recovery::made_by;
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::policy::integrity::gone_older;
use crate::policy::verdict::{Verdict, Verified, judge};
use crate::ports::{Ending, Ports, Progress, Walk};

/// Finds out whether backups are good.
pub struct Verify<'a> {
    ports: Ports<'a>,
    /// Read on from archive to archive.
    memory: RefCell<HistoryCache<'a>>,
}

/// What somebody wants to know of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyRequest {
    /// The name of the backup; all of them without one.
    pub name: Option<String>,
    /// All its generations, and incomplete ones, instead of the newest complete one.
    pub all: bool,
}

/// What there is to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyPlan {
    /// The archives to read.
    pub archives: Vec<BackupRecord>,
    /// What isn't there although it should be.
    pub missing: Vec<Verified>,
}

impl VerifyPlan {
    /// Returns how many bytes there are to read.
    #[must_use]
    pub fn archive_bytes(&self) -> u64 {
        self.archives.iter().map(|archive| archive.archive_bytes).sum()
    }
}

/// How often an archive is read that is replaced while it is read.
const MOST_READS: u32 = 3;

impl<'a> Verify<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>) -> Self {
        Self { ports, memory: RefCell::new(HistoryCache::new(ports.history)) }
    }

    /// Decides which archives are to be read, and tells which are missing: the newest of a schedule, or of the name that
    /// was asked for, where the history says that it stands, and their older generations too, where all are asked for.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] for a name that nothing is known of, [`Error::BackupsMissing`], or a failure of the stores.
    pub fn plan(&self, order: &VerifyRequest) -> Result<VerifyPlan, Error> {
        Manager::new(self.ports).logged_error(self.decide(order))
    }

    fn decide(&self, order: &VerifyRequest) -> Result<VerifyPlan, Error> {
        let listed = Manager::new(self.ports).load_backups();
        let ledger = Ledger::new(&self.ports.history.load()?);
        let Some(name) = &order.name else {
            let names = self.scheduled_names();
            return match listed {
                Ok(archives) => {
                    Ok(VerifyPlan { missing: self.missing(&ledger, &names, &archives, order), archives })
                }
                // No place at all: then all that should stand there is missing.
                Err(Error::BackupsMissing) => match self.missing(&ledger, &names, &[], order) {
                    missing if missing.is_empty() => Err(Error::BackupsMissing),
                    missing => Ok(VerifyPlan { archives: Vec::new(), missing }),
                },
                Err(error) => Err(error),
            };
        };
        let given = name;
        let listed = listed.or_else(|error| {
            if matches!(error, Error::BackupsMissing) { Ok(Vec::new()) } else { Err(error) }
        })?;
        let unknown =
            || no_such_backup(given, Suggestion::by(given, &listed).map(Suggestion::without_archive));
        let name: BackupName = given.parse().map_err(|_| unknown())?;
        let missing = self.missing(&ledger, std::slice::from_ref(&name), &listed, order);
        let archives = wanted(&listed, &name, order.all);
        if archives.is_empty() && missing.is_empty() {
            return Err(unknown());
        }
        Ok(VerifyPlan { archives, missing })
    }

    fn missing(
        &self,
        ledger: &Ledger,
        names: &[BackupName],
        listed: &[BackupRecord],
        order: &VerifyRequest,
    ) -> Vec<Verified> {
        // A run may have set one aside since they were listed.
        let now = if order.all { self.ports.backups.list().unwrap_or_default() } else { Vec::new() };
        let stand: HashSet<_> = listed.iter().chain(&now).map(|backup| backup.file_name.as_str()).collect();
        let older = |name| gone_older(ledger, &stand, name);
        let older = names.iter().filter(|_| order.all).flat_map(older);
        let older = older.map(|(file_name, run)| missing_one(file_name.to_owned(), run));
        older.chain(missing(ledger, names, &stand)).collect()
    }

    fn scheduled_names(&self) -> Vec<BackupName> {
        let manager = Manager::new(self.ports);
        let Ok(book) = manager.load_book() else { return Vec::new() };
        let entries = manager.admit(&book).into_iter().filter_map(|line| line.entry.ok());
        let mut names: Vec<BackupName> = entries.map(|entry| entry.name().clone()).collect();
        names.sort_by_key(ToString::to_string);
        names.dedup();
        names
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

fn verified(file_name: String, soundness: Verdict) -> Verified {
    Verified { file_name, soundness, unnoted: None }
}

/// An older generation or an incomplete one may be removed at any time.
fn is_newest(file_name: &str) -> bool {
    ArchiveName::parse(file_name).is_some_and(|archive| {
        archive.backup.archive(crate::model::archive::Grade::Complete, archive.compression) == archive
    })
}

fn wanted(listed: &[BackupRecord], name: &BackupName, all: bool) -> Vec<BackupRecord> {
    if !all {
        let newest = choose_archive(listed, &ArchiveChoice::Newest(name.clone()));
        return newest.into_iter().cloned().collect();
    }
    let is_of = |record: &&BackupRecord| {
        ArchiveName::parse(&record.file_name).is_some_and(|archive| archive.backup == *name)
    };
    listed.iter().filter(is_of).cloned().collect()
}

fn missing(ledger: &Ledger, names: &[BackupName], stand: &HashSet<&str>) -> Vec<Verified> {
    let standing = names.iter().filter_map(|name| ledger.standing(name).complete);
    let named = standing.filter_map(|run| Some((run.archive.clone()?, run)));
    let gone = named.filter(|(file_name, _)| !stand.contains(file_name.as_str()));
    gone.map(|(file_name, run)| missing_one(file_name, run)).collect()
}

fn missing_one(file_name: String, run: &RunRecord) -> Verified {
    verified(file_name, Verdict::Missing { made_for: run.made_for() })
}

/// What broke, without what was being done.
fn reason(error: PortError) -> String {
    let (text, action) = (error.to_string(), error.source);
    action.map_or(text, |cause| cause.to_string())
}
