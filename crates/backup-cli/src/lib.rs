//! `backup_manager`: adds, lists and deletes schedules, starts and stops the service, makes and shows backups.

mod args;
mod commands;
mod exit;
mod output;
mod progress_bar;
mod render;
mod start;

pub use args::{Arguments, CatArgs, Command, FindArgs, OptionArgs, PickArgs, RestoreArgs, ShowArgs};
pub use exit::{DONE, FAILED, INCOMPLETE, WRONG_USAGE};
pub use start::main;
