//! `backup_manager`: adds, lists and deletes schedules, starts and stops the service, makes and shows backups.

mod args;
mod arguments;
mod chosen_archive;
mod colours;
mod command_error;
mod commands;
mod completion;
mod context;
mod destination_hint;
mod destinations;
mod dry_run;
mod entry_lines;
mod error_message;
mod exit;
mod hint;
mod hold_hint;
mod interrupt;
mod output;
mod progress_bar;
mod render;
mod schedule_hint;
mod start;
mod usage_error;

pub use arguments::command_line;
pub use commands::completion_script;
pub use exit::{DONE, FAILED, INCOMPLETE, INTERRUPTED, WRONG_USAGE};
pub use start::main;
