//! What logs and terminals call the programs of Backup Manager, and its files in a home.

use backup_core::model::restore::OWN_FOLDERS;
use backup_core::text::Names;

use super::layout::Home;

/// The names for the sentences of errors and events: those of the programs, and paths below a home.
pub const NAMES: Names = Names {
    service: "backup_service",
    schedules: Home::SCHEDULES,
    history: "logs/history.jsonl",
    old_history: "logs/history.1.jsonl",
    run: "backup_manager run",
};

/// The files in a home that are Backup Manager's own.
const OWN_FILES: [&str; 5] = [
    Home::SCHEDULES,
    ".backup_schedules.txt.partial",
    Home::SCHEDULES_LOCK,
    Home::SERVICE_PID,
    Home::SERVICE_LOCK,
];

/// Returns whether what has that name in a home is Backup Manager's own.
pub(crate) fn is_own_name(name: &[u8]) -> bool {
    OWN_FOLDERS.iter().chain(&OWN_FILES).any(|own| own.as_bytes() == name)
}
