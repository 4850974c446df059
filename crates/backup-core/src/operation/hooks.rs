//! Hooks: runs the commands before and after a backup, and those that an earlier run owes.
//!
//! The last command is owed from before the first one begins until it has ended. The history knows that, so that whoever
//! holds the backup's draft next can make up for a process that died. Only one process holds a draft at a time.

mod variables;

use std::time::Duration;

use crate::model::archive::{BackupRecord, Grade, PackReport, display_path};
use crate::model::command::{Command, CommandFault, CommandReport};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, Outcome, OwedHook, RunKey};
use crate::model::hook::{Hook, HookPhase, HookProblem};
use crate::model::job::{RunJob, RunResult};
use crate::model::schedule::ScheduleEntry;
use crate::operation::admission::{HOOKS, no_such_table};
use crate::operation::hooks::variables::{Known, held, variables};
use crate::operation::output_lines::{LIMIT, lines};
use crate::ports::{CommandRequest, Ports, Progress, SilentProgress};

/// The hook of one run.
pub(crate) struct Hooks<'a> {
    ports: &'a Ports<'a>,
    key: &'a RunKey,
    entry: &'a ScheduleEntry,
    name: &'a str,
    hook: &'a Hook,
    /// Whether nothing of the backup is removed for now, as far as earlier runs tell.
    is_held: bool,
    problems: Vec<HookProblem>,
}

impl<'a> Hooks<'a> {
    /// Returns the hook that a job's schedule names, if it names one.
    ///
    /// # Errors
    /// The configuration has no such hook. A schedule that was admitted has one.
    pub(crate) fn of(ports: &'a Ports<'a>, job: &'a RunJob) -> Result<Option<Self>, Error> {
        let Some(name) = job.entry.options().hooks() else { return Ok(None) };
        let Some(hook) = job.config.hooks.get(name) else {
            return Err(no_such_table(&job.entry, HOOKS, name));
        };
        let (key, entry, is_held) = (&job.key, &job.entry, job.is_held());
        Ok(Some(Self { ports, key, entry, name, hook, is_held, problems: Vec::new() }))
    }

    /// Lets `read` read the source, between the first command and the last one.
    ///
    /// The last one runs whatever happened before it, and isn't ended by a cancellation. If it can't be started, it stays
    /// owed.
    ///
    /// # Errors
    /// Those of `read`; [`Error::HookFailed`] if the first command fails, and the source isn't read then.
    pub(crate) fn around(
        &mut self,
        progress: &dyn Progress,
        read: impl FnOnce() -> Result<PackReport, Error>,
    ) -> Result<PackReport, Error> {
        self.note_begin()?;
        let report = self.before(progress).and_then(|()| read());
        let known = match &report {
            Ok(report) => Known::outcome(outcome_of(report)),
            Err(error) if is_interruption(error) => Known::outcome(Outcome::Interrupted),
            Err(error) => Known::failed(error),
        };
        if self.hook.finally.is_some() && self.run(HookPhase::Finally, &known, &SilentProgress) {
            note_end(self.ports, self.key);
        }
        report
    }

    /// Runs the command that follows this result. Returns the result with what went wrong in all commands.
    pub(crate) fn after(mut self, result: RunResult, progress: &dyn Progress) -> RunResult {
        let phase = match result.outcome() {
            Some(Outcome::Done | Outcome::Torn) => Some(HookPhase::AfterSuccess),
            Some(Outcome::Incomplete | Outcome::Failed) => Some(HookPhase::AfterFailure),
            Some(Outcome::Interrupted | Outcome::Skipped) | None => None,
        };
        self.is_held |= !result.anomalies().is_empty();
        if let Some(phase) = phase {
            self.run(phase, &known_of(&result), progress);
        }
        if self.problems.is_empty() {
            return result;
        }
        RunResult::Hooked { result: Box::new(result), problems: self.problems }
    }

    /// Notes that the last command is owed from now on.
    ///
    /// # Errors
    /// The history can't be written. Then nothing may begin, because nobody would know what is owed.
    fn note_begin(&self) -> Result<(), Error> {
        if self.hook.finally.is_none() {
            return Ok(());
        }
        let (key, hook, at) = (self.key.clone(), self.name.to_owned(), self.ports.clock.now());
        let noted = self.ports.history.append(&HistoryNote::HookBegan(OwedHook { key, hook, at }));
        noted.map_err(|cause| Error::BackupFailed { source: self.entry.source().to_owned(), cause })
    }

    fn before(&mut self, progress: &dyn Progress) -> Result<(), Error> {
        let source = || self.entry.source().to_owned();
        match self.command(HookPhase::Before, &Known::default(), progress) {
            None => Ok(()),
            Some(HookProblem { fault: CommandFault::Cancelled, .. }) => {
                let cause = PortError::new(Failure::Interrupted, "finish the backup");
                Err(Error::BackupFailed { source: source(), cause })
            }
            Some(problem) => Err(Error::HookFailed(source(), Box::new(problem))),
        }
    }

    /// Runs the command of a phase, and keeps what went wrong. Returns whether it could be started.
    fn run(&mut self, phase: HookPhase, known: &Known, progress: &dyn Progress) -> bool {
        let problem = self.command(phase, known, progress);
        let is_run = !matches!(&problem, Some(HookProblem { fault: CommandFault::NotRun(_), .. }));
        self.problems.extend(problem);
        is_run
    }

