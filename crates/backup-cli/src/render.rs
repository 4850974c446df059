//! What the commands show, as lines of text: a file for each view.

mod accept;
mod backups;
mod catalog;
mod check;
mod checked_config;
mod columns;
mod config;
mod destination;
mod diff;
mod differences;
mod drill;
mod flawed_archives;
mod history;
mod import;
mod import_tars;
pub(crate) mod json;
mod list;
mod notify;
mod pause;
mod prune;
mod restore;
mod status;
mod status_details;
mod status_drill;
mod status_json;
mod survey;
mod upcoming;
mod verify;
mod view;
mod why;

pub(crate) use accept::{acceptance_plan, accepted};
pub(crate) use backups::{backups, backups_long};
pub(crate) use catalog::catalog;
pub(crate) use check::{checked, sentence};
pub(crate) use checked_config::{CheckedConfig, checked_config};
pub(crate) use config::{config, config_problem};
pub(crate) use destination::{copied, copies, copies_long, destination_check, destinations};
pub(crate) use diff::{diff_summary, difference};
pub(crate) use differences::{differences, uncompared};
pub(crate) use drill::{drill_warnings, drilled, undrilled};
pub(crate) use flawed_archives::bad_base;
pub(crate) use history::history;
pub(crate) use import::{create_command, done_otherwise, not_taken, way};
pub(crate) use import_tars::{Imported, import_file, import_goes, imported, not_imported};
pub(crate) use list::{schedules, warnings};
pub(crate) use notify::{notice_trouble, notify_target};
pub(crate) use pause::{paused, resumed};
pub(crate) use prune::{prune_plan, pruned};
pub(crate) use restore::{
    MOST_NAMED, headline, healed, is_whole, left_by_interruption, missing, missing_in_preview,
    nothing_to_restore, preview, remarks, target,
};
pub(crate) use status::{home, service, status, verdict};
pub(crate) use status_details::{status_details, status_space};
pub(crate) use status_json::{STATUS_JSON_END, status_json_backup, status_json_head};
pub(crate) use survey::{json_found, json_packed, survey, would_pack};
pub(crate) use upcoming::{ZoneColumn, explained, in_zone, upcoming, upcoming_paused};
pub(crate) use verify::{verified, verified_warnings};
pub(crate) use view::{found_entry, json_entry, not_shown, shown_entry};
pub(crate) use why::explanations;

use backup_core::manager::ListedSchedule;
use backup_core::model::error::Error;

use crate::hint::hint;

/// Returns why an error happened, in brackets, where there is more to say than its message does.
fn detail(error: &Error) -> String {
    error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default()
}

/// Returns what to do about a backup that is gone or damaged.
fn way_out(name: &str, older: Option<&str>) -> String {
    let older = older
        .map(|older| format!("; `backup_manager restore {name} --generation {older}` restores an older one"));
    format!("`backup_manager run {name}` makes a new one{}", older.unwrap_or_default())
}

/// Returns what to do about a line that doesn't run as it is written.
fn remedy(line: &ListedSchedule) -> Option<String> {
    match line.refused.as_deref().or(line.contradiction.as_deref())? {
        Error::DuplicateSchedule { .. } => {
            Some(format!("remove line {} of backup_schedules.txt, or change its time", line.line_number))
        }
        error => hint(error),
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// Returns the line behind the first `named` of so many, where these aren't all.
fn and_more(count: u64, named: usize) -> Option<String> {
    let more = count.saturating_sub(named as u64);
    (more > 0).then(|| format!("and {more} more"))
}
