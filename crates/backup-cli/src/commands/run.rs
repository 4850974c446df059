//! The command that makes an archive in a file of its own.

use std::path::Path;

use backup_core::backup::Compression;
use backup_core::error::{Error, PortError};
use backup_core::manager::Manager;
use backup_core::ports::Ports;
use backup_core::schedule::ScheduleOption;
use backup_fs::{Adapters, OutputFile};

use crate::commands::{interruptible, report_run};
use crate::progress_bar::TerminalProgress;

/// Makes the archive, and returns the exit code. Ctrl-C ends it, and leaves nothing.
pub(crate) fn run_to(
    adapters: &Adapters,
    schedule: &str,
    options: &[ScheduleOption],
    file: &Path,
    verbose: bool,
) -> Result<u8, Error> {
    if file == Path::new("-") {
        let instead = "--output takes the name of a new file (./- for one that is called -)";
        return Err(Error::WrongUsage(instead.to_owned()));
    }
    let output = OutputFile::find(adapters.home(), file)?;
    let archiver = adapters.archiver_beside(&output);
    let manager = Manager::new(Ports { archiver: &archiver, ..adapters.ports() });
    let options: Vec<_> = by_ending(file).into_iter().chain(options.iter().cloned()).collect();
    let cancel = interruptible()?;
    let progress = TerminalProgress::begin(manager.last_archive_bytes(schedule), cancel, verbose);
    let begin = |compression| -> Result<_, PortError> { output.begin(compression) };
    let report = manager.run_to(schedule, &options, &begin, &progress);
    drop(progress);
    Ok(report_run(&report?, verbose))
}

/// The ending of a file says how it is stored, unless a flag says otherwise; without either, the schedule does.
fn by_ending(file: &Path) -> Option<ScheduleOption> {
    let compression = match file.extension()?.to_str()? {
        "zst" | "tzst" => Compression::Zstd,
        "tar" => Compression::None,
        _ => return None,
    };
    Some(ScheduleOption::Compress(compression))
}
