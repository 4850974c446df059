//! The commands that look into backups.

use std::ffi::OsStr;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;

use backup_core::backup::{BackupRecord, place_of};
use backup_core::error::{Error, Failure, PortError};
use backup_core::manager::{Pick, Picked, ViewDesk, Viewed};
use backup_core::ports::{Moment, SilentProgress};
use backup_core::view::shown;
use backup_fs::Adapters;

use crate::exit;
use crate::output::{complain, pour, print_error};
use crate::render::wall_clock;
use crate::view_args::{CatArgs, PickArgs, ShowArgs};

/// Shows what is in a backup, and returns the exit code: 1 when nothing is what was asked for.
pub(crate) fn show(adapters: &Adapters, arguments: &ShowArgs) -> Result<u8, Error> {
    let desk = ViewDesk::new(adapters.ports(), adapters.viewer());
    let archive = picked(&desk, &arguments.name, &arguments.pick)?;
    let chosen: Vec<String> = arguments.path.iter().cloned().collect();
    let count = lines(
        |see| desk.show(&archive, &chosen, see, &SilentProgress),
        |viewed| viewed.entry.line(viewed.modified),
    )?;
    match arguments.path {
        Some(_) if count == Some(0) => Err(desk.nothing(&archive, &chosen[0])),
        _ => Ok(exit::DONE),
    }
}

/// Names what matches in every archive, and returns the exit code: 1 when nothing does.
pub(crate) fn find(adapters: &Adapters, pattern: &str, name: Option<&str>) -> Result<u8, Error> {
    let desk = ViewDesk::new(adapters.ports(), adapters.viewer());
    let (chosen, mut found, mut code) = ([pattern.to_owned()], 0, exit::DONE);
    for archive in desk.archives(name)? {
        let counted = lines(|see| desk.show(&archive, &chosen, see, &SilentProgress), found_line);
        match counted {
            Ok(Some(count)) => found += count,
            Ok(None) => return Ok(exit::DONE),
            // A pattern that makes no sense makes none in the others either.
            Err(Error::Port(error)) if error.failure == Failure::Refused => return Err(Error::Port(error)),
            Err(error) => {
                print_error(&error);
                code = exit::FAILED;
            }
        }
    }
    if found == 0 && code == exit::DONE {
        return Err(nothing(pattern));
    }
    Ok(code)
}

fn found_line(viewed: Viewed<'_>) -> String {
    let Viewed { archive, entry, modified } = viewed;
    format!("{}  {:>12} {} {}", archive.file_name, entry.size_bytes, shown(modified), entry.name_and_link())
}

/// Writes a file that is in a backup to standard output, and returns the exit code.
pub(crate) fn cat(adapters: &Adapters, arguments: &CatArgs) -> Result<u8, Error> {
    let desk = ViewDesk::new(adapters.ports(), adapters.viewer());
    let archive = picked(&desk, &arguments.name, &arguments.pick)?;
    let path = below(&arguments.path);
    let copied = pour(|out| {
        let copied = desk.copy(&archive, path, out, &SilentProgress);
        copied.and_then(|()| out.flush().map_err(not_written))
    });
    copied.unwrap_or(Ok(())).map(|()| exit::DONE)
}

/// As people type a path.
fn below(path: &OsStr) -> &[u8] {
    let path = path.as_bytes();
    path.strip_prefix(b"./").unwrap_or(path)
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
    Ok(archive)
}

/// Writes a line for each entry that is seen, and returns how many; `None` when nobody reads them any more.
fn lines(
    list: impl FnOnce(&mut dyn FnMut(Viewed<'_>) -> bool) -> Result<(), Error>,
    line: impl Fn(Viewed<'_>) -> String,
) -> Result<Option<u64>, Error> {
    let written = pour(|out| {
        let (mut out, mut count, mut failed) = (BufWriter::new(out), 0, None);
        let listed = list(&mut |viewed| {
            count += 1;
            failed = writeln!(out, "{}", line(viewed)).err();
            failed.is_none()
        });
        let flushed = failed.map_or_else(|| out.flush(), Err);
        listed.and_then(|()| flushed.map_err(not_written)).map(|()| count)
    });
    written.transpose()
}

fn not_written(error: std::io::Error) -> Error {
    Error::Port(PortError::new(Failure::Other, "write to standard output").because(error))
}

fn nothing(pattern: &str) -> Error {
    Error::Port(PortError::new(Failure::Missing, format!("find {pattern} in any backup")))
}
