//! Rotate: the archive that is about to be replaced gets its dated name.

use crate::model::archive::{ArchiveName, ArchiveTimestamp, BackupRecord, Grade, display_path};
use crate::model::error::{Failure, PortError};
use crate::model::event::Event;
use crate::model::history::RunRecord;
use crate::model::job::{Replaced, RunJob};
use crate::operation::archive_names::archive_of;
use crate::operation::recovery::made;
use crate::ports::{Ports, SilentProgress};
use crate::time::Moment;

/// Gives the archive that is about to be replaced its dated name, if the schedule has `keep=` or nothing of the backup is
/// removed for now. Returns that name, or `None` if nothing was kept.
///
/// An archive that the history doesn't know is named after the moment it was finished. In doubt it is kept, and only its
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
        keep(ports, &name, in_place.finished)?;
    }
    let Some((old, stands)) = ours else { return Ok(None) };
    let Some(archive) = ArchiveName::parse(&old.archive) else { return Ok(None) };
    let aside = match already_aside(ports, job, old, &listed) {
        Some(aside) if ports.backups.set_aside(&archive, &aside)? => Some(aside),
        // Another run has replaced that archive since.
        Some(aside) => match made_since(ports, old, stands) {
            Some(made_for) => keep(ports, &archive, made_for)?,
            None => {
                keep(ports, &archive, stands.finished)?;
                Some(aside)
            }
        },
        None if job.knows(stands) => keep(ports, &archive, old.made_for)?,
        None => keep(ports, &archive, made_since(ports, old, stands).unwrap_or(stands.finished))?,
    };
    Ok(aside.map(|name| name.to_string()))
}

/// Returns the dated name that the newest archive has already, if it has one that the history doesn't know. A run that
/// failed later, or that has left no note yet, gave it that name.
fn already_aside(
    ports: &Ports<'_>,
    job: &RunJob,
    old: &Replaced,
    listed: &[BackupRecord],
) -> Option<ArchiveName> {
    let newest = ArchiveName::parse(&old.archive)?;
    let names = listed.iter().filter(|backup| !job.knows(backup));
    let mut dated = names.filter_map(|backup| ArchiveName::parse(&backup.file_name)).filter(|name| {
        let is_of = name.stamp.is_some_and(|stamp| stamp.is_of(old.made_for));
        is_of && ArchiveName { stamp: None, ..name.clone() } == newest
    });
    let sum = |name: &ArchiveName| ports.backups.digest(&name.to_string(), &SilentProgress).ok();
    dated.find(|name| sum(name).is_some_and(|stands| Some(stands.sha256) == old.sha256))
}

/// Returns the moment that the archive in place of the `old` one was made for, if the history knows it by now. Its run ended
/// after this run had learned what it replaces.
fn made_since(ports: &Ports<'_>, old: &Replaced, stands: &BackupRecord) -> Option<Moment> {
    let runs = made(ports, &stands.file_name).ok()?;
    let mut newer = runs.iter().filter(|run| run.made_for() != old.made_for);
    let digest = ports.backups.digest(&stands.file_name, &SilentProgress).ok()?;
    newer.find(|run| run.sha256 == Some(digest.sha256)).map(RunRecord::made_for)
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
