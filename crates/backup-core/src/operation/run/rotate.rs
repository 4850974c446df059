//! Rotate: the archive that is about to be replaced gets its dated name.

use crate::model::archive::{ArchiveName, ArchiveTimestamp, BackupRecord, Grade, display_path};
use crate::model::error::{Failure, PortError};
use crate::model::event::Event;
use crate::model::job::{Replaced, RunJob};
use crate::operation::archive_names::archive_of;
use crate::operation::recovery::{is_archive_of, noted_maker};
use crate::ports::Ports;
use crate::time::Moment;

/// Gives the archive that is about to be replaced its dated name, if the schedule has `keep=` or nothing of the backup is
/// removed for now. Returns that name, or `None` if nothing was kept.
///
/// An archive whose run nobody knows is named after the moment it was finished. In doubt it is kept, and only its
/// owner removes it. The same holds for an archive in the place of the new one while ours has another format.
pub(super) fn set_aside(
    ports: &Ports<'_>,
    job: &RunJob,
    grade: Grade,
    is_held: bool,
) -> Result<Option<String>, PortError> {
    let is_kept = job.entry.options().keep().is_some() || is_held;
    if !is_kept || grade == Grade::Incomplete {
        return Ok(None);
    }
    let listed = match ports.backups.list() {
        Err(error) if error.failure == Failure::Missing => return Ok(None),
        listed => listed?,
    };
    let find = |file_name: &str| listed.iter().find(|backup| backup.file_name == file_name);
    let name = archive_of(ports.backups, &job.entry, Grade::Complete);
    let ours = job.replaces.as_ref().and_then(|old| Some((old, find(&old.archive)?)));
    if let Some(in_place) =
        find(&name.to_string()).filter(|in_place| ours.is_none_or(|(_, it)| it != *in_place))
    {
        keep(ports, &name, made_for(ports, in_place))?;
    }
    let Some((old, stands)) = ours else { return Ok(None) };
    let Some(archive) = ArchiveName::parse(&old.archive) else { return Ok(None) };
    let is_it = job.knows(stands) && is_archive_of(ports, stands, &old.run);
    let moment = if is_it { old.run.made_for() } else { made_for(ports, stands) };
    // A run that failed later, or that has left no note yet, may have given it that name already.
    let kept = keep(ports, &archive, moment)?;
    let aside = if is_it || noted_maker(ports, stands).is_some() {
        kept
    } else {
        already_aside(ports, job, old, &listed).or(kept)
    };
    Ok(aside.map(|name| name.to_string()))
}

/// Returns the dated name that the archive has by now which the history takes for the one in place. A run that left no note gave it
/// that name.
fn already_aside(
    ports: &Ports<'_>,
    job: &RunJob,
    old: &Replaced,
    listed: &[BackupRecord],
) -> Option<ArchiveName> {
    let unknown = listed.iter().filter(|backup| !job.knows(backup));
    let of_it = unknown.filter(|backup| is_archive_of(ports, backup, &old.run));
    let mut dated = of_it.filter_map(|backup| ArchiveName::parse(&backup.file_name));
    dated.find(|name| {
        let is_of = name.stamp.is_some_and(|stamp| stamp.is_of(old.run.made_for()));
        is_of && ArchiveName { stamp: None, ..name.clone() }.to_string() == old.archive
    })
}

/// Returns the moment that an archive was made for. If its run isn't known, it is the moment it was finished.
///
/// Another run may have put it there after this one had learned what it replaces.
fn made_for(ports: &Ports<'_>, backup: &BackupRecord) -> Moment {
    let told = ports.backups.described(backup).or_else(|| noted_maker(ports, backup));
    told.map_or(backup.finished, |run| run.made_for())
}

/// Gives an archive the first free dated name of that moment, and returns it. Logs if none is free.
fn keep(ports: &Ports<'_>, archive: &ArchiveName, moment: Moment) -> Result<Option<ArchiveName>, PortError> {
    let mut name = archive.clone();
    for stamp in ArchiveTimestamp::all_of(moment) {
        name = archive.stamped(stamp);
        if ports.backups.set_aside(archive, &name)? {
            return Ok(Some(name));
        }
    }
    let [archive, taken] = [archive, &name].map(|name| display_path(&name.to_string()));
    ports.journal.record(ports.clock.now(), &Event::NotKept { archive, taken });
    Ok(None)
}
