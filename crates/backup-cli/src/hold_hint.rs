//! Hold hint: what ends the hold of a suspicious backup.

use backup_core::text::shell_word;

/// Returns what ends a hold.
pub(crate) fn hold_ends_by(name: &str) -> String {
    format!(
        "once all is as it should be, `backup_manager accept {}` ends the hold",
        shell_word(name.as_bytes())
    )
}