    /// Runs the command of a phase, and logs its output. Returns what went wrong.
    fn command(&self, phase: HookPhase, known: &Known, progress: &dyn Progress) -> Option<HookProblem> {
        let command = self.hook.command(phase)?;
        let problem =
            |fault, last_line| Some(HookProblem { hook: self.name.to_owned(), phase, fault, last_line });
        let report = match self.report(command, phase, known, progress) {
            Ok(report) => report,
            Err(error) => return problem(CommandFault::NotRun(error), None),
        };
        self.log(phase, &report);
        let fault = CommandFault::of(report.end, self.hook.timeout)?;
        problem(fault, report.output.last_line())
    }

    fn report(
        &self,
        command: &Command,
        phase: HookPhase,
        known: &Known,
        progress: &dyn Progress,
    ) -> Result<CommandReport, PortError> {
        let home = self.ports.home;
        let dir = self.hook.dir.as_ref().map_or_else(|| home.to_owned(), |dir| home.join(dir));
        let mut variables = variables(home, self.key, self.entry, phase, known);
        variables.push(held(self.is_held));
        // A period is at least a second.
        let timeout = self.hook.timeout.duration().to_std().unwrap_or(Duration::ZERO);
        let (dir, variables) = (dir.as_path(), variables.as_slice());
        let request = CommandRequest { command, dir, variables, input: None, timeout, keep: LIMIT };
        self.ports.commands.run(&request, None, progress)
    }

    fn log(&self, phase: HookPhase, report: &CommandReport) {
        let (source, hook) = (self.entry.source(), self.name);
        let said = |text| Event::HookSaid { source: source.to_owned(), hook: hook.to_owned(), phase, text };
        let now = self.ports.clock.now();
        lines(&report.output).into_iter().for_each(|text| self.ports.journal.record(now, &said(text)));
    }
}

/// Runs what earlier runs of a job's backup owe. The caller holds the draft of the backup.
///
/// The history is read anew only if the job says that something is owed, which is hardly ever.
pub(crate) fn catch_up(ports: &Ports<'_>, job: &RunJob) {
    if job.owed_hook.is_none() {
        return;
    }
    match ports.history.load() {
        // Another process may have done it since.
        Ok(notes) => {
            let ledger = Ledger::new(&notes);
            ledger.owed_hook(job.entry.name()).into_iter().for_each(|owed| make_up_for(ports, job, owed));
        }
        // It stays owed.
        Err(error) => ports.journal.record(ports.clock.now(), &Event::Failed(error.into())),
    }
}

/// Runs what earlier runs of a job's backup owe, and makes no backup.
pub(crate) fn settle(ports: &Ports<'_>, job: &RunJob) -> RunResult {
    let draft = ports.backups.draft(job.entry.name(), job.entry.options().compression());
    match &draft {
        Err(error) if error.failure == Failure::Busy => return RunResult::Busy,
        // A full disk is no reason to leave things as they are.
        Ok(_) | Err(_) => catch_up(ports, job),
    }
    drop(draft);
    RunResult::Settled
}

fn make_up_for(ports: &Ports<'_>, job: &RunJob, owed: &OwedHook) {
    // The run may be of another schedule of this backup. Its schedule may be gone.
    let entry = owed.key.entry.parse::<ScheduleEntry>();
    let (entry, name) = (entry.as_ref().unwrap_or(&job.entry), owed.hook.as_str());
    let record = |event: &Event| ports.journal.record(ports.clock.now(), event);
    let (source, hook) = (entry.source().to_owned(), owed.hook.clone());
    match job.config.hooks.get(name).filter(|hook| hook.finally.is_some()) {
        Some(found) => {
            record(&Event::HookOwed(source.clone(), hook));
            let (key, is_held) = (&owed.key, job.is_held());
            let mut hooks = Hooks { ports, key, entry, name, hook: found, is_held, problems: Vec::new() };
            let is_run = hooks.run(HookPhase::Finally, &Known::died(), &SilentProgress);
            for problem in hooks.problems {
                record(&Event::HookFailed { source: source.clone(), problem: Box::new(problem) });
            }
            if !is_run {
                return;
            }
        }
        None => record(&Event::HookGone(source, hook)),
    }
    note_end(ports, &owed.key);
}

/// Notes that the last command of a hook has ended, and logs a failure. At worst, the command runs once more.
fn note_end(ports: &Ports<'_>, key: &RunKey) {
    let now = ports.clock.now();
    if let Err(error) = ports.history.append(&HistoryNote::HookEnded { key: key.clone(), at: now }) {
        ports.journal.record(now, &Event::Failed(error.into()));
    }
}

fn outcome_of(report: &PackReport) -> Outcome {
    match (report.grade(), report.torn_entries) {
        (Grade::Incomplete, _) => Outcome::Incomplete,
        (Grade::Complete, 0) => Outcome::Done,
        (Grade::Complete, _) => Outcome::Torn,
    }
}

fn is_interruption(error: &Error) -> bool {
    matches!(error, Error::BackupFailed { cause, .. } if cause.failure == Failure::Interrupted)
}

/// Returns what is known after a run.
fn known_of(result: &RunResult) -> Known {
    let archive = |backup: &BackupRecord| Some((display_path(&backup.file_name), backup.archive_bytes));
    let (archive, error) = match result {
        RunResult::Made { backup, .. } => (archive(backup), None),
        RunResult::NotDurable { backup, error, .. } => (archive(backup), Some(error.to_string())),
        RunResult::NotMade(error) => (None, Some(error.to_string())),
        RunResult::Hooked { result, .. } => return known_of(result),
        RunResult::Interrupted | RunResult::Busy | RunResult::Settled => (None, None),
    };
    Known { outcome: result.outcome(), archive, error }
}
