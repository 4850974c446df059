//! Source: packs what a schedule backs up, a folder or what a command prints.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crate::model::archive::{Finding, PackReport};
use crate::model::command::{CommandFault, CommandProblem, KeptOutput};
use crate::model::config::{CommandSource, Config};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::schedule::ScheduleEntry;
use crate::operation::admission::{COMMANDS, no_such_table};
use crate::operation::output_lines::{LIMIT, lines};
use crate::operation::run_variables::of_a_run;
use crate::ports::{CommandRequest, Draft, PackRequest, Ports, Progress};
use crate::time::Moment;

/// What a pack depends on besides its schedule.
pub(super) struct PackContext<'a> {
    /// The moment for which the run was planned.
    pub(super) planned: Option<Moment>,
    /// The settings in force when the run began.
    pub(super) config: &'a Config,
    /// Files that are newer than this count as changed.
    pub(super) since: Option<Moment>,
    /// When the run began that made the archive of which unchanged parts may be taken over.
    pub(super) base_began: Option<Moment>,
}

/// Writes the source of an entry to a draft.
pub(super) fn pack(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    context: &PackContext<'_>,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<PackReport, Error> {
    match entry.options().command() {
        Some(name) => {
            let failed = |fault, last_line| {
                let problem = CommandProblem { name: name.to_owned(), fault, last_line };
                Error::CommandFailed { source: entry.source().to_owned(), problem: Box::new(problem) }
            };
            let Some(command) = context.config.commands.get(name) else {
                return Err(no_such_table(entry, COMMANDS, name));
            };
            pack_output(ports, entry, (context.planned, command), draft, progress, &failed)
        }
        None => of_the_folder(ports, entry, (context.since, context.base_began), |request| {
            ports.archiver.pack(request, draft, progress)
        }),
    }
}

/// Returns the report that a pack of an entry's source would give now.
///
/// # Errors
/// [`Error::SourceIsCommand`]: a command isn't run to see what it would print.
pub(crate) fn survey(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    progress: &dyn Progress,
) -> Result<PackReport, Error> {
    if entry.options().command().is_some() {
        return Err(Error::SourceIsCommand(entry.name().to_string()));
    }
    of_the_folder(ports, entry, (None, None), |request| ports.archiver.survey(request, progress))
}

/// Lets the archiver work on the folder of an entry.
fn of_the_folder(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    (changed_since, base_began): (Option<Moment>, Option<Moment>),
    work: impl FnOnce(&PackRequest<'_>) -> Result<PackReport, PortError>,
) -> Result<PackReport, Error> {
    let source = entry.source().to_owned();
    let (path, selection) = (entry.source_under(ports.home), entry.options().selection());
    work(&PackRequest {
        changed_since,
        base_began,
        max_rate: entry.options().max_rate(),
        ..PackRequest::selected(&path, &selection)
    })
    .map_err(|cause| match cause.failure {
        Failure::Missing => Error::SourceMissing(source),
        _ => Error::BackupFailed { source, cause },
    })
}

/// Writes what a command prints to a draft, as one file. Nothing is packed before the command has ended well.
fn pack_output(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    (planned, source): (Option<Moment>, &CommandSource),
    draft: &mut dyn Draft,
    progress: &dyn Progress,
    command_failed: &dyn Fn(CommandFault, Option<String>) -> Error,
) -> Result<PackReport, Error> {
    let failed = |cause| Error::BackupFailed { source: entry.source().to_owned(), cause };
    let mut staged = ports.archiver.stage(entry.name(), &source.file).map_err(failed)?;
    let dir = entry.source_under(ports.home);
    let request = CommandRequest {
        command: &source.run,
        dir: &dir,
        variables: &of_a_run(ports.home, planned, entry),
        input: None,
        timeout: source.timeout.duration().to_std().unwrap_or(Duration::MAX),
        keep: LIMIT,
    };
    let mut counted =
        Counted { out: &mut *staged, progress, file: Path::new(&source.file), bytes: 0, unwritten: None };
    let report = ports.commands.run(&request, Some(&mut counted), progress);
    let printed_bytes = counted.bytes;
    // The command itself was well: what it prints could not be kept.
    if let (Err(_), Some(error)) = (&report, counted.unwritten.take()) {
        return Err(failed(PortError::io(format!("keep {} beside the backups", source.file), error)));
    }
    let report = report.map_err(|error| command_failed(CommandFault::NotRun(error), None))?;
    log(ports, entry, &report.output);
    match CommandFault::of(report.end, source.timeout) {
        Some(CommandFault::Cancelled) => {
            return Err(failed(PortError::new(Failure::Interrupted, "finish the backup")));
        }
        Some(fault) => return Err(command_failed(fault, report.output.last_line())),
        None if printed_bytes == 0 => {
            return Err(command_failed(CommandFault::Silent, report.output.last_line()));
        }
        None => {}
    }
    staged.pack(draft, &BytesCounted(progress)).map_err(failed)
}

/// Logs what a command says of its errors.
fn log(ports: &Ports<'_>, entry: &ScheduleEntry, output: &KeptOutput) {
    let (source, command) = (entry.source(), entry.options().command().unwrap_or_default());
    let said = |text| Event::CommandSaid { source: source.to_owned(), command: command.to_owned(), text };
    let now = ports.clock.now();
    lines(output).into_iter().for_each(|text| ports.journal.record(now, &said(text)));
}

/// Counts what a command prints, and tells the progress.
struct Counted<'a> {
    out: &'a mut dyn Write,
    progress: &'a dyn Progress,
    file: &'a Path,
    bytes: u64,
    /// Why a write failed.
    unwritten: Option<io::Error>,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes).map_err(|error| {
            let same = copy(&error);
            self.unwritten = Some(error);
            same
        })?;
        self.bytes += written as u64;
        self.progress.advanced(self.file, written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns an error of the same kind.
fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Progress that has counted all bytes already.
struct BytesCounted<'a>(&'a dyn Progress);

impl Progress for BytesCounted<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn found(&self, finding: &Finding) {
        self.0.found(finding);
    }

    fn packed(&self, path: &Path, content_bytes: u64) {
        self.0.packed(path, content_bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
