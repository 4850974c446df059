//! `run`: makes the backup of a schedule now, or an archive of it in a file of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use backup_core::manager::{BadBase, Manager, RunReport};
use backup_core::model::archive::Compression;
use backup_core::model::encryption::EncryptionKeys;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::event::Event;
use backup_core::model::history::Outcome;
use backup_core::model::schedule::ScheduleOption;
use backup_fs::OutputFile;
use clap::Args;

use crate::args::ScheduleOptionArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::dry_run::{DryRun, Shown};
use crate::hold_hint::{hold_ends_by, look_before};
use crate::interrupt::interruptible;
use crate::output::{complain, hint, print, sentence, warn};
use crate::progress_bar::TerminalProgress;
use crate::render::{self, json};
use crate::{exit, hint};

/// Make the backup of a schedule now, in the foreground
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager run docs --verbose\n\n\
         Example: backup_manager run docs --dry-run --exclude '*.iso'
         Shows what would be left out, and makes no backup.\n\n\
         Example: backup_manager run docs --exclude '*.iso' --output /mnt/stick/docs.tar")]
pub(crate) struct RunArgs {
    /// The index that `list` shows, or the name of the backup
    schedule: String,

    /// What is left out, besides what the schedule leaves out.
    #[command(flatten)]
    options: ScheduleOptionArgs,

    /// Write the archive to this new file, compressed if it ends in .zst, and leave the backups and the history alone;
    /// needed to leave out more than the schedule does
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Read everything anew, and trust nothing of the archive before
    #[arg(long, conflicts_with_all = ["output", "dry_run"])]
    full: bool,

    /// Name everything that is left out or skipped, on stderr
    #[arg(short, long)]
    verbose: bool,

    /// Make no backup: show what would be packed, what would be left out, and why
    #[arg(long, conflicts_with = "output")]
    dry_run: bool,

    /// Name every entry that would be packed
    #[arg(long, requires = "dry_run")]
    list: bool,

