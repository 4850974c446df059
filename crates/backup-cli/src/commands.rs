//! Each command: its use case, what it prints, and its exit code.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use backup_core::manager::{Manager, RunReport, ServiceDesk};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::event::Event;
use backup_core::model::history::Outcome;
use backup_core::model::schedule::ScheduleOption;
use backup_core::ports::Urgency;
use backup_core::text::printable;
use backup_fs::{Adapters, CancelFlag, ServiceProcess, Signals, cancel_on_signal};

use crate::args::Command;
use crate::exit;
use crate::output::{complain, print, print_error, warn};
use crate::progress_bar::TerminalProgress;
use crate::{check, drill, render, restore, run_to, verify, view};

/// The commands over the real adapters of one home.
pub(crate) struct Commands<'a> {
    adapters: &'a Adapters,
}

impl<'a> Commands<'a> {
    pub(crate) fn new(adapters: &'a Adapters) -> Self {
        Self { adapters }
    }

    /// Carries out a command and returns the exit code.
    pub(crate) fn run(&self, command: &Command) -> u8 {
        let result = match command {
            Command::Create { schedule, options, no_catch_up, keep, verify, drill } => {
                let mut options = options.options();
                options.extend(no_catch_up.then_some(ScheduleOption::CatchUp(false)));
                options.extend(keep.clone());
                options.extend(verify.then_some(ScheduleOption::Verify(true)));
                options.extend(drill.clone());
                self.create(schedule, &options)
            }
            Command::Prune { schedule, dry_run } => self.prune(schedule, *dry_run),
            Command::List => self.list(),
            Command::Check => check::check(self.adapters),
            Command::Delete { index } => self.manager().delete(index).map(done),
            Command::Start { poll, workers } => self.start(*poll, *workers),
            Command::Stop { now } => self.stop(*now),
            Command::Status { check } => self.status(*check),
            Command::History { schedule, last, json } => self.history(schedule.as_deref(), *last, *json),
            Command::Why { schedule, when } => self.why(schedule, when),
            Command::Backups { long } => self.backups(*long),
            Command::Run { schedule, options, output, verbose } => {
                let options = options.options();
                match output {
                    Some(file) => run_to::run_to(self.adapters, schedule, &options, file, *verbose),
                    None => self.make(schedule, &options, *verbose),
                }
            }
            Command::Restore(arguments) => restore::restore(self.adapters, arguments),
            Command::Verify { name, all, against_source } => {
                verify::verify(self.adapters, name.as_deref(), *all, *against_source)
            }
            Command::Drill { name, scratch } => {
                drill::drill(self.adapters, name.as_deref(), scratch.as_deref())
            }
            Command::Show(arguments) => view::show(self.adapters, arguments),
            Command::Cat(arguments) => view::cat(self.adapters, arguments),
            Command::Find(arguments) => view::find(self.adapters, arguments),
            Command::Other(_) => Err(Error::WrongUsage("no instruction given".to_owned())),
        };
        result.unwrap_or_else(|error| {
            print_error(&error);
            exit::of(&error)
        })
    }

    fn create(&self, schedule: &str, options: &[ScheduleOption]) -> Result<u8, Error> {
        let fields = options.iter().map(|option| format!(";{option}"));
        let text = fields.fold(schedule.to_owned(), |text, field| text + &field);
        let code = self.manager().create(&text).map(done)?;
        check::warn_of(self.adapters, &text);
        Ok(code)
    }

    fn prune(&self, schedule: &str, dry_run: bool) -> Result<u8, Error> {
        let manager = self.manager();
        if dry_run {
            return Ok(print(render::prune_plan(&manager.prune_plan(schedule)?, schedule)));
        }
        let pruned = manager.prune(schedule)?;
        let code = print(render::pruned(&pruned));
        pruned.failures.iter().for_each(complain);
        Ok(if pruned.failures.is_empty() { code } else { exit::FAILED })
    }

    fn list(&self) -> Result<u8, Error> {
        let listed = self.manager().list()?;
        let code = print(render::schedules(&listed));
        render::warnings(&listed).into_iter().for_each(complain);
        Ok(code)
    }

    fn start(&self, poll: Option<u32>, workers: Option<u8>) -> Result<u8, Error> {
        let mut arguments = Vec::new();
        arguments.extend(poll.map(|seconds| format!("--poll={seconds}")));
        arguments.extend(workers.map(|workers| format!("--workers={workers}")));
        let control = ServiceProcess::new(self.adapters.home().clone(), arguments);
        let code = ServiceDesk::new(self.adapters.ports(), &control).start().map(done)?;
        self.warn_of_missing_schedules();
        Ok(code)
    }

