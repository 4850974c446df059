//! Base: the earlier archive of which a run takes over what is unchanged.

use crate::model::archive::{BackupRecord, display_path};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{Flaw, HistoryNote, RunRecord, Verdict, Verification};
use crate::model::job::{Replaced, RunJob};
use crate::operation::check::{Inspected, inspect};
use crate::policy::reuse::may_build_on;
use crate::policy::verdict::verdict_of;
use crate::ports::{Draft, EndCheck, Ports, Progress};
use crate::time::Moment;

/// An archive that was offered to a draft.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base {
    /// When the run began that made it.
    pub(super) began: Moment,
    /// When the last run began that read everything.
    pub(super) last_full: Moment,
}

/// Offers the archive that the run replaces to its draft, if its schedule wants that, and if it is a good base. If it is time to
/// read everything, it is only compared with what is read.
///
/// What the catalog of the archive says of its run counts, not the history: the catalog belongs to this very file.
pub(super) fn offer(ports: &Ports<'_>, job: &RunJob, draft: &mut dyn Draft) -> Option<Base> {
    let old = job.replaces.as_ref()?;
    if !may_share_with_it(job, old) {
        return None;
    }
    let listed = ports.backups.list().ok()?;
    let stands = listed.into_iter().find(|backup| backup.file_name == old.archive)?;
    let stands = BackupRecord { sha256: old.run.sha256, ..stands };
    let run = ports.backups.described(&stands)?;
    let is_known = (&run.key, run.began) == (&old.run.key, old.run.began);
    if !is_known || !run.outcome.is_good() {
        return None;
    }
    if !may_build_on_it(job, old, &run) {
        draft.compare_with(&stands);
        return None;
    }
    let last_full = run.last_full.unwrap_or(run.began);
    draft.base_on(&stands).then_some(Base { began: run.began, last_full })
}

/// Returns whether a run may share anything with the archive that it replaces.
fn may_share_with_it(job: &RunJob, old: &Replaced) -> bool {
    job.entry.options().reuses() && !old.is_bad
}

/// Returns whether a run may take over parts of the archive that it replaces, as far as `made_by` tells: the run that made it.
pub(super) fn may_build_on_it(job: &RunJob, old: &Replaced, made_by: &RunRecord) -> bool {
    let full = job.entry.options().full();
    may_share_with_it(job, old) && !job.reads_everything && may_build_on(made_by, full, job.began)
}

/// Condemns the archive that may have been taken over from if what was written is damaged, and it is as well.
pub(super) fn suspect(ports: &Ports<'_>, job: &RunJob, error: &Error, progress: &dyn Progress) {
    let is_damage = matches!(error, Error::BackupFailed { cause, .. } if cause.failure == Failure::Damaged);
    if is_damage && job.entry.options().reuses() {
        condemn(ports, job, progress);
    }
}

/// Reads the archive of which something was taken over, as a verify does. What is wrong with it is noted, so nothing is taken over
/// from it any more.
pub(super) fn condemn(ports: &Ports<'_>, job: &RunJob, progress: &dyn Progress) {
    let Some(old) = &job.replaces else { return };
    let Some(flaw) = flaw_of(ports, old, progress) else { return };
    let at = ports.clock.now();
    let verification = Verification::of(&old.run, &old.archive, at, Some(flaw.clone()));
    if let Err(error) = ports.history.append(&HistoryNote::Verified(verification)) {
        ports.journal.record(at, &Event::Failed(error.into()));
    }
    let (archive, verdict) = (display_path(&old.archive), Verdict::Flawed(flaw));
    ports.journal.record(at, &Event::Verified { archive, verdict });
}

/// Returns what is wrong with an archive, as far as that can be told.
fn flaw_of(ports: &Ports<'_>, old: &Replaced, progress: &dyn Progress) -> Option<Flaw> {
    match inspect((ports.backups, ports.archiver), &old.archive, EndCheck::Exact, progress) {
        Ok(Inspected { digest, structure, members, .. }) => {
            verdict_of(&digest, structure, members.as_ref(), &[&old.run]).flaw().cloned()
        }
        Err(error) if matches!(error.failure, Failure::Interrupted | Failure::Missing) => None,
        Err(error) => Some(Flaw::Unreadable(error.to_string())),
    }
}
