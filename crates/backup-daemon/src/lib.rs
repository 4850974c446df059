//! `backup_service`: makes each backup at its time.

mod args;
mod exit;
mod refresh;
mod serve;
mod start;
mod start_error;

pub use args::Arguments;
pub use start::main;
