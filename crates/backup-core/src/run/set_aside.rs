//! The generation before: it gets its dated name before the newest takes its place.

use super::{BACKUPS, Job};
use crate::backup::{ArchiveName, Grade, Stamp};
use crate::error::{Failure, PortError};
use crate::event::Event;
use crate::ports::{Moment, Ports, SilentProgress};

/// Keeps the archive that is about to be replaced under another name, where the schedule wants generations. Returns that
/// name, or `None` where nothing is kept.
///
/// One that the history doesn't know, because that was lost, say, goes by when it was finished: in doubt it is kept, and
/// nobody removes it but its owner.
pub(super) fn set_aside(ports: &Ports<'_>, job: &Job, grade: Grade) -> Result<Option<String>, PortError> {
    if job.entry.options().keep().is_none() || grade == Grade::Incomplete {
        return Ok(None);
    }
    let Some((archive, moments)) = about_to_go(ports, job)? else { return Ok(None) };
    let names: Vec<_> = moments.into_iter().map(|moment| archive.stamped(Stamp::of(moment))).collect();
    let mut aside = None;
    for name in &names {
        if ports.backups.set_aside(&archive, name)? {
            aside = Some(name.clone());
            break;
        }
    }
    if let (None, Some(taken)) = (&aside, names.last()) {
        let [archive, taken] = [&archive, taken].map(|name| format!("{BACKUPS}/{name}"));
        ports.journal.record(ports.clock.now(), &Event::NotKept { archive, taken });
    }
    let before = set_aside_before(ports, job, &archive, aside.as_ref());
    Ok(before.or(aside).map(|name| name.to_string()))
}

/// Returns the dated name of the archive that the history takes for the newest, where it has no other any more: a run
/// that failed after all, or left no note, had set it aside and put another in its place.
fn set_aside_before(
    ports: &Ports<'_>,
    job: &Job,
    archive: &ArchiveName,
    aside: Option<&ArchiveName>,
) -> Option<ArchiveName> {
    let old = job.replaces.as_ref()?;
    let name = archive.stamped(Stamp::of(old.made_for));
    if aside == Some(&name) {
        return None;
    }
    let stands = ports.backups.digest(&name.to_string(), &SilentProgress).ok()?;
    (Some(stands.sha256) == old.sha256).then_some(name)
}

/// Returns the archive that a publish is about to replace, and the moments that it may be called after: the one that it
/// was made for, and, should another stand there, the one at which it was finished.
fn about_to_go(ports: &Ports<'_>, job: &Job) -> Result<Option<(ArchiveName, Vec<Moment>)>, PortError> {
    let listed = match ports.backups.list() {
        Err(error) if error.failure == Failure::Missing => return Ok(None),
        listed => listed?,
    };
    let known = job.replaces.as_ref();
    let known = known.and_then(|old| Some((old, listed.iter().find(|it| it.file_name == old.archive)?)));
    if let Some((old, stands)) = known {
        let made_for = Some(old.made_for).filter(|_| job.knows(stands));
        let moments = made_for.into_iter().chain([stands.finished]).collect();
        return Ok(ArchiveName::parse(&old.archive).map(|archive| (archive, moments)));
    }
    let name = job.entry.name().archive(Grade::Complete, job.entry.options().compression());
    let stands = listed.into_iter().find(|backup| backup.file_name == name.to_string());
    Ok(stands.map(|backup| (name, vec![backup.finished])))
}
