//! Base: the earlier archive of which a run takes over what is unchanged.

use crate::model::archive::{BackupRecord, display_path};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{Flaw, HistoryNote, RunRecord, Verdict, Verification};
use crate::model::job::{Replaced, RunJob};
use crate::operation::check::damaged_members;
use crate::policy::reuse::may_build_on;
use crate::ports::{Draft, Ports, Progress};
use crate::time::Moment;

/// An archive that was offered to a draft.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base {
    /// When the run began that made it.
    pub(super) began: Moment,
    /// When the last run began that read everything.
    pub(super) last_full: Moment,
}

/// Offers the archive that the run replaces to its draft, if its schedule wants that, and if it is a good base.
///
/// What the catalog of the archive says of its run counts, not the history: the catalog belongs to this very file.
pub(super) fn offer(ports: &Ports<'_>, job: &RunJob, draft: &mut dyn Draft) -> Option<Base> {
    let old = job.replaces.as_ref()?;
    if !may_build_on_it(job, old, &old.run) {
        return None;
    }
    let listed = ports.backups.list().ok()?;
    let stands = listed.into_iter().find(|backup| backup.file_name == old.archive)?;
    let stands = BackupRecord { sha256: old.run.sha256, ..stands };
    let run = ports.backups.described(&stands)?;
    let is_known = (&run.key, run.began) == (&old.run.key, old.run.began);
    let is_good = is_known && may_build_on_it(job, old, &run);
    let last_full = run.last_full.unwrap_or(run.began);
    (is_good && draft.base_on(&stands)).then_some(Base { began: run.began, last_full })
}

/// Returns whether a run may take over parts of the archive that it replaces, as far as `made_by` tells: the run that made it.
pub(super) fn may_build_on_it(job: &RunJob, old: &Replaced, made_by: &RunRecord) -> bool {
    let options = job.entry.options();
    options.reuses() && !old.is_bad && may_build_on(made_by, options.full(), job.began)
}

/// Looks for damage in the archive that may have been taken over from, if what was written is damaged. What is found is noted, so
/// nothing is taken over from it any more.
pub(super) fn condemn(ports: &Ports<'_>, job: &RunJob, error: &Error, progress: &dyn Progress) {
    let is_damage = matches!(error, Error::BackupFailed { cause, .. } if cause.failure == Failure::Damaged);
    let Some(old) = job.replaces.as_ref().filter(|_| is_damage && job.entry.options().reuses()) else {
        return;
    };
    let found = damaged_members((ports.backups, ports.archiver), &old.archive, progress);
    let Ok(Some(damaged)) = found else { return };
    if damaged.is_empty() {
        return;
    }
    let (at, flaw) = (ports.clock.now(), Flaw::Damaged(damaged.to_string()));
    let verification = Verification::of(&old.run, &old.archive, at, Some(flaw.clone()));
    if let Err(error) = ports.history.append(&HistoryNote::Verified(verification)) {
        ports.journal.record(at, &Event::Failed(error.into()));
    }
    let (archive, verdict) = (display_path(&old.archive), Verdict::Flawed(flaw));
    ports.journal.record(at, &Event::Verified { archive, verdict });
}
