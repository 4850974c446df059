//! Ctrl-C: the first one ends a command cleanly, the second one at once.

use std::io::{self, IsTerminal};
use std::process::exit;
use std::sync::{Arc, OnceLock};

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::Progress;
use backup_fs::{CancelFlag, Signals, on_request_to_end};

use crate::exit::INTERRUPTED;
use crate::output::complain;

/// The flag of this process, once a command has taken the signals.
static CANCEL: OnceLock<Arc<CancelFlag>> = OnceLock::new();

/// Returns a flag that Ctrl-C sets. A second Ctrl-C ends the process.
///
/// What that leaves behind is what a power cut leaves, and the next command deals with it.
pub(crate) fn interruptible() -> Result<Arc<CancelFlag>, PortError> {
    if let Some(cancel) = CANCEL.get() {
        return Ok(Arc::clone(cancel));
    }
    let cancel = Arc::new(CancelFlag::default());
    let failed = |error: io::Error| PortError::new(Failure::Other, "take the signals").because(error);
    let flag = Arc::clone(CANCEL.get_or_init(|| Arc::clone(&cancel)));
    let asked = move || {
        if flag.is_cancelled() {
            exit(INTERRUPTED.into());
        }
        flag.cancel();
        if io::stderr().is_terminal() {
            complain("Ending cleanly; Ctrl-C again ends at once");
        }
    };
    on_request_to_end(Signals::take().map_err(failed)?, asked).map_err(failed)?;
    Ok(cancel)
}

/// Returns the exit code of a command that ends with `code`: a failure after Ctrl-C is an interruption.
pub(crate) fn exit_code(code: u8) -> u8 {
    let is_interrupted = CANCEL.get().is_some_and(Progress::is_cancelled);
    if code == crate::exit::FAILED && is_interrupted { INTERRUPTED } else { code }
}
