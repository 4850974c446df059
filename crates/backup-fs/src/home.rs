//! The home folder and the files in it: schedules, history and logs.

pub(crate) mod config_file;
pub(crate) mod history_file;
pub(crate) mod layout;
pub(crate) mod log_file;
mod named_file;
pub(crate) mod names;
pub(crate) mod notice_file;
pub(crate) mod own_dir;
mod path_check;
pub(crate) mod schedule_file;
