//! Names for messages and for checks: of the programs, and of Backup Manager's own files in a home.

use backup_core::model::restore::RESERVED_FOLDERS;
use backup_core::text::Names;

use super::layout::Home;

/// The names of programs and files that the messages of errors and events use. Paths are relative to the home.
pub const NAMES: Names = Names {
    service: "backup_service",
    schedules: Home::SCHEDULES,
    config: Home::CONFIG,
    history: "logs/history.jsonl",
    old_history: "logs/history.1.jsonl",
    run: "backup_manager run",
};

/// The names of Backup Manager's own files in a home.
pub(super) const RESERVED_FILES: [&str; 7] = [
    Home::CONFIG,
    ".backup_manager.toml.partial",
    Home::SCHEDULES,
    ".backup_schedules.txt.partial",
    Home::SCHEDULES_LOCK,
    Home::SERVICE_PID,
    Home::SERVICE_LOCK,
];

/// Returns whether a name in a home is that of one of Backup Manager's own files or folders.
pub(crate) fn is_own_name(name: &[u8]) -> bool {
    RESERVED_FOLDERS.iter().chain(&RESERVED_FILES).any(|own| own.as_bytes() == name)
}