    /// Write JSON: the run as `history --json` has it; with --dry-run, an object an entry
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    /// The exit code is 3 where something is missing from the archive or changed while it was read, or the source or the
    /// archive before is suspicious.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        if self.dry_run {
            return self.survey(context);
        }
        let report = match &self.output {
            Some(file) => self.run_to(context, file),
            None => self.run_with(context.manager(), |manager, progress| {
                let make = if self.full { Manager::run_in_full } else { Manager::run_with };
                make(&manager, &self.schedule, &self.options.options(), progress)
            }),
        };
        let report = report?;
        let code = self.report(&report);
        self.say_how_to_look(&report, context);
        report.bad_base.iter().for_each(warn_of_bad_base);
        let is_kept = || context.manager().last_archive_bytes(&self.schedule).is_some();
        if report.outcome == Outcome::Interrupted && is_kept() {
            hint("nothing was replaced: the backup made before it stays");
        }
        Ok(code)
    }

    /// Only looks. The exit code is 3 where something could not be read.
    fn survey(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let shown = Shown { packed: self.list, json: self.json };
        let progress = DryRun { shown, cancel: interruptible()? };
        let survey = context.manager().survey(&self.schedule, &self.options.options(), &progress)?;
        let lines =
            if self.json { vec![json::line(&json::survey(&survey))] } else { render::survey(&survey) };
        let code = print(lines);
        Ok(if survey.report.unreadable_entries > 0 { exit::INCOMPLETE } else { code })
    }

    /// Makes the archive in a file of its own. Ctrl-C leaves nothing.
    fn run_to(&self, context: Context<'_>, file: &Path) -> Result<RunReport, CommandError> {
        if file == Path::new("-") {
            let instead = "--output takes the name of a new file (./- for one that is called -)";
            return Err(CommandError::wrong_usage(instead));
        }
        let output = OutputFile::find(context.adapters.home(), file).map_err(refused)?;
        let archiver = context.adapters.archiver_beside(&output);
        let mut ports = context.ports();
        ports.archiver = &archiver;
        let manager = Manager::new(ports);
        let options: Vec<_> = by_ending(file).into_iter().chain(self.options.options()).collect();
        let begin = |compression, keys: Option<&EncryptionKeys>| -> Result<_, PortError> {
            refuse_other_name(file, keys.is_some())?;
            output.begin(compression, keys)
        };
        self.run_with(manager, |manager, progress| manager.run_to(&self.schedule, &options, &begin, progress))
    }

    /// Lets `make` make an archive, with a progress bar. Ctrl-C ends it cleanly.
    fn run_with(
        &self,
        manager: Manager<'_>,
        make: impl FnOnce(Manager<'_>, &TerminalProgress) -> Result<RunReport, Error>,
    ) -> Result<RunReport, CommandError> {
        let cancel = interruptible()?;
        let expected_bytes = manager.last_archive_bytes(&self.schedule);
        Ok(make(manager, &TerminalProgress::begin(expected_bytes, cancel, self.verbose))?)
    }

    /// The message of a success goes to standard output, all that qualifies it to standard error.
    fn report(&self, report: &RunReport) -> u8 {
        if let Some((headline, details)) = report.events.split_last() {
            let is_pruning = |event: &&Event| matches!(event, Event::Pruned { .. } | Event::Released(_));
            let (removed, before): (Vec<_>, Vec<_>) = details.iter().partition(is_pruning);
            before.into_iter().filter(|event| !self.was_said(event)).for_each(|event| match event {
                Event::Suspicious { .. } => warn(sentence(event)),
                _ => complain(sentence(event)),
            });
            match report.outcome {
                Outcome::Failed | Outcome::Interrupted | Outcome::Skipped => complain(sentence(headline)),
                Outcome::Done | Outcome::Torn | Outcome::Incomplete if self.json => {}
                Outcome::Done | Outcome::Torn | Outcome::Incomplete => {
                    print([sentence(headline)]);
                }
            }
            removed.into_iter().map(sentence).for_each(complain);
        }
        if self.json {
            print(report.record.iter().map(json::run).map(|run| json::line(&run)));
        }
        hint::of_an_outcome(report.outcome).into_iter().for_each(hint);
        match report.outcome {
            Outcome::Done if is_suspicious(report) || report.bad_base.is_some() => exit::INCOMPLETE,
            Outcome::Done => exit::DONE,
            Outcome::Torn | Outcome::Incomplete => exit::INCOMPLETE,
            Outcome::Failed | Outcome::Interrupted | Outcome::Skipped => exit::FAILED,
        }
    }

    /// Says what to do about a suspicious source: look first.
    fn say_how_to_look(&self, report: &RunReport, context: Context<'_>) {
        let name = |event: &Event| match event {
            Event::Suspicious { name, .. } => Some(name.clone()),
            _ => None,
        };
        let Some(name) = report.events.iter().find_map(name) else { return };
        let hold = context.manager().acceptance_plan(&name).ok().and_then(|plan| plan.hold);
        let before = hold.and_then(|hold| hold.before);
        before.iter().flat_map(|before| look_before(&name, before)).for_each(hint);
        hint(hold_ends_by(&name));
    }

    /// A verbose run names what it finds as it finds it.
    fn was_said(&self, event: &Event) -> bool {
        self.verbose && matches!(event, Event::Found { .. } | Event::MoreFound { .. })
    }
}

/// Says that the archive before is damaged, that the new one isn't, and what to do.
fn warn_of_bad_base(bad: &BadBase) {
    let (lines, way_out) = render::bad_base(bad);
    warn(lines);
    hint(way_out);
}

fn is_suspicious(report: &RunReport) -> bool {
    report.events.iter().any(|event| matches!(event, Event::Suspicious { .. }))
}

/// Why a file is refused says what to do already.
fn refused(error: PortError) -> CommandError {
    let is_refused = error.failure == Failure::Refused;
    let error = CommandError::from(error);
    if is_refused { error.without_hint() } else { error }
}

/// A name must not say that a file is encrypted when it isn't, or the other way round.
fn refuse_other_name(file: &Path, is_encrypted: bool) -> Result<(), PortError> {
    let ending = file.extension().and_then(OsStr::to_str);
    let reason = match (is_encrypted, ending) {
        (false, Some("age")) => {
            "its name ends with .age, but the schedule doesn't encrypt: it has no encrypt="
        }
        (true, Some("tar" | "zst" | "tzst")) => {
            "the schedule encrypts, and such a file is no plain archive: let its name end with .age"
        }
        _ => return Ok(()),
    };
    Err(PortError::new(Failure::Other, format!("write {}", file.display())).because(reason))
}

/// The ending of a file says how it is stored, unless a flag says otherwise; without either, the schedule does.
fn by_ending(file: &Path) -> Option<ScheduleOption> {
    let plain = file.file_name().map(Path::new)?;
    let plain =
        if plain.extension() == Some(OsStr::new("age")) { Path::new(plain.file_stem()?) } else { plain };
    let compression = match plain.extension()?.to_str()? {
        "zst" | "tzst" => Compression::Zstd,
        "tar" => Compression::None,
        _ => return None,
    };
    Some(ScheduleOption::Compress(compression))
}
