//! Run: the use cases that make a backup now, by hand.

use std::io::SeekFrom;
use std::sync::Arc;

use crate::manager::Manager;
use crate::model::archive::{Compression, PackReport};
use crate::model::config::Config;
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{Flaw, Ledger, Outcome, RunKey, RunRecord};
use crate::model::job::{Replaced, RunJob, RunResult};
use crate::model::schedule::{Options, ScheduleEntry, ScheduleOption};
use crate::operation::admission::{Admission, check};
use crate::operation::run::{keys_of, perform, perform_to_file, survey};
use crate::ports::{Draft, Progress};

/// Creates the file that a run writes its archive to, compressed like that, and encrypted for those who have one of these keys.
pub type BeginOutput<'a> =
    &'a dyn Fn(Compression, Option<&EncryptionKeys>) -> Result<Box<dyn Draft + 'a>, PortError>;

/// The result of a run by hand.
#[derive(Debug)]
pub struct RunReport {
    /// How the run ended.
    pub outcome: Outcome,
    /// What happened. The outcome is the last event.
    pub events: Vec<Event>,
    /// The run as the history records it. One to another place has such a record too, which the history doesn't get.
    pub record: Option<RunRecord>,
    /// The archive before, if the run found it damaged when it was about to take over parts of it. The run took over nothing then.
    pub bad_base: Option<BadBase>,
}

/// The archive before, in which a run found damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadBase {
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The name of the backup.
    pub name: String,
    /// The file name of the archive by now, if it still exists. Without `keep`, the new archive has replaced it.
    pub archive: Option<String>,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The source, as it is written in the schedule.
    pub source: String,
    /// What would be packed, left out, and could not be read.
    pub report: PackReport,
}

