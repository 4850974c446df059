//! Chosen archive: the archive that a command reads, and the warnings about it.

use backup_core::manager::{ArchiveQuery, FoundArchive, Manager, View};
use backup_core::model::archive::{BackupRecord, display_path};
use backup_core::model::error::Error;
use backup_core::time::{Moment, wall_clock};

use crate::hold_hint::before_suspicion;
use crate::output::{complain, hint, warn};

/// Returns the archive that a query asks for, and says what is to be known of it.
pub(crate) fn chosen(
    manager: Manager<'_>,
    desk: &View<'_>,
    query: &ArchiveQuery<'_>,
) -> Result<BackupRecord, Error> {
    let FoundArchive { archive, made_for } = desk.find(query)?;
    tell_of(&archive, made_for);
    tell_incomplete(&archive);
    if query.generation.is_none() {
        warn_if_suspicious(manager, &archive);
    }
    Ok(archive)
}

/// Warns of an archive that nobody asked for by its file name, if its backup is held and the archive isn't from before that.
pub(crate) fn warn_if_suspicious(manager: Manager<'_>, archive: &BackupRecord) {
    let Some(suspicion) = manager.suspicion(archive) else { return };
    let reasons: Vec<_> = suspicion.hold.anomalies.iter().map(ToString::to_string).collect();
    let place = display_path(&archive.file_name);
    warn(format_args!("{place} is suspicious, and {} is held: {}", suspicion.name, reasons.join("; ")));
    hint(before_suspicion(suspicion.before.as_deref()));
}

/// Says of an incomplete archive that it is one.
pub(crate) fn tell_incomplete(archive: &BackupRecord) {
    if archive.is_incomplete() {
        let place = display_path(&archive.file_name);
        complain(format_args!(
            "{place} is incomplete: what could not be read when it was made is missing, or holds zeros instead"
        ));
    }
}

/// Says which archive was chosen, where it was chosen by a moment.
pub(crate) fn tell_of(archive: &BackupRecord, made_for: Option<Moment>) {
    if let Some(made_for) = made_for {
        complain(format_args!(
            "Taking {}, made for {}",
            display_path(&archive.file_name),
            wall_clock(made_for)
        ));
    }
}
