//! Whether an archive that was restored is the one that was made, by the digest of its bytes.

use std::path::{Path, PathBuf};

use super::restore_plan::RestorePlan;
use crate::model::archive::{ArchiveName, FileEnding};
use crate::model::history::RunRecord;
use crate::model::restore::{RestoreFindingKind, RestoreReport};
use crate::ports::{BackupStore, Progress};

/// Digests the stored bytes of an archive that was restored whole, if the restore itself couldn't: it is compressed or encrypted.
///
/// Such an archive may be whole and still not what was made: another one in its place. If its bytes can't be read again, the report says
/// that nothing was compared.
pub(super) fn digest_stored(
    backups: &dyn BackupStore,
    report: &mut RestoreReport,
    (plan, runs): (&RestorePlan, &[RunRecord]),
    progress: &dyn Progress,
) {
    let archive = &plan.archive.file_name;
    let is_known = runs.iter().any(|run| run.sha256.is_some());
    if is_plain(archive) || !is_known || !plan.request.chosen.is_empty() {
        return;
    }
    match backups.digest(archive, &Quiet(progress)) {
        Ok(digest) => report.archive = Some(digest),
        Err(_) => report.add(PathBuf::new(), RestoreFindingKind::Uncompared),
    }
}

/// Returns whether the stored bytes of an archive are a plain tar.
pub(super) fn is_plain(file_name: &str) -> bool {
    ArchiveName::parse(file_name).is_some_and(|archive| archive.ending == FileEnding::TAR)
}

/// Returns whether what was restored is what was stored, by the digest of the whole archive.
pub(super) fn is_proven(report: &RestoreReport, runs: &[RunRecord]) -> bool {
    report.archive.is_some_and(|digest| runs.iter().any(|run| run.sha256 == Some(digest.sha256)))
}

/// A look into the archive beside the restore: it shows no progress, and ends as the restore would.
pub(super) struct Quiet<'a>(pub(super) &'a dyn Progress);

impl Progress for Quiet<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
