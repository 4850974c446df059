//! How these tests restore: from an archive that seeks.

use std::io::Cursor;

use backup_core::model::error::PortError;
use backup_core::model::restore::{RestoreJob, RestoreReport};
use backup_core::ports::{Progress, Restorer};
use backup_fs::TarRestorer;

pub(crate) fn restore(
    archive: &[u8],
    request: &RestoreJob,
    progress: &dyn Progress,
) -> Result<RestoreReport, PortError> {
    TarRestorer.restore(&mut Cursor::new(archive), request, progress)
}
