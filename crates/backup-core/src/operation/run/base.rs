//! Base: the earlier archive of which a run takes over what is unchanged.

use crate::model::job::RunJob;
use crate::policy::reuse::may_build_on;
use crate::ports::{Draft, Ports};
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
    let (options, old) = (job.entry.options(), job.replaces.as_ref()?);
    if !options.reuses() || old.is_bad {
        return None;
    }
    let listed = ports.backups.list().ok()?;
    let stands = listed.into_iter().find(|backup| backup.file_name == old.archive)?;
    let run = ports.backups.described(&stands)?;
    let is_known = (&run.key, run.began) == (&old.run.key, old.run.began);
    let is_good = is_known && may_build_on(&run, options.full(), job.began);
    let last_full = run.last_full.unwrap_or(run.began);
    (is_good && draft.base_on(&stands)).then_some(Base { began: run.began, last_full })
}
