//! The real programs as processes, each test in a home of its own.

mod anomaly;
mod backups;
mod catalog;
mod changing;
mod command_sources;
mod commands;
mod completions;
mod compression;
mod config;
mod container;
mod ctrl_c;
mod damaged_archives;
mod destinations;
mod diff;
mod drill;
mod drill_limits;
mod dry_run;
mod encryption;
mod ensure;
mod foreground;
mod generations;
mod give_way;
mod heal;
mod help;
mod history;
mod history_files;
mod home_safety;
mod homes;
mod hooks;
mod import;
mod import_tars;
mod json;
mod leftovers;
mod limits;
mod links;
mod logs;
mod looking;
mod metrics;
mod nagios;
mod names_and_indexes;
mod narrow_runs;
mod notifications;
mod original_lines;
mod pipes;
mod report;
mod restore;
mod restore_disks;
mod restore_paths;
mod reuse;
mod sandbox;
mod schedules_file;
mod script;
mod service;
mod signals;
mod snapshots;
mod source_files;
mod status;
mod supervisor;
mod terminal;
mod time_forms;
mod times;
mod verify;
mod view;
mod warnings;
mod wrong_words;

use std::path::Path;
use std::sync::OnceLock;

use backup_tests::{Home, Programs};

/// Returns an empty home.
fn home() -> Home {
    Home::new(programs())
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let manager = Path::new(env!("CARGO_BIN_EXE_manager_under_test"));
        let service = Path::new(env!("CARGO_BIN_EXE_service_under_test"));
        // Cargo has one such folder for all profiles, and each builds its own programs into one of its name.
        let profile = manager.parent().and_then(Path::file_name).expect("a program lies in a folder");
        Programs::link(manager, service, &Path::new(env!("CARGO_TARGET_TMPDIR")).join(profile))
    })
}