    /// A service in the wrong home looks like a success, and backs up nothing.
    fn warn_of_missing_schedules(&self) {
        if let Err(error) = self.adapters.ports().schedules.load() {
            let home = self.adapters.home().root().display().to_string();
            complain(format_args!(
                "warning: nothing is scheduled in {}: {error}",
                printable(home.as_bytes())
            ));
        }
    }

    fn stop(&self, now: bool) -> Result<u8, Error> {
        let urgency = if now { Urgency::Now } else { Urgency::Finish };
        let mut told = Vec::new();
        let mut tell = |sources: &[String]| {
            if io::stderr().is_terminal() && !sources.is_empty() && told != sources {
                let names = printable(sources.join(", ").as_bytes());
                complain(format_args!("Waiting for the backup of {names} (`stop --now` ends it)"));
                told = sources.to_vec();
            }
        };
        let control = self.control();
        ServiceDesk::new(self.adapters.ports(), &control).stop(urgency, &mut tell).map(done)
    }

    /// A check asks for the backups alone; without it, the service counts.
    fn status(&self, check: bool) -> Result<u8, Error> {
        let control = self.control();
        let status = ServiceDesk::new(self.adapters.ports(), &control).status()?;
        let code = print(render::status(&status));
        Event::history_gap(status.unreadable_lines).iter().for_each(warn);
        if check && status.schedules.is_empty() {
            print(["nothing is scheduled"]);
            self.warn_of_missing_schedules();
        }
        let is_good = if check { status.is_all_right() } else { status.service.is_some() };
        Ok(if is_good { code } else { exit::FAILED })
    }

    fn history(&self, schedule: Option<&str>, last: Option<u32>, json: bool) -> Result<u8, Error> {
        let control = self.control();
        let last = last.map(|last| usize::try_from(last).unwrap_or(usize::MAX));
        let runs = ServiceDesk::new(self.adapters.ports(), &control).history(schedule, last)?;
        self.manager().history_gap().iter().for_each(warn);
        Ok(print(if json { render::history_json(&runs) } else { render::history(&runs) }))
    }

    fn why(&self, schedule: &str, when: &str) -> Result<u8, Error> {
        let control = self.control();
        let explanations = ServiceDesk::new(self.adapters.ports(), &control).why(schedule, when)?;
        Ok(print(render::explanations(&explanations)))
    }

    fn backups(&self, details: bool) -> Result<u8, Error> {
        let records = self.manager().backups()?;
        Ok(print(render::backups(&records, details, self.adapters.ports().clock.now())))
    }

    /// Makes a backup. Ctrl-C ends it cleanly.
    fn make(&self, schedule: &str, options: &[ScheduleOption], verbose: bool) -> Result<u8, Error> {
        let cancel = interruptible()?;
        let expected_bytes = self.manager().last_archive_bytes(schedule);
        let progress = TerminalProgress::begin(expected_bytes, cancel, verbose);
        let report = self.manager().run_with(schedule, options, &progress);
        drop(progress);
        Ok(report_run(&report?, verbose))
    }

    fn manager(&self) -> Manager<'a> {
        Manager::new(self.adapters.ports())
    }

    fn control(&self) -> ServiceProcess {
        ServiceProcess::new(self.adapters.home().clone(), Vec::new())
    }
}

/// Returns a flag that Ctrl-C sets.
pub(crate) fn interruptible() -> Result<Arc<CancelFlag>, PortError> {
    let cancel = Arc::new(CancelFlag::default());
    let failed = |error: io::Error| PortError::new(Failure::Other, "take the signals").because(error);
    cancel_on_signal(Signals::take().map_err(failed)?, Arc::clone(&cancel)).map_err(failed)?;
    Ok(cancel)
}

/// The message of a success goes to standard output, all that qualifies it to standard error. What was found was
/// named already where that was asked for.
pub(crate) fn report_run(report: &RunReport, verbose: bool) -> u8 {
    if let Some((headline, details)) = report.events.split_last() {
        let was_said = |event: &&Event| matches!(event, Event::Found { .. } | Event::MoreFound { .. });
        details.iter().filter(|event| !(verbose && was_said(event))).for_each(complain);
        match report.outcome {
            Outcome::Failed | Outcome::Interrupted | Outcome::Skipped => complain(headline),
            Outcome::Done | Outcome::Torn | Outcome::Incomplete => {
                print([headline]);
            }
        }
    }
    if let Some(hint) = report.outcome.hint() {
        complain(format_args!("hint: {hint}"));
    }
    match report.outcome {
        Outcome::Done => exit::DONE,
        Outcome::Torn | Outcome::Incomplete => exit::INCOMPLETE,
        Outcome::Failed | Outcome::Interrupted | Outcome::Skipped => exit::FAILED,
    }
}

fn done(event: Event) -> u8 {
    // It was done even where that can't be said.
    print([event]);
    exit::DONE
}