impl Manager<'_> {
    /// Makes the backup of the schedule with that index or name now. Its planned runs stay planned.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::SchedulesMissing`], or why the backup could not be made.
    pub fn run(&self, key: &str, progress: &dyn Progress) -> Result<RunReport, Error> {
        self.run_with(key, &[], progress)
    }

    /// Makes the backup of the schedule with that index or name now, with additional options.
    ///
    /// # Errors
    /// As [`run`](Self::run). [`Error::MalformedSchedule`] if a pattern is invalid. [`Error::NarrowRun`] if the archive would
    /// hold less than the schedule says; [`run_to`](Self::run_to) makes such an archive.
    pub fn run_with(
        &self,
        key: &str,
        more: &[ScheduleOption],
        progress: &dyn Progress,
    ) -> Result<RunReport, Error> {
        self.make(&self.log_error(self.job_by_hand(key, more))?, progress)
    }

    /// As [`run_with`](Self::run_with), and reads everything anew. Nothing is taken over from the archive before unread.
    ///
    /// # Errors
    /// As [`run_with`](Self::run_with).
    pub fn run_in_full(
        &self,
        key: &str,
        more: &[ScheduleOption],
        progress: &dyn Progress,
    ) -> Result<RunReport, Error> {
        let job = self.log_error(self.job_by_hand(key, more))?;
        self.make(&RunJob { reads_everything: true, ..job }, progress)
    }

    fn make(&self, job: &RunJob, progress: &dyn Progress) -> Result<RunReport, Error> {
        let result = perform(&self.ports, job, progress);
        let ended = self.ports.clock.now();
        let mut events = result.events(job);
        let record = result.record(job, ended);
        if let Some(record) = record.clone() {
            // The outcome stays the last event.
            let last = events.len().saturating_sub(1);
            events.splice(last..last, self.finish_run(&job.entry, record));
        }
        let bad_base = match job.replaces.as_ref().map(|old| self.bad_base(job, old)).transpose() {
            Ok(found) => found.flatten(),
            Err(error) => {
                let last = events.len().saturating_sub(1);
                events.insert(last, Event::failed(&error.into()));
                None
            }
        };
        self.log(&events);
        match (result.outcome(), result.without_hooks()) {
            (_, RunResult::NotMade(error) | RunResult::NotDurable { error, .. }) => Err(error),
            (Some(outcome), _) => Ok(RunReport { outcome, events, record, bad_base }),
            (None, _) => Err(Error::BackupFailed {
                source: job.entry.source().to_owned(),
                cause: PortError::new(Failure::Busy, "make it twice at once"),
            }),
        }
    }

    /// Returns what the run found wrong with the archive that it replaced, by the history.
    fn bad_base(&self, job: &RunJob, old: &Replaced) -> Result<Option<BadBase>, PortError> {
        if old.is_bad {
            return Ok(None);
        }
        let ledger = Ledger::new(&self.ports.history.load()?);
        let flaw = ledger.flaw_of(&old.run).and_then(|verification| verification.flaw.clone());
        let archive = ledger.archive_of(&old.run).map(str::to_owned);
        Ok(flaw.map(|flaw| BadBase { flaw, name: job.entry.name().to_string(), archive }))
    }

    /// Makes an archive of the schedule's source in another place, with additional options.
    ///
    /// Neither the backups nor the history change, even if it fails.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::SchedulesMissing`], [`Error::MalformedSchedule`] if a pattern is invalid, or why
    /// the archive could not be made.
    pub fn run_to(
        &self,
        key: &str,
        more: &[ScheduleOption],
        begin: BeginOutput<'_>,
        progress: &dyn Progress,
    ) -> Result<RunReport, Error> {
        let started = self.entry_with_options(key, more).and_then(|(entry, config)| {
            let draft = begin(entry.options().compression(), keys_of(&entry, &config)?)?;
            Ok((entry, config, draft))
        });
        let (entry, config, draft) = self.log_error(started)?;
        let began = self.ports.clock.now();
        let result = perform_to_file(&self.ports, &entry, &config, draft, progress);
        let events = result.events_of(entry.source(), false, str::to_owned);
        self.log(&events);
        match (result.outcome(), result) {
            (_, RunResult::NotMade(error)) => Err(error),
            (outcome, result) => {
                let key = RunKey { entry: entry.identity(), planned: None };
                let job = RunJob::new(key, entry, 0, &Ledger::default(), began);
                let record = result.record(&job, self.ports.clock.now());
                let outcome = outcome.unwrap_or(Outcome::Failed);
                Ok(RunReport { outcome, events, record, bad_base: None })
            }
        }
    }

    /// Returns what a run of the schedule with that index or name would pack and leave out now, with additional options.
    ///
    /// `progress` is told of every entry. Nothing is written.
    ///
    /// # Errors
    /// As [`run_to`](Self::run_to).
    pub fn survey(
        &self,
        key: &str,
        more: &[ScheduleOption],
        progress: &dyn Progress,
    ) -> Result<Survey, Error> {
        let (entry, _) = self.entry_with_options(key, more)?;
        let report = survey(&self.ports, &entry, progress)?;
        Ok(Survey { source: entry.source().to_owned(), report })
    }

    /// Returns the size in bytes, as plain tar, of the archive that a run of that schedule would replace. A progress bar can
    /// expect as much.
    ///
    /// Returns `None` if there is no such archive, or if it doesn't tell its size as plain tar.
    #[must_use]
    pub fn last_archive_bytes(&self, key: &str) -> Option<u64> {
        let entry = self.find_schedule(key).ok()?;
        let backups = self.ports.backups.list().ok()?.into_iter();
        let last = backups
            .filter(|backup| backup.is_complete_of(entry.name()))
            .max_by_key(|backup| backup.finished)?;
        self.ports.backups.open(&last.file_name).ok()?.seek(SeekFrom::End(0)).ok()
    }

    fn job_by_hand(&self, key: &str, more: &[ScheduleOption]) -> Result<RunJob, Error> {
        let planned = self.find_schedule(key)?.options().selection();
        let (entry, config) = self.entry_with_options(key, more)?;
        if entry.options().selection().leaves_out_more_than(&planned) {
            let options = more.iter().filter(|option| option.leaves_out()).cloned().collect();
            return Err(Error::NarrowRun { key: key.to_owned(), options });
        }
        let mut ledger = self.record_rebuilt_ledger()?;
        self.record_published_run(entry.name(), &mut ledger);
        let key = RunKey { entry: entry.identity(), planned: None };
        Ok(RunJob::new(key, entry, 0, &ledger, self.ports.clock.now()).with_config(Arc::new(config)))
    }

    /// Returns the schedule with that index or name, with additional options, and the settings in force.
    fn entry_with_options(
        &self,
        key: &str,
        more: &[ScheduleOption],
    ) -> Result<(ScheduleEntry, Config), Error> {
        let entry = self.find_schedule(key)?.with_options(more);
        let config = self.config()?;
        // It has its defaults already.
        let by = Config { defaults: Options::default(), ..config.clone() };
        check(&entry, Admission::new(&self.ports, &by))?;
        Ok((entry, config))
    }
}
