//! The commands that look into backups.

use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;

use backup_core::backup::{BackupRecord, place_of};
use backup_core::error::{Error, Failure, PortError};
use backup_core::manager::{Pick, Picked, ViewDesk, Viewed};
use backup_core::ports::{Moment, SilentProgress};
use backup_core::text::printable;
use backup_core::view::{ViewReport, shown};
use backup_fs::Adapters;

use crate::args::{CatArgs, FindArgs, PickArgs, ShowArgs};
use crate::exit;
use crate::output::{complain, pour, print_error};
use crate::render::view as render_view;
use crate::render::wall_clock;

/// Shows what is in a backup, and returns the exit code: 1 when nothing is what was asked for.
pub(crate) fn show(adapters: &Adapters, arguments: &ShowArgs) -> Result<u8, Error> {
    let desk = ViewDesk::new(adapters.ports(), adapters.viewer());
    let archive = picked(&desk, &arguments.name, &arguments.pick)?;
    let chosen: Vec<Vec<u8>> = arguments.path.iter().map(|path| path.as_bytes().to_vec()).collect();
    let shown = lines(
        |see| desk.show(&archive, &chosen, see, &SilentProgress),
        |viewed| viewed.entry.line(viewed.modified),
    )?;
    let Some(Shown { count, report }) = shown else { return Ok(exit::DONE) };
    let code = tell_missing(&report, &archive);
    match chosen.first() {
        Some(path) if count == 0 => Err(desk.nothing(&archive, path)),
        _ => Ok(code),
    }
}

/// Names what matches in every archive, and returns the exit code: 1 when nothing does, or one can't be read at all.
pub(crate) fn find(adapters: &Adapters, arguments: &FindArgs) -> Result<u8, Error> {
    let desk = ViewDesk::new(adapters.ports(), adapters.viewer());
    let (pattern, name) = (arguments.pattern.as_bytes(), arguments.name.as_deref());
    let (chosen, mut found, mut codes, mut refused) = ([pattern.to_vec()], 0, Vec::new(), None);
    for archive in desk.archives(name)? {
        match lines(|see| desk.show(&archive, &chosen, see, &SilentProgress), found_line) {
            Ok(Some(Shown { count, report })) => {
                found += count;
                codes.push(tell_missing(&report, &archive));
            }
            Ok(None) => return Ok(exit::DONE),
            // It may be the path of something in the others.
            Err(Error::Port(error)) if error.failure == Failure::Refused => refused = Some(error),
            Err(error) => {
                print_error(&error);
                codes.push(exit::FAILED);
            }
        }
    }
    match refused {
        Some(error) if found == 0 => Err(Error::Port(error)),
        _ if codes.contains(&exit::FAILED) => Ok(exit::FAILED),
        _ if found == 0 => Err(nothing(pattern)),
        _ if codes.contains(&exit::INCOMPLETE) => Ok(exit::INCOMPLETE),
        _ => Ok(exit::DONE),
    }
}

fn found_line(viewed: Viewed<'_>) -> String {
    let Viewed { archive, entry, modified } = viewed;
    format!("{}  {:>12} {} {}", archive.file_name, entry.size_bytes, shown(modified), entry.name_and_link())
}

/// Writes a file that is in a backup to standard output, and returns the exit code.
pub(crate) fn cat(adapters: &Adapters, arguments: &CatArgs) -> Result<u8, Error> {
    let desk = ViewDesk::new(adapters.ports(), adapters.viewer());
    let archive = picked(&desk, &arguments.name, &arguments.pick)?;
    let path = arguments.path.as_bytes();
    let copied = pour(|out| {
        let copied = desk.copy(&archive, path, out, &SilentProgress);
        copied.and_then(|report| out.flush().map_err(not_written).map(|()| report))
    });
    let Some(report) = copied.transpose()? else { return Ok(exit::DONE) };
    let code = tell_missing(&report, &archive);
    Ok(if archive.is_incomplete() { exit::INCOMPLETE } else { code })
}

/// Says what could not be shown of an archive, and returns the exit code.
fn tell_missing(report: &ViewReport, archive: &BackupRecord) -> u8 {
    render_view::missing(report, archive).into_iter().for_each(complain);
    if report.is_complete() { exit::DONE } else { exit::INCOMPLETE }
}

/// Says which archive was chosen, where it was chosen by a moment.
pub(crate) fn tell_of(archive: &BackupRecord, made_for: Option<Moment>) {
    if let Some(made_for) = made_for {
        complain(format_args!("Taking {}, made for {}", place_of(&archive.file_name), wall_clock(made_for)));
    }
}

fn picked(desk: &ViewDesk<'_>, name: &str, pick: &PickArgs) -> Result<BackupRecord, Error> {
    let pick = Pick { name, generation: pick.generation.as_deref(), at: pick.at.as_deref() };
    let Picked { archive, made_for } = desk.pick(&pick)?;
    tell_of(&archive, made_for);
    if archive.is_incomplete() {
        let place = place_of(&archive.file_name);
        complain(format_args!(
            "{place} is incomplete: what could not be read when it was made is missing, or holds zeros instead"
        ));
    }
    Ok(archive)
}

/// What was written, and what could not be.
struct Shown {
    count: u64,
    report: ViewReport,
}

/// Writes a line for each entry that is seen, and returns how many; `None` when nobody reads them any more.
fn lines(
    list: impl FnOnce(&mut dyn FnMut(Viewed<'_>) -> bool) -> Result<ViewReport, Error>,
    line: impl Fn(Viewed<'_>) -> String,
) -> Result<Option<Shown>, Error> {
    let written = pour(|out| {
        let (mut out, mut count, mut failed) = (BufWriter::new(out), 0, None);
        let listed = list(&mut |viewed| {
            count += 1;
            failed = writeln!(out, "{}", line(viewed)).err();
            failed.is_none()
        });
        let flushed = failed.map_or_else(|| out.flush(), Err);
        let report = listed.and_then(|report| flushed.map_err(not_written).map(|()| report))?;
        Ok(Shown { count, report })
    });
    written.transpose()
}

fn not_written(error: std::io::Error) -> Error {
    Error::Port(PortError::new(Failure::Other, "write to standard output").because(error))
}

fn nothing(pattern: &[u8]) -> Error {
    let action = format!("find {} in any backup", printable(pattern));
    Error::Port(PortError::new(Failure::Missing, action))
}
