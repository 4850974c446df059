//! `backup_manager`: adds, lists and deletes schedules, starts and stops the service, makes and shows backups.

mod args;
mod check;
mod commands;
mod drill;
mod exit;
mod option_args;
mod output;
mod progress_bar;
mod render;
mod render_restore;
mod render_view;
mod restore;
mod restore_args;
mod run_to;
mod start;
mod verify;
mod view;
mod view_args;

pub use args::{Arguments, Command};
pub use exit::{DONE, FAILED, INCOMPLETE, WRONG_USAGE};
pub use option_args::OptionArgs;
pub use restore_args::RestoreArgs;
pub use start::main;
pub use view_args::{CatArgs, PickArgs, ShowArgs};
