//! The generation before: it gets its dated name before the newest takes its place.

use super::Job;
use crate::backup::{ArchiveName, Grade, Stamp, place_of};
use crate::error::{Failure, PortError};
use crate::event::Event;
use crate::ports::{Moment, Ports, SilentProgress};

/// An archive that is about to go, and the moments that it may be called after: the one that it was made for, where that
/// is known, and the one at which it was finished.
type Going = (ArchiveName, Vec<Moment>);

/// Keeps the archive that is about to be replaced under another name, where the schedule wants generations. Returns that
/// name, or `None` where nothing is kept.
///
/// One that the history doesn't know, because that was lost, say, goes by when it was finished: in doubt it is kept, and
/// nobody removes it but its owner. So is one that stands in the new one's place while ours is stored in another form.
pub(super) fn set_aside(ports: &Ports<'_>, job: &Job, grade: Grade) -> Result<Option<String>, PortError> {
    if job.entry.options().keep().is_none() || grade == Grade::Incomplete {
        return Ok(None);
    }
    let (ours, in_place) = about_to_go(ports, job)?;
    if let Some(going) = &in_place {
        keep(ports, going)?;
    }
    let Some(going) = ours else { return Ok(None) };
    let aside = keep(ports, &going)?;
    let before = set_aside_before(ports, job, &going.0, aside.as_ref());
    Ok(before.or(aside).map(|name| name.to_string()))
}

/// Gives an archive the first of its dated names that nobody else has, and returns that. That there is none is said.
fn keep(ports: &Ports<'_>, (archive, moments): &Going) -> Result<Option<ArchiveName>, PortError> {
    let names: Vec<_> = moments.iter().map(|moment| archive.stamped(Stamp::of(*moment))).collect();
    for name in &names {
        if ports.backups.set_aside(archive, name)? {
            return Ok(Some(name.clone()));
        }
    }
    if let Some(taken) = names.last() {
        let [archive, taken] = [archive, taken].map(|name| place_of(&name.to_string()));
        ports.journal.record(ports.clock.now(), &Event::NotKept { archive, taken });
    }
    Ok(None)
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

/// Returns the archive before this one, and, where that is stored in another form, what stands in the place of this one.
fn about_to_go(ports: &Ports<'_>, job: &Job) -> Result<(Option<Going>, Option<Going>), PortError> {
    let listed = match ports.backups.list() {
        Err(error) if error.failure == Failure::Missing => return Ok((None, None)),
        listed => listed?,
    };
    let find = |file_name: &str| listed.iter().find(|backup| backup.file_name == file_name);
    let name = job.entry.name().archive(Grade::Complete, job.entry.options().compression());
    let in_place = find(&name.to_string()).map(|backup| (name, vec![backup.finished]));
    let known = job.replaces.as_ref().and_then(|old| Some((old, find(&old.archive)?)));
    let Some((old, stands)) = known else { return Ok((in_place, None)) };
    let made_for = Some(old.made_for).filter(|_| job.knows(stands));
    let moments = made_for.into_iter().chain([stands.finished]).collect();
    let ours = ArchiveName::parse(&old.archive).map(|archive| (archive, moments));
    Ok((ours, in_place.filter(|(archive, _)| archive.to_string() != old.archive)))
}
