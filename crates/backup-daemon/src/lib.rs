//! `backup_service`: makes each backup at its time.

mod activity;
mod args;
mod exit;
mod foreground_log;
mod refresh;
mod serve;
mod start;
mod start_error;
mod supervised_runner;

pub use args::Arguments;
pub use start::main;
