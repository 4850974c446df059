//! Ctrl-C, which ends a command cleanly.

use std::io;
use std::sync::Arc;

use backup_core::model::error::{Failure, PortError};
use backup_fs::{CancelFlag, Signals, cancel_on_signal};

/// Returns a flag that Ctrl-C sets.
pub(crate) fn interruptible() -> Result<Arc<CancelFlag>, PortError> {
    let cancel = Arc::new(CancelFlag::default());
    let failed = |error: io::Error| PortError::new(Failure::Other, "take the signals").because(error);
    cancel_on_signal(Signals::take().map_err(failed)?, Arc::clone(&cancel)).map_err(failed)?;
    Ok(cancel)
}
